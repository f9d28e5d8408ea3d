//! The findings of an audit as JSON, for their owner.

use std::collections::BTreeMap;

use audit::Findings;
use serde::Serialize;

use crate::watch::advice;

/// Everything an audit found. It holds originals and values that may be secrets: it is for the eyes
/// of the owner and never for the bundle.
#[derive(Clone, Debug, Serialize)]
pub struct AuditReport {
    /// Distinct texts that were searched.
    pub texts: u64,
    /// What may be originals, by place.
    pub hits: Vec<ReportedHit>,
    /// The labels with values that stayed as they were, and these values.
    pub stayed: BTreeMap<String, StayedValues>,
    /// Values that stayed in labels for which `stayed` has no room.
    pub unlisted: u64,
}

/// Hits of one kind at one place.
#[derive(Clone, Debug, Serialize)]
pub struct ReportedHit {
    /// A label, or such as `file name`.
    pub place: String,
    /// Such as `IP address`.
    pub kind: String,
    /// Distinct texts that hold one.
    pub texts: u64,
    /// How often such texts came past, as in each line of a series.
    pub occurrences: u64,
    /// The first of the texts in alphabetical order.
    pub examples: Vec<String>,
    /// The option that would cover it.
    pub covered_by: String,
}

/// The values of one label that stayed as they were.
#[derive(Clone, Debug, Serialize)]
pub struct StayedValues {
    /// The first in alphabetical order; long ones are cut and end in `…`.
    pub values: Vec<String>,
    /// How many there are besides.
    pub more: u64,
}

impl StayedValues {
    /// How many distinct values there are.
    pub fn count(&self) -> u64 {
        self.values.len() as u64 + self.more
    }
}

impl AuditReport {
    /// What was found, in the order of places and labels.
    pub fn new(findings: &Findings) -> Self {
        let hits = findings.hits().map(|hit| ReportedHit {
            place: hit.place().to_string(),
            kind: hit.code().to_string(),
            texts: hit.texts(),
            occurrences: hit.occurrences(),
            examples: hit.examples().map(str::to_owned).collect(),
            covered_by: advice(hit.place(), hit.code()),
        });
        let stayed = findings.stayed().map(|(label, stayed)| {
            let values = StayedValues {
                values: stayed.values().map(str::to_owned).collect(),
                more: stayed.more(),
            };
            (label.to_owned(), values)
        });
        Self {
            texts: findings.texts(),
            hits: hits.collect(),
            stayed: stayed.collect(),
            unlisted: findings.unlisted(),
        }
    }

    /// How many distinct values stayed, each label by itself.
    pub fn values_stayed(&self) -> u64 {
        self.stayed.values().map(StayedValues::count).sum::<u64>() + self.unlisted
    }
}
