//! Taking secrets out of text that a server sent back.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// Shorter texts hide nothing worth hiding, and cutting them out would garble any message.
const SHORTEST: usize = 4;

/// The secrets of one connection, for removal from texts: servers and gateways like to repeat the
/// request in their error messages.
#[derive(Clone, Default)]
pub(crate) struct SecretTexts(Vec<SecretString>);

impl SecretTexts {
    pub(crate) fn add(&mut self, text: &str) {
        if text.len() >= SHORTEST {
            self.0.push(text.into());
            // Longest first, so that a secret inside another one leaves no remains.
            self.0
                .sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
        }
    }

    /// Adds a query string and its values, as written and decoded.
    pub(crate) fn add_query(&mut self, query: &str) {
        self.add(query);
        for pair in query.split('&') {
            self.add(pair.split_once('=').map_or(pair, |(_, value)| value));
        }
        for (_, value) in url::form_urlencoded::parse(query.as_bytes()) {
            self.add(&value);
        }
    }

    /// The text with `***` in place of every secret.
    pub(crate) fn scrub(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| {
            let secret = secret.expose_secret();
            if text.contains(secret) {
                text.replace(secret, "***")
            } else {
                text
            }
        })
    }
}

impl fmt::Debug for SecretTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretTexts({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_secrets_as_written_and_decoded() {
        let mut secrets = SecretTexts::default();
        secrets.add_query("token=a%20long+one&x=1");
        let text = "no route for /q?token=a%20long+one nor for `a long one`".to_owned();
        let clean = secrets.scrub(text);
        assert_eq!(clean, "no route for /q?token=*** nor for `***`");
    }

    #[test]
    fn a_secret_inside_another_leaves_no_remains() {
        let mut secrets = SecretTexts::default();
        secrets.add("hunter");
        secrets.add("hunter2");
        assert_eq!(secrets.scrub("hunter2 hunter".to_owned()), "*** ***");
    }
}
