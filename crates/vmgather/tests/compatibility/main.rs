//! Discovery and export through every kind of address, against both packaged servers, behind their
//! vmauth, and against the demo cluster. What happened is the table in `docs/compatibility.md`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failed helper is a failed test"
)]

mod targets;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use targets::{END_MS, START_MS, Target};
use testkit::{canonical, diff};

/// What a target is read for: the component whose job has the same name in the demo data.
const COMPONENT: &str = "vmstorage";

#[test]
fn every_address_gives_the_samples_of_its_server() {
    let home = tempfile::tempdir().unwrap();
    let mut rows = Vec::new();
    for target in targets::all() {
        let discovered = vmgather(&target, "discover", &["--json"], home.path());
        let discovered: serde_json::Value = serde_json::from_slice(&discovered.stdout)
            .unwrap_or_else(|error| panic!("{}: {error}", target.name()));
        let components: Vec<&str> = discovered["components"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|found| found["component"].as_str())
            .collect();
        assert!(components.contains(&COMPONENT), "{}", target.name());

        let arguments = ["--plain", "--stdout", "--component", COMPONENT];
        let exported = vmgather(&target, "export", &arguments, home.path());
        let stderr = String::from_utf8(exported.stderr).unwrap();
        let transport = ["native", "json", "query-range"]
            .into_iter()
            .find(|transport| stderr.contains(&format!(" as {transport}\n")))
            .unwrap_or_else(|| panic!("{}: {stderr}", target.name()));
        assert_eq!(transport, target.transport, "{}", target.name());
        let lines = canonical(&exported.stdout);
        if transport == "query-range" {
            // Computed samples are others; the series are the same.
            let series: Vec<_> = lines.keys().collect();
            let truth: Vec<_> = target.truth.keys().collect();
            assert_eq!(series.len(), truth.len(), "{}", target.name());
        } else if let Some(difference) = diff(&target.truth, &lines) {
            panic!("{}: server | export: {difference}", target.name());
        }
        rows.push(format!(
            "| {} | `{}` | {} | {} | {transport} |\n",
            target.server,
            target.shown,
            target.auth,
            components.len(),
        ));
    }
    compare(&rows.concat());
}

fn vmgather(target: &Target, command: &str, arguments: &[&str], home: &Path) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_vmgather"))
        .arg(command)
        .args(["--url", &target.url])
        .args([
            "--start",
            &START_MS.to_string(),
            "--end",
            &END_MS.to_string(),
        ])
        .args(arguments)
        .args(&target.arguments)
        .envs(target.environment.iter().cloned())
        .env("HOME", home)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}: {}",
        target.name(),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Compares the table with the one in the docs, or writes it there.
fn compare(rows: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = document
        .split_once("| --- | --- | --- | ---: | --- |\n")
        .unwrap();
    let tail = rest.find("\n\n").map_or("", |at| &rest[at..]);
    let table = "| --- | --- | --- | ---: | --- |\n";
    let written = format!("{head}{table}{}{tail}", rows.trim_end_matches('\n'));
    if std::env::var_os("UPDATE_COMPATIBILITY").is_some() {
        std::fs::write(&path, written).unwrap();
        return;
    }
    assert!(
        written == document,
        "docs/compatibility.md is not what was measured; UPDATE_COMPATIBILITY=1 writes it anew:\n{rows}"
    );
}
