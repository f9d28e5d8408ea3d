use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header;
use hyper::{Method, Response, StatusCode};

use super::answer::{Answer, Asker};
use super::asked::{Asked, shown_uri};
use super::body::{AnswerBody, Mishap};
use super::pieces::{Gzip, TextAfter};
use super::refusal::mid_stream_text;
use super::wire::{Cut, WireControl};
use crate::request_log::RequestLog;
use crate::{Ending, Fault, Installation, Options, Orders, Request};

/// Longest form that is read, in bytes.
const MAX_FORM_BYTES: usize = 16 * 1024 * 1024;

/// All that the connections of a demo share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) options: Options,
    pub(crate) installation: Arc<Installation>,
    pub(crate) orders: Orders,
    pub(crate) log: RequestLog,
}

/// One connection.
#[derive(Clone)]
pub(crate) struct Handler {
    pub(crate) server: Arc<Server>,
    pub(crate) peer: SocketAddr,
    pub(crate) wire: WireControl,
}

impl Handler {
    pub(crate) async fn handle(
        self,
        request: hyper::Request<Incoming>,
    ) -> Result<Response<AnswerBody>, Infallible> {
        let (head, body) = request.into_parts();
        let form = if head.method == Method::POST {
            match Limited::new(body, MAX_FORM_BYTES).collect().await {
                Ok(body) => body.to_bytes(),
                Err(_) => return Ok(self.plain_response(413, "too big form\n")),
            }
        } else {
            Bytes::new()
        };
        let query = head.uri.query().unwrap_or_default();
        let params: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .chain(form_urlencoded::parse(&form))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let path = head.uri.path();
        self.server.log.push(Request {
            method: head.method.to_string(),
            path: path.to_owned(),
            params: params.clone(),
        });
        let asked = Asked {
            server: &self.server,
            path,
            params: &params,
            headers: &head.headers,
            asker: Asker {
                version: self.server.options.version,
                address: self.peer.to_string(),
                uri: shown_uri(path, &params),
            },
        };
        let (answer, fault) = asked.answer();
        if matches!(fault, Some(Fault::HangUp)) {
            self.wire.cut(Cut::Close);
            std::future::pending::<()>().await;
        }
        Ok(self.response(answer, fault, &asked))
    }

    fn response(
        &self,
        answer: Answer,
        fault: Option<Fault>,
        asked: &Asked<'_>,
    ) -> Response<AnswerBody> {
        let version = self.server.options.version;
        let mut pieces = answer.pieces;
        let mishap = match fault {
            Some(Fault::Break {
                after_bytes,
                ending,
            }) => {
                let cut = match ending {
                    Ending::AsVersion if version.aborts_failed_streams() => Some(Cut::AbortLine),
                    Ending::AbortLine => Some(Cut::AbortLine),
                    Ending::Close => Some(Cut::Close),
                    Ending::Reset => Some(Cut::Reset),
                    Ending::Clean | Ending::ErrorText | Ending::AsVersion => None,
                };
                if cut.is_some() || ending == Ending::Clean {
                    Some(Mishap::Cut { after_bytes, cut })
                } else {
                    let asker = &asked.asker;
                    let text = mid_stream_text(version, &asker.address, &asker.uri);
                    pieces = Box::new(TextAfter {
                        inner: pieces,
                        left: after_bytes,
                        text: text.into(),
                    });
                    None
                }
            }
            Some(Fault::Stall { after_bytes, gate }) => Some(Mishap::Stall { after_bytes, gate }),
            Some(Fault::Slow { bytes_per_second }) => Some(Mishap::slow(bytes_per_second)),
            _ => None,
        };
        let gzip = asked.accepts_gzip();
        if gzip {
            pieces = Box::new(Gzip::new(pieces));
        }
        let mut response = Response::builder()
            .status(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY))
            .header(header::CONTENT_TYPE, answer.content_type)
            .header("X-Server-Hostname", "vmselect-7d9c-xk2lp");
        if gzip {
            response = response.header(header::CONTENT_ENCODING, "gzip");
        }
        for (name, value) in &answer.headers {
            response = response.header(*name, value);
        }
        let body = AnswerBody::new(pieces, mishap, self.wire.clone());
        response
            .body(body)
            .expect("all headers are texts of the demo's own")
    }

    fn plain_response(&self, status: u16, text: &'static str) -> Response<AnswerBody> {
        let answer = Answer::plain(status, text);
        let mut response = Response::new(AnswerBody::new(answer.pieces, None, self.wire.clone()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        response
    }
}
