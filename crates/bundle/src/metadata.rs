//! `metadata.json`: what a bundle says about itself.
//!
//! Nothing in it comes from the server except names that the caller has rewritten already: no URL, no
//! credentials, no folder names, no error texts.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::Error;
use crate::warning::Warning;

/// Version of the bundle format that this code writes.
///
/// Readers accept every version: a later one only adds fields and entries.
pub const FORMAT_VERSION: u32 = 1;

/// The metadata of one bundle.
///
/// Reading needs `export_id`, `export_date` and `time_range`; every other field may be absent or
/// null, as in bundles of older tools, and unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Version of the bundle format; 0 in bundles of tools that did not number it.
    #[serde(default, deserialize_with = "null_is_default")]
    pub format_version: u32,
    /// Unique id of the export.
    pub export_id: String,
    /// When the export was made, UTC.
    pub export_date: Timestamp,
    /// The range asked for.
    pub time_range: RequestedRange,
    /// Components chosen, distinct, in the order of the request.
    #[serde(default, deserialize_with = "null_is_default")]
    pub components: Vec<String>,
    /// Jobs chosen, distinct, in the order of the request; pseudonyms if jobs are obfuscated.
    #[serde(default, deserialize_with = "null_is_default")]
    pub jobs: Vec<String>,
    /// Lines of `metrics.jsonl`, or blocks of `metrics.native`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub metrics_count: u64,
    /// Distinct series; absent in bundles of older tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series_count: Option<u64>,
    /// Samples; absent in bundles of older tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_count: Option<u64>,
    /// Exact copies of samples (same series, time and value) that were left out; replicated clusters
    /// send each sample several times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_samples_removed: Option<u64>,
    /// How the data were fetched; absent in bundles of older tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Distance of the values in seconds, if they are query results ([`Method::QueryRange`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_step_seconds: Option<f64>,
    /// What the data entry holds.
    #[serde(default, deserialize_with = "null_is_default")]
    pub format: Format,
    /// Something was really replaced.
    #[serde(default, deserialize_with = "null_is_default")]
    pub obfuscated: bool,
    /// What was replaced, if something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obfuscation: Option<ObfuscationSummary>,
    /// Id of the pseudonym map, which itself stays with the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map_id: Option<String>,
    /// What the search for originals before sealing found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditSummary>,
    /// Where the bundle differs from what one would expect, distinct.
    #[serde(default, deserialize_with = "null_is_default")]
    pub warnings: Vec<Warning>,
    /// SHA-256 of the uncompressed data entry, 64 lower-case hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_sha256: Option<String>,
    /// The support case this bundle belongs to, as the user gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Free text by the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Version of the tool that made the bundle, `dev` for one built by hand.
    #[serde(default = "unversioned", deserialize_with = "null_is_unversioned")]
    pub vmgather_version: String,
}

/// The range asked for; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedRange {
    /// First instant.
    pub start: Timestamp,
    /// Last instant.
    pub end: Timestamp,
}

impl RequestedRange {
    /// The range in Unix milliseconds, rounded outwards: requests may be finer than samples.
    pub fn millis(&self) -> RangeInclusive<i64> {
        let start = self.start.as_nanosecond().div_euclid(1_000_000);
        let end = -(-self.end.as_nanosecond()).div_euclid(1_000_000);
        // Times reach from the year -9999 to 9999, far from the limits of 64 bits.
        start as i64..=end as i64
    }
}

/// How the data of a bundle were fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Stored samples, from `/api/v1/export/native`.
    Native,
    /// Stored samples, from `/api/v1/export`.
    Export,
    /// Query results at a fixed step, from `/api/v1/query_range`.
    QueryRange,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// What the data entry of a bundle holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// JSON lines as of `/api/v1/export`.
    #[default]
    Jsonl,
    /// Blocks as of `/api/v1/export/native`.
    Native,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// What obfuscation replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObfuscationSummary {
    /// How much is covered.
    pub level: ObfuscationLevel,
    /// Distinct originals replaced, by kind; kinds without one are left out.
    #[serde(default)]
    pub replaced: BTreeMap<Replaced, u64>,
}

/// How much obfuscation covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObfuscationLevel {
    /// Known originals and address-shaped text.
    Standard,
    /// Everything that is not known to be harmless.
    Strict,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// A kind of original that obfuscation replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replaced {
    /// Host parts of `instance` labels and the same hosts elsewhere.
    Hosts,
    /// Values of `job` labels.
    Jobs,
    /// Values of other labels, or parts of them.
    LabelValues,
    /// Users, passwords, tokens, hashes, ids and MAC addresses inside of label values.
    Identifiers,
    /// Names of labels.
    LabelNames,
    /// Names of metrics.
    MetricNames,
    /// Targets whose timestamps were shifted by a secret amount below the scrape interval.
    ScrapePhases,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// What the search for originals before sealing covered and found: codes and counts, no text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditSummary {
    /// Distinct originals that were searched for.
    pub originals: u64,
    /// Distinct texts that were searched.
    pub texts: u64,
    /// What was found and accepted by the user; empty if nothing was found.
    #[serde(default)]
    pub accepted: BTreeMap<AuditCode, u64>,
}

