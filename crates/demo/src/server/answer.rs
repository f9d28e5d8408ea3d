use bytes::Bytes;

use super::json::quote;
use super::pieces::{Pieces, Whole};
use crate::Version;

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// A response before it is compressed and before anything happens to it on its way.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) pieces: Box<dyn Pieces>,
}

impl Answer {
    pub(crate) fn stream(content_type: &'static str, pieces: impl Pieces + 'static) -> Answer {
        Answer {
            status: 200,
            content_type,
            headers: Vec::new(),
            pieces: Box::new(pieces),
        }
    }

    fn whole(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
        Answer {
            status,
            ..Answer::stream(content_type, Whole(body.into()))
        }
    }

    pub(crate) fn json(body: impl Into<Bytes>) -> Answer {
        Answer::whole(200, JSON, body)
    }

    pub(crate) fn html(body: &'static str) -> Answer {
        Answer::whole(200, HTML, body)
    }

    pub(crate) fn plain(status: u16, body: impl Into<Bytes>) -> Answer {
        Answer::whole(status, PLAIN, body)
    }

    /// An error of a JSON endpoint.
    pub(crate) fn json_error(status: u16, text: &str) -> Answer {
        let mut body = format!("{{\"status\":\"error\",\"errorType\":\"{status}\",\"error\":");
        quote(&mut body, text);
        body.push('}');
        Answer::whole(status, JSON, body)
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

/// Who asked for what, as old versions repeat it in front of their errors.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) version: Version,
    pub(crate) address: String,
    pub(crate) uri: String,
}

impl Asker {
    /// A plain error text with its line feed.
    pub(crate) fn error_text(&self, text: &str) -> String {
        match self.version.prefixes_errors() {
            true => format!(
                "remoteAddr: \"{}\"; requestURI: {}; {text}\n",
                self.address, self.uri
            ),
            false => format!("{text}\n"),
        }
    }

    pub(crate) fn plain_error(&self, status: u16, text: &str) -> Answer {
        Answer::plain(status, self.error_text(text))
    }
}
