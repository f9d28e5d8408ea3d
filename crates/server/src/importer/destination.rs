//! Where an upload goes, and what is being asked of it meanwhile.

use std::time::Duration;

use replay::TargetFacts;
use tokio::task::JoinHandle;
use vmapi::{Importer, TargetLimits, Timeouts};

use super::config::ImportConfig;
use crate::reply::Problem;

/// How long an import waits for its target.
pub(super) const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    reply: Duration::from_secs(300),
    stall: Duration::from_secs(60),
};

/// A target that is being asked for its limits.
pub(super) struct Destination {
    pub(super) config: ImportConfig,
    pub(super) importer: Importer,
    limits: LookUp,
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
        let importer = config.importer(TIMEOUTS)?;
        let asking = importer.clone();
        Ok(Self {
            config,
            importer,
            limits: LookUp(tokio::spawn(async move { asking.limits().await })),
        })
    }

    /// The limits of the target, as far as it tells them.
    pub(super) async fn limits(&mut self) -> TargetLimits {
        (&mut self.limits.0).await.unwrap_or_default()
    }

    /// What is known of a target with these limits. A limit of labels that somebody states wins over
    /// what the target says, because that may be another process.
    pub(super) fn facts(&self, limits: &TargetLimits) -> TargetFacts {
        let mut facts = TargetFacts::of(limits);
        facts.max_labels = self.config.max_labels.or(facts.max_labels);
        facts
    }
}
