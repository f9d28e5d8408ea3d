//! The words of a series selector.

use crate::quote::{is_name_inside, is_name_start};

/// One word, with its text as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A metric or label name, or `or`.
    Name(&'a str),
    /// A string literal with its quotes.
    Text(&'a str),
    /// `=`, `!=`, `=~` or `!~`.
    Operator(&'a str),
    /// `{`, `}` or `,`.
    Mark(char),
}

/// Splits a text into words, without blanks and `#` comments.
///
/// Quoted strings are one word whatever they hold.
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next word begins, in characters from 1.
    pub(crate) fn column(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    /// The next word, `None` at the end; the error says what is wrong with it.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, &'static str> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let (token, length) = match first {
            '{' | '}' | ',' => (Token::Mark(first), 1),
            '"' | '\'' | '`' => {
                let length = text_length(rest, first).ok_or("a quote that is not closed")?;
                (Token::Text(&rest[..length]), length)
            }
            '=' | '!' => {
                let operator = ["=~", "!~", "!=", "="]
                    .into_iter()
                    .find(|operator| rest.starts_with(operator))
                    .ok_or("not a comparison of labels")?;
                (Token::Operator(operator), operator.len())
            }
            first if is_name_start(first) || first == '\\' => {
                let length = name_length(rest);
                (Token::Name(&rest[..length]), length)
            }
            _ => return Err("not part of a selector"),
        };
        self.at += length;
        Ok(Some(token))
    }

    pub(crate) fn skip_blanks(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let kept = rest.trim_start();
            self.at += rest.len() - kept.len();
            if !kept.starts_with('#') {
                return;
            }
            self.at += kept.find('\n').unwrap_or(kept.len());
        }
    }
}

/// The length of a string literal with its quotes; backquotes know no escapes.
fn text_length(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some(at + 1);
        }
        if c == '\\' && quote != '`' {
            chars.next();
        }
    }
    None
}

/// The length of a name; a backslash lets any character be part of it.
fn name_length(text: &str) -> usize {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if !is_name_inside(c) {
            return at;
        }
    }
    text.len()
}
