//! Reading leniently what is too long for memory.
//!
//! It accepts what [`read_leniently`](crate::lenient::read_leniently) accepts, from a stream. Nothing
//! but one label set, one number or one foreign key is in memory at a time, and each of them must fit
//! into a line that is not long.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Map;
use serde_json::value::{RawValue, Value};

use crate::batch::LONG_LINE_BYTES;
use crate::lenient::{text_labels, timestamp_of, value_text};

/// Takes the parts of a line.
pub(crate) trait PartSink {
    fn labels(&mut self, labels: Vec<(Vec<u8>, Vec<u8>)>);
    fn value(&mut self, text: &[u8]) -> io::Result<()>;
    fn timestamp(&mut self, timestamp: i64) -> io::Result<()>;
}

/// Reads a line into `sink`; false if servers would not read it either.
///
/// # Errors
///
/// The stream or the sink fails.
pub(crate) fn read_leniently_from(text: impl Read, sink: &mut impl PartSink) -> io::Result<bool> {
    let room = Cell::new(LONG_LINE_BYTES);
    let metered = Metered { text, room: &room };
    let mut failure = None;
    let line = LineSeed {
        room: &room,
        sink,
        failure: &mut failure,
    };
    let mut json = serde_json::Deserializer::from_reader(metered);
    let read = line.deserialize(&mut json).and_then(|()| {
        room.set(usize::MAX);
        json.end()
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    match read {
        Ok(()) => Ok(true),
        Err(error) => match error.io_error_kind() {
            None | Some(io::ErrorKind::InvalidData) => Ok(false),
            Some(_) => Err(error.into()),
        },
    }
}

/// Ends where a part takes more room than it may.
struct Metered<'a, R> {
    text: R,
    room: &'a Cell<usize>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = self.room.get();
        if room == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let most = buffer.len().min(room);
        let read = self.text.read(&mut buffer[..most])?;
        self.room.set(room - read);
        Ok(read)
    }
}

struct LineSeed<'a, S> {
    room: &'a Cell<usize>,
    sink: &'a mut S,
    /// Why the sink failed.
    failure: &'a mut Option<io::Error>,
}

impl<'de, S: PartSink> DeserializeSeed<'de> for LineSeed<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, S: PartSink> Visitor<'de> for LineSeed<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of a series")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<(), A::Error> {
        let (mut has_metric, mut values, mut timestamps) = (false, None, None);
        loop {
            self.room.set(LONG_LINE_BYTES);
            let Some(key) = keys.next_key::<String>()? else {
                break;
            };
            self.room.set(LONG_LINE_BYTES);
            let column = |put| Column {
                room: self.room,
                put,
            };
            match key.as_str() {
                "metric" if !has_metric => {
                    let metric: Map<String, Value> = keys.next_value()?;
                    self.sink.labels(text_labels(metric));
                    has_metric = true;
                }
                "values" if values.is_none() => {
                    let mut put = |raw: &str| {
                        let text = value_text(raw)?;
                        Some(self.sink.value(text).map_err(|error| {
                            *self.failure = Some(error);
                        }))
                    };
                    values = Some(keys.next_value_seed(column(&mut put))?);
                }
                "timestamps" if timestamps.is_none() => {
                    let mut put = |raw: &str| {
                        let timestamp = timestamp_of(raw)?;
                        Some(self.sink.timestamp(timestamp).map_err(|error| {
                            *self.failure = Some(error);
                        }))
                    };
                    timestamps = Some(keys.next_value_seed(column(&mut put))?);
                }
                "metric" | "values" | "timestamps" => {
                    return Err(A::Error::custom("a key stands there twice"));
                }
                _ => {
                    keys.next_value::<IgnoredAny>()?;
                }
            }
        }
        match (has_metric, values, timestamps) {
            (true, Some(values), Some(timestamps)) if values == timestamps => Ok(()),
            _ => Err(A::Error::custom("no series")),
        }
    }
}

