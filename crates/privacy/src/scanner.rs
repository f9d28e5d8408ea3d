//! Finding what must be replaced in a label.

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memmem;
use regex::bytes::Regex;

use crate::error::Error;
use crate::host;
use crate::identity;
use crate::instance::Instance;
use crate::kind::{Class, Kind};
use crate::known::Known;
use crate::pattern;
use crate::piece::{Piece, Pieces};
use crate::rules::{Cover, Rules, is_label_name};
use crate::shapes::{self, What};
use crate::token::{tokens, widened};
use crate::url;
use crate::view::{View, views};
use crate::vocabulary;

/// Labels whose names carry the meaning of every series.
const FIXED_NAMES: [&[u8]; 3] = [b"__name__", b"job", b"instance"];

/// What separates the parts of a structured value.
const SEPARATORS: &[u8] = b"/:,;=&?#@[](){}<>|\"'`%\\+!$*^~";

/// What joins words and belongs to none at their ends.
const JOINERS: &[u8] = b" ._-";

/// Finds the parts of labels that are replaced, by the rules and by what is known of the data.
pub(crate) struct Scanner {
    rules: Rules,
    target_labels: BTreeSet<String>,
    words: Vec<memmem::Finder<'static>>,
    patterns: Vec<Regex>,
    pub(crate) known: Known,
}

impl Scanner {
    pub(crate) fn new(
        rules: &Rules,
        target_labels: BTreeSet<String>,
        known: Known,
    ) -> Result<Scanner, Error> {
        let compile = |pattern: &str| {
            pattern::compile(pattern).map_err(|error| Error::Pattern {
                pattern: pattern.to_owned(),
                reason: error.to_string(),
            })
        };
        Ok(Scanner {
            words: rules
                .words()
                .map(|word| memmem::Finder::new(word).into_owned())
                .collect(),
            patterns: rules.patterns().map(compile).collect::<Result<_, _>>()?,
            rules: rules.clone(),
            target_labels,
            known,
        })
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn cover(&self, name: &[u8]) -> Cover<'_> {
        self.rules.cover(name, &self.target_labels)
    }

    /// Whether the name of a label is replaced.
    pub(crate) fn covers_name(&self, name: &[u8]) -> bool {
        if self.rules.is_off() || FIXED_NAMES.contains(&name) || self.rules.keeps(name) {
            return false;
        }
        self.is_named(name)
            || match std::str::from_utf8(name) {
                Ok(name) if vocabulary::is_public_label(name) => false,
                // What these hold is judged; that there is such a label tells nobody apart.
                Ok(name) if identity::is_identity(name) || identity::is_version(name) => false,
                Ok(_) => self.rules.is_strict() || !self.known.find(name).is_empty(),
                Err(_) => self.rules.covers_forms(),
            }
    }

    /// The parts of a value that are replaced, in order.
    pub(crate) fn pieces(&self, name: &[u8], value: &[u8]) -> Vec<Piece> {
        let mut pieces = Pieces::new(value);
        if value.is_empty() || self.rules.keeps(value) {
            return Vec::new();
        }
        match self.cover(name) {
            Cover::Dropped | Cover::Kept => {}
            Cover::Job => whole(&mut pieces, value, Kind::Job),
            Cover::Custom(_) => whole(&mut pieces, value, self.kind_of(name)),
            Cover::Metric if self.covers_metric(value) => {
                whole(&mut pieces, value, Kind::Class(Class::Metric));
            }
            Cover::Metric => {}
            Cover::Instance => self.instance(&mut pieces, value),
            Cover::Identity { host } => {
                let all = Depth::All {
                    kind: self.kind_of(name),
                    numbers: name == b"value" && is_list_of_numbers(value),
                };
                self.scan(&mut pieces, value, &all, host);
            }
            Cover::Forms => self.scan(&mut pieces, value, &Depth::Forms, false),
            Cover::Version if is_version(value) => {
                self.scan(&mut pieces, value, &Depth::Known, false);
            }
            Cover::Version if self.rules.is_strict() => {
                let all = Depth::All {
                    kind: self.kind_of(name),
                    numbers: false,
                };
                self.scan(&mut pieces, value, &all, false);
            }
            Cover::Version => self.scan(&mut pieces, value, &Depth::Forms, false),
            Cover::Known => self.scan(&mut pieces, value, &Depth::Known, false),
        }
        pieces.sorted()
    }

