//! The path before `/api/v1/...`, always in its percent-encoded form.

/// First words after `/api/v1/` that belong to the Prometheus or VictoriaMetrics API.
///
/// Other words are kept, because `/api/v1/namespaces/<ns>/services/<name>/proxy` is how one reaches
/// a server through the API of Kubernetes.
const API_CALLS: [&str; 17] = [
    "query",
    "query_range",
    "query_exemplars",
    "format_query",
    "parse_query",
    "series",
    "labels",
    "label",
    "export",
    "import",
    "status",
    "metadata",
    "targets",
    "rules",
    "alerts",
    "admin",
    "write",
];

const API: &str = "/api/v1";

/// What stood behind a base path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pasted {
    /// Nothing.
    Base,
    /// A page, which some servers offer elsewhere than their API.
    Page,
    /// A call of the API, which shows where the base ends.
    Call,
}

/// Takes a pasted call (`/api/v1/...`) or page (`/vmui`) and trailing slashes off a path.
pub(crate) fn without_call(path: &str) -> (&str, Pasted) {
    let path = path.trim_end_matches('/');
    let mut end = path.len();
    while let Some(at) = path[..end].rfind(API) {
        let rest = &path[at + API.len()..];
        let call = rest.strip_prefix('/').map(first_segment);
        if rest.is_empty() || call.is_some_and(|call| API_CALLS.contains(&call)) {
            return (path[..at].trim_end_matches('/'), Pasted::Call);
        }
        end = at;
    }
    match path.strip_suffix("/vmui") {
        Some(base) => (base.trim_end_matches('/'), Pasted::Page),
        None => (path, Pasted::Base),
    }
}

/// Takes a page of the server off a path too: `/vmui/...`, `/graph`, `/metrics` and their like.
pub(crate) fn without_page(path: &str) -> (&str, Pasted) {
    /// Pages with others below them.
    const SITES: [&str; 2] = ["/vmui/", "/vmalert/"];
    const PAGES: [&str; 9] = [
        "/vmui",
        "/vmalert",
        "/graph",
        "/metrics",
        "/federate",
        "/targets",
        "/service-discovery",
        "/health",
        "/admin/tenants",
    ];
    let (path, pasted) = without_call(path);
    let site = SITES.iter().filter_map(|site| path.find(site)).min();
    let inner = site.map_or(path, |at| &path[..at]);
    let inner = PAGES
        .iter()
        .find_map(|page| inner.strip_suffix(page))
        .unwrap_or(inner);
    match pasted {
        Pasted::Base if inner != path => (inner.trim_end_matches('/'), Pasted::Page),
        pasted => (inner.trim_end_matches('/'), pasted),
    }
}

/// A path segment with its colon as it is usually written.
pub(crate) fn decoded_colon(segment: &str) -> String {
    segment.replace("%3A", ":").replace("%3a", ":")
}

fn first_segment(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// Joins two paths with exactly one slash; either may be empty.
pub(crate) fn join(left: &str, right: &str) -> String {
    let left = left.trim_end_matches('/');
    match right.trim_matches('/') {
        "" => left.to_owned(),
        right => format!("{left}/{right}"),
    }
}

/// The path for exports: gateways that split reading from writing offer exports only beside
/// `/rw/`, so the first `/rw/prometheus` becomes `/prometheus`; `None` if there is none.
pub(crate) fn without_rw(path: &str) -> Option<String> {
    const FROM: &str = "/rw/prometheus";
    let at = path.match_indices(FROM).map(|(at, _)| at).find(|at| {
        let after = &path[at + FROM.len()..];
        after.is_empty() || after.starts_with('/')
    })?;
    Some(format!("{}{}", &path[..at], &path[at + "/rw".len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_call_is_cut_off() {
        for (path, base) in [
            ("/select/0/prometheus/api/v1/query", "/select/0/prometheus"),
            ("/api/v1/export/native", ""),
            ("/api/v1/", ""),
            ("/prometheus//api/v1/label/job/values/", "/prometheus"),
        ] {
            assert_eq!(without_call(path), (base, Pasted::Call), "{path}");
        }
    }

    #[test]
    fn other_paths_keep_what_they_have() {
        for (path, base) in [
            ("", ""),
            ("/", ""),
            ("/prometheus/", "/prometheus"),
            ("/api/v1beta", "/api/v1beta"),
            (
                "/api/v1/namespaces/mon/services/vmsingle:8428/proxy",
                "/api/v1/namespaces/mon/services/vmsingle:8428/proxy",
            ),
        ] {
            assert_eq!(without_call(path), (base, Pasted::Base), "{path}");
        }
    }

    #[test]
    fn a_call_behind_a_kubernetes_proxy_is_cut_off() {
        let (base, pasted) = without_call("/api/v1/namespaces/m/services/v/proxy/api/v1/query");
        assert_eq!(base, "/api/v1/namespaces/m/services/v/proxy");
        assert_eq!(pasted, Pasted::Call);
    }

    #[test]
    fn a_pasted_page_is_cut_off() {
        for (path, base) in [
            ("/select/0/vmui/", "/select/0"),
            ("/vmui/assets/x.js", ""),
            ("/prometheus/graph", "/prometheus"),
            ("/metrics", ""),
            ("/admin/tenants", ""),
        ] {
            assert_eq!(without_page(path), (base, Pasted::Page), "{path}");
        }
        assert_eq!(without_page("/vmalert/api/v1/rules"), ("", Pasted::Call));
        assert_eq!(without_page("/x/metrics2/"), ("/x/metrics2", Pasted::Base));
        assert_eq!(without_call("/x/metrics"), ("/x/metrics", Pasted::Base));
    }

    #[test]
    fn joins_with_one_slash() {
        assert_eq!(join("/a/", "/b/"), "/a/b");
        assert_eq!(join("", "b"), "/b");
        assert_eq!(join("/a", ""), "/a");
        assert_eq!(join("", ""), "");
    }

    #[test]
    fn only_the_first_rw_of_its_own_segments_is_dropped() {
        assert_eq!(
            without_rw("/1011/rw/prometheus").as_deref(),
            Some("/1011/prometheus")
        );
        assert_eq!(
            without_rw("/rw/prometheus/rw/prometheus").as_deref(),
            Some("/prometheus/rw/prometheus")
        );
        for path in [
            "/1011/prometheus",
            "/RW/prometheus",
            "/rw/prometheusx",
            "/xrw/prometheus",
            "/rw%2Fprometheus",
        ] {
            assert_eq!(without_rw(path), None, "{path}");
        }
    }
}
