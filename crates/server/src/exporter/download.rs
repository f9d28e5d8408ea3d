//! Sending a finished bundle, and nothing else.
//!
//! The file is opened first; what was opened is then checked, and sent from that handle, so that a
//! link that is swapped meanwhile changes nothing.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE,
    LAST_MODIFIED, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::{Exporter, exports};
use crate::byte_range::{Wanted, wanted};
use crate::reply::{Problem, with_type};

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// Characters of a file name that need no escape in a header.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

#[derive(Deserialize)]
pub(super) struct Which {
    id: Option<String>,
    path: Option<String>,
}

/// A file that may be sent.
struct Sendable {
    file: File,
    found: Metadata,
    name: String,
}

/// Sends a bundle or its checksum file.
#[utoipa::path(
    get, path = "/api/download",
    params(
        ("id" = Option<String>, Query, description = "The export."),
        ("path" = Option<String>, Query, description = "Absolute path inside the output folder, or a file name in it."),
    ),
    responses(
        (status = 200, description = "The file.", content_type = "application/zip"),
        (status = 206, description = "The part that `Range` asks for.", content_type = "application/zip"),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 403, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 416, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn download(
    State(exporter): State<Exporter>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let output = exporter.options.output.clone();
    let find = move || {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let path = match (given(which.id), given(which.path)) {
            (Some(id), _) => exports::by_id(&output, &id).ok_or_else(missing)?,
            (None, Some(path)) => output.join(path),
            (None, None) => return Err(Problem::bad_request("Missing path parameter")),
        };
        open(&output, &path)
    };
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "cannot read the file");
    let sendable = spawn_blocking(find).await.map_err(failed)??;
    reply(sendable, &headers)
}

fn missing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such bundle").code("not_found")
}

fn outside() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "only finished bundles in the output folder can be downloaded",
    )
    .code("not_a_bundle")
}

/// Opens a bundle or checksum file that lies directly in the output folder.
fn open(output: &Path, path: &Path) -> Result<Sendable, Problem> {
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => missing(),
        io::ErrorKind::InvalidInput => Problem::bad_request("this is no path"),
        _ => outside(),
    };
    let output = output.canonicalize().map_err(refused)?;
    // What lies elsewhere is refused alike, whether it exists or not.
    let leads_to_output = |path: &Path| path.canonicalize().is_ok_and(|real| real == output);
    if !path.parent().is_some_and(leads_to_output) && !leads_to_output(path) {
        return Err(outside());
    }
    // Opening something else, such as a pipe, might never return.
    let found = path.metadata().map_err(refused)?;
    if found.is_dir() {
        return Err(Problem::bad_request("this is a folder"));
    }
    if !found.is_file() {
        return Err(outside());
    }
    let mut file = File::open(path).map_err(refused)?;
    let found = file.metadata().map_err(refused)?;
    let real = path.canonicalize().map_err(refused)?;
    let is_it = same_file(&found, &real.symlink_metadata().map_err(refused)?);
    if real.parent() != Some(output.as_path()) || !found.is_file() || !is_it {
        return Err(outside());
    }
    let name = real
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(outside)?;
    let mut begin = [0; 4];
    let is_bundle = match name.strip_suffix(".sha256") {
        Some(bundle) => bundle.ends_with(".zip"),
        None => name.ends_with(".zip") && is_zip(&mut file, &mut begin).map_err(refused)?,
    };
    if !is_bundle {
        return Err(outside());
    }
    Ok(Sendable {
        name: name.to_owned(),
        file,
        found,
    })
}

/// Whatever has the ending is not a bundle for that.
fn is_zip(file: &mut File, begin: &mut [u8; 4]) -> io::Result<bool> {
    let is = match file.read_exact(begin) {
        Ok(()) => begin == b"PK\x03\x04",
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
        Err(error) => return Err(error),
    };
    file.rewind()?;
    Ok(is)
}

