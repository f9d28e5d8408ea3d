//! From an address that somebody typed or pasted to a connection.

use secrecy::ExposeSecret as _;

use crate::address::{Address, EXAMPLE};
use crate::base_path::Pasted;
use crate::connection::{Auth, Connection, ConnectionError};
use crate::masked_url::{MaskedUrl, masked_text};
use crate::tenant::{PathTenant, Tenant};

impl Connection {
    /// Reads one address as people have it at hand, and derives base path and tenant.
    ///
    /// Blanks, line ends and quotes around it go, as do a call (`/api/v1/query?...`) or a page
    /// (`/vmui`, `/graph`, `/metrics`) behind the base. A tenant's path is completed
    /// (`/select/7` to `/select/7/prometheus`, `/1011` to `/1011/prometheus`), and any other path
    /// gets `/prometheus` appended unless it has it, or a call behind it showed that it is
    /// complete. Without a path the base path stays empty, for [`validate`](crate::validate) to find
    /// out. User info becomes basic auth; a query string of a gateway stays in `url`.
    ///
    /// # Errors
    ///
    /// The text is no address, or one of something else: a page of Grafana, the writing side of a
    /// cluster, a `/select/` path without its tenant. The field is always `url`.
    pub fn from_typed_url(text: &str) -> Result<Self, ConnectionError> {
        let text = without_wrapping(text);
        if text.is_empty() {
            return Err(ConnectionError::new("url", "is missing").advise(EXAMPLE));
        }
        let address = Address::parse_typed("url", text)?;
        let bad = |problem: &str| {
            ConnectionError::new("url", format!("`{}` {problem}", masked_text(text)))
        };
        if is_grafana_page(&address.path) {
            return Err(bad("is a page of Grafana").advise(
                "open the data source in Grafana (Connections, Data sources) and give the URL that \
                 stands there, such as `http://vmselect:8481/select/0/prometheus`",
            ));
        }
        if is_for_writing(&address.path) {
            return Err(bad("is the address of a vminsert, for writing").advise(
                "give that of a vmselect, such as `http://vmselect:8481/select/0/prometheus`",
            ));
        }
        let path = complete(&address.path, address.pasted);
        let tenant = match PathTenant::of(&path) {
            Ok(PathTenant::Named(tenant)) => Some(tenant),
            Ok(PathTenant::Unknown) => None,
            Ok(PathTenant::Missing) => {
                return Err(bad("names no tenant")
                    .advise("write it into the path: `/select/<tenant>/prometheus`"));
            }
            Err(error) => return Err(bad("has no tenant that can be read").caused_by(error)),
        };
        let origin = MaskedUrl::from(address.url).to_string();
        let url = match &address.query {
            Some(query) => format!("{origin}/?{}", query.expose_secret()),
            None => origin.clone(),
        };
        Ok(Self {
            url,
            full_api_url: format!("{origin}{path}"),
            api_base_path: path,
            tenant_id: match tenant {
                Some(tenant @ Tenant::Single { .. }) => tenant.to_string(),
                _ => String::new(),
            },
            is_multitenant: tenant == Some(Tenant::All),
            auth: match address.user {
                Some((username, password)) => Auth::Basic {
                    username,
                    password: Some(password),
                },
                None => Auth::None,
            },
            ..Self::default()
        })
    }
}

/// Without what terminals, chats and documents put around an address.
fn without_wrapping(text: &str) -> &str {
    text.trim_matches(|c: char| {
        let is_invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
        let is_quote = matches!(
            c,
            '"' | '\'' | '`' | '<' | '>' | '“' | '”' | '„' | '«' | '»'
        );
        c.is_whitespace() || c.is_control() || is_invisible || is_quote
    })
}