/// A kind of finding of the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditCode {
    /// A known original.
    Original,
    /// Text shaped like an IP address.
    IpAddress,
    /// Text shaped like a host name.
    HostName,
    /// Text shaped like an e-mail address.
    Email,
    /// Text shaped like a MAC address.
    MacAddress,
    /// Text shaped like a URL.
    Url,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

impl Metadata {
    /// The content of `metadata.json`, indented, with a line feed at its end.
    ///
    /// # Errors
    ///
    /// [`Error::WriteMetadata`] if a value has no JSON form.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let mut json = serde_json::to_vec_pretty(self).map_err(Error::WriteMetadata)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads the content of `metadata.json`.
    ///
    /// # Errors
    ///
    /// [`Error::ReadMetadata`] if it is not JSON, or a field is missing or of another type.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(Error::ReadMetadata)
    }
}

/// Older tools write null where they mean an empty list.
fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn unversioned() -> String {
    "dev".to_owned()
}

fn null_is_unversioned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::deserialize(deserializer).map(|version| version.unwrap_or_else(unversioned))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example() -> Metadata {
        Metadata {
            format_version: FORMAT_VERSION,
            export_id: "export-1769169600-00c0ffee".into(),
            export_date: "2026-01-23T13:00:05.25Z".parse().unwrap(),
            time_range: RequestedRange {
                start: "2026-01-23T12:00:00Z".parse().unwrap(),
                end: "2026-01-23T13:00:00Z".parse().unwrap(),
            },
            components: vec!["vmstorage".into(), "vmselect".into()],
            jobs: vec!["vmstorage-job-1".into()],
            metrics_count: 34_000,
            series_count: Some(34_000),
            sample_count: Some(16_320_000),
            duplicate_samples_removed: Some(0),
            method: Some(Method::Native),
            metric_step_seconds: None,
            format: Format::Jsonl,
            obfuscated: true,
            obfuscation: Some(ObfuscationSummary {
                level: ObfuscationLevel::Standard,
                replaced: BTreeMap::from([(Replaced::Hosts, 12), (Replaced::Jobs, 1)]),
            }),
            map_id: Some("map-1".into()),
            audit: Some(AuditSummary {
                originals: 13,
                texts: 4096,
                accepted: BTreeMap::from([(AuditCode::IpAddress, 2)]),
            }),
            warnings: vec![Warning::AuditFindingsAccepted],
            metrics_sha256: Some("00".repeat(32)),
            case: Some("4711".into()),
            note: None,
            vmgather_version: "0.1.0".into(),
        }
    }

    #[test]
    fn survives_a_round_trip() {
        let json = example().to_json().unwrap();
        assert_eq!(Metadata::from_json(&json).unwrap(), example());
        let text = String::from_utf8(json).unwrap();
        for wanted in [
            r#""export_date": "2026-01-23T13:00:05.25Z""#,
            r#""start": "2026-01-23T12:00:00Z""#,
            r#""method": "native""#,
            r#""hosts": 12"#,
            r#""ip_address": 2"#,
            r#""warnings": ["#,
        ] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
        assert!(text.starts_with("{\n  \""), "indented: {text}");
        assert!(text.ends_with("}\n"));
    }

    #[test]
    fn lists_are_never_null() {
        let metadata = Metadata {
            components: vec![],
            jobs: vec![],
            warnings: vec![],
            ..example()
        };
        let json: serde_json::Value = serde_json::from_slice(&metadata.to_json().unwrap()).unwrap();
        for list in ["components", "jobs", "warnings"] {
            assert_eq!(json[list], serde_json::json!([]), "{list}");
        }
    }

    #[test]
    fn reads_what_older_tools_wrote() {
        let read = Metadata::from_json(
            br#"{"export_id":"export-1","export_date":"2026-01-23T15:00:00.123+03:00",
                "time_range":{"start":"2026-01-23T12:00:00Z","end":"2026-01-23T13:00:00Z"},
                "components":null,"jobs":["a"],"metrics_count":3,"obfuscated":false,
                "vmgather_version":"1.4.1"}"#,
        )
        .unwrap();
        assert_eq!(read.format_version, 0);
        assert_eq!(read.export_date.to_string(), "2026-01-23T12:00:00.123Z");
        assert_eq!(read.components, Vec::<String>::new());
        assert_eq!((read.metrics_count, read.series_count), (3, None));
        assert_eq!(read.format, Format::Jsonl);
    }

    #[test]
    fn tolerates_fields_and_words_of_later_versions() {
        let mut json: serde_json::Value =
            serde_json::from_slice(&example().to_json().unwrap()).unwrap();
        json["format_version"] = 7.into();
        json["invented_later"] = serde_json::json!({"a": 1});
        json["method"] = "telepathy".into();
        json["warnings"] = serde_json::json!(["no_series", "invented_later"]);
        json["obfuscation"]["replaced"] = serde_json::json!({"moods": 3});
        let read = Metadata::from_json(json.to_string().as_bytes()).unwrap();
        assert_eq!(read.method, Some(Method::Unknown));
        assert_eq!(read.warnings, [Warning::NoSeries, Warning::Unknown]);
    }

    #[test]
    fn the_range_is_rounded_outwards() {
        let range = |start: &str, end: &str| RequestedRange {
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
        };
        assert_eq!(
            range("1970-01-01T00:00:01.0005Z", "1970-01-01T00:00:02.0005Z").millis(),
            1000..=2001
        );
        assert_eq!(
            range("1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z").millis(),
            1000..=2000
        );
    }
}
