//! `--dry-run`: what would be asked, what would come of it and what would leave.

mod labels;

use std::fmt::Write;
use std::path::Path;

use gather::discover::{Estimate, estimate};
use gather::preview::{self, Listing, Preview};
use gather::{Destination, ExportRequest, PlanSummary, format_ms};
use indicatif::{HumanBytes, HumanCount};
use privacy::{Key, Map};
use serde::Serialize;

use super::components::client;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer;
use crate::run::from_gather;

/// Requests that are listed for a person; the rest is counted.
const LISTED_REQUESTS: usize = 20;

/// Plans the export and shows the plan, and what happens to each label.
pub(super) async fn show(request: ExportRequest, json: bool) -> Result<Exit, Failure> {
    let plan = gather::plan(&request)
        .await
        .map_err(|error| from_gather(&error))?;
    let client = client(&request)?;
    // A guess that cannot be had is no reason to hide the plan.
    let guess = estimate(&client, &request.selection, request.range)
        .await
        .ok()
        .filter(|guess| guess.samples.is_some());
    let listing = preview::list(&client, &request.selection, request.range)
        .await
        .map_err(|error| from_gather(&error))?;
    let rules = request.rules.clone();
    let (request, map) = split(request)?;
    let preview = preview::preview(&listing.series, &plan.target_labels, &rules, map)
        .map_err(|error| from_gather(&error))?;
    let preview = Previewed { listing, preview };
    if json {
        let text = line(&Line::new(&request, &plan, guess, &preview))?;
        printer::stdout(&text)?;
    } else {
        let mut text = String::new();
        describe(&mut text, &request, &plan, guess)
            .and_then(|()| labels::describe(&mut text, &preview))
            .map_err(|error| Failure::failed("cannot describe the plan").because(error))?;
        printer::stdout(text.as_bytes())?;
    }
    Ok(Exit::Done)
}

/// The map leaves the request, which is not run.
fn split(mut request: ExportRequest) -> Result<(ExportRequest, Map), Failure> {
    let spare = Key::generate()
        .and_then(Map::new)
        .map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    let map = std::mem::replace(&mut request.map, spare);
    Ok((request, map))
}

/// The series of the selection and what happens to their labels.
struct Previewed {
    listing: Listing,
    preview: Preview,
}

/// The event `plan`; `docs/scripting.md` has its fields.
#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    transport: &'static str,
    start: String,
    end: String,
    obfuscated: bool,
    destination: Option<&'a Path>,
    staging: &'a Path,
    requests: Vec<Request<'a>>,
    series: Option<u64>,
    samples: Option<u64>,
    format: bundle::Format,
    bundle_bytes: Option<u64>,
    bundle_bytes_jsonl: Option<u64>,
    bundle_bytes_native: Option<u64>,
    seconds: Option<f64>,
    warnings: &'a [bundle::Warning],
    labels: Vec<labels::Line<'a>>,
    labels_incomplete: bool,
    merged_series: u64,
    audit_hits: Vec<labels::HitLine>,
}

#[derive(Serialize)]
struct Request<'a> {
    queries: &'a [String],
    start: String,
    end: String,
}

impl<'a> Line<'a> {
    fn new(
        request: &'a ExportRequest,
        plan: &'a PlanSummary,
        guess: Option<Estimate>,
        previewed: &'a Previewed,
    ) -> Self {
        let requests = plan.requests.iter().map(|planned| Request {
            queries: &planned.queries,
            start: format_ms(planned.range.start_ms),
            end: format_ms(planned.range.end_ms),
        });
        Self {
            r#type: "plan",
            transport: plan.transport.as_str(),
            start: format_ms(request.range.start_ms),
            end: format_ms(request.range.end_ms),
            obfuscated: !request.rules.is_off(),
            destination: path(&request.destination),
            staging: &request.staging_root,
            requests: requests.collect(),
            series: guess.and_then(|guess| guess.series),
            samples: guess.and_then(|guess| guess.samples),
            format: request.format,
            bundle_bytes: guess.and_then(|guess| guess.bundle_bytes_of(request.format)),
            bundle_bytes_jsonl: guess.and_then(|guess| guess.bundle_bytes()),
            bundle_bytes_native: guess.and_then(|guess| guess.bundle_bytes_native()),
            seconds: guess
                .and_then(|guess| guess.time(plan.transport))
                .map(|time| time.as_secs_f64()),
            warnings: &plan.warnings,
            labels: labels::lines(previewed),
            labels_incomplete: previewed.listing.is_incomplete,
            merged_series: previewed.preview.merged_series,
            audit_hits: labels::hits(previewed),
        }
    }
}

fn line(line: &Line<'_>) -> Result<Vec<u8>, Failure> {
    let mut text = serde_json::to_vec(line)
        .map_err(|error| Failure::failed("cannot write JSON").because(error))?;
    text.push(b'\n');
    Ok(text)
}

/// The file or folder of the result.
fn path(destination: &Destination) -> Option<&Path> {
    match destination {
        Destination::Folder(path) | Destination::File(path) => Some(path),
        Destination::Archive | Destination::Lines => None,
    }
}

fn describe(
    out: &mut String,
    request: &ExportRequest,
    plan: &PlanSummary,
    guess: Option<Estimate>,
) -> std::fmt::Result {
    let range = request.range;
    writeln!(
        out,
        "range        {} to {}",
        format_ms(range.start_ms),
        format_ms(range.end_ms)
    )?;
    writeln!(out, "transport    {}", plan.transport.as_str())?;
    writeln!(out, "about        {}", about(request, plan, guess))?;
    let obfuscated = if request.rules.is_off() {
        "nothing is replaced: real names and addresses will be in there"
    } else {
        "obfuscated"
    };
    writeln!(out, "privacy      {obfuscated}")?;
    if let Some(path) = path(&request.destination) {
        writeln!(out, "bundle       {}", path.display())?;
    }
    writeln!(out, "staging      {}", request.staging_root.display())?;
    for warning in &plan.warnings {
        writeln!(out, "warning      {}", warning.sentence())?;
    }
    writeln!(
        out,
        "requests     {}",
        HumanCount(plan.requests.len() as u64)
    )?;
    for planned in plan.requests.iter().take(LISTED_REQUESTS) {
        writeln!(
            out,
            "  {} to {}  {}",
            format_ms(planned.range.start_ms),
            format_ms(planned.range.end_ms),
            planned.queries.join(" or ")
        )?;
    }
    match plan.requests.len().saturating_sub(LISTED_REQUESTS) {
        0 => Ok(()),
        more => writeln!(
            out,
            "  and {} more; --json lists all",
            HumanCount(more as u64)
        ),
    }
}

/// The guess in words.
fn about(request: &ExportRequest, plan: &PlanSummary, guess: Option<Estimate>) -> String {
    let Some((guess, samples)) = guess.and_then(|guess| Some((guess, guess.samples?))) else {
        return "unknown".to_owned();
    };
    let mut parts = Vec::new();
    if let Some(series) = guess.series {
        parts.push(format!("{} series", HumanCount(series)));
    }
    parts.push(format!("{} samples", HumanCount(samples)));
    if let Some(bytes) = guess.bundle_bytes_of(request.format) {
        parts.push(format!("a bundle of {}", HumanBytes(bytes)));
    }
    if let Some(time) = guess.time(plan.transport) {
        parts.push(format!("{:.0} s", time.as_secs_f64().ceil()));
    }
    parts.join(", ")
}
