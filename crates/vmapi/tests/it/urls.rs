//! Every form of an address, and what is asked on the wire.

use vmapi::{Client, Connection, Endpoint, ExportRoute, Timeouts};

use crate::server::{Reply, Server, params};

/// Typed address, path of queries, path of exports; `{host}` stands for host and port.
const ASKED: &str = "
    http://{host} - -
    {host} - -
    HTTP://{host}/ - -
    http://{host}/prometheus /prometheus /prometheus
    http://{host}/prometheus/ /prometheus /prometheus
    http://{host}/select/0/prometheus /select/0/prometheus /select/0/prometheus
    http://{host}/select/7 /select/7/prometheus /select/7/prometheus
    http://{host}/select/7:2/prometheus /select/7:2/prometheus /select/7:2/prometheus
    http://{host}/select/multitenant/ /select/multitenant/prometheus /select/multitenant/prometheus
    http://{host}/a/b/select/7/vmui/#/?g0.expr=up /a/b/select/7/prometheus /a/b/select/7/prometheus
    http://{host}/1011 /1011/prometheus /1011/prometheus
    http://{host}/1011/prometheus /1011/prometheus /1011/prometheus
    http://{host}/1011/rw/prometheus /1011/rw/prometheus /1011/prometheus
    http://{host}/1011/ui/prometheus/api/v1/query?query=sum(1) /1011/ui/prometheus /1011/ui/prometheus
    http://{host}/team /team/prometheus /team/prometheus
    http://{host}/a%20b/c%2Fd /a%20b/c%2Fd/prometheus /a%20b/c%2Fd/prometheus
    http://{host}/vmui/?#/?g0.expr=up - -
    http://{host}/graph?g0.expr=up - -
    http://{host}/metrics - -
    http://{host}/api/v1/export?match[]=up&start=1 - -
    http://{host}/api/datasources/proxy/uid/P1/api/v1/query_range /api/datasources/proxy/uid/P1 /api/datasources/proxy/uid/P1
";

async fn lines(server: &Server, typed: &str) -> Vec<String> {
    let connection = Connection::from_typed_url(typed).unwrap();
    let client = Client::new(Endpoint::new(&connection).unwrap(), Timeouts::default()).unwrap();
    let before = server.requests().len();
    let mut params = params();
    client.query("1", 1_000).await.unwrap_err();
    client.query_range("1", 1_000, 2_000, 1).await.unwrap();
    client.series(&[], 1_000, 2_000, 1).await.unwrap_err();
    client
        .label_values("job", &[], 1_000, 2_000)
        .await
        .unwrap_err();
    client.export_native(&params).await.unwrap();
    client.export_json_lines(&params).await.unwrap();
    params.route = ExportRoute::AsGiven;
    client.export_native(&params).await.unwrap();
    let requests = server.requests().split_off(before);
    requests.into_iter().map(|request| request.line).collect()
}

#[tokio::test]
async fn each_form_asks_below_its_base_path() {
    for row in ASKED.trim().lines() {
        let fields: Vec<_> = row.split_whitespace().collect();
        let [typed, base, export] = fields[..] else {
            panic!("{row}");
        };
        let [base, export] = [base, export].map(|path| path.trim_start_matches('-'));
        let server = Server::start(vec![Reply::ok(""); 7]).await;
        let host = server.url.trim_start_matches("http://");
        let asked = lines(&server, &typed.replace("{host}", host)).await;
        let expected = [
            format!("POST {base}/api/v1/query"),
            format!("POST {base}/api/v1/query_range"),
            format!("POST {base}/api/v1/series"),
            format!("POST {base}/api/v1/label/job/values"),
            format!("POST {export}/api/v1/export/native"),
            format!("POST {export}/api/v1/export"),
            format!("POST {base}/api/v1/export/native"),
        ];
        assert_eq!(asked, expected, "{typed}");
    }
}

#[tokio::test]
async fn what_a_gateway_needs_goes_along() {
    let server = Server::start(vec![Reply::ok(""); 7]).await;
    let host = server.url.trim_start_matches("http://");
    let typed = format!("http://ann:p%40w@{host}/1011/api/v1/query?query=up&key=k%201");
    for line in lines(&server, &typed).await {
        assert!(line.starts_with("POST /1011/api/v1/"), "{line}");
        assert!(line.ends_with("?key=k%201"), "{line}");
    }
    for request in server.requests() {
        assert_eq!(request.header("authorization"), Some("Basic YW5uOnBAdw=="));
    }
}

#[tokio::test]
async fn an_ipv6_address_is_reached() {
    // Containers without IPv6 have nothing to test here.
    let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else {
        return;
    };
    let server = Server::on(listener, vec![Reply::ok(""); 7]);
    let host = server.url.trim_start_matches("http://");
    let asked = lines(&server, host).await;
    assert_eq!(asked[0], "POST /api/v1/query");
    assert_eq!(server.requests()[0].header("host"), Some(host));
}
