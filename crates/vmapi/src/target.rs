//! Where series are written, and where they are read back.

use std::fmt;

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use crate::address::Address;
use crate::connection::{Connection, ConnectionError};
use crate::endpoint::Endpoint;
use crate::import::ImportFormat;
use crate::masked_url::MaskedUrl;
use crate::target_path::TargetPaths;
use crate::tenant::Tenant;

/// Adds a label to every imported series; queries take it for a filter instead.
const EXTRA_LABEL: &str = "extra_label";

/// Where series are written and read back; made from a [`Connection`].
///
/// `Display` shows the URL of imports without secrets.
#[derive(Clone, Debug)]
pub struct Target {
    write: Endpoint,
    read: Endpoint,
    prefix: String,
    tenant: Option<Tenant>,
    extra_labels: Vec<(String, String)>,
    import_url: MaskedUrl,
    query_url: MaskedUrl,
}

impl Target {
    /// Derives both sides from one URL: that of a single node, of a vminsert or vmselect with or
    /// without the tenant in its path, or of a gateway.
    ///
    /// A pasted call or page behind the base is cut off, and `/select/` and `/insert/` are turned
    /// into each other. Without either, a tenant adds `/insert/<tenant>/prometheus`, unless a
    /// segment of the path is the tenant already. The tenant also goes with every request as
    /// `AccountID`, `ProjectID`, `X-Vm-AccountID` and `X-Vm-TenantID`, on which gateways route.
    ///
    /// The query string goes with every request, because gateways take keys there; `extra_label`
    /// only with imports. User info becomes basic auth unless `auth` says otherwise.
    ///
    /// # Errors
    ///
    /// Names the field that is missing, cannot be read or contradicts another one, as for
    /// [`Endpoint::new`]: of the fields that say where, only `url` and `tenant_id` may be given.
    pub fn new(connection: &Connection) -> Result<Self, ConnectionError> {
        refuse_reading_fields(connection)?;
        let address = Address::of_target(connection)?;
        let asked = asked_tenant(connection)?;
        let paths = TargetPaths::of("url", &address.path, asked)?;
        let write = Endpoint::at_address(connection, address, paths.tenant)?
            .with_tenant_headers(asked.map(tenant_headers).unwrap_or_default());
        let (extra_labels, for_reading) = without_extra_labels(write.query());
        let write = write.elsewhere(&paths.write, write.query().cloned());
        let read = write.elsewhere(&paths.read, for_reading);
        Ok(Self {
            import_url: write
                .url(write.base_path(), ImportFormat::JsonLines.call())
                .into(),
            query_url: read.url(read.base_path(), "/api/v1/query").into(),
            prefix: paths.prefix,
            tenant: paths.tenant,
            extra_labels,
            write,
            read,
        })
    }

    /// Where JSON lines go, as in `http://vminsert:8480/insert/0/prometheus/api/v1/import`.
    #[must_use]
    pub fn import_url(&self) -> &MaskedUrl {
        &self.import_url
    }

    /// Where instant queries go, as in `http://vminsert:8480/select/0/prometheus/api/v1/query`.
    ///
    /// The host is that of the imports: in a cluster without a gateway nothing answers there.
    #[must_use]
    pub fn query_url(&self) -> &MaskedUrl {
        &self.query_url
    }

    /// The tenant that the path or the user names.
    #[must_use]
    pub fn tenant(&self) -> Option<Tenant> {
        self.tenant
    }

    /// The labels that the target adds to every imported series, or puts in place of its own:
    /// `extra_label` in the query string of the URL.
    #[must_use]
    pub fn extra_labels(&self) -> &[(String, String)] {
        &self.extra_labels
    }

    /// Whether the server is on another machine, so that compressing helps.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        !self.write.is_loopback()
    }

    pub(crate) fn write(&self) -> &Endpoint {
        &self.write
    }

    pub(crate) fn read(&self) -> &Endpoint {
        &self.read
    }

    /// The path before both sides, without a slash at its end.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.import_url.fmt(f)
    }
}

fn refuse_reading_fields(connection: &Connection) -> Result<(), ConnectionError> {
    for (field, is_given) in [
        ("api_base_path", !connection.api_base_path.trim().is_empty()),
        ("full_api_url", !connection.full_api_url.trim().is_empty()),
        ("is_multitenant", connection.is_multitenant),
    ] {
        if is_given {
            return Err(ConnectionError::new(field, "is not a setting of a target")
                .advise("give the whole address in `url`, and the tenant in `tenant_id`"));
        }
    }
    Ok(())
}

fn asked_tenant(connection: &Connection) -> Result<Option<Tenant>, ConnectionError> {
    match connection.tenant_id.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|error| {
            ConnectionError::new("tenant_id", format!("is `{text}`, not a tenant")).caused_by(error)
        }),
    }
}

