//! What holds for any originals, anywhere, in any encoding.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use audit::{Audit, Auditor, Code, Kind, Scope, ScopeBuilder};
use proptest::prelude::*;
use proptest::sample::select;

fn auditor(scope: ScopeBuilder) -> Auditor {
    Audit::new(scope.build().unwrap(), 100).auditor()
}

/// How a text is written into a value; each byte or character decides for itself, by its bit.
#[derive(Clone, Copy, Debug)]
enum Encoding {
    None,
    Upper,
    Percent,
    DoublePercent,
    Backslash,
    Hex,
    PercentOfBackslash,
}

fn encode(text: &str, encoding: Encoding, bits: u64) -> String {
    let chosen = |n: usize| bits >> (n % 64) & 1 == 1;
    let percent = |text: &str| {
        let mut out = Vec::new();
        for (n, byte) in text.bytes().enumerate() {
            if byte == b'%' || chosen(n) {
                out.extend_from_slice(format!("%{byte:02x}").as_bytes());
            } else {
                out.push(byte);
            }
        }
        String::from_utf8(out.clone()).unwrap_or_else(|_| {
            out.iter()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<String>()
        })
    };
    let backslash = |text: &str| {
        let mut out = String::new();
        for (n, c) in text.chars().enumerate() {
            if c == '\\' || c == '"' || chosen(n) {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04X}"));
                }
            } else {
                out.push(c);
            }
        }
        out
    };
    match encoding {
        Encoding::None => text.to_owned(),
        Encoding::Upper => text.to_ascii_uppercase(),
        Encoding::Percent => percent(text),
        Encoding::DoublePercent => text.bytes().map(|byte| format!("%25{byte:02x}")).collect(),
        Encoding::Backslash => backslash(text),
        Encoding::Hex => text.bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
        Encoding::PercentOfBackslash => percent(&backslash(text)),
    }
}

fn encoding() -> impl Strategy<Value = Encoding> {
    select(vec![
        Encoding::None,
        Encoding::Upper,
        Encoding::Percent,
        Encoding::DoublePercent,
        Encoding::Backslash,
        Encoding::Hex,
        Encoding::PercentOfBackslash,
    ])
}

/// Originals: anything with a letter or digit. Percent signs and backslashes of their own would make
/// it a matter of opinion what was encoded.
fn original() -> impl Strategy<Value = String> {
    "[a-zé/ :._@-]{0,4}[a-z0-9éд]{1,8}([ /:._@—\"-]{1,2}[a-z0-9]{1,5}){0,4}[/.-]{0,1}"
}

/// What may stand beside an original.
fn around() -> impl Strategy<Value = String> {
    "([A-Za-z0-9é]{1,6}[ /:,_.—=-]{1,3}){0,3}"
}

fn line(name: &str, value: &str) -> Vec<u8> {
    let metric = serde_json::json!({ "__name__": "up", name: value });
    format!("{{\"metric\":{metric},\"values\":[1,null],\"timestamps\":[1,2]}}\n").into_bytes()
}

