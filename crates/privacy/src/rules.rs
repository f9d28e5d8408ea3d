//! Which labels are replaced and which are dropped.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Validated choice of what is replaced and what is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    instance: bool,
    job: bool,
    custom_labels: BTreeSet<String>,
    drop_labels: BTreeSet<String>,
}

/// Builder of [`Rules`]; nothing is replaced or dropped unless asked for.
#[derive(Clone, Debug, Default)]
pub struct RulesBuilder {
    instance: bool,
    job: bool,
    custom_labels: Vec<String>,
    drop_labels: Vec<String>,
}

/// What the rules say about one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover<'a> {
    Dropped,
    Instance,
    Job,
    Custom(&'a str),
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

    /// True if no label is replaced.
    pub fn is_off(&self) -> bool {
        !self.instance && !self.job && self.custom_labels.is_empty()
    }

    pub(crate) fn custom_labels(&self) -> impl Iterator<Item = &str> {
        self.custom_labels.iter().map(String::as_str)
    }

    pub(crate) fn cover(&self, name: &[u8]) -> Cover<'_> {
        // Configured names are text, so a name that is not cannot be one of them.
        let Ok(name) = std::str::from_utf8(name) else {
            return Cover::Kept;
        };
        if self.drop_labels.contains(name) {
            return Cover::Dropped;
        }
        match name {
            "instance" if self.instance => Cover::Instance,
            "job" if self.job => Cover::Job,
            _ => self
                .custom_labels
                .get(name)
                .map_or(Cover::Kept, |label| Cover::Custom(label)),
        }
    }
}

impl RulesBuilder {
    /// Replaces the host part of `instance`; default `false`.
    pub fn instance(mut self, replace: bool) -> RulesBuilder {
        self.instance = replace;
        self
    }

    /// Replaces `job`; default `false`.
    pub fn job(mut self, replace: bool) -> RulesBuilder {
        self.job = replace;
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

    /// Checks the choice and freezes it.
    ///
    /// # Errors
    ///
    /// [`Error::ObfuscatedName`] or [`Error::DroppedName`] if `__name__` is among the custom or
    /// dropped labels; [`Error::LabelName`] for a text that cannot be a label name.
    pub fn build(self) -> Result<Rules, Error> {
        let mut rules = Rules {
            instance: self.instance,
            job: self.job,
            custom_labels: BTreeSet::new(),
            drop_labels: BTreeSet::new(),
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
        assert_eq!(rules.cover(b"job"), Cover::Dropped);
        let off = Rules::off(["env"]).unwrap();
        assert!(off.is_off());
        assert_eq!(off.cover(b"env"), Cover::Dropped);
        assert_eq!(off.cover(b"instance"), Cover::Kept);
    }
}
