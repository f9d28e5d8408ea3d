//! Streaming every line of a bundle into a sink.

use std::io::Read;

use vmformat::json_line::{LineReader, LineSink};

use crate::error::Error;
use crate::reader::{Bundle, Entry};

/// Inflated bytes handed on at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// Reads the entries one after another to their ends, even past a broken line, and gives `on_bytes`
/// all bytes and `sink` all lines before the first broken one, which is returned as an
/// [`Error::BrokenLine`].
///
/// # Errors
///
/// [`Error::ReadEntry`] if an entry cannot be read or is damaged.
pub(crate) fn scan(
    bundle: &Bundle,
    entries: &[&Entry],
    sink: &mut impl LineSink<Error = vmformat::Error>,
    mut on_bytes: impl FnMut(&[u8]),
) -> Result<Option<Error>, Error> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut broken = None;
    for entry in entries {
        let mut reader = bundle.read(entry)?;
        let mut lines = LineReader::new();
        let found = |source| Error::BrokenLine {
            entry: entry.name.clone(),
            source,
        };
        loop {
            let read = reader.read(&mut buffer).map_err(Error::read_entry(entry))?;
            if read == 0 {
                break;
            }
            on_bytes(&buffer[..read]);
            if broken.is_none() {
                broken = lines.push(&buffer[..read], sink).err().map(found);
            }
        }
        if broken.is_none() {
            broken = lines.finish().err().map(found);
        }
    }
    Ok(broken)
}
