use super::frame::{Frame, MAX_PART_BYTES};
use super::header::StreamHeader;
use crate::server_text::{ServerText, Tail};
use crate::{Error, StreamPart};

/// Cuts a native stream into frames, from pieces of any size.
///
/// [`push`](Self::push) the body as it comes, take all frames with [`next_frame`](Self::next_frame)
/// after each piece, and call [`finish`](Self::finish) at the end of the body: a stream that ends
/// inside of a frame is cut off. Holds the unread part of what was pushed, hence at most one frame
/// (2 MiB) more than one piece.
#[derive(Default)]
pub struct FrameSplitter {
    buffer: Vec<u8>,
    /// Where the unread part of the buffer begins.
    unread: usize,
    /// Where the frame that was handed out last begins in the buffer; it may hold the start of an
    /// error text.
    last_frame: usize,
    /// The position of the buffer's first byte in the stream.
    offset: u64,
    header: Option<StreamHeader>,
}

impl FrameSplitter {
    /// Starts before the header.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of the stream.
    pub fn push(&mut self, chunk: &[u8]) {
        // Moving only when more was read than is left keeps the cost of a byte constant for any
        // size of pieces.
        if self.unread > self.buffer.len() / 2 {
            self.buffer.drain(..self.unread);
            self.offset += self.unread as u64;
            self.unread = 0;
            self.last_frame = 0;
        }
        self.buffer.extend_from_slice(chunk);
        if self.header.is_none()
            && let Some(bytes) = self.buffer.first_chunk()
        {
            self.header = Some(StreamHeader::parse(*bytes));
            self.unread = StreamHeader::BYTES;
            self.last_frame = StreamHeader::BYTES;
        }
    }

    /// The range of the stream, once its first 16 bytes were pushed.
    pub fn header(&self) -> Option<StreamHeader> {
        self.header
    }

    /// The next frame, or `None` until more is pushed.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`] if a length exceeds 1 MiB: the stream is broken there, and the error
    /// stays.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, Error> {
        if self.header.is_none() {
            return Ok(None);
        }
        let start = self.unread;
        let Some((name, end)) = self.part(start, StreamPart::Name)? else {
            return Ok(None);
        };
        let Some((block, end)) = self.part(end, StreamPart::Block)? else {
            return Ok(None);
        };
        self.last_frame = start;
        self.unread = end;
        Ok(Some(Frame {
            name: &self.buffer[name],
            block: &self.buffer[block],
        }))
    }

    /// The range of a part whose length stands at `at`, and where what follows begins; `None` if it
    /// is incomplete.
    fn part(
        &self,
        at: usize,
        part: StreamPart,
    ) -> Result<Option<(std::ops::Range<usize>, usize)>, Error> {
        let Some(length) = self.length(at) else {
            return Ok(None);
        };
        if length as usize > MAX_PART_BYTES {
            return Err(Error::TooLong {
                part,
                length,
                offset: self.offset + at as u64,
                server_text: ServerText::at_end_of(&self.buffer),
            });
        }
        let start = at + 4;
        let end = start + length as usize;
        Ok((end <= self.buffer.len()).then_some((start..end, end)))
    }

    fn length(&self, at: usize) -> Option<u32> {
        self.buffer[at..]
            .first_chunk()
            .map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// Says whether the stream may end here.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] unless the header and only whole frames were pushed, and
    /// [`Error::TooLong`] as [`next_frame`](Self::next_frame) does.
    pub fn finish(&self) -> Result<(), Error> {
        let part = match self.header {
            None => StreamPart::Header,
            Some(_) if self.unread == self.buffer.len() => return Ok(()),
            Some(_) => match self.length(self.unread) {
                None => StreamPart::NameLength,
                Some(_) => match self.part(self.unread, StreamPart::Name)? {
                    None => StreamPart::Name,
                    Some((_, end)) => match self.length(end) {
                        None => StreamPart::BlockLength,
                        Some(_) => StreamPart::Block,
                    },
                },
            },
        };
        Err(Error::Truncated {
            part,
            offset: self.offset + self.buffer.len() as u64,
            server_text: ServerText::at_end_of(&self.buffer[self.last_frame..]),
        })
    }

    /// Gives up on a broken stream and keeps the end of it, to look for the server's reason.
    ///
    /// Push the rest of the body into the [`Tail`], then add it to the error with
    /// [`Error::with_tail`]. The frame that was handed out last is included: if its block is
    /// broken, the text may begin there.
    pub fn into_tail(self) -> Tail {
        let mut tail = Tail::default();
        tail.push(&self.buffer[self.last_frame..]);
        tail
    }
}
