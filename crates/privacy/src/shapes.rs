//! Texts that are originals by their form.
//!
//! Expressions only propose candidates; whether a candidate stands on its own and holds a valid
//! value is decided in code, where it can be read.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::{Captures, Match, Regex};

use crate::kind::Class;
use crate::token::is_whole;
use crate::vocabulary;

/// A candidate: where it stands and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) range: Range<usize>,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A host name or address, brackets included.
    Host,
    /// A host that is one by where it stands, unless it is a public word.
    HostByPlace,
    /// A host that is one whatever it is called.
    HostBehindUser,
    Class(Class),
}

macro_rules! regexes {
    ($($(#[$doc:meta])* $name:ident = $pattern:expr;)*) => {
        $($(#[$doc])* static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($pattern).expect("the pattern is a constant and tested"));)*
    };
}

regexes! {
    USER_AT_HOST = r"(?-u)([A-Za-z0-9._%+\x80-\xff-]+)@(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_\x80-\xff](?:[A-Za-z0-9._\x80-\xff-]*[A-Za-z0-9_\x80-\xff])?)";
    MAC = r"(?-u)(?i)[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5,19}|(?:-[0-9a-f]{2}){5,19})|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}";
    UUID = r"(?-u)(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    IPV6 = r"(?-u)\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._~-]+)?\]|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_~-]+)?";
    DASHED = r"(?-u)[0-9]{1,3}(?:(?:-[0-9]{1,3}){3}|(?:_[0-9]{1,3}){3})";
    IPV4 = r"(?-u)[0-9]{1,3}(?:\.[0-9]{1,3}){3}";
    /// User names of vmauth and queue folders of vmagent carry hashes of what is secret.
    HASH = r"(?-u)(?i)hash:([0-9a-z]{6,})|[0-9]{1,6}_([0-9a-f]{16})|([0-9a-f]{16})";
    LONG_HEX = r"(?-u)(?i)[0-9a-f]{24,}";
    NAMED_SECRET = r#"(?-u)(?i)(?:bearer|basic|token|(?:api|access|secret|private)[_-]?key|passphrase|password|passwd|pass|pwd|secret|signature|sig|cookie|session(?:[_-]?id)?|jsessionid)["']?(?:\s*[:=]\s*|\s+is\s+|\s+)["']?([^\s"',;&<>()\[\]{}]+)"#;
    NAMED_USER = r#"(?-u)(?i)(?:user(?:name)?|user\s?id|login|uid)["']?\s*[=:]\s*["']?([^\s"',;&<>()\[\]{}]+)"#;
    JWT = r"(?-u)eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]+)*";
    PREFIXED_TOKEN = r"(?-u)(?:gh[opsur]_|glpat-|xox[abeprs]-|sk-|sk_|pk_|AKIA|ASIA|AIza|hvs\.|dop_v1_)[A-Za-z0-9_-]{10,}";
    BASE64 = r"(?-u)[A-Za-z0-9+/_-]{16,}={1,2}";
    RANDOM = r"(?-u)[A-Za-z0-9_-]{20,}";
    NAME = r"(?-u)[A-Za-z0-9_\x80-\xff](?:[A-Za-z0-9._\x80-\xff-]*[A-Za-z0-9_\x80-\xff])?";
}

