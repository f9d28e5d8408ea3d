use crate::LineDefect;

/// Where in a line the reader is.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Before the opening brace of a line.
    #[default]
    Start,
    /// Before a key.
    Key,
    /// Inside of the quotes of a key.
    InKey,
    /// Behind a key.
    Colon(Key),
    /// Before the opening bracket or brace of a value.
    Open(Key),
    /// Inside of the metric object.
    Metric,
    /// Before or in an item of an array, which may be empty if this is its first.
    Item { array: Array, first: bool },
    /// Behind an item of an array.
    AfterItem(Array),
    /// Behind the value of a key.
    AfterValue,
    /// Behind the closing brace of a line.
    End,
}

impl State {
    /// What may stand here, for messages.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Start | Self::Open(Key::Metric) | Self::Metric => "`{`",
            Self::Key | Self::InKey => "a key in quotes",
            Self::Colon(_) => "`:`",
            Self::Open(Key::Array(_)) => "`[`",
            Self::Item { .. } => "an item",
            Self::AfterItem(_) => "`,` or `]`",
            Self::AfterValue => "`,` or `}`",
            Self::End => "a line break",
        }
    }
}

/// A key of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Metric,
    Array(Array),
}

/// One of the two arrays of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Array {
    Values,
    Timestamps,
}

/// Which keys of the current line were seen.
#[derive(Default)]
pub(super) struct Keys {
    metric: bool,
    values: bool,
    timestamps: bool,
}

impl Keys {
    /// Notes the key called `name`.
    pub(super) fn note(&mut self, name: &[u8]) -> Result<Key, LineDefect> {
        let (key, name, seen) = match name {
            b"metric" => (Key::Metric, "metric", &mut self.metric),
            b"values" => (Key::Array(Array::Values), "values", &mut self.values),
            b"timestamps" => (
                Key::Array(Array::Timestamps),
                "timestamps",
                &mut self.timestamps,
            ),
            _ => return Err(LineDefect::UnknownKey),
        };
        if std::mem::replace(seen, true) {
            return Err(LineDefect::RepeatedKey(name));
        }
        if !self.metric {
            return Err(LineDefect::MetricNotFirst);
        }
        Ok(key)
    }

    /// Whether a line may end that has these keys.
    pub(super) fn check_complete(&self) -> Result<(), LineDefect> {
        for (name, seen) in [("values", self.values), ("timestamps", self.timestamps)] {
            if !seen {
                return Err(LineDefect::MissingKey(name));
            }
        }
        Ok(())
    }
}
