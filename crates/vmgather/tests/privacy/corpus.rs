//! The corpus: series of real components and crafted ones, what is secret in them, and what must stay.
//!
//! It lies with the crate that has to cover it; its README tells where each file comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use testkit::{Labels, VmVersion, canonical};

use crate::installation::Installation;

/// A text that must not leave.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) text: String,
    pub(crate) kind: String,
    /// Covered by the strict level only.
    pub(crate) strict: bool,
}

fn path(name: &str) -> PathBuf {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../privacy/tests/corpus");
    PathBuf::from(corpus).join(name)
}

fn read(name: &str) -> String {
    let path = path(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rows(name: &str) -> Vec<Vec<String>> {
    read(name)
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

/// The planted secrets.
pub(crate) fn secrets() -> Vec<Secret> {
    let secret = |row: Vec<String>| Secret {
        strict: row[2] == "strict",
        kind: row[1].clone(),
        text: row[0].clone(),
    };
    rows("secrets.txt").into_iter().map(secret).collect()
}

/// True for a label whose value must be in the bundle as it was: those that the corpus names, and what is a constant of the
/// programs where they write it themselves.
pub(crate) fn stays() -> impl Fn(&str, &str) -> bool {
    let rows = rows("stays.txt");
    let constants = read("../../src/vocabulary/values.txt");
    let constants: BTreeSet<String> = constants.lines().map(str::to_owned).collect();
    move |name, value| {
        if ["path", "protocol", "reason", "type"].contains(&name) && constants.contains(value) {
            return true;
        }
        let fits =
            |row: &Vec<String>| row[0] == name && row.get(1).is_none_or(|only| only == value);
        rows.iter().any(fits)
    }
}

/// Replaces every spelling of an original by its first one.
pub(crate) fn respelling() -> impl Fn(&str) -> String {
    let mut replacements: Vec<(String, String)> = rows("spellings.txt")
        .into_iter()
        .flat_map(|row| {
            let first = row[0].clone();
            row.into_iter()
                .skip(1)
                .map(move |other| (other, first.clone()))
        })
        .collect();
    replacements.sort_by_key(|(other, _)| std::cmp::Reverse(other.len()));
    move |text| {
        let replace = |text: String, (other, first): &(String, String)| text.replace(other, first);
        replacements.iter().fold(text.to_owned(), replace)
    }
}

/// The series of one file, with one sample each, as JSON lines for an import.
pub(crate) fn lines(name: &str, time_ms: i64) -> Vec<u8> {
    let line = |labels: &str| {
        format!("{{\"metric\":{labels},\"values\":[1],\"timestamps\":[{time_ms}]}}\n")
    };
    read(name)
        .lines()
        .map(line)
        .collect::<String>()
        .into_bytes()
}

/// The name of the file with the recorded series of a version.
pub(crate) fn recorded(version: VmVersion) -> String {
    format!("recorded-{version}.jsonl")
}

/// Writes the series of an installation into the corpus, thinned out.
pub(crate) fn record(installation: &Installation, version: VmVersion) {
    let lines = installation.without_machine(&String::from_utf8(installation.lines()).unwrap());
    let mut kept: BTreeMap<Labels, Labels> = BTreeMap::new();
    for labels in canonical(lines.as_bytes()).into_keys() {
        kept.entry(shape(&labels)).or_insert(labels);
    }
    let texts: BTreeSet<String> = kept
        .into_values()
        .map(|labels| {
            let labels: serde_json::Map<_, _> = labels
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect();
            serde_json::Value::Object(labels).to_string() + "\n"
        })
        .collect();
    fs::write(
        path(&recorded(version)),
        texts.into_iter().collect::<String>(),
    )
    .unwrap();
}

/// What two series have in common of which one is enough: one bucket of a histogram, one flag that nobody set, one line of
/// a source file, one of the metrics that every process has.
fn shape(labels: &Labels) -> Labels {
    let get = |wanted: &str| {
        labels
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
    };
    let metric = get("__name__").unwrap_or_default();
    let unset_flag = metric == "flag" && get("is_set") == Some("false");
    let of_process = ["go_", "process_", "scrape_"]
        .into_iter()
        .any(|prefix| metric.starts_with(prefix));
    let of_client = metric.contains("_conn_") || metric.contains("_dial");
    labels
        .iter()
        .filter(|(name, _)| match name.as_str() {
            "le" | "vmrange" | "quantile" | "location" => false,
            "name" | "value" => !unset_flag,
            "__name__" => !of_process && !of_client,
            _ => true,
        })
        .cloned()
        .collect()
}
