//! A URL that can be shown to anyone.

use std::fmt;
use std::sync::Arc;

use url::Url;

/// A URL whose `Display` and `Debug` hide the user info and the query string.
///
/// Gateways take tokens in either place, so neither may reach a log or an error text.
#[derive(Clone, PartialEq, Eq)]
pub struct MaskedUrl(Arc<Url>);

impl MaskedUrl {
    /// The whole URL, secrets included: for sending, never for showing.
    #[must_use]
    pub fn expose_url(&self) -> &Url {
        &self.0
    }

    /// Host and port, as in `vmselect:8481`.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Whether this is where data are written.
    pub(crate) fn is_for_imports(&self) -> bool {
        self.0.path().contains("/api/v1/import")
    }
}

impl From<Url> for MaskedUrl {
    fn from(url: Url) -> Self {
        Self(Arc::new(url))
    }
}

impl fmt::Display for MaskedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.0;
        write!(f, "{}://", url.scheme())?;
        if !url.username().is_empty() || url.password().is_some() {
            f.write_str("***@")?;
        }
        f.write_str(url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        if url.path() != "/" {
            f.write_str(url.path())?;
        }
        if url.query().is_some() {
            f.write_str("?***")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MaskedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaskedUrl({self})")
    }
}

/// The same masking for text that may not be a URL at all; the result is one line.
pub(crate) fn masked_text(text: &str) -> String {
    let text = &text.replace(char::is_control, " ");
    let (place, query) = match text.find(['?', '#']) {
        Some(at) => (&text[..at], "?***"),
        None => (text.as_str(), ""),
    };
    let (scheme, rest) = match place.find("://") {
        Some(at) => place.split_at(at + "://".len()),
        None => ("", place),
    };
    // A password may hold an unescaped question mark: then the `@` stands in the masked part.
    let hides_user = query.is_empty() || !text[place.len()..].contains('@');
    match rest.rfind('@') {
        Some(at) => format!("{scheme}***{}{query}", &rest[at..]),
        None if hides_user => format!("{scheme}{rest}{query}"),
        None => format!("{scheme}***{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_user_info_and_query() {
        let url = Url::parse("https://ann:hunter2@vm:8443/a/b?token=hunter2#hunter2").unwrap();
        let masked = MaskedUrl::from(url);
        assert_eq!(masked.to_string(), "https://***@vm:8443/a/b?***");
        assert!(!format!("{masked:?}").contains("hunter2"));
        assert_eq!(masked.authority(), "vm:8443");
    }

    #[test]
    fn leaves_a_plain_url_alone() {
        let masked = MaskedUrl::from(Url::parse("http://[::1]:8428/").unwrap());
        assert_eq!(masked.to_string(), "http://[::1]:8428");
    }

    #[test]
    fn hides_them_in_text_that_is_not_a_url() {
        assert_eq!(masked_text("ht tp://ann:hun@ter2@vm/x"), "ht tp://***@vm/x");
        assert_eq!(masked_text("ann:hunter2@vm"), "***@vm");
        assert_eq!(masked_text("http://ann:hun?ter2@vm"), "http://***?***");
        assert_eq!(masked_text("http://vm/x?a=b"), "http://vm/x?***");
        assert_eq!(masked_text("vm:8428"), "vm:8428");
        assert_eq!(masked_text("http://a\nhttp://b"), "http://a http://b");
    }
}