/// Everything in `text` that is an original by its form, the more telling forms first; candidates
/// may overlap. `by_place` says that a bare name is a host here.
pub(crate) fn find(text: &[u8], by_place: bool) -> Vec<Found> {
    let mut found = Vec::new();
    // Most values are short words; a glance spares them most of the expressions.
    let signs = Signs::of(text);
    let mut add = |range: Range<usize>, what: What| {
        if is_whole(text, &range) {
            found.push(Found { range, what });
        }
    };
    for captures in captures_if(signs.ats > 0, &USER_AT_HOST, text) {
        let (Some(user), Some(host)) = (captures.get(1), captures.get(2)) else {
            continue;
        };
        // `module@v1.2.3` names a version.
        if !utf8(host.as_bytes()).is_some_and(vocabulary::is_version) {
            add(user.range(), What::Class(Class::User));
            add(host.range(), What::HostBehindUser);
        }
    }
    let has_user = signs.equals > 0 || signs.colons > 0;
    let has_mac = signs.colons >= 5 || signs.dashes >= 5 || signs.dots >= 2;
    for mac in find_if(has_mac, &MAC, text) {
        add(mac.range(), What::Class(Class::Mac));
    }
    for uuid in find_if(signs.dashes >= 4, &UUID, text) {
        add(uuid.range(), What::Class(Class::Id));
    }
    for candidate in find_if(signs.colons >= 2, &IPV6, text) {
        if let Some(range) = ipv6(text, candidate.range()) {
            add(range, What::Host);
        }
    }
    let has_dashed = signs.digits >= 4 && (signs.dashes >= 3 || signs.underscores >= 3);
    for dashed in find_if(has_dashed, &DASHED, text) {
        let digits = &text[dashed.range()];
        // A date with a time, such as 2026-11-21-10, has a part above 255.
        let alone = [b'-', b'_']
            .into_iter()
            .all(|joiner| !touches(text, dashed.range(), joiner));
        if dashed_address(digits).is_some() && alone {
            add(dashed.range(), What::Host);
        }
    }
    let has_address = signs.digits >= 4 && signs.dots >= 3;
    for address in find_if(has_address, &IPV4, text) {
        let valid = utf8(address.as_bytes()).is_some_and(is_ipv4);
        if valid && !touches(text, address.range(), b'.') {
            // `10.1.2.3.nip.io` and `3.2.1.10.in-addr.arpa` are names.
            let name = NAME
                .find_iter(text)
                .map(|name| name.range())
                .find(|name| name.start <= address.start() && address.end() <= name.end)
                .filter(|name| host_name(text, name.clone(), false).is_some());
            add(name.unwrap_or(address.range()), What::Host);
        }
    }
    for expression in [&JWT, &PREFIXED_TOKEN, &BASE64] {
        for token in find_if(text.len() >= 8, expression, text) {
            add(trimmed(text, token.range()), What::Class(Class::Token));
        }
    }
    let has_hash = text.len() >= 16 || signs.colons > 0;
    for captures in captures_if(has_hash, &HASH, text) {
        let group = (1..=3).find_map(|group| captures.get(group));
        if let Some(hash) = group
            && (captures.get(1).is_some() || is_mixed_hex(hash.as_bytes()))
        {
            add(hash.range(), What::Class(Class::Hash));
        }
    }
    for hex in find_if(text.len() >= 24, &LONG_HEX, text) {
        if is_mixed_hex(hex.as_bytes()) {
            add(hex.range(), What::Class(Class::Id));
        }
    }
    for captures in captures_if(has_user, &NAMED_USER, text) {
        if let Some(user) = captures.get(1)
            && !utf8(user.as_bytes()).is_some_and(vocabulary::words_are_public)
        {
            add(trimmed(text, user.range()), What::Class(Class::User));
        }
    }
    let has_named = signs.equals > 0 || signs.colons > 0 || signs.blanks > 0;
    for captures in captures_if(has_named, &NAMED_SECRET, text) {
        if let Some(secret) = captures.get(1)
            && !utf8(secret.as_bytes()).is_some_and(vocabulary::words_are_public)
            && !secret.as_bytes().contains(&b':')
        {
            add(trimmed(text, secret.range()), What::Class(Class::Token));
        }
    }
    let has_random = text.len() >= 20 && signs.digits >= 2;
    for token in find_if(has_random, &RANDOM, text) {
        if looks_random(token.as_bytes()) {
            add(trimmed(text, token.range()), What::Class(Class::Token));
        }
    }
    let has_name = by_place || signs.dots > 0 || signs.colons > 0;
    for name in find_if(has_name, &NAME, text) {
        if let Some(what) = host_name(text, name.range(), by_place) {
            add(name.range(), what);
        }
    }
    found
}

/// How often the signs stand in a text that tell what may be in it.
#[derive(Default)]
struct Signs {
    ats: usize,
    colons: usize,
    dashes: usize,
    dots: usize,
    underscores: usize,
    equals: usize,
    blanks: usize,
    digits: usize,
}

