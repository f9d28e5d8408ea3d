//! From a complete staging folder to the result: pseudonyms, lines, metadata, final name.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::job_evidence::JobEvidence;
use audit::Findings;
use bundle::staging::{LabelId, LabelTable};
use bundle::{
    Archive, Bundle, FORMAT_VERSION, Format, HashingWriter, Leftover, METADATA_ENTRY,
    METRICS_ENTRY, Metadata, Method, NATIVE_ENTRY, ObfuscationLevel, ObfuscationSummary,
    PendingFile, README_ENTRY, Replaced, RequestedRange, Sealed, Warning, partial_path, readme,
};
use jiff::Timestamp;
use privacy::{Collector, Level, Map, Rewriter};
use tokio_util::sync::CancellationToken;
use vmformat::native::StreamHeader;

use crate::distinct::distinct;
use crate::error::Error;
use crate::event::{Event, EventSink};
use crate::free_space;
use crate::map_file::{map_path, newest_map, save_map};
use crate::outcome::Report;
use crate::plan::{Plan, Target};
use crate::seal::{
    CleanLabels, EntryOutput, LabelForm, LinesOutput, Phases, SealError, SealPart, Source, Totals,
    seal,
};
use crate::slice::Transport;
use crate::staging::{Committed, Staging};
use crate::watch::{AuditError, Watch};

/// Takes the bundle's bytes or the lines when they do not go to a file.
pub type Writer = Box<dyn Write + Send>;

/// A complete staging folder about to become a bundle.
pub(crate) struct Sealing {
    pub(crate) plan: Plan,
    pub(crate) staging: Arc<Staging>,
    pub(crate) committed: Vec<Committed>,
    pub(crate) version: String,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) cancel: CancellationToken,
}

/// Everything in the form in which it leaves.
struct Clean {
    rewriter: Rewriter,
    labels: CleanLabels,
    phases: Phases,
    /// `None` if nothing is obfuscated.
    watch: Option<Watch>,
    findings: Option<Findings>,
}

/// Bytes and checksum of what was written.
struct Written {
    archive: Option<PathBuf>,
    sha256: Option<String>,
    size_bytes: u64,
}

impl Sealing {
    /// Seals and clears the staging folder; `None` if the caller cancelled.
    pub(crate) fn seal(
        mut self,
        map: Map,
        writer: Option<Writer>,
    ) -> Result<Option<Report>, Error> {
        if let Target::File(path) = &self.plan.target
            && let Some(mut report) = self.already_sealed(path, &map)?
        {
            report.staging_left = self.clear();
            return Ok(Some(report));
        }
        // The order of commits depends on timing where several requests are in flight.
        self.committed
            .sort_by_cached_key(|slice| slice_order(&slice.slice));
        let clean = self.clean(map)?;
        let map = self.save_map(&clean.rewriter)?;
        let target = self.plan.target.clone();
        if let Target::File(path) = &target {
            free_space::demand(&partial_path(path), self.least_bytes())?;
        }
        let sealed = match (&target, writer) {
            (Target::File(path), _) => self.seal_file(path, &clean),
            (Target::Archive, Some(writer)) => self.seal_archive(writer, &clean),
            (Target::Lines, Some(writer)) => self.write_lines(writer, &clean),
            (Target::Archive | Target::Lines, None) => {
                return Err(Error::Defect("a result without a file needs a writer"));
            }
        };
        let (metadata, written) = match sealed {
            Ok(sealed) => sealed,
            Err(SealError::Cancelled) => return Ok(None),
            Err(error) => {
                if error.is_broken_pipe() {
                    // Whoever reads the pipe has seen enough; nobody would resume this.
                    self.clear();
                }
                return Err(Error::Seal(error.into()));
            }
        };
        Ok(Some(Report {
            export_id: self.plan.export_id.to_string(),
            archive: written.archive,
            sha256: written.sha256,
            size_bytes: written.size_bytes,
            obfuscating: !self.plan.rules.is_off(),
            metadata,
            map,
            findings: clean.findings,
            staging_left: self.clear(),
        }))
    }

