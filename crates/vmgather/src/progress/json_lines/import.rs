//! The events of an import.

use replay::{Event, Sent};
use serde::Serialize;

use super::{JsonLines, write};
use crate::commands::import::{Description, DoneLine, Imported};
use crate::failure::Failure;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Planned {
        #[serde(flatten)]
        description: &'a Description,
    },
    Checking {
        done: u64,
        total: u64,
    },
    Started {
        import_id: &'a str,
        #[serde(flatten)]
        sent: SentLine,
    },
    Sent {
        #[serde(flatten)]
        sent: SentLine,
    },
    Retrying {
        attempt: u32,
        wait_seconds: f64,
        reason: &'a str,
    },
    Comparing {
        done: usize,
        total: usize,
    },
    Cancelled {
        import_id: Option<&'a str>,
        resume: Option<&'a str>,
    },
}

#[derive(Serialize)]
struct SentLine {
    requests: u64,
    samples: u64,
    bytes: u64,
    done: u64,
    total: u64,
}

impl From<&Sent> for SentLine {
    fn from(sent: &Sent) -> Self {
        Self {
            requests: sent.chunks,
            samples: sent.samples,
            bytes: sent.bytes,
            done: sent.done,
            total: sent.total,
        }
    }
}

impl JsonLines {
    pub(in crate::progress) fn import_planned(
        &self,
        description: &Description,
    ) -> Result<(), Failure> {
        write(&Line::Planned { description })
    }

    pub(in crate::progress) fn import_event(&mut self, event: &Event) -> Result<(), Failure> {
        let only_counts = matches!(
            event,
            Event::Checking { .. } | Event::Sent(_) | Event::Verifying { .. }
        );
        if only_counts && !self.pace.is_due() {
            return Ok(());
        }
        match event {
            Event::Checking { done, total } => write(&Line::Checking {
                done: *done,
                total: *total,
            }),
            Event::Started { import_id, sent } => write(&Line::Started {
                import_id,
                sent: sent.into(),
            }),
            Event::Sent(sent) => write(&Line::Sent { sent: sent.into() }),
            Event::Retrying {
                attempt,
                wait,
                reason,
            } => write(&Line::Retrying {
                attempt: *attempt,
                wait_seconds: wait.as_secs_f64(),
                reason,
            }),
            Event::Verifying { done, total } => write(&Line::Comparing {
                done: *done,
                total: *total,
            }),
            _ => Ok(()),
        }
    }

    pub(in crate::progress) fn imported(&self, imported: &Imported) -> Result<(), Failure> {
        write(&DoneLine::new(imported))
    }

    pub(in crate::progress) fn import_cancelled(
        &self,
        import_id: Option<&str>,
        resume: Option<&str>,
    ) -> Result<(), Failure> {
        write(&Line::Cancelled { import_id, resume })
    }
}
