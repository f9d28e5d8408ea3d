//! What the documentation promises, against VictoriaMetrics itself.

use testkit::{VmServer, VmVersion, canonical};

use crate::harness::{Place, entry, rfc3339};

const START_MS: i64 = 1_700_000_000_000;
const END_MS: i64 = START_MS + 3_600_000;

/// Two jobs that the documented selector matches, and one that it does not.
fn lines() -> Vec<u8> {
    let list = |number: fn(i64) -> i64| {
        let numbers: Vec<String> = (0..=240).map(|n| number(n).to_string()).collect();
        numbers.join(",")
    };
    let values = list(|n| n);
    let timestamps = list(|n| START_MS + n * 15_000);
    let mut lines = String::new();
    for job in ["test1", "test2", "other"] {
        lines += &format!(
            "{{\"metric\":{{\"__name__\":\"up\",\"job\":\"{job}\",\"env\":\"prod\"}},\
             \"values\":[{values}],\"timestamps\":[{timestamps}]}}\n"
        );
    }
    lines.into_bytes()
}

/// The example of the documentation; only the address and the time are ours.
fn example(url: &str) -> String {
    r#"{
      "connection": {"url": "http://vmsingle:8428", "auth": {"type": "none"}},
      "time_range": {"start": "2026-01-23T12:00:00Z", "end": "2026-01-23T13:00:00Z"},
      "mode": "custom", "query_type": "selector", "query": "{job=~\"test.*\"}", "jobs": ["test1"],
      "obfuscation": {"enabled": false, "drop_labels": ["env"]},
      "batching": {"enabled": false}
    }"#
    .replace("http://vmsingle:8428", url)
    .replace("2026-01-23T12:00:00Z", &rfc3339(START_MS))
    .replace("2026-01-23T13:00:00Z", &rfc3339(END_MS))
}

#[test]
fn the_documented_config_exports_stored_samples_of_the_chosen_job() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &["-retentionPeriod=100y"]);
        server.load(&lines());
        let truth = server.export_json_lines("{job=\"test1\"}", START_MS, END_MS);
        let truth = String::from_utf8(truth).unwrap();
        let expected = canonical(truth.replace(r#","env":"prod""#, "").as_bytes());
        assert_eq!(expected.len(), 1);

        let place = Place::new();
        place.file("config.json", example(&server.url()));
        let flags = ["-oneshot", "-oneshot-config", "config.json"];
        place.run(&flags).done();
        let bundle = place.only("exports", ".zip");
        let bundled = entry(&bundle, "metrics.jsonl");
        assert_eq!(canonical(bundled.as_bytes()), expected, "{version:?}");
        assert!(bundle::verify(&bundle, |_| ()).unwrap().is_ok());

        let said = place
            .run(&[&flags[..], &["-export-stdout"]].concat())
            .done();
        assert_eq!(canonical(&said.stdout), expected, "{version:?}");

        let said = place
            .run(&["export", "--config", "config.json", "--stdout"])
            .done();
        assert_eq!(canonical(&said.stdout), expected, "{version:?}");
    }
}
