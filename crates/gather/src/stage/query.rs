//! Staging of query results.

use vmapi::{SteppedSample, SteppedSeries};

use super::StageError;
use super::slice_stage::{SliceStage, Staged};
use super::text_stage::TextStage;

/// Samples in a block at most, as in a line of the bundle.
const BLOCK_ROWS: usize = 8192;

/// Takes the result of a range query series by series.
pub(crate) struct QueryStager<'a> {
    stage: TextStage<'a>,
    timestamps: Vec<i64>,
    values: Vec<u8>,
}

impl<'a> QueryStager<'a> {
    pub(crate) fn new(stage: SliceStage<'a>) -> Result<Self, StageError> {
        Ok(Self {
            stage: TextStage::new(stage)?,
            timestamps: Vec::new(),
            values: Vec::new(),
        })
    }

    pub(crate) fn counts(&self) -> (u64, u64) {
        self.stage.counts()
    }

    pub(crate) fn series(&mut self, series: &SteppedSeries) -> Result<(), StageError> {
        let labels = series.labels.iter();
        let labels: Vec<_> = labels
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect();
        self.stage.begin_series(&labels);
        for samples in series.samples.chunks(BLOCK_ROWS) {
            self.timestamps.clear();
            self.values.clear();
            for SteppedSample { time_ms, value } in samples {
                if !self.values.is_empty() {
                    self.values.push(b',');
                }
                self.values.extend_from_slice(json_value(value).as_bytes());
                self.timestamps.push(*time_ms);
            }
            self.stage.block(&self.timestamps, &self.values)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Staged, StageError> {
        self.stage.finish()
    }
}

/// A number in the text of query results as it stands in JSON lines.
fn json_value(text: &str) -> &str {
    let negative = text.starts_with('-');
    match text.trim_start_matches(['+', '-']) {
        "Inf" | "Infinity" if negative => "\"-Infinity\"",
        "Inf" | "Infinity" => "\"Infinity\"",
        "NaN" => "null",
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_has_no_number_for_is_spelled_as_in_lines() {
        assert_eq!(json_value("+Inf"), "\"Infinity\"");
        assert_eq!(json_value("-Inf"), "\"-Infinity\"");
        assert_eq!(json_value("NaN"), "null");
        assert_eq!(json_value("-1.5e-07"), "-1.5e-07");
    }
}
