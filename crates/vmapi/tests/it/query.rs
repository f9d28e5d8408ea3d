//! Queries and label values.

use vmapi::{Error, Limit, QueryResult, Selector};

use crate::server::{Reply, Server, client};

const ONE: &str = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1700000000,"1"]}]}}"#;

async fn query(replies: impl IntoIterator<Item = Reply>) -> Result<QueryResult, Error> {
    let server = Server::start(replies).await;
    client(&server.url).query("up", 1_700_000_000_000).await
}

#[tokio::test]
async fn a_query_is_sent_as_a_form() {
    let server = Server::start([Reply::ok(ONE)]).await;
    let client = client(&format!("{}/1011/rw/prometheus", server.url));
    let result = client.query("up{a=\"b&c\"}", 1_700_000_000_007).await;
    assert_eq!(result.unwrap().series_count(), 1);
    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /1011/rw/prometheus/api/v1/query");
    assert_eq!(request.parameter("query"), ["up{a=\"b&c\"}"]);
    assert_eq!(request.parameter("time"), ["1700000000.007"]);
    assert_eq!(request.parameter("deny_partial_response"), ["1"]);
}

#[tokio::test]
async fn a_gateway_without_post_is_asked_by_get() {
    let server = Server::start([Reply::new(405, "", ""), Reply::ok(ONE)]).await;
    let client = client(&format!("{}/?tenant=x", server.url));
    assert!(client.query("up", 1_000).await.is_ok());
    let request = &server.requests()[1];
    assert_eq!(
        request.line,
        "GET /api/v1/query?tenant=x&query=up&time=1.000&nocache=1&deny_partial_response=1"
    );
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn partial_data_is_an_error_worth_a_retry() {
    let partial = ONE.replace("\"data\"", "\"isPartial\":true,\"data\"");
    let error = query([Reply::ok(partial)]).await.unwrap_err();
    assert!(matches!(error, Error::Partial { .. }) && error.is_retryable());
    let whole = ONE.replace("\"data\"", "\"isPartial\":false,\"data\"");
    assert!(query([Reply::ok(whole)]).await.is_ok());
}

#[tokio::test]
async fn an_error_in_the_reply_is_an_error_whatever_the_status() {
    let reply = r#"{"status":"error","errorType":"422","error":"unknown func \"x\""}"#;
    for status in [200, 400, 422] {
        let error = query([Reply::new(status, "", reply)]).await.unwrap_err();
        assert!(error.to_string().contains("unknown func \"x\""), "{error}");
        assert!(!error.is_retryable());
    }
    let slow =
        r#"{"status":"error","error":"timeout exceeded during query; -search.maxQueryDuration"}"#;
    let error = query([Reply::new(422, "", slow)]).await.unwrap_err();
    assert_eq!(error.limit(), Some(Limit::Time));
}

#[tokio::test]
async fn replies_that_are_no_json_of_ours_are_errors() {
    for (body, part) in [
        ("", "ends too early"),
        ("{\"status\":\"success\"", "ends too early"),
        ("hello", "with a fault"),
        ("{\"status\":\"success\"}", "without `data`"),
        ("{\"status\":\"success\",\"data\":{}}", "of another shape"),
        ("[]", "of another shape"),
    ] {
        let error = query([Reply::ok(body)]).await.unwrap_err();
        assert!(
            matches!(error, Error::Unexpected { .. }),
            "{body}: {error:?}"
        );
        assert!(error.to_string().contains(part), "{body}: {error}");
    }
    let error = query([Reply::ok("<html><title>Hi</title>")])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Html { .. }), "{error:?}");
}

#[tokio::test]
async fn label_values_are_sorted_and_asked_for_with_a_start() {
    let values = r#"{"status":"success","data":["b","a\"c"]}"#;
    let server = Server::start([Reply::ok(values)]).await;
    let matches = [Selector::job("x"), Selector::job("y")];
    let values = client(&server.url)
        .label_values("job", &matches, 0, 2_000)
        .await
        .unwrap();
    assert_eq!(values, ["a\"c", "b"]);
    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /api/v1/label/job/values");
    assert_eq!(request.parameter("match[]"), ["{job=\"x\"}", "{job=\"y\"}"]);
    // With a start of 0 servers would look at five minutes only.
    assert_eq!(request.parameter("start"), ["0.001"]);
    assert_eq!(request.parameter("end"), ["2.000"]);
}

#[tokio::test]
async fn bytes_that_are_not_utf8_select_their_series_again() {
    let spoilt = |json: &str| {
        let bytes = json.bytes();
        Reply::ok(
            bytes
                .map(|b| if b == b'?' { 0xff } else { b })
                .collect::<Vec<_>>(),
        )
    };
    let result = query([spoilt(&ONE.replace("\"a\"", "\"a?\""))])
        .await
        .unwrap();
    let series = result.into_vector().unwrap();
    assert_eq!(series[0].labels.get("job").unwrap().as_bytes(), b"a\xff");
    let server = Server::start([spoilt(r#"{"status":"success","data":["b","a?"]}"#)]).await;
    let values = client(&server.url)
        .label_values("job", &[], 0, 1)
        .await
        .unwrap();
    assert_eq!(values[0].as_bytes(), b"a\xff");
    assert_eq!(Selector::job(&values[0]).as_str(), r#"{job="a\xff"}"#);
}

#[tokio::test]
async fn a_huge_reply_is_refused_before_it_fills_the_memory() {
    let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    let huge = Reply::raw([head, vec![b' '; (32 << 20) + 1]].concat());
    let error = query([huge]).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
}
