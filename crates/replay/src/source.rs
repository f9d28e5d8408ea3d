//! What is imported: a bundle, JSON lines or native blocks, which may be compressed.
//!
//! The kind is told by the first bytes, never by the name. A bundle may come from anywhere: it is
//! opened by [`bundle::Bundle`], which refuses archives that are made to hurt, and nothing is
//! unpacked to disk.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bundle::{Bundle, Metadata};
use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use vmformat::native::{Layout, StreamHeader};

use crate::error::Error;

/// Bytes handed over at a time.
const PIECE_BYTES: usize = 128 << 10;

/// Bytes by which formats are told apart.
const START_BYTES: usize = 512;

/// The largest window that a zstd frame may ask for, as a power of two: 32 MiB, which is what
/// `zstd -19` needs four times over.
const ZSTD_WINDOW_LOG: u32 = 25;

/// How the data are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A ZIP with an entry of data.
    Bundle,
    /// Not at all.
    Plain,
    /// Compressed by gzip.
    Gzip,
    /// Compressed by zstd.
    Zstd,
}

impl Kind {
    /// The kind as a word for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// What the data are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON lines.
    Lines,
    /// Native blocks.
    Native,
}

impl Format {
    /// The format as a word for programs, as in the metadata of bundles.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lines => "jsonl",
            Self::Native => "native",
        }
    }
}

/// An opened file of series. It can be read any number of times.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    name: String,
    kind: Kind,
    format: Format,
    file_bytes: u64,
    modified_ms: Option<i64>,
    bundle: Option<Bundle>,
    entries: Vec<bundle::Entry>,
    metadata: Option<Metadata>,
    warnings: Vec<String>,
}

/// Takes the data piece by piece; the flag marks the empty piece at the end of a file.
pub(crate) type Each<'a> = dyn FnMut(&[u8], bool) -> Result<ControlFlow<()>, Error> + 'a;

/// Where a reader stands, in bytes of whatever has a known total.
#[derive(Debug, Default)]
pub(crate) struct Position(AtomicU64);

impl Position {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Source {
    /// Opens a file and finds out what it is. `name` is what messages call it.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, is empty, or is something else than a bundle or JSON lines.
    pub fn open(path: &Path, name: &str) -> Result<Self, Error> {
        let read = |source| Error::Read {
            name: name.to_owned(),
            source,
        };
        // Opening a pipe would wait for its other end, and it can be read only once.
        let described = std::fs::metadata(path).map_err(read)?;
        if !described.is_file() {
            let found = if described.is_dir() {
                "it is a folder"
            } else {
                "it is no file that can be read twice; pipe it into the standard input"
            };
            return Err(Error::NotSeries {
                name: name.to_owned(),
                found: found.to_owned(),
            });
        }
        let modified = described.modified().ok();
        let modified = modified.and_then(|time| Timestamp::try_from(time).ok());
        let mut file = File::open(path).map_err(read)?;
        let mut start = Vec::new();
        file.by_ref()
            .take(START_BYTES as u64)
            .read_to_end(&mut start)
            .map_err(read)?;
        let kind = kind_of(&start).map_err(|found| Error::NotSeries {
            name: name.to_owned(),
            found: found.to_owned(),
        })?;
        let mut source = Self {
            path: path.to_owned(),
            name: name.to_owned(),
            kind,
            format: Format::Lines,
            file_bytes: described.len(),
            modified_ms: modified.map(Timestamp::as_millisecond),
            bundle: None,
            entries: Vec::new(),
            metadata: None,
            warnings: Vec::new(),
        };
        if kind == Kind::Bundle {
            source.open_bundle()?;
        }
        source.look_inside()?;
        Ok(source)
    }

    fn open_bundle(&mut self) -> Result<(), Error> {
        let failed = |source| Error::Bundle {
            name: self.name.clone(),
            source,
        };
        let bundle = Bundle::open(&self.path).map_err(failed)?;
        let data = bundle.data().map_err(failed)?;
        self.format = match data.format {
            bundle::Format::Native => Format::Native,
            _ => Format::Lines,
        };
        self.entries = data.entries.into_iter().cloned().collect();
        match bundle.metadata() {
            Ok(metadata) => self.metadata = metadata,
            Err(error) => self.warnings.push(format!(
                "the metadata of the bundle cannot be read: {error}"
            )),
        }
        self.bundle = Some(bundle);
        Ok(())
    }

