//! The export workflow: plan, fetch, stage, seal.
