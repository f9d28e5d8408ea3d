//! `README.txt`: the bundle explained to the person who opens it.
//!
//! Made from the metadata alone, so it can tell no more than they do.

use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};

use crate::metadata::{Format, Metadata, ObfuscationLevel, Replaced};
use crate::reader::{METADATA_ENTRY, METRICS_ENTRY, NATIVE_ENTRY, README_ENTRY};

const TITLE: &str = "VictoriaMetrics support bundle, made by vmgather";

/// How native data get into a server without any tool of ours.
const NATIVE_IMPORT: &str =
    "unzip -p BUNDLE.zip metrics.native | curl -T - http://VM:8428/api/v1/import/native";

/// The content of `README.txt`.
pub fn readme(metadata: &Metadata) -> String {
    let mut text = String::new();
    let mut line = |content: &str| {
        // Free text of the sender must not fake further lines or steer a terminal.
        text.extend(
            content
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c }),
        );
        text.push('\n');
    };

    line(TITLE);
    line(&"=".repeat(TITLE.len()));
    line("");
    line(&format!("Export id:   {}", metadata.export_id));
    line(&format!("Export date: {}", utc(metadata.export_date)));
    line(&format!(
        "Time range:  {} to {}",
        utc(metadata.time_range.start),
        utc(metadata.time_range.end)
    ));
    line("");
    if metadata.components.is_empty() {
        line("Components: none chosen by name");
    } else {
        line("Components:");
        for component in &metadata.components {
            line(&format!("  - {component}"));
        }
    }
    line("");
    line(&format!("Content: {}", content(metadata)));
    for warning in &metadata.warnings {
        line(&format!("Note: {}", warning.sentence()));
    }
    if metadata.obfuscated {
        line("");
        obfuscation(metadata, &mut line);
    }
    line("");
    line("Files:");
    if metadata.format == Format::Native {
        line(&format!(
            "  {NATIVE_ENTRY} the samples, as blocks for /api/v1/import/native"
        ));
    } else {
        line(&format!(
            "  {METRICS_ENTRY}  the samples, one JSON object per line, for /api/v1/import"
        ));
    }
    line(&format!(
        "  {METADATA_ENTRY}  what was exported, when and how, for programs"
    ));
    line(&format!("  {README_ENTRY}     this text"));
    if metadata.format == Format::Native {
        line("");
        line("To load it into VictoriaMetrics 1.82 or later, with its address in place of VM:");
        line(&format!("  {NATIVE_IMPORT}"));
    }
    line("");
    line(
        "Send the whole ZIP file, as it is, to the VictoriaMetrics support engineer who asked for it.",
    );
    if let Some(case) = &metadata.case {
        line(&format!("It belongs to case {case}."));
    }
    if let Some(note) = &metadata.note {
        line(&format!("The sender notes: {note}"));
    }
    line("");
    line(&format!("vmgather version: {}", metadata.vmgather_version));
    text
}

/// Counts, as far as the metadata have them.
fn content(metadata: &Metadata) -> String {
    let unit = match metadata.format {
        Format::Native => "blocks",
        _ => "lines",
    };
    let mut text = format!("{} {unit}", grouped(metadata.metrics_count));
    if let Some(series) = metadata.series_count {
        let _ = write!(text, ", {} series", grouped(series));
    }
    if let Some(samples) = metadata.sample_count {
        let _ = write!(text, ", {} samples", grouped(samples));
    }
    text
}

/// Says what was replaced by what, and where the way back is.
fn obfuscation(metadata: &Metadata, line: &mut impl FnMut(&str)) {
    line("Obfuscation: names in this bundle were replaced by pseudonyms before it was written.");
    let Some(summary) = &metadata.obfuscation else {
        return;
    };
    for (kind, count) in &summary.replaced {
        line(&format!("  - {}: {}", replaced(*kind), grouped(*count)));
    }
    line(match summary.level {
        ObfuscationLevel::Strict => {
            "Everything that is not known to be harmless was replaced (strict level)."
        }
        _ => {
            "What is not known to name machines, people or places stands as it was (standard level)."
        }
    });
    line(if metadata.map_id.is_some() {
        "The map back to the original names is not in this bundle; it stays with the sender."
    } else {
        "No map back to the original names was kept."
    });
}

fn replaced(kind: Replaced) -> &'static str {
    match kind {
        Replaced::Hosts => "hosts and addresses, now 777.777.x.y (ports are kept)",
        Replaced::Jobs => "jobs, now <component>-job-<n> or job-<n>",
        Replaced::LabelValues => "values of other labels or parts of them, now <label>-<n>",
        Replaced::Identifiers => {
            "users, passwords, tokens and ids, now user-<n>, token-<n> and so on"
        }
        Replaced::LabelNames => "label names",
        Replaced::MetricNames => "metric names",
        Replaced::ScrapePhases => {
            "targets whose timestamps are shifted by less than a scrape interval"
        }
        Replaced::Unknown => "names of a kind that this version does not know",
    }
}

fn utc(time: Timestamp) -> String {
    let utc = time.to_zoned(TimeZone::UTC);
    utc.strftime("%Y-%m-%d %H:%M:%S%.f UTC").to_string()
}

/// The number with a comma between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::example;

    #[test]
    fn tells_everything_in_order() {
        let expected = "\
VictoriaMetrics support bundle, made by vmgather
================================================

Export id:   export-1769169600-00c0ffee
Export date: 2026-01-23 13:00:05.25 UTC
Time range:  2026-01-23 12:00:00 UTC to 2026-01-23 13:00:00 UTC

Components:
  - vmstorage
  - vmselect

Content: 34,000 lines, 34,000 series, 16,320,000 samples
Note: The search for original names found some, and the sender accepted that.

Obfuscation: names in this bundle were replaced by pseudonyms before it was written.
  - hosts and addresses, now 777.777.x.y (ports are kept): 12
  - jobs, now <component>-job-<n> or job-<n>: 1
What is not known to name machines, people or places stands as it was (standard level).
The map back to the original names is not in this bundle; it stays with the sender.

Files:
  metrics.jsonl  the samples, one JSON object per line, for /api/v1/import
  metadata.json  what was exported, when and how, for programs
  README.txt     this text

Send the whole ZIP file, as it is, to the VictoriaMetrics support engineer who asked for it.
It belongs to case 4711.

vmgather version: 0.1.0
";
        assert_eq!(readme(&example()), expected);
    }

    #[test]
    fn says_nothing_of_obfuscation_where_nothing_was_replaced() {
        let plain = Metadata {
            obfuscated: false,
            obfuscation: None,
            warnings: vec![],
            ..example()
        };
        let text = readme(&plain);
        assert!(
            !text.contains("seudonym") && !text.contains("Note:"),
            "{text}"
        );
    }

    #[test]
    fn native_bundles_tell_how_to_load_them() {
        let text = readme(&Metadata {
            format: Format::Native,
            ..example()
        });
        assert!(text.contains("Content: 34,000 blocks, "), "{text}");
        assert!(text.contains("  metrics.native "), "{text}");
        assert!(text.contains(NATIVE_IMPORT), "{text}");
    }

    #[test]
    fn free_text_cannot_fake_lines() {
        let text = readme(&Metadata {
            note: Some("one\nvmgather version: 9\u{1b}[31m".into()),
            ..example()
        });
        assert!(
            text.contains("The sender notes: one vmgather version: 9 [31m\n"),
            "{text}"
        );
    }

    #[test]
    fn numbers_are_grouped() {
        let all = [0, 12, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "12", "999", "1,000", "1,234,567"]);
    }
}
