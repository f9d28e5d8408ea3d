use super::sink::MAX_CHUNK_VALUES;

/// The longest text that is remembered, in bytes: as many timestamps as are handed over at once.
const MAX_TEXT_BYTES: usize = MAX_CHUNK_VALUES * "1700000000000,".len();

/// The timestamps of an earlier line.
///
/// All series of one target carry the same timestamps, and they are most of the text of a line:
/// comparing them is many times as fast as reading them.
#[derive(Default)]
pub(super) struct RepeatedTimes {
    /// From behind the opening bracket to the closing one; nothing is remembered if it is empty.
    text: Vec<u8>,
    timestamps: Vec<i64>,
}

impl RepeatedTimes {
    /// The timestamps of an array whose items start at the beginning of `text`, and the length of
    /// its text with the closing bracket, if it is the one that is remembered.
    #[inline]
    pub(super) fn find(&self, text: &[u8]) -> Option<(&[i64], usize)> {
        let known = !self.text.is_empty() && text.starts_with(&self.text);
        known.then_some((&self.timestamps, self.text.len()))
    }

    /// Remembers an array, unless it is long.
    pub(super) fn remember(&mut self, text: &[u8], timestamps: &[i64]) {
        self.text.clear();
        self.timestamps.clear();
        if text.len() <= MAX_TEXT_BYTES {
            self.text.extend_from_slice(text);
            self.timestamps.extend_from_slice(timestamps);
        }
    }
}
