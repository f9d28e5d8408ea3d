//! The search of everything that leaves, and what its findings mean for the export.

use std::collections::HashSet;

use audit::{Audit, Code, Findings, Kind, Place, Scope};
use bundle::{AuditCode, AuditSummary, METADATA_ENTRY, Metadata};
use privacy::{Family, Map, Rewriter, Rules};

use vmformat::native::{self, Layout};

use crate::seal::{CleanLabels, LabelForm};

/// Looks at what leaves by means of its own, and decides whether it may.
pub(crate) struct Watch {
    audit: Audit,
    accepts: bool,
}

/// What must not leave, or cannot be searched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// Something looks like an original.
    #[error("the audit found what may be originals: {}", summed(.0))]
    Hits(Box<Findings>),
    /// The search itself failed, so nothing is known.
    #[error("the audit cannot search what leaves")]
    Search(#[from] audit::Error),
    /// A native block or the name of its series cannot be read, so nothing is known.
    #[error("the audit cannot read what leaves")]
    Block(#[from] vmformat::Error),
    /// What leaves is not whole frames.
    #[error("the audit cannot read what leaves: a native frame is cut off")]
    Frame,
}

impl Watch {
    /// A search for the originals behind `rewriter`; `None` if nothing is obfuscated.
    ///
    /// With `accepts`, findings are told and stop nothing.
    pub(crate) fn new<'a>(
        rewriter: &Rewriter,
        labels: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        count: usize,
        accepts: bool,
    ) -> Result<Option<Self>, AuditError> {
        if rewriter.rules().is_off() {
            return Ok(None);
        }
        let scope = scope(rewriter.map(), Some(rewriter.rules()), labels)?;
        Ok(Some(Self {
            audit: Audit::new(scope, count),
            accepts,
        }))
    }

    /// Searches every label and the name of the bundle before the first line is written, so that a
    /// person sees all findings at once.
    pub(crate) fn before(
        &self,
        labels: &CleanLabels,
        file_name: Option<&str>,
    ) -> Result<Findings, AuditError> {
        let mut auditor = self.audit.auditor();
        let mut text = Vec::new();
        for label in labels.texts() {
            text.clear();
            match labels.form() {
                LabelForm::Json => {
                    text.extend_from_slice(b"{\"metric\":{");
                    text.extend_from_slice(label);
                    text.extend_from_slice(b"},\"values\":[],\"timestamps\":[]}\n");
                    auditor.lines(&text)?;
                }
                LabelForm::Native => {
                    native::write_part(&mut text, b"");
                    text.extend_from_slice(label);
                    native::read_labels(&text, |(name, value)| auditor.label(&name, &value))?;
                }
            }
        }
        if let Some(name) = file_name {
            auditor.text(FILE_NAME, name);
        }
        self.judged(auditor.finish())
    }

    /// Searches the lines that go to the compressor.
    pub(crate) fn lines(&self, lines: &[u8]) -> Result<(), AuditError> {
        let mut auditor = self.audit.auditor();
        auditor.lines(lines)?;
        self.judged(auditor.finish()).map(drop)
    }

    /// Searches the native frames that go to the compressor; they must be whole, and hold blocks and
    /// nothing else.
    pub(crate) fn frames(&self, mut frames: &[u8]) -> Result<(), AuditError> {
        let mut auditor = self.audit.auditor();
        let mut searched: &[u8] = &[];
        while !frames.is_empty() {
            let frame = native::take_frame(&mut frames).ok_or(AuditError::Frame)?;
            native::Block::parse(frame.block, Layout::B)?;
            if frame.name != searched {
                native::read_labels(frame.name, |(name, value)| auditor.label(&name, &value))?;
                searched = frame.name;
            }
        }
        self.judged(auditor.finish()).map(drop)
    }

    /// Searches what the metadata, and the README made of them, say of the data and of the person;
    /// the rest are words of ours.
    pub(crate) fn metadata(&self, metadata: &Metadata) -> Result<(), AuditError> {
        let mut auditor = self.audit.auditor();
        let names = metadata.jobs.iter().chain(&metadata.components);
        for text in names.chain(&metadata.case).chain(&metadata.note) {
            auditor.text(METADATA_ENTRY, text);
        }
        self.judged(auditor.finish()).map(drop)
    }

    /// What the metadata tell: codes and counts.
    pub(crate) fn summary(&self, findings: &Findings) -> AuditSummary {
        AuditSummary {
            originals: self.audit.scope().originals(),
            texts: findings.texts(),
            accepted: findings.counts().into_iter().fold(
                Default::default(),
                |mut sums, (code, count)| {
                    *sums.entry(in_metadata(code)).or_default() += count;
                    sums
                },
            ),
        }
    }

    fn judged(&self, findings: Findings) -> Result<Findings, AuditError> {
        if findings.is_clean() || self.accepts {
            Ok(findings)
        } else {
            Err(AuditError::Hits(Box::new(findings)))
        }
    }
}

