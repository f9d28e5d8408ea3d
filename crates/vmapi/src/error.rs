//! What can go wrong when asking a server.

use std::fmt;
use std::time::Duration;

use crate::hint;
use crate::masked_url::MaskedUrl;
use crate::secret_text::SecretTexts;
use crate::server_text::{ServerText, unescape_html};

/// A request that did not bring what was asked for.
///
/// Texts hold no secrets of the connection, but may hold what the server said: host names, client
/// addresses, selectors. They may be shown to the user and must not enter a bundle.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection to the server, or to the proxy in front of it.
    #[error("cannot connect to `{target}`")]
    Connect {
        /// Host and port of the server.
        target: String,
        /// What kind of failure.
        failure: ConnectFailure,
        /// The reason in the words of the operating system.
        #[source]
        cause: Cause,
    },
    /// The proxy that the environment names makes no connection to the server.
    #[error("the proxy in front of `{target}` refuses the connection")]
    Proxy {
        /// Host and port of the server.
        target: String,
        /// Whether the proxy wants to know who asks.
        wants_user: bool,
        /// The reason in the words of the HTTP library.
        #[source]
        cause: Cause,
    },
    /// The server's certificate is not trusted, or is for another name.
    #[error("the certificate of `{target}` is not accepted")]
    Certificate {
        /// Host and port of the server.
        target: String,
        /// What is wrong with it.
        #[source]
        cause: Cause,
    },
    /// A TLS handshake that failed for another reason than the certificate.
    #[error("`{target}` does not answer to TLS")]
    Tls {
        /// Host and port of the server.
        target: String,
        /// What the handshake said.
        #[source]
        cause: Cause,
    },
    /// The server wants to see a client certificate, or does not accept the one it saw.
    #[error("`{target}` wants a client certificate that it accepts")]
    ClientCertificate {
        /// Host and port of the server.
        target: String,
        /// What the handshake said.
        #[source]
        cause: Cause,
    },
    /// Any status other than 200, or than 2xx for an import.
    #[error("`{url}` answered {status}: {text}")]
    Status {
        /// What was asked.
        url: MaskedUrl,
        /// The HTTP status.
        status: u16,
        /// What the server said.
        text: ServerText,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The server answered 200 with `"status":"error"`.
    #[error("`{url}` reported: {text}")]
    Reported {
        /// What was asked.
        url: MaskedUrl,
        /// What the server said.
        text: ServerText,
    },
    /// An error text stood where data should be, in or behind a body that began with 200.
    #[error("the server broke off: {0}")]
    BrokeOff(ServerText),
    /// A web page came with status 200, usually that of a login.
    #[error("`{url}` sent {text} in place of data")]
    Html {
        /// What was asked.
        url: MaskedUrl,
        /// A description of the page.
        text: ServerText,
    },
    /// A redirect that must not be followed.
    #[error("`{url}` redirects to `{target}`, {refusal}")]
    Redirect {
        /// What was asked.
        url: MaskedUrl,
        /// Where the server points to, masked.
        target: String,
        /// Why it was not followed.
        refusal: RedirectRefusal,
    },
    /// The server sent nothing for too long.
    #[error("`{url}` sent nothing for {} s", after.as_secs_f32())]
    Stalled {
        /// What was asked.
        url: MaskedUrl,
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended before the reply was complete.
    #[error("the reply of `{url}` broke off after {received_bytes} bytes")]
    Aborted {
        /// What was asked.
        url: MaskedUrl,
        /// Bytes of the body that had arrived.
        received_bytes: u64,
        /// How it ended.
        #[source]
        cause: Cause,
    },
    /// A reply with status 200 that is not what VictoriaMetrics would send.
    #[error("`{url}` sent what cannot be understood: {problem}")]
    Unexpected {
        /// What was asked.
        url: MaskedUrl,
        /// What is wrong with it.
        problem: String,
    },
    /// A reply larger than any sensible one.
    #[error("the reply of `{url}` is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What was asked.
        url: MaskedUrl,
        /// The limit.
        limit_bytes: usize,
    },
    /// A cluster answered without the data of some storage nodes.
    #[error("`{url}` answered with partial data, because a storage node is not available")]
    Partial {
        /// What was asked.
        url: MaskedUrl,
    },
    /// The server read the time range differently; ends included, Unix milliseconds.
    #[error(
        "`{url}` was asked for {}..{} ms and understood {}..{} ms",
        asked.0, asked.1, understood.0, understood.1
    )]
    TimeRange {
        /// What was asked.
        url: MaskedUrl,
        /// Start and end that were sent.
        asked: (i64, i64),
        /// Start and end in the header of the reply.
        understood: (i64, i64),
    },
}

