/// A piece of MetricsQL.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name, a keyword, a number or a duration: letters, digits, `_`, `:` and `.`.
    Word(String),
    /// The unescaped value of a quoted string.
    Text(String),
    /// `=`, `!=`, `=~`, `!~` or a single other character.
    Sign(&'static str),
}

/// Signs, longer ones first.
const SIGNS: [&str; 18] = [
    "=~", "!~", "!=", "=", "{", "}", "(", ")", "[", "]", ",", "+", "-", "*", "/", "<", ">", "@",
];

/// A query cut into tokens, read from the front.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Lexer {
            rest: text.trim_start(),
        }
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    /// The next token, which stays; `None` at the end, and before something unreadable.
    pub(crate) fn peek(&self) -> Option<Token> {
        self.clone().next_token()
    }

    /// Takes the next token.
    pub(crate) fn next_token(&mut self) -> Option<Token> {
        let first = self.rest.chars().next()?;
        let token;
        (token, self.rest) = if is_word(first) {
            let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            (Token::Word(word.to_owned()), rest)
        } else if matches!(first, '"' | '\'' | '`') {
            let (text, rest) = quoted(self.rest, first)?;
            (Token::Text(text), rest)
        } else {
            let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign))?;
            (Token::Sign(sign), &self.rest[sign.len()..])
        };
        self.rest = self.rest.trim_start();
        Some(token)
    }

    /// Takes the next token if it is this sign.
    pub(crate) fn take(&mut self, sign: &str) -> bool {
        let mut after = self.clone();
        let found = matches!(after.next_token(), Some(Token::Sign(found)) if found == sign);
        if found {
            *self = after;
        }
        found
    }

    /// Takes the next token if it is a word.
    pub(crate) fn take_word(&mut self) -> Option<String> {
        let mut after = self.clone();
        match after.next_token() {
            Some(Token::Word(word)) => {
                *self = after;
                Some(word)
            }
            _ => None,
        }
    }

    /// Takes the next token if it is this word, whatever its case.
    pub(crate) fn take_keyword(&mut self, keyword: &str) -> bool {
        let mut after = self.clone();
        let found = after
            .take_word()
            .is_some_and(|w| w.eq_ignore_ascii_case(keyword));
        if found {
            *self = after;
        }
        found
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '.')
}

/// Reads a string that begins with `quote`; backslash escapes as in Go, none between backticks.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut chars = text.char_indices().skip(1);
    let mut value = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((value, &text[at + 1..])),
            '\\' if quote != '`' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                kind @ ('x' | 'u') => {
                    let digits = if kind == 'x' { 2 } else { 4 };
                    let hex: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
                    let code = u32::from_str_radix(&hex, 16).ok()?;
                    value.push(char::from_u32(code)?);
                }
                same @ ('\\' | '"' | '\'') => value.push(same),
                _ => return None,
            },
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_know_the_escapes_of_go() {
        let mut lexer = Lexer::new(r#""a\"b\\c\n\x41\u00e9" `raw\n` 'it'"#);
        for text in ["a\"b\\c\nA\u{e9}", "raw\\n", "it"] {
            assert_eq!(lexer.next_token(), Some(Token::Text(text.to_owned())));
        }
        assert_eq!(Lexer::new("\"open").next_token(), None);
        assert_eq!(Lexer::new("\"\\q\"").next_token(), None);
    }

    #[test]
    fn brackets_inside_strings_do_not_count() {
        let mut lexer = Lexer::new(r#"up{job="a}b"}"#);
        lexer.next_token();
        lexer.next_token();
        lexer.next_token();
        assert!(lexer.take("="));
        assert_eq!(lexer.next_token(), Some(Token::Text("a}b".to_owned())));
        assert_eq!(lexer.rest(), "}");
    }
}