impl Signs {
    fn of(text: &[u8]) -> Signs {
        let mut signs = Signs::default();
        for byte in text {
            match byte {
                b'@' => signs.ats += 1,
                b':' => signs.colons += 1,
                b'-' => signs.dashes += 1,
                b'.' => signs.dots += 1,
                b'_' => signs.underscores += 1,
                b'=' => signs.equals += 1,
                b' ' | b'\t'..=b'\r' => signs.blanks += 1,
                b'0'..=b'9' => signs.digits += 1,
                _ => {}
            }
        }
        signs
    }
}

fn find_if<'t>(
    wanted: bool,
    expression: &'static Regex,
    text: &'t [u8],
) -> impl Iterator<Item = Match<'t>> {
    wanted
        .then(|| expression.find_iter(text))
        .into_iter()
        .flatten()
}

fn captures_if<'t>(
    wanted: bool,
    expression: &'static Regex,
    text: &'t [u8],
) -> impl Iterator<Item = Captures<'t>> {
    wanted
        .then(|| expression.captures_iter(text))
        .into_iter()
        .flatten()
}

fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// An IPv4 address that is no other number: four parts, none above 255.
pub(crate) fn is_ipv4(text: &str) -> bool {
    let mut parts = 0;
    text.split('.').all(|part| {
        parts += 1;
        (1..=3).contains(&part.len()) && part.parse::<u8>().is_ok()
    }) && parts == 4
}

/// The address in `10-1-2-3` or `10_1_2_3`.
pub(crate) fn dashed_address(text: &[u8]) -> Option<Ipv4Addr> {
    let dotted = utf8(text)?.replace(['-', '_'], ".");
    is_ipv4(&dotted).then(|| dotted.parse().ok()).flatten()
}

/// The first dashed address in a host name.
pub(crate) fn dashed_part(host: &[u8]) -> Option<Range<usize>> {
    DASHED
        .find_iter(host)
        .map(|found| found.range())
        .find(|range| {
            dashed_address(&host[range.clone()]).is_some()
                && is_whole(host, range)
                && !touches(host, range.clone(), b'-')
        })
}

/// True if a longer number goes on at either end, joined by `joiner`.
fn touches(text: &[u8], range: Range<usize>, joiner: u8) -> bool {
    let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
    let before =
        range.start >= 2 && text[range.start - 1] == joiner && digit(text.get(range.start - 2));
    let after = text.get(range.end) == Some(&joiner) && digit(text.get(range.end + 1));
    before || after
}

/// The IPv6 address among colons and hex digits, with its brackets and zone.
fn ipv6(text: &[u8], candidate: Range<usize>) -> Option<Range<usize>> {
    let mut range = candidate;
    let bracketed = text[range.start] == b'[';
    loop {
        let inner = if bracketed {
            range.start + 1..range.end - 1
        } else {
            range.clone()
        };
        let candidate = utf8(&text[inner])?;
        let address = candidate.split_once('%').map_or(candidate, |(a, _)| a);
        // Two colons alone join names in many languages.
        if address.parse::<Ipv6Addr>().is_ok() && (bracketed || address != "::") {
            return Some(range);
        }
        // A full stop or colon of the sentence around it, or a port behind a full address.
        if bracketed {
            return None;
        }
        let slice = &text[range.clone()];
        match slice {
            [b':', b':', ..] if slice.ends_with(b":") && slice.len() > 3 => range.end -= 1,
            [b'.' | b':', rest @ ..] if !rest.starts_with(b":") => range.start += 1,
            [.., b'.' | b':'] => range.end -= 1,
            _ => {
                let colon = slice.iter().rposition(|&byte| byte == b':')?;
                let groups = slice.iter().filter(|&&byte| byte == b':').count();
                if groups != 8 || slice.contains(&b'%') {
                    return None;
                }
                range.end = range.start + colon;
            }
        }
        if range.len() < 2 {
            return None;
        }
    }
}

/// Hex digits with a letter and a digit among them, so that no plain number or word is meant.
fn is_mixed_hex(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit) && text.iter().any(u8::is_ascii_alphabetic)
}

