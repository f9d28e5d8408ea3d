//! Range queries: an expression evaluated at regular times.

use bytes::Bytes;
use serde::{Deserialize, Deserializer};

use crate::body::Body;
use crate::client::Client;
use crate::error::Error;
use crate::form::Form;
use crate::labels::Labels;
use crate::query::milliseconds;
use crate::result_splitter::ResultSplitter;
use crate::server_text::{ServerText, is_html};

/// Longest series, in bytes of JSON: servers compute 30,000 samples at most, of 50 bytes or less.
const MAX_SERIES_BYTES: usize = 8 << 20;

/// The result of a range query, series by series; dropping it before its end closes the connection.
///
/// What was received counts only once [`RangeResult::next_series`] has returned `None`: whether
/// the data is complete stands behind the last series.
#[derive(Debug)]
pub struct RangeResult {
    client: Client,
    body: Body,
    /// `None` once the reply has been read to its end.
    splitter: Option<ResultSplitter>,
    piece: Bytes,
}

/// A series of computed samples.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SteppedSeries {
    /// The labels.
    #[serde(rename = "metric")]
    pub labels: Labels,
    /// The samples, in order of time.
    #[serde(rename = "values")]
    pub samples: Vec<SteppedSample>,
}

/// A computed value at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SteppedSample {
    /// Unix milliseconds.
    pub time_ms: i64,
    /// The value as the server wrote it, such as `1.5`, `1e+06`, `NaN` or `-Inf`; a number.
    pub value: String,
}

impl<'de> Deserialize<'de> for SteppedSample {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let (seconds, value) = <(f64, String)>::deserialize(input)?;
        if value.parse::<f64>().is_err() {
            return Err(serde::de::Error::custom("a value that is not a number"));
        }
        Ok(Self {
            time_ms: milliseconds(seconds),
            value,
        })
    }
}

impl Client {
    /// Evaluates an expression every `step_s` seconds from `start_ms` to `end_ms`, both included.
    ///
    /// The times are exactly start plus whole steps: the cache of servers, which would align them to
    /// the step, is not used. Servers compute 30,000 samples per series at most. The result is
    /// neither limited in size nor in time.
    ///
    /// # Errors
    ///
    /// No reply, another status than 200, or a refused expression.
    pub async fn query_range(
        &self,
        expression: &str,
        start_ms: i64,
        end_ms: i64,
        step_s: u32,
    ) -> Result<RangeResult, Error> {
        let form = Form::new()
            .add("query", expression)
            .time("start", start_ms)
            .time("end", end_ms)
            .add("step", &format!("{step_s}s"))
            .add("nocache", "1")
            .add("deny_partial_response", "1");
        let body = self.ask("/api/v1/query_range", form).await?;
        Ok(RangeResult {
            client: self.clone(),
            body,
            splitter: Some(ResultSplitter::new(MAX_SERIES_BYTES)),
            piece: Bytes::new(),
        })
    }
}

impl RangeResult {
    /// The next series; `None` once the reply has ended as it should and is complete.
    ///
    /// Holds one series at a time.
    ///
    /// # Errors
    ///
    /// As for [`ExportBody::chunk`](crate::ExportBody::chunk); a reply that is not a matrix, a series
    /// above 8 MiB, an error reported by the server, or partial data of a cluster
    /// ([`Error::Partial`]), which is known only at the end.
    pub async fn next_series(&mut self) -> Result<Option<SteppedSeries>, Error> {
        while let Some(splitter) = &mut self.splitter {
            if self.piece.is_empty() {
                match self.body.chunk().await? {
                    Some(piece) => self.piece = piece,
                    None => return self.finish().map(|()| None),
                }
            }
            let (read, series) = splitter.push(&self.piece).map_err(|_| Error::TooLarge {
                url: self.body.url().clone(),
                limit_bytes: MAX_SERIES_BYTES,
            })?;
            let _ = self.piece.split_to(read);
            if let Some(series) = series {
                return self.client.json(self.body.url(), &series).map(Some);
            }
        }
        Ok(None)
    }

    /// Bytes that came over the wire so far, before decompression.
    #[must_use]
    pub fn received_bytes(&self) -> u64 {
        self.body.received_bytes()
    }

    /// Checks what stood around the series.
    fn finish(&mut self) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Matrix {
            #[serde(rename = "resultType")]
            result_type: String,
        }

        let Some(splitter) = self.splitter.take() else {
            return Ok(());
        };
        let secrets = self.client.endpoint().secrets();
        let (mut frame, tail) = splitter.finish();
        if !frame.starts_with(b"{") {
            frame.extend_from_slice(&tail);
        } else if !tail.trim_ascii().is_empty() {
            return Err(Error::BrokeOff(ServerText::from_body(&tail, secrets)));
        }
        let url = self.body.url();
        if is_html(&frame) {
            return Err(Error::Html {
                text: ServerText::from_body(&frame, secrets),
                url: url.clone(),
            });
        }
        let matrix: Matrix = self.client.data(url.clone(), &frame)?;
        if matrix.result_type == "matrix" {
            return Ok(());
        }
        Err(Error::Unexpected {
            url: url.clone(),
            problem: "a result that is not a matrix".to_owned(),
        })
    }
}
