//! `--demo`: a cluster inside this process.

use demo::{Demo, Options, Personality, Version};
use jiff::Timestamp;

use crate::exit::Exit;
use crate::failure::Failure;

/// Starts a cluster whose data reach up to `now`; it lives as long as the value.
pub(in crate::commands) fn start(now: Timestamp) -> Result<Demo, Failure> {
    serve(options(now))
}

/// The same with data that go on, for somebody who takes their time.
pub(in crate::commands) fn start_growing(now: Timestamp) -> Result<Demo, Failure> {
    let mut options = options(now);
    options.installation = options.installation.growing();
    serve(options)
}

fn options(now: Timestamp) -> Options {
    Options::new(Personality::Cluster, Version::V1_150, now.as_millisecond())
}

fn serve(options: Options) -> Result<Demo, Failure> {
    Demo::start(options).map_err(|error| Failure::from_error(Exit::Failed, &error))
}

/// The address of its only tenant.
pub(in crate::commands) fn url(demo: &Demo) -> String {
    format!("{}/select/0/prometheus", demo.url())
}
