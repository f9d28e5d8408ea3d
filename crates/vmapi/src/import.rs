//! Imports: series on their way to a server.

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use url::Url;

use crate::client::{Client, Timeouts};
use crate::connection::ConnectionError;
use crate::content::Content;
use crate::error::Error;
use crate::masked_url::MaskedUrl;
use crate::server_text::{READ_BYTES, ServerText, is_html};
use crate::target::Target;

/// The two formats that carry samples exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportFormat {
    /// One JSON object per line and series.
    JsonLines,
    /// Blocks as servers store them, behind a header of 16 bytes.
    Native,
}

impl ImportFormat {
    pub(crate) fn call(self) -> &'static str {
        match self {
            Self::JsonLines => "/api/v1/import",
            Self::Native => "/api/v1/import/native",
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl",
            Self::Native => "application/octet-stream",
        }
    }
}

/// Writes to one [`Target`]; cheap to clone, and all clones share connections.
#[derive(Clone, Debug)]
pub struct Importer {
    target: Target,
    client: Client,
}

impl Importer {
    /// Prepares an importer; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// As for [`Client::new`].
    pub fn new(target: Target, timeouts: Timeouts) -> Result<Self, ConnectionError> {
        Ok(Self {
            client: Client::new(target.write().clone(), timeouts)?,
            target,
        })
    }

    /// Where this importer writes.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The client that reads from the same server, as the same user and over the same connections.
    #[must_use]
    pub fn reader(&self) -> Client {
        self.client.with_endpoint(self.target.read().clone())
    }

    /// Sends one request; `is_gzip` says that `body` is compressed already.
    ///
    /// Any 2xx acknowledges, which does not mean that everything was stored: servers skip lines
    /// that they cannot read and samples outside their retention without a word.
    ///
    /// # Errors
    ///
    /// No reply in time, another status, or a web page. [`Error::is_retryable`] tells whether the
    /// same request may succeed later. A failed request may have been stored, wholly or in part.
    pub async fn import(
        &self,
        format: ImportFormat,
        body: Bytes,
        is_gzip: bool,
    ) -> Result<(), Error> {
        let content = Content::data(format.content_type(), body, is_gzip);
        self.deliver(Method::POST, format, Some(&content)).await?;
        Ok(())
    }

    /// Sends one request and gives back the URL that acknowledged it, behind any redirects.
    pub(crate) async fn deliver(
        &self,
        method: Method,
        format: ImportFormat,
        content: Option<&Content>,
    ) -> Result<Url, Error> {
        let endpoint = self.client.endpoint();
        let url = endpoint.url(endpoint.base_path(), format.call());
        let (url, response) = self.client.exchange(method, url, content).await?;
        let shown = MaskedUrl::from(url.clone());
        let is_success = |status| StatusCode::is_success(&status);
        let mut body = self.client.judge(shown, response, is_success).await?;
        // A login page may come without a content type. Reading also lets the connection be used
        // again.
        let start = body.start(READ_BYTES).await;
        if is_html(&start) {
            return Err(Error::Html {
                url: body.url().clone(),
                text: ServerText::from_body(&start, endpoint.secrets()),
            });
        }
        Ok(url)
    }
}