    /// The report of a bundle that an earlier run sealed just before it ended.
    fn already_sealed(&self, path: &Path, map: &Map) -> Result<Option<Report>, Error> {
        if !path.exists() {
            return Ok(None);
        }
        let foreign = || Error::BadDestination {
            path: path.to_owned(),
            reason: "it exists already and is not of this export".to_owned(),
        };
        let metadata = Bundle::open(path)
            .and_then(|bundle| bundle.metadata())
            .map_err(|_| foreign())?
            .filter(|metadata| metadata.export_id == self.plan.export_id.as_str())
            .ok_or_else(foreign)?;
        let checked = bundle::verify(path, |_| ())
            .map_err(|error| Error::Seal(SealError::from(error).into()))?;
        // A checksum file may be left of an earlier bundle of this name.
        let damaged = |check: &bundle::Check| {
            matches!(check.outcome, bundle::Outcome::Failed { .. })
                && check.subject != bundle::Subject::ChecksumFile
        };
        if checked.checks.iter().any(damaged) {
            return Err(Error::BadDestination {
                path: path.to_owned(),
                reason: "it is of this export, but damaged; move it away".to_owned(),
            });
        }
        let sealed =
            Sealed::take_up(path).map_err(|error| Error::Seal(SealError::from(error).into()))?;
        let map_path = self
            .plan
            .map_folder
            .as_deref()
            .map(|folder| map_path(folder, map));
        let map = map_path.filter(|path| path.exists());
        Ok(Some(Report {
            export_id: self.plan.export_id.to_string(),
            archive: Some(sealed.path),
            sha256: Some(sealed.sha256),
            size_bytes: sealed.size_bytes,
            obfuscating: !self.plan.rules.is_off(),
            metadata,
            map,
            findings: None,
            staging_left: None,
        }))
    }

    /// Numbers the pseudonyms, rewrites every label and searches what came of it.
    fn clean(&self, map: Map) -> Result<Clean, Error> {
        let mut table = self.staging.labels.lock();
        table.freeze();
        let map = match &self.plan.map_folder {
            Some(folder) if !self.plan.rules.is_off() => newest_map(folder, map)?,
            _ => map,
        };
        let mut collector = Collector::new(&self.plan.rules, map);
        collector.target_labels(&self.plan.target_labels);
        for (job, evidence) in self.evidence() {
            collector.target_labels(evidence.target_labels());
            if let (Some((_, job)), Some(component)) = (table.get(job), evidence.component()) {
                collector.job_component(job, component.as_str());
            }
        }
        // Chosen jobs without data stand in the metadata.
        let chosen = self
            .plan
            .jobs
            .iter()
            .map(|job| (&b"job"[..], job.as_bytes()));
        let mut rewriter = collector
            .finish(|| table.iter().chain(chosen.clone()))
            .map_err(Error::Privacy)?;
        let form = match self.plan.format {
            Format::Native => LabelForm::Native,
            _ => LabelForm::Json,
        };
        let labels = CleanLabels::new(&table, &rewriter, form).map_err(Error::Privacy)?;
        let watch = Watch::new(
            &rewriter,
            table.iter(),
            labels.len(),
            self.plan.accept_audit,
        )
        .map_err(Error::Audit)?;
        let findings = match &watch {
            Some(watch) => Some(self.search(watch, &labels).map_err(Error::Audit)?),
            None => None,
        };
        let phases = self.phases(&table, &mut rewriter);
        Ok(Clean {
            rewriter,
            labels,
            phases,
            watch,
            findings,
        })
    }

