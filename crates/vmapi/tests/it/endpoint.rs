//! What becomes of the addresses that people type.

use vmapi::{Auth, Connection, Endpoint, Tenant};

use crate::server::connection;

fn base(url: &str) -> String {
    Endpoint::new(&connection(url)).unwrap().to_string()
}

fn field(connection: &Connection) -> &'static str {
    Endpoint::new(connection).unwrap_err().field()
}

fn with_path(url: &str, path: &str) -> Connection {
    Connection {
        api_base_path: path.to_owned(),
        ..connection(url)
    }
}

fn with_full(url: &str, full: &str) -> Connection {
    Connection {
        full_api_url: full.to_owned(),
        ..connection(url)
    }
}

fn with_tenant(url: &str, tenant: &str) -> Connection {
    Connection {
        tenant_id: tenant.to_owned(),
        ..connection(url)
    }
}

#[test]
fn typed_urls_are_normalised() {
    for (typed, expected) in [
        ("vm:8428", "http://vm:8428"),
        ("  http://vm:8428/ ", "http://vm:8428"),
        (
            "HTTP://VM.Example.com:80/1011/",
            "http://vm.example.com/1011",
        ),
        ("http://vm/prometheus//", "http://vm/prometheus"),
        ("http://vm:8428/vmui/#/?g0.expr=up", "http://vm:8428"),
        (
            "https://vm/1011/ui/prometheus/api/v1/query?query=sum(1)",
            "https://vm/1011/ui/prometheus",
        ),
        (
            "http://localhost:8001/api/v1/namespaces/m/services/vm:8428/proxy",
            "http://localhost:8001/api/v1/namespaces/m/services/vm:8428/proxy",
        ),
        ("http://[::1]:8428", "http://[::1]:8428"),
        ("http://vm/a%2Fb/c%20d", "http://vm/a%2Fb/c%20d"),
        ("https://ann:pw@vm/x?token=t#frag", "https://vm/x"),
    ] {
        assert_eq!(base(typed), expected, "{typed}");
    }
}

#[test]
fn addresses_that_are_none_are_refused() {
    for typed in [
        "",
        "  ",
        "http://a b",
        "https://this-aint-no\\\\invalid-url",
        "ftp://vm",
        "http://",
        "http://vm:99999",
        "http://10.0.0.300:8428",
        "javascript:alert(1)",
    ] {
        assert_eq!(field(&connection(typed)), "url", "{typed}");
    }
}

#[test]
fn base_paths_are_joined_with_one_slash() {
    for (url, path, expected) in [
        (
            "http://vm",
            "select/0/prometheus/",
            "http://vm/select/0/prometheus",
        ),
        (
            "http://vm/",
            "/prometheus/api/v1/export",
            "http://vm/prometheus",
        ),
        (
            "http://vm/prefix/",
            "/prometheus",
            "http://vm/prefix/prometheus",
        ),
        ("http://vm", "", "http://vm"),
    ] {
        let endpoint = Endpoint::new(&with_path(url, path)).unwrap();
        assert_eq!(endpoint.to_string(), expected, "{url} {path}");
    }
    for path in ["/a?b", "/a#b", "http://other/a", "/a b", "/a\\b"] {
        assert_eq!(
            field(&with_path("http://vm", path)),
            "api_base_path",
            "{path}"
        );
    }
}

#[test]
fn the_full_url_wins_but_must_name_the_same_server() {
    let full = "https://vm.example.com/1011/prometheus";
    for url in [
        "",
        "https://vm.example.com",
        "vm.example.com",
        "https://vm.example.com/x",
    ] {
        let mut connection = with_full(url, full);
        connection.api_base_path = "/ignored".to_owned();
        assert_eq!(Endpoint::new(&connection).unwrap().to_string(), full);
    }
    for url in [
        "https://old.example.com",
        "https://vm.example.com:8443",
        "http://vm.example.com",
    ] {
        assert_eq!(field(&with_full(url, full)), "full_api_url", "{url}");
    }
}

