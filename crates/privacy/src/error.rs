//! What can go wrong, in words that hold no original.

/// Why rules, a key or a map were refused, or why a label could not be made clean.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A configured label name cannot be the name of a label.
    #[error(
        "`{0}` is not a label name: name one label per entry, starting with a letter or `_` and \
         going on with letters, digits, `_`, `.`, `:`, `/` or `-`"
    )]
    LabelName(String),

    /// `__name__` was to be replaced.
    #[error("`__name__` cannot be obfuscated: it is the metric name; remove it from the list")]
    ObfuscatedName,

    /// `__name__` was to be dropped.
    #[error("`__name__` cannot be dropped: series would merge; remove it from the list")]
    DroppedName,

    /// A word to be replaced is too short.
    #[error("`{0}` is too short a word to look for: name at least two letters or digits")]
    Word(String),

    /// An expression to be replaced cannot be used.
    #[error("`{pattern}` is not a usable regular expression: {reason}")]
    Pattern {
        /// The expression as given.
        pattern: String,
        /// Why not.
        reason: String,
    },

    /// An empty text was to be kept.
    #[error("an empty text cannot be kept: name the value or host that may leave")]
    EmptyKeep,

    /// The system gave no random bytes.
    #[error("cannot get random bytes for a secret")]
    Random(#[source] getrandom::Error),

    /// The text of a key is not 64 hex digits.
    #[error("a key must be 64 hex digits")]
    KeySyntax,

    /// The map is not a JSON document of the expected form.
    ///
    /// The parser's own message may quote the document, so only its position is kept.
    #[error("the map cannot be read at line {line}, column {column}: use the file as it was saved")]
    MapSyntax {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1; 0 if the whole line is meant.
        column: usize,
    },

    /// The map was written in a version of the format that this program does not know.
    #[error(
        "the map has version {0}, only versions 1 and 2 are known: use the program that wrote it"
    )]
    MapVersion(u64),

    /// The map is well formed but contradicts itself.
    #[error("the map is damaged at its {kind} entries: {problem}")]
    MapContent {
        /// Where: `host`, `job`, a label, or a field of the document.
        kind: String,
        /// What is wrong there.
        problem: &'static str,
    },

    /// A pseudonym that the map gave away earlier is an original in this data.
    #[error(
        "a {kind} pseudonym of the map is itself an original in this data: export with a new map"
    )]
    PseudonymTaken {
        /// Kind of the pseudonym.
        kind: String,
    },

    /// A value has no clean form that leads back to it.
    #[error(
        "a value of label `{label}` cannot be obfuscated so that it could be read back: drop the \
         label, or start with a new map"
    )]
    Irreversible {
        /// Name of the label.
        label: String,
    },

    /// A covered value has no pseudonym because it was never observed.
    #[error("a value of label `{label}` was not observed and has no pseudonym")]
    Unseen {
        /// Name of the label.
        label: String,
    },
}
