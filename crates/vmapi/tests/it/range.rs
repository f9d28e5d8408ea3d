//! Range queries, lists of series and of tenants.

use vmapi::{Client, Error, Selector, SteppedSeries, Tenant};

use crate::server::{Reply, Server, client};

const TWO: &str = r#"{"status":"success","isPartial":false,"data":{"resultType":"matrix","result":[
{"metric":{"__name__":"up","job":"a?"},"values":[[1700000000,"1"],[1700000060.007,"+Inf"]]},
{"metric":{},"values":[[1700000000.5,"NaN"],[1700000001,"1e+06"],[1700000002,"-Inf"]]}]},"stats":{"seriesFetched":"2"}}"#;

/// All series, or those before the error with it.
async fn read(client: &Client) -> (Vec<SteppedSeries>, Result<(), Error>) {
    let mut all = Vec::new();
    let mut result = match client
        .query_range("up", 1_700_000_000_007, 1_700_000_060_000, 60)
        .await
    {
        Ok(result) => result,
        Err(error) => return (all, Err(error)),
    };
    loop {
        match result.next_series().await {
            Ok(Some(series)) => all.push(series),
            Ok(None) => return (all, Ok(())),
            Err(error) => return (all, Err(error)),
        }
    }
}

async fn read_one(reply: Reply) -> (Vec<SteppedSeries>, Result<(), Error>) {
    let server = Server::start([reply]).await;
    read(&client(&server.url)).await
}

fn spoilt(json: &str) -> Vec<u8> {
    let bytes = json.bytes();
    bytes.map(|b| if b == b'?' { 0xff } else { b }).collect()
}

#[tokio::test]
async fn series_come_one_by_one_with_their_text() {
    let body = spoilt(TWO);
    // A piece for every seven bytes.
    let mut chunks = Vec::new();
    for piece in body.chunks(7) {
        chunks.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        chunks.extend_from_slice(piece);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    let server = Server::start([Reply::chunks("", chunks)]).await;
    let (series, end) = read(&client(&server.url)).await;
    end.unwrap();
    let [first, second] = &series[..] else {
        panic!("{series:?}");
    };
    assert_eq!(first.labels.get("job").unwrap().as_bytes(), b"a\xff");
    let samples = |series: &SteppedSeries| -> Vec<_> {
        let samples = series.samples.iter();
        samples
            .map(|sample| (sample.time_ms, sample.value.clone()))
            .collect()
    };
    assert_eq!(
        samples(first),
        [
            (1_700_000_000_000, "1".to_owned()),
            (1_700_000_060_007, "+Inf".to_owned())
        ]
    );
    assert_eq!(second.labels.iter().len(), 0);
    assert_eq!(
        samples(second),
        [
            (1_700_000_000_500, "NaN".to_owned()),
            (1_700_000_001_000, "1e+06".to_owned()),
            (1_700_000_002_000, "-Inf".to_owned())
        ]
    );
    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /api/v1/query_range");
    assert_eq!(
        request.body,
        "query=up&start=1700000000.007&end=1700000060.000&step=60s&nocache=1&deny_partial_response=1"
    );
}

#[tokio::test]
async fn partial_data_is_an_error_wherever_it_says_so() {
    let before = TWO.replace("\"isPartial\":false", "\"isPartial\":true");
    let behind = TWO
        .replace("\"stats\"", "\"isPartial\":true,\"stats\"")
        .replace("\"isPartial\":false,", "");
    for reply in [before, behind] {
        let (series, end) = read_one(Reply::ok(spoilt(&reply))).await;
        assert_eq!(series.len(), 2);
        let error = end.unwrap_err();
        assert!(matches!(error, Error::Partial { .. }) && error.is_retryable());
    }
}

#[tokio::test]
async fn what_is_not_a_whole_matrix_is_an_error() {
    let vector = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    let text = TWO.replace("\"1e+06\"", "\"much\"");
    let wrong = TWO.replace("[1700000001,", "[\"now\",");
    let cut = &TWO[..TWO.len() - 1];
    let in_series = &TWO[..TWO.len() - 80];
    let html = "<html><title>Sign in</title>";
    let behind = format!("{TWO}\nremoteAddr: x; timeout exceeded");
    for (reply, part) in [
        (vector, "not a matrix"),
        (&text, "of another shape"),
        (&wrong, "of another shape"),
        (cut, "ends too early"),
        (in_series, "ends too early"),
        ("", "ends too early"),
        (html, "an HTML page titled `Sign in`"),
        ("hello", "with a fault"),
        (&behind, "broke off: remoteAddr: x; timeout exceeded"),
        (
            r#"{"status":"error","error":"no such function"}"#,
            "no such function",
        ),
    ] {
        let error = read_one(Reply::ok(spoilt(reply))).await.1.unwrap_err();
        assert!(error.to_string().contains(part), "{reply}: {error}");
    }
    let aborted = Reply::chunks("", "2\r\n{\"\r\n");
    let error = read_one(aborted).await.1.unwrap_err();
    assert!(matches!(error, Error::Aborted { .. }), "{error:?}");
    let refused = Reply::new(422, "", r#"{"status":"error","error":"too many points"}"#);
    assert_eq!(read_one(refused).await.1.unwrap_err().status(), Some(422));
}

#[tokio::test]
async fn a_huge_series_is_refused_but_not_a_huge_result() {
    let start = r#"{"status":"success","data":{"resultType":"matrix","result":["#;
    let series = format!(
        r#"{{"metric":{{"a":"{}"}},"values":[]}}"#,
        "x".repeat(5 << 20)
    );
    let many = [series.as_str(); 8].join(",");
    let (series, end) = read_one(Reply::ok(format!("{start}{many}]}}}}"))).await;
    end.unwrap();
    assert_eq!(series.len(), 8);
    let huge = format!(r#"{start}{{"metric":{{"a":"{}"#, "x".repeat(9 << 20));
    let error = read_one(Reply::ok(huge)).await.1.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn series_are_listed_up_to_a_limit() {
    let list = r#"{"status":"success","data":[{"__name__":"up","job":"a?"},{"job":"b"},{}]}"#;
    let server = Server::start([Reply::ok(spoilt(list))]).await;
    let series = client(&server.url)
        .series(&[Selector::job("x")], 0, 2_000, 2)
        .await
        .unwrap();
    assert_eq!(series.len(), 2);
    assert_eq!(series[0].get("job").unwrap().as_bytes(), b"a\xff");
    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /api/v1/series");
    assert_eq!(request.parameter("start"), ["0.001"]);
    assert_eq!(request.parameter("limit"), ["2"]);
}

#[tokio::test]
async fn series_are_counted_over_the_whole_range() {
    let count = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"34000"]}]}}"#;
    let none = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    let server = Server::start([Reply::ok(count), Reply::ok(none)]).await;
    let client = client(&server.url);
    let job = Selector::job("a");
    assert_eq!(
        client.count_series(&job, 1_000, 61_000).await.unwrap(),
        34_000
    );
    assert_eq!(client.count_series(&job, 1_000, 61_000).await.unwrap(), 0);
    let request = &server.requests()[0];
    assert_eq!(
        request.parameter("query"),
        ["count(count_over_time({job=\"a\"}[60001ms]))"]
    );
    assert_eq!(request.parameter("time"), ["61.000"]);
}

