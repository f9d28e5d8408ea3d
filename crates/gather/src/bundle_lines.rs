//! Streaming the data of a bundle into a sink of lines.

use std::io::{self, Read};

use bundle::{Bundle, Data, DataReader, Entry};
use vmformat::json_line::LineSink;

/// Inflated bytes read at a time.
pub(crate) const BUFFER_BYTES: usize = 256 << 10;

/// Why streaming stopped; entries are told by their names.
pub(crate) enum StreamError<E> {
    /// The entry cannot be opened.
    Open(bundle::Error),
    /// It ends early or is damaged.
    Read(String, io::Error),
    /// A line or block cannot be read, or the sink refused it.
    Line(String, E),
}

/// Gives `sink` every line of the data, one entry after another; native blocks as lines of at most
/// `line_rows` samples.
pub(crate) fn stream<S>(
    bundle: &Bundle,
    data: &Data<'_>,
    line_rows: usize,
    sink: &mut S,
) -> Result<(), StreamError<S::Error>>
where
    S: LineSink,
{
    let begin = || DataReader::with_line_rows(data.format, line_rows);
    let mut reader = begin();
    inflate(bundle, &data.entries, |piece| match piece {
        Some(bytes) => reader.push(bytes, sink),
        None => Ok(std::mem::replace(&mut reader, begin()).finish()?),
    })
}

/// Gives `take` the inflated bytes of the entries, and `None` at the end of each.
pub(crate) fn inflate<E>(
    bundle: &Bundle,
    entries: &[&Entry],
    mut take: impl FnMut(Option<&[u8]>) -> Result<(), E>,
) -> Result<(), StreamError<E>> {
    let mut buffer = vec![0; BUFFER_BYTES];
    for entry in entries {
        let mut data = bundle.read(entry).map_err(StreamError::Open)?;
        let refused = |error| StreamError::Line(entry.name.clone(), error);
        loop {
            let read = data
                .read(&mut buffer)
                .map_err(|error| StreamError::Read(entry.name.clone(), error))?;
            if read == 0 {
                break;
            }
            take(Some(&buffer[..read])).map_err(refused)?;
        }
        take(None).map_err(refused)?;
    }
    Ok(())
}
