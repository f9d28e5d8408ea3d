//! What happens to each label, shown to the owner of the data.

use std::fmt::{self, Write};

use gather::advice;
use gather::preview::{Action, LabelChange};
use indicatif::HumanCount;
use serde::Serialize;

use super::Previewed;
use crate::shown::shown;

/// Characters of an example that a person is shown.
const MAX_EXAMPLE: usize = 60;

/// Examples per label on a terminal.
const EXAMPLES: usize = 3;

/// A label in the event `plan`.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    label: &'a str,
    becomes: Option<&'a str>,
    action: &'static str,
    values: usize,
    replaced: usize,
    examples: Vec<Example<'a>>,
}

#[derive(Serialize)]
struct Example<'a> {
    before: &'a str,
    after: Option<&'a str>,
}

/// Something the audit would stop at.
#[derive(Serialize)]
pub(super) struct HitLine {
    place: String,
    kind: String,
    texts: u64,
    covered_by: String,
}

pub(super) fn lines(previewed: &Previewed) -> Vec<Line<'_>> {
    let labels = previewed.preview.labels.iter();
    labels
        .map(|change| Line {
            label: &change.name,
            becomes: (change.action != Action::Dropped).then_some(&change.clean_name),
            action: change.action.as_str(),
            values: change.values,
            replaced: change.replaced,
            examples: change
                .examples
                .iter()
                .map(|example| Example {
                    before: &example.before,
                    after: example.after.as_deref(),
                })
                .collect(),
        })
        .collect()
}

pub(super) fn hits(previewed: &Previewed) -> Vec<HitLine> {
    let findings = previewed.preview.findings.iter();
    findings
        .flat_map(|findings| findings.hits())
        .map(|hit| HitLine {
            place: hit.place().to_string(),
            kind: hit.code().to_string(),
            texts: hit.texts(),
            covered_by: advice(hit.place(), hit.code()),
        })
        .collect()
}

pub(super) fn describe(out: &mut String, previewed: &Previewed) -> fmt::Result {
    let preview = &previewed.preview;
    let of = |action| {
        let labels = preview.labels.iter();
        labels.filter(move |label| label.action == action)
    };
    for (action, title) in [
        (Action::Replaced, "replaced, wholly or in parts"),
        (Action::Dropped, "dropped"),
        (Action::Kept, "stay as they are"),
    ] {
        let count = of(action).count();
        if count == 0 {
            continue;
        }
        writeln!(
            out,
            "labels that {}: {count}",
            match action {
                Action::Kept => title.to_owned(),
                _ => format!("are {title}"),
            }
        )?;
        for label in of(action) {
            describe_label(out, label)?;
        }
    }
    if previewed.listing.is_incomplete {
        writeln!(
            out,
            "warning      too many series to list: the labels above are a part of them"
        )?;
    }
    if preview.merged_series > 0 {
        writeln!(
            out,
            "warning      {} series become equal to another one because labels are dropped",
            HumanCount(preview.merged_series)
        )?;
    }
    for hit in hits(previewed) {
        writeln!(
            out,
            "audit        would stop at {} in {} ({} texts): {}",
            hit.kind, hit.place, hit.texts, hit.covered_by
        )?;
    }
    if !preview.rewriter.rules().is_off() {
        writeln!(
            out,
            "what is shown here are originals; it stays on this machine"
        )?;
    }
    Ok(())
}

fn describe_label(out: &mut String, label: &LabelChange) -> fmt::Result {
    let name = shown(&label.name);
    let renamed = if label.clean_name == label.name {
        String::new()
    } else {
        format!(" (becomes {})", label.clean_name)
    };
    let counts = match label.action {
        Action::Replaced if label.replaced < label.values => {
            format!("{} of {} values", label.replaced, label.values)
        }
        _ => format!("{} values", label.values),
    };
    writeln!(out, "  {name}{renamed}  {counts}")?;
    for example in label.examples.iter().take(EXAMPLES) {
        let before = shortened(&example.before);
        match &example.after {
            Some(after) if *after != example.before => {
                writeln!(out, "    {before} -> {}", shortened(after))?;
            }
            _ => writeln!(out, "    {before}")?,
        }
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    let line = shown(text);
    if line.chars().count() <= MAX_EXAMPLE {
        return line;
    }
    let cut: String = line.chars().take(MAX_EXAMPLE).collect();
    format!("{cut}…")
}
