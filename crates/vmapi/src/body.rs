//! The body of a reply on its way in.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use tokio::time::timeout;

use crate::error::{Cause, Error};
use crate::gunzip::Gunzip;
use crate::masked_url::MaskedUrl;
use crate::secret_text::SecretTexts;
use crate::server_text::{ServerText, is_html};
use crate::transport_error;

/// How a body says where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// In chunks, the last one being empty.
    Chunked,
    /// By its length.
    Length,
    /// By the trailer of its gzip stream.
    Gzip,
    /// Where the connection ends, so that a cut cannot be told from the end.
    UntilClose,
}

impl Framing {
    /// Whether a body that ended without an error is known to be complete.
    ///
    /// That is only about the transport: servers before v1.97.0 end a failed export cleanly, with
    /// the reason in the place of data.
    #[must_use]
    pub fn proves_completeness(self) -> bool {
        self != Self::UntilClose
    }
}

/// A body that is read piece by piece; dropping it before its end closes the connection.
#[derive(Debug)]
pub(crate) struct Body {
    url: MaskedUrl,
    response: Response,
    stall: Duration,
    secrets: Arc<SecretTexts>,
    gunzip: Option<Gunzip>,
    framing: Framing,
    received_bytes: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Ended,
    Failed,
}

impl Body {
    pub(crate) fn new(
        url: MaskedUrl,
        response: Response,
        stall: Duration,
        secrets: Arc<SecretTexts>,
    ) -> Self {
        let headers = response.headers();
        let is_gzip = headers
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
        let framing = if headers.contains_key(TRANSFER_ENCODING) {
            Framing::Chunked
        } else if headers.contains_key(CONTENT_LENGTH) {
            Framing::Length
        } else if is_gzip {
            Framing::Gzip
        } else {
            Framing::UntilClose
        };
        Self {
            url,
            response,
            stall,
            secrets,
            gunzip: is_gzip.then(Gunzip::new),
            framing,
            received_bytes: 0,
            state: State::Open,
        }
    }

    pub(crate) fn url(&self) -> &MaskedUrl {
        &self.url
    }

    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    /// Bytes that came over the wire so far, before decompression.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// Whether the reply carries a header that only VictoriaMetrics sends.
    pub(crate) fn is_of_victoria_metrics(&self) -> bool {
        self.response.headers().contains_key("x-server-hostname")
    }

    /// Whether the pieces are plain data: not encoded, or decoded here.
    pub(crate) fn is_decoded(&self) -> bool {
        let identity = || match self.response.headers().get(CONTENT_ENCODING) {
            Some(encoding) => encoding.as_bytes().eq_ignore_ascii_case(b"identity"),
            None => true,
        };
        self.gunzip.is_some() || identity()
    }

    /// The next piece, never empty; `None` once the body has ended as it should.
    ///
    /// After an error every further call is an error.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match self.state {
            State::Open => {}
            State::Ended => return Ok(None),
            State::Failed => return Err(self.aborted("the body failed before".to_owned())),
        }
        let piece = self.next_piece().await;
        match &piece {
            Ok(Some(_)) => {}
            Ok(None) => self.state = State::Ended,
            Err(_) => self.state = State::Failed,
        }
        piece
    }

    async fn next_piece(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Some(gunzip) = &mut self.gunzip {
                let piece = gunzip.pull();
                if let Some(piece) = piece.map_err(|error| self.aborted(error.to_string()))? {
                    return Ok(Some(piece));
                }
            }
            let piece = match timeout(self.stall, self.response.chunk()).await {
                Ok(Ok(piece)) => piece,
                Ok(Err(error)) => {
                    return Err(transport_error::of_body(
                        &self.url,
                        self.received_bytes,
                        error,
                    ));
                }
                Err(_) => {
                    return Err(Error::Stalled {
                        url: self.url.clone(),
                        after: self.stall,
                    });
                }
            };
            let Some(piece) = piece else {
                // The decoder goes, so that its rest is handed out once.
                let Some(mut gunzip) = self.gunzip.take() else {
                    return Ok(None);
                };
                let rest = gunzip.finish();
                return rest.map_err(|error| self.aborted(error.to_string()));
            };
            self.received_bytes += piece.len() as u64;
            match &mut self.gunzip {
                Some(gunzip) => gunzip.push(piece),
                None if piece.is_empty() => {}
                None => return Ok(Some(piece)),
            }
        }
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// As for [`Body::chunk`]; more than `limit_bytes`, or a web page.
    pub(crate) async fn whole(mut self, limit_bytes: usize) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        while let Some(piece) = self.chunk().await? {
            if all.len() + piece.len() > limit_bytes {
                return Err(Error::TooLarge {
                    url: self.url,
                    limit_bytes,
                });
            }
            all.extend_from_slice(&piece);
        }
        if is_html(&all) {
            return Err(Error::Html {
                text: ServerText::from_body(&all, &self.secrets),
                url: self.url,
            });
        }
        Ok(all)
    }

    /// The beginning of the body, as far as it comes: for error texts, where less is better than
    /// nothing.
    pub(crate) async fn start(&mut self, limit_bytes: usize) -> Vec<u8> {
        let mut start = Vec::new();
        while start.len() < limit_bytes
            && let Ok(Some(piece)) = self.chunk().await
        {
            let fits = piece.len().min(limit_bytes - start.len());
            start.extend_from_slice(&piece[..fits]);
        }
        start
    }

    fn aborted(&self, reason: String) -> Error {
        Error::Aborted {
            url: self.url.clone(),
            received_bytes: self.received_bytes,
            cause: Cause(reason),
        }
    }
}
