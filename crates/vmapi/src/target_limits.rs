//! What a target would drop without a word.

use crate::byte_size::parse_byte_size;
use crate::dialect::Dialect;
use crate::duration_text::{MONTH_MS, duration_ms};
use crate::error::Error;
use crate::masked_url::MaskedUrl;
use crate::metrics_page::Facts;
use crate::retention::Retention;

/// The limits of a target, `None` where they could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetLimits {
    /// Older samples are dropped.
    pub retention: Option<Retention>,
    /// Samples that lie more milliseconds ahead are dropped; servers without the setting take two
    /// days.
    pub future_retention_ms: Option<i64>,
    /// Most labels of a series, `__name__` included; `None` also where there is no limit. Newer servers ignore a series with more, older
    /// ones keep it without the labels over the limit.
    pub max_labels: Option<u32>,
    /// Longest JSON line, in bytes: a longer one ends the import with status 400.
    pub max_line_bytes: Option<u64>,
    /// Of the samples of a series, one per so many milliseconds is kept; 0 keeps all.
    pub dedup_interval_ms: Option<i64>,
    /// The version, where the build has one.
    pub version: Option<String>,
    /// What the version means for the data.
    pub dialect: Dialect,
    /// Why something is not known, for a person.
    pub notes: Vec<String>,
}

impl TargetLimits {
    /// Nothing is known, because `/metrics` could not be read.
    pub(crate) fn unknown(reason: &Error) -> Self {
        Self {
            notes: vec![format!("the limits of the target are unknown: {reason}")],
            ..Self::default()
        }
    }

    /// What a page of `/metrics` says.
    pub(crate) fn of(url: &MaskedUrl, facts: &Facts) -> Self {
        let mut notes = Vec::new();
        let retention = match facts.flag("retentionPeriod") {
            None => {
                let process = match facts.component() {
                    Some(component) => format!("a {component}"),
                    None => "another process than the storage".to_owned(),
                };
                notes.push(format!(
                    "the retention of the target is unknown: `{url}` is that of {process}"
                ));
                None
            }
            Some(text) => Retention::parse(text)
                .map_err(|error| {
                    notes.push(format!("the retention of the target is unknown: {error}"))
                })
                .ok(),
        };
        Self {
            retention,
            future_retention_ms: read(facts, &mut notes, "futureRetention", |text| {
                duration_ms(text, MONTH_MS)
            }),
            max_labels: read(facts, &mut notes, "maxLabelsPerTimeseries", |text| {
                text.parse().ok()
            })
            .filter(|most| *most > 0),
            max_line_bytes: read(facts, &mut notes, "import.maxLineLen", parse_byte_size),
            dedup_interval_ms: read(facts, &mut notes, "dedup.minScrapeInterval", |text| {
                duration_ms(text, 1.0)
            }),
            version: facts.version.clone(),
            dialect: Dialect::default(),
            notes,
        }
    }

    /// Takes the retention that was found elsewhere, which settles what the page left open.
    pub(crate) fn set_retention(&mut self, retention: Retention) {
        self.notes
            .retain(|note| !note.starts_with("the retention "));
        self.retention = Some(retention);
    }
}

fn read<T>(
    facts: &Facts,
    notes: &mut Vec<String>,
    flag: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let text = facts.flag(flag)?;
    let value = parse(text);
    if value.is_none() {
        notes.push(format!(
            "the target's flag `-{flag}={text}` cannot be understood"
        ));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(flags: &[(&str, &str)]) -> TargetLimits {
        let mut facts = Facts::default();
        for (name, value) in flags {
            facts.add(&format!("flag{{name=\"{name}\", value=\"{value}\"}} 1"));
        }
        let url = url::Url::parse("http://vm:8428/metrics?key=secret").unwrap();
        TargetLimits::of(&url.into(), &facts)
    }

    #[test]
    fn flags_are_read_with_their_units() {
        let limits = limits(&[
            ("retentionPeriod", "1"),
            ("futureRetention", "2d"),
            ("maxLabelsPerTimeseries", "40"),
            ("import.maxLineLen", "10MiB"),
            ("dedup.minScrapeInterval", "1m30s"),
        ]);
        assert_eq!(limits.retention, Retention::parse("1").ok());
        assert_eq!(limits.future_retention_ms, Some(2 * 86_400_000));
        assert_eq!(limits.max_labels, Some(40));
        assert_eq!(limits.max_line_bytes, Some(10 << 20));
        assert_eq!(limits.dedup_interval_ms, Some(90_000));
        assert!(limits.notes.is_empty(), "{:?}", limits.notes);
    }

    #[test]
    fn another_process_than_the_storage_is_named() {
        for (flags, name) in [
            (&[("auth.config", "/a")][..], "a vmauth"),
            (&[("remoteWrite.tmpDataPath", "/a")], "a vmagent"),
            (
                &[("storageNode", "x"), ("maxLabelsPerTimeseries", "30")],
                "a vminsert",
            ),
            (&[("x", "y")], "another process"),
        ] {
            let limits = limits(flags);
            assert_eq!(limits.retention, None);
            let [note] = &limits.notes[..] else {
                panic!("{:?}", limits.notes);
            };
            assert!(note.contains(name) && !note.contains("secret"), "{note}");
        }
    }

    #[test]
    fn no_limit_of_labels_is_not_a_limit_of_none() {
        assert_eq!(limits(&[("maxLabelsPerTimeseries", "0")]).max_labels, None);
    }

    #[test]
    fn what_cannot_be_understood_is_noted() {
        let mut limits = limits(&[("retentionPeriod", "ever"), ("import.maxLineLen", "long")]);
        assert_eq!((limits.notes.len(), limits.max_line_bytes), (2, None));
        limits.set_retention(Retention::parse("30d").unwrap());
        assert_eq!(limits.notes.len(), 1);
        assert!(limits.notes[0].contains("-import.maxLineLen=long"));
    }
}