    /// The parts of a free text that are replaced, in order.
    pub(crate) fn text_pieces(&self, text: &[u8]) -> Vec<Piece> {
        let mut pieces = Pieces::new(text);
        let depth = if self.rules.covers_forms() {
            Depth::Forms
        } else {
            Depth::Known
        };
        self.scan(&mut pieces, text, &depth, false);
        pieces.sorted()
    }

    /// The kind of a value that has to be replaced as a whole.
    pub(crate) fn whole_kind(&self, label: &[u8]) -> Kind {
        match label {
            b"instance" => Kind::Host,
            b"job" => Kind::Job,
            b"__name__" => Kind::Class(Class::Metric),
            _ => self.kind_of(label),
        }
    }

    fn covers_metric(&self, name: &[u8]) -> bool {
        if self.is_named(name) {
            return true;
        }
        match std::str::from_utf8(name) {
            Ok(name) if vocabulary::is_public_metric(name) => false,
            _ => self.rules.is_strict() || !self.known.find(name).is_empty(),
        }
    }

    /// The kind of what stands in a label; its name must not come back in pseudonyms if it is
    /// itself replaced.
    fn kind_of(&self, label: &[u8]) -> Kind {
        match std::str::from_utf8(label) {
            Ok(name) if is_label_name(name) && !self.covers_name(label) => {
                Kind::Label(name.to_owned())
            }
            _ => Kind::Class(Class::Word),
        }
    }

    /// A kind that was given when less was known.
    fn presentable(&self, kind: Kind) -> Kind {
        match kind {
            Kind::Label(name) => self.kind_of(name.as_bytes()),
            kind => kind,
        }
    }

    fn instance(&self, pieces: &mut Pieces<'_>, value: &[u8]) {
        let all = Depth::All {
            kind: Kind::Host,
            numbers: false,
        };
        let split = Instance::split(value);
        let (prefix, suffix) = split.around();
        let range = prefix.len()..value.len() - suffix.len();
        let clear = range != (0..value.len()) || host::is_plain(value);
        let raw = raw(value);
        if clear {
            self.host(pieces, &raw, range, true);
        }
        self.scan(pieces, value, &all, !clear);
        if pieces.is_empty() {
            let original = host::canonical(value).into_owned();
            pieces.add(&raw, 0..value.len(), Kind::Host, Some(original));
        }
    }

    fn scan(&self, pieces: &mut Pieces<'_>, value: &[u8], depth: &Depth, by_place: bool) {
        // A whole entry is what a program says of itself, even if part of it is also somebody's name.
        let is_entry = std::str::from_utf8(value).is_ok_and(vocabulary::is_public);
        if is_entry && self.known.kind(value).is_none() && !self.is_named(value) {
            return;
        }
        let views = views(value);
        let mut urls = Vec::new();
        if !matches!(depth, Depth::Known) {
            for (number, view) in views.iter().enumerate() {
                let rests = self.urls(pieces, view);
                if number == 0 {
                    urls = rests;
                }
                self.forms(pieces, view, by_place);
            }
        }
        for view in &views {
            self.named(pieces, view);
            for (range, kind) in self.known.find(&view.text) {
                let text = &view.text[range.clone()];
                // A host comes back in lower case; another word that is called like it must not.
                let kind = match kind {
                    Kind::Host if *host::canonical(text) != *text => Kind::Class(Class::Word),
                    kind => self.presentable(kind),
                };
                self.add(pieces, view, range, kind);
            }
        }
        // What is left is judged where all encodings are undone.
        let Some(view) = views.first() else {
            return;
        };
        for rest in urls {
            self.fragments(pieces, view, rest, &Kind::Class(Class::Path), false);
        }
        if let Depth::All { kind, numbers } = depth {
            self.fragments(pieces, view, 0..view.text.len(), kind, *numbers);
        }
    }

