//! What a server said went wrong, made fit for showing.

use std::fmt;

use crate::secret_text::SecretTexts;

/// Longest text kept, in bytes.
const MAX_BYTES: usize = 8 * 1024;

/// How much of an error body is worth reading: more than is kept, so that a secret at the cut is
/// still seen whole.
pub(crate) const READ_BYTES: usize = 2 * MAX_BYTES;

/// The error text of a server: one line, at most 8 KiB, without control characters and without the
/// secrets of the connection.
///
/// It may still hold host names, client addresses, user names and selectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerText {
    text: String,
    is_html: bool,
}

impl ServerText {
    /// Reads the body of an error reply: plain text, the `error` of a JSON object, or an HTML page.
    pub(crate) fn from_body(body: &[u8], secrets: &SecretTexts) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        if is_html(text.as_bytes()) {
            let text = match html_title(text) {
                Some(title) => format!("an HTML page titled `{}`", plain(&title)),
                None => "an HTML page".to_owned(),
            };
            return Self {
                text: cut(secrets.scrub(text)),
                is_html: true,
            };
        }
        let text = json_error(text).unwrap_or_else(|| text.to_owned());
        let text = without_request_prefix(&text);
        Self {
            text: cut(plain(&secrets.scrub(text.to_owned()))),
            is_html: false,
        }
    }

    /// The text; empty if the server said nothing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the server sent an HTML page, which VictoriaMetrics does not do for its API.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.is_html
    }

    /// Whether the text holds `words`, which are in lower case, in any case.
    pub(crate) fn has(&self, words: &str) -> bool {
        self.text.to_ascii_lowercase().contains(words)
    }

    /// Whether a vmselect says that the path lacks its tenant.
    pub(crate) fn wants_tenant(&self) -> bool {
        let words = [
            "cannot parse accountid",
            "missing accountid",
            "unsupported url format",
        ];
        words.iter().any(|words| self.has(words))
    }

    /// The limit named in the text, such as `-search.maxUniqueTimeseries`.
    ///
    /// Texts also name the group `-search.max*`, which is no flag.
    pub(crate) fn flag(&self) -> Option<&str> {
        const PREFIX: &str = "-search.max";
        self.text
            .match_indices(PREFIX)
            .map(|(at, _)| {
                let rest = &self.text[at..];
                let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
                let end = rest.find(|c| !name(c)).unwrap_or(rest.len());
                rest[..end].trim_end_matches('.')
            })
            .find(|flag| flag.len() > PREFIX.len())
    }
}

impl fmt::Display for ServerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.text.is_empty() {
            "no explanation"
        } else {
            &self.text
        })
    }
}

/// Whether a body is an HTML page rather than data or an error text.
pub(crate) fn is_html(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    ["<!doctype html", "<html"].iter().any(|tag| {
        start
            .get(..tag.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(tag.as_bytes()))
    })
}

fn html_title(page: &str) -> Option<String> {
    // Lower-casing ASCII keeps the byte positions.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    Some(unescape_html(page[start..end].trim()))
}

/// The `error` text of `{"status":"error","error":"..."}`, as the JSON endpoints send it.
fn json_error(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Reply {
        error: String,
    }
    let reply: Reply = serde_json::from_str(text).ok()?;
    Some(reply.error)
}

/// Takes away `remoteAddr: "..."; requestURI: ...; `, which servers before v1.122.0 put in front.
fn without_request_prefix(text: &str) -> &str {
    const URI: &str = "requestURI: ";
    if !text.starts_with("remoteAddr: ") {
        return text;
    }
    let uri = text.find(URI).map(|at| &text[at + URI.len()..]);
    // The arguments in the URI are encoded, so that a blank cannot follow a semicolon in it.
    uri.and_then(|uri| uri.split_once("; "))
        .map_or(text, |(_, text)| text)
}

/// Texts inside a stream of JSON lines are escaped for HTML.
pub(crate) fn unescape_html(text: &str) -> String {
    text.replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// One line: runs of blanks and control characters become one blank.
fn plain(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_BYTES {
        text.truncate(text.floor_char_boundary(MAX_BYTES));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> ServerText {
        ServerText::from_body(body.as_bytes(), &SecretTexts::default())
    }

    #[test]
    fn the_request_prefix_of_old_servers_is_gone() {
        let body = "remoteAddr: \"10.0.0.7:59372\"; requestURI: /api/v1/export/native?match%5B%5D=x%3B+y; error during sending; really\n";
        assert_eq!(text(body).as_str(), "error during sending; really");
        assert_eq!(text("remoteAddr: odd").as_str(), "remoteAddr: odd");
    }

    #[test]
    fn json_errors_and_pages_are_understood() {
        let json = r#"{"status":"error","errorType":"422","error":"cannot \u0007parse\nthis"}"#;
        assert_eq!(text(json).as_str(), "cannot parse this");
        let page = "\n<!DOCTYPE html><head><TITLE>Sign&amp;in\n</TITLE></head>";
        assert_eq!(text(page).as_str(), "an HTML page titled `Sign&in`");
        assert!(text(page).is_html());
        assert_eq!(text("<html>").as_str(), "an HTML page");
        assert_eq!(text("\n").to_string(), "no explanation");
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let long = text(&"ü".repeat(MAX_BYTES));
        assert_eq!(long.as_str().len(), MAX_BYTES + '…'.len_utf8());
    }

    #[test]
    fn a_secret_at_the_cut_leaves_nothing() {
        let mut secrets = SecretTexts::default();
        secrets.add("hunter2hunter2");
        let body = format!("{}hunter2hunter2", "x".repeat(MAX_BYTES - 7));
        let text = ServerText::from_body(body.as_bytes(), &secrets);
        assert!(!text.as_str().contains("hun"), "{text}");
    }

    #[test]
    fn finds_the_flag_that_is_meant() {
        let body = "the number of matching timeseries exceeds 5; either narrow down the search or increase -search.max* command-line flag values (the most likely limit is -search.maxUniqueTimeseries); see docs";
        assert_eq!(text(body).flag(), Some("-search.maxUniqueTimeseries"));
        let body = "since -search.maxConcurrentRequests=1 concurrent";
        assert_eq!(text(body).flag(), Some("-search.maxConcurrentRequests"));
        assert_eq!(text("increase -search.max.").flag(), None);
    }
}
