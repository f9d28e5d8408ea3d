//! JSON lines on stdout: one object per event.
//!
//! The word in `type` tells the event; its fields are documented one by one in
//! `docs/scripting.md`. A value that is not known is `null`. Later versions may add types and
//! fields; those here keep their meaning.

mod import;

use std::path::Path;
use std::time::Duration;

use gather::{AuditReport, Event, Fetched};
use serde::Serialize;

use super::Pace;
use crate::failure::Failure;
use crate::printer;
use crate::summary::Summary;

/// Fine enough for a display, few enough for a log.
const INTERVAL: Duration = Duration::from_millis(200);

/// Writes each event at once, but of those that only count on only a few a second.
pub(super) struct JsonLines {
    pace: Pace,
    slices_done: usize,
    sealing: bool,
}

impl Default for JsonLines {
    fn default() -> Self {
        Self {
            pace: Pace::every(INTERVAL),
            slices_done: 0,
            sealing: false,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Planned {
        export_id: &'a str,
        transport: &'a str,
        slices_total: usize,
        slices_done: usize,
    },
    Fetched {
        slices_done: usize,
        slices_total: usize,
        series: u64,
        samples: u64,
        bytes: u64,
    },
    Retrying {
        #[serde(skip_serializing_if = "Option::is_none")]
        slice: Option<&'a str>,
        attempt: u32,
        wait_seconds: f64,
        reason: &'a str,
    },
    Split {
        slice: &'a str,
        into: usize,
        reason: &'a str,
    },
    Sealing {
        samples_done: u64,
        samples_total: u64,
        bytes: u64,
    },
    Warning {
        code: Option<bundle::Warning>,
        text: &'a str,
    },
    Done {
        export_id: &'a str,
        bundle: Option<&'a Path>,
        size_bytes: u64,
        sha256: Option<&'a str>,
        lines: u64,
        series: Option<u64>,
        samples: Option<u64>,
        duplicate_samples_removed: Option<u64>,
        obfuscated: bool,
        values_stayed: Option<u64>,
        labels_stayed: Option<usize>,
        map: Option<&'a Path>,
        warnings: &'a [bundle::Warning],
        elapsed_seconds: f64,
    },
    Cancelled {
        export_id: Option<&'a str>,
        resume: Option<&'a str>,
    },
    Error {
        message: &'a str,
        causes: &'a [String],
        hints: &'a [String],
        exit_code: i32,
    },
}

impl JsonLines {
    pub(super) fn event(&mut self, event: &Event) -> Result<(), Failure> {
        if !self.is_worth_a_line(event) {
            return Ok(());
        }
        match event {
            Event::Planned {
                export_id,
                transport,
                slices,
                slices_done,
            } => write(&Line::Planned {
                export_id,
                transport: transport.as_str(),
                slices_total: *slices,
                slices_done: *slices_done,
            }),
            Event::Fetched(Fetched {
                slices_done,
                slices_total,
                series,
                samples,
                bytes,
                range: _,
            }) => write(&Line::Fetched {
                slices_done: *slices_done,
                slices_total: *slices_total,
                series: *series,
                samples: *samples,
                bytes: *bytes,
            }),
            Event::Retrying {
                slice,
                attempt,
                wait,
                reason,
            } => write(&Line::Retrying {
                slice: slice.as_deref(),
                attempt: *attempt,
                wait_seconds: wait.as_secs_f64(),
                reason,
            }),
            Event::Split {
                slice,
                into,
                reason,
            } => write(&Line::Split {
                slice,
                into: *into,
                reason,
            }),
            Event::Sealing {
                samples_done,
                samples_total,
                bytes,
            } => write(&Line::Sealing {
                samples_done: *samples_done,
                samples_total: *samples_total,
                bytes: *bytes,
            }),
            Event::Warning { code, text } => self.warning(Some(*code), text),
            _ => Ok(()),
        }
    }

    fn is_worth_a_line(&mut self, event: &Event) -> bool {
        match event {
            Event::Fetched(fetched) => {
                let another_slice = fetched.slices_done != self.slices_done;
                self.slices_done = fetched.slices_done;
                self.pace.is_due() || another_slice
            }
            Event::Sealing { .. } => {
                let first = !std::mem::replace(&mut self.sealing, true);
                self.pace.is_due() || first
            }
            _ => true,
        }
    }

    pub(super) fn warning(&self, code: Option<bundle::Warning>, text: &str) -> Result<(), Failure> {
        write(&Line::Warning { code, text })
    }

    pub(super) fn done(&self, summary: &Summary) -> Result<(), Failure> {
        let report = summary.report();
        let metadata = &report.metadata;
        let audit = summary.audit();
        write(&Line::Done {
            export_id: &report.export_id,
            bundle: report.archive.as_deref(),
            size_bytes: report.size_bytes,
            sha256: report.sha256.as_deref(),
            lines: metadata.metrics_count,
            series: metadata.series_count,
            samples: metadata.sample_count,
            duplicate_samples_removed: metadata.duplicate_samples_removed,
            obfuscated: metadata.obfuscated,
            values_stayed: audit.as_ref().map(AuditReport::values_stayed),
            labels_stayed: audit.as_ref().map(|audit| audit.stayed.len()),
            map: report.map.as_deref(),
            warnings: &metadata.warnings,
            elapsed_seconds: summary.elapsed().as_secs_f64(),
        })
    }

    pub(super) fn cancelled(
        &self,
        export_id: Option<&str>,
        resume: Option<&str>,
    ) -> Result<(), Failure> {
        write(&Line::Cancelled { export_id, resume })
    }

    pub(super) fn failed(&self, failure: &Failure) -> Result<(), Failure> {
        write(&Line::Error {
            message: failure.message(),
            causes: failure.causes(),
            hints: failure.hints(),
            exit_code: failure.exit() as i32,
        })
    }
}

fn write(line: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_vec(line)
        .map_err(|error| Failure::failed("cannot write an event").because(error))?;
    text.push(b'\n');
    printer::stdout(&text)
}