proptest! {
    #[test]
    fn a_planted_original_is_found(
        original in original(),
        before in around(),
        after in around(),
        encoding in encoding(),
        bits: u64,
        others in proptest::collection::vec("[a-z0-9.-]{1,12}", 0..20),
        in_name: bool,
    ) {
        let mut scope = Scope::builder().original(Kind::Word, original.as_bytes());
        for other in others {
            scope = scope.original(Kind::Job, other.as_bytes());
        }
        let after = after.chars().rev().collect::<String>();
        let text = format!("{before}{}{after}", encode(&original, encoding, bits));
        let mut auditor = auditor(scope);
        if in_name {
            auditor.lines(&line(&text, "1")).unwrap();
        } else {
            auditor.lines(&line("a", &text)).unwrap();
        }
        prop_assert!(
            auditor.finish().counts().contains_key(&Code::Original(Kind::Word)),
            "{}", text
        );
    }

    #[test]
    fn a_planted_address_is_found(
        address in prop_oneof![
            any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()),
            any::<std::net::Ipv6Addr>().prop_map(|ip| ip.to_string()),
            any::<[u16; 8]>().prop_map(|parts| parts.map(|part| format!("{part:04X}")).join(":")),
            any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_ipv6_mapped().to_string()),
        ].prop_filter("some host", |ip| ip.bytes().any(|byte| !b"0:.".contains(&byte))),
        before in select(vec!["", "http://", "[", "tcp://[", "a=", "1:", "host:", "x,", "—", "("]),
        after in select(vec!["", ":8480", "]:80", "/24", "%eth0", "%25eth0", ",x", "—", ")", "."]),
        encoding in encoding(),
        bits: u64,
    ) {
        // The spelling alone cannot tell where an IPv6 address ends and a port begins.
        let is_unclear = |around: &str| address.contains(':') && around.contains(':');
        let before = if is_unclear(before) { "[" } else { before };
        let after = if is_unclear(after) { "]" } else { after };
        let text = encode(&format!("{before}{address}{after}"), encoding, bits);
        let mut auditor = auditor(Scope::builder().addresses(true));
        auditor.lines(&line("a", &text)).unwrap();
        prop_assert!(auditor.finish().counts().contains_key(&Code::IpAddress), "{}", text);
    }

    #[test]
    fn clean_texts_are_no_hits(
        words in proptest::collection::vec("[a-z]{1,4}", 1..8),
        separator in select(vec!["-", "_", "/", " ", ":", "%20", "\\n"]),
        originals in proptest::collection::vec("[a-z]{5,9}", 0..20),
        x in 0u32..100_000,
        y in 0u32..100_000,
    ) {
        let mut scope = Scope::builder().addresses(true);
        for original in originals {
            scope = scope.original(Kind::Word, original.as_bytes());
        }
        let text = format!("{} 777.777.{x}.{y}:8480", words.join(separator));
        let mut auditor = auditor(scope);
        auditor.lines(&line("a", &text)).unwrap();
        let findings = auditor.finish();
        prop_assert!(findings.is_clean(), "{}: {:?}", text, findings);
    }

    #[test]
    fn glued_originals_are_no_hits(
        original in "[a-z]{3,6}",
        glue in "[a-z0-9]{1,3}",
        in_front: bool,
    ) {
        let text = if in_front { format!("{glue}{original}") } else { format!("{original}{glue}") };
        let mut auditor = auditor(Scope::builder().original(Kind::Word, original.as_bytes()));
        auditor.lines(&line("a", &format!("x-{text}-y"))).unwrap();
        prop_assert!(auditor.finish().is_clean(), "{}", text);
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        shaped in "[a-f0-9x:.@%/\\\\u\\[\\]é+_-]{0,120}",
    ) {
        let scope = Scope::builder()
            .addresses(true)
            .original(Kind::Word, &bytes)
            .original(Kind::Word, b"a-b")
            .pseudonym(&shaped)
            .allow("a");
        let mut auditor = auditor(scope);
        // What cannot be read is an error, which is as good.
        let _ = auditor.lines(&bytes);
        let _ = auditor.lines(format!("{{\"metric\":{{\"{shaped}").as_bytes());
        let _ = auditor.lines(&[b"{\"metric\":{\"a\":\"", &bytes[..], b"\"}}"].concat());
        auditor.label(&bytes, shaped.as_bytes());
        auditor.label(shaped.as_bytes(), &bytes);
        auditor.text("note", &shaped);
        auditor.text("note", &String::from_utf8_lossy(&bytes));
        let _ = auditor.finish().merge(Default::default());
    }

    #[test]
    fn a_value_is_read_as_any_other_reader_would(value: String, name: String) {
        let mut auditor = auditor(Scope::builder());
        let metric = serde_json::json!({ name.clone(): value.clone() });
        auditor
            .lines(format!("{{\"metric\":{metric},\"values\":[1],\"timestamps\":[1]}}").as_bytes())
            .unwrap();
        let by_line = auditor.finish();
        let mut auditor = crate::auditor(Scope::builder());
        auditor.label(name.as_bytes(), value.as_bytes());
        prop_assert_eq!(by_line, auditor.finish());
    }
}
