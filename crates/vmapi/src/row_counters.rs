//! How many rows a server took, refused and ignored.

use crate::metrics_text::MetricLine;

/// Samples that a server counted since its start, from its `/metrics`.
///
/// Servers renew the page about once per second, so the counters lag behind an acknowledged
/// import; and whoever else writes to the server is counted too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounters {
    /// Samples read from imports of JSON lines and native data. Dropped ones are among them.
    pub inserted: u64,
    /// Lines of imports that could not be read.
    pub invalid: u64,
    /// Samples dropped for a reason that names no format: out of the retention, too far ahead,
    /// series with too many or too long labels.
    pub ignored: u64,
}

impl RowCounters {
    /// What was counted after an earlier look; `None` if the server was restarted in between.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        Some(Self {
            inserted: self.inserted.checked_sub(earlier.inserted)?,
            invalid: self.invalid.checked_sub(earlier.invalid)?,
            ignored: self.ignored.checked_sub(earlier.ignored)?,
        })
    }

    /// Takes note of a line of `/metrics`.
    pub(crate) fn add(counters: &mut Option<Self>, line: &MetricLine<'_>) {
        let is_import = || {
            let kind = line.label("type");
            matches!(kind.as_deref(), Some("vmimport" | "native"))
        };
        let count = |counter: &mut u64| *counter = counter.saturating_add(line.value as u64);
        match line.name {
            "vm_rows_inserted_total" if is_import() => {
                count(&mut counters.get_or_insert_default().inserted);
            }
            "vm_rows_invalid_total" if is_import() => {
                count(&mut counters.get_or_insert_default().invalid);
            }
            "vm_rows_ignored_total" => count(&mut counters.get_or_insert_default().ignored),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_summed_and_other_formats_are_not() {
        let mut counters = None;
        for line in [
            r#"vm_rows_inserted_total{type="vmimport"} 5"#,
            r#"vm_rows_inserted_total{type="native"} 2"#,
            r#"vm_rows_inserted_total{type="promscrape"} 1000"#,
            r#"vm_rows_invalid_total{type="vmimport"} 3"#,
            r#"vm_rows_invalid_total{type="influx"} 1000"#,
            r#"vm_rows_ignored_total{reason="big_timestamp"} 4"#,
            r#"vm_rows_ignored_total{reason="too_many_labels"} 6"#,
        ] {
            RowCounters::add(&mut counters, &MetricLine::parse(line).unwrap());
        }
        let expected = RowCounters {
            inserted: 7,
            invalid: 3,
            ignored: 10,
        };
        assert_eq!(counters, Some(expected));
        assert_eq!(expected.since(&RowCounters::default()), Some(expected));
        assert_eq!(RowCounters::default().since(&expected), None);
    }
}
