//! Lines that are not spelled as servers write them but that servers read.
//!
//! Other programs put the keys in another order, add keys of their own, write numbers in quotes. Such
//! a line is read as a whole and written anew.

use serde::Deserialize;
use serde_json::Map;
use serde_json::value::{RawValue, Value};

use crate::line::Line;

#[derive(Deserialize)]
struct Loose<'a> {
    metric: Map<String, Value>,
    #[serde(borrow)]
    values: Vec<&'a RawValue>,
    #[serde(borrow)]
    timestamps: Vec<&'a RawValue>,
}

/// Reads a line into `line`; false if servers would not read it either.
pub(crate) fn read_leniently(text: &[u8], line: &mut Line) -> bool {
    line.clear();
    line.respelled = true;
    line.ended = parse(text, line).is_some();
    line.ended
}

fn parse(text: &[u8], line: &mut Line) -> Option<()> {
    // An array of the three is no line for a server.
    text.trim_ascii_start().starts_with(b"{").then_some(())?;
    let loose: Loose<'_> = serde_json::from_slice(text).ok()?;
    line.labels = text_labels(loose.metric);
    if loose.values.len() != loose.timestamps.len() {
        return None;
    }
    for value in loose.values {
        if !line.values.is_empty() {
            line.values.push(b',');
        }
        line.values.extend_from_slice(value_text(value.get())?);
    }
    for timestamp in loose.timestamps {
        line.timestamps.push(timestamp_of(timestamp.get())?);
    }
    Some(())
}

/// The labels; servers ignore one whose value is no text.
pub(crate) fn text_labels(metric: Map<String, Value>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let text = |(name, value): (String, Value)| match value {
        Value::String(value) => Some((name.into_bytes(), value.into_bytes())),
        _ => None,
    };
    metric.into_iter().filter_map(text).collect()
}

/// The timestamp, which may stand in quotes.
pub(crate) fn timestamp_of(raw: &str) -> Option<i64> {
    unquoted(raw).parse().ok()
}

/// The value as servers write it.
pub(crate) fn value_text(raw: &str) -> Option<&[u8]> {
    match unquoted(raw) {
        "null" | "NaN" | "nan" => Some(b"null"),
        "Infinity" | "+Infinity" | "Inf" | "+Inf" => Some(b"\"Infinity\""),
        "-Infinity" | "-Inf" => Some(b"\"-Infinity\""),
        number => {
            let is_number = serde_json::from_str::<&RawValue>(number).is_ok()
                && number.starts_with(|c: char| c == '-' || c.is_ascii_digit());
            is_number.then_some(number.as_bytes())
        }
    }
}

fn unquoted(raw: &str) -> &str {
    raw.strip_prefix('"')
        .and_then(|raw| raw.strip_suffix('"'))
        .unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Line> {
        let mut line = Line::default();
        read_leniently(text.as_bytes(), &mut line).then_some(line)
    }

    #[test]
    fn numbers_in_quotes_are_numbers_and_keep_their_digits() {
        let line = read(
            r#"{"values":["1.50","-7e3","NaN","-Inf"],"metric":{"a":"b"},"timestamps":["1",2,3,4]}"#,
        )
        .unwrap();
        assert_eq!(line.values, br#"1.50,-7e3,null,"-Infinity""#);
        assert_eq!(line.timestamps, [1, 2, 3, 4]);
    }

    #[test]
    fn what_is_no_number_is_no_value() {
        for value in ["true", "\"x\"", "\"\"", "[1]", "{}", "\" 1\"", "\"1,2\""] {
            let text = format!(r#"{{"metric":{{"a":"b"}},"values":[{value}],"timestamps":[1]}}"#);
            assert!(read(&text).is_none(), "{value}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for text in [
            format!(r#"{{"metric":{{"a":{deep}}},"values":[1],"timestamps":[1]}}"#),
            format!(r#"{{"metric":{{"a":"b"}},"values":[{deep}],"timestamps":[1]}}"#),
        ] {
            assert!(read(&text).is_none());
        }
    }
}
