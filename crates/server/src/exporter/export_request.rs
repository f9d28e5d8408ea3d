//! From an export config to a request of the workflow.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::StatusCode;
use gather::config::{ExportConfig, Mode};
use gather::{Destination, ExportRequest, TimeRange, TransportChoice};
use jiff::Timestamp;
use vmapi::Endpoint;

use super::jobs::{Facts, Work};
use super::{Exporter, asked, upstream};
use crate::reply::Problem;

/// Time of the source's blocks, which an automatic window of stored samples holds.
const AUTOMATIC_WINDOW: Duration = Duration::from_secs(7 * 86_400);

/// An export, checked as far as can be without asking the source.
pub(super) struct Wish {
    pub(super) work: Work,
    pub(super) facts: Facts,
    pub(super) warnings: Vec<String>,
}

/// A config whose parts have been checked.
pub(super) struct Checked {
    pub(super) config: ExportConfig,
    pub(super) range: TimeRange,
    pub(super) selection: gather::Selection,
    pub(super) rules: privacy::Rules,
    /// Components whose jobs have to be asked for.
    pub(super) components: Vec<String>,
    /// Address of the source, without secrets.
    pub(super) url: String,
}

impl Checked {
    pub(super) fn new(document: &[u8], now: Timestamp) -> Result<Self, Problem> {
        let config = asked::config(document)?;
        let range = config.range(now).map_err(|e| asked::refused(&e))?;
        let selection = config.selection().map_err(|e| asked::refused(&e))?;
        let rules = config.rules().map_err(|e| asked::refused(&e))?;
        let endpoint =
            Endpoint::new(&config.connection).map_err(|error| upstream::bad_connection(&error))?;
        let by_components = config.mode == Mode::Cluster && config.jobs.is_empty();
        Ok(Self {
            range,
            selection,
            rules,
            components: if by_components {
                config.components.clone()
            } else {
                Vec::new()
            },
            url: endpoint.base_url().to_string(),
            config,
        })
    }

    /// The request, with its unfinished data below `staging_root`.
    pub(super) fn into_wish(
        self,
        exporter: &Exporter,
        staging_root: PathBuf,
    ) -> Result<Wish, Problem> {
        // What was previewed is what leaves.
        let previewed = exporter.memory.map(&self);
        let Self {
            config,
            range,
            selection,
            rules,
            components,
            url,
        } = self;
        let options = &exporter.options;
        let mut warnings = config.warnings;
        let obfuscating = !rules.is_off();
        let no_pseudonyms = |error: String| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error).code("no_pseudonyms")
        };
        let (map, remark) = match previewed {
            Some(map) => (map, None),
            None => options.pseudonyms.new_map().map_err(no_pseudonyms)?,
        };
        let map_folder = if obfuscating {
            warnings.extend(remark);
            Some(options.pseudonyms.map_folder().map_err(no_pseudonyms)?)
        } else {
            None
        };
        if config.connection.skip_tls_verify {
            warnings.push(
                "certificates are not verified: anyone on the way can read everything".to_owned(),
            );
        }
        let window = config.window.for_range(range);
        let length_ms = range.len_ms().unsigned_abs();
        let window_ms = window.unwrap_or(AUTOMATIC_WINDOW).as_millis().max(1);
        // Both ends belong to the range; its last millisecond needs no window of its own.
        let windows = u128::from(length_ms.saturating_sub(1))
            .div_ceil(window_ms)
            .max(1);
        let facts = Facts {
            obfuscating,
            format: config.format,
            staging: staging_root.clone(),
            range,
            url,
            window_seconds: (window_ms.min(u128::from(length_ms)) as u64 / 1000).max(1),
            windows: usize::try_from(windows).unwrap_or(usize::MAX),
        };
        let request = ExportRequest {
            connection: config.connection,
            selection,
            instances: Vec::new(),
            thin: None,
            components: config.components,
            range,
            rules,
            accept_audit: config.obfuscation.accept_audit,
            map,
            map_folder,
            transport: TransportChoice::Auto,
            step: config.step,
            window,
            concurrency: 1,
            format: config.format,
            destination: Destination::Folder(options.output.clone()),
            staging_root,
            registry: options.registry.clone(),
            case: None,
            note: None,
            version: options.version.clone(),
        };
        Ok(Wish {
            work: Work::Export {
                request: Box::new(request),
                components,
            },
            facts,
            warnings,
        })
    }
}
