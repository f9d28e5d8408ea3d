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
    let length_of = |part, bytes: &[u8]| match u32::try_from(bytes.len()) {
        Ok(length) if bytes.len() <= MAX_PART_BYTES => Ok(length),
        _ => Err(EncodeDefect::TooLong {
            part,
            length: bytes.len(),
        }),
    };
    let name_length = length_of(StreamPart::Name, name)?;
    let block_length = length_of(StreamPart::Block, block)?;
    out.extend_from_slice(&name_length.to_be_bytes());
    out.extend_from_slice(name);
    out.extend_from_slice(&block_length.to_be_bytes());
    out.extend_from_slice(block);
    Ok(())
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
