//! What a process says it is.

use std::fmt;

use serde::{Serialize, Serializer};
use vmapi::Component;

/// Names longer than this are not names of programs.
const MAX_NAME_BYTES: usize = 40;

/// A program of the VictoriaMetrics family, serialised as its name.
///
/// The name of [`Program::Other`] comes from the server: it is for people, and unlike a
/// [`Component`] it must not become a pseudonym.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// One of the components that vmgather knows.
    Known(Component),
    /// A program that names itself in its version, such as `victoria-logs`.
    Other(String),
    /// A process that has metrics of the family but does not tell which program it is.
    Unknown,
}

impl Program {
    /// Reads the `version` label of `vm_app_version`; `None` if it names no program.
    pub(super) fn from_version_label(version: &str) -> Option<Self> {
        if let Some(component) = Component::from_version_label(version) {
            return Some(Self::Known(component));
        }
        // The name stands before the date of the build: `victoria-logs-20260101-120000-...`.
        let (name, _) = version.split_once("-20")?;
        let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.len() <= MAX_NAME_BYTES
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        is_name.then(|| Self::Other(name.to_owned()))
    }

    /// The name, `unknown` for [`Program::Unknown`].
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(component) => component.as_str(),
            Self::Other(name) => name,
            Self::Unknown => "unknown",
        }
    }
}

impl Ord for Program {
    /// By name.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Program {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Program {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_before_the_date_of_the_build() {
        let of = Program::from_version_label;
        assert_eq!(
            of("victoria-metrics-20260101-120000-tags-v1.150.0-0-g01ab"),
            Some(Program::Known(Component::VmSingle))
        );
        assert_eq!(
            of("victoria-logs-20260101-120000-tags-v1.0.0"),
            Some(Program::Other("victoria-logs".to_owned()))
        );
        for version in [
            "",
            "-20260101",
            "prod-host-7",
            "<b>-20260101",
            "10.0.0.7-20260101",
        ] {
            assert_eq!(of(version), None, "{version}");
        }
    }

    #[test]
    fn programs_are_sorted_by_name() {
        let mut programs = [
            Program::Known(Component::VmAlert),
            Program::Unknown,
            Program::Known(Component::VmAgent),
        ];
        programs.sort();
        assert_eq!(
            programs.map(|p| p.to_string()),
            ["unknown", "vmagent", "vmalert"]
        );
    }
}
