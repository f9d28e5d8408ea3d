//! What a process tells about itself at `/metrics`.

use std::collections::HashMap;

use reqwest::{Method, StatusCode};

use crate::client::Client;
use crate::component::{Component, Evidence};
use crate::error::Error;
use crate::masked_url::MaskedUrl;
use crate::metrics_text::MetricLine;
use crate::row_counters::RowCounters;

/// Largest page read, in bytes. A server that scrapes thousands of targets sends a few MiB.
const LIMIT_BYTES: u64 = 64 << 20;
/// Longest line looked at, in bytes.
const LINE_BYTES: usize = 64 << 10;

/// The facts that concern imports.
#[derive(Debug)]
pub(crate) struct MetricsPage {
    pub(crate) url: MaskedUrl,
    pub(crate) facts: Facts,
}

#[derive(Debug, Default)]
pub(crate) struct Facts {
    evidence: Evidence,
    flags: HashMap<String, String>,
    /// The version as the build has it: `v1.150.0`, or a longer text.
    pub(crate) version: Option<String>,
    named: Option<Component>,
    /// The version of Go, such as `go1.19.8`.
    pub(crate) go: Option<String>,
    pub(crate) rows: Option<RowCounters>,
    pub(crate) is_read_only: bool,
}

impl Client {
    /// Reads `/metrics` below a path.
    ///
    /// # Errors
    ///
    /// No reply, another status than 200, or a page that is not of VictoriaMetrics.
    pub(crate) async fn metrics_page(&self, prefix: &str) -> Result<MetricsPage, Error> {
        let url = self.endpoint().url(prefix, "/metrics");
        let (url, response) = self.exchange(Method::GET, url, None).await?;
        let is_success = |status| status == StatusCode::OK;
        let mut body = self.judge(url.into(), response, is_success).await?;
        let mut facts = Facts::default();
        let mut lines = Lines::default();
        let mut seen = 0;
        while let Some(piece) = body.chunk().await? {
            seen += piece.len() as u64;
            if seen > LIMIT_BYTES {
                // What stands there is worth more than an error.
                break;
            }
            lines.push(&piece, |line| facts.add(line));
        }
        lines.end(|line| facts.add(line));
        let url = body.url().clone();
        if facts.evidence.is_victoria_metrics() || !facts.flags.is_empty() {
            return Ok(MetricsPage { url, facts });
        }
        Err(Error::Unexpected {
            url,
            problem: "a page without metrics of VictoriaMetrics".to_owned(),
        })
    }
}

impl Facts {
    /// The program whose page this is.
    pub(crate) fn component(&self) -> Option<Component> {
        self.named.or_else(|| self.evidence.component())
    }

    /// The value of a command-line flag that was not left empty.
    pub(crate) fn flag(&self, name: &str) -> Option<&str> {
        let value = self.flags.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    pub(crate) fn has_flag(&self, name: &str) -> bool {
        self.flags.contains_key(name)
    }

    pub(crate) fn add(&mut self, line: &str) {
        let Some(line) = MetricLine::parse(line) else {
            return;
        };
        self.evidence.add_metric(line.name);
        let label = |name| line.label(name).filter(|value| !value.is_empty());
        match line.name {
            "flag" => {
                if let Some(name) = line.label("name") {
                    self.evidence.add_flag(&name);
                    let value = line.label("value").unwrap_or_default();
                    self.flags.insert(name.into_owned(), value.into_owned());
                }
            }
            "vm_app_version" => {
                let version = label("version");
                self.named = version.as_deref().and_then(Component::from_version_label);
                self.version = label("short_version").or(version).map(Into::into);
            }
            "go_info" => self.go = label("version").map(Into::into),
            "vm_storage_is_read_only" => self.is_read_only |= line.value > 0.0,
            _ => RowCounters::add(&mut self.rows, &line),
        }
    }
}

/// Cuts pieces into lines; longer ones than [`LINE_BYTES`] are left out.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
    is_too_long: bool,
}

impl Lines {
    fn push(&mut self, mut piece: &[u8], mut take: impl FnMut(&str)) {
        while let Some(at) = piece.iter().position(|byte| *byte == b'\n') {
            self.extend(&piece[..at]);
            self.end(&mut take);
            piece = &piece[at + 1..];
        }
        self.extend(piece);
    }

    fn extend(&mut self, part: &[u8]) {
        if self.rest.len() + part.len() > LINE_BYTES {
            self.is_too_long = true;
            self.rest.clear();
        } else if !self.is_too_long {
            self.rest.extend_from_slice(part);
        }
    }

    fn end(&mut self, mut take: impl FnMut(&str)) {
        if !self.is_too_long {
            take(&String::from_utf8_lossy(&self.rest));
        }
        self.is_too_long = false;
        self.rest.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let long = "x".repeat(LINE_BYTES + 1);
        let text = format!("a\n\n{long}\nb\r\n{long}{long}\nlast");
        for size in [1, 7, 4096, text.len()] {
            let mut lines = Lines::default();
            let mut seen = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                lines.push(piece, |line| seen.push(line.to_owned()));
            }
            lines.end(|line| seen.push(line.to_owned()));
            assert_eq!(seen, ["a", "", "b\r", "last"], "{size}");
        }
    }

    #[test]
    fn a_build_without_version_is_known_by_its_metrics() {
        let mut facts = Facts::default();
        for line in [
            r#"vm_app_version{version="", short_version=""} 1"#,
            r#"go_info{version="go1.19.8"} 1"#,
            r#"flag{name="storageDataPath", value="/d", is_set="true"} 1"#,
            r#"flag{name="search.latencyOffset", value="30s", is_set="false"} 1"#,
            r#"flag{name="http.pathPrefix", value="", is_set="false"} 1"#,
        ] {
            facts.add(line);
        }
        assert_eq!(facts.component(), Some(Component::VmSingle));
        assert_eq!(facts.version, None);
        assert_eq!(facts.go.as_deref(), Some("go1.19.8"));
        assert_eq!(facts.flag("storageDataPath"), Some("/d"));
        assert_eq!(facts.flag("http.pathPrefix"), None);
        assert!(facts.has_flag("http.pathPrefix"));
    }
}