    /// Users, passwords and hosts of URLs; returns where the paths and queries stand.
    fn urls(&self, pieces: &mut Pieces<'_>, view: &View) -> Vec<Range<usize>> {
        let mut rests = Vec::new();
        for url in url::find(&view.text) {
            if !url.user_info.is_empty() {
                let info = &view.text[url.user_info.clone()];
                let colon = info.iter().position(|&byte| byte == b':');
                let user = url.user_info.start + colon.unwrap_or(info.len());
                let parts = [
                    (url.user_info.start..user, Class::User),
                    (
                        (user + 1).min(url.user_info.end)..url.user_info.end,
                        Class::Token,
                    ),
                ];
                for (range, class) in parts {
                    if !range.is_empty() {
                        self.add(pieces, view, range, Kind::Class(class));
                    }
                }
            }
            if !url.host.is_empty() {
                let host = std::str::from_utf8(&view.text[url.host.clone()]);
                let public = host.is_ok_and(vocabulary::is_public_host);
                self.host(pieces, view, url.host, !public);
            }
            rests.push(url.rest);
        }
        rests
    }

    fn forms(&self, pieces: &mut Pieces<'_>, view: &View, by_place: bool) {
        for found in shapes::find(&view.text, by_place) {
            match found.what {
                What::HostByPlace => self.host(pieces, view, found.range, false),
                What::HostBehindUser => self.host(pieces, view, found.range, true),
                What::Class(class) => self.add(pieces, view, found.range, Kind::Class(class)),
                What::Host => {
                    let text = &view.text[found.range.clone()];
                    match self.known.kind(text) {
                        // What is called so elsewhere has one pseudonym.
                        Some(kind) if *kind != Kind::Host => {
                            let kind = self.presentable(kind.clone());
                            self.add(pieces, view, found.range, kind);
                        }
                        _ if self.is_public(text) && !shapes::has_host_suffix(text) => {}
                        _ if std::str::from_utf8(text).is_ok_and(is_public_name) => {}
                        _ => self.host(pieces, view, found.range, false),
                    }
                }
            }
        }
    }

    /// Adds a host; a dashed address in a name is the address itself.
    fn host(&self, pieces: &mut Pieces<'_>, view: &View, range: Range<usize>, always: bool) {
        if !self.rules.covers_hosts() {
            return;
        }
        let text = &view.text[range.clone()];
        let canonical = host::canonical(text);
        if self.rules.keeps(text) || self.rules.keeps(&canonical) {
            pieces.keep(view, range);
            return;
        }
        // A port says nothing of whose it is, and is not one of the numbers around it.
        let port = port(&view.text, range.end);
        if let Some(port) = port.clone().filter(|_| !self.rules.is_strict()) {
            pieces.keep(view, port);
        }
        // Public words joined by dots are still the name of somebody's machine.
        let is_word = !text.contains(&b'.') && self.is_public(text);
        let is_entry = std::str::from_utf8(text).is_ok_and(vocabulary::is_public);
        if !always && (is_word || is_entry) && !self.known.is_host(&canonical) {
            return;
        }
        match shapes::dashed_part(text) {
            Some(dashed) => {
                let address =
                    String::from_utf8_lossy(&text[dashed.clone()]).replace(['-', '_'], ".");
                let inner = range.start + dashed.start..range.start + dashed.end;
                pieces.add(view, inner.clone(), Kind::Host, Some(address.into_bytes()));
                // Even public words beside it would look like a host.
                for rest in [range.start..inner.start, inner.end..range.end] {
                    let rest = trimmed(&view.text, rest);
                    let words = &view.text[rest.clone()];
                    if tokens(words).next().is_some() && !words.eq_ignore_ascii_case(b"ip") {
                        self.add(pieces, view, rest, Kind::Class(Class::Domain));
                    }
                }
            }
            None => {
                pieces.add(
                    view,
                    range.clone(),
                    Kind::Host,
                    Some(canonical.into_owned()),
                );
            }
        }
        if self.rules.is_strict()
            && let Some(port) = port
        {
            self.add(pieces, view, port, Kind::Class(Class::Port));
        }
    }

    /// What the user named, by word or expression. Gaps between other parts are covered too.
    fn named(&self, pieces: &mut Pieces<'_>, view: &View) {
        for range in self.named_ranges(&view.text) {
            let mut at = range.start;
            while at < range.end {
                if pieces.covers(view.source(at..at).start) {
                    at += 1;
                    continue;
                }
                let end = (at..range.end)
                    .find(|&end| pieces.covers(view.source(end..end).start))
                    .unwrap_or(range.end);
                if tokens(&view.text[at..end]).next().is_some() {
                    self.add(pieces, view, at..end, Kind::Class(Class::Word));
                }
                at = end;
            }
        }
    }

    fn is_named(&self, text: &[u8]) -> bool {
        !self.named_ranges(text).is_empty()
    }

