use bytes::Bytes;
use vmformat::json_line::write_metric;
use vmformat::native::{Encoder, Layout, StreamHeader, write_frame, write_name};
use vmformat::number::{
    INFINITY_MANTISSA, NEGATIVE_INFINITY_MANTISSA, STALE_MANTISSA, write_decimal, write_timestamps,
};

use super::params::Range;
use super::pieces::Pieces;
use crate::Version;
use crate::data::{Place, Sample, Series, View};
use crate::query::Selection;

/// Bytes that are collected before they are sent, as the servers do.
const PIECE_BYTES: usize = 65_536;

/// The series of an export, one after the other, each made when it is its turn.
pub(crate) struct Export<F> {
    view: View,
    selection: Selection,
    next: Place,
    format: F,
    /// Bytes not yet handed out.
    out: Vec<u8>,
}

/// Turns series into bytes.
pub(crate) trait Format: Send {
    fn write(&mut self, series: &Series<'_>, out: &mut Vec<u8>);
}

impl<F: Format> Export<F> {
    pub(crate) fn new(view: View, selection: Selection, format: F, head: Vec<u8>) -> Export<F> {
        Export {
            view,
            selection,
            next: (0, 0),
            format,
            out: head,
        }
    }
}

impl<F: Format> Pieces for Export<F> {
    fn next_piece(&mut self) -> Option<Bytes> {
        while self.out.len() < PIECE_BYTES {
            let Some((place, series)) = self.view.series_from(self.next) else {
                break;
            };
            self.next = (place.0, place.1 + 1);
            if self.selection.admits(&series) {
                self.format.write(&series, &mut self.out);
            }
        }
        let piece = std::mem::take(&mut self.out);
        (!piece.is_empty()).then(|| piece.into())
    }
}

/// What the stored blocks of a series look like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Storage {
    /// How often each block is there.
    pub(crate) replicas: usize,
    /// 1 to 8192.
    pub(crate) rows_per_block: usize,
}

impl Storage {
    /// The stored blocks that touch the range, whole, each as often as it is stored.
    fn blocks(self, samples: &[Sample], range: Range) -> impl Iterator<Item = &[Sample]> {
        samples
            .chunks(self.rows_per_block)
            .filter(move |block| {
                let first = block
                    .first()
                    .is_some_and(|s| s.timestamp_ms <= range.end_ms);
                let last = block
                    .last()
                    .is_some_and(|s| s.timestamp_ms >= range.start_ms);
                first && last
            })
            .flat_map(move |block| std::iter::repeat_n(block, self.replicas))
    }
}

/// Blocks in the native format, whole ones, as stored.
pub(crate) struct Native {
    pub(crate) range: Range,
    pub(crate) layout: Layout,
    pub(crate) storage: Storage,
    pub(crate) encoder: Encoder,
}

impl Native {
    /// The header of the stream.
    pub(crate) fn head(range: Range) -> Vec<u8> {
        let mut head = Vec::new();
        StreamHeader {
            start_ms: range.start_ms,
            end_ms: range.end_ms,
        }
        .write(&mut head);
        head
    }
}

impl Format for Native {
    fn write(&mut self, series: &Series<'_>, out: &mut Vec<u8>) {
        let samples: Vec<_> = series.samples(i64::MIN, i64::MAX).collect();
        let labels = all_labels(series);
        let mut name = Vec::new();
        write_name(
            &mut name,
            labels.iter().map(|(name, value)| (*name, value.as_slice())),
        );
        for block in self.storage.blocks(&samples, self.range) {
            let timestamps: Vec<_> = block.iter().map(|s| s.timestamp_ms).collect();
            let mantissas: Vec<_> = block.iter().map(|s| s.mantissa).collect();
            let mut bytes = Vec::new();
            self.encoder
                .encode(
                    self.layout,
                    &timestamps,
                    &mantissas,
                    series.scale(),
                    &mut bytes,
                )
                .expect("a block has 1 to 8192 rows in order of time");
            write_frame(out, &name, &bytes).expect("names and blocks are far below a mebibyte");
        }
    }
}

/// JSON lines.
pub(crate) struct Lines {
    pub(crate) range: Range,
    pub(crate) version: Version,
    pub(crate) storage: Storage,
    pub(crate) max_rows_per_line: usize,
    /// One line for each stored block, without merging.
    pub(crate) by_block: bool,
}

impl Format for Lines {
    fn write(&mut self, series: &Series<'_>, out: &mut Vec<u8>) {
        let samples: Vec<_> = series.samples(i64::MIN, i64::MAX).collect();
        let labels = all_labels(series);
        let blocks = self.storage.blocks(&samples, self.range).map(|block| {
            let inside =
                |s: &&Sample| (self.range.start_ms..=self.range.end_ms).contains(&s.timestamp_ms);
            block.iter().filter(inside).copied().collect::<Vec<_>>()
        });
        let lines = match self.by_block {
            true => blocks.collect(),
            false => {
                let mut merged: Vec<_> = blocks.flatten().collect();
                merged.sort_by_key(|sample| sample.timestamp_ms);
                vec![merged]
            }
        };
        for samples in lines {
            for rows in samples.chunks(self.max_rows_per_line) {
                self.write_line(&labels, series.scale(), rows, out);
            }
        }
    }
}

impl Lines {
    fn write_line(
        &self,
        labels: &[(&[u8], Vec<u8>)],
        scale: i16,
        rows: &[Sample],
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(b"{\"metric\":");
        write_metric(
            out,
            labels.iter().map(|(name, value)| (*name, value.as_slice())),
        );
        out.extend_from_slice(b",\"values\":[");
        for (at, sample) in rows.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.write_value(sample.mantissa, scale, at == 0, out);
        }
        out.extend_from_slice(b"],\"timestamps\":[");
        let timestamps: Vec<_> = rows.iter().map(|s| s.timestamp_ms).collect();
        write_timestamps(out, &timestamps);
        out.extend_from_slice(b"]}\n");
    }

    fn write_value(&self, mantissa: i64, scale: i16, first: bool, out: &mut Vec<u8>) {
        let old = self.version == Version::V1_79;
        let text: &[u8] = match mantissa {
            // What the oldest version writes here is not JSON.
            STALE_MANTISSA if old && first => b"NaN",
            STALE_MANTISSA => b"null",
            INFINITY_MANTISSA if old => b"+Inf",
            INFINITY_MANTISSA => b"\"Infinity\"",
            NEGATIVE_INFINITY_MANTISSA if old => b"-Inf",
            NEGATIVE_INFINITY_MANTISSA => b"\"-Infinity\"",
            _ => return write_decimal(out, mantissa, scale),
        };
        out.extend_from_slice(text);
    }
}

/// `__name__` and all labels in stored order.
fn all_labels<'a>(series: &Series<'a>) -> Vec<(&'a [u8], Vec<u8>)> {
    let name: (&[u8], _) = (b"__name__", series.name().as_bytes().to_vec());
    let labels = series.labels().into_iter();
    std::iter::once(name)
        .chain(labels.map(|(name, value)| (name.as_bytes(), value.into_owned().into_bytes())))
        .collect()
}
