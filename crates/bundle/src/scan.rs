//! Streaming all samples of a bundle into a sink.

use std::io::Read;

use vmformat::json_line::LineSink;

use crate::data_reader::DataReader;
use crate::error::Error;
use crate::reader::{Bundle, Data};

/// Inflated bytes handed on at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// How a scan ended.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    /// The first line or block that cannot be read.
    pub(crate) broken: Option<Error>,
    /// Samples outside of the range in the header of native data.
    pub(crate) samples_outside: u64,
}

/// Reads the entries one after another to their ends, even past a broken line, and gives `on_bytes`
/// all bytes and `sink` all lines or blocks before the first broken one, which is returned as an
/// [`Error::BrokenLine`].
///
/// # Errors
///
/// [`Error::ReadEntry`] if an entry cannot be read or is damaged.
pub(crate) fn scan(
    bundle: &Bundle,
    data: &Data<'_>,
    sink: &mut impl LineSink<Error = vmformat::Error>,
    mut on_bytes: impl FnMut(&[u8]),
) -> Result<Scanned, Error> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut scanned = Scanned::default();
    for entry in &data.entries {
        let mut reader = bundle.read(entry)?;
        let mut lines = DataReader::new(data.format);
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
            if scanned.broken.is_none() {
                scanned.broken = lines.push(&buffer[..read], sink).err().map(found);
            }
        }
        if scanned.broken.is_none() {
            scanned.broken = lines.finish().err().map(found);
        }
        scanned.samples_outside += lines.samples_outside();
    }
    Ok(scanned)
}
