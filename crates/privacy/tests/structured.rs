//! What holds for values that hold originals in any form, place and company.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use privacy::{Collector, Key, Level, Map, Revealer, Rules};
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::ExposeSecret;

/// Originals in canonical spelling: hosts, and a job whose name is found anywhere.
fn original() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}")),
        any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("{a}-{b}-{c}-{d}")),
        "[a-z]{3,8}[0-9]\\.(acme|quill)\\.(example|internal)",
        any::<[u16; 4]>().prop_map(|[a, b, c, d]| {
            std::net::Ipv6Addr::new(0x2001, 0xdb8, a, b, c, d, 1, 2).to_string()
        }),
        "[a-z]{3,8}@[a-z]{3,8}\\.acme\\.example",
        Just("billing-eu".to_owned()),
    ]
}

fn form() -> impl Strategy<Value = &'static str> {
    select(vec![
        "{}",
        "{}/x",
        "x={}",
        "a,{},b",
        "pod {} is down",
        "({})",
        "1:{}",
        "<{}>",
        "//{}/metrics",
        "{};",
        "x={}&y=2",
        "\\\"{}\\\"",
        "%2F{}%2F",
        "%252F{}",
        "{\"host\":\"{}\"}",
        "[{}]",
        "'{}'",
    ])
}

fn label() -> impl Strategy<Value = (&'static str, String, String)> {
    let name = select(vec![
        "type", "addr", "path", "value", "url", "message", "node",
    ]);
    (name, form(), original())
        .prop_map(|(name, form, original)| (name, form.replacen("{}", &original, 1), original))
}

fn level() -> impl Strategy<Value = Level> {
    select(vec![Level::Standard, Level::Strict])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_original_is_left_and_all_come_back(
        labels in prop::collection::vec(label(), 1..12),
        level in level(),
        seed: u8,
    ) {
        let mut pairs: Vec<(&[u8], &[u8])> = vec![(b"job", b"billing-eu"), (b"instance", b"10.1.2.3:80")];
        pairs.extend(labels.iter().map(|(name, value, _)| (name.as_bytes(), value.as_bytes())));
        let rules = Rules::builder().instance(true).job(true).level(level).build().unwrap();
        let key = Key::from_hex(&format!("{seed:02x}").repeat(32)).unwrap();
        let collector = Collector::new(&rules, Map::new(key).unwrap());
        let rewriter = collector.finish(|| pairs.iter().copied()).unwrap();
        let saved = Map::from_json(rewriter.map().to_json().expose_secret()).unwrap();
        let revealer = Revealer::new(&saved);
        for (name, value, original) in &labels {
            let clean = rewriter.label(name.as_bytes(), value.as_bytes()).unwrap().unwrap();
            let text = String::from_utf8(clean.value().to_vec()).unwrap();
            for part in original.split('@') {
                prop_assert!(!text.contains(part), "{name}={value} became {text}");
            }
            let back = revealer.value(clean.value());
            let back = String::from_utf8_lossy(&back);
            // Brackets that an address does not need are a spelling.
            let plain = |text: &str| text.replace(['[', ']'], "");
            prop_assert_eq!(plain(&back), plain(value), "{} became {}", name, text);
        }
    }
}
