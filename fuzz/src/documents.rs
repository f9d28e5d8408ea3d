//! JSON documents: maps and export configs.

use gather::config::{ExportConfig, Strictness};
use privacy::{Map, Revealer};

/// A map of pseudonyms, and revealing with it.
pub fn map(data: &[u8]) {
    if let Ok(map) = Map::from_json(data) {
        let revealer = Revealer::new(&map);
        let _ = revealer.text(&String::from_utf8_lossy(data));
        let _ = revealer.value(data);
    }
}

/// An export config, read strictly and leniently.
pub fn config(data: &[u8]) {
    let strict = ExportConfig::parse(data, Strictness::Strict);
    let lenient = ExportConfig::parse(data, Strictness::Lenient);
    assert!(strict.is_err() || lenient.is_ok());
    for config in [strict, lenient].into_iter().flatten() {
        let _ = config.selection();
        let _ = config.rules();
        let _ = config.range(jiff::Timestamp::UNIX_EPOCH);
    }
}