/// Gateways route on the first two. The others name the tenant where a path does not, for vminsert
/// and vmselect since v1.143.0; they cannot say "all tenants".
fn tenant_headers(tenant: Tenant) -> Vec<(HeaderName, HeaderValue)> {
    let text = HeaderValue::from_str(&tenant.to_string()).expect("digits, a colon or a word");
    let mut headers = vec![
        (HeaderName::from_static("x-vm-accountid"), text.clone()),
        (HeaderName::from_static("x-vm-tenantid"), text),
    ];
    if let Tenant::Single { account, project } = tenant {
        headers.push((HeaderName::from_static("accountid"), account.into()));
        headers.push((HeaderName::from_static("projectid"), project.into()));
    }
    headers
}

/// The labels that a query string adds to series, and what is left of it for reading.
fn without_extra_labels(
    query: Option<&SecretString>,
) -> (Vec<(String, String)>, Option<SecretString>) {
    let mut labels = Vec::new();
    let mut kept = Vec::new();
    let pairs = query.map_or("", |query| query.expose_secret()).split('&');
    for pair in pairs.filter(|pair| !pair.is_empty()) {
        match url::form_urlencoded::parse(pair.as_bytes()).next() {
            Some((name, value)) if name == EXTRA_LABEL => {
                let (name, value) = value.split_once('=').unwrap_or((&value, ""));
                labels.push((name.to_owned(), value.to_owned()));
            }
            _ => kept.push(pair),
        }
    }
    let kept = kept.join("&");
    (labels, (!kept.is_empty()).then(|| kept.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str, tenant: &str) -> Result<Target, ConnectionError> {
        Target::new(&Connection {
            url: url.to_owned(),
            tenant_id: tenant.to_owned(),
            ..Connection::default()
        })
    }

    /// Address, tenant, URL of imports, URL of queries; `-` is no tenant.
    const DERIVED: &str = "
        vm:8428 - http://vm:8428/api/v1/import http://vm:8428/api/v1/query
        https://vm/ - https://vm/api/v1/import https://vm/api/v1/query
        http://vm/api/v1/import - http://vm/api/v1/import http://vm/api/v1/query
        http://vm/api/v1/query 7 http://vm/insert/7/prometheus/api/v1/import http://vm/select/7/prometheus/api/v1/query
        http://vm/insert/0/prometheus/api/v1/import/?extra_label=a=b - http://vm/insert/0/prometheus/api/v1/import?extra_label=a=b http://vm/select/0/prometheus/api/v1/query
        http://vm/select/7:2/vmui/#/?g0.expr=up - http://vm/insert/7:2/prometheus/api/v1/import http://vm/select/7:2/prometheus/api/v1/query
        http://vm/a%2Fb//?key=x%20y#z - http://vm/a%2Fb/api/v1/import?key=x%20y http://vm/a%2Fb/api/v1/query?key=x%20y
        http://vm/p?extra_label=a=b&key=x&extra_label=c=d%26e - http://vm/p/api/v1/import?extra_label=a=b&key=x&extra_label=c=d%26e http://vm/p/api/v1/query?key=x
        http://ann:secret@[::1]:8428 - http://[::1]:8428/api/v1/import http://[::1]:8428/api/v1/query
    ";

    #[test]
    fn urls_are_derived_from_any_address() {
        for line in DERIVED.trim().lines() {
            let fields: Vec<_> = line.split_whitespace().collect();
            let [url, tenant, import, query] = fields[..] else {
                panic!("{line}");
            };
            let target = target(url, tenant.trim_matches('-')).unwrap();
            assert_eq!(target.import_url().expose_url().as_str(), import, "{line}");
            assert_eq!(target.query_url().expose_url().as_str(), query, "{line}");
        }
    }

    #[test]
    fn labels_of_the_query_string_are_known() {
        let target = target("http://vm/?extra_label=a=b%3Dc&x=1&extra_label=d=", "").unwrap();
        let labels = [("a", "b=c"), ("d", "")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(target.extra_labels(), labels);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (url, tenant, field) in [
            ("", "", "url"),
            ("ftp://vm", "", "url"),
            ("http://vm/insert/prometheus", "", "url"),
            ("http://vm/insert/0/prometheus", "1", "tenant_id"),
            ("http://vm", "../7", "tenant_id"),
            ("http://vm", "-7", "tenant_id"),
        ] {
            assert_eq!(
                target(url, tenant).unwrap_err().field(),
                field,
                "{url} {tenant}"
            );
        }
        let connection = Connection {
            url: "http://vm".to_owned(),
            api_base_path: "/select/0/prometheus".to_owned(),
            ..Connection::default()
        };
        assert_eq!(
            Target::new(&connection).unwrap_err().field(),
            "api_base_path"
        );
    }

    #[test]
    fn only_this_machine_is_not_remote() {
        for (url, is_remote) in [
            ("http://localhost:8428", false),
            ("http://127.3.2.1", false),
            ("http://[::1]", false),
            ("http://vm", true),
            ("http://10.0.0.1", true),
        ] {
            assert_eq!(target(url, "").unwrap().is_remote(), is_remote, "{url}");
        }
    }
}
