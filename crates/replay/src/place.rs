//! Where an import goes, as its folder remembers it.

use std::fmt;

use serde::{Deserialize, Serialize};
use vmapi::Target;

/// Where samples end up; two targets with the same place store them as the same series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// URL of the imports, without secrets.
    pub(crate) target: String,
    /// The tenant, which the URL may not tell.
    tenant: Option<String>,
    /// Labels that the target puts on everything, by the query string, which is not kept.
    extra_labels: Vec<(String, String)>,
}

impl Place {
    pub(crate) fn of(target: &Target) -> Self {
        Self {
            target: target.to_string(),
            tenant: target.tenant().map(|tenant| tenant.to_string()),
            extra_labels: target.extra_labels().to_vec(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.target)?;
        if let Some(tenant) = &self.tenant {
            write!(f, " (tenant {tenant})")?;
        }
        for (name, value) in &self.extra_labels {
            write!(f, " (extra label {name}={value})")?;
        }
        Ok(())
    }
}
