//! What a request carries.

use bytes::Bytes;
use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// The body of a request, kept so that it can be sent again after a redirect.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    kind: &'static str,
    is_gzip: bool,
    bytes: Bytes,
}

impl Content {
    /// The parameters of a query.
    pub(crate) fn form(form: String) -> Self {
        Self {
            kind: "application/x-www-form-urlencoded",
            is_gzip: false,
            bytes: form.into(),
        }
    }

    /// Data of a content type; with `is_gzip` they are compressed already.
    pub(crate) fn data(kind: &'static str, bytes: Bytes, is_gzip: bool) -> Self {
        Self {
            kind,
            is_gzip,
            bytes,
        }
    }

    /// Adds it to a request, with its length.
    pub(crate) fn put_into(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request
            .header(CONTENT_TYPE, self.kind)
            .body(self.bytes.clone());
        if self.is_gzip {
            request.header(CONTENT_ENCODING, "gzip")
        } else {
            request
        }
    }
}
