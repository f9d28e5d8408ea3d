//! Servers, lines and what a server makes of them.

use serde_json::Value;
use testkit::{CanonicalSeries, VmServer, VmVersion, canonical};

use crate::harness::Said;

pub(crate) const START_MS: i64 = 1_700_000_000_000;

/// Everything a server holds.
pub(crate) fn exported(server: &VmServer) -> Vec<u8> {
    server.export_json_lines(testkit::EVERYTHING, 0, 4_000_000_000_000)
}

pub(crate) fn stored(server: &VmServer) -> CanonicalSeries {
    canonical(&exported(server))
}

/// What a server makes of the same lines when nobody stands between.
pub(crate) fn plain_copy(version: VmVersion, lines: &[u8]) -> CanonicalSeries {
    let server = VmServer::start(version, &[]);
    server.load(lines);
    stored(&server)
}

/// A line of one series, its values as they are written, 15 s apart.
pub(crate) fn line(name: &str, start_ms: i64, values: &[&str]) -> String {
    let times: Vec<String> = (0..values.len() as i64)
        .map(|at| (start_ms + at * 15_000).to_string())
        .collect();
    format!(
        "{{\"metric\":{{\"__name__\":\"{name}\",\"job\":\"j\",\"instance\":\"i:1\",\"env\":\"e\"}},\
         \"values\":[{}],\"timestamps\":[{}]}}\n",
        values.join(","),
        times.join(",")
    )
}

/// The last event of a run with `--json`.
#[track_caller]
pub(crate) fn last_event(said: &Said) -> Value {
    said.events().pop().unwrap_or_else(|| panic!("{said:?}"))
}
