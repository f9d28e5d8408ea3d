//! One line in memory, as the reader tells it.

use vmformat::json_line::{LineSink, ValueChunk};

/// The parts of a line. Keeps its memory from line to line.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) labels: Vec<(Vec<u8>, Vec<u8>)>,
    /// The values as text, joined by commas.
    pub(crate) values: Vec<u8>,
    pub(crate) timestamps: Vec<i64>,
    pub(crate) ended: bool,
    /// The text is not spelled as servers do, and must be written anew.
    pub(crate) respelled: bool,
}

impl Line {
    pub(crate) fn clear(&mut self) {
        self.labels.clear();
        self.values.clear();
        self.timestamps.clear();
        self.ended = false;
        self.respelled = false;
    }

    /// Whether a value is something else than a number.
    pub(crate) fn has_special_values(&self) -> bool {
        memchr::memchr2(b'n', b'I', &self.values).is_some()
    }

    /// The text of each value.
    pub(crate) fn value_texts(&self) -> impl Iterator<Item = &[u8]> {
        self.values
            .split(|&byte| byte == b',')
            .take(self.timestamps.len())
    }
}

impl LineSink for Line {
    type Error = vmformat::Error;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Self::Error> {
        self.labels.resize_with(labels.len(), Default::default);
        for (own, label) in self.labels.iter_mut().zip(labels) {
            own.0.clone_from(&label.0);
            own.1.clone_from(&label.1);
        }
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Self::Error> {
        if !self.values.is_empty() {
            self.values.push(b',');
        }
        self.values.extend_from_slice(chunk.text);
        Ok(())
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Self::Error> {
        self.timestamps.extend_from_slice(timestamps);
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Self::Error> {
        self.ended = true;
        Ok(())
    }
}

/// The value that a text stands for; `None` for `null`.
pub(crate) fn value_of(text: &[u8]) -> Option<f64> {
    match text {
        b"null" => None,
        b"\"Infinity\"" => Some(f64::INFINITY),
        b"\"-Infinity\"" => Some(f64::NEG_INFINITY),
        number => std::str::from_utf8(number).ok()?.parse().ok(),
    }
}
