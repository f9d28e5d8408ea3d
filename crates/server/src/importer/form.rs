//! The form of an upload: a config, and a bundle that goes to the disk as it comes.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use multer::{Field, Multipart};
use replay::{Spool, SpooledFile};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::ImportServerOptions;
use super::config::ImportConfig;
use super::destination::Destination;
use super::failure;
use super::pieces::{PieceError, Pieces};
use crate::reply::{Problem, one_line};
use crate::serve::Limits;

/// Parts of a form at most; ours have three.
const MOST_PARTS: usize = 16;

/// Largest part that is no bundle, in bytes.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// Bytes written to the disk at a time.
const WRITE_BYTES: usize = 1 << 20;

/// A complete form.
pub(super) struct Form {
    pub(super) destination: Destination,
    pub(super) copy: SpooledFile,
    /// What the bundle is called where it comes from.
    pub(super) name: String,
    /// Look at all lines.
    pub(super) full_collection: bool,
}

/// What is refused before the body is looked at; the boundary of its parts.
pub(super) fn boundary(
    headers: &HeaderMap,
    options: &ImportServerOptions,
) -> Result<String, Problem> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let boundary = multer::parse_boundary(kind.unwrap_or_default()).map_err(|_| {
        Problem::bad_request("the body must be `multipart/form-data`")
            .hint("send the parts `config` and `bundle`, as `curl -F` does")
    })?;
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    if let Some(length) = length {
        if let Some(most) = options.max_upload_bytes
            && length > most.saturating_add(MAX_TEXT_BYTES as u64)
        {
            return Err(too_large(most));
        }
        refuse_without_space(options, length)?;
    }
    Ok(boundary)
}

/// Refuses what cannot fit on the disk; if the free space cannot be told, writing will tell.
fn refuse_without_space(options: &ImportServerOptions, length: u64) -> Result<(), Problem> {
    let existing = options.spool.ancestors().find(|folder| folder.is_dir());
    match existing.and_then(gather::free_bytes) {
        Some(free) if free < length => Err(failure::no_space(&format!(
            "the upload has {length} bytes, and `{}` has {free} left",
            options.spool.display()
        ))),
        _ => Ok(()),
    }
}

fn too_large(most: u64) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the bundle is larger than {most} bytes, the limit of this server"),
    )
    .code("too_large")
}

/// Reads one form.
pub(super) struct FormReader {
    options: Arc<ImportServerOptions>,
    parts: Multipart<'static>,
    pieces: Pieces,
    stall: Duration,
    needs_target: bool,
}

impl FormReader {
    /// `needs_target` refuses a config that names none.
    pub(super) fn new(
        options: Arc<ImportServerOptions>,
        head: &Parts,
        boundary: String,
        pieces: Pieces,
        needs_target: bool,
    ) -> Self {
        let limits = head.extensions.get::<Limits>().copied();
        Self {
            options,
            parts: Multipart::new(pieces.clone(), boundary),
            pieces,
            stall: limits.unwrap_or_default().stall,
            needs_target,
        }
    }

    /// Reads all parts. What can be refused is refused as soon as it is known, and then the copy of
    /// the bundle is gone.
    pub(super) async fn read(mut self) -> Result<Form, Problem> {
        let mut destination = None;
        let mut bundle = None;
        let mut full_collection = false;
        for _ in 0..MOST_PARTS {
            let Some(mut part) = self.next_part().await? else {
                return finished(destination, bundle, full_collection);
            };
            match part.name() {
                Some("config") if destination.is_some() => return Err(twice("config")),
                Some("config") => {
                    let text = self.text(&mut part, "config").await?;
                    let config = if self.needs_target {
                        ImportConfig::parse(&text)?
                    } else {
                        ImportConfig::parse_without_target(&text)?
                    };
                    destination = Some(Destination::new(config)?);
                }
                Some("bundle") if bundle.is_some() => return Err(twice("bundle")),
                Some("bundle") => {
                    let name = plain_name(part.file_name());
                    bundle = Some((self.bundle(&mut part).await?, name));
                }
                Some("full_collection") => {
                    let text = self.text(&mut part, "full_collection").await?;
                    let text = String::from_utf8_lossy(&text).trim().to_ascii_lowercase();
                    full_collection = matches!(text.as_str(), "1" | "true" | "yes" | "on");
                }
                _ => {
                    self.text(&mut part, "of another name").await?;
                }
            }
        }
        Err(Problem::bad_request(format!(
            "the form has more than {MOST_PARTS} parts"
        )))
    }

