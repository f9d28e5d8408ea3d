//! Discovery and estimates through the public API.
//!
//! * `demo_cluster`: the embedded demo cluster in all versions, with every request looked at.
//! * `real_servers`: the same questions to packaged VictoriaMetrics servers.
#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod demo_cluster;
mod real_servers;

use gather::TimeRange;
use gather::discover::{DiscoverError, Discovery, FoundComponent};
use vmapi::{Client, Connection, Endpoint, Timeouts};

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn client(url: &str) -> Client {
    let connection = Connection {
        url: url.to_owned(),
        ..Connection::default()
    };
    Client::new(Endpoint::new(&connection).unwrap(), Timeouts::default()).unwrap()
}

fn discover(url: &str, range: TimeRange) -> Result<Discovery, DiscoverError> {
    run(gather::discover::discover(&client(url), range))
}

/// `vmagent vmagent-eu:1 vmagent-us:1`, a line per component, with the tenant if there is one.
fn outline(discovery: &Discovery) -> Vec<String> {
    let line = |found: &FoundComponent| {
        let mut words = vec![found.program.to_string()];
        words.extend(found.tenant.map(|tenant| format!("({tenant})")));
        words.extend(found.jobs.iter().map(|job| {
            let instances = job.instances.unwrap();
            format!("{}:{instances}", job.name)
        }));
        words.join(" ")
    };
    discovery.components.iter().map(line).collect()
}

fn warnings(discovery: &Discovery) -> String {
    let sentences = discovery.warnings.iter().map(ToString::to_string);
    sentences.collect::<Vec<_>>().join("\n")
}

/// The number that an expression evaluates to.
fn number(url: &str, expression: &str, range: TimeRange) -> f64 {
    let result = run(client(url).query(expression, range.end_ms)).unwrap();
    let vector = result.into_vector().unwrap();
    vector.first().map_or(0.0, |series| series.sample.value)
}
