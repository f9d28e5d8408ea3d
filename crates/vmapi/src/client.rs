//! Sends requests and tells a usable reply from anything else.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER,
};
use reqwest::{Method, Response, StatusCode};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::body::Body;
use crate::connection::{ConnectionError, REQUEST_LOG};
use crate::content::Content;
use crate::endpoint::Endpoint;
use crate::error::{Error, RedirectRefusal};
use crate::form::Form;
use crate::http::Http;
use crate::masked_url::MaskedUrl;
use crate::redirect;
use crate::server_text::{READ_BYTES, ServerText};
use crate::transport_error;

/// How long to wait for what.
///
/// Nothing limits the time of a whole export: it ends when the server has sent everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// From the request to the first byte of the reply. A server searches its index, and may queue
    /// the request, before it sends anything.
    pub reply: Duration,
    /// Between two pieces of a body.
    pub stall: Duration,
}

impl Timeouts {
    /// For finding out whether a connection works while somebody waits: 10 s for all of it.
    pub const VALIDATE: Self = Self {
        connect: Duration::from_secs(10),
        reply: Duration::from_secs(10),
        stall: Duration::from_secs(10),
    };
}

impl Default for Timeouts {
    /// 30 s to connect, 5 minutes until a reply begins, 60 s between two pieces.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            reply: Duration::from_secs(300),
            stall: Duration::from_secs(60),
        }
    }
}

/// Asks one server; cheap to clone, and all clones share connections.
#[derive(Clone)]
pub struct Client {
    http: Http,
    endpoint: Arc<Endpoint>,
    timeouts: Timeouts,
}

impl Client {
    /// Prepares a client; nothing is sent yet.
    ///
    /// Proxies come from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, except for a server on this
    /// machine.
    ///
    /// # Errors
    ///
    /// A file with certificates or keys cannot be used, or the system has no certificate authorities
    /// and the server needs one.
    pub fn new(endpoint: Endpoint, timeouts: Timeouts) -> Result<Self, ConnectionError> {
        Ok(Self {
            http: Http::new(&endpoint, timeouts.connect)?,
            endpoint: Arc::new(endpoint),
            timeouts,
        })
    }

    /// Where this client asks.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The same connections with another endpoint on the same server, asked by the same user.
    pub(crate) fn with_endpoint(&self, endpoint: Endpoint) -> Self {
        Self {
            endpoint: Arc::new(endpoint),
            ..self.clone()
        }
    }

    /// The same connections with another base path of the server.
    pub(crate) fn at(&self, base_path: &str) -> Result<Self, ConnectionError> {
        Ok(self.with_endpoint(self.endpoint.with_base_path(base_path)?))
    }

    /// Sends a form to a call below the base path, such as `/api/v1/query`.
    pub(crate) async fn ask(&self, call: &str, form: Form) -> Result<Body, Error> {
        let url = self.endpoint.url(self.endpoint.base_path(), call);
        self.post(url, form).await
    }

    /// Sends a form to any URL of the server.
    ///
    /// Gateways that forbid POST for reading get the same as a GET.
    pub(crate) async fn post(&self, url: Url, form: Form) -> Result<Body, Error> {
        let form = form.encode();
        let answer = self.send(Method::POST, url.clone(), form.clone()).await;
        match answer {
            Err(error) if error.status() == Some(405) => {
                let mut with_form = url;
                let query = match with_form.query() {
                    Some(query) => format!("{query}&{form}"),
                    None => form,
                };
                with_form.set_query(Some(&query));
                self.send(Method::GET, with_form, String::new()).await
            }
            answer => answer,
        }
    }

    /// Sends one request, follows redirects, and lets only a 200 with data through.
    pub(crate) async fn send(&self, method: Method, url: Url, form: String) -> Result<Body, Error> {
        let content = (method == Method::POST).then(|| Content::form(form));
        let (url, response) = self.exchange(method, url, content.as_ref()).await?;
        let is_success = |status| status == StatusCode::OK;
        self.judge(url.into(), response, is_success).await
    }

    /// Sends one request, its content again with every redirect, and gives back what answered where.
    pub(crate) async fn exchange(
        &self,
        method: Method,
        mut url: Url,
        content: Option<&Content>,
    ) -> Result<(Url, Response), Error> {
        for _ in 0..=redirect::MOST {
            let response = self.send_once(&method, &url, content).await?;
            let status = response.status();
            if !redirect::is_redirect(status.as_u16()) {
                return Ok((url, response));
            }
            url = self.redirected(url, &response)?;
        }
        Err(Error::Redirect {
            target: MaskedUrl::from(url.clone()).to_string(),
            url: url.into(),
            refusal: RedirectRefusal::TooMany,
        })
    }

