//! The way back from pseudonyms.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use privacy::{Map, Revealer};

fn revealer() -> Revealer {
    let text = format!(
        r#"{{"version":1,"map_id":"{}","key":"{}",
            "hosts":{{"db7.corp.example":"777.777.1.3","::1":"777.777.1.4","\\xff":"777.777.1.5"}},
            "jobs":{{"storage-eu":"vmstorage-job-1"}},
            "labels":{{"zone":{{"fra1":"zone-2"}}}}}}"#,
        "0".repeat(32),
        "0".repeat(64)
    );
    Revealer::new(&Map::from_json(text.as_bytes()).unwrap())
}

#[test]
fn pasted_text_gets_its_originals_back() {
    let text = "777.777.1.3:8428 (job=\"vmstorage-job-1\", zone-2) hangs, see http://777.777.1.3/.";
    assert_eq!(
        revealer().text(text),
        "db7.corp.example:8428 (job=\"storage-eu\", fra1) hangs, see http://db7.corp.example/."
    );
    assert_eq!(
        revealer().text("Is it 777.777.1.3? Or zone-2."),
        "Is it db7.corp.example? Or fra1."
    );
    assert_eq!(revealer().text("777.777.1.5"), r"\xff");
}

#[test]
fn parts_of_words_are_no_pseudonyms() {
    for text in [
        "",
        "777.777.1.33",
        "777.777.1.3.4",
        "myvmstorage-job-1",
        "zone-21",
        "xzone-2 ä",
    ] {
        assert_eq!(revealer().text(text), text);
    }
}

#[test]
fn ipv6_gets_brackets_where_it_needs_them() {
    assert_eq!(
        revealer().text("777.777.1.4, 777.777.1.4:80, http://777.777.1.4/, 777.777.1.4: down"),
        "::1, [::1]:80, http://[::1]/, ::1: down"
    );
    let label = |value: &'static str| revealer().value(value.as_bytes()).into_owned();
    assert_eq!(label("777.777.1.4:80"), b"[::1]:80");
    assert_eq!(label("777.777.1.4"), b"::1");
}

#[test]
fn pseudonyms_are_restored_wherever_they_stand() {
    let revealer = revealer();
    for (value, original) in [
        ("vmstorage-job-1", "storage-eu"),
        ("zone-2", "fra1"),
        (
            "http://777.777.1.3:80/vmstorage-job-1/x",
            "http://db7.corp.example:80/storage-eu/x",
        ),
        ("zone-3", "zone-3"),
    ] {
        assert_eq!(&*revealer.value(value.as_bytes()), original.as_bytes());
    }
}
