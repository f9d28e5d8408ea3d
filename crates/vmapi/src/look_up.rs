//! Asking a target about itself before an import.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::client::Client;
use crate::component::Component;
use crate::dialect::{BuildInfo, Dialect};
use crate::error::Error;
use crate::import::Importer;
use crate::metrics_page::{Facts, MetricsPage};
use crate::retention::Retention;
use crate::row_counters::RowCounters;
use crate::target_limits::TargetLimits;

/// How long one look-up may take; they all run at once.
pub(crate) const LOOK_UP: Duration = Duration::from_secs(5);

/// Largest JSON reply, in bytes.
const REPLY_BYTES: usize = 1 << 20;

/// A status costs the server a scan of its index, unless hardly anything matches.
const CHEAP_STATUS: &str =
    "topN=1&match%5B%5D=%7B__name__%3D%22vmgather_probe_that_matches_nothing%22%7D";

impl Importer {
    /// Reads the limits of the target within about five seconds; what cannot be read is `None`.
    ///
    /// They stand in `/metrics` of the process that answers at the URL, below the prefix of its
    /// path or at the root: a gateway or a vminsert knows no retention. Some proxies offer that as
    /// `retentionTime` of `/api/v1/status/tsdb`, which wins.
    pub async fn limits(&self) -> TargetLimits {
        let (page, retention, build) =
            tokio::join!(self.metrics(), self.offered_retention(), self.build_info());
        let mut limits = match &page {
            Ok(page) => TargetLimits::of(&page.url, &page.facts),
            Err(error) => TargetLimits::unknown(error),
        };
        if let Some(retention) = retention {
            limits.set_retention(retention);
        }
        limits.dialect = Dialect::of(parser_of(&page), build);
        limits
    }

    /// Finds out which formats the target reads; [`TargetLimits`] has it too.
    pub async fn dialect(&self) -> Dialect {
        let (page, build) = tokio::join!(self.metrics(), self.build_info());
        Dialect::of(parser_of(&page), build)
    }

    /// How many rows the target counted so far, if its `/metrics` can be read and has them.
    pub async fn row_counters(&self) -> Option<RowCounters> {
        self.metrics().await.ok()?.facts.rows
    }

    /// The page below the prefix of the path, else that at the root.
    pub(crate) async fn metrics(&self) -> Result<MetricsPage, Error> {
        let reader = self.reader();
        let at = async |prefix| {
            let page = timeout(LOOK_UP, reader.metrics_page(prefix));
            page.await.unwrap_or_else(|_| {
                Err(Error::Stalled {
                    url: reader.endpoint().url(prefix, "/metrics").into(),
                    after: LOOK_UP,
                })
            })
        };
        match self.target().prefix() {
            "" => at("").await,
            prefix => {
                let (below, root) = tokio::join!(at(prefix), at(""));
                below.or(root)
            }
        }
    }

    /// The retention that some proxies add to the status of a storage.
    async fn offered_retention(&self) -> Option<Retention> {
        #[derive(Deserialize)]
        struct Reply {
            data: Status,
        }
        #[derive(Deserialize)]
        struct Status {
            #[serde(rename = "retentionTime")]
            retention: Text,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Text {
            Text(String),
            Months(serde_json::Number),
        }
        let reader = self.reader();
        let mut paths = vec![reader.endpoint().base_path(), self.target().prefix(), ""];
        paths.dedup();
        let asked = timeout(LOOK_UP, async {
            for path in paths {
                let reply: Result<Reply, _> = reader
                    .look_up(path, "/api/v1/status/tsdb", CHEAP_STATUS)
                    .await;
                let text = match reply.ok().map(|reply| reply.data.retention) {
                    Some(Text::Text(text)) => text,
                    Some(Text::Months(months)) => months.to_string(),
                    None => continue,
                };
                if let Ok(retention) = Retention::parse(&text) {
                    return Some(retention);
                }
            }
            None
        });
        asked.await.ok().flatten()
    }

    async fn build_info(&self) -> Option<BuildInfo> {
        #[derive(Deserialize)]
        struct Reply {
            data: Build,
        }
        #[derive(Deserialize)]
        struct Build {
            #[serde(default)]
            version: String,
        }
        let reader = self.reader();
        let path = reader.endpoint().base_path();
        let reply = reader.look_up(path, "/api/v1/status/buildinfo", "");
        let reply: Reply = timeout(LOOK_UP, reply).await.ok()?.ok()?;
        Some(if reply.data.version.is_empty() {
            BuildInfo::Empty
        } else {
            BuildInfo::Filled
        })
    }
}

impl Client {
    /// GETs a small JSON reply.
    async fn look_up<T: DeserializeOwned>(
        &self,
        path: &str,
        call: &str,
        parameters: &str,
    ) -> Result<T, Error> {
        let mut url = self.endpoint().url(path, call);
        if !parameters.is_empty() {
            let query = url.query().map(|query| format!("{query}&{parameters}"));
            url.set_query(Some(query.as_deref().unwrap_or(parameters)));
        }
        let (url, response) = self.exchange(Method::GET, url, None).await?;
        let is_success = |status| status == StatusCode::OK;
        let body = self.judge(url.into(), response, is_success).await?;
        let url = body.url().clone();
        let reply = body.whole(REPLY_BYTES).await?;
        self.json(&url, &reply)
    }
}

/// The page, if it is that of the process that reads the data: a vmauth passes them on unread.
fn parser_of(page: &Result<MetricsPage, Error>) -> Option<&Facts> {
    let facts = &page.as_ref().ok()?.facts;
    (facts.component() != Some(Component::VmAuth)).then_some(facts)
}
