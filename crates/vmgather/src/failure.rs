//! Why a command stopped, ready to be shown: the fact, its causes, the next step.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::path::Path;

use crate::exit::Exit;

/// Everything that ends a command before its result.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    broken_pipe: bool,
}

impl Failure {
    /// The person asked for something wrong; nothing has been done.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message.into())
    }

    /// The work failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message.into())
    }

    fn new(exit: Exit, message: String) -> Self {
        Self {
            exit,
            message,
            causes: Vec::new(),
            hints: Vec::new(),
            broken_pipe: false,
        }
    }

    /// An error of a library as it is, with what lies behind it.
    pub(crate) fn from_error(exit: Exit, error: &dyn Error) -> Self {
        let mut failure = Self::new(exit, error.to_string());
        if let Some(cause) = error.source() {
            failure.causes = chain(cause);
        }
        failure
    }

    /// Adds what lies behind it.
    pub(crate) fn because(mut self, cause: impl Error) -> Self {
        self.causes = chain(&cause);
        self
    }

    /// Adds particulars behind the causes, one a line.
    pub(crate) fn listing(mut self, lines: impl Iterator<Item = String>) -> Self {
        self.causes.extend(lines);
        self
    }

    /// Adds a next step.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a next step where there is an obvious one.
    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }

    /// Whoever read our output went away: that is no news to anyone.
    pub(crate) fn broken_pipe() -> Self {
        Self {
            broken_pipe: true,
            ..Self::failed("the output was closed")
        }
    }

    /// The same for scripts that know only success and failure.
    pub(crate) fn without_usage(self) -> Self {
        let exit = match self.exit {
            Exit::Usage => Exit::Failed,
            other => other,
        };
        Self { exit, ..self }
    }

    /// The same, where it was not the usage that was wrong.
    pub(crate) fn failing(self) -> Self {
        Self {
            exit: Exit::Failed,
            ..self
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }

    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    /// The causes, nearest first, each saying only its own layer.
    pub(crate) fn causes(&self) -> &[String] {
        &self.causes
    }
}

/// An error and what lies behind it, each saying only its own layer.
fn chain(error: &dyn Error) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts
}

/// An input file or folder that was named by an option and cannot be used.
pub(crate) fn unusable(action: &str, path: &Path, cause: io::Error) -> Failure {
    Failure::usage(format!("cannot {action} `{}`", path.display())).because(cause)
}

/// Output that cannot be written.
pub(crate) fn unwritable(what: &str, cause: io::Error) -> Failure {
    if cause.kind() == io::ErrorKind::BrokenPipe {
        return Failure::broken_pipe();
    }
    Failure::failed(format!("cannot write {what}")).because(cause)
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "error: {}", self.message)?;
        for cause in &self.causes {
            write!(f, "\n  caused by: {cause}")?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fact_the_causes_and_the_next_step_stand_on_lines_of_their_own() {
        let failure = Failure::failed("cannot read `map.json`")
            .because(std::io::Error::other("disk on fire"))
            .hint("call the fire brigade");
        assert_eq!(
            failure.to_string(),
            "error: cannot read `map.json`\n  caused by: disk on fire\nhint: call the fire brigade"
        );
    }
}
