//! Every label of the export in the form in which it leaves.

use bundle::staging::{LabelId, LabelTable};
use vmformat::{json_line, native};

/// Labels by number, rewritten and written as the format wants them, or dropped.
///
/// Everything in here went through a [`privacy::Rewriter`]; the formatters have no other source of
/// label text.
pub(crate) struct CleanLabels {
    form: LabelForm,
    text: Vec<u8>,
    /// Where the text of each label ends. A label without text is dropped.
    ends: Vec<u64>,
    drops_any: bool,
}

/// How the text of a label is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelForm {
    /// `"name":"value"`.
    Json,
    /// The two parts of a native series name.
    Native,
}

/// What the text of a metric name begins with in [`LabelForm::Native`].
const METRIC_NAME_PART: &[u8] = b"__name__\x01";

impl CleanLabels {
    /// Rewrites every label of the table.
    ///
    /// # Errors
    ///
    /// The rewriter cannot decide on a label.
    pub(crate) fn new(
        table: &LabelTable,
        rewriter: &privacy::Rewriter,
        form: LabelForm,
    ) -> Result<Self, privacy::Error> {
        Self::of(table.iter(), rewriter, form)
    }

    /// Rewrites labels that stand in no table.
    ///
    /// # Errors
    ///
    /// The rewriter cannot decide on a label.
    pub(crate) fn of<'a>(
        pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        rewriter: &privacy::Rewriter,
        form: LabelForm,
    ) -> Result<Self, privacy::Error> {
        let mut labels = Self {
            form,
            text: Vec::new(),
            ends: Vec::new(),
            drops_any: false,
        };
        for (name, value) in pairs {
            match rewriter.label(name, value)? {
                Some(label) => match form {
                    LabelForm::Json => {
                        json_line::write_string(&mut labels.text, label.name());
                        labels.text.push(b':');
                        json_line::write_string(&mut labels.text, label.value());
                    }
                    LabelForm::Native => {
                        native::write_part(&mut labels.text, label.name());
                        native::write_part(&mut labels.text, label.value());
                    }
                },
                None => labels.drops_any = true,
            }
            labels.ends.push(labels.text.len() as u64);
        }
        Ok(labels)
    }

    /// How the texts are written.
    pub(crate) fn form(&self) -> LabelForm {
        self.form
    }

    /// How many labels there are, dropped ones included.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of every label that leaves.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let ranges = starts.zip(&self.ends);
        let texts = ranges.map(|(&start, &end)| &self.text[start as usize..end as usize]);
        texts.filter(|text| !text.is_empty())
    }

    pub(super) fn drops_any(&self) -> bool {
        self.drops_any
    }

    pub(super) fn is_dropped(&self, id: LabelId) -> bool {
        self.get(id).is_some_and(<[u8]>::is_empty)
    }

    /// The text of a label, empty if it is dropped; `None` for a number that was never given out.
    fn get(&self, id: LabelId) -> Option<&[u8]> {
        let end = *self.ends.get(id.index())? as usize;
        let start = id
            .index()
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        Some(&self.text[start..end])
    }

    /// Appends the members of the `metric` object; `None` for a number that was never given out.
    pub(super) fn write_metric(&self, out: &mut Vec<u8>, labels: &[LabelId]) -> Option<()> {
        let mut separator = false;
        for &id in labels {
            let text = self.get(id)?;
            if text.is_empty() {
                continue;
            }
            if separator {
                out.push(b',');
            }
            out.extend_from_slice(text);
            separator = true;
        }
        Some(())
    }

    /// Replaces `out` by the name of a native frame; `None` for a number that was never given out.
    pub(super) fn write_name(&self, out: &mut Vec<u8>, labels: &[LabelId]) -> Option<()> {
        out.clear();
        for &id in labels {
            // Labels are distinct by name, so there is one at most.
            if let Some(metric_name) = self.get(id)?.strip_prefix(METRIC_NAME_PART) {
                out.extend_from_slice(metric_name);
            }
        }
        if out.is_empty() {
            native::write_part(out, b"");
        }
        for &id in labels {
            let text = self.get(id)?;
            if !text.starts_with(METRIC_NAME_PART) {
                out.extend_from_slice(text);
            }
        }
        Some(())
    }
}
