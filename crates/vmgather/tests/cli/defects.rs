//! `docs/defects.md` names only tests that exist.

use std::fs;
use std::path::Path;

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/defects.md")).unwrap();
    let named: Vec<(&str, &str)> = page
        .split('`')
        .filter_map(|quoted| quoted.split_once(".rs::"))
        .collect();
    assert!(named.len() > 60);
    for (file, test) in named {
        let path = root.join(format!("crates/{file}.rs"));
        let source = fs::read_to_string(&path).unwrap_or_default();
        let definition = format!("fn {test}(");
        assert!(source.contains(&definition), "{file}.rs::{test}");
    }
}

#[test]
fn every_row_names_a_test_or_says_why_there_is_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/defects.md")).unwrap();
    let rows = page.lines().filter(|line| {
        let id = line
            .strip_prefix("| ")
            .and_then(|rest| rest.split(' ').next());
        id.is_some_and(|id| id.contains('-') && id.starts_with(char::is_uppercase))
    });
    let mut ids = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{row}");
        assert!(
            cells[2].contains(".rs::") || cells[2].contains("yet"),
            "{row}"
        );
        ids.push(cells[0]);
    }
    let expected = |letter: char, last: usize| (1..=last).map(move |n| format!("{letter}-{n:02}"));
    for id in expected('X', 30)
        .chain(expected('P', 13))
        .chain(expected('C', 11))
        .chain(expected('B', 6))
        .chain(expected('D', 10))
        .chain(expected('I', 39))
    {
        let count = ids.iter().filter(|found| **found == id).count();
        assert_eq!(count, 1, "{id}");
    }
}
