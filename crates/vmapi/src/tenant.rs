//! The tenant of a cluster, as it stands in a path.

use std::fmt;
use std::str::FromStr;

use crate::base_path::decoded_colon;

/// A tenant of a VictoriaMetrics cluster: `accountID[:projectID]`, or all of them.
///
/// `7` and `7:0` are the same tenant, because a missing project is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tenant {
    /// One tenant.
    Single {
        /// The account.
        account: u32,
        /// The project, 0 if it was not written.
        project: u32,
    },
    /// `multitenant`: all tenants at once, told apart by `vm_account_id` and `vm_project_id`.
    All,
}

/// The text is neither `uint32[:uint32]` nor `multitenant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant is `accountID`, `accountID:projectID` (32-bit numbers) or `multitenant`")]
pub struct TenantError;

impl FromStr for Tenant {
    type Err = TenantError;

    fn from_str(text: &str) -> Result<Self, TenantError> {
        if text == "multitenant" {
            return Ok(Self::All);
        }
        let (account, project) = text.split_once(':').unwrap_or((text, "0"));
        Ok(Self::Single {
            account: number(account)?,
            project: number(project)?,
        })
    }
}

impl Tenant {
    /// The tenant that a path segment names.
    pub(crate) fn of_segment(segment: &str) -> Option<Self> {
        decoded_colon(segment).parse().ok()
    }
}

/// Digits only: `u32::from_str` would take a plus sign too.
fn number(text: &str) -> Result<u32, TenantError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TenantError);
    }
    text.parse().map_err(|_| TenantError)
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single {
                account,
                project: 0,
            } => write!(f, "{account}"),
            Self::Single { account, project } => write!(f, "{account}:{project}"),
            Self::All => f.write_str("multitenant"),
        }
    }
}

/// What a base path says about the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathTenant {
    /// The path names this tenant.
    Named(Tenant),
    /// The path is that of a vmselect, but its tenant is left out: since v1.143.0 such a path
    /// silently means tenant 0.
    Missing,
    /// Not a path with a tenant that we know how to read.
    Unknown,
}

impl PathTenant {
    /// Reads `/select/<tenant>/...`, or the account in front as gateways have it (`/1011/...`).
    pub(crate) fn of(path: &str) -> Result<Self, TenantError> {
        Self::below(&["select"], path)
    }

    /// The same below any of these words.
    pub(crate) fn below(words: &[&str], path: &str) -> Result<Self, TenantError> {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        if let Some(first) = segments.clone().next()
            && first.bytes().all(|byte| byte.is_ascii_digit())
        {
            return Ok(Self::Named(first.parse()?));
        }
        if !segments.any(|segment| words.contains(&segment)) {
            return Ok(Self::Unknown);
        }
        match segments.next() {
            None | Some("prometheus" | "graphite" | "vmui") => Ok(Self::Missing),
            Some(segment) => {
                let segment = decoded_colon(segment);
                let looks_like_one = segment == "multitenant"
                    || segment.contains(':')
                    || segment.starts_with(|first: char| first.is_ascii_digit());
                if looks_like_one {
                    Ok(Self::Named(segment.parse()?))
                } else {
                    Ok(Self::Unknown)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single(account: u32, project: u32) -> Tenant {
        Tenant::Single { account, project }
    }

    #[test]
    fn a_missing_project_is_zero() {
        assert_eq!("7".parse(), Ok(single(7, 0)));
        assert_eq!("7".parse::<Tenant>(), "7:0".parse());
        assert_eq!(single(7, 0).to_string(), "7");
        assert_eq!(single(7, 2).to_string(), "7:2");
        assert_eq!("multitenant".parse(), Ok(Tenant::All));
    }

    #[test]
    fn refuses_what_is_not_a_tenant() {
        for text in [
            "",
            ":",
            "7:",
            ":7",
            "1:2:3",
            "-1",
            "+1",
            "x",
            "5:x",
            "4294967296",
            " 7",
        ] {
            assert_eq!(text.parse::<Tenant>(), Err(TenantError), "{text}");
        }
    }

    #[test]
    fn reads_the_tenant_of_a_path() {
        let of = |path| PathTenant::of(path);
        assert_eq!(
            of("/select/5:9/prometheus"),
            Ok(PathTenant::Named(single(5, 9)))
        );
        assert_eq!(
            of("/prefix/select/5%3A9"),
            Ok(PathTenant::Named(single(5, 9)))
        );
        assert_eq!(
            of("/select/multitenant/prometheus"),
            Ok(PathTenant::Named(Tenant::All))
        );
        assert_eq!(
            of("/1011/rw/prometheus"),
            Ok(PathTenant::Named(single(1011, 0)))
        );
        assert_eq!(of("/select/prometheus"), Ok(PathTenant::Missing));
        assert_eq!(of("/select"), Ok(PathTenant::Missing));
        assert_eq!(of("/team/prometheus"), Ok(PathTenant::Unknown));
        assert_eq!(of(""), Ok(PathTenant::Unknown));
        assert_eq!(of("/select/5:x/prometheus"), Err(TenantError));
    }
}