/// The innermost reason of a failure, without the URLs that HTTP libraries like to add.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Cause(pub(crate) String);

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// Nobody listens there.
    Refused,
    /// The name has no address.
    NoSuchHost,
    /// No answer in time.
    TimedOut,
    /// Anything else.
    Other,
}

/// Why a redirect was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectRefusal {
    /// More than five in a row.
    TooMany,
    /// From `https` to `http`, or to something that is neither.
    Insecure,
    /// To another scheme, host or port, where the credentials must not go.
    Credentials,
    /// Status 303, which asks for a GET without what was sent.
    OtherMethod,
    /// The target is missing or not a URL.
    Unreadable,
}

impl fmt::Display for RedirectRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooMany => "the sixth redirect in a row",
            Self::Insecure => "which would leave the encrypted connection",
            Self::Credentials => "where the credentials of this connection must not go",
            Self::OtherMethod => "which would not get the parameters of the request",
            Self::Unreadable => "which is not a URL",
        })
    }
}

/// A limit of the server that a smaller request stays below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The selector matches too many series: ask for fewer series at a time.
    Series,
    /// The selected series hold too many samples: ask for a shorter range.
    Samples,
    /// The request took too long: ask for a shorter range.
    Time,
}

impl Error {
    /// An error text that a server left in or behind a body whose status was 200.
    ///
    /// Old servers end a failed export cleanly and put the reason where data should be; only who
    /// parses the data finds it. `text` is cut, cleaned and unescaped.
    #[must_use]
    pub fn broke_off(text: &[u8]) -> Self {
        let text = unescape_html(&String::from_utf8_lossy(text));
        Self::BrokeOff(ServerText::from_body(
            text.as_bytes(),
            &SecretTexts::default(),
        ))
    }