    fn named_ranges(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        if !self.words.is_empty() {
            let folded = text.to_ascii_lowercase();
            for word in &self.words {
                let length = word.needle().len();
                let found = word.find_iter(&folded);
                ranges.extend(found.map(|at| widened(text, at..at + length)));
            }
        }
        for pattern in &self.patterns {
            let found = pattern.find_iter(text).filter(|found| !found.is_empty());
            ranges.extend(found.map(|found| widened(text, found.range())));
        }
        ranges
    }

    /// Adds what is not public among the parts of a structured text.
    fn fragments(
        &self,
        pieces: &mut Pieces<'_>,
        view: &View,
        within: Range<usize>,
        kind: &Kind,
        numbers: bool,
    ) {
        let mut fragments = Vec::new();
        let mut start = within.start;
        for at in within.start..=within.end {
            let ends = at == within.end
                || SEPARATORS.contains(&view.text[at])
                || view.text[at].is_ascii_control()
                || pieces.covers(view.source(at..at).start);
            if ends {
                fragments.push(trimmed(&view.text, start..at));
                start = at + 1;
            }
        }
        for range in fragments {
            let text = &view.text[range.clone()];
            let is_number = text.iter().all(u8::is_ascii_digit);
            // A single letter or digit tells nobody apart.
            let is_short = tokens(text).map(|token| token.len()).sum::<usize>() < 2;
            if is_short || (is_number && numbers) || self.is_public(text) {
                continue;
            }
            let behind_colon = range.start > 0 && view.text[range.start - 1] == b':';
            if behind_colon && is_port(text) {
                if self.rules.is_strict() {
                    self.add(pieces, view, range, Kind::Class(Class::Port));
                }
                continue;
            }
            let known = self.known.kind(text).cloned();
            let kind = known.map_or_else(|| kind.clone(), |kind| self.presentable(kind));
            self.add(pieces, view, range, kind);
        }
    }

    fn add(&self, pieces: &mut Pieces<'_>, view: &View, range: Range<usize>, kind: Kind) {
        let text = &view.text[range.clone()];
        if self.rules.keeps(text) {
            pieces.keep(view, range);
            return;
        }
        let canonical = (kind == Kind::Host).then(|| host::canonical(text).into_owned());
        pieces.add(view, range, kind, canonical);
    }

    fn is_public(&self, text: &[u8]) -> bool {
        std::str::from_utf8(text).is_ok_and(|text| {
            vocabulary::is_public(text)
                || vocabulary::words_are_public(text)
                || vocabulary::is_version(text)
        })
    }
}

/// How much of a value is covered.
enum Depth {
    /// All that is not public; `numbers` stay.
    All { kind: Kind, numbers: bool },
    /// What is an original by its form, and what is known.
    Forms,
    /// What is known.
    Known,
}

/// Settings are numbers; a number inside other text may be an account.
fn is_list_of_numbers(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b',')
}

fn raw(value: &[u8]) -> View {
    views(value).pop().expect("the last view is the value")
}

fn whole(pieces: &mut Pieces<'_>, value: &[u8], kind: Kind) {
    pieces.add(&raw(value), 0..value.len(), kind, None);
}

/// Begins like a version number, or is one of a program.
fn is_version(value: &[u8]) -> bool {
    let text = std::str::from_utf8(value).unwrap_or_default();
    let number = text.strip_prefix('v').unwrap_or(text);
    let numbers: Vec<&str> = number.split(['-', '+', '~', '_']).take(1).collect();
    let dotted = numbers.iter().all(|part| {
        part.contains('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-+~_".contains(&byte));
    vocabulary::is_version(text)
        || plain && dotted
        || (text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_public_name(name: &str) -> bool {
    vocabulary::is_public(name) || vocabulary::is_in_public_domain(name)
}

fn is_port(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(text).is_ok_and(|text| text.parse::<u16>().is_ok())
}

/// The digits behind a colon at `at`.
fn port(text: &[u8], at: usize) -> Option<Range<usize>> {
    let digits = text.get(at..)?.strip_prefix(b":")?;
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    (1..=5).contains(&length).then(|| at + 1..at + 1 + length)
}

fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start.min(range.end), range.end);
    while start < end && JOINERS.contains(&text[start]) {
        start += 1;
    }
    while start < end && JOINERS.contains(&text[end - 1]) {
        end -= 1;
    }
    start..end
}