#[tokio::test]
async fn tenants_are_listed_where_a_cluster_offers_them() {
    let list = r#"{"status":"success","data":["5:9","0:0","1011:0"]}"#;
    for (path, asked) in [
        ("", "POST /admin/tenants"),
        ("/prometheus", "POST /admin/tenants"),
        ("/select/7/prometheus", "POST /admin/tenants"),
        ("/p/select/7/prometheus", "POST /p/admin/tenants"),
    ] {
        let server = Server::start([Reply::ok(list)]).await;
        let tenants = client(&format!("{}{path}", server.url))
            .tenants()
            .await
            .unwrap();
        let names: Vec<_> = tenants.unwrap().iter().map(Tenant::to_string).collect();
        assert_eq!(names, ["0", "5:9", "1011"]);
        assert_eq!(server.requests()[0].line, asked);
    }
}

#[tokio::test]
async fn a_list_of_tenants_that_is_not_offered_is_no_error() {
    let page = "<html><title>Sign in</title>";
    for reply in [
        Reply::new(400, "", "unsupported path requested: \"/admin/tenants\""),
        Reply::new(400, "", "user u missing route for \"/admin/tenants\""),
        Reply::new(404, "", ""),
        Reply::ok(page),
        Reply::new(200, "Content-Type: text/html\r\n", page),
    ] {
        let server = Server::start([reply]).await;
        assert_eq!(client(&server.url).tenants().await.unwrap(), None);
    }
    let gateway = Server::start([]).await;
    let tenants = client(&format!("{}/1011/prometheus", gateway.url))
        .tenants()
        .await;
    assert_eq!(tenants.unwrap(), None);
    let down = Reply::new(503, "", "error getting tenants");
    let server = Server::start([down]).await;
    assert_eq!(
        client(&server.url).tenants().await.unwrap_err().status(),
        Some(503)
    );
}
