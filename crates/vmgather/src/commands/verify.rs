//! `vmgather verify`: every checksum and count of a bundle, and what it tells.

mod audit_text;

use bundle::{Outcome, VerifyReport};
use gather::AuditReport;
use gather::bundle_audit::{BundleAudit, audit_bundle};
use indicatif::HumanBytes;

use self::audit_text::audit_text;
use crate::cli::VerifyArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::maps;
use crate::printer;

pub(crate) fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    let needless = [
        ("--values", args.values),
        ("--map", args.map.is_some()),
        ("--keep-value", !args.keep_values.is_empty()),
    ];
    if let Some((option, _)) = needless.iter().find(|(_, given)| *given && !args.audit) {
        return Err(Failure::usage(format!("`{option}` is for `--audit`")));
    }
    let report = bundle::verify(&args.bundle, |_| ())
        .map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    let audited = args.audit.then(|| Audited::new(args)).transpose();
    // Whatever keeps a bundle from being audited, the checks tell more about it.
    let (audited, failure) = match audited {
        Ok(audited) => (audited, None),
        Err(failure) => (None, Some(failure)),
    };
    let is_clean = audited
        .as_ref()
        .is_none_or(|audited| audited.audit.findings.is_clean());
    let ok = report.is_ok() && is_clean && failure.is_none();
    if args.json {
        printer::json(&Document {
            ok,
            report: &report,
            audit: audited.as_ref().map(Audited::document),
        })?;
    } else {
        let mut text = text(&report);
        if let Some(audited) = &audited {
            text += &audit_text(audited, args.values);
        }
        printer::stdout(text.as_bytes())?;
    }
    match failure {
        Some(failure) => Err(failure),
        None if ok => Ok(Exit::Done),
        None => Ok(Exit::Failed),
    }
}

/// The report with its verdict.
#[derive(serde::Serialize)]
struct Document<'a> {
    ok: bool,
    #[serde(flatten)]
    report: &'a VerifyReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<AuditDocument<'a>>,
}

/// The audit as JSON; `docs/scripting.md` has its fields.
#[derive(serde::Serialize)]
struct AuditDocument<'a> {
    obfuscated: Option<bool>,
    originals: Option<u64>,
    unsearched: &'a [String],
    #[serde(flatten)]
    report: AuditReport,
}

/// What the audit saw, and with what it looked.
struct Audited {
    audit: BundleAudit,
    /// Why originals were not searched for.
    without_map: Option<String>,
}

impl Audited {
    fn new(args: &VerifyArgs) -> Result<Self, Failure> {
        let (map, without_map) = match &args.map {
            Some(file) => (Some(maps::read(file)?), None),
            None => match maps::of_bundle(&args.bundle)? {
                Ok(map) => (Some(map), None),
                Err(missing) => (None, Some(missing.to_string())),
            },
        };
        let audit = audit_bundle(&args.bundle, map.as_ref(), &args.keep_values)
            .map_err(|error| Failure::from_error(Exit::Failed, &error))?;
        Ok(Self { audit, without_map })
    }

    fn is_obfuscated(&self) -> Option<bool> {
        let metadata = self.audit.metadata.as_ref();
        metadata.map(|metadata| metadata.obfuscated)
    }

    fn document(&self) -> AuditDocument<'_> {
        AuditDocument {
            obfuscated: self.is_obfuscated(),
            originals: self.without_map.is_none().then_some(self.audit.originals),
            unsearched: &self.audit.unsearched,
            report: AuditReport::new(&self.audit.findings),
        }
    }
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
