//! The results as a table in Markdown.

use std::fmt::Write as _;

use super::measure::Measurement;

/// One line per case with medians; ratios are to the first case.
pub(crate) fn markdown<'a>(
    results: impl Iterator<Item = (&'a str, &'a Vec<Measurement>)>,
) -> String {
    let mut text = String::from(
        "| | wall, s (range) | to curl | server CPU, s | to curl | client peak, MiB | result, MB |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let mut first = None;
    for (name, runs) in results {
        let walls = sorted(runs, |run| run.wall.as_secs_f64());
        let wall = median(&walls);
        let cpu = median(&sorted(runs, |run| run.server_cpu_seconds));
        let peak = median(&sorted(runs, |run| run.peak_bytes as f64)) / f64::from(1 << 20);
        let size = median(&sorted(runs, |run| run.result_bytes as f64)) / 1e6;
        let (first_wall, first_cpu) = *first.get_or_insert((wall, cpu));
        let (low, high) = (walls[0], walls[walls.len() - 1]);
        writeln!(
            text,
            "| {name} | {wall:.2} ({low:.2} to {high:.2}) | {:.2} | {cpu:.2} | {:.2} | {peak:.0} | {size:.1} |",
            wall / first_wall,
            cpu / first_cpu,
        )
        .expect("strings take everything");
    }
    text
}

fn sorted(runs: &[Measurement], value: impl Fn(&Measurement) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = runs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle of sorted values; of an even number the upper one of the middle.
fn median(values: &[f64]) -> f64 {
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ratios_are_to_the_first_case() {
        let run = |millis, server_cpu_seconds| Measurement {
            wall: Duration::from_millis(millis),
            server_cpu_seconds,
            peak_bytes: 10 << 20,
            result_bytes: 2_500_000,
        };
        let curl = vec![run(3000, 5.0), run(1000, 1.0), run(2000, 2.0)];
        let other = vec![run(1000, 0.5)];
        let text = markdown([("curl", &curl), ("other", &other)].into_iter());
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| curl | 2.00 (1.00 to 3.00) | 1.00 | 2.00 | 1.00 | 10 | 2.5 |",
                "| other | 1.00 (1.00 to 1.00) | 0.50 | 0.50 | 0.25 | 10 | 2.5 |",
            ]
        );
    }
}
