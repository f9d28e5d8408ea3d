//! What happens to one label.

use std::collections::{BTreeMap, BTreeSet};

use privacy::Rewriter;

/// Examples of a label.
const EXAMPLES: usize = 5;

/// What happens to one label. Holds originals: for the eyes of the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelChange {
    /// The label's name in the source.
    pub name: String,
    /// Its name in the bundle.
    pub clean_name: String,
    /// What happens to it.
    pub action: Action,
    /// Distinct values.
    pub values: usize,
    /// Distinct values that are replaced, or hold something that is.
    pub replaced: usize,
    /// A few values, replaced ones first.
    pub examples: Vec<Example>,
}

/// What happens to a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// At least one value is replaced, or the name is.
    Replaced,
    /// Everything stays.
    Kept,
    /// The label is removed.
    Dropped,
}

impl Action {
    /// As a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Replaced => "replaced",
            Action::Kept => "kept",
            Action::Dropped => "dropped",
        }
    }
}

/// A value and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The original.
    pub before: String,
    /// What leaves; `None` if the label is removed.
    pub after: Option<String>,
}

/// What happens to each label among the pairs of name and value.
pub(super) fn changes(
    pairs: &BTreeSet<(&[u8], &[u8])>,
    rewriter: &Rewriter,
) -> Result<Vec<LabelChange>, privacy::Error> {
    let mut values: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for (name, value) in pairs {
        values.entry(name).or_default().push(value);
    }
    let all = values.into_iter();
    all.map(|(name, values)| change(name, &values, rewriter))
        .collect()
}

fn change(
    name: &[u8],
    values: &[&[u8]],
    rewriter: &Rewriter,
) -> Result<LabelChange, privacy::Error> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut change = LabelChange {
        name: text(name),
        clean_name: text(name),
        action: Action::Kept,
        values: values.len(),
        replaced: 0,
        examples: Vec::new(),
    };
    let mut kept = Vec::new();
    for value in values {
        let clean = rewriter.label(name, value)?;
        let example = Example {
            before: text(value),
            after: clean.as_ref().map(|label| text(label.value())),
        };
        let stays = match &clean {
            None => {
                change.action = Action::Dropped;
                false
            }
            Some(label) => {
                change.clean_name = text(label.name());
                label.value() == *value
            }
        };
        let list = if stays {
            &mut kept
        } else {
            &mut change.examples
        };
        if list.len() < EXAMPLES {
            list.push(example);
        }
        change.replaced += usize::from(!stays && clean.is_some());
    }
    let renamed = change.clean_name != change.name;
    if change.action == Action::Kept && (change.replaced > 0 || renamed) {
        change.action = Action::Replaced;
    }
    change.examples.extend(kept);
    change.examples.truncate(EXAMPLES);
    Ok(change)
}