    /// By how much the timestamps of each instance are made later; the map remembers it.
    fn phases(&self, table: &LabelTable, rewriter: &mut Rewriter) -> Phases {
        let mut intervals: BTreeMap<u32, u64> = BTreeMap::new();
        for committed in &self.committed {
            for (&instance, &interval_ms) in &committed.intervals {
                let least = intervals.entry(instance).or_insert(interval_ms);
                *least = interval_ms.min(*least);
            }
        }
        let mut phases = Phases::default();
        // Results of queries stand on a grid of their own.
        if self.plan.transport == Transport::QueryRange {
            return phases;
        }
        for (id, interval_ms) in intervals {
            if let Some((b"instance", instance)) = table.get(LabelId(id)) {
                let shift_ms = rewriter.phase(instance, interval_ms);
                let ms = |ms: u64| i64::try_from(ms).unwrap_or_default();
                phases.set(LabelId(id), ms(shift_ms), ms(interval_ms));
            }
        }
        phases
    }

    /// Searches the labels and the name of the bundle.
    fn search(&self, watch: &Watch, labels: &CleanLabels) -> Result<Findings, AuditError> {
        let name = match &self.plan.target {
            Target::File(path) => path.file_name(),
            Target::Archive | Target::Lines => None,
        };
        let name = name.map(|name| name.to_string_lossy());
        watch.before(labels, name.as_deref())
    }

    /// What all slices together tell about each job.
    fn evidence(&self) -> BTreeMap<LabelId, JobEvidence> {
        let mut sum: BTreeMap<LabelId, JobEvidence> = BTreeMap::new();
        for committed in &self.committed {
            for (&job, evidence) in &committed.evidence {
                sum.entry(LabelId(job)).or_default().merge(evidence);
            }
        }
        sum
    }

    /// Writes the map before the bundle gets its name: a bundle without its map would be worse than
    /// a map without its bundle.
    fn save_map(&self, rewriter: &Rewriter) -> Result<Option<PathBuf>, Error> {
        match &self.plan.map_folder {
            Some(folder) if rewriter.replaced().any() => {
                Ok(Some(save_map(folder, rewriter.map())?))
            }
            _ => Ok(None),
        }
    }

    /// Bytes below which no bundle of what is staged stays, with much to spare: replicas may send
    /// everything several times, blocks are shorter than staged text, thinning leaves any share.
    fn least_bytes(&self) -> u64 {
        let staged: u64 = self.committed.iter().map(|slice| slice.part.bytes).sum();
        match (self.plan.thin_ms, self.plan.transport, self.plan.format) {
            (Some(_), _, _) => 0,
            (None, Transport::Native, Format::Jsonl) => staged / 3,
            _ => staged / 12,
        }
    }

    fn seal_file(&self, path: &Path, clean: &Clean) -> Result<(Metadata, Written), SealError> {
        // The lock on the staging folder proves that no other process works on this export.
        let file = PendingFile::create(path, Leftover::Replace)?;
        let archive = Archive::new(file, self.plan.started);
        let (metadata, file) = self
            .fill(archive, clean)
            .map_err(|error| error.writing(&partial_path(path)))?;
        let sealed = file.commit()?;
        let written = Written {
            archive: Some(sealed.path),
            sha256: Some(sealed.sha256),
            size_bytes: sealed.size_bytes,
        };
        Ok((metadata, written))
    }

    fn seal_archive(
        &self,
        writer: Writer,
        clean: &Clean,
    ) -> Result<(Metadata, Written), SealError> {
        let writer = HashingWriter::new(writer);
        let archive = Archive::new(writer, self.plan.started);
        let (metadata, writer) = self.fill(archive, clean)?;
        let (mut writer, digest) = writer.finish().map_err(SealError::Lines)?;
        writer.flush().map_err(SealError::Lines)?;
        let written = Written {
            archive: None,
            sha256: Some(digest.sha256),
            size_bytes: digest.size_bytes,
        };
        Ok((metadata, written))
    }

    fn write_lines(&self, writer: Writer, clean: &Clean) -> Result<(Metadata, Written), SealError> {
        let mut output = LinesOutput::new(writer);
        let totals = seal(
            &self.source(clean),
            &mut output,
            None,
            &*self.events,
            &self.cancel,
        )?;
        let written = Written {
            archive: None,
            sha256: None,
            size_bytes: output.end()?,
        };
        Ok((self.metadata(totals, None, clean), written))
    }