/// Takes the text of an element; `None` if it is none of its kind, an error if it cannot be kept.
type Put<'a> = dyn FnMut(&str) -> Option<Result<(), ()>> + 'a;

/// One of the two arrays; its value is its length.
struct Column<'a, 'b> {
    room: &'a Cell<usize>,
    put: &'a mut Put<'b>,
}

impl<'de> DeserializeSeed<'de> for Column<'_, '_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<u64, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Column<'_, '_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<u64, A::Error> {
        let mut count = 0;
        loop {
            self.room.set(LONG_LINE_BYTES);
            let Some(element) = elements.next_element::<Box<RawValue>>()? else {
                return Ok(count);
            };
            match (self.put)(element.get()) {
                Some(Ok(())) => count += 1,
                Some(Err(())) => return Err(A::Error::custom("it cannot be kept")),
                None => return Err(A::Error::custom("not of its kind")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lenient::read_leniently;
    use crate::line::Line;

    #[derive(Default)]
    struct Parts(Line);

    impl PartSink for Parts {
        fn labels(&mut self, labels: Vec<(Vec<u8>, Vec<u8>)>) {
            self.0.labels = labels;
        }

        fn value(&mut self, text: &[u8]) -> io::Result<()> {
            if !self.0.values.is_empty() {
                self.0.values.push(b',');
            }
            self.0.values.extend_from_slice(text);
            Ok(())
        }

        fn timestamp(&mut self, timestamp: i64) -> io::Result<()> {
            self.0.timestamps.push(timestamp);
            Ok(())
        }
    }

    #[test]
    fn it_accepts_what_is_accepted_of_short_lines() {
        for text in [
            r#"{"timestamps":[1,2],"values":[1.50,"NaN"],"metric":{"a":"b","c":5}}"#,
            "{ \"metric\" : {\"a\":\"b\"} ,\t\"values\": [ 1 , -Inf ], \"timestamps\":[1,2] }\r",
            r#"{"metric":{"a":"b"},"values":["-Inf",null],"timestamps":["1",2],"x":[{"y":[]}]}  "#,
            r#"{"metric":{"a":"\u00e9\n"},"values":[],"timestamps":[]}"#,
            r#"{"metric":{"a":"b"},"values":[1],"timestamps":[1,2]}"#,
            r#"{"metric":{"a":"b"},"values":[1],"timestamps":[1.5]}"#,
            r#"{"metric":{"a":"b"},"values":[[1]],"timestamps":[1]}"#,
            r#"{"metric":{"a":"b"},"values":[1],"timestamps":[1]} x"#,
            r#"{"metric":{"a":"b"},"values":[1],"timestamps":[1]"#,
            r#"{"metric":{"a":"b"},"values":[1],"values":[1],"timestamps":[1]}"#,
            r#"{"metric":{"a":"b"},"timestamps":[1]}"#,
            r#"[{"a":"b"},[1],[1]]"#,
            "",
        ] {
            let mut short = Line::default();
            let accepted = read_leniently(text.as_bytes(), &mut short);
            let mut parts = Parts::default();
            let streamed = read_leniently_from(text.as_bytes(), &mut parts).unwrap();
            assert_eq!(streamed, accepted, "{text}");
            if accepted {
                let long = parts.0;
                assert_eq!(long.labels, short.labels, "{text}");
                assert_eq!(long.values, short.values, "{text}");
                assert_eq!(long.timestamps, short.timestamps, "{text}");
            }
        }
    }

    #[test]
    fn a_part_that_has_no_end_is_refused_in_bounded_memory() {
        for start in [
            r#"{""#,
            r#"{"x":""#,
            r#"{"x":[[[[["#,
            r#"{"metric":{"a":""#,
            r#"{"values":[1"#,
            r#"{"values":["1"#,
        ] {
            let endless = if start.ends_with('[') { b'[' } else { b'1' };
            let mut text = start.as_bytes().chain(io::repeat(endless));
            assert!(
                !read_leniently_from(&mut text, &mut Parts::default()).unwrap(),
                "{start}"
            );
        }
    }
}
