//! The two paths of a target: where series are written and where they are read.

use crate::connection::ConnectionError;
use crate::tenant::{PathTenant, Tenant};

const WRITE: &str = "/insert/";
const READ: &str = "/select/";

/// Base paths before `/api/v1/...`, percent-encoded as they were given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TargetPaths {
    pub(crate) write: String,
    pub(crate) read: String,
    /// What stands before both, where `/metrics` may be.
    pub(crate) prefix: String,
    /// The tenant that the path or the user names.
    pub(crate) tenant: Option<Tenant>,
}

impl TargetPaths {
    /// Derives them from either of the two, or from what stands before both.
    ///
    /// `field` is the one that the path came from, for errors.
    pub(crate) fn of(
        field: &'static str,
        path: &str,
        asked: Option<Tenant>,
    ) -> Result<Self, ConnectionError> {
        let named = named_tenant(field, path)?;
        if let (Some(asked), Some(named)) = (asked, named)
            && asked != named
        {
            let problem = format!("is `{asked}`, but the path `{path}` names the tenant `{named}`");
            return Err(ConnectionError::new("tenant_id", problem)
                .advise("correct one of the two or leave one out"));
        }
        let tenant = named.or(asked);
        if let Some((prefix, rest)) = path.split_once(WRITE).or_else(|| path.split_once(READ)) {
            let ends_at_tenant = !rest.contains('/') && Tenant::of_segment(rest).is_some();
            let end = if ends_at_tenant { "/prometheus" } else { "" };
            return Ok(Self {
                write: format!("{prefix}{WRITE}{rest}{end}"),
                read: format!("{prefix}{READ}{rest}{end}"),
                prefix: prefix.to_owned(),
                tenant,
            });
        }
        let prefix = path.strip_suffix("/prometheus").unwrap_or(path).to_owned();
        let has_it = |tenant| {
            path.split('/')
                .any(|part| Tenant::of_segment(part) == Some(tenant))
        };
        Ok(match asked {
            Some(asked) if !has_it(asked) => Self {
                write: format!("{prefix}{WRITE}{asked}/prometheus"),
                read: format!("{prefix}{READ}{asked}/prometheus"),
                prefix,
                tenant,
            },
            _ => Self {
                write: path.to_owned(),
                read: path.to_owned(),
                prefix,
                tenant,
            },
        })
    }
}

fn named_tenant(field: &'static str, path: &str) -> Result<Option<Tenant>, ConnectionError> {
    let bad = || {
        let problem = format!("has the path `{path}`, which names no tenant");
        ConnectionError::new(field, problem)
            .advise("write it into the path: `/insert/<tenant>/prometheus`")
    };
    match PathTenant::below(&["insert", "select"], path) {
        Ok(PathTenant::Named(tenant)) => Ok(Some(tenant)),
        Ok(PathTenant::Unknown) => Ok(None),
        Ok(PathTenant::Missing) => Err(bad()),
        Err(error) => Err(bad().caused_by(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base path, asked tenant, path for writing, path for reading, prefix, tenant; `-` is empty.
    const DERIVED: &str = "
        - - - - - -
        - 7 /insert/7/prometheus /select/7/prometheus - 7
        - 7:2 /insert/7:2/prometheus /select/7:2/prometheus - 7:2
        - multitenant /insert/multitenant/prometheus /select/multitenant/prometheus - multitenant
        /prometheus - /prometheus /prometheus - -
        /prometheus 7 /insert/7/prometheus /select/7/prometheus - 7
        /vm - /vm /vm /vm -
        /vm/prometheus - /vm/prometheus /vm/prometheus /vm -
        /vm/prometheus 7 /vm/insert/7/prometheus /vm/select/7/prometheus /vm 7
        /vm 7 /vm/insert/7/prometheus /vm/select/7/prometheus /vm 7
        /a%2Fb%20c 7 /a%2Fb%20c/insert/7/prometheus /a%2Fb%20c/select/7/prometheus /a%2Fb%20c 7
        /insert/0/prometheus - /insert/0/prometheus /select/0/prometheus - 0
        /insert/0/prometheus 0 /insert/0/prometheus /select/0/prometheus - 0
        /insert/0/prometheus 0:0 /insert/0/prometheus /select/0/prometheus - 0
        /insert/0 - /insert/0/prometheus /select/0/prometheus - 0
        /select/0 - /insert/0/prometheus /select/0/prometheus - 0
        /select/5%3A9/prometheus 5:9 /insert/5%3A9/prometheus /select/5%3A9/prometheus - 5:9
        /select/5%3a9 - /insert/5%3a9/prometheus /select/5%3a9/prometheus - 5:9
        /vm/select/7/prometheus - /vm/insert/7/prometheus /vm/select/7/prometheus /vm 7
        /vm/insert/multitenant - /vm/insert/multitenant/prometheus /vm/select/multitenant/prometheus /vm multitenant
        /insert/team/prometheus 7 /insert/team/prometheus /select/team/prometheus - 7
        /1234/prometheus - /1234/prometheus /1234/prometheus /1234 1234
        /1234/prometheus 1234 /1234/prometheus /1234/prometheus /1234 1234
        /vm/1234/prometheus 1234 /vm/1234/prometheus /vm/1234/prometheus /vm/1234 1234
        /insert/0/prometheus/select/1 - /insert/0/prometheus/select/1 /select/0/prometheus/select/1 - 0
    ";

    fn asked(text: &str) -> Option<Tenant> {
        (text != "-").then(|| text.parse().unwrap())
    }

    #[test]
    fn both_sides_are_derived_from_either() {
        for line in DERIVED.trim().lines() {
            let fields: Vec<_> = line.split_whitespace().collect();
            let [path, tenant, write, read, prefix, found] = fields[..] else {
                panic!("{line}");
            };
            let text = |field: &str| field.trim_start_matches('-').to_owned();
            let expected = TargetPaths {
                write: text(write),
                read: text(read),
                prefix: text(prefix),
                tenant: asked(found),
            };
            let paths = TargetPaths::of("url", &text(path), asked(tenant)).unwrap();
            assert_eq!(paths, expected, "{line}");
        }
    }

    #[test]
    fn tenants_that_contradict_are_refused() {
        for path in ["/insert/0/prometheus", "/select/0", "/1011/prometheus"] {
            let error = TargetPaths::of("url", path, asked("7")).unwrap_err();
            assert_eq!(error.field(), "tenant_id");
            assert!(error.to_string().contains(path), "{error}");
        }
    }

    #[test]
    fn a_path_without_its_tenant_is_refused() {
        for path in [
            "/insert",
            "/insert/prometheus",
            "/select/prometheus",
            "/insert/5:x/prometheus",
        ] {
            let error = TargetPaths::of("url", path, None).unwrap_err();
            assert_eq!(error.field(), "url");
            assert!(error.hint().unwrap().contains("/insert/<tenant>"), "{path}");
        }
    }
}
