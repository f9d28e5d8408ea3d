//! Files: bundles and the journal of an export.

use std::io::Read;

use bundle::Bundle;
use bundle::staging::Journal;

/// Inflated bytes that are read of an entry: what it claims may be anything.
const MOST_READ: u64 = 4 << 20;

/// A ZIP archive: opened, its entries read, its contents inspected.
pub fn bundle_zip(data: &[u8]) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), data).expect("a temporary file takes bytes");
    let Ok(bundle) = Bundle::open(file.path()) else {
        return;
    };
    let _ = bundle.metadata();
    let small = |entry: &bundle::Entry| entry.size_bytes <= MOST_READ;
    for entry in bundle.entries() {
        if let Ok(reader) = bundle.read(entry) {
            let mut read = Vec::new();
            let whole = reader.take(MOST_READ).read_to_end(&mut read).is_ok();
            assert!(read.len() as u64 <= entry.size_bytes.saturating_add(1 << 20));
            assert!(!whole || !small(entry) || read.len() as u64 == entry.size_bytes);
        }
    }
    let _ = bundle.data();
    if bundle.entries().iter().all(small) {
        let _ = bundle::inspect(file.path(), 5);
        let _ = bundle::verify(file.path(), |_| ());
    }
}

/// A journal: what was read of it is there again after the torn end is removed.
pub fn journal(data: &[u8]) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), data).expect("a temporary file takes bytes");
    let Ok(read) = Journal::<serde_json::Value>::read(file.path()) else {
        return;
    };
    let (mut journal, facts) =
        Journal::<serde_json::Value>::open(file.path()).expect("what can be read can be opened");
    assert_eq!(read, facts);
    let fact = serde_json::json!({"fact": 1});
    journal.append(&fact).expect("an open journal takes facts");
    let again = Journal::<serde_json::Value>::read(file.path()).expect("it is whole");
    assert_eq!(again.len(), facts.len() + 1);
    assert_eq!(again.last(), Some(&fact));
}
