use super::answer::{Answer, Asker};
use super::params::Range;
use super::route::Endpoint;
use crate::{Personality, Refusal, Version};

const STORAGE: &str = "10.42.1.12:8401";

const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>\
<form method=\"post\" action=\"/login\"><input name=\"username\"><input name=\"password\" \
type=\"password\"><button>Sign in</button></form></body></html>\n";

/// What a refusal has to know about the request.
pub(crate) struct Refused<'a> {
    pub(crate) asker: &'a Asker,
    pub(crate) personality: Personality,
    pub(crate) endpoint: Option<&'a Endpoint>,
    pub(crate) range: Option<Range>,
    /// The path and query, decoded.
    pub(crate) decoded_uri: &'a str,
}

impl Refused<'_> {
    pub(crate) fn answer(&self, refusal: &Refusal) -> Answer {
        match refusal {
            Refusal::QueueFull {
                retry_after_seconds,
            } => self.queue_full(*retry_after_seconds),
            Refusal::TooManySeries { limit } => self.too_many_series(*limit),
            Refusal::Timeout { .. } => self.timeout(),
            Refusal::StorageDown => self.in_the_style(
                503,
                &self.while_sending(&format!(
                    "error occured during export: cannot fetch query results from vmstorage nodes: \
                 cannot perform search on vmstorage {STORAGE}: cannot obtain connection from a \
                 pool: cannot dial {STORAGE}: dial tcp4 {STORAGE}: connect: connection refused"
                )),
            ),
            Refusal::BackendDown => Answer::plain(
                502,
                "all the 1 backends for the user \"demo\" are unavailable for proxying the \
                 request - check previous WARN logs to see the exact error for each failed \
                 backend\n",
            ),
            Refusal::MissingRoute => missing_route(self.asker, self.decoded_uri),
            Refusal::Unauthorized => unauthorized("VictoriaMetrics"),
            Refusal::LoginPage => Answer::html(LOGIN_PAGE),
            Refusal::Plain { status, text } => Answer::plain(*status, text.clone()),
        }
    }

    fn queue_full(&self, retry_after_seconds: u32) -> Answer {
        if !self.asker.version.answers_full_queue_with_429() {
            return self.asker.plain_error(
                503,
                "cannot handle more than 8 concurrent search requests during 10s; possible \
                 solutions: to increase `-search.maxQueueDuration`; to increase \
                 `-search.maxConcurrentRequests`; to increase server capacity",
            );
        }
        let text = "couldn't start executing the request in 10.000 seconds, since \
                    -search.maxConcurrentRequests=8 concurrent requests are executed. Possible \
                    solutions: to reduce query load; to add more compute resources to the server; \
                    to increase -search.maxQueueDuration=10s; to increase \
                    -search.maxConcurrentRequests";
        self.asker
            .plain_error(429, text)
            .with_header("Retry-After", retry_after_seconds.to_string())
    }

    fn too_many_series(&self, limit: usize) -> Answer {
        let cause = format!(
            "the number of matching timeseries exceeds {limit}; either narrow down the search or \
             increase -search.max* command-line flag values (the most likely limit is \
             -search.maxUniqueTimeseries); see https://docs.victoriametrics.com/victoriametrics/\
             single-server-victoriametrics/#resource-usage-limits"
        );
        let found = match self.personality {
            Personality::Single => {
                format!("search error after reading 0 data blocks: error when searching: {cause}")
            }
            Personality::Cluster => format!(
                "error occured during export: cannot fetch query results from vmstorage nodes: \
                 cannot perform search on vmstorage {STORAGE}: cannot execute \
                 funcName=\"search_v7\" on vmstorage \"{STORAGE}\": {cause}"
            ),
        };
        self.in_the_style(400, &self.while_sending(&found))
    }

    fn timeout(&self) -> Answer {
        let flag = match self.endpoint {
            Some(endpoint) if endpoint.is_export() => "-search.maxExportDuration",
            _ => "-search.maxQueryDuration",
        };
        self.in_the_style(400, &self.while_sending(&timeout_text(flag)))
    }

    fn while_sending(&self, cause: &str) -> String {
        let range = self.range.unwrap_or(Range {
            start_ms: 0,
            end_ms: 0,
        });
        match self.endpoint {
            Some(Endpoint::ExportNative) => {
                format!("error during sending native data to remote client: {cause}")
            }
            Some(Endpoint::Export) => format!(
                "error when exporting data on the time range (start={}, end={}): cannot fetch \
                 data for \"accountID=0, projectID=0\": {cause}",
                range.start_ms, range.end_ms
            ),
            _ => cause.to_owned(),
        }
    }

    /// Plain for exports; in JSON for the query endpoints, whose execution errors are 422.
    fn in_the_style(&self, status: u16, text: &str) -> Answer {
        match self.endpoint {
            Some(endpoint) if !endpoint.is_export() => {
                Answer::json_error(if status == 400 { 422 } else { status }, text)
            }
            _ => self.asker.plain_error(status, text),
        }
    }
}

fn timeout_text(flag: &str) -> String {
    format!(
        "timeout exceeded while fetching data block #8427 from storage: 30.000 seconds (elapsed \
         30.326 seconds); the timeout can be adjusted with `{flag}` command-line flag"
    )
}

/// The text that versions before v1.97.0 append to a stream that fails.
pub(crate) fn mid_stream_text(version: Version, address: &str, uri: &str) -> String {
    let asker = Asker {
        version: version.min(Version::V1_112),
        address: address.to_owned(),
        uri: uri.to_owned(),
    };
    asker.error_text(&format!(
        "error during sending native data to remote client: {}",
        timeout_text("-search.maxExportDuration")
    ))
}

/// What a vmauth says to a path that the user may not take.
pub(crate) fn missing_route(asker: &Asker, decoded_uri: &str) -> Answer {
    asker.plain_error(
        400,
        &format!("user demo missing route for \"{decoded_uri}\""),
    )
}

pub(crate) fn unauthorized(realm: &str) -> Answer {
    Answer::plain(401, "\n").with_header("Www-Authenticate", format!("Basic realm=\"{realm}\""))
}
