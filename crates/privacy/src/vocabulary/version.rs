//! Versions of programs.

use super::is_public;
use super::quantity::is_small_integer;

/// What may follow the numbers, with or without a number of its own.
const QUALIFIERS: [&str; 17] = [
    "alpha",
    "beta",
    "bpo",
    "build",
    "cluster",
    "deb",
    "debian",
    "dev",
    "dirty",
    "ds",
    "enterprise",
    "gke",
    "lts",
    "pre",
    "rc",
    "scratch",
    "ubuntu",
];

/// The branches of the public repositories that builds carry in place of a tag.
const BRANCHES: [&str; 5] = [
    "cluster",
    "enterprise-cluster",
    "enterprise-single-node",
    "master",
    "public-single-node",
];

/// True if the whole text is a version: of a release (`v1.112.0-cluster`), of Go (`go1.22.3`), or of a build
/// (`vmstorage-20250101-123456-tags-v1.150.0-cluster-0-gabcdef012`).
///
/// Four numbers need a `v` or `go` before them: without it they are an IPv4 address.
pub(crate) fn is_version(text: &str) -> bool {
    is_release(text) || is_build(text)
}

fn is_release(text: &str) -> bool {
    let bare = ["v", "V", "go"]
        .into_iter()
        .find_map(|prefix| text.strip_prefix(prefix));
    let most = if bare.is_some() { 4 } else { 3 };
    let text = bare.unwrap_or(text);
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (numbers, qualifiers) = text.split_at(end);
    let count = numbers.split('.').count();
    (2..=most).contains(&count)
        && numbers.split('.').all(is_small_integer)
        && (qualifiers.is_empty()
            || qualifiers
                .split(['-', '+', '~', '.'])
                .enumerate()
                .all(is_qualifier))
}

/// The first may be empty, because a sign stands before it, as in `1.2-rc1`, or does not, as in `1.2rc1`.
fn is_qualifier((index, text): (usize, &str)) -> bool {
    let name = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &text[name.len()..];
    let has_name = QUALIFIERS.contains(&name);
    if text.is_empty() {
        return index == 0;
    }
    (has_name && number.is_empty()) || ((has_name || name.is_empty()) && is_small_integer(number))
}

/// `<program>-<date>-<time>-tags-<version>-<commits since>-g<commit>`, or `heads-<branch>`; maybe `-dirty-<hash>` behind.
fn is_build(text: &str) -> bool {
    let (text, dirt) = text.split_once("-dirty-").unwrap_or((text, "0000000"));
    let Some((before, commit)) = text.rsplit_once("-g") else {
        return false;
    };
    let Some((before, since)) = before.rsplit_once('-') else {
        return false;
    };
    let source = before
        .split_once("-tags-")
        .map(|(program, tag)| (program, is_release(tag)));
    let source = source.or_else(|| {
        let (program, branch) = before.split_once("-heads-")?;
        Some((program, BRANCHES.contains(&branch)))
    });
    let Some((program, true)) = source else {
        return false;
    };
    is_small_integer(since) && is_commit(commit) && is_commit(dirt) && is_dated_program(program)
}

fn is_dated_program(text: &str) -> bool {
    let mut parts = text.rsplitn(3, '-');
    let mut digits = |count| {
        parts.next().is_some_and(|part| {
            part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    digits(6) && digits(8) && parts.next().is_some_and(is_public)
}

fn is_commit(text: &str) -> bool {
    (7..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &str) -> impl Iterator<Item = &str> {
        texts.split_whitespace()
    }

    #[test]
    fn releases_and_builds_are_versions() {
        for text in words(
            "v1.112.0 1.79.5 go1.22.3 go1.24rc1 v1.150.0-cluster v1.93.0-enterprise-cluster v1.2.3.4 \
             1.79.5+ds1-2 v1.29.3 v0.42.0-rc.1 1.112 v1.112.0-lts \
             vmstorage-20250101-123456-tags-v1.150.0-cluster-0-gabcdef012 \
             victoria-metrics-20220718-185024-tags-v1.79.0-0-g9eb2d4e3a \
             vmagent-20250101-123456-heads-public-single-node-0-g9eb2d4e3a-dirty-01234567",
        ) {
            assert!(is_version(text), "{text}");
        }
    }

    #[test]
    fn addresses_numbers_and_foreign_names_are_not() {
        for text in [
            "",
            "1",
            "v1",
            "1.2.3.4",
            "10.1.2.3",
            "v1.2.3.4.5",
            "acme-1.2",
            "v1.2.3-acme",
            "v1.2.3-",
            "1..2",
            "1.12345",
            "v1.2.3 ",
            "acme-20250101-123456-tags-v1.150.0-0-gabcdef012",
            "vmagent-20250101-123456-heads-acme-fix-0-g9eb2d4e3a",
            "vmagent-20250101-123456-tags-acme-0-g9eb2d4e3a",
            "vmagent-2025-123456-tags-v1.150.0-0-gabcdef012",
            "v1.2.3-5e0fdde5e0fdde",
            "vmagent-20250101-123456-tags-v1.150.0-0-gxyzxyzx",
        ] {
            assert!(!is_version(text), "{text}");
        }
    }
}
