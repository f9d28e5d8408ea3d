//! What is imported where, before anything is sent.

use std::fmt;
use std::path::Path;

use indicatif::HumanBytes;
use jiff::Timestamp;
use replay::{Fit, Format, Kind, Source};
use serde::Serialize;
use vmapi::{Importer, ServerKind};

use super::span_text::span_text;
use super::target::KnownTarget;
use crate::run::quoted;
use crate::shown::shown;

/// The label by which a bundle is told from others.
const MARK: &str = "vmgather_bundle";

/// A source and a target. `Display` is a short text for a person.
#[derive(Serialize)]
pub(crate) struct Description {
    pub(super) source: SourceDescription,
    pub(super) target: TargetDescription,
    /// The option that would keep this bundle apart from others, if that is worth a thought.
    pub(super) suggested_mark: Option<String>,
}

#[derive(Serialize)]
pub(super) struct SourceDescription {
    pub(super) name: String,
    /// How the data are packed: bundle, plain, gzip, zstd.
    kind: &'static str,
    /// What the data are: jsonl or native.
    format: &'static str,
    size_bytes: u64,
    text_bytes: Option<u64>,
    pub(super) export_id: Option<String>,
    obfuscated: Option<bool>,
    #[serde(skip)]
    words: String,
}

#[derive(Serialize)]
pub(super) struct TargetDescription {
    pub(super) url: String,
    pub(super) server: &'static str,
    pub(super) version: Option<String>,
    pub(super) retention: Option<String>,
    pub(super) retention_ms: Option<i64>,
    pub(super) future_ms: Option<i64>,
    pub(super) max_labels: Option<u32>,
    pub(super) max_line_bytes: Option<u64>,
    pub(super) dedup_ms: Option<i64>,
    pub(super) reads_special_values: bool,
    pub(super) notes: Vec<String>,
    /// Samples before this Unix time in ms are left out.
    #[serde(skip)]
    cutoff_ms: Option<i64>,
    /// It gets native blocks.
    #[serde(skip)]
    takes_blocks: bool,
}

impl Description {
    pub(super) fn new(
        source: &Source,
        target: &KnownTarget,
        importer: &Importer,
        fit: &Fit,
    ) -> Self {
        let metadata = source.metadata();
        let KnownTarget {
            checked,
            limits,
            facts,
        } = target;
        let retention = limits.retention.as_ref();
        let now_ms = Timestamp::now().as_millisecond();
        let export_id = metadata.map(|metadata| metadata.export_id.clone());
        let unmarked = metadata.is_some_and(|metadata| metadata.obfuscated)
            && fit.add_labels.is_empty()
            && importer.target().extra_labels().is_empty();
        let suggested_mark = export_id
            .as_deref()
            .filter(|_| unmarked)
            .map(|id| format!("--add-label {MARK}={}", quoted(Path::new(&shown(id)))));
        Self {
            source: SourceDescription {
                name: source.name().to_owned(),
                kind: source.kind().name(),
                format: source.format().name(),
                words: what(source.kind(), source.format()),
                size_bytes: source.file_bytes(),
                text_bytes: source.text_bytes(),
                export_id,
                obfuscated: metadata.map(|metadata| metadata.obfuscated),
            },
            target: TargetDescription {
                url: importer.target().to_string(),
                server: checked.server.as_str(),
                version: limits.version.clone(),
                retention: retention.map(ToString::to_string),
                retention_ms: facts.retention_ms,
                future_ms: facts.future_ms,
                max_labels: facts.max_labels,
                max_line_bytes: facts.max_line_bytes,
                dedup_ms: facts.dedup_ms,
                reads_special_values: facts.reads_special_values,
                notes: limits.notes.clone(),
                cutoff_ms: facts
                    .oldest_ms(now_ms)
                    .filter(|oldest_ms| !fit.keep_old && *oldest_ms > 0),
                takes_blocks: source.format() == Format::Native && facts.native_layout.is_some(),
            },
            suggested_mark,
        }
    }
}

impl SourceDescription {
    /// Such as `bundle of JSON lines, 21.30 MiB, obfuscated`.
    pub(super) fn words(&self) -> String {
        let mut words = match self.text_bytes {
            Some(bytes) => format!("{}, {}", self.words, HumanBytes(bytes)),
            None => format!("{}, {}", self.words, HumanBytes(self.size_bytes)),
        };
        if self.obfuscated == Some(true) {
            words += ", obfuscated";
        }
        words
    }
}

fn what(kind: Kind, format: Format) -> String {
    let data = match format {
        Format::Lines => "JSON lines",
        Format::Native => "native blocks",
    };
    match kind {
        Kind::Bundle => format!("bundle of {data}"),
        Kind::Plain => data.to_owned(),
        kind => format!("{data}, {}", kind.name()),
    }
}

impl TargetDescription {
    /// Such as `http://vm:8428/api/v1/import (single node, v1.112.0)`.
    pub(super) fn words(&self) -> String {
        let kind = [
            (ServerKind::Single, "single node"),
            (ServerKind::Cluster, "cluster"),
        ];
        let kind = kind
            .iter()
            .find(|(kind, _)| kind.as_str() == self.server)
            .map(|(_, words)| (*words).to_owned());
        let version = self.version.as_deref().map(shown);
        let about: Vec<String> = kind.into_iter().chain(version).collect();
        let mut words = self.url.clone();
        if self.takes_blocks {
            let path_end = words.find('?').unwrap_or(words.len());
            words.insert_str(path_end, "/native");
        }
        if !about.is_empty() {
            words += &format!(" ({})", about.join(", "));
        }
        words
    }

    /// How long samples stay, and where that is known from.
    pub(super) fn retention_words(&self) -> String {
        match (&self.retention, self.retention_ms) {
            (Some(text), Some(ms)) => format!(
                "{} (the target says `{}`)",
                span_text(ms.unsigned_abs()),
                shown(text)
            ),
            _ => "not known, so nothing is left out as too old".to_owned(),
        }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, target) = (&self.source, &self.target);
        write!(
            f,
            "importing {} ({}) into {}",
            shown(&source.name),
            source.words(),
            target.words()
        )?;
        if let Some(cutoff_ms) = target.cutoff_ms {
            write!(
                f,
                "\nsamples before {} are left out; retention of the target: {}",
                gather::format_ms(cutoff_ms / 1_000 * 1_000),
                target.retention_words()
            )?;
        }
        for note in &target.notes {
            write!(f, "\nnote: {}", shown(note))?;
        }
        if let Some(mark) = &self.suggested_mark {
            write!(
                f,
                "\nhint: pseudonyms of different bundles may be the same; `{mark}` keeps this one \
                 apart"
            )?;
        }
        Ok(())
    }
}
