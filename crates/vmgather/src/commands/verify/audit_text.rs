//! The audit of a bundle, for a person at the machine where the originals are known.

use std::fmt::Write as _;

use gather::AuditReport;
use indicatif::HumanCount;

use super::Audited;
use crate::shown::{shown, shown_name};
use crate::summary;

/// What was searched for, what was found, and with `values` everything that stayed.
pub(super) fn audit_text(audited: &Audited, values: bool) -> String {
    let report = AuditReport::new(&audited.audit.findings);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = describe(&mut text, audited, &report, values);
    text
}

fn describe(
    out: &mut String,
    audited: &Audited,
    report: &AuditReport,
    values: bool,
) -> std::fmt::Result {
    writeln!(out, "\naudit")?;
    if audited.is_obfuscated() == Some(false) {
        writeln!(
            out,
            "the bundle is not obfuscated: real names and addresses are in there, and findings are \
             to be expected"
        )?;
    }
    match &audited.without_map {
        None => writeln!(
            out,
            "searched {} texts for {} originals and for what is shaped like an address",
            HumanCount(report.texts),
            HumanCount(audited.audit.originals)
        )?,
        Some(why) => writeln!(
            out,
            "searched {} texts only for what is shaped like an address, and for no originals: {why}",
            HumanCount(report.texts)
        )?,
    }
    for name in &audited.audit.unsearched {
        writeln!(out, "not searched: the content of `{}`", shown_name(name))?;
    }
    for hit in &report.hits {
        writeln!(
            out,
            "FOUND    {} in {}: {} distinct, {} times; covered by {}",
            hit.kind,
            shown(&hit.place),
            HumanCount(hit.texts),
            HumanCount(hit.occurrences),
            shown(&hit.covered_by)
        )?;
        for example in &hit.examples {
            writeln!(out, "         {}", shown(example))?;
        }
    }
    stayed(out, report, values)?;
    writeln!(
        out,
        "\n{}",
        match report.hits.len() {
            0 => "nothing was found that must not leave".to_owned(),
            1 => "1 kind of finding".to_owned(),
            several => format!("{several} kinds of findings"),
        }
    )
}

fn stayed(out: &mut String, report: &AuditReport, values: bool) -> std::fmt::Result {
    writeln!(
        out,
        "stayed   {}{}",
        summary::stayed(report.values_stayed(), report.stayed.len()),
        if values {
            ""
        } else {
            "; `--values` lists them"
        }
    )?;
    if !values {
        return Ok(());
    }
    for (label, stayed) in &report.stayed {
        writeln!(out, "\n{} ({})", shown(label), HumanCount(stayed.count()))?;
        for value in &stayed.values {
            writeln!(out, "  {}", shown(value))?;
        }
        if stayed.more > 0 {
            writeln!(out, "  and {} more", HumanCount(stayed.more))?;
        }
    }
    match report.unlisted {
        0 => Ok(()),
        unlisted => writeln!(out, "\nand {} in further labels", HumanCount(unlisted)),
    }
}