    /// Tells the format by the first bytes of the data, and refuses others: an archive in an archive
    /// has no lines.
    fn look_inside(&mut self) -> Result<(), Error> {
        let mut start = Vec::new();
        self.stream(&Position::default(), &mut |piece, _| {
            let wanted = START_BYTES - start.len().min(START_BYTES);
            start.extend_from_slice(&piece[..piece.len().min(wanted)]);
            Ok(if start.len() < START_BYTES {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        })?;
        let found = match (self.format, kind_of(&start)) {
            _ if self.kind != Kind::Bundle && is_native(&start) => {
                self.format = Format::Native;
                return Ok(());
            }
            // What the bundle says of itself stands.
            (Format::Native, _) | (_, Ok(Kind::Plain)) => return Ok(()),
            (_, Ok(_)) => "what it holds is compressed or archived once more",
            (_, Err(found)) => found,
        };
        Err(Error::NotSeries {
            name: self.name.clone(),
            found: found.to_owned(),
        })
    }

    /// What messages call the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the data are.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The layout of native blocks, where the file says it: bundles hold those of newer servers.
    pub(crate) fn layout(&self) -> Option<Layout> {
        (self.kind == Kind::Bundle).then_some(Layout::B)
    }

    /// How the data are packed.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Size of the file in bytes.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// When the file was last written, in Unix ms.
    pub(crate) fn modified_ms(&self) -> Option<i64> {
        self.modified_ms
    }

    /// Size of the data in bytes once unpacked, if it is known before they are read.
    #[must_use]
    pub fn text_bytes(&self) -> Option<u64> {
        match self.kind {
            Kind::Bundle => Some(self.entries.iter().map(|entry| entry.size_bytes).sum()),
            Kind::Plain => Some(self.file_bytes),
            Kind::Gzip | Kind::Zstd => None,
        }
    }

    /// The metadata of a bundle, if there are any that can be read.
    #[must_use]
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    /// What is odd about the file, for a person.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The total that [`Position`] counts towards, in bytes.
    pub(crate) fn total(&self) -> u64 {
        self.text_bytes().unwrap_or(self.file_bytes).max(1)
    }

    /// Whether it takes a reading to know that the file is whole.
    pub(crate) fn has_checksum(&self) -> bool {
        self.kind != Kind::Plain
    }

    /// Hands over the lines in pieces, until `each` breaks off; the flag marks the last piece of a
    /// file, so that its last line ends there.
    ///
    /// The compression's own checksums are proven by reading to the end.
    pub(crate) fn stream(&self, position: &Position, each: &mut Each<'_>) -> Result<(), Error> {
        let failed = |source| Error::Bundle {
            name: self.name.clone(),
            source,
        };
        if let Some(bundle) = &self.bundle {
            for entry in &self.entries {
                let reader = bundle.read(entry).map_err(failed)?;
                let mut reader = Counted { reader, position };
                if self.pump(&mut reader, each)?.is_break() {
                    break;
                }
            }
            return Ok(());
        }
        let file = File::open(&self.path).map_err(|source| self.read_failed(source))?;
        let mut file = Counted {
            reader: file,
            position,
        };
        let flow = match self.kind {
            Kind::Gzip => {
                let file = BufReader::with_capacity(PIECE_BYTES, file);
                self.pump(&mut MultiGzDecoder::new(file), each)
            }
            Kind::Zstd => {
                let mut decoder =
                    zstd::Decoder::new(file).map_err(|source| self.read_failed(source))?;
                decoder
                    .window_log_max(ZSTD_WINDOW_LOG)
                    .map_err(|source| self.read_failed(source))?;
                self.pump(&mut decoder, each)
            }
            Kind::Bundle | Kind::Plain => self.pump(&mut file, each),
        };
        flow.map(|_| ())
    }

    fn pump(&self, reader: &mut dyn Read, each: &mut Each<'_>) -> Result<ControlFlow<()>, Error> {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = match reader.read(&mut piece) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(self.read_failed(source)),
            };
            if each(&piece[..read], read == 0)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if read == 0 {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    fn read_failed(&self, source: io::Error) -> Error {
        Error::Read {
            name: self.name.clone(),
            source,
        }
    }
}

/// Counts what is read.
struct Counted<'a, R> {
    reader: R,
    position: &'a Position,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.position.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Whether data begin with a range of these centuries, as native streams do. Text never has a zero
/// byte in front.
fn is_native(start: &[u8]) -> bool {
    const LATEST_MS: i64 = 1 << 47;
    let Some(header) = start.first_chunk() else {
        return false;
    };
    let header = StreamHeader::parse(*header);
    header.start_ms <= header.end_ms && (0..LATEST_MS).contains(&header.start_ms) && start[0] == 0
}

/// What a file with this beginning is, or why it cannot be imported.
fn kind_of(start: &[u8]) -> Result<Kind, &'static str> {
    const TAR_MAGIC: std::ops::Range<usize> = 257..262;
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    match start {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Ok(Kind::Bundle),
        [0x1f, 0x8b, ..] => Ok(Kind::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Ok(Kind::Zstd),
        // A frame to be skipped, which may stand before others.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Kind::Zstd),
        [b'B', b'Z', b'h', ..] => Err("it is compressed by bzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Err("it is compressed by xz"),
        [b'7', b'z', 0xbc, 0xaf, ..] => Err("it is a 7z archive"),
        _ if start.get(TAR_MAGIC) == Some(b"ustar") => Err("it is a tar archive"),
        _ if is_native(start) => Ok(Kind::Plain),
        _ if text.trim_ascii().is_empty() && start.len() < START_BYTES => Err("it is empty"),
        _ if start.contains(&0) => Err("it is binary data of another kind"),
        _ if text.trim_ascii_start().starts_with(b"<") => Err("it is a page or XML"),
        _ => Ok(Kind::Plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        assert_eq!(kind_of(b"PK\x03\x04rest"), Ok(Kind::Bundle));
        assert_eq!(kind_of(b"\x1f\x8b\x08"), Ok(Kind::Gzip));
        assert_eq!(kind_of(b"\x28\xb5\x2f\xfd"), Ok(Kind::Zstd));
        assert_eq!(kind_of(b"\x5a\x2a\x4d\x18\0\0\0\0"), Ok(Kind::Zstd));
        assert_eq!(kind_of(b"\xef\xbb\xbf{\"metric\":{}"), Ok(Kind::Plain));
        assert_eq!(kind_of(b"# comment\n{\"metric\":{}"), Ok(Kind::Plain));
        assert!(kind_of(b"").is_err());
        assert!(kind_of(b" \r\n\n").is_err());
        assert!(kind_of(b"<!doctype html>").is_err());
        let mut tar = vec![0; 300];
        tar[257..262].copy_from_slice(b"ustar");
        assert!(kind_of(&tar).is_err());
    }
}
