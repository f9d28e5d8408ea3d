//! What holds for any labels, tricky ones above all.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use privacy::{Collector, Error, Key, Map, Revealer, Rewriter, Rules};
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::ExposeSecret;
use serde_json::Value;

type Label = (&'static str, Vec<u8>);

/// An instance value and, if it is well formed, its canonical spelling.
#[derive(Clone, Debug)]
struct Spelled {
    value: Vec<u8>,
    canonical: Option<Vec<u8>>,
}

fn host() -> impl Strategy<Value = (String, String)> {
    let fixed = select(vec![
        ("10.0.0.1", "10.0.0.1"),
        ("h", "h"),
        ("H", "h"),
        ("db.Example", "db.example"),
        ("DB.example", "db.example"),
        ("::1", "::1"),
        ("0::1", "::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8:0::1", "2001:db8::1"),
        ("777.777.1.1", "777.777.1.1"),
        ("777.777.1.2", "777.777.1.2"),
        ("zone-1", "zone-1"),
        ("Zone-2", "zone-2"),
        ("job-1", "job-1"),
    ]);
    prop_oneof![
        3 => fixed.prop_map(|(spelling, host)| (spelling.to_owned(), host.to_owned())),
        1 => "[a-cA-C]{1,3}".prop_map(|name| (name.clone(), name.to_ascii_lowercase())),
    ]
}

fn well_formed() -> impl Strategy<Value = Spelled> {
    let around = select(vec![
        ("", ""),
        ("", ":80"),
        ("", ":8428"),
        ("http://", ""),
        ("https://", ":80/"),
        ("http://", "/probe?x=[1]@2"),
    ]);
    (host(), around, any::<bool>()).prop_map(|((spelling, host), (prefix, suffix), bracket)| {
        let bare = prefix.is_empty() && suffix.is_empty();
        let form = |host: &str, bracket: bool| {
            let host = if bracket {
                format!("[{host}]")
            } else {
                host.to_owned()
            };
            format!("{prefix}{host}{suffix}").into_bytes()
        };
        let ipv6 = spelling.contains(':');
        Spelled {
            value: form(&spelling, ipv6 && (!bare || bracket)),
            canonical: Some(form(&host, ipv6 && !bare)),
        }
    })
}

fn instance() -> impl Strategy<Value = Spelled> {
    let odd = prop_oneof![
        "[Hh:/@%.\\[\\]10 ]{1,8}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop_oneof![
        4 => well_formed(),
        1 => odd.prop_map(|value| Spelled { value, canonical: None }),
    ]
}

fn plain_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        select(vec![
            "job-1",
            "job-2",
            "vmstorage-job-1",
            "zone-1",
            "zone-2",
            "777.777.1.3",
            "h",
            "é"
        ])
        .prop_map(|value| value.as_bytes().to_vec()),
        "[a-cA-C]{1,3}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 1..4),
    ]
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![
        4 => instance().prop_map(|instance| ("instance", instance.value)),
        2 => plain_value().prop_map(|value| ("job", value)),
        2 => plain_value().prop_map(|value| ("zone", value)),
        1 => plain_value().prop_map(|value| ("path", value)),
    ]
}

fn labels() -> impl Strategy<Value = Vec<Label>> {
    prop::collection::vec(label(), 0..30)
}

fn rules() -> Rules {
    Rules::builder()
        .instance(true)
        .job(true)
        .custom_labels(["zone"])
        .build()
        .unwrap()
}

fn map(seed: u8) -> Map {
    Map::new(Key::from_hex(&format!("{seed:02x}").repeat(32)).unwrap()).unwrap()
}

fn reload(map: &Map) -> Map {
    Map::from_json(map.to_json().expose_secret()).unwrap()
}

/// Pseudonyms of a map by kind and original, as its document shows them.
fn document(map: &Map) -> BTreeMap<(String, String), Value> {
    let document: Value = serde_json::from_slice(map.to_json().expose_secret()).unwrap();
    let tables = ["/hosts", "/jobs", "/labels/zone"].map(|path| (path, document.pointer(path)));
    let mut entries = BTreeMap::new();
    for (path, table) in tables {
        for (original, pseudonym) in table.and_then(Value::as_object).into_iter().flatten() {
            entries.insert((path.to_owned(), original.clone()), pseudonym.clone());
        }
    }
    entries
}

