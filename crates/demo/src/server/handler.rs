use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::{Method, Response, StatusCode};

use super::answer::{Answer, Asker};
use super::api::Api;
use super::body::{AnswerBody, Mishap};
use super::export::Storage;
use super::metrics_page::metrics_page;
use super::params::Params;
use super::pieces::{Gzip, TextAfter};
use super::refusal::{Refused, mid_stream_text, unauthorized};
use super::route::{Route, route};
use super::time::Clock;
use super::wire::{Cut, WireControl};
use crate::data::{Owner, Series, View};
use crate::request_log::RequestLog;
use crate::{Credentials, Ending, Fault, Installation, Options, Orders, Refusal, Request};

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

/// The request as far as an answer depends on it.
struct Asked<'a> {
    server: &'a Server,
    path: &'a str,
    params: &'a [(String, String)],
    headers: &'a HeaderMap,
    asker: Asker,
}

impl Asked<'_> {
    /// The answer, and the fault that befalls it on its way, if one was ordered.
    fn answer(&self) -> (Answer, Option<Fault>) {
        let options = &self.server.options;
        let decoded_uri = self.decoded_uri();
        let route = route(options, &self.asker, self.path, &decoded_uri);
        if let Some(refused) = self.refuse_stranger(route.as_ref().ok()) {
            return (refused, None);
        }
        let fault = self.server.orders.take(self.path, |fault| match fault {
            Fault::Refuse(refusal) => self.applies(refusal, route.as_ref().ok()),
            _ => true,
        });
        if let Some(Fault::Refuse(refusal)) = &fault {
            let api = match &route {
                Ok(Route::Api(owner, endpoint)) => Some((*owner, endpoint)),
                _ => None,
            };
            let refused = Refused {
                asker: &self.asker,
                personality: options.personality,
                endpoint: api.map(|(_, endpoint)| endpoint),
                range: api.and_then(|(owner, endpoint)| self.api(owner, None).range(endpoint)),
                decoded_uri: &decoded_uri,
            };
            return (refused.answer(refusal), None);
        }
        let answer = match route {
            Ok(Route::Health) => Answer::plain(200, "OK"),
            Ok(Route::MetricsPage) => metrics_page(options.personality, &self.server.installation),
            Ok(Route::Tenants) => self.tenants(),
            Ok(Route::Api(owner, endpoint)) => self.api(owner, fault.as_ref()).answer(&endpoint),
            Err(answer) => answer,
        };
        (answer, fault)
    }

    fn api(&self, owner: Owner, fault: Option<&Fault>) -> Api<'_> {
        let options = &self.server.options;
        let misread_by_ms = match fault {
            Some(Fault::MisreadTimes { by_ms }) => *by_ms,
            _ => 0,
        };
        Api {
            personality: options.personality,
            storage: Storage {
                replicas: options.replicas.max(1),
                rows_per_block: options
                    .rows_per_block
                    .clamp(1, vmformat::native::MAX_ROWS_WRITTEN),
            },
            view: View {
                installation: Arc::clone(&self.server.installation),
                owner,
                partial: matches!(fault, Some(Fault::Partial)),
            },
            params: Params {
                pairs: self.params,
                version: options.version,
                clock: Clock {
                    now_ms: self.server.installation.end_ms(),
                    misread_by_ms,
                },
            },
            asker: &self.asker,
        }
    }

    fn tenants(&self) -> Answer {
        let tenants: Vec<_> = self
            .server
            .installation
            .tenants()
            .iter()
            .map(|tenant| format!("\"{}:{}\"", tenant.account, tenant.project))
            .collect();
        let data = tenants.join(",");
        Answer::json(format!("{{\"status\":\"success\",\"data\":[{data}]}}"))
    }

    /// Whether a refusal that depends on the request fits this one.
    fn applies(&self, refusal: &Refusal, route: Option<&Route>) -> bool {
        let (Refusal::TooManySeries { .. } | Refusal::Timeout { .. }) = refusal else {
            return true;
        };
        let Some(Route::Api(owner, endpoint)) = route else {
            return false;
        };
        let api = self.api(*owner, None);
        let Some(range) = api.range(endpoint) else {
            return false;
        };
        match refusal {
            Refusal::TooManySeries { limit } => api.selected(endpoint).is_some_and(|selection| {
                let exist = |s: &Series<'_>| {
                    selection.admits(s) && s.has_samples(range.start_ms, range.end_ms)
                };
                api.view.series().filter(exist).nth(*limit).is_some()
            }),
            Refusal::Timeout { longest_ms } => range.length_ms() > *longest_ms,
            _ => true,
        }
    }

    /// The error for a request without the credentials that are demanded.
    fn refuse_stranger(&self, route: Option<&Route>) -> Option<Answer> {
        let options = &self.server.options;
        let open = match route {
            Some(Route::Health) => true,
            Some(Route::MetricsPage) => !options.version.protects_metrics_page(),
            _ => false,
        };
        let (name, wanted) = match options.credentials.as_ref()? {
            Credentials::Basic { username, password } => {
                let pair = STANDARD.encode(format!("{username}:{password}"));
                ("authorization", format!("Basic {pair}"))
            }
            Credentials::Bearer(token) => ("authorization", format!("Bearer {token}")),
            Credentials::Header { name, value } => (name.as_str(), value.clone()),
        };
        let given = self.headers.get(name).map(|value| value.as_bytes());
        if open || given == Some(wanted.as_bytes()) {
            return None;
        }
        Some(match (options.prefixes.is_empty(), given) {
            (true, _) => unauthorized("VictoriaMetrics"),
            (false, None) => Answer::plain(401, "missing 'Authorization' request header\n")
                .with_header("Www-Authenticate", "Basic realm=\"Restricted\""),
            (false, Some(_)) => Answer::plain(401, "Unauthorized\n"),
        })
    }

    fn accepts_gzip(&self) -> bool {
        self.headers
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.contains("gzip"))
    }

    fn decoded_uri(&self) -> String {
        let pairs: Vec<_> = self
            .params
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        match pairs.is_empty() {
            true => self.path.to_owned(),
            false => format!("{}?{}", self.path, pairs.join("&")),
        }
    }
}

/// The request URI as errors repeat it: with the form's parameters, encoded.
fn shown_uri(path: &str, params: &[(String, String)]) -> String {
    if params.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish();
    format!("{path}?{query}")
}
