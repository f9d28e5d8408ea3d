use privacy::{Collector, Key, Rules};
use proptest::prelude::*;
use vmformat::json_line::LineReader;

use super::*;
use crate::line_copy::Copied;

/// A map with one host and one job.
fn map() -> Map {
    let key = Key::from_hex(&"07".repeat(32)).unwrap();
    let rules = Rules::builder().instance(true).job(true).build().unwrap();
    let labels: [(&[u8], &[u8]); 2] = [
        (b"instance", b"db7.corp.example:8482"),
        (b"job", b"storage \"eu\""),
    ];
    let collector = Collector::new(&rules, Map::new(key).unwrap());
    let json = collector
        .finish(|| labels.into_iter())
        .unwrap()
        .map()
        .to_json();
    Map::from_json(secrecy::ExposeSecret::expose_secret(&json)).unwrap()
}

/// What a bundle of these lines becomes.
fn revealed(pieces: &[&[u8]]) -> Result<(Vec<u8>, Copied), LineError> {
    let revealer = Revealer::new(&map());
    let mut lines = LineCopy::new(Some(&revealer), Vec::new());
    let mut reader = LineReader::new();
    for piece in pieces {
        reader.push(piece, &mut lines)?;
    }
    reader.finish()?;
    Ok(lines.end()?)
}

#[test]
fn label_values_become_originals_and_numbers_stay_as_they_are() {
    let line = br#"{"metric":{"__name__":"a","instance":"777.777.1.1:8482","job":"job-1","x":"myjob-1"},"values":[1,1e5,null,"-Infinity",0.10],"timestamps":[1,2,3,4,-5]}
"#;
    let (text, counts) = revealed(&[line]).unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        r#"{"metric":{"__name__":"a","instance":"db7.corp.example:8482","job":"storage \"eu\"","x":"myjob-1"},"values":[1,1e5,null,"-Infinity",0.10],"timestamps":[1,2,3,4,-5]}
"#
    );
    assert_eq!((counts.lines, counts.changed_lines), (1, 1));
}

#[test]
fn lines_without_pseudonyms_pass_unchanged_and_are_not_counted_as_revealed() {
    let line =
        b"{\"metric\":{\"__name__\":\"a\",\"job\":\"job-2\"},\"values\":[1],\"timestamps\":[1]}\n";
    let (text, counts) = revealed(&[line]).unwrap();
    assert_eq!(text, line);
    assert_eq!((counts.lines, counts.changed_lines), (1, 0));
}

proptest! {
    #[test]
    fn a_line_of_any_length_in_any_pieces_stays_whole(
        samples in 1usize..40_000,
        cut in 0usize..1000,
    ) {
        let mut line = br#"{"metric":{"__name__":"a","job":"x"},"values":["#.to_vec();
        let texts: Vec<String> = (0..samples).map(|n| n.to_string()).collect();
        line.extend(texts.join(",").bytes());
        line.extend(br#"],"timestamps":["#);
        line.extend(texts.join(",").bytes());
        line.extend(b"]}\n");
        let (front, back) = line.split_at(cut.min(line.len()));
        let (text, _) = revealed(&[front, back]).unwrap();
        prop_assert!(text == line);
    }
}
