//! Each fault of the proxy reaches the client as the fault it is meant to be.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use testkit::{Answer, EVERYTHING, Fault, FaultProxy, VmServer, VmVersion, seed};

const START_MS: i64 = 1_760_000_000_000;
const EXPORT: &str = "/api/v1/export";

struct Network {
    server: VmServer,
    proxy: FaultProxy,
}

impl Network {
    fn start() -> Network {
        let server = VmServer::start(VmVersion::V1_112, &[]);
        server.load(&seed::cluster(100, 100, START_MS, 15_000));
        let proxy = FaultProxy::start(&server.url());
        Network { server, proxy }
    }

    fn whole(&self) -> Vec<u8> {
        self.server
            .export_json_lines(EVERYTHING, START_MS, START_MS + 86_400_000)
    }

    /// Status and body, or the error that a careful client sees.
    fn export(&self) -> Result<(u16, Vec<u8>), ureq::Error> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let mut response = agent
            .post(format!("{}{EXPORT}", self.proxy.url()))
            .send_form([
                ("match[]", EVERYTHING),
                ("start", "1760000000"),
                ("end", "1760086400"),
            ])?;
        let body = response
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_to_vec()?;
        Ok((response.status().as_u16(), body))
    }

    fn once(&self, fault: Fault) -> Result<(u16, Vec<u8>), ureq::Error> {
        self.proxy.order(EXPORT, [fault], Fault::Pass);
        let result = self.export();
        assert_eq!(self.proxy.orders_left(), 0);
        let (status, body) = self.export().expect("orders are used once");
        assert_eq!((status, sorted(&body)), (200, sorted(&self.whole())));
        result
    }
}

/// Servers send series in arbitrary order.
fn sorted(lines: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = lines.split(|&byte| byte == b'\n').collect();
    lines.sort_unstable();
    lines
}

#[test]
fn broken_streams_are_errors_to_the_client() {
    let network = Network::start();
    for fault in [
        Fault::Refuse,
        Fault::ResetAfter(0),
        Fault::ResetAfter(10_000),
        Fault::CloseAfter(0),
        Fault::CloseAfter(10_000),
        Fault::abort_after(10_000),
        Fault::TlsAlert,
    ] {
        assert!(network.once(fault.clone()).is_err(), "{fault:?}");
    }
}

#[test]
fn a_reset_comes_after_the_bytes_before_it() {
    let network = Network::start();
    for (fault, bytes) in [
        (Fault::Refuse, 0),
        (Fault::ResetAfter(0), 0),
        (Fault::ResetAfter(10_000), 10_000),
    ] {
        network.proxy.order(EXPORT, [fault], Fault::Pass);
        let mut client = TcpStream::connect(network.proxy.url().replace("http://", "")).unwrap();
        let query = "match[]={__name__!=\"\"}&start=1760000000&end=1760086400";
        write!(client, "GET {EXPORT}?{query} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut response = Vec::new();
        let error = client.read_to_end(&mut response).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let head = response
            .windows(4)
            .position(|end| end == b"\r\n\r\n")
            .map_or(0, |at| at + 4);
        assert_eq!(response.len() - head, bytes);
    }
}

#[test]
fn old_servers_end_a_failed_export_in_good_order() {
    let network = Network::start();
    let (status, body) = network.once(Fault::deadline_text_after(10_000)).unwrap();
    assert_eq!(status, 200);
    assert!(String::from_utf8_lossy(&body[10_000..]).starts_with("remoteAddr"));
    let (_, body) = network.once(Fault::deadline_text_after(u64::MAX)).unwrap();
    assert_eq!(
        sorted(&body),
        sorted(&network.whole()),
        "longer than the response"
    );
}

#[test]
fn answers_in_the_place_of_the_server() {
    let network = Network::start();
    let busy = Fault::too_many_requests(Duration::from_secs(3));
    assert_eq!(network.once(busy).unwrap().0, 429);
    assert_eq!(
        network
            .once(Fault::Answer(Answer::new(503, "no storage")))
            .unwrap()
            .0,
        503
    );
    let (status, body) = network.once(Fault::too_many_series()).unwrap();
    assert_eq!(status, 400);
    assert!(String::from_utf8_lossy(&body).contains("matching timeseries exceeds"));
}

#[test]
fn stalls_until_released_or_given_up() {
    let network = Network::start();
    network
        .proxy
        .order(EXPORT, [Fault::StallAfter(10_000)], Fault::StallAfter(0));
    thread::scope(|scope| {
        let client = scope.spawn(|| network.export());
        network.proxy.wait_for_stalls(1);
        assert!(!client.is_finished());
        network.proxy.release();
        let (_, body) = client.join().unwrap().unwrap();
        assert_eq!(sorted(&body), sorted(&network.whole()));
    });
    let address = network.proxy.url().replace("http://", "");
    let mut client = TcpStream::connect(address).unwrap();
    write!(
        client,
        "GET {EXPORT}?match[]=up HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    .unwrap();
    network.proxy.wait_for_stalls(2);
    drop(client);
    network.proxy.wait_until_idle();
}

#[test]
fn slow_networks_lose_nothing() {
    let network = Network::start();
    let fault = Fault::Throttle {
        bytes_per_second: 10_000_000,
    };
    let (_, body) = network.once(fault).unwrap();
    assert_eq!(sorted(&body), sorted(&network.whole()));
}

#[test]
fn orders_are_for_matching_requests_only() {
    let network = Network::start();
    network
        .proxy
        .order("/api/v1/export/native", [], Fault::Refuse);
    assert!(network.export().is_ok());
    assert_eq!(network.proxy.requests("").len(), 1);
    assert!(network.proxy.requests("/native").is_empty());
}

#[test]
fn one_after_the_other_is_never_two_at_once() {
    let network = Network::start();
    for _ in 0..20 {
        network.export().unwrap();
    }
    assert_eq!(network.proxy.most_at_once(EXPORT), 1);
    network.proxy.order(
        EXPORT,
        [Fault::StallAfter(0), Fault::StallAfter(0)],
        Fault::Pass,
    );
    thread::scope(|scope| {
        let both = [
            scope.spawn(|| network.export()),
            scope.spawn(|| network.export()),
        ];
        network.proxy.wait_for_stalls(2);
        network.proxy.release();
        assert!(
            both.into_iter()
                .all(|client| client.join().unwrap().is_ok())
        );
    });
    assert_eq!(network.proxy.most_at_once(EXPORT), 2);
}

#[test]
fn a_dark_proxy_refuses_connections() {
    let network = Network::start();
    let address = network.proxy.url().replace("http://", "");
    network.proxy.go_dark();
    let error = TcpStream::connect(&address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    network.proxy.accept_again();
    assert!(network.export().is_ok());
}

#[test]
fn large_uploads_pass() {
    let network = Network::start();
    let lines = seed::cluster(100, 2000, START_MS + 86_400_000, 15_000);
    let url = format!("{}/api/v1/import", network.proxy.url());
    let response = ureq::post(url).send(&lines[..]).unwrap();
    assert_eq!(response.status(), 204);
    let mut empty = String::new();
    response
        .into_body()
        .into_reader()
        .read_to_string(&mut empty)
        .unwrap();
    assert_eq!(empty, "");
}
