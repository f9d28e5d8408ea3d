//! `vmgather verify`: every checksum and count of a bundle.

use bundle::{Outcome, VerifyReport};
use indicatif::HumanBytes;

use crate::cli::VerifyArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer;

pub(crate) fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    let report = bundle::verify(&args.bundle, |_| ())
        .map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    if args.json {
        printer::json(&Document {
            ok: report.is_ok(),
            report: &report,
        })?;
    } else {
        printer::stdout(text(&report).as_bytes())?;
    }
    Ok(if report.is_ok() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// The report with its verdict.
#[derive(serde::Serialize)]
struct Document<'a> {
    ok: bool,
    #[serde(flatten)]
    report: &'a VerifyReport,
}

fn text(report: &VerifyReport) -> String {
    let mut text = format!(
        "sha256 {}\nsize   {} ({} bytes)\n\n",
        report.sha256,
        HumanBytes(report.size_bytes),
        report.size_bytes
    );
    for check in &report.checks {
        let phrase = check.subject.phrase();
        text += &match &check.outcome {
            Outcome::Passed => format!("ok       {phrase}\n"),
            Outcome::Failed { problem } => format!("FAILED   {phrase}: {problem}\n"),
            Outcome::Skipped { reason } => format!("skipped  {phrase}: {reason}\n"),
        };
    }
    let failed = report
        .checks
        .iter()
        .filter(|check| matches!(check.outcome, Outcome::Failed { .. }))
        .count();
    text += &match failed {
        0 => "\nno check failed\n".to_owned(),
        1 => "\n1 check failed\n".to_owned(),
        many => format!("\n{many} checks failed\n"),
    };
    text
}
