use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The labels of a series, `__name__` included, sorted by name; bytes that are no UTF-8 are shown escaped.
pub type Labels = Vec<(String, String)>;

/// Series in a form in which equal data are equal: samples are (timestamp ms, value as text), sorted, copies once.
pub type CanonicalSeries = BTreeMap<Labels, Vec<(i64, String)>>;

/// Reads JSON lines into the canonical form.
///
/// Lines of one series are joined, samples sorted, and exact copies (same time, same value text) kept once. Numbers are
/// compared as text, so a lost digit shows. The spellings of old servers that are not JSON (`+Inf`, `-Inf`, `NaN`) count as
/// their JSON counterparts (`Infinity`, `-Infinity`, `null`).
///
/// # Panics
/// If a line is not complete, with its number and where it goes wrong.
pub fn canonical(lines: &[u8]) -> CanonicalSeries {
    let mut series = CanonicalSeries::new();
    for line in read_lines(lines) {
        let samples = series.entry(line.labels).or_default();
        samples.extend(line.timestamps.into_iter().zip(line.values));
    }
    for samples in series.values_mut() {
        samples.sort_unstable();
        samples.dedup();
    }
    series
}

/// The number of samples in JSON lines, copies included, `null` not.
pub(crate) fn sample_count(lines: &[u8]) -> usize {
    read_lines(lines)
        .map(|line| line.values.iter().filter(|&value| value != "null").count())
        .sum()
}

/// Describes the first difference, or returns `None` when both hold the same series with the same samples.
pub fn diff(left: &CanonicalSeries, right: &CanonicalSeries) -> Option<String> {
    for (labels, samples) in left {
        let Some(other) = right.get(labels) else {
            return Some(format!(
                "only left has {} ({} samples)",
                show(labels),
                samples.len()
            ));
        };
        if samples != other {
            return Some(format!(
                "{}: {}",
                show(labels),
                diff_samples(samples, other)
            ));
        }
    }
    let (labels, samples) = right
        .iter()
        .find(|(labels, _)| !left.contains_key(*labels))?;
    Some(format!(
        "only right has {} ({} samples)",
        show(labels),
        samples.len()
    ))
}

fn diff_samples(left: &[(i64, String)], right: &[(i64, String)]) -> String {
    let at = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let sample = |samples: &[(i64, String)]| match samples.get(at) {
        Some((timestamp, value)) => format!("{value} at {timestamp}"),
        None => "nothing more".to_owned(),
    };
    format!(
        "sample {at} is {} on the left, {} on the right ({} and {} samples)",
        sample(left),
        sample(right),
        left.len(),
        right.len()
    )
}

fn show(labels: &Labels) -> String {
    let mut text = String::from("{");
    for (index, (name, value)) in labels.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(text, "{comma}{name}={value:?}").expect("strings take everything");
    }
    text.push('}');
    text
}

struct Line {
    labels: Labels,
    values: Vec<String>,
    timestamps: Vec<i64>,
}

fn read_lines(lines: &[u8]) -> impl Iterator<Item = Line> {
    let lines = lines.split(|&byte| byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            let mut reader = Reader { rest: line };
            reader.line().unwrap_or_else(|| {
                let at = line.len() - reader.rest.len();
                let near = &line[at.saturating_sub(40)..line.len().min(at + 40)];
                panic!(
                    "line {} breaks at byte {at}, near `{}`",
                    index + 1,
                    String::from_utf8_lossy(near)
                )
            })
        })
}