#[test]
fn the_tenant_must_be_the_one_in_the_path() {
    let tenant = |url: &str, tenant: &str| {
        Endpoint::new(&with_tenant(url, tenant)).map(|endpoint| endpoint.tenant())
    };
    let seven = Some(Tenant::Single {
        account: 7,
        project: 0,
    });
    assert_eq!(tenant("http://vm/select/7/prometheus", "").unwrap(), seven);
    assert_eq!(
        tenant("http://vm/select/7/prometheus", "7:0").unwrap(),
        seven
    );
    assert_eq!(tenant("http://vm/7/prometheus", "7").unwrap(), seven);
    assert_eq!(tenant("http://vm", "7").unwrap(), seven);
    assert_eq!(tenant("http://vm/prometheus", "").unwrap(), None);
    for (url, tenant) in [
        ("http://vm/select/7/prometheus", "8"),
        ("http://vm/select/7/prometheus", "7:1"),
        ("http://vm/select/multitenant/prometheus", "7"),
        ("http://vm/1011/rw/prometheus", "7"),
        ("http://vm", "7:x"),
        ("http://vm", "-7"),
    ] {
        assert_eq!(
            field(&with_tenant(url, tenant)),
            "tenant_id",
            "{url} {tenant}"
        );
    }
    let mut all = connection("http://vm/select/7/prometheus");
    all.is_multitenant = true;
    assert_eq!(field(&all), "tenant_id");
}

#[test]
fn a_select_path_must_name_its_tenant() {
    // Newer servers would silently answer for tenant 0.
    for path in ["/select/prometheus", "/select", "/select/5:x/prometheus"] {
        assert_eq!(
            field(&with_path("http://vm", path)),
            "api_base_path",
            "{path}"
        );
    }
}

#[test]
fn parameters_of_requests_do_not_come_with_the_url() {
    // Who adds a selector to the URL must not believe that it narrows the export.
    assert_eq!(field(&connection("http://vm/?match[]=up")), "url");
    assert_eq!(field(&connection("http://vm/?a=1&start=5")), "url");
    assert!(Endpoint::new(&connection("http://vm/?extra_label=a=b&token=t")).is_ok());
}

#[test]
fn auth_without_its_secret_names_the_field() {
    let field = |auth: Auth| {
        field(&Connection {
            auth,
            ..connection("http://vm")
        })
    };
    let basic = |username: &str, password: Option<&str>| Auth::Basic {
        username: username.to_owned(),
        password: password.map(Into::into),
    };
    let header = |name: &str, value: Option<&str>| Auth::Header {
        name: name.to_owned(),
        value: value.map(Into::into),
    };
    assert_eq!(field(basic("ann", None)), "auth.password");
    assert_eq!(field(basic("", Some("pw"))), "auth.username");
    assert_eq!(field(Auth::Bearer { token: None }), "auth.token");
    assert_eq!(
        field(Auth::Bearer {
            token: Some("".into())
        }),
        "auth.token"
    );
    assert_eq!(
        field(Auth::Bearer {
            token: Some("two\nlines".into())
        }),
        "auth.token"
    );
    assert_eq!(field(header("X-Key", None)), "auth.header_value");
    assert_eq!(field(header("", Some("v"))), "auth.header_name");
    assert_eq!(field(header("X Key", Some("v"))), "auth.header_name");
    assert_eq!(
        field(header("Transfer-Encoding", Some("v"))),
        "auth.header_name"
    );
}

#[test]
fn another_base_path_keeps_the_rest() {
    let endpoint = Endpoint::new(&connection("http://ann:pw@vm:8481")).unwrap();
    let cluster = endpoint.with_base_path("/select/5:1/prometheus").unwrap();
    assert_eq!(cluster.to_string(), "http://vm:8481/select/5:1/prometheus");
    assert_eq!(
        cluster.tenant(),
        Some(Tenant::Single {
            account: 5,
            project: 1
        })
    );
    assert!(endpoint.with_base_path("/select/prometheus").is_err());
}
