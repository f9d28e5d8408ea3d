use std::fmt;

use crate::native::{Encoding, Layout};
use crate::server_text::{ServerText, Tail};

/// Why bytes are not what they claim to be, or columns cannot be written.
///
/// No variant prints label names, label values or what a server wrote.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A native stream ends inside of something.
    #[error("the native stream ends inside {part}, after {offset} bytes")]
    Truncated {
        /// What is incomplete.
        part: StreamPart,
        /// The length of the stream in bytes.
        offset: u64,
        /// The server's reason, if the stream ends with one.
        server_text: Option<ServerText>,
    },
    /// A native stream announces a name or a block that no server writes.
    #[error(
        "the native stream is broken at byte {offset}: {part} of {length} bytes, \
         the limit is 1048576"
    )]
    TooLong {
        /// What is too long.
        part: StreamPart,
        /// The announced length in bytes.
        length: u32,
        /// Where the length stands, in bytes from the start of the stream.
        offset: u64,
        /// The server's reason, if the bytes read so far end with one.
        server_text: Option<ServerText>,
    },
    /// A frame holds a broken block.
    #[error("a native block is broken")]
    Block {
        /// What is wrong with the block.
        #[source]
        defect: BlockDefect,
        /// The server's reason, if the caller found one.
        server_text: Option<ServerText>,
    },
    /// A frame holds a broken series name.
    #[error("the series name of a native block is broken")]
    Name {
        /// What is wrong with the name.
        #[source]
        defect: NameDefect,
        /// The server's reason, if the caller found one.
        server_text: Option<ServerText>,
    },
    /// A later block of a native stream refutes the layout that was chosen for the earlier ones.
    #[error(
        "the native stream has layout `{actual}`, not `{assumed}` as its first blocks seemed to; \
         read it again as `{actual}`"
    )]
    LayoutMistaken {
        /// The layout that earlier blocks were read in.
        assumed: Layout,
        /// The only layout that fits all blocks so far.
        actual: Layout,
    },
    /// A line is not a JSON line of series data.
    #[error("line {line} is not a JSON line of series data (byte {offset} of the input)")]
    Line {
        /// The line, counted from 1.
        line: u64,
        /// The first byte that is wrong, counted from 0 at the start of the input.
        offset: u64,
        /// What is wrong there.
        #[source]
        defect: LineDefect,
        /// The server's reason, if the line holds one.
        server_text: Option<ServerText>,
    },
    /// Columns cannot be written as a native block or frame.
    #[error("samples cannot be written in the native format")]
    Encode(#[from] EncodeDefect),
}

impl Error {
    /// What the server wrote about its own failure, if it did. For the user's eyes only.
    pub fn server_text(&self) -> Option<&str> {
        match self {
            Self::Truncated { server_text, .. }
            | Self::TooLong { server_text, .. }
            | Self::Block { server_text, .. }
            | Self::Name { server_text, .. }
            | Self::Line { server_text, .. } => server_text.as_ref().map(ServerText::as_str),
            Self::LayoutMistaken { .. } | Self::Encode(_) => None,
        }
    }

    /// Adds the server's reason that `tail`, the end of a native stream, ends with; keeps the one at
    /// hand if `tail` has none. An [`Error::Line`] stays as it is: the reader has searched its line.
    #[must_use]
    pub fn with_tail(mut self, tail: &Tail) -> Self {
        if let Self::Truncated { server_text, .. }
        | Self::TooLong { server_text, .. }
        | Self::Block { server_text, .. }
        | Self::Name { server_text, .. } = &mut self
            && let Some(text) = tail.server_text()
        {
            *server_text = Some(text);
        }
        self
    }

    /// Whether the input is right as far as it goes but ends too early.
    pub fn is_truncated(&self) -> bool {
        matches!(
            self,
            Self::Truncated { .. }
                | Self::Line {
                    defect: LineDefect::Truncated,
                    ..
                }
        )
    }
}

impl From<BlockDefect> for Error {
    fn from(defect: BlockDefect) -> Self {
        Self::Block {
            defect,
            server_text: None,
        }
    }
}

impl From<NameDefect> for Error {
    fn from(defect: NameDefect) -> Self {
        Self::Name {
            defect,
            server_text: None,
        }
    }
}

/// A piece of a native stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamPart {
    /// The 16 bytes with the time range.
    Header,
    /// The four bytes before a name.
    NameLength,
    /// A series name.
    Name,
    /// The four bytes before a block.
    BlockLength,
    /// A block.
    Block,
}

