//! Driving an import from the terminal: signals, progress, outcome.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use replay::{Ending, Outcome};
use tokio_util::sync::CancellationToken;
use vmapi::Target;

use super::{Description, Events, Imported};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{Progress, Wish};
use crate::run::{quoted, runtime};

/// Why an import ended before its outcome.
pub(super) enum Stop {
    /// It cannot go on.
    Refused(Failure),
    /// A signal came, and nothing had been sent.
    Interrupted,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

/// One run: how it is shown and how it is stopped.
pub(super) struct Session {
    progress: Arc<Progress>,
    cancel: CancellationToken,
    /// The options by which the target is found again, without secrets.
    target_options: RefCell<String>,
}

impl Session {
    pub(super) fn new(wish: Wish) -> Self {
        let cancel = CancellationToken::new();
        Self {
            progress: Arc::new(Progress::new(wish, cancel.clone())),
            cancel,
            target_options: RefCell::default(),
        }
    }

    pub(super) fn events(&self) -> Events {
        self.progress.clone()
    }

    pub(super) fn cancel(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Remarks on something that does not stop the import.
    pub(super) fn warning(&self, text: &str) {
        self.progress.warning(text);
    }

    /// Says what will happen.
    pub(super) fn planned(&self, description: &Description) {
        self.progress.import_planned(description);
    }

    /// Takes signs of life away.
    pub(super) fn end(&self) {
        self.progress.clear();
    }

    /// Notes what an interrupted import needs again.
    pub(super) fn remember_target(&self, target: &Target, tenant: Option<&str>) {
        let options = target_options(&target.to_string(), tenant);
        self.target_options.replace(options);
    }

    /// Prepares with `prepare`, which may fail or find that nothing is to be done, then works.
    ///
    /// A failure is shown to scripts here and returned to be shown to persons.
    pub(super) fn conduct<R>(
        self,
        prepare: impl FnOnce(&Self) -> Result<Option<R>, Failure>,
        work: impl AsyncFnOnce(&Self, R) -> Result<Exit, Stop>,
    ) -> Result<Exit, Failure> {
        let result = prepare(&self).and_then(|prepared| match prepared {
            None => Ok(Exit::Failed),
            Some(prepared) => self.work(prepared, work),
        });
        if let Err(failure) = &result
            && !failure.is_broken_pipe()
        {
            self.progress.failed(failure);
        }
        result
    }

    fn work<R>(
        &self,
        prepared: R,
        work: impl AsyncFnOnce(&Self, R) -> Result<Exit, Stop>,
    ) -> Result<Exit, Failure> {
        let progress = self.progress.clone();
        crate::signals::watch(self.cancel.clone(), move || progress.stopping())?;
        self.progress.start();
        match runtime()?.block_on(work(self, prepared)) {
            Ok(exit) => Ok(exit),
            Err(Stop::Refused(failure)) => Err(failure),
            Err(Stop::Interrupted) if self.progress.is_closed() => Err(Failure::broken_pipe()),
            Err(Stop::Interrupted) => {
                self.progress.import_cancelled(None, None);
                Ok(Exit::Interrupted)
            }
        }
    }

    /// Shows how an import ended. A copy of stdin is worth keeping even if nothing was sent of it.
    pub(super) fn conclude(
        &self,
        outcome: Outcome,
        began: Instant,
        is_copy: bool,
    ) -> Result<Exit, Stop> {
        let Outcome {
            report,
            ending,
            resumable,
        } = outcome;
        let import_id = report.import_id.clone();
        let resume = resumable.as_ref().map(|_| self.resume_command(&import_id));
        match ending {
            Ending::Complete => {
                let imported = Imported::new(report, began.elapsed(), self.cancel.is_cancelled());
                self.progress.imported(&imported)?;
                Ok(imported.exit())
            }
            Ending::Cancelled if self.progress.is_closed() => Err(Failure::broken_pipe().into()),
            Ending::Cancelled => {
                let sent = Some(report.sent.samples);
                self.progress
                    .import_cancelled(resume.as_deref().zip(sent), Some(&import_id));
                Ok(Exit::Interrupted)
            }
            Ending::Failed(error) => {
                let failure = from_replay(&error);
                let Some(folder) = resumable else {
                    return Err(failure.into());
                };
                if is_refused(&error) && report.sent.chunks == 0 && !is_copy {
                    // Nothing arrived, and the file is still there: starting anew is as good.
                    if let Err(error) = replay::discard(&folder) {
                        self.warning(&format!("what was begun stays: {error}"));
                    }
                    return Err(failure.hint("nothing was sent").into());
                }
                if matches!(error, replay::Error::SourceChanged { .. }) {
                    let command = format!("vmgather import --discard {import_id}");
                    return Err(failure
                        .hint(format!(
                            "bring the file back as it was, its time too, or give the import up with \
                             `{command}`; one that starts again sends once more what arrived"
                        ))
                        .into());
                }
                let sent = report.sent.samples;
                let command = self.resume_command(&import_id);
                Err(failure
                    .hint(format!(
                        "{sent} samples were acknowledged; continue with `{command}`"
                    ))
                    .into())
            }
        }
    }

    pub(super) fn resume_command(&self, import_id: &str) -> String {
        let options = self.target_options.borrow();
        format!("vmgather import --resume {import_id}{options}")
    }
}

/// The options that name a target again; its URL holds no secrets.
pub(super) fn target_options(import_url: &str, tenant: Option<&str>) -> String {
    let base = import_url
        .strip_suffix("/api/v1/import")
        // What stood in the query string is not known, and may have been a secret.
        .filter(|base| !base.contains('?'))
        .unwrap_or("URL");
    let mut options = format!(" --url {}", quoted(base.as_ref()));
    if let Some(tenant) = tenant {
        options += &format!(" --tenant {}", quoted(tenant.as_ref()));
    }
    options
}

/// Whether the target read the request and said no.
fn is_refused(error: &replay::Error) -> bool {
    matches!(error, replay::Error::Send { source, .. } if !source.is_retryable())
}

/// A failure of the workflow, with its own advice.
pub(super) fn from_replay(error: &replay::Error) -> Failure {
    let exit = if error.is_usage() {
        Exit::Usage
    } else {
        Exit::Failed
    };
    let hint = match error {
        // The same advice, with the names of the options.
        replay::Error::NothingSent { .. } => Some(
            "`--shift now` moves the data into the retention of the target; `--keep-old` sends old \
             samples too; `--dry-run` tells more"
                .to_owned(),
        ),
        replay::Error::Halfway { import_id, .. } => Some(format!(
            "`vmgather import --resume {import_id}` continues it; `--discard {import_id}` gives it up"
        )),
        error => error.hint(),
    };
    let failure = Failure::from_error(exit, error).maybe_hint(hint);
    match error {
        replay::Error::NothingUsable { tally, .. } => failure.listing(
            tally
                .first_skipped
                .iter()
                .map(|skipped| format!("line {}: {}", skipped.line, skipped.reason)),
        ),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_named_again_without_secrets() {
        assert_eq!(
            target_options("http://vm:8428/api/v1/import", None),
            " --url http://vm:8428"
        );
        assert_eq!(
            target_options("http://vm/insert/7/prometheus/api/v1/import", Some("7")),
            " --url http://vm/insert/7/prometheus --tenant 7"
        );
        assert_eq!(
            target_options("http://vm/api/v1/import?***", None),
            " --url URL"
        );
    }
}
