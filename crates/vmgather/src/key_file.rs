//! The key of this installation: with it, the bundles of one person agree.
//!
//! 64 hex digits and a line feed in `.vmgather/key`. It is created on first use, under its final
//! name only once it is complete, and never overwritten: of two runs that start together, one makes
//! the key and the other reads it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bundle::staging::create_private_folder;
use privacy::Key;
use secrecy::ExposeSecret;

/// Why there is no key in the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error("there is no home folder")]
    NoHome,
    #[error("cannot use `{}`", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{}` does not hold a key: 64 hex digits", path.display())]
    Content { path: PathBuf },
    #[error("cannot make a key")]
    Random(#[source] privacy::Error),
}

/// Reads the key, or makes one.
pub(crate) fn load(private: Option<&Path>) -> Result<Key, KeyFileError> {
    let folder = private.ok_or(KeyFileError::NoHome)?;
    let path = folder.join("key");
    if let Some(key) = read(&path)? {
        return Ok(key);
    }
    let key = Key::generate().map_err(KeyFileError::Random)?;
    match write(folder, &path, &key) {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read(&path)?.ok_or(KeyFileError::Content { path })
        }
        Err(source) => Err(KeyFileError::Io { path, source }),
    }
}

/// Whether there is a key already.
pub(crate) fn exists(folder: &Path) -> bool {
    folder.join("key").exists()
}

fn read(path: &Path) -> Result<Option<Key>, KeyFileError> {
    match fs::read_to_string(path) {
        Ok(text) => {
            Key::from_hex(text.trim_ascii_end())
                .map(Some)
                .map_err(|_| KeyFileError::Content {
                    path: path.to_owned(),
                })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyFileError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

fn write(folder: &Path, path: &Path, key: &Key) -> io::Result<()> {
    create_private_folder(folder)?;
    // Readable by its owner only from the first moment on.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", key.to_hex().expose_secret())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|failed| failed.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(key: &Key) -> String {
        key.to_hex().expose_secret().to_owned()
    }

    #[test]
    fn the_first_use_makes_a_private_key_and_later_ones_read_it() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".vmgather");
        let first = load(Some(&folder)).unwrap();
        let second = load(Some(&folder)).unwrap();
        assert_eq!(hex(&first), hex(&second));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&folder), 0o700);
            assert_eq!(mode(&folder.join("key")), 0o600);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn runs_that_start_together_agree() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".vmgather");
        let keys: Vec<String> = std::thread::scope(|scope| {
            let run = || scope.spawn(|| hex(&load(Some(&folder)).unwrap()));
            let runs: Vec<_> = (0..8).map(|_| run()).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn a_damaged_key_is_an_error_and_stays() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        fs::write(&path, "half a ke").unwrap();
        let error = load(Some(home.path())).unwrap_err();
        assert!(matches!(error, KeyFileError::Content { .. }));
        assert_eq!(fs::read_to_string(&path).unwrap(), "half a ke");
    }

    #[test]
    fn an_unusable_folder_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(load(Some(&file)), Err(KeyFileError::Io { .. })));
        assert!(matches!(load(None), Err(KeyFileError::NoHome)));
    }
}
