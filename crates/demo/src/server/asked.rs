use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{self, HeaderMap};

use super::answer::{Answer, Asker};
use super::api::Api;
use super::export::Storage;
use super::handler::Server;
use super::metrics_page::metrics_page;
use super::params::Params;
use super::refusal::{Refused, unauthorized};
use super::route::{Route, route};
use super::time::Clock;
use crate::data::{Owner, Series, View};
use crate::{Credentials, Fault, Refusal};

/// The request as far as an answer depends on it.
pub(crate) struct Asked<'a> {
    pub(crate) server: &'a Server,
    pub(crate) path: &'a str,
    pub(crate) params: &'a [(String, String)],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) asker: Asker,
}

impl Asked<'_> {
    /// The answer, and the fault that befalls it on its way, if one was ordered.
    pub(crate) fn answer(&self) -> (Answer, Option<Fault>) {
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

    pub(crate) fn accepts_gzip(&self) -> bool {
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
pub(crate) fn shown_uri(path: &str, params: &[(String, String)]) -> String {
    if params.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish();
    format!("{path}?{query}")
}