    /// Writes all entries of the bundle.
    fn fill<W: Write>(
        &self,
        mut archive: Archive<W>,
        clean: &Clean,
    ) -> Result<(Metadata, W), SealError> {
        let native = self.plan.format == Format::Native;
        let entry = if native { NATIVE_ENTRY } else { METRICS_ENTRY };
        let mut output = EntryOutput::new(archive.begin(entry)?);
        let mut text = HashingWriter::new(io::sink());
        if native {
            let header = self.stream_header(clean);
            output.begin(&header)?;
            text.write_all(&header).map_err(SealError::Lines)?;
        }
        let totals = seal(
            &self.source(clean),
            &mut output,
            Some(&mut text),
            &*self.events,
            &self.cancel,
        )?;
        output.end()?;
        let (_, digest) = text.finish().map_err(SealError::Lines)?;
        let metadata = self.metadata(totals, Some(digest.sha256), clean);
        if let Some(watch) = &clean.watch {
            watch.metadata(&metadata)?;
        }
        archive.entry(METADATA_ENTRY, &metadata.to_json()?)?;
        archive.entry(README_ENTRY, readme(&metadata).as_bytes())?;
        Ok((metadata, archive.finish()?))
    }

    /// The range that servers hold native data against: later than asked for by what timestamps may
    /// be shifted.
    fn stream_header(&self, clean: &Clean) -> Vec<u8> {
        let range = self.plan.range;
        let mut header = Vec::with_capacity(StreamHeader::BYTES);
        StreamHeader {
            start_ms: range.start_ms,
            end_ms: range.end_ms.saturating_add(clean.phases.below_ms()),
        }
        .write(&mut header);
        header
    }

