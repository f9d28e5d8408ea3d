//! Which exports are offered.

use vmapi::{Error, ExportRoute, ExportSupport};

use crate::server::{Reply, Server, client};

const START: i64 = 1_700_000_000_001;
const END: i64 = 1_700_000_060_000;

fn header(start: i64, end: i64) -> Reply {
    // Signed numbers have their sign in the lowest bit.
    Reply::ok([(start << 1).to_be_bytes(), (end << 1).to_be_bytes()].concat())
}

fn one() -> Reply {
    Reply::ok(r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#)
}

fn no_route() -> Reply {
    Reply::new(
        400,
        "",
        "user u missing route for \"/api/v1/export/native\"",
    )
}

async fn native(path: &str, replies: Vec<Reply>) -> (Result<ExportSupport, Error>, Vec<String>) {
    let server = Server::start(replies).await;
    let support = client(&format!("{}{path}", server.url))
        .probe_native(START, END)
        .await;
    let lines = server.requests().into_iter().map(|request| request.line);
    (support, lines.collect())
}

fn route(support: Result<ExportSupport, Error>) -> ExportRoute {
    match support.unwrap() {
        ExportSupport::Routed(route) => route,
        ExportSupport::NotRouted(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_server_that_understands_the_range_is_supported() {
    let (support, _) = native("", vec![header(START, END)]).await;
    assert_eq!(route(support), ExportRoute::WithoutRw);
}

#[tokio::test]
async fn a_server_that_understands_another_range_is_an_error() {
    let (support, _) = native("", vec![header(START - 1, END)]).await;
    let error = support.unwrap_err();
    assert!(matches!(error, Error::TimeRange { .. }), "{error:?}");
}

#[tokio::test]
async fn the_rw_path_is_tried_as_it_is_too() {
    let (support, lines) = native("/rw/prometheus", vec![no_route(), header(START, END)]).await;
    assert_eq!(route(support), ExportRoute::AsGiven);
    assert_eq!(
        lines,
        [
            "POST /prometheus/api/v1/export/native",
            "POST /rw/prometheus/api/v1/export/native"
        ]
    );
}

#[tokio::test]
async fn a_missing_route_counts_only_beside_a_working_query() {
    for refusal in [no_route(), Reply::new(404, "", ""), Reply::new(501, "", "")] {
        let (support, lines) = native("/prometheus", vec![refusal, one()]).await;
        assert!(matches!(support, Ok(ExportSupport::NotRouted(_))));
        assert_eq!(lines[1], "POST /prometheus/api/v1/query");
    }
    let wrong_path = Reply::new(400, "", "unsupported path requested: \"/x/api/v1/query\"");
    let (support, _) = native("/x", vec![no_route(), wrong_path]).await;
    assert_eq!(support.unwrap_err().status(), Some(400));
}

#[tokio::test]
async fn no_other_failure_is_taken_for_a_missing_route() {
    for reply in [
        Reply::new(401, "", "not found"),
        Reply::new(400, "", "cannot parse 404"),
        Reply::new(502, "", "missing route"),
        Reply::raw(""),
        Reply::ok("not sixteen bytes"),
    ] {
        let (support, lines) = native("/rw/prometheus", vec![reply]).await;
        assert!(support.is_err());
        assert_eq!(lines.len(), 1);
    }
}

#[tokio::test]
async fn json_lines_are_probed_with_an_empty_result() {
    let server = Server::start([Reply::ok(""), Reply::ok("{}\n")]).await;
    let client = client(&server.url);
    let support = client.probe_json_lines(START, END).await;
    assert!(matches!(support, Ok(ExportSupport::Routed(_))));
    let support = client.probe_json_lines(START, END).await;
    assert!(matches!(support, Err(Error::Unexpected { .. })));
}
