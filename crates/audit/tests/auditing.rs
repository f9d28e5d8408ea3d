//! What an audit finds, counts and shows.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::BTreeMap;

use audit::{Audit, Auditor, Code, Error, Findings, Kind, Place, Scope, ScopeBuilder};

fn auditor(scope: ScopeBuilder) -> Auditor {
    Audit::new(scope.build().unwrap(), 1_000).auditor()
}

fn line(labels: &str) -> Vec<u8> {
    format!("{{\"metric\":{{{labels}}},\"values\":[1,2],\"timestamps\":[1,2]}}\n").into_bytes()
}

fn codes(findings: &Findings) -> Vec<(String, Code)> {
    findings
        .hits()
        .map(|hit| (hit.place().to_string(), hit.code()))
        .collect()
}

#[test]
fn names_and_values_and_metrics_and_texts_are_searched() {
    let mut auditor = auditor(Scope::builder().original(Kind::Word, b"acme"));
    auditor.lines(&line(r#""__name__":"acme_up""#)).unwrap();
    auditor.lines(&line(r#""x_acme":"1""#)).unwrap();
    auditor.lines(&line(r#""x":"/data/acme""#)).unwrap();
    auditor.text("metadata.json", "{\n  \"note\": \"of Acme\"\n}");
    let word = Code::Original(Kind::Word);
    assert_eq!(
        codes(&auditor.finish()),
        [
            ("__name__".to_owned(), word),
            ("x".to_owned(), word),
            ("(label name)".to_owned(), word),
            ("metadata.json".to_owned(), word),
        ]
    );
}

#[test]
fn distinct_texts_and_occurrences_are_counted() {
    let mut auditor = auditor(Scope::builder().addresses(true));
    for _ in 0..3 {
        auditor.lines(&line(r#""a":"10.1.2.3","b":"x""#)).unwrap();
    }
    auditor.lines(&line(r#""a":"10.1.2.4""#)).unwrap();
    auditor.label(b"a", b"10.1.2.4");
    let findings = auditor.finish();
    let hit = findings.hits().next().unwrap();
    assert_eq!((hit.texts(), hit.occurrences()), (2, 5));
    assert_eq!(hit.examples().collect::<Vec<_>>(), ["10.1.2.3", "10.1.2.4"]);
    assert_eq!(hit.to_string(), "IP address in a: 2 texts, 5 occurrences");
    assert_eq!(findings.counts(), BTreeMap::from([(Code::IpAddress, 2)]));
    // Two names, two values of one and one of the other.
    assert_eq!(findings.texts(), 5);
}

#[test]
fn the_number_of_auditors_makes_no_difference() {
    let lines: Vec<Vec<u8>> = (0..500)
        .map(|n| line(&format!(r#""a":"10.1.{}.{n}","b":"v{}""#, n % 7, n % 50)))
        .collect();
    let run = |threads: usize| {
        let scope = Scope::builder().addresses(true).build().unwrap();
        let audit = Audit::new(scope, 10_000);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads)
                .map(|thread| {
                    let (audit, lines) = (&audit, &lines);
                    scope.spawn(move || {
                        let mut auditor = audit.auditor();
                        for line in lines.iter().skip(thread).step_by(threads) {
                            auditor.lines(line).unwrap();
                        }
                        auditor.finish()
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .fold(Findings::default(), Findings::merge)
        })
    };
    let one = run(1);
    assert_eq!(one.counts()[&Code::IpAddress], 256);
    assert_eq!(run(4), one);
}

#[test]
fn more_texts_than_expected_are_searched_all_the_same() {
    let scope = Scope::builder()
        .original(Kind::Job, b"acme")
        .build()
        .unwrap();
    let mut auditor = Audit::new(scope, 0).auditor();
    for n in 0..10_000 {
        auditor.label(b"a", format!("value-{n}").as_bytes());
    }
    assert!(auditor.finish().is_clean());

    let scope = Scope::builder()
        .original(Kind::Job, b"acme")
        .build()
        .unwrap();
    let mut auditor = Audit::new(scope, 0).auditor();
    for n in 0..10_000 {
        auditor.label(b"a", format!("value-{n}").as_bytes());
    }
    auditor.label(b"a", b"acme");
    assert!(!auditor.finish().is_clean());
}

#[test]
fn pseudonyms_and_allowed_texts_are_no_hits_and_longer_texts_are() {
    let scope = || {
        Scope::builder()
            .addresses(true)
            .original(Kind::Job, b"storage")
            .original(Kind::Job, b"eu-storage-job-1")
            .pseudonym("storage-job-1")
            .allow("docs.victoriametrics.com")
            .allow("keep-storage")
    };
    let search = |value: &str| {
        let mut auditor = auditor(scope());
        auditor.label(b"a", value.as_bytes());
        auditor.finish()
    };
    for clean in [
        "storage-job-1",
        "x/storage-job-1/y",
        "keep-storage",
        "https://docs.victoriametrics.com/x",
        "777.777.1.2",
    ] {
        assert!(search(clean).is_clean(), "{clean}");
    }
    for hit in [
        "storage",
        "storage-job-12",
        "eu-storage-job-1",
        "storage-job-1,storage",
        "https://docs.victoriametrics.com.evil.net/",
        "https://www.docs.victoriametrics.com/",
    ] {
        assert!(!search(hit).is_clean(), "{hit}");
    }
}

#[test]
fn values_without_a_pseudonym_are_listed() {
    let mut auditor = auditor(Scope::builder().pseudonym("job-1"));
    for value in ["job-1", "x:job-1", "777.777.1.1:80", "prod", "7", "job-2"] {
        auditor.label(b"a", value.as_bytes());
    }
    auditor.label(b"b", b"prod");
    let findings = auditor.finish();
    let stayed: Vec<(&str, Vec<&str>, u64)> = findings
        .stayed()
        .map(|(name, stayed)| (name, stayed.values().collect(), stayed.more()))
        .collect();
    assert_eq!(
        stayed,
        [("a", vec!["7", "job-2", "prod"], 0), ("b", vec!["prod"], 0)]
    );
    assert_eq!(findings.unlisted(), 0);
}

#[test]
fn every_hit_counts_however_many_labels_have_one_and_however_long_their_names_are() {
    let mut auditor = auditor(Scope::builder().addresses(true));
    for i in 0..5_000 {
        let name = format!("label_{i}_{}", "x".repeat(1_000));
        // What is told of a value is cut, and what is searched is not.
        let value = format!("{}10.1.2.3", "x ".repeat(500));
        auditor.label(name.as_bytes(), value.as_bytes());
    }
    let findings = auditor.finish();
    let hits: Vec<_> = findings.hits().collect();
    assert_eq!(hits.len(), 4_097);
    assert_eq!(hits[4_096].place(), &Place::FurtherLabels);
    assert_eq!(hits.iter().map(|hit| hit.texts()).sum::<u64>(), 5_000);
    for hit in hits {
        assert!(hit.place().to_string().len() < 300);
        assert!(hit.examples().count() <= 5 && hit.examples().all(|text| text.len() < 300));
    }
}

#[test]
fn shapes_are_searched_for_only_if_wanted() {
    let mut auditor = auditor(Scope::builder().original(Kind::Job, b"acme"));
    auditor.label(b"a", b"bob@db.acme.com:10.1.2.3");
    assert_eq!(
        codes(&auditor.finish()),
        [("a".to_owned(), Code::Original(Kind::Job))]
    );
}

#[test]
fn an_original_explains_the_shape_around_it() {
    let mut auditor = auditor(
        Scope::builder()
            .addresses(true)
            .original(Kind::Host, b"db.acme.com")
            .original(Kind::Host, b"10.1.2.3"),
    );
    auditor.label(b"a", b"http://db.acme.com/");
    auditor.label(b"a", b"ip_10_1_2_3");
    auditor.label(b"a", b"10.1.2.3:80");
    assert_eq!(
        codes(&auditor.finish()),
        [("a".to_owned(), Code::Original(Kind::Host))]
    );
}

#[test]
fn a_label_name_that_is_a_hit_is_never_shown() {
    let mut auditor = auditor(Scope::builder().original(Kind::LabelName, b"acme"));
    auditor.label(b"acme_team", b"acme");
    auditor.label(b"acme_team", b"x");
    let findings = auditor.finish();
    assert_eq!(
        findings.hits().map(|hit| hit.place()).collect::<Vec<_>>(),
        [&Place::LabelName, &Place::HiddenLabel]
    );
    assert_eq!(findings.hits().next().unwrap().occurrences(), 2);
    let shown = format!(
        "{findings:?}{}",
        findings.hits().map(ToString::to_string).collect::<String>()
    );
    assert!(!shown.contains("acme"), "{shown}");
}

#[test]
fn debug_output_tells_no_value() {
    let mut auditor = auditor(Scope::builder().addresses(true));
    auditor.label(b"a", b"10.1.2.3");
    auditor.label(b"a", b"stays");
    auditor.text("note", "10.1.2.3");
    let findings = auditor.finish();
    let shown = format!("{findings:?}");
    assert!(
        !shown.contains("10.1.2.3") && !shown.contains("stays"),
        "{shown}"
    );
}

#[test]
fn lines_that_cannot_be_read_are_an_error() {
    let mut auditor = auditor(Scope::builder());
    let error = auditor
        .lines(br#"{"metric":{"a":"b"},"values":["acme"],"timestamps":[1]}"#)
        .unwrap_err();
    assert!(matches!(error, Error::Line { line: 1, .. }));
    assert_eq!(
        error.to_string(),
        "line 1 cannot be audited: expected a number at byte 30"
    );
}