    async fn send_once(
        &self,
        method: &Method,
        url: &Url,
        content: Option<&Content>,
    ) -> Result<Response, Error> {
        let http = self.http.for_url(url)?;
        let mut request = http.request(method.clone(), url.clone());
        for (name, value) in self.endpoint.headers() {
            request = request.header(name.clone(), value.clone());
        }
        // Compressing costs the server more than a local connection gains.
        let encoding = if self.endpoint.is_loopback() {
            "identity"
        } else {
            "gzip"
        };
        request = request.header(ACCEPT_ENCODING, encoding);
        if let Some(content) = content {
            request = content.put_into(request);
        }
        let masked = MaskedUrl::from(url.clone());
        let started = Instant::now();
        let outcome = timeout(self.timeouts.reply, request.send()).await;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let result = match outcome {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(transport_error::of_request(&masked, error)),
            Err(_) => Err(Error::Stalled {
                url: masked.clone(),
                after: self.timeouts.reply,
            }),
        };
        self.log(method, &masked, duration_ms, &result);
        result
    }

    fn log(
        &self,
        method: &Method,
        url: &MaskedUrl,
        duration_ms: u64,
        result: &Result<Response, Error>,
    ) {
        let (status, error) = match result {
            Ok(response) => (Some(response.status().as_u16()), None),
            Err(error) => (None, Some(tracing::field::display(error))),
        };
        if self.endpoint.log_requests() {
            tracing::info!(target: REQUEST_LOG, %method, %url, status, duration_ms, error, "request");
        } else {
            tracing::debug!(target: REQUEST_LOG, %method, %url, status, duration_ms, error, "request");
        }
    }

    fn redirected(&self, from: Url, response: &Response) -> Result<Url, Error> {
        let headers = response.headers();
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let refused = |target: Option<Url>, refusal| Error::Redirect {
            url: from.clone().into(),
            target: target.map_or_else(
                || "nowhere".to_owned(),
                |target| MaskedUrl::from(target).to_string(),
            ),
            refusal,
        };
        if response.status() == StatusCode::SEE_OTHER {
            let target = location.and_then(|location| from.join(location).ok());
            return Err(refused(target, RedirectRefusal::OtherMethod));
        }
        redirect::follow(&from, location, self.endpoint.has_secrets())
            .map_err(|(target, refusal)| refused(target, refusal))
    }

    /// Lets data through that came with a status that means success.
    pub(crate) async fn judge(
        &self,
        url: MaskedUrl,
        response: Response,
        is_success: fn(StatusCode) -> bool,
    ) -> Result<Body, Error> {
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let encoding = response.headers().get(CONTENT_ENCODING).cloned();
        let is_html = status != StatusCode::NO_CONTENT
            && response
                .headers()
                .get(CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|kind| kind.trim_start().starts_with("text/html"));
        let mut body = Body::new(
            url.clone(),
            response,
            self.timeouts.stall,
            self.endpoint.shared_secrets(),
        );
        if is_success(status) && !is_html {
            return match encoding {
                Some(encoding) if !body.is_decoded() => Err(Error::Unexpected {
                    url,
                    problem: format!(
                        "its encoding is `{}`",
                        ServerText::from_body(encoding.as_bytes(), self.endpoint.secrets())
                    ),
                }),
                _ => Ok(body),
            };
        }
        let start = body.start(READ_BYTES).await;
        let text = ServerText::from_body(&start, self.endpoint.secrets());
        if is_success(status) {
            return Err(Error::Html { url, text });
        }
        Err(Error::Status {
            url,
            status: status.as_u16(),
            text,
            retry_after,
        })
    }
}

impl std::fmt::Debug for Client {
    /// Without the HTTP library's part, which shows the proxy and its credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.endpoint)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// Waiting times in seconds; the other form, a date, is not used by VictoriaMetrics.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    seconds.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds() {
        let of = |text: &'static str| {
            retry_after(&HeaderMap::from_iter([(
                RETRY_AFTER,
                text.parse().unwrap(),
            )]))
        };
        assert_eq!(of("10"), Some(Duration::from_secs(10)));
        assert_eq!(of("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
