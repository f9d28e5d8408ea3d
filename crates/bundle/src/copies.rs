//! Finding samples that stand in a bundle twice.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use vmformat::json_line::{LineSink, ValueChunk};

use crate::series_key::SeriesKey;

/// Most samples of suspects that are compared, some 100 MB of memory.
const MAX_SAMPLES: usize = 2_000_000;

/// Collects all samples of some series, to compare each with each.
///
/// Two samples are copies if series, time and value are the same. Two values at one time are no
/// copies: servers keep both.
#[derive(Debug)]
pub(crate) struct Copies {
    suspects: HashSet<SeriesKey>,
    samples: Vec<(SeriesKey, i64, u64)>,
    too_many: bool,
    key: Option<SeriesKey>,
    values: Vec<u64>,
    timestamps: Vec<i64>,
}

impl Copies {
    /// Prepares to compare the samples of these series.
    pub(crate) fn among(suspects: HashSet<SeriesKey>) -> Self {
        Self {
            suspects,
            samples: Vec::new(),
            too_many: false,
            key: None,
            values: Vec::new(),
            timestamps: Vec::new(),
        }
    }

    /// How many samples are copies of another one; `None` if there were too many to compare.
    pub(crate) fn count(mut self) -> Option<u64> {
        self.samples.sort_unstable();
        let copies = self.samples.windows(2).filter(|pair| pair[0] == pair[1]);
        (!self.too_many).then(|| copies.count() as u64)
    }

    fn has_room_for(&mut self, more: usize) -> bool {
        let held = self.values.len().max(self.timestamps.len());
        self.too_many |= self.samples.len() + held + more > MAX_SAMPLES;
        self.key.is_some() && !self.too_many
    }
}

impl LineSink for Copies {
    type Error = vmformat::Error;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Self::Error> {
        self.key = Some(SeriesKey::of(labels)).filter(|key| self.suspects.contains(key));
        self.values.clear();
        self.timestamps.clear();
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Self::Error> {
        if self.key.is_some() && self.has_room_for(chunk.count) {
            let texts = chunk.text.split(|&byte| byte == b',');
            self.values.extend(texts.map(|text| {
                let mut hash = DefaultHasher::new();
                hash.write(text);
                hash.finish()
            }));
        }
        Ok(())
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Self::Error> {
        if self.key.is_some() && self.has_room_for(timestamps.len()) {
            self.timestamps.extend(timestamps);
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Self::Error> {
        if let Some(key) = self.key {
            let line = self.timestamps.iter().zip(&self.values);
            self.samples
                .extend(line.map(|(&at, &value)| (key, at, value)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use vmformat::json_line::LineReader;

    use super::*;

    fn copies(lines: &[&str]) -> Option<u64> {
        let suspect = SeriesKey::of(&[("__name__", "a")]);
        let mut copies = Copies::among(HashSet::from([suspect]));
        let mut reader = LineReader::new();
        for line in lines {
            reader.push(line.as_bytes(), &mut copies).unwrap();
        }
        reader.finish().unwrap();
        copies.count()
    }

    #[test]
    fn copies_have_the_same_time_and_value() {
        let first = "{\"metric\":{\"__name__\":\"a\"},\"values\":[1,2],\"timestamps\":[10,20]}\n";
        let other = "{\"metric\":{\"__name__\":\"b\"},\"values\":[2],\"timestamps\":[20]}\n";
        let other_value = "{\"metric\":{\"__name__\":\"a\"},\"values\":[3],\"timestamps\":[20]}\n";
        let other_time = "{\"metric\":{\"__name__\":\"a\"},\"values\":[2],\"timestamps\":[10]}\n";
        let copy = "{\"metric\":{\"__name__\":\"a\"},\"values\":[2],\"timestamps\":[20]}\n";
        assert_eq!(copies(&[first, other, other_value, other_time]), Some(0));
        assert_eq!(copies(&[first, copy]), Some(1));
        assert_eq!(copies(&[copy, first, copy]), Some(2));
    }
}
