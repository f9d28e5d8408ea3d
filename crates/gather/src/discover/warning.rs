//! What a person should know about a discovery.

use std::fmt;

use vmapi::Tenant;

use super::names::listed;
use super::program::Program;

/// A remark that does not spoil the result; `Display` is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscoveryWarning {
    /// Targets without a `job` label, which no choice of jobs can reach.
    NoJob {
        /// What they are.
        program: Program,
        /// How many.
        instances: usize,
    },
    /// Targets that do not tell which component they are.
    Unrecognised {
        /// How many.
        instances: usize,
    },
    /// One job holds several components, so that an export of it takes all of them.
    SharedJob {
        /// The job.
        job: String,
        /// The components, sorted.
        programs: Vec<Program>,
    },
    /// Several tenants were read at once; they are listed apart.
    SeveralTenants(Vec<Tenant>),
    /// The server refused to count series; the reason in its words.
    CountsFailed(String),
    /// Targets of which nobody knows how many series they have.
    Uncounted {
        /// How many.
        instances: usize,
    },
}

impl fmt::Display for DiscoveryWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJob { program, instances } => write!(
                f,
                "{instances} of {program} without a `job` label: no job selects them; use a \
                 selector with another label"
            ),
            Self::Unrecognised { instances } => write!(
                f,
                "{instances} with metrics of VictoriaMetrics tell neither a version nor by their \
                 metrics which component they are"
            ),
            Self::SharedJob { job, programs } => write!(
                f,
                "the job `{job}` holds {}; exporting it takes all of them",
                listed(programs.iter())
            ),
            Self::SeveralTenants(tenants) => write!(
                f,
                "the data of {} tenants are read at once and listed apart: {}",
                tenants.len(),
                listed(tenants.iter())
            ),
            Self::CountsFailed(reason) => write!(f, "series could not be counted: {reason}"),
            Self::Uncounted { instances } => write!(
                f,
                "nobody counted the series of {instances}, which may have ended long before the \
                 end of the range"
            ),
        }
    }
}
