//! `obfuscation`: what is replaced and what is dropped.

use privacy::{Level, Rules};

use super::ExportConfig;
use super::error::ConfigError;
use super::fields::Fields;

/// What is replaced and what is dropped, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObfuscationConfig {
    /// Values are replaced at all; labels are dropped either way.
    pub enabled: bool,
    /// Replace the host part of `instance`.
    pub instance: bool,
    /// Replace `job`.
    pub job: bool,
    /// Further labels whose values are replaced.
    pub custom_labels: Vec<String>,
    /// Labels that are removed.
    pub drop_labels: Vec<String>,
    /// Findings of the audit are recorded and stop nothing.
    pub accept_audit: bool,
    /// How far obfuscation goes.
    pub level: Level,
    /// Words and domains that are replaced wherever they stand.
    pub words: Vec<String>,
    /// Regular expressions; what they match is replaced.
    pub patterns: Vec<String>,
    /// Values and hosts that stay.
    pub keep_values: Vec<String>,
}

impl ObfuscationConfig {
    /// The standard level: `instance` and `job` are replaced.
    pub fn standard() -> Self {
        Self {
            enabled: true,
            instance: true,
            job: true,
            ..Self::default()
        }
    }
}

pub(super) fn read(fields: &mut Fields<'_>) -> Result<ObfuscationConfig, ConfigError> {
    let enabled = fields.switch("enabled")?.unwrap_or_default();
    let instance = fields.switch("obfuscate_instance")?;
    let job = fields.switch("obfuscate_job")?;
    let level = fields.choice(
        "level",
        &[
            ("", Level::Standard),
            ("standard", Level::Standard),
            ("strict", Level::Strict),
        ],
    )?;
    fields.switch("preserve_structure")?;
    // Whoever only says "obfuscate" means the standard level; whoever names one switch means it.
    let both = enabled && instance.is_none() && job.is_none();
    let config = ObfuscationConfig {
        enabled,
        instance: instance.unwrap_or(both),
        job: job.unwrap_or(both),
        custom_labels: fields.texts("custom_labels")?,
        drop_labels: fields.texts("drop_labels")?,
        accept_audit: fields.switch("accept_audit")?.unwrap_or_default(),
        level: level.unwrap_or_default(),
        words: fields.texts("words")?,
        patterns: fields.texts("patterns")?,
        keep_values: fields.texts("keep_values")?,
    };
    let both = config.instance && config.job;
    if enabled && config.level == Level::Strict && !both {
        return Err(fields.bad(
            "level",
            "cannot be `strict` while `obfuscate_instance` or `obfuscate_job` is `false`",
        ));
    }
    let names_nothing = [&config.custom_labels, &config.words, &config.patterns]
        .iter()
        .all(|list| list.is_empty());
    if enabled && !config.instance && !config.job && names_nothing {
        fields.warn(
            "enabled",
            "has no effect: every switch is off and no label is named",
        );
    }
    Ok(config)
}

impl ExportConfig {
    /// The privacy rules.
    ///
    /// # Errors
    ///
    /// A name in a list cannot be the name of a label, or is `__name__`; a word, an expression or
    /// a value to be kept cannot be used.
    pub fn rules(&self) -> Result<Rules, ConfigError> {
        let ObfuscationConfig {
            enabled,
            instance,
            job,
            custom_labels,
            drop_labels,
            level,
            words,
            patterns,
            keep_values,
            accept_audit: _,
        } = &self.obfuscation;
        let dropping = Rules::off(drop_labels).map_err(|source| ConfigError::Labels {
            field: "obfuscation.drop_labels",
            source,
        })?;
        if !enabled {
            return Ok(dropping);
        }
        Rules::builder()
            .instance(*instance)
            .job(*job)
            .custom_labels(custom_labels)
            .drop_labels(drop_labels)
            .level(*level)
            .words(words)
            .patterns(patterns)
            .keep_values(keep_values)
            .build()
            .map_err(|source| ConfigError::Labels {
                field: match source {
                    privacy::Error::Word(_) => "obfuscation.words",
                    privacy::Error::Pattern { .. } => "obfuscation.patterns",
                    privacy::Error::EmptyKeep => "obfuscation.keep_values",
                    _ => "obfuscation.custom_labels",
                },
                source,
            })
    }
}
