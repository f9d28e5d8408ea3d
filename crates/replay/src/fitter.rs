//! Making a chunk of a batch.

use std::io::Write as _;
use std::sync::Mutex;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use vmapi::ImportFormat;

use crate::batch::Batch;
use crate::chunk::Chunk;
use crate::fit::{FitPlan, Wire};
use crate::frame_fitter::FrameFitter;
use crate::line_fitter::LineFitter;
use crate::series_table::SeriesTable;
use crate::source::{Format, Source};
use crate::tally::Tally;

/// Fits batches one after the other; each thread has its own.
pub(crate) struct Fitter<'a> {
    kind: Kind<'a>,
    format: ImportFormat,
    gzip: bool,
}

enum Kind<'a> {
    Lines(Box<LineFitter<'a>>),
    Frames(Box<FrameFitter<'a>>),
}

impl<'a> Fitter<'a> {
    pub(crate) fn new(
        plan: &'a FitPlan,
        table: &'a Mutex<SeriesTable>,
        source: &Source,
        gzip: bool,
    ) -> Self {
        let kind = match source.format() {
            Format::Lines => Kind::Lines(Box::new(LineFitter::new(plan, table))),
            Format::Native => {
                Kind::Frames(Box::new(FrameFitter::new(plan, table, source.layout())))
            }
        };
        Self {
            kind,
            format: match plan.wire {
                Wire::Lines => ImportFormat::JsonLines,
                Wire::Native(_) => ImportFormat::Native,
            },
            gzip,
        }
    }

    /// Fits a batch.
    pub(crate) fn chunk(&mut self, batch: &Batch) -> Chunk {
        let mut out = Vec::with_capacity(batch.text.len() + (16 << 10));
        let tally = self.fit(batch, &mut out);
        let text_bytes = out.len() as u64;
        let crc32 = crc32fast::hash(&out);
        let first = batch.spans.first().map(|span| span.number);
        Chunk {
            index: batch.index,
            format: self.format,
            gzip: self.gzip,
            body: if self.gzip && !out.is_empty() {
                gzip(&out)
            } else {
                out.into()
            },
            text_bytes,
            crc32,
            first_line: first.unwrap_or(batch.last_line),
            last_line: batch.last_line,
            position: batch.position,
            tally,
        }
    }

    /// Fits a batch and only counts.
    pub(crate) fn count(&mut self, batch: &Batch) -> Tally {
        self.fit(
            batch,
            &mut Vec::with_capacity(batch.text.len() + (16 << 10)),
        )
    }

    fn fit(&mut self, batch: &Batch, out: &mut Vec<u8>) -> Tally {
        let mut tally = Tally {
            divided_lines: batch.divided,
            text_bytes: text_bytes(batch),
            ..Tally::default()
        };
        for broken in &batch.broken {
            tally.lines += 1;
            tally.skip(broken.number, broken.reason, Some(broken.detail.clone()));
        }
        match &mut self.kind {
            Kind::Lines(lines) => lines.fit(batch, out, &mut tally),
            Kind::Frames(frames) => frames.fit(batch, out, &mut tally),
        }
        tally
    }
}

fn text_bytes(batch: &Batch) -> u64 {
    // The text of lines comes without line feeds; blocks have none.
    let feeds = match batch.range {
        None => batch.spans.iter().filter(|span| span.begins_line).count(),
        Some(_) => 0,
    };
    (batch.text.len() + feeds) as u64
}

fn gzip(text: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 6), Compression::fast());
    encoder
        .write_all(text)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
        .into()
}