    async fn next_part(&mut self) -> Result<Option<Field<'static>>, Problem> {
        self.pieces.given_back();
        match timeout(self.stall, self.parts.next_field()).await {
            Ok(part) => part.map_err(|error| unreadable(&error)),
            Err(_) => Err(stalled(self.stall)),
        }
    }

    async fn chunk(&mut self, part: &mut Field<'static>) -> Result<Option<bytes::Bytes>, Problem> {
        self.pieces.given_back();
        match timeout(self.stall, part.chunk()).await {
            Ok(chunk) => chunk.map_err(|error| unreadable(&error)),
            Err(_) => Err(stalled(self.stall)),
        }
    }

    async fn text(&mut self, part: &mut Field<'static>, name: &str) -> Result<Vec<u8>, Problem> {
        let mut text = Vec::new();
        while let Some(chunk) = self.chunk(part).await? {
            if text.len() + chunk.len() > MAX_TEXT_BYTES {
                return Err(Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    format!("the part `{name}` is larger than 1 MiB"),
                )
                .code("too_large"));
            }
            text.extend_from_slice(&chunk);
        }
        Ok(text)
    }

    async fn bundle(&mut self, part: &mut Field<'static>) -> Result<SpooledFile, Problem> {
        let spool = Spool::new(self.options.spool.clone());
        let mut copy = blocking(move || spool.create()).await?;
        let mut waiting = Vec::with_capacity(WRITE_BYTES);
        loop {
            let chunk = self.chunk(part).await?;
            let is_last = chunk.is_none();
            waiting.extend_from_slice(&chunk.unwrap_or_default());
            if is_last || waiting.len() >= WRITE_BYTES {
                (copy, waiting) = blocking(move || {
                    copy.write(&waiting)?;
                    waiting.clear();
                    Ok((copy, waiting))
                })
                .await?;
            }
            if let Some(most) = self.options.max_upload_bytes
                && copy.bytes() + waiting.len() as u64 > most
            {
                return Err(too_large(most));
            }
            if is_last {
                return Ok(copy);
            }
        }
    }
}

fn finished(
    destination: Option<Destination>,
    bundle: Option<(SpooledFile, String)>,
    full_collection: bool,
) -> Result<Form, Problem> {
    let missing = |part: &str| Problem::bad_request(format!("the part `{part}` is missing"));
    let destination = destination.ok_or_else(|| missing("config"))?;
    let (copy, name) = bundle.ok_or_else(|| missing("bundle"))?;
    if copy.bytes() == 0 {
        return Err(Problem::bad_request("the part `bundle` is empty"));
    }
    Ok(Form {
        destination,
        copy,
        name,
        full_collection,
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, replay::Error> + Send + 'static,
) -> Result<T, Problem> {
    match spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| failure::of(&error)),
        Err(_) => Err(failure::ended_early()),
    }
}

/// A file name for messages: never a path.
fn plain_name(name: Option<&str>) -> String {
    const LONGEST: usize = 120;
    let name = name.unwrap_or_default();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    if name.trim().is_empty() {
        "bundle".to_owned()
    } else {
        name
    }
}

fn twice(part: &str) -> Problem {
    Problem::bad_request(format!("the form has two parts `{part}`"))
}

fn stalled(after: Duration) -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        format!("the upload stalled for {} s", after.as_secs_f32()),
    )
    .code("timeout")
}

fn unreadable(error: &multer::Error) -> Problem {
    let cause = std::error::Error::source(error);
    if let Some(cause) = cause.and_then(|cause| cause.downcast_ref::<PieceError>()) {
        return Problem::bad_request(one_line(cause));
    }
    Problem::bad_request(format!("the form cannot be read: {}", one_line(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_path() {
        assert_eq!(plain_name(Some("../../etc/passwd")), "passwd");
        assert_eq!(plain_name(Some("C:\\a\\b.zip")), "b.zip");
        assert_eq!(plain_name(Some("a\u{0}\n.zip")), "a.zip");
        assert_eq!(plain_name(Some("/")), "bundle");
        assert_eq!(plain_name(None), "bundle");
    }
}
