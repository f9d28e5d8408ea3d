//! Opening what is imported: a file, or a private copy of stdin.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::thread;

use replay::{Source, Spool, SpooledFile};
use tokio::sync::mpsc;

use super::session::{Session, Stop, from_replay};
use crate::failure::{Failure, unusable};

/// What messages call the copy.
const STDIN: &str = "stdin";

/// Bytes read at a time.
const PIECE_BYTES: usize = 128 << 10;

/// Opens the file; stdin is `None` and left alone, because it may keep us waiting.
pub(super) fn open(path: Option<&Path>) -> Result<Option<Source>, Failure> {
    let path = path.unwrap_or(Path::new("-"));
    if path.as_os_str() == "-" {
        return Ok(None);
    }
    File::open(path).map_err(|error| unusable("read", path, error))?;
    let name = path.display().to_string();
    let source = Source::open(path, &name).map_err(|error| from_replay(&error))?;
    Ok(Some(source))
}

/// Copies stdin into the spool, where it can be read more than once.
pub(super) async fn copy_stdin(
    session: &Session,
    spool: &Spool,
) -> Result<(Source, SpooledFile), Stop> {
    let mut copy = spool.create()?;
    let mut pieces = read_stdin()?;
    let cancel = session.cancel();
    loop {
        let Some(piece) = cancel.run_until_cancelled(pieces.recv()).await else {
            return Err(Stop::Interrupted);
        };
        match piece {
            None => break,
            Some(Ok(piece)) => copy.write(&piece)?,
            Some(Err(error)) => {
                return Err(Failure::failed("cannot read stdin").because(error).into());
            }
        }
    }
    let source = Source::open(&copy.path(), STDIN)?;
    Ok((source, copy))
}

/// Reads on a thread of its own: a pipe that stays silent must not hold back a signal.
fn read_stdin() -> Result<mpsc::Receiver<io::Result<Vec<u8>>>, Failure> {
    let (pieces, received) = mpsc::channel(2);
    let reading = move || {
        let mut stdin = io::stdin().lock();
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            let piece = match stdin.read(&mut buffer) {
                Ok(0) => return,
                Ok(read) => Ok(buffer[..read].to_vec()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let last = piece.is_err();
            if pieces.blocking_send(piece).is_err() || last {
                return;
            }
        }
    };
    thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(reading)
        .map_err(|error| Failure::failed("cannot read stdin").because(error))?;
    Ok(received)
}
