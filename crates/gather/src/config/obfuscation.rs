//! `obfuscation`: what is replaced and what is dropped.

use privacy::Rules;

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
    fields.switch("preserve_structure")?;
    // Whoever only says "obfuscate" means the standard level; whoever names one switch means it.
    let both = enabled && instance.is_none() && job.is_none();
    let config = ObfuscationConfig {
        enabled,
        instance: instance.unwrap_or(both),
        job: job.unwrap_or(both),
        custom_labels: fields.texts("custom_labels")?,
        drop_labels: fields.texts("drop_labels")?,
    };
    if enabled && !config.instance && !config.job && config.custom_labels.is_empty() {
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
    /// A name in a list cannot be the name of a label, or is `__name__`.
    pub fn rules(&self) -> Result<Rules, ConfigError> {
        let ObfuscationConfig {
            enabled,
            instance,
            job,
            custom_labels,
            drop_labels,
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
            .build()
            .map_err(|source| ConfigError::Labels {
                field: "obfuscation.custom_labels",
                source,
            })
    }
}