/// Whether an open file is the one that has a name.
#[cfg(unix)]
fn same_file(open: &Metadata, named: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// Links need rights there that nobody has by default.
#[cfg(not(unix))]
fn same_file(_: &Metadata, named: &Metadata) -> bool {
    named.is_file()
}

fn reply(sendable: Sendable, headers: &HeaderMap) -> Result<Response, Problem> {
    let Sendable { file, found, name } = sendable;
    let size = found.len();
    let modified = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let modified = Timestamp::try_from(modified).unwrap_or_default();
    let tag = format!("\"{size:x}-{:x}\"", modified.as_nanosecond());
    let date = modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    // A range of a file that has changed would spoil what the client has.
    let unchanged = headers.get(IF_RANGE).is_none_or(|known| {
        known.as_bytes() == tag.as_bytes() || known.as_bytes() == date.as_bytes()
    });
    let range = headers.get(RANGE).filter(|_| unchanged);
    let (status, part) = match wanted(range, size) {
        Wanted::Whole => (StatusCode::OK, 0..size),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Wanted::Nothing => {
            let mut refusal = Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                format!("the file has {size} bytes"),
            )
            .into_response();
            let whole = HeaderValue::try_from(format!("bytes */{size}"));
            refusal
                .headers_mut()
                .extend(whole.ok().map(|size| (CONTENT_RANGE, size)));
            return Ok(refusal);
        }
    };
    let kind = if name.ends_with(".zip") {
        "application/zip"
    } else {
        "text/plain; charset=utf-8"
    };
    let length = part.end - part.start;
    let mut response = with_type(status, kind, Body::from_stream(pieces(file, part.clone())));
    let sent = response.headers_mut();
    let mut set = |header, text: String| {
        if let Ok(value) = HeaderValue::try_from(text) {
            sent.insert(header, value);
        }
    };
    set(ACCEPT_RANGES, "bytes".to_owned());
    set(CONTENT_LENGTH, length.to_string());
    set(LAST_MODIFIED, date);
    set(ETAG, tag);
    set(CONTENT_DISPOSITION, disposition(&name));
    if status == StatusCode::PARTIAL_CONTENT {
        let last = part.end - 1;
        set(CONTENT_RANGE, format!("bytes {}-{last}/{size}", part.start));
    }
    Ok(response)
}

/// The file name twice: for old clients without what needs an escape, and whole.
fn disposition(name: &str) -> String {
    let harmless = |c: char| c.is_ascii_graphic() && !"\"\\%;".contains(c);
    let plain: String = name
        .chars()
        .map(|c| if harmless(c) { c } else { '_' })
        .collect();
    let encoded = utf8_percent_encode(name, PLAIN);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// Reads a part of a file piece by piece.
fn pieces(
    file: File,
    part: Range<u64>,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send {
    let begin = (Some(file), part, true);
    stream::try_unfold(begin, async |(file, part, first)| {
        let Some(mut file) = file.filter(|_| !part.is_empty()) else {
            return Ok(None);
        };
        let read = spawn_blocking(move || {
            if first {
                file.seek(SeekFrom::Start(part.start))?;
            }
            let want = (part.end - part.start).min(PIECE as u64) as usize;
            let mut piece = vec![0; want];
            file.read_exact(&mut piece)?;
            let rest = part.start + want as u64..part.end;
            Ok::<_, io::Error>(Some((Bytes::from(piece), (Some(file), rest, false))))
        });
        read.await.map_err(io::Error::other)?
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn file_names_cannot_end_the_header() {
        let header = disposition("a\"b\r\nSet-Cookie: x=1;\u{e4}.zip");
        assert_eq!(
            header,
            "attachment; filename=\"a_b__Set-Cookie:_x=1__.zip\"; \
             filename*=UTF-8''a%22b%0D%0ASet%2DCookie%3A%20x%3D1%3B%C3%A4.zip"
                .replace("Set%2DCookie", "Set-Cookie")
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_bundles_directly_in_the_folder_can_be_opened() {
        use std::os::unix::fs::symlink;
        let place = tempfile::tempdir().unwrap();
        let output = place.path().join("out");
        std::fs::create_dir_all(output.join("staging")).unwrap();
        let zip = b"PK\x03\x04rest";
        std::fs::write(output.join("a.zip"), zip).unwrap();
        std::fs::write(output.join("a.zip.sha256"), "0").unwrap();
        std::fs::write(output.join("text.zip"), "no zip").unwrap();
        std::fs::write(output.join("map.json"), "{}").unwrap();
        std::fs::write(output.join("staging/part.zip"), zip).unwrap();
        std::fs::write(place.path().join("secret.zip"), zip).unwrap();
        symlink(place.path().join("secret.zip"), output.join("link.zip")).unwrap();
        symlink(output.join("a.zip"), output.join("own.zip")).unwrap();
        let status = |path: PathBuf| match open(&output, &path) {
            Ok(_) => 200,
            Err(problem) => problem.status().as_u16(),
        };
        assert_eq!(status(output.join("a.zip")), 200);
        assert_eq!(status(output.join("a.zip.sha256")), 200);
        assert_eq!(status(output.join("own.zip")), 200);
        assert_eq!(status(output.join("staging/../a.zip")), 200);
        for outside in [
            output.join("link.zip"),
            output.join("text.zip"),
            output.join("map.json"),
            output.join("staging/part.zip"),
            output.join("../secret.zip"),
            "/etc/passwd".into(),
            "/dev/zero".into(),
            "/etc".into(),
            output.join("../none.zip"),
            output.join("staging/none.zip"),
        ] {
            assert_eq!(status(outside.clone()), 403, "{}", outside.display());
        }
        assert_eq!(status(output.clone()), 400);
        assert_eq!(status(output.join("none.zip")), 404);
    }
}
