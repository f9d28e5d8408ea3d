//! Whether a target takes imports.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use tokio::time::timeout;
use url::Url;

use crate::component::Component;
use crate::content::Content;
use crate::error::Error;
use crate::import::{ImportFormat, Importer};
use crate::look_up::LOOK_UP;
use crate::masked_url::MaskedUrl;
use crate::metrics_page::MetricsPage;

/// Longest check: somebody waits for it.
const DEADLINE: Duration = Duration::from_secs(10);

/// What a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKind {
    /// A single node.
    Single,
    /// A cluster.
    Cluster,
    /// A gateway or an agent, behind which there may be either.
    Unknown,
}

impl ServerKind {
    /// The name: `single`, `cluster` or `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Cluster => "cluster",
            Self::Unknown => "unknown",
        }
    }
}

/// A target that takes imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What it is.
    pub server: ServerKind,
    /// What may still go wrong, for a person.
    pub warnings: Vec<String>,
}

impl Importer {
    /// Finds out within ten seconds whether the target takes imports, without storing anything.
    ///
    /// Asks the URL of imports with HEAD. Where that fails an import of nothing decides, because
    /// some gateways refuse HEAD, and because only its reply has words.
    ///
    /// # Errors
    ///
    /// As for [`Importer::import`]; [`Error::Stalled`] at the deadline.
    pub async fn check(&self) -> Result<Checked, Error> {
        let reader = self.reader();
        let all = async {
            tokio::join!(
                self.knock(),
                self.metrics(),
                timeout(LOOK_UP, reader.query("1", 0))
            )
        };
        let import_url = self.target().import_url();
        let (knock, page, query) = timeout(DEADLINE, all).await.map_err(|_| Error::Stalled {
            url: import_url.clone(),
            after: DEADLINE,
        })?;
        let answered = knock?;
        let page = page.ok();
        let mut warnings = Vec::new();
        if answered != *import_url.expose_url() {
            warnings.push(format!(
                "imports are redirected to `{}`, so that all data are sent twice: give that URL",
                MaskedUrl::from(answered)
            ));
        }
        if page.as_ref().is_some_and(|page| page.facts.is_read_only) {
            warnings.push("the target stores nothing at present: its disk is nearly full".into());
        }
        let query_url = self.target().query_url();
        match query {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => warnings.push(format!("an import cannot be verified: {error}")),
            Err(_) => warnings.push(format!(
                "an import cannot be verified: `{query_url}` sent nothing for {} s",
                LOOK_UP.as_secs()
            )),
        }
        Ok(Checked {
            server: self.kind(page.as_ref()),
            warnings,
        })
    }

    /// Asks for nothing, and returns which URL answered.
    async fn knock(&self) -> Result<Url, Error> {
        let format = ImportFormat::JsonLines;
        match self.deliver(Method::HEAD, format, None).await {
            Err(Error::Status { .. } | Error::Html { .. }) => {
                let nothing = Content::data(format.content_type(), Bytes::new(), false);
                self.deliver(Method::POST, format, Some(&nothing)).await
            }
            answer => answer,
        }
    }

    fn kind(&self, page: Option<&MetricsPage>) -> ServerKind {
        match page.and_then(|page| page.facts.component()) {
            Some(Component::VmSingle) => ServerKind::Single,
            Some(Component::VmInsert | Component::VmSelect | Component::VmStorage) => {
                ServerKind::Cluster
            }
            // A single node refuses such a path.
            _ if self.target().write().base_path().contains("/insert/") => ServerKind::Cluster,
            _ => ServerKind::Unknown,
        }
    }
}
