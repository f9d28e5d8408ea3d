use regex_lite::Regex;

use crate::data::Series;

/// A condition on one label.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    label: String,
    test: Test,
    negated: bool,
}

#[derive(Debug, Clone)]
enum Test {
    Equals(String),
    Matches(Regex),
}

impl Matcher {
    /// `label="value"`.
    pub(crate) fn equals(label: &str, value: &str) -> Matcher {
        Matcher {
            label: label.to_owned(),
            test: Test::Equals(value.to_owned()),
            negated: false,
        }
    }

    /// The matcher for one of `=`, `!=`, `=~`, `!~`; the error is the server's text.
    pub(crate) fn new(label: &str, sign: &str, value: &str) -> Result<Matcher, String> {
        let test = if sign.ends_with('~') {
            // As the servers do: the whole value must match, and a dot matches line feeds too.
            let regex = Regex::new(&format!("^(?s:{value})$")).map_err(|_| {
                format!(
                    "cannot expand WITH expressions: invalid regexp in {label}=\"{value}\": \
                     error parsing regexp: `{value}`"
                )
            })?;
            Test::Matches(regex)
        } else {
            Test::Equals(value.to_owned())
        };
        Ok(Matcher {
            label: label.to_owned(),
            test,
            negated: sign.starts_with('!'),
        })
    }

    pub(crate) fn matches(&self, series: &Series<'_>) -> bool {
        let value = series.label(&self.label).unwrap_or_default();
        let holds = match &self.test {
            Test::Equals(wanted) => *value == **wanted,
            Test::Matches(regex) => regex.is_match(&value),
        };
        holds != self.negated
    }
}
