//! Why a config cannot be used.

/// A config that cannot be used; nothing has been done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Longer than [`MAX_CONFIG_BYTES`](super::MAX_CONFIG_BYTES).
    #[error("the config is larger than 1 MiB")]
    TooLarge,
    /// Nothing but white space.
    #[error("the config is empty")]
    Empty,
    /// The bytes are not text.
    #[error("the config is not UTF-8")]
    NotUtf8(#[source] std::str::Utf8Error),
    /// The text is not JSON; the cause has line and column.
    #[error("the config is not JSON")]
    Syntax(#[source] serde_json::Error),
    /// JSON, but not an object.
    #[error("the config must be a JSON object, got {got}")]
    NotAnObject {
        /// What it is instead, with its article.
        got: &'static str,
    },
    /// A field that does not exist.
    #[error("unknown field `{field}`")]
    UnknownField {
        /// With the names of the objects around it, such as `time_range.strat`.
        field: String,
        /// The known field that looks most like it.
        nearest: Option<String>,
    },
    /// The value of a field cannot be used.
    #[error("`{field}` {problem}")]
    Field {
        /// With the names of the objects around it.
        field: String,
        /// What is wrong, ready to follow the name.
        problem: String,
    },
    /// A label name cannot be used.
    #[error("`{field}` cannot be used")]
    Labels {
        /// The list it stands in.
        field: &'static str,
        /// Why not.
        #[source]
        source: privacy::Error,
    },
    /// `query` is not a selector although it should be.
    #[error("`query` cannot be used with `query_type` `selector`")]
    Selector(#[source] vmapi::SelectorError),
}

impl ConfigError {
    pub(super) fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Field {
            field: field.into(),
            problem: problem.into(),
        }
    }

    /// The next step for a person, if there is an obvious one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownField { nearest, .. } => nearest
                .as_ref()
                .map(|nearest| format!("did you mean `{nearest}`?")),
            _ => None,
        }
    }
}
