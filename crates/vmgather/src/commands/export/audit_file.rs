//! `--audit-report`: everything the audit found, for its owner.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gather::{AuditError, AuditReport, Error, Outcome};
use privacy::Rules;
use serde::Serialize;

use super::destination::new_file;
use crate::cli::ExportArgs;
use crate::failure::{Failure, unwritable};

/// The file to write, which was not there when the export began.
pub(super) struct AuditFile {
    path: PathBuf,
}

/// The content; `docs/scripting.md` has its fields.
#[derive(Serialize)]
struct Document {
    stopped: bool,
    #[serde(flatten)]
    report: AuditReport,
}

impl AuditFile {
    /// What the option says, checked.
    pub(super) fn of(args: &ExportArgs, rules: &Rules) -> Result<Option<Self>, Failure> {
        let Some(file) = &args.audit_report else {
            return Ok(None);
        };
        if rules.is_off() {
            return Err(Failure::usage(
                "the config obfuscates nothing; `--audit-report` has no effect",
            ));
        }
        new_file(file).map(|path| Some(Self { path }))
    }

    /// Writes what the audit of an export found, if it came so far.
    pub(super) fn write(&self, outcome: &Result<Outcome, Error>) -> Result<(), Failure> {
        let (findings, stopped) = match outcome {
            Ok(Outcome::Done(report)) => (report.findings.as_ref(), false),
            Err(Error::Audit(AuditError::Hits(findings))) => (Some(&**findings), true),
            _ => (None, false),
        };
        let Some(findings) = findings else {
            return Ok(());
        };
        let document = Document {
            stopped,
            report: AuditReport::new(findings),
        };
        let mut json = serde_json::to_vec_pretty(&document)
            .map_err(|error| Failure::failed("cannot write JSON").because(error))?;
        json.push(b'\n');
        write_private(&self.path, &json)
            .map_err(|error| unwritable(&format!("`{}`", self.path.display()), error))
    }
}

/// Readable by its owner only from the first moment on, whole or not at all.
fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|failed| failed.error)
}
