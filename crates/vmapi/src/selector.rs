//! Series selectors, what goes into `match[]`.

use std::fmt;

use crate::quote;
use crate::selector_token::{Token, Tokens};

/// A series selector such as `up{job="a"}`, complete and safe to send.
///
/// Only exact comparisons are ever built here; regular expressions come from the user alone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Selector {
    name: String,
    /// The `or` groups, each a list of comparisons separated by commas; never an empty one.
    groups: Vec<String>,
    text: String,
}

/// A text that is not a plain series selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a series selector: {problem} at character {column}")]
pub struct SelectorError {
    problem: &'static str,
    column: usize,
}

impl Selector {
    /// Every series that has a name: `{__name__!=""}`.
    ///
    /// Servers refuse `{}`.
    #[must_use]
    pub fn everything() -> Self {
        Self::new(String::new(), vec!["__name__!=\"\"".to_owned()])
    }

    /// The series of one job, by its literal name; the empty name stands for series without a job.
    #[must_use]
    pub fn job(name: impl AsRef<[u8]>) -> Self {
        Self::equal("job", name)
    }

    /// The series with exactly this label value; the empty value stands for the label being absent.
    #[must_use]
    pub fn equal(label: &str, value: impl AsRef<[u8]>) -> Self {
        Self::new(String::new(), vec![comparison(label, value.as_ref())])
    }

    /// The same selection, narrowed to series with exactly this label value, in every `or` group.
    #[must_use]
    pub fn with_equal(&self, label: &str, value: impl AsRef<[u8]>) -> Self {
        let added = comparison(label, value.as_ref());
        let groups = if self.groups.is_empty() {
            vec![added]
        } else {
            let narrow = |group: &String| format!("{group},{added}");
            self.groups.iter().map(narrow).collect()
        };
        Self::new(self.name.clone(), groups)
    }

    /// Reads a selector of the user: an optional metric name, optional comparisons in braces with
    /// `or` groups, nothing else.
    ///
    /// Only the form is checked, not the regular expressions in it. Everything with functions,
    /// operators, ranges or offsets is MetricsQL, not a selector.
    ///
    /// # Errors
    ///
    /// The text has another form, or selects by nothing at all (`{}`), which servers refuse.
    pub fn parse_user(text: &str) -> Result<Self, SelectorError> {
        Parser::new(text)?.selector()
    }

    /// The selector as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn new(name: String, groups: Vec<String>) -> Self {
        let text = if groups.is_empty() {
            name.clone()
        } else {
            format!("{name}{{{}}}", groups.join(" or "))
        };
        Self { name, groups, text }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Selector({})", self.text)
    }
}

impl std::str::FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        Self::parse_user(text)
    }
}

fn comparison(label: &str, value: &[u8]) -> String {
    format!("{}={}", quote::name(label), quote::value(value))
}

