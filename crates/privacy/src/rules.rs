//! What is replaced, what is dropped, and how far obfuscation goes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::identity;
use crate::pattern;
use crate::vocabulary;

/// How far obfuscation goes beyond the labels that the user names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Replaces what is known to name machines, people and places, wherever it stands.
    #[default]
    Standard,
    /// Keeps only what is known to be public, and replaces everything else: values, label names
    /// and metric names; ports too.
    Strict,
}

/// Validated choice of what is replaced and what is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    instance: bool,
    job: bool,
    #[serde(default)]
    level: Level,
    custom_labels: BTreeSet<String>,
    drop_labels: BTreeSet<String>,
    #[serde(default)]
    words: BTreeSet<String>,
    #[serde(default)]
    patterns: BTreeSet<String>,
    #[serde(default)]
    keep_values: BTreeSet<String>,
}

/// Builder of [`Rules`]; nothing is replaced or dropped unless asked for.
#[derive(Clone, Debug, Default)]
pub struct RulesBuilder {
    instance: bool,
    job: bool,
    level: Level,
    custom_labels: Vec<String>,
    drop_labels: Vec<String>,
    words: Vec<String>,
    patterns: Vec<String>,
    keep_values: Vec<String>,
}

/// What the rules say about one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover<'a> {
    Dropped,
    Instance,
    Job,
    Custom(&'a str),
    /// The metric name.
    Metric,
    /// Everything in the value that is not public; `host` if a bare name in it is a host.
    Identity {
        host: bool,
    },
    /// Originals of this data and what is an original by its form.
    Forms,
    /// A version: originals of this data only, unless it does not look like one.
    Version,
    /// Originals of this data only.
    Known,
    /// Stays as it is.
    Kept,
}

impl Rules {
    /// Starts a choice of rules.
    pub fn builder() -> RulesBuilder {
        RulesBuilder::default()
    }

    /// Rules that replace nothing; labels to be dropped are dropped all the same.
    ///
    /// # Errors
    ///
    /// [`Error::LabelName`] and [`Error::DroppedName`] as in [`RulesBuilder::build`].
    pub fn off<I>(drop_labels: I) -> Result<Rules, Error>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Rules::builder().drop_labels(drop_labels).build()
    }

    /// The same choice, to be added to.
    pub fn to_builder(&self) -> RulesBuilder {
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect();
        RulesBuilder {
            instance: self.instance,
            job: self.job,
            level: self.level,
            custom_labels: list(&self.custom_labels),
            drop_labels: list(&self.drop_labels),
            words: list(&self.words),
            patterns: list(&self.patterns),
            keep_values: list(&self.keep_values),
        }
    }

    /// True if nothing is replaced.
    pub fn is_off(&self) -> bool {
        !self.covers_forms()
            && self.custom_labels.is_empty()
            && self.words.is_empty()
            && self.patterns.is_empty()
    }

    /// How far obfuscation goes.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether hosts and addresses are replaced.
    pub fn covers_hosts(&self) -> bool {
        self.instance
    }

    /// Labels that are removed.
    pub fn dropped_labels(&self) -> impl Iterator<Item = &str> {
        self.drop_labels.iter().map(String::as_str)
    }

    /// Texts that stay whatever they look like.
    pub fn kept_values(&self) -> impl Iterator<Item = &str> {
        self.keep_values.iter().map(String::as_str)
    }

    /// Hosts that everybody knows; they stay.
    pub fn public_hosts() -> impl Iterator<Item = &'static str> {
        vocabulary::public_hosts()
    }

    /// Labels of these names also hold addresses that are none.
    pub fn version_labels() -> impl Iterator<Item = &'static str> {
        identity::VERSIONS.into_iter()
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.level == Level::Strict && self.covers_forms()
    }

    /// Whether more is replaced than what the user named.
    pub(crate) fn covers_forms(&self) -> bool {
        self.instance || self.job
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    pub(crate) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(String::as_str)
    }

    pub(crate) fn keeps(&self, text: &[u8]) -> bool {
        !self.keep_values.is_empty()
            && std::str::from_utf8(text).is_ok_and(|text| self.keep_values.contains(text))
    }

    /// What happens to a label, given the labels that stand on `up`.
    pub(crate) fn cover(&self, name: &[u8], target_labels: &BTreeSet<String>) -> Cover<'_> {
        // Configured names are text, so a name that is not cannot be one of them.
        let text = std::str::from_utf8(name).unwrap_or_default();
        if self.drop_labels.contains(text) {
            return Cover::Dropped;
        }
        if self.is_off() {
            return Cover::Kept;
        }
        if let Some(label) = self.custom_labels.get(text) {
            return Cover::Custom(label);
        }
        let host = identity::is_host(text);
        match text {
            "instance" if self.instance => Cover::Instance,
            "instance" => Cover::Kept,
            "job" if self.job => Cover::Job,
            "job" => Cover::Kept,
            "__name__" => Cover::Metric,
            _ if identity::is_bound(text) => Cover::Kept,
            _ if !self.covers_forms() => Cover::Known,
            _ if identity::is_version(text) => Cover::Version,
            _ if self.is_strict()
                || identity::is_identity(text)
                || target_labels.contains(text) =>
            {
                Cover::Identity { host }
            }
            _ => Cover::Forms,
        }
    }
}

impl RulesBuilder {
    /// Replaces hosts: the host part of `instance`, and hosts and addresses everywhere else;
    /// default `false`.
    pub fn instance(mut self, replace: bool) -> RulesBuilder {
        self.instance = replace;
        self
    }

