//! No secret in what is logged, however much is logged.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard};

use log::{LevelFilter, Log, Metadata, Record};
use tracing_subscriber::filter::LevelFilter as TraceLevel;
use vmapi::{Connection, Selector, Timeouts, validate};

use crate::secrets::{SECRET, assert_hidden, connections, echoes};
use crate::server::{Server, client_of, params, read};

/// Keeps all lines, those of the `log` crate too.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let _ = writeln!(self.lock(), "{} {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

/// Everything that a client can be asked; what comes of it does not matter here.
async fn ask_everything(connection: &Connection) {
    let client = client_of(connection);
    let _ = client.query("1", 1_000).await;
    let _ = client.label_values("job", &[], 1_000, 2_000).await;
    let _ = client
        .series(&[Selector::everything()], 1_000, 2_000, 1)
        .await;
    let _ = client.tenants().await;
    if let Ok(mut result) = client.query_range("1", 1_000, 2_000, 1).await {
        let _ = result.next_series().await;
    }
    for body in [
        client.export_native(&params()).await,
        client.export_json_lines(&params()).await,
    ]
    .into_iter()
    .flatten()
    {
        let _ = read(body).await;
    }
    let _ = client.probe_native(1_000, 2_000).await;
    let _ = validate(connection, Timeouts::VALIDATE).await;
}

#[tokio::test]
async fn every_failure_at_trace_level() {
    let lines = Lines::default();
    // Lines of other tests in this process are searched as well, which does no harm.
    log::set_logger(Box::leak(Box::new(lines.clone()))).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(TraceLevel::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // One of this thread alone would miss what other tests made known first.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    for reply in echoes() {
        for which in 0..connections("").len() {
            let server = Server::start(vec![reply.clone(); 20]).await;
            ask_everything(&connections(&server.url)[which]).await;
            drop(server);
        }
    }
    for url in [crate::tls::start().await, "http://127.0.0.1:1".to_owned()] {
        for connection in connections(&url) {
            ask_everything(&connection).await;
        }
    }
    for bad in [
        "ftp://ann:{}@vm",
        "http://vm/?start={}",
        "http://ann:{}@v m",
    ] {
        let bad = bad.replace("{}", SECRET);
        let _ = Connection::from_typed_url(&bad).map_err(|error| tracing::error!(%error, ?error));
    }

    let text = String::from_utf8_lossy(&lines.lock()).into_owned();
    assert!(
        text.contains("url=http://127.0.0.1:1/api/v1/query"),
        "nothing was captured"
    );
    assert!(
        text.contains("starting new connection"),
        "nothing of the libraries was captured"
    );
    for line in text.lines() {
        assert_hidden(line);
    }
}