/// Reads with one word of look-ahead.
struct Parser<'a> {
    tokens: Tokens<'a>,
    next: Option<Token<'a>>,
    column: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, SelectorError> {
        let mut parser = Self {
            tokens: Tokens::new(text),
            next: None,
            column: 1,
        };
        parser.advance()?;
        Ok(parser)
    }

    fn selector(mut self) -> Result<Selector, SelectorError> {
        let mut name = "";
        if let Some(Token::Name(text)) = self.next {
            name = text;
            self.advance()?;
        }
        let has_braces = self.next == Some(Token::Mark('{'));
        let mut groups = Vec::new();
        if has_braces {
            self.advance()?;
            groups = self.groups()?;
        }
        if self.next.is_some() {
            return Err(self.error("something behind the selector"));
        }
        if name.is_empty() && groups.is_empty() {
            return Err(self.error("nothing to select by"));
        }
        // Without braces these two are numbers.
        let is_number = ["inf", "nan"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(name));
        if is_number && !has_braces {
            return Err(self.error("a number"));
        }
        Ok(Selector::new(name.to_owned(), groups))
    }

    /// What is between the braces, and the closing one.
    fn groups(&mut self) -> Result<Vec<String>, SelectorError> {
        let mut groups = Vec::new();
        if self.next == Some(Token::Mark('}')) {
            self.advance()?;
            return Ok(groups);
        }
        loop {
            groups.push(self.group()?);
            match self.next {
                Some(Token::Name(_)) => self.advance()?,
                Some(Token::Mark('}')) => {
                    self.advance()?;
                    return Ok(groups);
                }
                _ => return Err(self.error("neither `,` nor `or` nor `}`")),
            }
        }
    }

    /// Comparisons with commas between them, and perhaps one behind, up to `or` or `}`.
    fn group(&mut self) -> Result<String, SelectorError> {
        let mut group = self.comparison()?;
        loop {
            match self.next {
                Some(Token::Mark('}')) => return Ok(group),
                Some(Token::Name(word)) if word.eq_ignore_ascii_case("or") => return Ok(group),
                Some(Token::Mark(',')) => self.advance()?,
                _ => return Err(self.error("neither `,` nor `or` nor `}`")),
            }
            if self.next == Some(Token::Mark('}')) {
                return Ok(group);
            }
            group.push(',');
            group.push_str(&self.comparison()?);
        }
    }

    /// A label name, an operator and a string; or a metric name in quotes.
    fn comparison(&mut self) -> Result<String, SelectorError> {
        let (label, is_quoted) = match self.next {
            Some(Token::Name(label)) => (label, false),
            Some(Token::Text(label)) => (label, true),
            _ => return Err(self.error("no label name")),
        };
        self.advance()?;
        let Some(Token::Operator(operator)) = self.next else {
            return if is_quoted {
                Ok(label.to_owned())
            } else {
                Err(self.error("no `=`, `!=`, `=~` or `!~`"))
            };
        };
        self.advance()?;
        let Some(Token::Text(value)) = self.next else {
            return Err(self.error("no value in quotes"));
        };
        self.advance()?;
        Ok(format!("{label}{operator}{value}"))
    }

    fn advance(&mut self) -> Result<(), SelectorError> {
        self.tokens.skip_blanks();
        self.column = self.tokens.column();
        self.next = self.tokens.next().map_err(|problem| SelectorError {
            problem,
            column: self.column,
        })?;
        Ok(())
    }

    fn error(&self, problem: &'static str) -> SelectorError {
        SelectorError {
            problem,
            column: self.column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<String, SelectorError> {
        Selector::parse_user(text).map(|selector| selector.to_string())
    }

    /// The bytes of a string literal in double quotes, by the rules of Go.
    fn unquote(literal: &str) -> Vec<u8> {
        let inner = literal
            .strip_prefix('"')
            .unwrap()
            .strip_suffix('"')
            .unwrap();
        let mut bytes = Vec::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                assert!(c != '"' && c != '\n', "must be escaped");
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            match chars.next().unwrap() {
                'n' => bytes.push(b'\n'),
                'x' => {
                    let digits: String = chars.by_ref().take(2).collect();
                    bytes.push(u8::from_str_radix(&digits, 16).unwrap());
                }
                c @ ('"' | '\\') => bytes.push(c as u8),
                c => panic!("unknown escape {c}"),
            }
        }
        bytes
    }

    #[test]
    fn selectors_are_recognised() {
        for (text, kept) in [
            ("up", "up"),
            (" up{} ", "up"),
            ("a.b:c", "a.b:c"),
            ("foo\\-bar", "foo\\-bar"),
            (r#"{job="a"}"#, r#"{job="a"}"#),
            (r#"up { job = "a" , }"#, r#"up{job="a"}"#),
            (
                r#"{a="1" or b!="2",c=~"3|4" OR d!~'5'}"#,
                r#"{a="1" or b!="2",c=~"3|4" or d!~'5'}"#,
            ),
            (r#"{or="1" or or="2"}"#, r#"{or="1" or or="2"}"#),
            ("{a=\"(}\n\\\"or\"}", "{a=\"(}\n\\\"or\"}"),
            (r"{a=`\`}", r"{a=`\`}"),
            ("up # {comment\n{a='b'}", "up{a='b'}"),
            (r#"{"my.metric",a="b"}"#, r#"{"my.metric",a="b"}"#),
            ("nan{}", "nan"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(kept), "{text}");
        }
    }

    #[test]
    fn everything_else_is_metricsql() {
        for text in [
            "",
            "{}",
            "1",
            "inf",
            "NaN",
            "up offset 5m",
            "up[5m]",
            "rate(up[5m])",
            "a or b",
            r#"{a="1"} or {b="2"}"#,
            "up @ 5",
            "up + 1",
            "-up",
            "{a}",
            "{a=b}",
            "{a=\"b\"",
            "{a=\"b}",
            "{a=\"b\" b=\"c\"}",
            "{,}",
            "{a=\"b\" or}",
            "{a=\"b\",or }",
            "{a==\"b\"}",
            "{a!\"b\"}",
            "up{a=\"b\"}}",
            "\"up\"",
            "(up)",
            "`",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_say_where() {
        let error = Selector::parse_user("ü offset 5m").unwrap_err();
        assert_eq!(
            error.to_string(),
            "not a series selector: something behind the selector at character 3"
        );
    }

    #[test]
    fn a_matcher_is_added_to_every_or_group() {
        let with_job = |text: &str| {
            let selector = Selector::parse_user(text).unwrap();
            selector.with_equal("job", "x\"y").to_string()
        };
        assert_eq!(with_job("up"), r#"up{job="x\"y"}"#);
        assert_eq!(with_job("up{a='b',}"), r#"up{a='b',job="x\"y"}"#);
        assert_eq!(
            with_job(r#"{a="or } or" or b="2"}"#),
            r#"{a="or } or",job="x\"y" or b="2",job="x\"y"}"#
        );
        assert_eq!(
            Selector::everything().with_equal("job", "a").as_str(),
            r#"{__name__!="",job="a"}"#
        );
    }

    proptest! {
        #[test]
        fn any_value_survives_quoting(value in prop::collection::vec(any::<u8>(), 0..40)) {
            let selector = Selector::equal("job", &value).with_equal("instance", &value);
            let parsed = Selector::parse_user(selector.as_str()).unwrap();
            prop_assert_eq!(&parsed, &selector);
            let mut tokens = Tokens::new(selector.as_str());
            let mut literals = Vec::new();
            while let Some(token) = tokens.next().unwrap() {
                if let Token::Text(literal) = token {
                    literals.push(unquote(literal));
                }
            }
            prop_assert_eq!(literals, vec![value.clone(), value]);
        }

        #[test]
        fn any_text_value_survives_quoting(value in any::<String>()) {
            let selector = Selector::job(&value);
            let literal = selector.as_str().strip_prefix("{job=").unwrap();
            prop_assert_eq!(unquote(literal.strip_suffix('}').unwrap()), value.as_bytes());
        }

        #[test]
        fn any_name_survives_escaping(name in "\\PC+") {
            let selector = Selector::equal(&name, "x");
            let mut tokens = Tokens::new(selector.as_str());
            prop_assert_eq!(tokens.next().unwrap(), Some(Token::Mark('{')));
            let Ok(Some(Token::Name(written))) = tokens.next() else {
                return Err(TestCaseError::fail("not a name"));
            };
            let mut chars = written.chars();
            let mut read = String::new();
            while let Some(c) = chars.next() {
                read.extend(if c == '\\' { chars.next() } else { Some(c) });
            }
            prop_assert_eq!(read, name);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = Selector::parse_user(&text);
        }

        #[test]
        fn what_is_accepted_is_accepted_again(text in "[a-c{}=~!,\"'or \\\\#\n]{0,24}") {
            if let Ok(selector) = Selector::parse_user(&text) {
                prop_assert_eq!(Selector::parse_user(selector.as_str()), Ok(selector));
            }
        }
    }
}