    /// Replaces `job`, and jobs everywhere else; default `false`.
    pub fn job(mut self, replace: bool) -> RulesBuilder {
        self.job = replace;
        self
    }

    /// How far obfuscation goes; default [`Level::Standard`].
    pub fn level(mut self, level: Level) -> RulesBuilder {
        self.level = level;
        self
    }

    /// Adds labels whose values are replaced; `job` and `instance` turn on the two switches.
    pub fn custom_labels<I>(mut self, names: I) -> RulesBuilder
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.custom_labels.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds labels that are removed before everything else.
    pub fn drop_labels<I>(mut self, names: I) -> RulesBuilder
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.drop_labels.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds words and domains that are replaced wherever they stand, in either case, and also
    /// inside longer words.
    pub fn words<I>(mut self, words: I) -> RulesBuilder
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    /// Adds regular expressions; what they match in a value is replaced.
    pub fn patterns<I>(mut self, patterns: I) -> RulesBuilder
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.patterns.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Adds texts that stay: whole values, or hosts and names inside of values.
    pub fn keep_values<I>(mut self, values: I) -> RulesBuilder
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.keep_values.extend(values.into_iter().map(Into::into));
        self
    }

    /// Checks the choice and freezes it.
    ///
    /// # Errors
    ///
    /// [`Error::ObfuscatedName`] or [`Error::DroppedName`] if `__name__` is among the custom or
    /// dropped labels; [`Error::LabelName`] for a text that cannot be a label name;
    /// [`Error::Word`] for a word of fewer than two letters or digits; [`Error::Pattern`] for an
    /// expression that cannot be used; [`Error::EmptyKeep`] for an empty text to be kept.
    pub fn build(self) -> Result<Rules, Error> {
        let mut rules = Rules {
            instance: self.instance,
            job: self.job,
            level: self.level,
            custom_labels: BTreeSet::new(),
            drop_labels: BTreeSet::new(),
            words: BTreeSet::new(),
            patterns: BTreeSet::new(),
            keep_values: BTreeSet::new(),
        };
        for name in self.custom_labels {
            match name.as_str() {
                "__name__" => return Err(Error::ObfuscatedName),
                "instance" => rules.instance = true,
                "job" => rules.job = true,
                _ => {
                    rules.custom_labels.insert(checked(name)?);
                }
            }
        }
        for name in self.drop_labels {
            if name == "__name__" {
                return Err(Error::DroppedName);
            }
            rules.drop_labels.insert(checked(name)?);
        }
        for word in self.words {
            // `*.acme.example` and `.acme.example` mean the domain.
            let word = word
                .trim()
                .trim_start_matches(['*', '.'])
                .to_ascii_lowercase();
            if word.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
                return Err(Error::Word(word));
            }
            rules.words.insert(word);
        }
        for pattern in self.patterns {
            rules.patterns.insert(pattern::checked(pattern)?);
        }
        for value in self.keep_values {
            if value.is_empty() {
                return Err(Error::EmptyKeep);
            }
            rules.keep_values.insert(value);
        }
        Ok(rules)
    }
}

fn checked(name: String) -> Result<String, Error> {
    if is_label_name(&name) {
        Ok(name)
    } else {
        Err(Error::LabelName(name))
    }
}

/// VictoriaMetrics stores any text as a label name. Accepted is what Prometheus allows and what
/// OpenTelemetry brings along (`service.name`, `app.kubernetes.io/name`, letters of any script);
/// refused is what is more likely a slip, such as `a,b`, `a=b` or a stray space.
pub(crate) fn is_label_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '/' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_names_are_neither_replaced_nor_dropped() {
        let custom = Rules::builder().custom_labels(["__name__"]).build();
        assert!(matches!(custom, Err(Error::ObfuscatedName)));
        assert!(matches!(Rules::off(["__name__"]), Err(Error::DroppedName)));
    }

    #[test]
    fn job_and_instance_as_custom_labels_are_the_two_switches() {
        let custom = Rules::builder()
            .custom_labels(["job", "instance"])
            .build()
            .unwrap();
        assert_eq!(
            custom,
            Rules::builder().job(true).instance(true).build().unwrap()
        );
    }

    #[test]
    fn slips_in_label_names_are_refused_by_name() {
        for slip in ["", "a,b", "a=b", " a", "a ", "{a}", "9a", "a\nb", "\"a\""] {
            let refused = Rules::builder().custom_labels([slip]).build();
            assert!(matches!(refused, Err(Error::LabelName(name)) if name == slip));
            assert!(matches!(Rules::off([slip]), Err(Error::LabelName(name)) if name == slip));
        }
        for name in [
            "env",
            "_x9",
            "service.name",
            "app.kubernetes.io/name",
            "größe",
        ] {
            assert!(Rules::off([name]).is_ok(), "{name}");
        }
    }

    #[test]
    fn dropping_wins_over_replacing_and_stays_when_off() {
        let rules = Rules::builder()
            .job(true)
            .drop_labels(["job"])
            .build()
            .unwrap();
        assert_eq!(rules.cover(b"job", &BTreeSet::new()), Cover::Dropped);
        let off = Rules::off(["env"]).unwrap();
        assert!(off.is_off());
        assert_eq!(off.cover(b"env", &BTreeSet::new()), Cover::Dropped);
        assert_eq!(off.cover(b"instance", &BTreeSet::new()), Cover::Kept);
    }
}
