use crate::Error;

/// The most values, and the most timestamps, that a [`LineSink`] gets at once.
pub const MAX_CHUNK_VALUES: usize = 8192;

/// What a [`LineReader`](super::LineReader) tells about the lines it reads, and a
/// [`BlockReader`](crate::native::BlockReader) about blocks.
///
/// For each line: [`metric`](Self::metric) once, then all [`values`](Self::values) and all
/// [`timestamps`](Self::timestamps) (in the order of the line; servers write values first) in
/// chunks of at most [`MAX_CHUNK_VALUES`], then [`end_line`](Self::end_line), which confirms that
/// the line was whole and that there were as many timestamps as values. Until then the line may
/// turn out to be broken.
pub trait LineSink {
    /// Whether the values are looked at. Where they come as integers, their text need not be made
    /// otherwise, and [`values`](Self::values) may not be called.
    const NEEDS_VALUES: bool = true;

    /// What makes a method stop the reading; the reader's own errors are turned into it.
    type Error: From<Error>;

    /// Begins a line: its labels, unescaped, each name once.
    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Self::Error>;

    /// The next values of the line.
    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Self::Error>;

    /// The next timestamps of the line, in Unix milliseconds.
    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Self::Error>;

    /// Ends the line.
    fn end_line(&mut self) -> Result<(), Self::Error>;
}

/// Values of one line as text.
///
/// Numbers keep the bytes that came; everything else is `null`, `"Infinity"` or `"-Infinity"`,
/// whatever spelling came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueChunk<'a> {
    /// The values joined by commas, without blanks.
    pub text: &'a [u8],
    /// How many values there are, 1 to [`MAX_CHUNK_VALUES`].
    pub count: usize,
}
