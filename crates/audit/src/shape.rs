//! What addresses and host names look like.
//!
//! Every hit stops somebody's export, and every miss is a leak. Each recogniser says what it takes
//! for a false alarm and why.

use std::ops::Range;

use crate::code::{Code, Codes};
use crate::cover::Cover;

mod hostname;
mod ipv4;
mod ipv6;
mod mac;
mod mail;
mod pseudonym;
mod suffix;
mod url;

pub(crate) use pseudonym::pseudonyms;

/// A text to look at.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// The text in lower case, as far as ASCII goes.
    pub(crate) lower: &'a [u8],
    /// Its words.
    pub(crate) words: &'a [Range<usize>],
    /// Dotted quads in it are version numbers.
    pub(crate) version: bool,
}

impl<'a> Text<'a> {
    fn word(&self, number: usize) -> Option<&'a [u8]> {
        Some(&self.lower[self.words.get(number)?.clone()])
    }

    /// The word after word `number`, if only `separator` stands between them.
    fn next_by(&self, number: usize, separator: u8) -> Option<&'a [u8]> {
        let (this, next) = (self.words.get(number)?, self.words.get(number + 1)?);
        (self.lower[this.end..next.start] == [separator]).then(|| &self.lower[next.clone()])
    }

    /// The word before word `number`, if only `separator` stands between them.
    fn previous_by(&self, number: usize, separator: u8) -> Option<&'a [u8]> {
        let previous = number.checked_sub(1)?;
        self.next_by(previous, separator)?;
        self.word(previous)
    }

    /// Where `count` words from word `number` on stand, if only `separator` is between them.
    fn joined(&self, number: usize, count: usize, separator: u8) -> Option<Range<usize>> {
        let words = self.words.get(number..number + count)?;
        words
            .windows(2)
            .all(|pair| self.lower[pair[0].end..pair[1].start] == [separator])
            .then(|| words[0].start..words[count - 1].end)
    }
}

/// What a recogniser is given, and where it puts what it finds.
struct Finder<'a> {
    text: Text<'a>,
    /// What is clean or reported already.
    cover: &'a Cover,
    codes: &'a mut Codes,
    found: Vec<Range<usize>>,
}

impl Finder<'_> {
    fn report(&mut self, code: Code, span: Range<usize>) {
        if !self.cover.holds(&span) {
            self.codes.insert(code);
            self.found.push(span);
        }
    }
}

/// Adds to `codes` what `text` holds outside of `cover`, and to `cover` where.
pub(crate) fn find(text: Text<'_>, cover: &mut Cover, codes: &mut Codes) {
    // The order matters: a host in a URL is reported as such, not as a host name again.
    let recognisers = [
        url::find,
        mail::find,
        ipv4::find,
        mac::find,
        ipv6::find,
        hostname::find,
    ];
    for recogniser in recognisers {
        let mut finder = Finder {
            text,
            cover,
            codes,
            found: Vec::new(),
        };
        recogniser(&mut finder);
        let found = finder.found;
        cover.extend(found);
    }
}

fn is_number(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tokens;

    /// What the shapes of a text are, without any clean text but pseudonyms of hosts.
    pub(crate) fn codes(text: &[u8], version: bool) -> Vec<Code> {
        let lower = text.to_ascii_lowercase();
        let mut words = Vec::new();
        tokens(&lower, &mut words);
        let text = Text {
            lower: &lower,
            words: &words,
            version,
        };
        let mut cover = Cover::default();
        cover.extend(pseudonyms(text));
        let mut codes = Codes::default();
        find(text, &mut cover, &mut codes);
        codes.iter().collect()
    }

    #[track_caller]
    pub(crate) fn assert_finds(code: Code, texts: &[&str]) {
        for text in texts {
            assert_eq!(codes(text.as_bytes(), false), [code], "{text}");
        }
    }

    #[track_caller]
    pub(crate) fn assert_finds_nothing(texts: &[&str]) {
        for text in texts {
            assert_eq!(codes(text.as_bytes(), false), [], "{text}");
        }
    }

    #[test]
    fn pseudonyms_are_no_hits_but_what_stands_beside_them_is() {
        assert_finds_nothing(&[
            "777.777.1.8:8480",
            "http://777.777.12.345:8480/insert/0/",
            "1:http://777.777.1.1:8428/api/v1/write",
            "777.777.1.1,777.777.1.2",
        ]);
        assert_finds(Code::Email, &["bob@777.777.1.1"]);
        assert_finds(Code::Url, &["http://bob:pw@777.777.1.1/"]);
        assert_finds(Code::HostName, &["777.777.1.1.acme.com"]);
        assert_finds(Code::IpAddress, &["777.777.1.1,10.1.2.3"]);
    }

    #[test]
    fn a_span_is_reported_once() {
        assert_finds(
            Code::Url,
            &["https://db.acme.com/x", "http://u:p@db.acme.com"],
        );
        assert_finds(Code::Email, &["root@db.acme.com"]);
        assert_finds(
            Code::IpAddress,
            &["http://10.1.2.3/", "[::ffff:10.1.2.3]:80"],
        );
    }
}
