//! Lines of `/metrics`, the Prometheus text format.

use std::borrow::Cow;

/// One sample of a metrics page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MetricLine<'a> {
    /// The metric name.
    pub(crate) name: &'a str,
    labels: &'a str,
    /// The value.
    pub(crate) value: f64,
}

impl<'a> MetricLine<'a> {
    /// Reads `name{label="value",...} value`; `None` for comments and what is no sample.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let end = line.find(['{', ' '])?;
        let (name, rest) = line.split_at(end);
        if name.is_empty() || name.starts_with('#') {
            return None;
        }
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(rest) => rest.split_at(end_of_labels(rest)?),
            None => ("", rest),
        };
        let value = rest.trim_start_matches('}').split_whitespace().next()?;
        Some(Self {
            name,
            labels,
            value: value.parse().ok()?,
        })
    }

    /// The value of a label, unescaped; `None` if the series does not have it.
    pub(crate) fn label(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.labels;
        loop {
            let (key, behind) = rest.split_once("=\"")?;
            let end = end_of_value(behind)?;
            if key.trim_start_matches([',', ' ']) == name {
                return Some(unescape(&behind[..end]));
            }
            rest = &behind[end + 1..];
        }
    }
}

/// Where the brace stands that is not inside a label value.
fn end_of_labels(text: &str) -> Option<usize> {
    let mut start = 0;
    loop {
        let at = start + text[start..].find(['}', '"'])?;
        if text[at..].starts_with('}') {
            return Some(at);
        }
        start = at + 1 + end_of_value(&text[at + 1..])? + 1;
    }
}

/// Where the closing quote stands.
fn end_of_value(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => '\n',
                Some(other) => other,
                None => '\\',
            },
            (c, false) => c,
        });
    }
    plain.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_are_read_with_their_escapes() {
        let line = r#"flag{name="a}b", value="x\"y\\z\n{,=", is_set="true"} 1"#;
        let line = MetricLine::parse(line).unwrap();
        assert_eq!((line.name, line.value), ("flag", 1.0));
        assert_eq!(line.label("name").as_deref(), Some("a}b"));
        assert_eq!(line.label("value").as_deref(), Some("x\"y\\z\n{,="));
        assert_eq!(line.label("is_set").as_deref(), Some("true"));
        assert_eq!(line.label("set"), None);
    }

    #[test]
    fn lines_without_labels_are_read_too() {
        for (text, value) in [
            ("up 1", 1.0),
            ("up{} 1e3 1700", 1000.0),
            (" up  +Inf ", f64::INFINITY),
        ] {
            let line = MetricLine::parse(text).unwrap();
            assert_eq!((line.name, line.value), ("up", value), "{text}");
            assert_eq!(line.label("a"), None);
        }
    }

    #[test]
    fn what_is_no_sample_is_passed_over() {
        for text in [
            "",
            "# HELP up",
            "up",
            "up x",
            "up{a=\"b} 1",
            "{} 1",
            "<html> 1x",
        ] {
            assert_eq!(MetricLine::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "(a|\\{|\\}|\"|=|,|\\\\| |1|ü){0,24}") {
            if let Some(line) = MetricLine::parse(&line) {
                line.label("a");
            }
        }

        #[test]
        fn any_value_comes_back(value in "\\PC{0,12}") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let line = format!("m{{x=\"}}\",a=\"{escaped}\"}} 2");
            let line = MetricLine::parse(&line).unwrap();
            prop_assert_eq!(line.label("a").unwrap(), value);
            prop_assert_eq!(line.value, 2.0);
        }
    }
}