fn collect(map: Map, labels: &[Label]) -> Result<Rewriter, Error> {
    let mut collector = Collector::new(&rules(), map);
    for (name, value) in labels {
        if *name == "job" {
            let component = if value.len() % 2 == 0 {
                "vmstorage"
            } else {
                "billing"
            };
            collector.job_component(value, component);
        }
    }
    collector.finish(|| {
        labels
            .iter()
            .map(|(name, value)| (name.as_bytes(), &value[..]))
    })
}

fn clean(rewriter: &Rewriter, (name, value): &Label) -> Vec<u8> {
    rewriter
        .label(name.as_bytes(), value)
        .unwrap()
        .unwrap()
        .value()
        .to_vec()
}

fn assert_injective(rewriter: &Rewriter, labels: &[Label]) {
    let distinct: BTreeSet<&Label> = labels.iter().collect();
    let mut sources = BTreeMap::new();
    for label in distinct {
        let earlier = sources.insert((label.0, clean(rewriter, label)), label);
        assert_eq!(earlier, None, "{label:?} has the same clean form");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_and_repetition_do_not_matter(
        (labels, shuffled) in labels().prop_flat_map(|labels| {
            (Just(labels.clone()), Just(labels).prop_shuffle())
        }),
        seed: u8,
    ) {
        let one = collect(map(seed), &labels).unwrap();
        let twice: Vec<Label> = shuffled.iter().chain(&labels).cloned().collect();
        let other = collect(map(seed), &twice).unwrap();
        prop_assert_eq!(one.replaced(), other.replaced());
        for label in &labels {
            prop_assert_eq!(clean(&one, label), clean(&other, label));
        }
    }

    #[test]
    fn distinct_labels_stay_distinct(labels in labels(), seed: u8) {
        assert_injective(&collect(map(seed), &labels).unwrap(), &labels);
    }

    #[test]
    fn no_covered_original_is_a_clean_value(labels in labels(), seed: u8) {
        let rewriter = collect(map(seed), &labels).unwrap();
        let covered = || labels.iter().filter(|label| label.0 != "path");
        let originals: BTreeSet<&[u8]> = covered().map(|label| label.1.as_slice()).collect();
        for label in covered() {
            let clean = clean(&rewriter, label);
            prop_assert!(!originals.contains(clean.as_slice()), "{label:?} became {clean:?}");
        }
    }

    #[test]
    fn jobs_and_custom_labels_come_back(labels in labels(), seed: u8) {
        let rewriter = collect(map(seed), &labels).unwrap();
        let revealer = Revealer::new(&reload(rewriter.map()));
        for label in labels.iter().filter(|label| label.0 != "instance") {
            let clean = clean(&rewriter, label);
            let restored = revealer.value(&clean);
            if label.0 == "path" {
                // A host in it comes back in lower case.
                prop_assert!(restored.eq_ignore_ascii_case(&label.1));
            } else {
                prop_assert_eq!(&*restored, &label.1);
            }
        }
    }

    #[test]
    fn instances_come_back_in_canonical_spelling(
        instances in prop::collection::vec(instance(), 0..12),
        seed: u8,
    ) {
        let labels: Vec<Label> = instances.iter().map(|i| ("instance", i.value.clone())).collect();
        let rewriter = collect(map(seed), &labels).unwrap();
        let revealer = Revealer::new(rewriter.map());
        for Spelled { value, canonical } in instances {
            let clean = clean(&rewriter, &("instance", value.clone()));
            let restored = revealer.value(&clean).into_owned();
            // Own entries of contested spellings come back as they were.
            if let Some(canonical) = canonical {
                prop_assert!(
                    restored == canonical || restored == value,
                    "{} came back as {}", value.escape_ascii(), restored.escape_ascii()
                );
            }
        }
    }

    #[test]
    fn pseudonyms_of_a_map_stay_when_it_grows(first in labels(), second in labels(), seed: u8) {
        let earlier = collect(map(seed), &first).unwrap();
        let Ok(later) = collect(reload(earlier.map()), &second) else {
            // A pseudonym of the first data was an original of the second: refused, not mixed up.
            return Ok(());
        };
        prop_assert_eq!(earlier.map().id(), later.map().id());
        assert_injective(&later, &second);
        let (before, after) = (document(earlier.map()), document(later.map()));
        for (path, pseudonym) in &before {
            prop_assert_eq!(after.get(path), Some(pseudonym));
        }
    }
}
