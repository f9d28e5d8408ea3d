//! `vmgather inspect`: what is in a bundle.

use std::fmt::Write;

use bundle::{Format, Inspection, Metadata};
use indicatif::{HumanBytes, HumanCount};

use crate::cli::InspectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer;
use crate::shown::{shown, shown_name};

/// Metric names that are listed; the rest is counted.
const TOP_METRICS: usize = 20;

pub(crate) fn run(args: &InspectArgs) -> Result<Exit, Failure> {
    let inspection = bundle::inspect(&args.bundle, TOP_METRICS)
        .map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    if args.json {
        printer::json(&inspection)?;
    } else {
        let mut text = String::new();
        describe(&mut text, &inspection)
            .map_err(|error| Failure::failed("cannot describe the bundle").because(error))?;
        printer::stdout(text.as_bytes())?;
    }
    Ok(Exit::Done)
}

fn describe(out: &mut String, inspection: &Inspection) -> std::fmt::Result {
    match (&inspection.metadata, &inspection.metadata_problem) {
        (Some(metadata), _) => describe_metadata(out, metadata)?,
        (None, Some(problem)) => writeln!(out, "metadata      cannot be understood: {problem}")?,
        (None, None) => writeln!(out, "metadata      none")?,
    }
    let at_least = if inspection.capped { "at least " } else { "" };
    let unit = match inspection.format {
        Format::Native => "blocks",
        _ => "lines",
    };
    writeln!(out, "{unit:<13} {}", HumanCount(inspection.lines))?;
    writeln!(
        out,
        "series        {at_least}{}",
        HumanCount(inspection.series)
    )?;
    writeln!(out, "samples       {}", HumanCount(inspection.samples))?;
    if let (Some(first), Some(last)) = (inspection.first_sample, inspection.last_sample) {
        writeln!(out, "data from     {first} to {last}")?;
    }

    writeln!(out, "\nentries")?;
    for entry in &inspection.entries {
        writeln!(
            out,
            "  {:<24} {:>12}  compressed {:>12}",
            shown_name(&entry.name),
            HumanBytes(entry.size_bytes).to_string(),
            HumanBytes(entry.compressed_bytes).to_string()
        )?;
    }
    writeln!(out, "\njobs {:>35}", "series")?;
    for job in &inspection.jobs {
        let series = HumanCount(job.series).to_string();
        writeln!(out, "  {:<24} {series:>12}", shown_name(&job.name))?;
    }
    writeln!(out, "\nlabels {:>33} {:>10}", "series", "values")?;
    for label in &inspection.labels {
        let series = HumanCount(label.series).to_string();
        let values = HumanCount(label.values).to_string();
        writeln!(
            out,
            "  {:<24} {series:>12} {values:>10}",
            shown_name(&label.name)
        )?;
    }
    let metric_names = HumanCount(inspection.metric_names);
    writeln!(
        out,
        "\nmetrics ({at_least}{metric_names}), those with most series"
    )?;
    for metric in &inspection.top_metrics {
        let series = HumanCount(metric.series).to_string();
        writeln!(out, "  {:<48} {series:>12}", shown_name(&metric.name))?;
    }
    Ok(())
}

fn describe_metadata(out: &mut String, metadata: &Metadata) -> std::fmt::Result {
    writeln!(out, "export        {}", shown_name(&metadata.export_id))?;
    writeln!(out, "made          {}", metadata.export_date)?;
    writeln!(
        out,
        "by            vmgather {}",
        shown_name(&metadata.vmgather_version)
    )?;
    let range = &metadata.time_range;
    writeln!(out, "range         {} to {}", range.start, range.end)?;
    if let Some(case) = &metadata.case {
        writeln!(out, "case          {}", shown(case))?;
    }
    if let Some(note) = &metadata.note {
        writeln!(out, "note          {}", shown(note))?;
    }
    if !metadata.components.is_empty() {
        writeln!(
            out,
            "components    {}",
            shown(&metadata.components.join(", "))
        )?;
    }
    let obfuscated = if metadata.obfuscated { "yes" } else { "no" };
    writeln!(out, "obfuscated    {obfuscated}")?;
    if let Some(map) = &metadata.map_id {
        writeln!(out, "map           {}", shown_name(map))?;
    }
    for warning in &metadata.warnings {
        writeln!(out, "warning       {}", warning.sentence())?;
    }
    Ok(())
}
