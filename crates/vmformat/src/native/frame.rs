use super::block::Block;
use crate::{EncodeDefect, Error, StreamPart};

/// The longest name, and the longest block, in bytes. Importers refuse more; blocks of servers stay
/// below 160 KiB.
pub const MAX_PART_BYTES: usize = 1024 * 1024;

/// One series name with one block of its samples, as they stand in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The escaped series name; [`SeriesName`](super::SeriesName) reads it. Equal series have equal
    /// bytes.
    pub name: &'a [u8],
    /// The block; [`Block`](super::Block) reads it.
    pub block: &'a [u8],
}

/// Appends one frame to `out`.
///
/// # Errors
///
/// If `name` or `block` exceeds [`MAX_PART_BYTES`]; then `out` is unchanged.
pub fn write_frame(out: &mut Vec<u8>, name: &[u8], block: &[u8]) -> Result<(), Error> {
    let name_length = part_length(StreamPart::Name, name.len())?;
    let block_length = part_length(StreamPart::Block, block.len())?;
    out.extend_from_slice(&name_length.to_be_bytes());
    out.extend_from_slice(name);
    out.extend_from_slice(&block_length.to_be_bytes());
    out.extend_from_slice(block);
    Ok(())
}

/// Appends one frame to `out`, its block as [`Block::write`] writes it.
///
/// # Errors
///
/// As [`write_frame`].
pub fn write_block_frame(out: &mut Vec<u8>, name: &[u8], block: &Block<'_>) -> Result<(), Error> {
    let start = out.len();
    write_frame(out, name, b"")?;
    let block_start = out.len();
    block.write(out);
    match part_length(StreamPart::Block, out.len() - block_start) {
        Ok(length) => {
            out[block_start - size_of::<u32>()..block_start].copy_from_slice(&length.to_be_bytes());
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// The length of a part as it stands before it.
fn part_length(part: StreamPart, length: usize) -> Result<u32, Error> {
    match u32::try_from(length) {
        Ok(short) if length <= MAX_PART_BYTES => Ok(short),
        _ => Err(EncodeDefect::TooLong { part, length }.into()),
    }
}

/// Takes the first of several whole frames off `data`; `None` if it is cut off or longer than
/// [`MAX_PART_BYTES`] allows.
pub fn take_frame<'a>(data: &mut &'a [u8]) -> Option<Frame<'a>> {
    let mut rest = *data;
    let frame = Frame {
        name: take_part(&mut rest)?,
        block: take_part(&mut rest)?,
    };
    *data = rest;
    Some(frame)
}

fn take_part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk()?;
    let length = u32::from_be_bytes(*length) as usize;
    if length > MAX_PART_BYTES {
        return None;
    }
    let (part, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    Some(part)
}
