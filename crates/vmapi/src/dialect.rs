//! Which formats a server reads, as far as that changed between versions.

use vmformat::native::Layout;

use crate::metrics_page::Facts;

/// What a server makes of imports, which changed with v1.82.0.
///
/// Older servers skip a whole JSON line that holds `null`, `"Infinity"` or `"NaN"`, and answer 204
/// all the same; bare `Inf`, `-Inf` and `NaN` they read, as newer ones do. In native data each
/// generation refuses the blocks of the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    is_old: Option<bool>,
    evidence: Option<String>,
}

impl Dialect {
    /// Whether JSON lines may hold `null`, `"Infinity"` and `"NaN"`; false if the version is not
    /// known, because what every version reads does no harm.
    #[must_use]
    pub fn reads_special_values(&self) -> bool {
        self.is_old == Some(false)
    }

    /// The layout of native blocks that the server takes; `None` if its version is not known.
    #[must_use]
    pub fn native_layout(&self) -> Option<Layout> {
        self.is_old
            .map(|is_old| if is_old { Layout::A } else { Layout::B })
    }

    /// What told the version, for a person; `None` if nothing did.
    #[must_use]
    pub fn evidence(&self) -> Option<&str> {
        self.evidence.as_deref()
    }

    /// Judges by the version in `/metrics`; else by what only newer servers have; else, weakly, by
    /// the age of their compiler.
    pub(crate) fn of(facts: Option<&Facts>, build: Option<BuildInfo>) -> Self {
        let told = |is_old, evidence: String| Self {
            is_old: Some(is_old),
            evidence: Some(evidence),
        };
        if let Some(facts) = facts {
            if let Some(text) = &facts.version
                && let Some(version) = version_of(text)
            {
                return told(version < (1, 82), format!("its version is `{text}`"));
            }
            if facts.has_flag(NEWER_FLAG) {
                return told(false, format!("it has the flag `-{NEWER_FLAG}`"));
            }
        }
        match build {
            Some(BuildInfo::Filled) => {
                return told(
                    false,
                    "`/api/v1/status/buildinfo` names a version".to_owned(),
                );
            }
            Some(BuildInfo::Empty) => {
                return told(
                    true,
                    "`/api/v1/status/buildinfo` names no version".to_owned(),
                );
            }
            None => {}
        }
        match facts.and_then(|facts| facts.go.as_deref()) {
            Some(go) if go_minor(go).is_some_and(|minor| minor <= 18) => {
                told(true, format!("it was built with `{go}`"))
            }
            _ => Self::default(),
        }
    }
}

/// A flag of every component since before v1.112.0 that v1.79.5 lacks.
const NEWER_FLAG: &str = "internStringMaxLen";

/// The reply of `/api/v1/status/buildinfo`, which never has VictoriaMetrics' own version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuildInfo {
    /// `"data":{}`, as v1.79.5 answers.
    Empty,
    /// The version of Prometheus that the server stands in for.
    Filled,
}

/// Major and minor number of `v1.150.0`, also inside `...-tags-v1.150.0-0-g0123`.
fn version_of(text: &str) -> Option<(u32, u32)> {
    text.match_indices('v').find_map(|(at, _)| {
        let begins = at == 0 || text[..at].ends_with('-');
        let mut numbers = text[at + 1..].split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?.parse().ok()?;
        // A third number tells a version from the name of a branch.
        numbers
            .next()?
            .starts_with(|c: char| c.is_ascii_digit())
            .then_some(())?;
        begins.then_some((major, minor))
    })
}

/// The minor number of `go1.19.8`.
fn go_minor(text: &str) -> Option<u32> {
    text.strip_prefix("go1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(version: Option<&str>, go: Option<&str>) -> Facts {
        let mut facts = Facts::default();
        let version = version.unwrap_or_default();
        facts.add(&format!(
            "vm_app_version{{version=\"{version}\", short_version=\"\"}} 1"
        ));
        facts.add(&format!(
            "go_info{{version=\"{}\"}} 1",
            go.unwrap_or_default()
        ));
        facts
    }

    #[test]
    fn the_version_decides() {
        for (text, layout) in [
            ("v1.79.5", Layout::A),
            ("v1.81.2-cluster", Layout::A),
            ("v1.82.0", Layout::B),
            ("v1.150.0-cluster", Layout::B),
            ("v2.0.0", Layout::B),
            (
                "victoria-metrics-20220101-120000-tags-v1.79.5-0-g01ab",
                Layout::A,
            ),
            (
                "vminsert-20260101-120000-tags-v1.150.0-cluster-0-g01ab",
                Layout::B,
            ),
        ] {
            // The weaker evidence says the opposite.
            let build = match layout {
                Layout::A => BuildInfo::Filled,
                Layout::B => BuildInfo::Empty,
            };
            let dialect = Dialect::of(Some(&facts(Some(text), Some("go1.18"))), Some(build));
            assert_eq!(dialect.native_layout(), Some(layout), "{text}");
            assert_eq!(dialect.reads_special_values(), layout == Layout::B);
            assert!(dialect.evidence().unwrap().contains(text));
        }
    }

    #[test]
    fn without_a_version_other_signs_do() {
        let of = |facts: Option<Facts>, build| Dialect::of(facts.as_ref(), build).native_layout();
        assert_eq!(of(None, Some(BuildInfo::Empty)), Some(Layout::A));
        assert_eq!(of(None, Some(BuildInfo::Filled)), Some(Layout::B));
        let branch = "vminsert-20260101-120000-heads-v1.5-fix-0-g01ab";
        assert_eq!(
            of(Some(facts(Some(branch), None)), Some(BuildInfo::Filled)),
            Some(Layout::B)
        );
        assert_eq!(
            of(Some(facts(None, Some("go1.18.3"))), None),
            Some(Layout::A)
        );
        assert_eq!(of(Some(facts(None, Some("go1.24.2"))), None), None);
        assert_eq!(of(None, None), None);
    }

    #[test]
    fn nothing_special_is_sent_to_an_unknown_server() {
        let unknown = Dialect::of(None, None);
        assert!(!unknown.reads_special_values());
        assert_eq!(unknown.evidence(), None);
    }
}
