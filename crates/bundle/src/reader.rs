//! Reading a bundle, as it comes from anywhere.
//!
//! A bundle may have been repacked by hand or made to hurt. So names that could leave a folder,
//! encrypted, doubled and overlapping entries are refused when it is opened, and everything else is
//! streamed: an entry is read up to the size the archive promises and not a byte further, whatever
//! its compression ratio, and nothing is unpacked to disk.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive,
    ZipArchiveEntryWayfinder,
};

use crate::entry_reader::EntryReader;
use crate::error::Error;
use crate::metadata::{Format, Metadata};

/// The data entry of a bundle of JSON lines.
pub const METRICS_ENTRY: &str = "metrics.jsonl";
/// The data entry of a bundle of native blocks.
pub const NATIVE_ENTRY: &str = "metrics.native";
/// The entry with the [`Metadata`].
pub const METADATA_ENTRY: &str = "metadata.json";
/// The entry for people.
pub const README_ENTRY: &str = "README.txt";

/// A bundle has three entries; one repacked by hand a few more. Names of 64 KiB each are held.
const MAX_ENTRIES: usize = 1_000;

/// Metadata name every chosen job, so they may be long, but not like this.
const MAX_METADATA_BYTES: u64 = 16 << 20;

/// How far an entry is read to see whether it holds series.
const PROBE_BYTES: u64 = 4 << 10;

/// An opened bundle; it can be read from several threads at once.
#[derive(Debug)]
pub struct Bundle {
    archive: ZipArchive<FileReader>,
    entries: Vec<Entry>,
}

/// The entries of a bundle that hold its samples.
#[derive(Clone, Debug)]
pub struct Data<'bundle> {
    /// What they hold, [`Format::Jsonl`] or [`Format::Native`].
    pub format: Format,
    /// One at least.
    pub entries: Vec<&'bundle Entry>,
}

/// One entry of a bundle, as the archive's directory describes it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Name, with `/` between folders; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// Size once inflated, in bytes.
    pub size_bytes: u64,
    /// Size in the archive, in bytes.
    pub compressed_bytes: u64,
    /// CRC-32 of the inflated bytes.
    pub crc32: u32,
    pub(crate) compression: CompressionMethod,
    position: ZipArchiveEntryWayfinder,
}

impl Entry {
    fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

impl Bundle {
    /// Opens the file and checks every entry's place and name; no data are read yet.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be opened, [`Error::NotAnArchive`] if it is no ZIP, and one
    /// error each for encrypted, unsafely named, doubled, overlapping or too many entries.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io("open", path))?;
        let not_an_archive = |source| Error::NotAnArchive {
            path: path.to_owned(),
            source,
        };
        let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let archive = ZipArchive::from_file(file, &mut buffer).map_err(not_an_archive)?;

        let mut entries = Vec::new();
        let mut directory = archive.entries(&mut buffer);
        while let Some(header) = directory.next_entry().map_err(not_an_archive)? {
            let name = String::from_utf8_lossy(header.file_path().as_bytes()).into_owned();
            if entries.len() == MAX_ENTRIES {
                return Err(Error::TooManyEntries { limit: MAX_ENTRIES });
            }
            if header.flags().is_encrypted() || header.flags().has_strong_encryption() {
                return Err(Error::Encrypted { entry: name });
            }
            if !is_safe(&name) {
                return Err(Error::UnsafeName { entry: name });
            }
            entries.push(Entry {
                name,
                size_bytes: header.uncompressed_size_hint(),
                compressed_bytes: header.compressed_size_hint(),
                crc32: header.crc32(),
                compression: header.compression_method(),
                position: header.wayfinder(),
            });
        }
        refuse_duplicates(&entries)?;
        let bundle = Self { archive, entries };
        bundle.refuse_overlaps(&mut buffer)?;
        Ok(bundle)
    }

