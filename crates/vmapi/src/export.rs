//! Exports: the stored samples of selected series.

use bytes::Bytes;
use reqwest::Method;

use crate::body::{Body, Framing};
use crate::client::Client;
use crate::error::Error;
use crate::form::Form;
use crate::selector::Selector;

/// What an export asks for.
#[derive(Clone, Debug)]
pub struct ExportParams {
    /// Selectors, joined by "or"; at least one is needed.
    pub matches: Vec<Selector>,
    /// First millisecond, included.
    pub start_ms: i64,
    /// Last millisecond, included.
    pub end_ms: i64,
    /// Most samples in one JSON line; native exports ignore it.
    pub max_rows_per_line: Option<u32>,
    /// Where exports are routed, as the probe found out.
    pub route: ExportRoute,
}

/// The base path of exports, where gateways have a separate one for reading and writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportRoute {
    /// The base path with the first `/rw/prometheus` as `/prometheus`.
    #[default]
    WithoutRw,
    /// The base path as it is.
    AsGiven,
}

/// The two formats that carry samples exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Blocks as the server stores them: whole ones, to be trimmed to the range.
    Native,
    /// One JSON object per line and series.
    JsonLines,
}

impl ExportFormat {
    fn call(self) -> &'static str {
        match self {
            Self::Native => "/api/v1/export/native",
            Self::JsonLines => "/api/v1/export",
        }
    }
}

impl Client {
    /// Starts an export in the native format.
    ///
    /// The body begins with a header of 16 bytes that repeats the time range as the server read it,
    /// to be compared with what was asked. The body is not limited in size or time.
    ///
    /// # Errors
    ///
    /// No reply, or one with another status than 200.
    pub async fn export_native(&self, params: &ExportParams) -> Result<ExportBody, Error> {
        self.export(ExportFormat::Native, params).await
    }

    /// Starts an export as JSON lines.
    ///
    /// `reduce_mem_usage` is never sent: it crashes servers before v1.82.0.
    ///
    /// # Errors
    ///
    /// No reply, or one with another status than 200.
    pub async fn export_json_lines(&self, params: &ExportParams) -> Result<ExportBody, Error> {
        self.export(ExportFormat::JsonLines, params).await
    }

    pub(crate) async fn export(
        &self,
        format: ExportFormat,
        params: &ExportParams,
    ) -> Result<ExportBody, Error> {
        let mut form = Form::new();
        for selector in &params.matches {
            form = form.add("match[]", selector.as_str());
        }
        form = form
            .time("start", params.start_ms)
            .time("end", params.end_ms);
        if let (ExportFormat::JsonLines, Some(rows)) = (format, params.max_rows_per_line) {
            form = form.add("max_rows_per_line", &rows.to_string());
        }
        let endpoint = self.endpoint();
        let path = match params.route {
            ExportRoute::WithoutRw => endpoint.export_path(),
            ExportRoute::AsGiven => None,
        };
        let path = path.as_deref().unwrap_or(endpoint.base_path());
        let url = endpoint.url(path, format.call());
        self.send(Method::POST, url, form.encode())
            .await
            .map(ExportBody)
    }
}

/// The body of an export, piece by piece; dropping it before its end makes the server stop.
#[derive(Debug)]
pub struct ExportBody(pub(crate) Body);

impl ExportBody {
    /// The next piece, never empty and decompressed; `None` once the body has ended as it should.
    ///
    /// A clean end does not prove that the export succeeded: servers before v1.97.0 put the reason
    /// of a failure into the body and end it cleanly. The data must also parse to the end.
    ///
    /// # Errors
    ///
    /// Every end that is not clean: broken chunks, a body shorter than its length, a cut gzip
    /// stream, a lost connection, or nothing received for longer than the stall timeout. After an
    /// error every further call is an error.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.0.chunk().await
    }

    /// How the body says where it ends.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.0.framing()
    }

    /// Bytes that came over the wire so far, before decompression.
    #[must_use]
    pub fn received_bytes(&self) -> u64 {
        self.0.received_bytes()
    }
}
