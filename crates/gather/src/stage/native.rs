//! Staging of a native stream.

use bundle::staging::{BlockInfo, BlockKind};
use vmformat::native::{
    Block, Decoder, Frame, FrameSplitter, Layout, LayoutDetector, SeriesName, StreamHeader,
};

use super::StageError;
use super::slice_stage::{SliceStage, Staged};
use crate::time_range::format_ms;
use crate::timestamp_columns::TimestampColumns;

/// Takes the body of a native export as it arrives and stages its blocks.
///
/// Every block is proven to be whole: servers before v1.97 end a failed export like a complete one,
/// with a text somewhere in the data.
pub(crate) struct NativeStager<'a> {
    stage: SliceStage<'a>,
    splitter: FrameSplitter,
    frames: FrameStager,
    header_checked: bool,
    latest_end_ms: i64,
}

/// What one frame needs, apart from the splitter that lends it.
struct FrameStager {
    detector: LayoutDetector,
    decoder: Decoder,
    columns: TimestampColumns,
}

impl<'a> NativeStager<'a> {
    /// `latest_end_ms` is the latest end that every server understands; a later one may be clamped.
    pub(crate) fn new(stage: SliceStage<'a>, latest_end_ms: i64) -> Self {
        Self {
            stage,
            splitter: FrameSplitter::new(),
            frames: FrameStager {
                detector: LayoutDetector::new(),
                decoder: Decoder::new(),
                columns: TimestampColumns::default(),
            },
            header_checked: false,
            latest_end_ms,
        }
    }

    pub(crate) fn counts(&self) -> (u64, u64) {
        self.stage.counts()
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), StageError> {
        self.splitter.push(bytes);
        while let Some(frame) = self.splitter.next_frame()? {
            self.frames.stage(&mut self.stage, frame)?;
        }
        self.check_header()
    }

    pub(crate) fn finish(mut self) -> Result<Staged, StageError> {
        self.splitter.finish()?;
        self.check_header()?;
        Ok(self.stage.finish()?)
    }

    fn check_header(&mut self) -> Result<(), StageError> {
        if self.header_checked {
            return Ok(());
        }
        let Some(header) = self.splitter.header() else {
            return Ok(());
        };
        if !self.understood(header) {
            return Err(StageError::OtherRange {
                understood: format!(
                    "{} to {}",
                    format_ms(header.start_ms),
                    format_ms(header.end_ms)
                ),
            });
        }
        self.header_checked = true;
        Ok(())
    }

    fn understood(&self, header: StreamHeader) -> bool {
        let range = self.stage.range;
        header.start_ms == range.start_ms
            && (header.end_ms == range.end_ms
                || (range.end_ms > self.latest_end_ms && header.end_ms >= self.latest_end_ms))
    }
}

impl FrameStager {
    fn stage(&mut self, stage: &mut SliceStage, frame: Frame) -> Result<(), StageError> {
        let layout = self.detector.decide(frame.block, &mut self.decoder)?;
        let block = Block::parse(frame.block, layout)?;
        let column = self.columns.get(&block, stage.range, &mut self.decoder)?;
        self.decoder.check_mantissas(&block)?;
        if column.rows == 0 {
            return Ok(());
        }
        let name = SeriesName::parse(frame.name)?;
        let series = stage.series(name.iter())?;
        let info = BlockInfo {
            kind: match layout {
                Layout::A => BlockKind::NativeA,
                Layout::B => BlockKind::NativeB,
            },
            min_ms: column.first_ms,
            max_ms: column.last_ms,
            rows: block.rows,
        };
        stage.block(series, info, frame.block)?;
        Ok(())
    }
}
