//! The id of an export and the file name of its bundle.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What every export id starts with.
const PREFIX: &str = "export-";

/// Longest accepted id in bytes; the file name around it stays below the 255 of file systems.
const MAX_LEN: usize = 128;

/// Unique id of one export: `export-<Unix seconds>-<random>`, characters `A-Z a-z 0-9 . _ -` only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExportId(String);

impl ExportId {
    /// Makes an id for an export that starts at `now`, with 64 random bits, so that exports of the
    /// same second differ.
    ///
    /// # Errors
    ///
    /// The system's random number generator fails.
    pub fn generate(now: Timestamp) -> Result<Self, Error> {
        let random = getrandom::u64().map_err(Error::Random)?;
        Ok(Self(format!("{PREFIX}{}-{random:016x}", now.as_second())))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Name of the bundle's file, `vmexport_<id>_<YYYYMMDD_HHMMSS>.zip`; the time is in UTC, so it
    /// tells no time zone and sorts across clock changes.
    pub fn bundle_file_name(&self, export_date: Timestamp) -> String {
        let utc = export_date.to_zoned(TimeZone::UTC);
        format!("vmexport_{}_{}.zip", self.0, utc.strftime("%Y%m%d_%H%M%S"))
    }
}

impl FromStr for ExportId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.len() > PREFIX.len()
            && text.len() <= MAX_LEN
            && text.starts_with(PREFIX)
            && text.bytes().all(allowed)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::BadExportId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for ExportId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ExportId> for String {
    fn from(id: ExportId) -> Self {
        id.0
    }
}

impl fmt::Display for ExportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_second_differ() {
        let now = Timestamp::from_second(1_769_169_600).unwrap();
        let (one, two) = (
            ExportId::generate(now).unwrap(),
            ExportId::generate(now).unwrap(),
        );
        assert!(one.as_str().starts_with("export-1769169600-"), "{one}");
        assert_ne!(one, two);
        assert_eq!(one.as_str().parse::<ExportId>().unwrap(), one);
    }

    #[test]
    fn the_file_name_has_the_time_in_utc() {
        let id: ExportId = "export-1-a".parse().unwrap();
        let date: Timestamp = "2026-01-23T23:59:58.9+03:00".parse().unwrap();
        assert_eq!(
            id.bundle_file_name(date),
            "vmexport_export-1-a_20260123_205958.zip"
        );
    }

    #[test]
    fn refuses_what_could_leave_the_folder() {
        for text in [
            "",
            "export-",
            "other-1",
            "export-../x",
            "export-a/b",
            "export-a\\b",
            "export-ä",
        ] {
            assert!(text.parse::<ExportId>().is_err(), "{text}");
        }
        assert!(
            format!("export-{}", "a".repeat(200))
                .parse::<ExportId>()
                .is_err()
        );
    }
}
