//! What a finished export tells a person.

use std::fmt;
use std::time::Duration;

use bundle::Replaced;
use gather::{AuditReport, Report};
use indicatif::{HumanBytes, HumanCount};

use crate::run::quoted;

/// A finished export.
pub(crate) struct Summary {
    report: Report,
    elapsed: Duration,
}

impl Summary {
    pub(crate) fn new(report: Report, elapsed: Duration) -> Self {
        Self { report, elapsed }
    }

    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// Wall-clock time of this run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// What the audit saw.
    pub(crate) fn audit(&self) -> Option<AuditReport> {
        self.report.findings.as_ref().map(AuditReport::new)
    }

    /// What left as it was, in words, and how to see it.
    fn stayed(&self) -> Option<String> {
        let audit = self.audit()?;
        let phrase = stayed(audit.values_stayed(), audit.stayed.len());
        Some(match &self.report.archive {
            Some(path) => {
                let path = quoted(path);
                format!("{phrase}; list them with `vmgather verify --audit --values {path}`")
            }
            None => format!("{phrase}; list them with `--audit-report FILE`"),
        })
    }

    /// What was replaced, in words.
    fn obfuscation(&self) -> String {
        if !self.report.obfuscating {
            return "nothing was replaced: real names and addresses are in there".to_owned();
        }
        let Some(summary) = &self.report.metadata.obfuscation else {
            return "no host and no job to replace was found".to_owned();
        };
        let counts = summary.replaced.iter().map(|(kind, count)| {
            let noun = match kind {
                Replaced::Hosts => "host",
                Replaced::Jobs => "job",
                Replaced::LabelValues => "label value",
                Replaced::Identifiers => "identifier",
                Replaced::LabelNames => "label name",
                Replaced::MetricNames => "metric name",
                Replaced::ScrapePhases => "scrape phase",
                Replaced::Unknown => "other",
            };
            let plural = if *count == 1 { "" } else { "s" };
            format!("{} {noun}{plural}", HumanCount(*count))
        });
        format!("replaced {}", counts.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &self.report;
        let metadata = &report.metadata;
        let size = HumanBytes(report.size_bytes);
        match &report.archive {
            Some(path) => writeln!(f, "bundle       {} ({size})", path.display())?,
            None => writeln!(f, "written      {size} to stdout")?,
        }
        if let Some(sha256) = &report.sha256 {
            writeln!(f, "sha256       {sha256}")?;
        }
        if let Some(series) = metadata.series_count {
            writeln!(f, "series       {}", HumanCount(series))?;
        }
        if let Some(samples) = metadata.sample_count {
            let copies = match metadata.duplicate_samples_removed {
                Some(copies) if copies > 0 => {
                    format!(", {} exact copies left out", HumanCount(copies))
                }
                _ => String::new(),
            };
            writeln!(f, "samples      {}{copies}", HumanCount(samples))?;
        }
        writeln!(f, "privacy      {}", self.obfuscation())?;
        if let Some(stayed) = self.stayed() {
            writeln!(f, "stayed       {stayed}")?;
        }
        if let Some(map) = &report.map {
            writeln!(
                f,
                "map          {} (keep it, do not attach it)",
                map.display()
            )?;
        }
        if let Some(staging) = &report.staging_left {
            let path = staging.display();
            writeln!(
                f,
                "left over    {path} (could not be removed; it holds real names)"
            )?;
        }
        if !metadata.warnings.is_empty() {
            writeln!(f, "warnings     {}", metadata.warnings.len())?;
        }
        writeln!(f, "took         {}", words(self.elapsed))
    }
}

/// Such as `12 distinct values in 3 labels`.
pub(crate) fn stayed(values: u64, labels: usize) -> String {
    let plural = |count| if count == 1 { "" } else { "s" };
    format!(
        "{} distinct value{} in {} label{}",
        HumanCount(values),
        plural(values),
        HumanCount(labels as u64),
        plural(labels as u64)
    )
}

/// Tenths of a second at first, whole seconds of hours later.
pub(crate) fn words(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", elapsed.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_fine_as_they_need_to_be() {
        assert_eq!(words(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(words(Duration::from_secs(61)), "1 min 1 s");
        assert_eq!(words(Duration::from_secs(7_380)), "2 h 3 min");
    }
}
