//! A discovery as a table for people.

use std::fmt::Write as _;
use std::time::Duration;

use gather::Transport;
use gather::discover::{Discovery, Estimate, FoundComponent};
use indicatif::{HumanBytes, HumanCount};

use crate::shown::shown;

/// Columns; the last two hold numbers.
type Row = [String; 5];

/// The table, and below it the estimate if there is one.
pub(super) fn of(discovery: &Discovery, estimate: Option<&Estimate>) -> String {
    let mut rows = vec![["component", "tenant", "job", "instances", "series"].map(str::to_owned)];
    for component in &discovery.components {
        rows.extend(rows_of(component));
    }
    if discovery.components.len() > 1 {
        rows.push(total(discovery));
    }
    let with_tenants = discovery.components.iter().any(|c| c.tenant.is_some());
    let mut text = String::new();
    for row in &rows {
        text.push_str(&line(row, &widths(&rows), with_tenants));
    }
    if let Some(estimate) = estimate {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\nestimate  {}", sentence(estimate));
    }
    text
}

/// A row per job; components without any have one too.
fn rows_of(component: &FoundComponent) -> Vec<Row> {
    let tenant = component.tenant.map_or_else(String::new, |t| t.to_string());
    let name = [component.program.to_string(), tenant];
    let row = |job: &str, instances, series| -> Row {
        let [program, tenant] = name.clone();
        [program, tenant, shown(job), count(instances), count(series)]
    };
    if component.jobs.is_empty() {
        return vec![row("-", component.instances, component.series)];
    }
    let jobs = component.jobs.iter();
    jobs.map(|job| row(&job.name, job.instances, job.series))
        .collect()
}

fn total(discovery: &Discovery) -> Row {
    let sum = |of: fn(&FoundComponent) -> Option<u64>| {
        let counts = discovery.components.iter().map(of);
        count(counts.sum::<Option<u64>>())
    };
    let [instances, series] = [sum(|c| c.instances), sum(|c| c.series)];
    [
        "total".to_owned(),
        String::new(),
        String::new(),
        instances,
        series,
    ]
}

fn count(count: Option<u64>) -> String {
    count.map_or_else(
        || "unknown".to_owned(),
        |count| HumanCount(count).to_string(),
    )
}

fn widths(rows: &[Row]) -> [usize; 5] {
    std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    })
}

fn line(row: &Row, widths: &[usize; 5], with_tenants: bool) -> String {
    let mut cells = Vec::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        match column {
            1 if !with_tenants => {}
            0..3 => cells.push(format!("{cell:<width$}")),
            _ => cells.push(format!("{cell:>width$}")),
        }
    }
    format!("{}\n", cells.join("  "))
}

fn sentence(estimate: &Estimate) -> String {
    let (Some(series), Some(samples), Some(bundle), Some(native), Some(lines), Some(time)) = (
        estimate.series,
        estimate.samples,
        estimate.bundle_bytes(),
        estimate.bundle_bytes_native(),
        estimate.json_lines_bytes(),
        estimate.time(Transport::Native),
    ) else {
        return "unknown".to_owned();
    };
    format!(
        "about {} series, {} samples: a bundle of {} ({} of JSON lines; {} with --format native), {}",
        HumanCount(series),
        HumanCount(samples),
        HumanBytes(bundle),
        HumanBytes(lines),
        HumanBytes(native),
        words(time)
    )
}

/// A time that is only known roughly.
fn words(time: Duration) -> String {
    match time.as_secs() {
        0 => "under a second".to_owned(),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gather::discover::{FoundJob, Program};
    use vmapi::Component;

    fn found(component: Component, jobs: &[(&str, u64, Option<u64>)]) -> FoundComponent {
        let job = |(name, instances, series): &(&str, u64, Option<u64>)| FoundJob {
            name: (*name).to_owned(),
            instances: Some(*instances),
            series: *series,
        };
        FoundComponent {
            program: Program::Known(component),
            tenant: None,
            jobs: jobs.iter().map(job).collect(),
            instances: Some(jobs.iter().map(|job| job.1).sum()),
            series: jobs.iter().map(|job| job.2).sum(),
        }
    }

    #[test]
    fn times_are_rough() {
        let of = |seconds| words(Duration::from_secs_f64(seconds));
        assert_eq!(of(0.4), "under a second");
        assert_eq!(of(119.9), "119 s");
        assert_eq!(of(400.0), "6 min");
    }

    #[test]
    fn columns_are_aligned_and_numbers_stand_to_the_right() {
        let mut discovery = Discovery {
            components: vec![
                found(
                    Component::VmAgent,
                    &[("eu", 1, Some(312)), ("a\u{1b}[2J", 12, Some(10_310))],
                ),
                found(Component::VmStorage, &[("vmstorage", 3, Some(9))]),
            ],
            warnings: Vec::new(),
        };
        assert_eq!(
            of(&discovery, None),
            "component  job         instances  series\n\
             vmagent    eu                  1     312\n\
             vmagent    a\\u{1b}[2J         12  10,310\n\
             vmstorage  vmstorage           3       9\n\
             total                         16  10,631\n"
        );
        discovery.components.pop();
        discovery.components[0].tenant = Some("7:1".parse().unwrap());
        discovery.components[0].jobs[0].series = None;
        let text = of(&discovery, None);
        assert!(text.starts_with("component  tenant  job"), "{text}");
        assert!(
            text.contains("vmagent    7:1     eu                  1  unknown"),
            "{text}"
        );
    }
}
