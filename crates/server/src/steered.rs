//! What is answered when a job was steered.

use serde::Serialize;
use utoipa::ToSchema;

/// A job was asked to stop.
#[derive(Serialize, ToSchema)]
pub(crate) struct Canceled {
    canceled: bool,
    job_id: String,
}

impl Canceled {
    pub(crate) fn job(id: &str) -> Self {
        Self {
            canceled: true,
            job_id: id.to_owned(),
        }
    }
}

/// A job was given up.
#[derive(Serialize, ToSchema)]
pub(crate) struct Discarded {
    discarded: bool,
    job_id: String,
}

impl Discarded {
    pub(crate) fn job(id: &str) -> Self {
        Self {
            discarded: true,
            job_id: id.to_owned(),
        }
    }
}
