//! Driving an export or a resume from the terminal: signals, progress, outcome.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gather::{EventSink, Outcome, advice};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::folders;
use crate::progress::{Progress, Wish};
use crate::summary::Summary;

/// Why work ended before its outcome.
pub(crate) enum Stop {
    /// The workflow failed.
    Failed(gather::Error),
    /// It was not started.
    Refused(Failure),
}

impl From<gather::Error> for Stop {
    fn from(error: gather::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

/// One run: how it is shown and how it is stopped.
pub(crate) struct Run {
    progress: Arc<Progress>,
    cancel: CancellationToken,
}

impl Run {
    pub(crate) fn new(wish: Wish) -> Self {
        let cancel = CancellationToken::new();
        Self {
            progress: Arc::new(Progress::new(wish, cancel.clone())),
            cancel,
        }
    }

    /// Remarks on something that does not stop the run.
    pub(crate) fn warning(&self, text: &str) {
        self.progress.warning(text);
    }

    /// Logs requests from now on.
    pub(crate) fn show_requests(&self) {
        self.progress.make_room_for_log();
        crate::log::start(true);
    }

    /// Prepares with `prepare`, which may fail, then runs `work` to its end.
    ///
    /// A failure is shown to scripts here and returned to be shown to persons.
    pub(crate) fn conduct<R>(
        self,
        prepare: impl FnOnce(&Self) -> Result<R, Failure>,
        staging_root: impl FnOnce(&R) -> std::path::PathBuf,
        work: impl AsyncFnOnce(&Self, R, Arc<dyn EventSink>, CancellationToken) -> Result<Outcome, Stop>,
    ) -> Result<Exit, Failure> {
        let result = prepare(&self).and_then(|request| {
            let staging_root = staging_root(&request);
            self.watch()?;
            self.progress.start();
            let began = Instant::now();
            let (events, cancel) = (self.progress.clone(), self.cancel.clone());
            let outcome = runtime()?.block_on(work(&self, request, events, cancel));
            self.conclude(outcome, began, &staging_root)
        });
        if let Err(failure) = &result
            && !failure.is_broken_pipe()
        {
            self.progress.failed(failure);
        }
        result
    }

    fn watch(&self) -> Result<(), Failure> {
        let progress = self.progress.clone();
        crate::signals::watch(self.cancel.clone(), move || progress.stopping())
    }

    fn conclude(
        &self,
        outcome: Result<Outcome, Stop>,
        began: Instant,
        staging_root: &Path,
    ) -> Result<Exit, Failure> {
        match outcome {
            Ok(Outcome::Done(report)) => {
                self.progress
                    .done(&Summary::new(*report, began.elapsed()))?;
                Ok(Exit::Done)
            }
            Ok(Outcome::Cancelled { .. }) if self.progress.is_closed() => {
                Err(Failure::broken_pipe())
            }
            Ok(Outcome::Cancelled { resumable }) => {
                let command = resumable
                    .as_ref()
                    .map(|resumable| resume_command(&resumable.export_id, staging_root));
                let export_id = resumable.map(|resumable| resumable.export_id);
                self.progress
                    .cancelled(export_id.as_deref(), command.as_deref());
                Ok(Exit::Interrupted)
            }
            Err(Stop::Refused(failure)) => Err(failure),
            Err(Stop::Failed(error)) if error.is_broken_pipe() => Err(Failure::broken_pipe()),
            Err(Stop::Failed(error)) => Err(self.failure(&error, staging_root)),
        }
    }

    fn failure(&self, error: &gather::Error, staging_root: &Path) -> Failure {
        if error.is_usage() {
            return from_gather(error);
        }
        let kept = self.progress.export_id().map(|id| {
            let command = resume_command(&id, staging_root);
            format!("what was fetched is kept; continue with `{command}`")
        });
        from_gather(error).maybe_hint(kept)
    }
}

/// What asynchronous work runs on: this thread.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed("cannot start").because(error))
}

/// A failure of the workflow, with its own advice.
pub(crate) fn from_gather(error: &gather::Error) -> Failure {
    let exit = if error.is_usage() {
        Exit::Usage
    } else {
        Exit::Failed
    };
    let failure = Failure::from_error(exit, error).maybe_hint(error.hint());
    match error {
        gather::Error::Audit(gather::AuditError::Hits(findings)) => failure.listing(
            findings
                .hits()
                .map(|hit| format!("{hit}; covered by {}", advice(hit.place(), hit.code()))),
        ),
        _ => failure,
    }
}

/// The command that continues an export whose data lie below `staging_root`.
fn resume_command(export_id: &str, staging_root: &Path) -> String {
    let default = folders::output(None).map(|output| folders::staging(&output));
    let is_default = default.is_ok_and(|default| default == staging_root)
        || folders::private_staging().is_some_and(|private| private == staging_root);
    if is_default {
        return format!("vmgather resume {export_id}");
    }
    match folders::output_of(staging_root) {
        Some(output) => format!("vmgather resume {export_id} --output {}", quoted(output)),
        None => format!(
            "vmgather resume {export_id} --staging {}",
            quoted(staging_root)
        ),
    }
}

/// A path as a shell wants it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let harmless = |c: char| c.is_ascii_alphanumeric() || "/._-+:,@%".contains(c);
    if !text.is_empty() && text.chars().all(harmless) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resume_command_names_the_folder_where_it_is_not_the_usual_one() {
        assert_eq!(
            resume_command("export-1", Path::new("/data/out/staging")),
            "vmgather resume export-1 --output /data/out"
        );
        assert_eq!(
            resume_command("export-1", Path::new("/data/it's mine/staging")),
            r"vmgather resume export-1 --output '/data/it'\''s mine'"
        );
        assert_eq!(
            resume_command("export-1", Path::new("/data/unfinished")),
            "vmgather resume export-1 --staging /data/unfinished"
        );
    }
}
