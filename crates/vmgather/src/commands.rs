//! One module per command: from checked arguments to an exit code.

pub(crate) mod cat;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod discover;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod import_ui;
pub(crate) mod inspect;
mod listening;
pub(crate) mod man;
pub(crate) mod oneshot;
pub(crate) mod resume;
pub(crate) mod reveal;
pub(crate) mod serve;
pub(crate) mod verify;