    fn source<'a>(&self, clean: &'a Clean) -> Source<'a> {
        let parts = self.committed.iter().map(|committed| SealPart {
            path: self.staging.folder().file(&committed.file),
            summary: committed.part,
            range: committed.range,
            samples: committed.samples,
        });
        Source {
            format: self.plan.format,
            parts: parts.collect(),
            labels: &clean.labels,
            phases: &clean.phases,
            watch: clean.watch.as_ref(),
            thin_ms: self.plan.thin_ms,
            several_windows: self.has_several_windows(),
        }
    }

    /// Whether a series may be in several parts.
    fn has_several_windows(&self) -> bool {
        self.committed
            .windows(2)
            .any(|pair| pair[0].range != pair[1].range)
    }

    fn metadata(&self, totals: Totals, sha256: Option<String>, clean: &Clean) -> Metadata {
        let plan = &self.plan;
        let rewriter = &clean.rewriter;
        let audited = clean.watch.as_ref().zip(clean.findings.as_ref());
        let mut warnings = plan.warnings.clone();
        if totals.series == 0 {
            warnings.push(Warning::NoSeries);
        }
        if self.committed.iter().any(|slice| !slice.proven_complete) {
            warnings.push(Warning::CompletenessUnproven);
        }
        if totals.merged_series > 0 {
            warnings.push(Warning::SeriesMerged);
        }
        if audited.is_some_and(|(_, findings)| !findings.is_clean()) {
            warnings.push(Warning::AuditFindingsAccepted);
        }
        for &warning in &warnings[plan.warnings.len()..] {
            self.events.event(&Event::Warning {
                code: warning,
                text: warning.sentence().to_owned(),
            });
        }
        let obfuscated = rewriter.replaced().any();
        Metadata {
            format_version: FORMAT_VERSION,
            export_id: plan.export_id.to_string(),
            export_date: plan.started,
            time_range: RequestedRange {
                start: timestamp(plan.range.start_ms),
                end: timestamp(plan.range.end_ms),
            },
            components: self.components(),
            jobs: self.jobs(rewriter),
            metrics_count: totals.lines,
            series_count: Some(totals.series),
            sample_count: Some(totals.samples),
            duplicate_samples_removed: Some(totals.copies),
            method: Some(match plan.transport {
                Transport::Native => Method::Native,
                Transport::Json => Method::Export,
                Transport::QueryRange => Method::QueryRange,
            }),
            metric_step_seconds: plan.step_ms.map(|ms| ms as f64 / 1000.0),
            format: plan.format,
            obfuscated,
            obfuscation: obfuscated.then(|| summary(rewriter, clean.phases.len())),
            // Without a folder for it there is no map that the id could name.
            map_id: (obfuscated && plan.map_folder.is_some())
                .then(|| rewriter.map().id().to_owned()),
            audit: audited.map(|(watch, findings)| watch.summary(findings)),
            warnings,
            metrics_sha256: sha256,
            case: plan.case.as_deref().map(|case| rewriter.text(case)),
            note: plan.note.as_deref().map(|note| rewriter.text(note)),
            vmgather_version: self.version.clone(),
        }
    }

    /// Components as chosen, else as recognised; only names of the public vocabulary.
    fn components(&self) -> Vec<String> {
        let mut components = self.plan.components.clone();
        if components.is_empty() {
            let recognised = self.evidence();
            let recognised = recognised
                .values()
                .filter_map(|evidence| evidence.component());
            components = recognised
                .map(|component| component.as_str().to_owned())
                .collect();
            components.sort();
        }
        if !self.plan.rules.is_off() {
            components.retain(|name| privacy::COMPONENTS.contains(&name.as_str()));
        }
        distinct(components)
    }

    /// Jobs as chosen, else as found, in the form in which they leave.
    fn jobs(&self, rewriter: &Rewriter) -> Vec<String> {
        if !self.plan.jobs.is_empty() {
            return distinct(self.plan.jobs.iter().map(|job| rewriter.job(job)).collect());
        }
        let table = self.staging.labels.lock();
        let mut jobs: Vec<String> = found_jobs(&table).map(|job| rewriter.job(&job)).collect();
        jobs.sort();
        distinct(jobs)
    }

    /// Removes the staging folder: the result is complete. Where that fails the result still counts,
    /// but somebody has to know of the folder, for it holds originals.
    fn clear(self) -> Option<PathBuf> {
        let path = self.staging.folder().path().to_owned();
        let removed = Arc::into_inner(self.staging).map(Staging::remove);
        match removed {
            Some(Ok(())) => None,
            Some(Err(error)) => {
                tracing::warn!(%error, "the staging folder stays");
                Some(path)
            }
            None => Some(path),
        }
    }
}

fn found_jobs(table: &LabelTable) -> impl Iterator<Item = String> {
    table
        .iter()
        .filter(|(name, value)| *name == b"job" && !value.is_empty())
        .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
}

fn summary(rewriter: &Rewriter, shifted: usize) -> ObfuscationSummary {
    let replaced = rewriter.replaced();
    let counts = [
        (Replaced::Hosts, replaced.hosts),
        (Replaced::Jobs, replaced.jobs),
        (Replaced::LabelValues, replaced.label_values),
        (Replaced::Identifiers, replaced.identifiers),
        (Replaced::LabelNames, replaced.label_names),
        (Replaced::MetricNames, replaced.metric_names),
        (Replaced::ScrapePhases, shifted),
    ];
    ObfuscationSummary {
        level: match rewriter.rules().level() {
            Level::Standard => ObfuscationLevel::Standard,
            Level::Strict => ObfuscationLevel::Strict,
        },
        replaced: counts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| (kind, count as u64))
            .collect(),
    }
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).expect("a time range lies between 1970 and 2262")
}

/// The numbers of a slice id: pieces of a slice stay where it was.
fn slice_order(id: &str) -> Vec<u32> {
    id.split('.')
        .filter_map(|number| number.parse().ok())
        .collect()
}
