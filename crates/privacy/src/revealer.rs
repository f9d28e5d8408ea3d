//! From pseudonyms back to originals.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::escape::escape;
use crate::host;
use crate::instance::Instance;
use crate::kind::Kind;
use crate::map::Map;

/// Restores originals from pseudonyms; for the owner of the map only.
///
/// A host comes back in canonical spelling: names in lower case, IPv6 as in RFC 5952.
pub struct Revealer {
    by_pseudonym: HashMap<String, (Kind, Vec<u8>)>,
}

impl Revealer {
    /// Turns a map around.
    pub fn new(map: &Map) -> Revealer {
        let mut by_pseudonym = HashMap::new();
        for (kind, table) in map.kinds() {
            for (original, pseudonym) in table {
                by_pseudonym.insert(pseudonym.clone(), (kind.clone(), original.clone()));
            }
        }
        Revealer { by_pseudonym }
    }

    /// The value that a label had before it was rewritten; a value that is none of the map's
    /// pseudonyms for this label comes back as it is.
    pub fn label<'a>(&self, name: &[u8], value: &'a [u8]) -> Cow<'a, [u8]> {
        let restored = match name {
            b"instance" => {
                let instance = Instance::split(value);
                self.original(&Kind::Host, instance.host())
                    .map(|original| instance.with_original(original))
            }
            b"job" => self.original(&Kind::Job, value).map(<[u8]>::to_vec),
            _ => std::str::from_utf8(name)
                .ok()
                .and_then(|name| self.original(&Kind::Label(name.to_owned()), value))
                .map(<[u8]>::to_vec),
        };
        restored.map_or(Cow::Borrowed(value), Cow::Owned)
    }

    /// A text with every pseudonym in it replaced by its original; for pasted names and sentences.
    ///
    /// A pseudonym is found where it is a whole word: in `777.777.1.3:8428`, but not in
    /// `777.777.1.33` or `my-job-1`. An original that is not UTF-8 is written as in the map, bad
    /// bytes as `\x` with two hex digits.
    pub fn text(&self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        let mut done = 0;
        for word in crate::word::words(text) {
            let Some((kind, original)) = self.by_pseudonym.get(&text[word.clone()]) else {
                continue;
            };
            let (before, after) = (&text[..word.start], &text[word.end..]);
            restored.push_str(&text[done..word.start]);
            let original = match String::from_utf8(original.clone()) {
                Ok(original) => original,
                Err(_) => escape(original),
            };
            if *kind == Kind::Host
                && host::is_bare_ipv6(original.as_bytes())
                && in_url(before, after)
            {
                restored.push('[');
                restored.push_str(&original);
                restored.push(']');
            } else {
                restored.push_str(&original);
            }
            done = word.end;
        }
        restored.push_str(&text[done..]);
        restored
    }

    fn original(&self, kind: &Kind, pseudonym: &[u8]) -> Option<&[u8]> {
        let pseudonym = std::str::from_utf8(pseudonym).ok()?;
        let (found, original) = self.by_pseudonym.get(pseudonym)?;
        (found == kind).then_some(original)
    }
}

/// True where an IPv6 address needs brackets: before a port or after `//`.
fn in_url(before: &str, after: &str) -> bool {
    let port = after.strip_prefix(':').unwrap_or("");
    before.ends_with("//") || port.starts_with(|c: char| c.is_ascii_digit())
}
