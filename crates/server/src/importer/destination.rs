//! Where an upload goes, and what is being asked of it meanwhile.

use std::time::Duration;

use replay::TargetFacts;
use tokio::task::JoinHandle;
use vmapi::{Importer, TargetLimits, Timeouts};

use super::config::{ImportConfig, missing_endpoint};
use crate::reply::Problem;

/// How long an import waits for its target.
pub(super) const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    reply: Duration::from_secs(300),
    stall: Duration::from_secs(60),
};

/// A target that is being asked for its limits; none, if a bundle is only looked at.
pub(super) struct Destination {
    pub(super) config: ImportConfig,
    importer: Option<Importer>,
    limits: Option<LookUp>,
}

/// A question that ends with whoever asks.
struct LookUp(JoinHandle<TargetLimits>);

impl Drop for LookUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Destination {
    /// Begins to ask the target; nothing waits for it yet.
    ///
    /// # Errors
    ///
    /// The target cannot be used as it is written.
    pub(super) fn new(config: ImportConfig) -> Result<Self, Problem> {
        if config.names_no_target() {
            return Ok(Self {
                config,
                importer: None,
                limits: None,
            });
        }
        let importer = config.importer(TIMEOUTS)?;
        let asking = importer.clone();
        Ok(Self {
            config,
            importer: Some(importer),
            limits: Some(LookUp(tokio::spawn(async move { asking.limits().await }))),
        })
    }

    /// What writes to the target.
    ///
    /// # Errors
    ///
    /// The config names none.
    pub(super) fn importer(&self) -> Result<&Importer, Problem> {
        self.importer.as_ref().ok_or_else(missing_endpoint)
    }

    /// The limits of the target, as far as it tells them.
    pub(super) async fn limits(&mut self) -> TargetLimits {
        match &mut self.limits {
            Some(look_up) => (&mut look_up.0).await.unwrap_or_default(),
            None => TargetLimits {
                notes: vec!["no target is named, so its limits are unknown".to_owned()],
                ..TargetLimits::default()
            },
        }
    }

    /// What is known of a target with these limits. A limit of labels that somebody states wins over
    /// what the target says, because that may be another process.
    pub(super) fn facts(&self, limits: &TargetLimits) -> TargetFacts {
        let mut facts = TargetFacts::of(limits);
        facts.max_labels = self.config.max_labels.or(facts.max_labels);
        facts
    }

    /// What an import heeds: a series is left out only where both limits say that the target would
    /// not keep it. A stated limit that is too low must not cost samples.
    pub(super) fn facts_of_import(&self, limits: &TargetLimits) -> TargetFacts {
        let mut facts = TargetFacts::of(limits);
        facts.max_labels = self.config.max_labels.max(facts.max_labels);
        facts
    }
}
