//! Searches what one thread sends out.

use std::hash::BuildHasher;

use crate::audit::Audit;
use crate::code::Codes;
use crate::error::Error;
use crate::findings::Findings;
use crate::line::Lines;
use crate::memo::Known;
use crate::place::Place;
use crate::search::Searcher;
use crate::stayed::shown;

/// Searches what one thread sends out.
pub struct Auditor {
    audit: Audit,
    searcher: Searcher,
    findings: Findings,
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Auditor {
    pub(crate) fn new(audit: Audit) -> Self {
        Self {
            audit,
            searcher: Searcher::default(),
            findings: Findings::default(),
            name: Vec::new(),
            value: Vec::new(),
        }
    }

    /// Searches the labels of whole JSON lines, as in `metrics.jsonl`.
    ///
    /// The arrays of values and timestamps must hold numbers only, and there must be no other
    /// members: nothing leaves that was not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Line`] if the lines cannot be read. Nothing must leave then.
    pub fn lines(&mut self, lines: &[u8]) -> Result<(), Error> {
        let mut lines = Lines::new(lines);
        while let Some((name, value)) = lines.next_label()? {
            if name.is_plain() && value.is_plain() {
                self.label(name.raw(), value.raw());
                continue;
            }
            let (mut unescaped_name, mut unescaped_value) = (
                std::mem::take(&mut self.name),
                std::mem::take(&mut self.value),
            );
            lines.unescape(name, &mut unescaped_name)?;
            lines.unescape(value, &mut unescaped_value)?;
            self.label(&unescaped_name, &unescaped_value);
            (self.name, self.value) = (unescaped_name, unescaped_value);
        }
        Ok(())
    }

    /// Searches one label, without escapes, of any other format.
    pub fn label(&mut self, name: &[u8], value: &[u8]) {
        let hash = self.audit.shared.hasher.hash_one((name, value));
        if self.audit.shared.memo.get(hash) != Some(Known::Clean) {
            self.search_label(name, value, hash);
        }
    }

    /// Searches anything else that leaves, such as a file or its name, line by line.
    pub fn text(&mut self, what: &'static str, text: &str) {
        let shared = &self.audit.shared;
        for line in text.lines() {
            let codes = self
                .searcher
                .search(&shared.scope, line.as_bytes(), false)
                .codes;
            let hash = shared.hasher.hash_one((what, line, "text"));
            let is_new = shared.memo.add(hash, known(codes.is_empty()));
            if is_new {
                self.findings.count_text();
            }
            self.findings
                .hit(&Place::Text(what), codes, line.as_bytes(), is_new);
        }
    }

    /// Ends the search of this thread.
    pub fn finish(self) -> Findings {
        self.findings
    }

    #[cold]
    fn search_label(&mut self, name: &[u8], value: &[u8], hash: u64) {
        let in_name = self.search_name(name);
        let shared = &self.audit.shared;
        let place = if in_name.is_empty() {
            Place::Label(shown(name))
        } else {
            Place::HiddenLabel
        };
        let version = shared.scope.version_labels.contains(name);
        let content = self.searcher.search(&shared.scope, value, version);
        let is_clean = in_name.is_empty() && content.codes.is_empty();
        let is_new = shared.memo.add(hash, known(is_clean));
        if is_new {
            self.findings.count_text();
            if !content.replaced {
                self.findings.stay(&place, value);
            }
        }
        self.findings.hit(&place, content.codes, value, is_new);
    }

    fn search_name(&mut self, name: &[u8]) -> Codes {
        let shared = &self.audit.shared;
        let hash = shared.hasher.hash_one((name, "name"));
        if shared.memo.get(hash) == Some(Known::Clean) {
            return Codes::default();
        }
        let codes = self.searcher.search(&shared.scope, name, false).codes;
        let is_new = shared.memo.add(hash, known(codes.is_empty()));
        if is_new {
            self.findings.count_text();
        }
        self.findings.hit(&Place::LabelName, codes, name, is_new);
        codes
    }
}

fn known(is_clean: bool) -> Known {
    if is_clean { Known::Clean } else { Known::Hit }
}