/// Letters of both cases and digits that change often, as in keys, and unlike in names.
fn looks_random(text: &[u8]) -> bool {
    if utf8(text).is_some_and(|text| vocabulary::is_version(text) || vocabulary::is_public(text)) {
        return false;
    }
    let class = |byte: &u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let has = |wanted| text.iter().any(|byte| class(byte) == wanted);
    let changes_to_digit = text
        .windows(2)
        .filter(|pair| (class(&pair[0]) == 0) != (class(&pair[1]) == 0))
        .filter(|pair| class(&pair[0]) != 3 && class(&pair[1]) != 3)
        .count();
    has(0) && has(1) && has(2) && changes_to_digit >= 3
}

/// Whether a name is a host: by its dots, by a port behind it, or by the label it stands in.
fn host_name(text: &[u8], range: Range<usize>, by_place: bool) -> Option<What> {
    let name = &text[range.clone()];
    let has_letter = name
        .iter()
        .any(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80);
    if !has_letter {
        return None;
    }
    if let Some(name) = utf8(name)
        && (vocabulary::is_version(name) || is_file(name))
    {
        return None;
    }
    let has_port = has_port(text, range.end);
    let starts_it = range.start == 0 || !matches!(text[range.start - 1], b'/' | b'.' | b':');
    let begins = range.start == 0 || b", ;|=@".contains(&text[range.start - 1]);
    if has_port && starts_it || by_place && begins {
        return Some(What::HostByPlace);
    }
    let dots = name.iter().filter(|&&byte| byte == b'.').count();
    let last = name.rsplit(|&byte| byte == b'.').next()?;
    let is_top = last.len() >= 2
        && (last.starts_with(b"xn--")
            || last
                .iter()
                .all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80));
    // `java.lang.String` and `s3.customEndpoint` are names of another kind.
    let mixed_case = name.iter().any(u8::is_ascii_uppercase)
        && name.iter().any(u8::is_ascii_lowercase)
        && !has_host_suffix(name);
    (dots > 0 && is_top && !mixed_case && !contains_empty_part(name)).then_some(What::Host)
}

/// Last parts of names that are hosts even where every word is public, such as
/// `vmstorage.monitoring.svc.cluster.local`.
const HOST_SUFFIXES: [&str; 40] = [
    "app",
    "arpa",
    "at",
    "biz",
    "ca",
    "ch",
    "cloud",
    "cn",
    "co",
    "com",
    "corp",
    "de",
    "dev",
    "edu",
    "es",
    "eu",
    "example",
    "fr",
    "home",
    "in",
    "info",
    "internal",
    "intranet",
    "invalid",
    "io",
    "it",
    "jp",
    "lan",
    "local",
    "localdomain",
    "net",
    "nl",
    "org",
    "pl",
    "pod",
    "ru",
    "svc",
    "test",
    "uk",
    "us",
];

/// True if the last part of a name says that it is a host.
pub(crate) fn has_host_suffix(name: &[u8]) -> bool {
    let last = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    HOST_SUFFIXES
        .iter()
        .any(|suffix| last.eq_ignore_ascii_case(suffix.as_bytes()))
}

fn contains_empty_part(name: &[u8]) -> bool {
    name.windows(2).any(|pair| pair == b"..")
}

fn has_port(text: &[u8], end: usize) -> bool {
    let Some(b':') = text.get(end) else {
        return false;
    };
    let digits = text[end + 1..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let next = text.get(end + 1 + digits);
    (2..=5).contains(&digits)
        && !next
            .is_some_and(|&byte| byte == b'_' || byte == b':' || crate::token::is_token_byte(byte))
}

fn is_file(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| vocabulary::is_file_extension(extension))
}

/// Without joiners at the ends, which belong to the sentence around.
fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start, range.end);
    while start < end && matches!(text[start], b'-' | b'_' | b'.' | b'/' | b'+') {
        start += 1;
    }
    while start < end && matches!(text[end - 1], b'-' | b'_' | b'.' | b'/' | b'+') {
        end -= 1;
    }
    start..end
}
