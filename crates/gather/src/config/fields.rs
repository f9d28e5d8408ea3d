//! Taking an object apart field by field, with messages that name the field.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Strictness;
use super::error::ConfigError;
use super::time::parse_time;

/// What is collected while a document is read.
pub(super) struct Notes {
    strictness: Strictness,
    warnings: Vec<String>,
}

impl Notes {
    pub(super) fn new(strictness: Strictness) -> Self {
        Self {
            strictness,
            warnings: Vec::new(),
        }
    }

    pub(super) fn into_warnings(self) -> Vec<String> {
        self.warnings
    }
}

/// One object. Every field that is asked for is known; what remains at the end is not.
pub(super) struct Fields<'notes> {
    /// Names of the objects around, such as `connection.auth.`.
    path: String,
    values: Map<String, Value>,
    known: Vec<&'static str>,
    notes: &'notes mut Notes,
}

/// Reads the outermost object.
pub(super) fn read_document<T>(
    document: Value,
    notes: &mut Notes,
    read: impl FnOnce(&mut Fields<'_>) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    match document {
        Value::Object(values) => Fields::new(String::new(), values, notes).all(read),
        other => Err(ConfigError::NotAnObject { got: kind(&other) }),
    }
}

impl<'notes> Fields<'notes> {
    fn new(path: String, values: Map<String, Value>, notes: &'notes mut Notes) -> Self {
        Self {
            path,
            values,
            known: Vec::new(),
            notes,
        }
    }

    /// Reads the object and makes sure that nothing in it was overlooked.
    fn all<T>(
        mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        let result = read(&mut self)?;
        for name in self.values.keys() {
            let field = format!("{}{name}", self.path);
            let nearest = self.nearest(name);
            match self.notes.strictness {
                Strictness::Strict => return Err(ConfigError::UnknownField { field, nearest }),
                Strictness::Lenient => self
                    .notes
                    .warnings
                    .push(format!("unknown field `{field}` is ignored")),
            }
        }
        Ok(result)
    }

    /// The known field whose name looks most like `name`, if any does.
    fn nearest(&self, name: &str) -> Option<String> {
        /// Below this two names only share letters; clap draws the line here too.
        const ALIKE: f64 = 0.7;
        let name = name.to_lowercase();
        self.known
            .iter()
            .map(|known| (strsim::jaro_winkler(known, &name), known))
            .filter(|(likeness, _)| *likeness > ALIKE)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, known)| format!("{}{known}", self.path))
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        let mut value = self.values.remove(name);
        if value.is_none() && self.notes.strictness == Strictness::Lenient {
            let spelt = self
                .values
                .keys()
                .find(|key| key.eq_ignore_ascii_case(name));
            value = spelt.cloned().and_then(|key| self.values.remove(&key));
        }
        value.filter(|value| !value.is_null())
    }

    /// A complaint about a field of this object.
    pub(super) fn bad(&self, name: &str, problem: impl Into<String>) -> ConfigError {
        ConfigError::field(format!("{}{name}", self.path), problem)
    }

    /// Notes something about a field of this object.
    pub(super) fn warn(&mut self, name: &str, remark: &str) {
        let warning = format!("`{}{name}` {remark}", self.path);
        self.notes.warnings.push(warning);
    }

    /// Accepts a field of any type that has no effect.
    pub(super) fn ignore(&mut self, name: &'static str, reason: &str) {
        if self.take(name).is_some() {
            self.warn(name, &format!("is ignored: {reason}"));
        }
    }

    fn wrong(&self, name: &str, want: &str, got: &Value) -> ConfigError {
        self.bad(name, format!("must be {want}, got {}", kind(got)))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, ConfigError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, "a string", &other)),
        }
    }

    pub(super) fn switch(&mut self, name: &'static str) -> Result<Option<bool>, ConfigError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(on)) => Ok(Some(on)),
            Some(other) => Err(self.wrong(name, "`true` or `false`", &other)),
        }
    }

    pub(super) fn integer(&mut self, name: &'static str) -> Result<Option<i64>, ConfigError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Number(number)) => number
                .as_i64()
                .map(Some)
                .ok_or_else(|| self.bad(name, format!("must be a whole number, got {number}"))),
            Some(other) => Err(self.wrong(name, "a whole number", &other)),
        }
    }

    /// A list of texts, each kept once, none empty; an absent list is empty.
    pub(super) fn texts(&mut self, name: &'static str) -> Result<Vec<String>, ConfigError> {
        let items = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(other) => return Err(self.wrong(name, "a list of strings", &other)),
        };
        let mut texts = Vec::with_capacity(items.len());
        for (number, item) in items.into_iter().enumerate() {
            let place = || format!("{name}[{number}]");
            match item {
                Value::String(text) if text.is_empty() => {
                    return Err(self.bad(&place(), "must not be empty"));
                }
                Value::String(text) => {
                    if !texts.contains(&text) {
                        texts.push(text);
                    }
                }
                other => return Err(self.wrong(&place(), "a string", &other)),
            }
        }
        Ok(texts)
    }

    pub(super) fn time(&mut self, name: &'static str) -> Result<Option<Timestamp>, ConfigError> {
        self.text(name)?
            .map(|text| {
                parse_time(&text)
                    .map_err(|problem| self.bad(name, format!("{problem}, got `{text}`")))
            })
            .transpose()
    }

    /// A word out of a list. Pages send empty texts for what was not chosen.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        if let Some((_, choice)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(Some(*choice));
        }
        if text.is_empty() && self.notes.strictness == Strictness::Lenient {
            return Ok(None);
        }
        let valid: Vec<String> = words
            .iter()
            .filter(|(word, _)| !word.is_empty())
            .map(|(word, _)| format!("`{word}`"))
            .collect();
        let valid = valid.join(", ");
        Err(self.bad(name, format!("cannot be `{text}`; it is one of {valid}")))
    }

    pub(super) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(values)) => {
                let path = format!("{}{name}.", self.path);
                Fields::new(path, values, self.notes).all(read).map(Some)
            }
            Some(other) => Err(self.wrong(name, "an object", &other)),
        }
    }
}

/// The type of a value; values themselves may be secret.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "`null`",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