/// Reads the one form of line that servers write. A JSON parser would refuse invalid UTF-8 and the old spellings.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn line(&mut self) -> Option<Line> {
        self.eat(br#"{"metric":{"#)?;
        let mut labels = Labels::new();
        while self.eat(b"}").is_none() {
            if !labels.is_empty() {
                self.eat(b",")?;
            }
            let name = self.string()?;
            self.eat(b":")?;
            labels.push((name, self.string()?));
        }
        labels.sort_unstable();
        self.eat(br#","values":["#)?;
        let values = self.list(Reader::value)?;
        self.eat(br#","timestamps":["#)?;
        let timestamps = self.list(|reader| reader.word()?.parse().ok())?;
        self.eat(b"}")?;
        let complete = self.rest.is_empty() && values.len() == timestamps.len();
        complete.then_some(Line {
            labels,
            values,
            timestamps,
        })
    }

    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        while self.eat(b"]").is_none() {
            if !items.is_empty() {
                self.eat(b",")?;
            }
            items.push(item(self)?);
        }
        Some(items)
    }

    fn value(&mut self) -> Option<String> {
        let text = if self.rest.first() == Some(&b'"') {
            self.string()?
        } else {
            self.word()?
        };
        Some(match text.as_str() {
            "+Inf" => "Infinity".to_owned(),
            "-Inf" => "-Infinity".to_owned(),
            "NaN" => "null".to_owned(),
            _ => text,
        })
    }

    fn word(&mut self) -> Option<String> {
        let length = self.rest.iter().position(|byte| b",]}".contains(byte))?;
        let (word, rest) = self.rest.split_at(length);
        let word = str::from_utf8(word).ok().filter(|word| !word.is_empty())?;
        self.rest = rest;
        Some(word.to_owned())
    }

    fn string(&mut self) -> Option<String> {
        self.eat(b"\"")?;
        let mut bytes = Vec::new();
        loop {
            let (&first, rest) = self.rest.split_first()?;
            self.rest = rest;
            match first {
                b'"' => break,
                b'\\' => self.escape(&mut bytes)?,
                _ => bytes.push(first),
            }
        }
        let escaped =
            |error: std::string::FromUtf8Error| error.as_bytes().escape_ascii().to_string();
        Some(String::from_utf8(bytes).unwrap_or_else(escaped))
    }

    fn escape(&mut self, into: &mut Vec<u8>) -> Option<()> {
        // Servers copy what is above the basic plane raw, but a surrogate pair is legal JSON: leave it to the JSON parser.
        let pair = self.rest.first() == Some(&b'u') && self.rest.get(5..7) == Some(b"\\u");
        let high = pair
            && self
                .rest
                .get(1..3)
                .is_some_and(|hex| b"dD".contains(&hex[0]) && b"89abAB".contains(&hex[1]));
        let length = match (self.rest.first()?, high) {
            (b'u', true) => 11,
            (b'u', false) => 5,
            _ => 1,
        };
        let (escape, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let quoted = [b"\"\\", escape, b"\""].concat();
        let text: String = serde_json::from_slice(&quoted).ok()?;
        into.extend_from_slice(text.as_bytes());
        Some(())
    }

    fn eat(&mut self, text: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_lines_order_and_copies_do_not_matter() {
        let whole =
            br#"{"metric":{"__name__":"m","a":"1"},"values":[1,2.5,3],"timestamps":[10,20,30]}"#;
        let split = concat!(
            r#"{"metric":{"a":"1","__name__":"m"},"values":[3,1],"timestamps":[30,10]}"#,
            "\n",
            r#"{"metric":{"__name__":"m","a":"1"},"values":[2.5,1],"timestamps":[20,10]}"#,
            "\n"
        );
        assert_eq!(diff(&canonical(whole), &canonical(split.as_bytes())), None);
    }

    #[test]
    fn names_the_first_difference() {
        let left = canonical(br#"{"metric":{"__name__":"m"},"values":[1,2],"timestamps":[10,20]}"#);
        let right =
            canonical(br#"{"metric":{"__name__":"m"},"values":[1,2.0],"timestamps":[10,20]}"#);
        let text = diff(&left, &right).expect("`2` and `2.0` differ");
        assert_eq!(
            text,
            r#"{__name__="m"}: sample 1 is 2 at 20 on the left, 2.0 at 20 on the right (2 and 2 samples)"#
        );
        let text = diff(&CanonicalSeries::new(), &left).expect("a series is missing");
        assert_eq!(text, r#"only right has {__name__="m"} (2 samples)"#);
    }

    #[test]
    fn old_spellings_and_escapes_equal_their_json_counterparts() {
        let old = br#"{"metric":{"__name__":"m","a":"\u000c\u0027\u00e9"},"values":[NaN,+Inf,-Inf],"timestamps":[1,2,3]}"#;
        let new = r#"{"metric":{"__name__":"m","a":"\f'é"},"values":[null,"Infinity","-Infinity"],"timestamps":[1,2,3]}"#;
        assert_eq!(diff(&canonical(old), &canonical(new.as_bytes())), None);
        let pair = br#"{"metric":{"a":"\ud83d\ude00"},"values":[],"timestamps":[]}"#;
        let raw = r#"{"metric":{"a":"😀"},"values":[],"timestamps":[]}"#;
        assert_eq!(diff(&canonical(pair), &canonical(raw.as_bytes())), None);
    }

    #[test]
    #[should_panic(expected = "line 2 breaks at byte 37")]
    fn a_cut_line_is_an_error() {
        let line = r#"{"metric":{"__name__":"m"},"values":[1],"timestamps":[1]}"#;
        canonical(format!("{line}\n{}", &line[..38]).as_bytes());
    }
}
