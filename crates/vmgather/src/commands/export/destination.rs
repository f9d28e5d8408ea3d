//! Where the result goes, and where unfinished data lie meanwhile.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use gather::config::ExportConfig;
use gather::{Destination, Writer};

use super::Convention;
use crate::cli::ExportArgs;
use crate::failure::Failure;
use crate::folders;

/// Where the result goes; all paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Folder(PathBuf),
    File(PathBuf),
    ArchiveToStdout,
    LinesToStdout,
}

impl Place {
    pub(super) fn of(args: &ExportArgs) -> Result<Self, Failure> {
        if args.stdout {
            return Ok(Self::LinesToStdout);
        }
        match args.file.as_deref() {
            Some(file) if file.as_os_str() == "-" => {
                if io::stdout().is_terminal() {
                    return Err(Failure::usage("a bundle is not written to a terminal")
                        .hint("redirect it: `-o - > bundle.zip`"));
                }
                Ok(Self::ArchiveToStdout)
            }
            Some(file) => bundle_file(file).map(Self::File),
            None => folders::output(args.output.as_deref()).map(Self::Folder),
        }
    }

    /// Staging: below `--output`; else where the config says; else beside the bundle. For `-oneshot`
    /// the config comes first, and what goes to stdout is staged where a bundle would be.
    pub(super) fn staging_root(
        &self,
        args: &ExportArgs,
        config: &ExportConfig,
        convention: Convention,
    ) -> Result<PathBuf, Failure> {
        if convention == Convention::Oneshot {
            return match &config.staging_dir {
                Some(folder) => folders::absolute(folder),
                None => {
                    folders::output(args.output.as_deref()).map(|output| folders::staging(&output))
                }
            };
        }
        if let Some(folder) = &args.output {
            return folders::output(Some(folder)).map(|output| folders::staging(&output));
        }
        if args.file.is_none()
            && let Some(folder) = &config.staging_dir
        {
            return folders::absolute(folder);
        }
        match self {
            Self::Folder(folder) => Ok(folders::staging(folder)),
            Self::File(file) => Ok(file
                .parent()
                .map_or_else(|| folders::staging(file), folders::staging)),
            Self::ArchiveToStdout | Self::LinesToStdout => {
                folders::private_staging().ok_or_else(|| {
                    Failure::usage("there is no home folder for unfinished data")
                        .hint("choose a folder with `--output DIR`")
                })
            }
        }
    }

    pub(super) fn destination(&self) -> Destination {
        match self {
            Self::Folder(folder) => Destination::Folder(folder.clone()),
            Self::File(file) => Destination::File(file.clone()),
            Self::ArchiveToStdout => Destination::Archive,
            Self::LinesToStdout => Destination::Lines,
        }
    }

    /// Takes the result if it goes to stdout.
    pub(super) fn writer(&self) -> Option<Writer> {
        match self {
            Self::Folder(_) | Self::File(_) => None,
            Self::ArchiveToStdout | Self::LinesToStdout => Some(Box::new(io::stdout())),
        }
    }
}

/// The absolute path of a bundle that `-o` names: a new file in a folder that is there.
pub(in crate::commands) fn bundle_file(file: &Path) -> Result<PathBuf, Failure> {
    let shown = file.display();
    if file.is_dir() || file.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(Failure::usage(format!("`-o {shown}` is a folder"))
            .hint("`--output DIR` chooses a folder and lets the name be generated"));
    }
    new_file(file)
}

/// The absolute path of a file that is not there yet, in a folder that is.
pub(super) fn new_file(file: &Path) -> Result<PathBuf, Failure> {
    let shown = file.display();
    if file.symlink_metadata().is_ok() {
        return Err(Failure::usage(format!("`{shown}` exists already"))
            .hint("an existing file is never overwritten; choose another name"));
    }
    let file = folders::absolute(file)?;
    match file.parent() {
        Some(folder) if folder.is_dir() => Ok(file),
        Some(folder) => Err(Failure::usage(format!(
            "the folder `{}` does not exist",
            folder.display()
        ))),
        None => Err(Failure::usage(format!("`{shown}` is not a file"))),
    }
}