    /// The HTTP status, unless that meant success or there was none.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How long the server asks to wait before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the credentials are missing, wrong (401) or not enough (403).
    ///
    /// Old vmauths refuse wrong ones with 400 and a text.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        match self {
            Self::Status { status, text, .. } => match status {
                401 | 403 => true,
                400 => text.has("cannot find the provided auth token"),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the certificate of the server is why there is no connection.
    ///
    /// Never a reason to go on without verification, unless a person says so.
    #[must_use]
    pub fn is_certificate(&self) -> bool {
        matches!(self, Self::Certificate { .. })
    }

    /// Whether the path leads nowhere: 404, 405, 501, or a 400 that says so.
    ///
    /// True of a wrong base path as well as of an API that a gateway does not offer.
    #[must_use]
    pub fn is_not_routed(&self) -> bool {
        match self {
            Self::Status { status, text, .. } => match status {
                404 | 405 | 501 => true,
                400 => ["missing route", "unsupported path", "not found"]
                    .iter()
                    .any(|words| text.has(words)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether something else than the API answered on this path: a missing route, or a web page.
    pub(crate) fn is_not_the_api(&self) -> bool {
        matches!(self, Self::Html { .. })
            || self.is_not_routed()
            || self.status() == Some(400)
                && self.server_text().is_some_and(ServerText::wants_tenant)
    }

    /// The limit of the server that was hit, if a smaller request can help.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        let text = self.server_text()?;
        let has = |words| text.has(words);
        if has("the number of matching timeseries exceeds")
            || has("the number of unique timeseries")
        {
            Some(Limit::Series)
        } else if has("timeout exceeded") {
            Some(Limit::Time)
        } else if has("-search.maxsamplesper") {
            Some(Limit::Samples)
        } else if has("-search.maxexportseries")
            || has("-search.maxuniquetimeseries")
            || has("-search.maxseries")
        {
            Some(Limit::Series)
        } else if has("-search.maxexportduration") || has("-search.maxqueryduration") {
            Some(Limit::Time)
        } else {
            None
        }
    }

    /// Whether fewer series at a time can help.
    #[must_use]
    pub fn is_too_many_series(&self) -> bool {
        self.limit() == Some(Limit::Series)
    }

    /// Whether the server gave up at its deadline, so that a shorter range can help.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.limit() == Some(Limit::Time)
    }

    /// The server's command-line flag that the text names, such as `-search.maxUniqueTimeseries`.
    #[must_use]
    pub fn server_flag(&self) -> Option<&str> {
        self.server_text()?.flag()
    }

    /// One line of advice for a person.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        hint::of(self)
    }

    /// What the server said.
    pub(crate) fn server_text(&self) -> Option<&ServerText> {
        match self {
            Self::Status { text, .. }
            | Self::Reported { text, .. }
            | Self::Html { text, .. }
            | Self::BrokeOff(text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, text: &str) -> Error {
        Error::Status {
            url: url::Url::parse("http://vm:8428/api/v1/export")
                .unwrap()
                .into(),
            status,
            text: ServerText::from_body(text.as_bytes(), &SecretTexts::default()),
            retry_after: None,
        }
    }

    #[test]
    fn a_missing_route_is_told_from_a_bad_request() {
        for (code, text) in [
            (404, ""),
            (405, ""),
            (501, ""),
            (400, "user legacy missing route for \"/api/v1/export\""),
            (400, "unsupported path requested: \"/x\""),
            (400, "Not Found"),
        ] {
            assert!(status(code, text).is_not_routed(), "{code} {text}");
        }
        for (code, text) in [
            (400, "cannot parse matches[]={: 404"),
            (400, "missing `match[]` arg"),
            (401, "missing route"),
            (502, "not found"),
        ] {
            assert!(!status(code, text).is_not_routed(), "{code} {text}");
        }
    }

    #[test]
    fn refused_credentials_are_told_from_a_bad_request() {
        let old = "cannot find the provided auth token \"Basic ***\" in config";
        for (code, text) in [(401, ""), (403, ""), (400, old)] {
            let error = status(code, text);
            assert!(error.is_unauthorized(), "{code} {text}");
            assert!(error.hint().is_some(), "{code} {text}");
        }
        for (code, text) in [(400, ""), (404, old), (407, "")] {
            assert!(!status(code, text).is_unauthorized(), "{code} {text}");
        }
    }

    #[test]
    fn limits_say_how_to_split() {
        let limit = |text| status(400, text).limit();
        assert_eq!(
            limit("the number of matching timeseries exceeds 5; either narrow down"),
            Some(Limit::Series)
        );
        assert_eq!(
            limit("timeout exceeded while fetching data block #8427: 1.000 seconds"),
            Some(Limit::Time)
        );
        assert_eq!(
            limit("cannot select more than -search.maxSamplesPerQuery=5 samples"),
            Some(Limit::Samples)
        );
        assert_eq!(limit("cannot parse matches[]={"), None);
        let busy = "couldn't start executing the request in 2.000 seconds, since -search.maxConcurrentRequests=1 concurrent requests are executed. Possible solutions: -search.maxQueueDuration";
        assert_eq!(status(429, busy).limit(), None);
    }

    #[test]
    fn the_reason_behind_a_200_is_classified_too() {
        let tail = b"\nremoteAddr: &#34;10.0.0.7:59372&#34;; requestURI: /api/v1/export?x; error: timeout exceeded while fetching; adjust with `-search.maxExportDuration`\n";
        let error = Error::broke_off(tail);
        assert!(error.is_timeout());
        assert_eq!(error.server_flag(), Some("-search.maxExportDuration"));
        assert!(!error.to_string().contains("10.0.0.7"));
    }
}