impl fmt::Display for StreamPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "the header",
            Self::NameLength => "the length of a series name",
            Self::Name => "a series name",
            Self::BlockLength => "the length of a block",
            Self::Block => "a block",
        })
    }
}

/// One of the two columns of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnName {
    /// The timestamps.
    Timestamps,
    /// The mantissas.
    Values,
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timestamps => "timestamps",
            Self::Values => "values",
        })
    }
}

/// What is wrong with a native block.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlockDefect {
    /// The header or a column ends too early, or a number in it is malformed.
    #[error("the block header ends too early or holds a malformed number")]
    Header,
    /// Bytes follow the values.
    #[error("{0} bytes follow the end of the block")]
    Surplus(usize),
    /// The row count is 0 or above 16,384.
    #[error("a block of {0} rows, the range is 1 to 16384")]
    Rows(u64),
    /// The scale does not fit 16 bits.
    #[error("the scale is {0}, the range is -32768 to 32767")]
    Scale(i64),
    /// The marshal type is 0 or above 6.
    #[error("the marshal type of the {0} is {1}, the range is 1 to 6")]
    MarshalType(ColumnName, u8),
    /// The precision bits are 0 or above 64.
    #[error("a precision of {0} bits, the range is 1 to 64")]
    PrecisionBits(u8),
    /// A delta-of-delta column with a single row, which stops servers that import it.
    #[error("the {0} have one row but marshal type {number}, which needs two", number = .1.number())]
    SingleRow(ColumnName, Encoding),
    /// The last timestamp of the header is below the first, which can stop servers that import it.
    #[error("the last timestamp lies before the first")]
    MaxBeforeMin,
    /// A column is not exactly as long as its rows need.
    #[error("the data of the {0} do not hold exactly the numbers of {1} rows")]
    ColumnLength(ColumnName, u32),
    /// Compressed data are damaged, too long, or followed by other bytes.
    #[error("the {0} cannot be decompressed")]
    Zstd(ColumnName, #[source] std::io::Error),
    /// A timestamp is smaller than the one before it.
    #[error("the timestamps are not sorted")]
    Unsorted,
    /// The last decoded timestamp and the last timestamp of the header disagree.
    #[error("the last timestamp disagrees with the block header")]
    MaxMismatch,
}

/// What is wrong with the series name of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameDefect {
    /// The last part is not terminated.
    #[error("the name does not end with a terminator")]
    Unterminated,
    /// An escape byte is followed by something that is never escaped.
    #[error("the name holds a malformed escape sequence")]
    Escape,
    /// A label name without a value.
    #[error("the last label has no value")]
    MissingValue,
}

/// Why columns cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeDefect {
    /// The columns are empty or above 8,192 rows.
    #[error("a block of {0} rows, the range is 1 to 8192")]
    Rows(usize),
    /// The columns differ in length.
    #[error("{timestamps} timestamps for {values} values")]
    Lengths {
        /// How many timestamps there are.
        timestamps: usize,
        /// How many values there are.
        values: usize,
    },
    /// A timestamp is smaller than the one before it.
    #[error("the timestamps are not sorted")]
    Unsorted,
    /// A name or a block is above the limit of the importer.
    #[error("{part} of {length} bytes, the limit is 1048576")]
    TooLong {
        /// What is too long.
        part: StreamPart,
        /// Its length in bytes.
        length: usize,
    },
    /// The compressor failed.
    #[error("the {0} cannot be compressed")]
    Zstd(ColumnName, #[source] std::io::Error),
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineDefect {
    /// The line breaks the JSON grammar.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The line ends too early.
    #[error("the line is cut off")]
    Truncated,
    /// A key other than the three known ones.
    #[error("unknown key, expected `metric`, `values` or `timestamps`")]
    UnknownKey,
    /// A key occurs a second time.
    #[error("`{0}` occurs twice")]
    RepeatedKey(&'static str),
    /// A key is missing.
    #[error("`{0}` is missing")]
    MissingKey(&'static str),
    /// Samples come before the labels they belong to.
    #[error("`metric` must come before `values` and `timestamps`")]
    MetricNotFirst,
    /// The arrays differ in length.
    #[error("{values} values but {timestamps} timestamps")]
    Counts {
        /// How many values there are.
        values: u64,
        /// How many timestamps there are.
        timestamps: u64,
    },
    /// The metric object is above 1 MiB.
    #[error("the `metric` object exceeds 1048576 bytes")]
    MetricTooLong,
    /// A number has more digits than any float.
    #[error("a number exceeds 2048 bytes")]
    NumberTooLong,
    /// A timestamp is not an integer of 64 bits.
    #[error("a timestamp is not an integer in the range of 64 bits")]
    Timestamp,
}