/// What a bundle made with `map` is searched for; without the rules of its export everything that
/// is shaped like an address counts.
///
/// An original may also be a part of the public names among `labels`, which stay: a rule called
/// `vm_rows` beside the metric `vm_rows_total`.
pub(crate) fn scope<'a>(
    map: &Map,
    rules: Option<&Rules>,
    labels: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<Scope, AuditError> {
    let mut scope = Scope::builder().addresses(rules.is_none_or(Rules::covers_hosts));
    let mut names = HashSet::new();
    for (name, value) in labels {
        let metric = (name == b"__name__").then(|| std::str::from_utf8(value));
        if let Some(Ok(metric)) = metric
            && privacy::is_public_metric(metric)
            && names.insert(metric)
        {
            scope = scope.allow(metric);
        }
        if let Ok(value) = std::str::from_utf8(value)
            && privacy::is_public(value)
            && names.insert(value)
        {
            scope = scope.allow(value);
        }
        for name in std::str::from_utf8(value)
            .into_iter()
            .flat_map(privacy::public_names)
        {
            if names.insert(name) {
                scope = scope.allow(name);
            }
        }
        if let Ok(name) = std::str::from_utf8(name)
            && privacy::is_public_label(name)
            && names.insert(name)
        {
            scope = scope.allow(name);
        }
    }
    let kept: Vec<&str> = rules.into_iter().flat_map(Rules::kept_values).collect();
    for original in map.distinctive_originals() {
        let is_kept = std::str::from_utf8(original.text).is_ok_and(|text| kept.contains(&text));
        if !is_kept {
            scope = scope.original(kind(original.family), original.text);
        }
    }
    scope = scope.pseudonym(privacy::HIDDEN);
    for pseudonym in map.pseudonym_forms() {
        scope = scope.pseudonym(&pseudonym);
    }
    for text in &kept {
        scope = scope.allow(text);
    }
    for host in Rules::public_hosts() {
        scope = scope.allow(host);
    }
    for label in Rules::version_labels() {
        scope = scope.version_label(label);
    }
    Ok(scope.build()?)
}

/// The option that would cover what was hit at a place.
pub fn advice(place: &Place, code: Code) -> String {
    match place {
        Place::Label(name) if name == "__name__" => {
            "--obfuscate-word with a part of the name, or --strict".to_owned()
        }
        Place::Label(name) => match code {
            Code::Original(_) => format!("--obfuscate-label {name}"),
            _ => format!("--obfuscate-label {name}, or --keep-value if it is harmless"),
        },
        Place::FurtherLabels => "what covers the labels above; these are told then".to_owned(),
        Place::LabelName | Place::HiddenLabel => {
            "--drop-label, or --obfuscate-word with a part of the name".to_owned()
        }
        Place::Text(what) if *what == FILE_NAME => "another name with -o".to_owned(),
        Place::Text(what) if *what == ENTRY_NAME => "a bundle without this entry".to_owned(),
        Place::Text(_) => "another --note or --case".to_owned(),
    }
}

/// How the audit calls the name of the bundle.
pub(crate) const FILE_NAME: &str = "file name";

/// How the audit calls the names of entries that are not ours.
pub(crate) const ENTRY_NAME: &str = "entry name";

fn summed(findings: &Findings) -> String {
    let counts = findings.counts();
    let parts = counts.iter().map(|(code, count)| format!("{count} {code}"));
    parts.collect::<Vec<_>>().join(", ")
}

fn kind(family: Family) -> Kind {
    match family {
        Family::Host => Kind::Host,
        Family::Job => Kind::Job,
        Family::Label => Kind::LabelValue,
        Family::LabelName => Kind::LabelName,
        Family::Metric => Kind::MetricName,
    }
}

fn in_metadata(code: Code) -> AuditCode {
    match code {
        Code::Original(_) => AuditCode::Original,
        Code::IpAddress => AuditCode::IpAddress,
        Code::HostName => AuditCode::HostName,
        Code::Email => AuditCode::Email,
        Code::MacAddress => AuditCode::MacAddress,
        Code::Url => AuditCode::Url,
    }
}