    /// The entries in the order of the archive's directory.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with exactly this name.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Streams an entry; its last read checks size and CRC-32, so only what was read to the end is
    /// known to be whole.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCompression`], or [`Error::Entry`] if the entry's header cannot be read.
    pub fn read(&self, entry: &Entry) -> Result<EntryReader<'_>, Error> {
        let located = self
            .archive
            .get_entry(entry.position)
            .map_err(|source| Error::Entry {
                entry: entry.name.clone(),
                source,
            })?;
        EntryReader::new(entry, located.reader())
    }

    /// The metadata; `None` if the bundle has none.
    ///
    /// # Errors
    ///
    /// [`Error::ReadMetadata`] if they are not understood, [`Error::EntryTooLarge`] above 16 MiB, and
    /// those of reading the entry. A reader of data should take any of them as a warning.
    pub fn metadata(&self) -> Result<Option<Metadata>, Error> {
        let Some(entry) = self.find(METADATA_ENTRY) else {
            return Ok(None);
        };
        if entry.size_bytes > MAX_METADATA_BYTES {
            return Err(Error::EntryTooLarge {
                entry: entry.name.clone(),
                size_bytes: entry.size_bytes,
                limit: MAX_METADATA_BYTES,
            });
        }
        let mut json = Vec::new();
        self.read(entry)?
            .read_to_end(&mut json)
            .map_err(Error::read_entry(entry))?;
        Metadata::from_json(&json).map(Some)
    }

    /// The entries that hold the samples, in the order in which to read them.
    ///
    /// Where the metadata say `native` that is `metrics.native` at the top, in any case of letters,
    /// else every `*.native` in name order. Otherwise it is `metrics.jsonl`, else every `*.jsonl`
    /// whose first line begins like a series, which covers bundles repacked with a folder; and where
    /// there is none of these, the native entries after all.
    ///
    /// # Errors
    ///
    /// [`Error::NoMetrics`] if there is none, and those of reading the beginnings of entries.
    pub fn data(&self) -> Result<Data<'_>, Error> {
        let says_native = match self.metadata() {
            Ok(metadata) => metadata.is_some_and(|metadata| metadata.format == Format::Native),
            Err(error) if error.is_damaged() => false,
            Err(error) => return Err(error),
        };
        let order = if says_native {
            [Format::Native, Format::Jsonl]
        } else {
            [Format::Jsonl, Format::Native]
        };
        for format in order {
            let entries = match format {
                Format::Native => self.named(NATIVE_ENTRY, ".native", |_| Ok(true))?,
                _ => self.named(METRICS_ENTRY, ".jsonl", |entry| {
                    self.begins_like_series(entry)
                })?,
            };
            if !entries.is_empty() {
                return Ok(Data { format, entries });
            }
        }
        Err(Error::NoMetrics)
    }

    /// The entry called `name` in any case of letters, else those that end in `ending` and are
    /// `wanted`, in name order.
    fn named(
        &self,
        name: &str,
        ending: &str,
        wanted: impl Fn(&Entry) -> Result<bool, Error>,
    ) -> Result<Vec<&Entry>, Error> {
        let named = |entry: &&Entry| entry.name.eq_ignore_ascii_case(name);
        if let Some(entry) = self.entries.iter().find(named) {
            return Ok(vec![entry]);
        }
        let mut found = Vec::new();
        for entry in &self.entries {
            let ends = entry.name.to_ascii_lowercase().ends_with(ending);
            if !entry.is_folder() && ends && wanted(entry)? {
                found.push(entry);
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Whether the first line that is not blank is an object that names a `metric` early on.
    fn begins_like_series(&self, entry: &Entry) -> Result<bool, Error> {
        let mut start = Vec::new();
        self.read(entry)?
            .take(PROBE_BYTES)
            .read_to_end(&mut start)
            .map_err(Error::read_entry(entry))?;
        let start = start.trim_ascii_start();
        let line = start.split(|&b| b == b'\n').next().unwrap_or_default();
        Ok(line.starts_with(b"{") && line.windows(8).any(|window| window == b"\"metric\""))
    }

    /// Refuses entries that share bytes, as archives do that inflate to far more than they hold, and
    /// entries whose own header has another name than the directory.
    fn refuse_overlaps(&self, buffer: &mut [u8]) -> Result<(), Error> {
        let mut ranges = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let failed = |source| Error::Entry {
                entry: entry.name.clone(),
                source,
            };
            let located = self.archive.get_entry(entry.position).map_err(failed)?;
            let header = located.local_header(buffer).map_err(failed)?;
            if String::from_utf8_lossy(header.file_path().as_bytes()) != entry.name {
                return Err(Error::NameMismatch {
                    entry: entry.name.clone(),
                });
            }
            ranges.push((located.compressed_data_range(), entry));
        }
        ranges.sort_by_key(|(range, _)| *range);
        let mut taken_to = 0;
        for ((start, end), entry) in ranges {
            if start < taken_to || end > self.archive.directory_offset() {
                return Err(Error::Overlap {
                    entry: entry.name.clone(),
                });
            }
            taken_to = end;
        }
        Ok(())
    }
}

/// Whether the name stays inside a folder that it would be unpacked into, on any system.
fn is_safe(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    let absolute = name.starts_with(['/', '\\']);
    let climbs = name.split(['/', '\\']).any(|part| part == "..");
    !(name.is_empty() || drive || absolute || climbs || name.contains('\0'))
}

/// Refuses two entries of one name; for those of the data case does not make a difference.
fn refuse_duplicates(entries: &[Entry]) -> Result<(), Error> {
    let mut seen = std::collections::HashSet::with_capacity(entries.len());
    for entry in entries {
        let data = [METRICS_ENTRY, NATIVE_ENTRY];
        let data = data
            .into_iter()
            .find(|name| entry.name.eq_ignore_ascii_case(name));
        let name = data.unwrap_or(&entry.name);
        if !seen.insert(name) {
            return Err(Error::DuplicateEntry {
                entry: entry.name.clone(),
            });
        }
    }
    Ok(())
}
