//! Verifying a bundle: recomputing all that it claims.
//!
//! Everything is streamed. Memory grows with the number of distinct series, up to two million; above
//! that, the checks that need to tell series apart are skipped and say so.

use std::fs::File;
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use vmformat::json_line::LineSink;

use crate::checksum_file::{self, checksum_path};
use crate::copies::Copies;
use crate::error::Error;
use crate::hashing::{Digest, hex};
use crate::line_times::{LineTimes, MAX_SERIES, OutsideSample};
use crate::metadata::{Format, Metadata, Replaced};
use crate::reader::{Bundle, Data, Entry, METADATA_ENTRY};
use crate::scan::{Scanned, scan};
use crate::verify_report::{Outcome, Subject, VerifyReport};
use crate::warning::Warning;

/// A checksum file holds one line.
const MAX_CHECKSUM_FILE_BYTES: u64 = 64 << 10;

const NO_METADATA: &str = "there are no usable metadata";
const NO_LINES: &str = "the data are damaged";

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Inflated bytes of data read so far.
    pub bytes_done: u64,
    /// Inflated bytes of data according to the archive; a second pass over the data, which is rare,
    /// doubles it.
    pub bytes_total: u64,
}

/// Checks everything that can be checked with the bundle alone and reports each check's outcome.
///
/// `progress` is called for every few hundred kilobytes of data.
///
/// # Errors
///
/// [`Error::Io`] if the file, or the checksum file beside it, cannot be read. A damaged bundle is not
/// an error but a report with failed checks.
pub fn verify(
    path: &Path,
    mut progress: impl FnMut(VerifyProgress),
) -> Result<VerifyReport, Error> {
    let digest = File::open(path)
        .and_then(Digest::of)
        .map_err(Error::io("read", path))?;
    let checksum_file = check_checksum_file(path, &digest)?;
    let mut report = VerifyReport {
        sha256: digest.sha256,
        size_bytes: digest.size_bytes,
        checks: Vec::new(),
    };
    report.add(Subject::ChecksumFile, checksum_file);

    let bundle = match Bundle::open(path) {
        Ok(bundle) => bundle,
        Err(error) if error.is_damaged() => {
            report.add(Subject::Archive, Outcome::failed(error.chain()));
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    report.add(Subject::Archive, Outcome::Passed);

    let (metadata, understood) = match bundle.metadata() {
        Ok(Some(metadata)) => (Some(metadata), Outcome::Passed),
        Ok(None) => (
            None,
            Outcome::skipped(format!("there is no `{METADATA_ENTRY}`")),
        ),
        Err(error) if error.is_damaged() => (None, Outcome::failed(error.chain())),
        Err(error) => return Err(error),
    };
    report.add(Subject::Metadata, understood);

    let data = match bundle.data() {
        Ok(data) => data,
        Err(error) if error.is_damaged() => {
            report.add(Subject::Entries, check_entries(&bundle, &[])?);
            report.add(Subject::Lines, Outcome::failed(error.chain()));
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    let mut check = DataCheck {
        bundle: &bundle,
        metadata: metadata.as_ref(),
        bytes_total: data.entries.iter().map(|entry| entry.size_bytes).sum(),
        bytes_done: 0,
        progress: &mut progress,
    };
    check.run(&data, &mut report)?;
    Ok(report)
}

/// The checks that read the data.
struct DataCheck<'a, P> {
    bundle: &'a Bundle,
    metadata: Option<&'a Metadata>,
    bytes_total: u64,
    bytes_done: u64,
    progress: &'a mut P,
}

impl<P: FnMut(VerifyProgress)> DataCheck<'_, P> {
    fn run(&mut self, data: &Data<'_>, report: &mut VerifyReport) -> Result<(), Error> {
        let mut sha256 = Sha256::new();
        let mut times = LineTimes::new(self.range());
        let scanned = match self.pass(data, &mut times, |bytes| sha256.update(bytes)) {
            Ok(scanned) => scanned,
            Err(error) if error.is_damaged() => {
                report.add(Subject::Entries, Outcome::failed(error.chain()));
                report.add(Subject::Lines, Outcome::skipped(NO_LINES));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        report.add(Subject::Entries, check_entries(self.bundle, &data.entries)?);
        let claimed = self
            .metadata
            .and_then(|metadata| metadata.metrics_sha256.clone());
        report.add(
            Subject::MetricsSha256,
            Outcome::compare(claimed, hex(sha256)),
        );
        if let Some(broken) = scanned.broken {
            report.add(Subject::Lines, Outcome::failed(broken.chain()));
            return Ok(());
        }
        report.add(Subject::Lines, Outcome::Passed);
        self.check_counts(&times, report);
        let in_range = match scanned.samples_outside {
            0 => self.time_range(&times, data.format),
            samples => Outcome::failed(format!(
                "{samples} samples lie outside of the range in the header of the native data"
            )),
        };
        report.add(Subject::TimeRange, in_range);
        report.add(Subject::Copies, self.copies(data, times)?);
        Ok(())
    }

    /// The range to check against; none where timestamps were shifted on purpose.
    fn range(&self) -> Option<RangeInclusive<i64>> {
        let metadata = self.metadata.filter(|metadata| !is_shifted(metadata))?;
        Some(metadata.time_range.millis())
    }

    fn check_counts(&self, times: &LineTimes, report: &mut VerifyReport) {
        let metadata = self.metadata;
        report.add(
            Subject::LineCount,
            Outcome::compare(metadata.map(|m| m.metrics_count), times.lines),
        );
        report.add(
            Subject::SeriesCount,
            match times.series() {
                Some(series) => Outcome::compare(metadata.and_then(|m| m.series_count), series),
                None => Outcome::skipped(format!("there are more than {MAX_SERIES} series")),
            },
        );
        report.add(
            Subject::SampleCount,
            Outcome::compare(metadata.and_then(|m| m.sample_count), times.samples),
        );
    }

    fn time_range(&self, times: &LineTimes, format: Format) -> Outcome {
        match (self.metadata, times.outside) {
            (None, _) => Outcome::skipped(NO_METADATA),
            (Some(metadata), _) if is_shifted(metadata) => {
                Outcome::skipped("timestamps were shifted on purpose")
            }
            (Some(_), None) => Outcome::Passed,
            (Some(metadata), Some(OutsideSample { line, timestamp_ms })) => {
                let range = metadata.time_range.millis();
                let what = match format {
                    Format::Native => "block",
                    _ => "line",
                };
                Outcome::failed(format!(
                    "{what} {line} has a sample at {timestamp_ms}, the range is {} to {}",
                    range.start(),
                    range.end()
                ))
            }
        }
    }

    /// Reads the data again if lines or blocks of one series overlap in time. Lines of sealed bundles
    /// never do; their blocks do where values of different scales lie between each other.
    fn copies(&mut self, data: &Data<'_>, times: LineTimes) -> Result<Outcome, Error> {
        let Some(suspects) = times.suspects() else {
            return Ok(Outcome::skipped("there are too many series to tell apart"));
        };
        if suspects.is_empty() {
            return Ok(Outcome::Passed);
        }
        let overlapping = suspects.len();
        let mut copies = Copies::among(suspects);
        self.bytes_total *= 2;
        self.pass(data, &mut copies, |_| {})?;
        Ok(match copies.count() {
            Some(0) => Outcome::Passed,
            Some(count) if self.has_merged_series() => Outcome::skipped(format!(
                "{count} samples are copies of others, in series that dropped labels made the same"
            )),
            Some(count) => Outcome::failed(format!(
                "{count} samples are copies of others, in {overlapping} series whose lines or blocks overlap"
            )),
            None => Outcome::skipped(format!(
                "lines or blocks overlap in time in {overlapping} series, with too many samples to compare"
            )),
        })
    }

    fn has_merged_series(&self) -> bool {
        let warnings = self.metadata.map(|metadata| &metadata.warnings[..]);
        warnings.is_some_and(|warnings| warnings.contains(&Warning::SeriesMerged))
    }

    fn pass(
        &mut self,
        data: &Data<'_>,
        sink: &mut impl LineSink<Error = vmformat::Error>,
        mut on_bytes: impl FnMut(&[u8]),
    ) -> Result<Scanned, Error> {
        scan(self.bundle, data, sink, |bytes| {
            on_bytes(bytes);
            self.bytes_done += bytes.len() as u64;
            (self.progress)(VerifyProgress {
                bytes_done: self.bytes_done,
                bytes_total: self.bytes_total,
            });
        })
    }
}

/// Strict obfuscation moves the timestamps of each target by less than a scrape interval.
fn is_shifted(metadata: &Metadata) -> bool {
    let obfuscation = metadata.obfuscation.as_ref();
    obfuscation.is_some_and(|summary| summary.replaced.contains_key(&Replaced::ScrapePhases))
}

/// Reads all entries to their ends except `read_already`; the readers check sizes and CRC-32.
fn check_entries(bundle: &Bundle, read_already: &[&Entry]) -> Result<Outcome, Error> {
    for entry in bundle.entries() {
        if read_already.iter().any(|read| read.name == entry.name) {
            continue;
        }
        let read = bundle.read(entry).and_then(|mut reader| {
            io::copy(&mut reader, &mut io::sink()).map_err(Error::read_entry(entry))
        });
        match read {
            Ok(_) => {}
            Err(error) if error.is_damaged() => return Ok(Outcome::failed(error.chain())),
            Err(error) => return Err(error),
        }
    }
    Ok(Outcome::Passed)
}

fn check_checksum_file(bundle: &Path, digest: &Digest) -> Result<Outcome, Error> {
    let path = checksum_path(bundle);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Outcome::skipped("there is none"));
        }
        Err(error) => return Err(Error::io("open", &path)(error)),
    };
    let mut content = Vec::new();
    file.take(MAX_CHECKSUM_FILE_BYTES)
        .read_to_end(&mut content)
        .map_err(Error::io("read", &path))?;
    Ok(match checksum_file::parse(&content) {
        Some(want) if want == digest.sha256 => Outcome::Passed,
        Some(want) => Outcome::failed(format!("it says {want}, the file has {}", digest.sha256)),
        None => Outcome::failed("it does not begin with 64 hexadecimal digits"),
    })
}