fn segments(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// Dashboards, the explorer and the settings; Grafana's own path prefix is usually its name.
fn is_grafana_page(path: &str) -> bool {
    let mut segments = segments(path).peekable();
    segments.next_if_eq(&"grafana");
    match (segments.next(), segments.next()) {
        (Some("explore" | "dashboards" | "datasources" | "alerting"), _)
        | (Some("connections"), Some("datasources")) => true,
        (Some("d" | "d-solo" | "dashboard"), Some(dashboard)) => dashboard != "prometheus",
        _ => false,
    }
}

/// `/insert/<tenant>/...`
fn is_for_writing(path: &str) -> bool {
    let mut segments = segments(path).skip_while(|segment| *segment != "insert");
    segments.next().is_some() && segments.next().is_some_and(is_tenant)
}

fn is_tenant(segment: &str) -> bool {
    Tenant::of_segment(segment).is_some()
}

/// The base path that a typed path means.
fn complete(path: &str, pasted: Pasted) -> String {
    if let Some(select) = through_tenant(path) {
        return format!("{select}/prometheus");
    }
    let has_it = path.contains("/prometheus");
    if path.is_empty() || has_it || pasted == Pasted::Call || is_proxy(path) {
        return path.to_owned();
    }
    if matches!(PathTenant::of(path), Ok(PathTenant::Missing)) {
        return path.to_owned();
    }
    format!("{path}/prometheus")
}

/// The path up to the tenant in `/select/<tenant>`.
fn through_tenant(path: &str) -> Option<&str> {
    const SELECT: &str = "/select/";
    let start = path.find(SELECT)? + SELECT.len();
    let end = path[start..].find('/').map_or(path.len(), |at| start + at);
    is_tenant(&path[start..end]).then(|| &path[..end])
}

/// A path that other software forwards as it is: the proxies of Grafana and of Kubernetes.
fn is_proxy(path: &str) -> bool {
    path.contains("/api/datasources/proxy/") || path.ends_with("/proxy")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `url`, `api_base_path`, `tenant_id`, `is_multitenant`.
    fn derived(text: &str) -> (String, String, String, bool) {
        let connection = Connection::from_typed_url(text).unwrap();
        let (url, path) = (connection.url, connection.api_base_path);
        let origin = url.split("/?").next().unwrap();
        assert_eq!(connection.full_api_url, format!("{origin}{path}"), "{text}");
        (url, path, connection.tenant_id, connection.is_multitenant)
    }

    /// Typed address, `url`, `api_base_path`, `tenant_id` (`*` for all tenants).
    const DERIVED: &str = "
        http://vmselect:8481/select/0/prometheus http://vmselect:8481 /select/0/prometheus 0
        http://vmselect:8481/select/0 http://vmselect:8481 /select/0/prometheus 0
        http://vmselect:8481/select/0/ http://vmselect:8481 /select/0/prometheus 0
        http://vmselect:8481/select/0/vmui/#/?g0.expr=up http://vmselect:8481 /select/0/prometheus 0
        http://vmselect:8481/select/0/prometheus/vmui/ http://vmselect:8481 /select/0/prometheus 0
        http://vmselect:8481/select/0/prometheus/graph?g0.expr=up http://vmselect:8481 /select/0/prometheus 0
        http://vmselect:8481/select/0/prometheus/api/v1/query?query=up http://vmselect:8481 /select/0/prometheus 0
        http://vmselect:8481/select/1:2/prometheus http://vmselect:8481 /select/1:2/prometheus 1:2
        http://vmselect:8481/select/1%3A2 http://vmselect:8481 /select/1%3A2/prometheus 1:2
        http://vmselect:8481/select/multitenant http://vmselect:8481 /select/multitenant/prometheus *
        http://vmselect:8481/select/multitenant/prometheus http://vmselect:8481 /select/multitenant/prometheus *
        http://vmselect:8481/prefix/select/7 http://vmselect:8481 /prefix/select/7/prometheus 7
        http://vmselect:8481/metrics http://vmselect:8481 - -
        http://vmselect:8481 http://vmselect:8481 - -
        http://vmsingle:18428 http://vmsingle:18428 - -
        http://vmsingle:8428/vmui/#/?g0.expr=up http://vmsingle:8428 - -
        http://vmsingle:8428/vmui/#/cardinality http://vmsingle:8428 - -
        http://vmsingle:8428/graph?g0.expr=up&g0.tab=0 http://vmsingle:8428 - -
        http://vmsingle:8428/api/v1/status/tsdb?topN=5 http://vmsingle:8428 - -
        http://vmsingle:8428/federate?match[]=up http://vmsingle:8428 - -
        http://vmsingle:8428/api/v1/write http://vmsingle:8428 - -
        https://vm.example.com/1011 https://vm.example.com /1011/prometheus 1011
        https://vm.example.com/1011/ https://vm.example.com /1011/prometheus 1011
        https://vm.example.com/1011/rw/prometheus https://vm.example.com /1011/rw/prometheus 1011
        https://vm.example.com/1011/ui/prometheus/api/v1/query?query=sum(1) https://vm.example.com /1011/ui/prometheus 1011
        https://vm.example.com/1011/x https://vm.example.com /1011/x/prometheus 1011
        https://vm.example.com/prometheus/ https://vm.example.com /prometheus -
        https://vm.example.com/prometheus/metrics https://vm.example.com /prometheus -
        https://vm.example.com/foo/bar https://vm.example.com /foo/bar/prometheus -
        https://vm.example.com/foo/api/v1/query?query=1 https://vm.example.com /foo -
        https://vm.example.com/foo/vmui https://vm.example.com /foo/prometheus -
        https://vm.example.com/team/prometheus?x=1 https://vm.example.com/?x=1 /team/prometheus -
        https://user:pw@vm.example.com/1011 https://vm.example.com /1011/prometheus 1011
        HTTP://VM.Example.com:80/1011 http://vm.example.com /1011/prometheus 1011
        vmselect.monitoring.svc.cluster.local:8481 http://vmselect.monitoring.svc.cluster.local:8481 - -
        localhost:8428 http://localhost:8428 - -
        http:/vm:8428 http://vm:8428 - -
        //vm:8428/ http://vm:8428 - -
        [::1]:8428 http://[::1]:8428 - -
        http://[2001:DB8::1]/select/5 http://[2001:db8::1] /select/5/prometheus 5
        https://vm.example.com/api/v1/namespaces/m/services/vm:8428/proxy/ https://vm.example.com /api/v1/namespaces/m/services/vm:8428/proxy -
        https://vm.example.com/api/datasources/proxy/uid/P1/api/v1/query https://vm.example.com /api/datasources/proxy/uid/P1 -
        https://vm.example.com/api/datasources/proxy/7 https://vm.example.com /api/datasources/proxy/7 -
    ";

    #[test]
    fn base_path_and_tenant_are_derived() {
        for line in DERIVED.trim().lines() {
            let fields: Vec<_> = line.split_whitespace().collect();
            let [text, url, path, tenant] = fields[..] else {
                panic!("{line}");
            };
            let text_of = |field: &str| field.trim_matches(['-', '*']).to_owned();
            let expected = (
                url.to_owned(),
                text_of(path),
                text_of(tenant),
                tenant == "*",
            );
            assert_eq!(derived(text), expected, "{text}");
        }
    }

    #[test]
    fn wrapping_is_taken_off() {
        for text in [
            "  http://vm:8428\n",
            "\"http://vm:8428\"",
            "\t'http://vm:8428/'\r\n",
            "<http://vm:8428>",
            "“http://vm:8428”",
            "\u{200b}http://vm:8428\u{feff}",
            "`http://vm:8428/vmui/`",
        ] {
            assert_eq!(derived(text).0, "http://vm:8428", "{text:?}");
        }
    }

    #[test]
    fn other_addresses_are_named_as_what_they_are() {
        for (text, shown, hint) in [
            (
                "https://g.example.com/d/abc/overview?orgId=1",
                "`https://g.example.com/d/abc/overview?***` is a page of Grafana",
                "data source",
            ),
            (
                "https://g.example.com/grafana/explore?panes=%7B%7D",
                "`https://g.example.com/grafana/explore?***` is a page of Grafana",
                "data source",
            ),
            (
                "https://g/connections/datasources/edit/P1",
                "`https://g/connections/datasources/edit/P1` is a page of Grafana",
                "data source",
            ),
            (
                "http://vminsert:8480/insert/0/prometheus/api/v1/write",
                "`http://vminsert:8480/insert/0/prometheus/api/v1/write` is the address of a vminsert, for writing",
                "vmselect",
            ),
            (
                "http://vmselect:8481/select/prometheus",
                "`http://vmselect:8481/select/prometheus` names no tenant",
                "`/select/<tenant>/prometheus`",
            ),
            (
                "http://vmselect:8481/select/",
                "`http://vmselect:8481/select/` names no tenant",
                "`/select/<tenant>/prometheus`",
            ),
            (
                "http://vmselect:8481/select/5:x/prometheus",
                "`http://vmselect:8481/select/5:x/prometheus` has no tenant that can be read",
                "",
            ),
            ("", "is missing", "http://vmsingle:8428"),
            (
                "http://a:8428\nhttp://b:8428",
                "`http://a:8428 http://b:8428` has a blank or a backslash in it",
                "one address",
            ),
            (
                "ftp://vm",
                "`ftp://vm` has a scheme other than `http` and `https`",
                "http://vmsingle:8428",
            ),
            (
                "8428",
                "`8428` has a number in place of a host",
                "http://vmsingle:8428",
            ),
            (
                "http://[fe80::1%25eth0]:8428",
                "`http://[fe80::1%25eth0]:8428` has a network interface in it",
                "without `%`",
            ),
            (
                "http://vm:99999",
                "`http://vm:99999` is not a URL",
                "http://vmsingle:8428",
            ),
        ] {
            let error = Connection::from_typed_url(text).unwrap_err();
            assert_eq!(error.field(), "url");
            let shown = if text.is_empty() {
                "`url` is missing".to_owned()
            } else {
                format!("`url` {shown}")
            };
            assert_eq!(error.to_string(), shown, "{text}");
            assert!(
                error.hint().unwrap_or_default().contains(hint),
                "{text}: {error:?}"
            );
        }
    }

    #[test]
    fn user_info_becomes_basic_auth() {
        let connection = Connection::from_typed_url("https://ann:p%40w@vm/1011").unwrap();
        let Auth::Basic { username, password } = &connection.auth else {
            panic!("{connection:?}");
        };
        assert_eq!(username, "ann");
        assert_eq!(password.as_ref().unwrap().expose_secret(), "p@w");
        assert!(!connection.url.contains("ann"));
    }
}
