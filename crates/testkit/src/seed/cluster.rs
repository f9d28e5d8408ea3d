use fastrand::Rng;

/// Series of one scraped process; an installation has as many processes as it needs for its series.
const SERIES_PER_TARGET: usize = 850;
/// Even a small installation has a few processes of each component.
const FEWEST_TARGETS: usize = 8;

/// JSON lines of a cluster's own metrics, the times of some targets irregular; see [`Cluster`].
pub fn cluster(series: usize, samples: usize, start_ms: i64, step_ms: i64) -> Vec<u8> {
    Cluster {
        series,
        samples,
        start_ms,
        step_ms,
        irregular: true,
    }
    .lines()
    .flatten()
    .collect()
}

/// Series that look like the own metrics of a VictoriaMetrics cluster, the same ones for the same numbers.
///
/// Several jobs (vmstorage, vmselect, vminsert, vmagent) with several instances each; all series of an instance share their
/// times, as those of one scrape do. The mix of values is that of a quiet installation: most never change, a fifth count
/// slowly, the rest are busy counters, sizes in bytes, and fractions.
#[derive(Clone, Copy, Debug)]
pub struct Cluster {
    /// How many series there are in all.
    pub series: usize,
    /// How many samples each series has; a little fewer where scrapes of an irregular target are missing.
    pub samples: usize,
    /// The first time, ms; samples lie in `[start_ms, start_ms + samples * step_ms)`.
    pub start_ms: i64,
    /// The scrape interval, ms, at least 100; each target has a phase of its own within it.
    pub step_ms: i64,
    /// Whether the scrapes of every fourth target come late at times and are missing at times.
    pub irregular: bool,
}

impl Cluster {
    /// One JSON line per series, each with its line feed, target by target.
    pub fn lines(self) -> impl Iterator<Item = Vec<u8>> {
        let targets = (self.series / SERIES_PER_TARGET).max(FEWEST_TARGETS);
        (0..targets).flat_map(move |index| {
            let series = self.series * index / targets..self.series * (index + 1) / targets;
            let target = Target::new(self, index);
            (0..series.len()).map(move |metric| target.line(metric))
        })
    }
}

struct Target {
    index: usize,
    labels: String,
    samples: usize,
    timestamps: String,
}

impl Target {
    fn new(cluster: Cluster, index: usize) -> Target {
        let mut rng = Rng::with_seed(index as u64);
        let (component, port) = COMPONENTS[index % COMPONENTS.len()];
        let number = index / COMPONENTS.len();
        let host = match index % 3 {
            0 => format!("{component}-{number}.{component}.monitoring.svc.example.internal"),
            _ => format!(
                "10.{}.{}.{}",
                40 + index % 7,
                number % 200,
                10 + index % 200
            ),
        };
        let labels = format!(
            r#""job":"{component}-prod","instance":"{host}:{port}","env":"prod","zone":"zone-{}""#,
            index % 3
        );
        let times = times(cluster, cluster.irregular && index % 4 == 3, &mut rng);
        let samples = times.len();
        let mut timestamps = String::new();
        for time in times {
            push_number(&mut timestamps, time);
        }
        Target {
            index,
            labels,
            samples,
            timestamps,
        }
    }

    fn line(&self, metric: usize) -> Vec<u8> {
        let family = &FAMILIES[metric % FAMILIES.len()];
        let variant = metric / FAMILIES.len();
        let value = family.label_values[variant % family.label_values.len()];
        let round = match variant / family.label_values.len() {
            0 => String::new(),
            round => format!("-{round}"),
        };
        let mut line = format!(
            r#"{{"metric":{{"__name__":"{}",{},"{}":"{value}{round}"}},"values":["#,
            family.name, self.labels, family.label
        );
        let seed = (self.index as u64) << 32 | metric as u64;
        family
            .values
            .write(self.samples, &mut Rng::with_seed(seed), &mut line);
        line.push_str(r#"],"timestamps":["#);
        line.push_str(self.timestamps.trim_end_matches(','));
        line.push_str("]}\n");
        line.into_bytes()
    }
}

fn times(cluster: Cluster, is_irregular: bool, rng: &mut Rng) -> Vec<i64> {
    // Lateness and phase together stay below one step, so that the last sample is in the range.
    let phase = rng.i64(0..cluster.step_ms * 9 / 10);
    let grid =
        (0..cluster.samples as i64).map(|step| cluster.start_ms + phase + step * cluster.step_ms);
    if !is_irregular {
        return grid.collect();
    }
    let kept: Vec<i64> = grid.filter(|_| rng.u8(..) > 2).collect();
    kept.into_iter()
        .map(|time| time + rng.i64(0..cluster.step_ms / 10))
        .collect()
}

fn push_number(text: &mut String, number: i64) {
    text.push_str(itoa::Buffer::new().format(number));
    text.push(',');
}

const COMPONENTS: [(&str, u16); 4] = [
    ("vmstorage", 8482),
    ("vmselect", 8481),
    ("vminsert", 8480),
    ("vmagent", 8429),
];

/// How the values of a metric run.
#[derive(Clone, Copy)]
enum Values {
    /// Never changes: flags, versions, counters of errors that do not occur.
    Constant(i64),
    /// Counts something rare.
    Slow,
    /// Counts requests or rows.
    Busy,
    /// Goes up and down: memory, sizes of caches.
    Bytes,
    /// Seconds with milliseconds, counted up.
    Seconds,
}

impl Values {
    fn write(self, samples: usize, rng: &mut Rng, text: &mut String) {
        let mut now = match self {
            Values::Constant(value) => value,
            Values::Slow => rng.i64(0..6_000),
            Values::Busy => rng.i64(0..9_000_000),
            Values::Bytes => rng.i64(1 << 24..1 << 33),
            Values::Seconds => rng.i64(0..90_000_000),
        };
        for _ in 0..samples {
            match self {
                Values::Constant(_) => {}
                Values::Slow => now += i64::from(rng.u8(..) < 12),
                Values::Busy => now += rng.i64(0..900),
                Values::Bytes => now = (now + rng.i64(-(1 << 20)..1 << 20)).abs(),
                Values::Seconds => now += rng.i64(0..15_000),
            }
            if let Values::Seconds = self {
                text.push_str(itoa::Buffer::new().format(now / 1000));
                let fraction = 1000 + now % 1000;
                text.push('.');
                text.push_str(&itoa::Buffer::new().format(fraction)[1..]);
                // As a server prints it: without zeros at the end.
                text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
                text.push(',');
            } else {
                push_number(text, now);
            }
        }
        text.pop();
    }
}

struct Family {
    name: &'static str,
    label: &'static str,
    label_values: &'static [&'static str],
    values: Values,
}

const fn family(
    name: &'static str,
    label: &'static str,
    label_values: &'static [&'static str],
    values: Values,
) -> Family {
    Family {
        name,
        label,
        label_values,
        values,
    }
}

const FLAGS: &[&str] = &[
    "retentionPeriod",
    "storageDataPath",
    "httpListenAddr",
    "search.maxUniqueTimeseries",
    "search.maxExportSeries",
    "dedup.minScrapeInterval",
    "replicationFactor",
    "memory.allowedPercent",
    "loggerLevel",
    "storageNode",
    "tls",
    "promscrape.config",
    "remoteWrite.queues",
    "insert.maxQueueDuration",
    "search.latencyOffset",
    "http.pathPrefix",
];
const PATHS: &[&str] = &[
    "/api/v1/write",
    "/api/v1/query",
    "/api/v1/query_range",
    "/api/v1/series",
    "/api/v1/labels",
    "/metrics",
    "/select/{}/prometheus/api/v1/query_range",
    "/insert/{}/prometheus/api/v1/write",
    "/health",
    "/api/v1/import",
];
const TYPES: &[&str] = &[
    "indexdb/file",
    "indexdb/inmemory",
    "storage/small",
    "storage/big",
    "storage/inmemory",
    "storage/tsid",
    "storage/metricIDs",
    "indexdb/dataBlocks",
    "indexdb/tagFilters",
    "promql/rollupResult",
];
const RANGES: &[&str] = &[
    "1.000e-03...1.136e-03",
    "1.136e-03...1.292e-03",
    "1.292e-03...1.468e-03",
    "1.468e-03...1.668e-03",
    "2.448e-02...2.783e-02",
    "8.799e-02...1.000e-01",
    "1.000e+00...1.136e+00",
    "4.642e+00...5.275e+00",
];
const BOUNDS: &[&str] = &["0.001", "0.01", "0.1", "0.5", "1", "5", "10", "+Inf"];
const VERSIONS: &[&str] = &["v1.112.0-cluster", "go1.24.2"];
const QUANTILES: &[&str] = &["0.5", "0.9", "0.97", "0.99", "1"];

/// Of twenty series twelve never change, four count slowly, two are busy, one is a size, one a duration.
#[rustfmt::skip]
const FAMILIES: [Family; 20] = [
    family("flag", "name", FLAGS, Values::Constant(1)),
    family("vm_http_request_errors_total", "path", PATHS, Values::Constant(0)),
    family("vm_cache_entries", "type", TYPES, Values::Slow),
    family("vm_rows_ignored_total", "type", TYPES, Values::Constant(0)),
    family("flag", "is_set_name", FLAGS, Values::Constant(1)),
    family("vm_request_duration_seconds_bucket", "vmrange", RANGES, Values::Slow),
    family("vm_http_requests_total", "path", PATHS, Values::Busy),
    family("vm_slow_queries_total", "path", PATHS, Values::Constant(0)),
    family("vm_app_version", "short_version", VERSIONS, Values::Constant(1)),
    family("vm_cache_size_bytes", "type", TYPES, Values::Bytes),
    family("vm_rpc_send_errors_total", "addr_index", BOUNDS, Values::Constant(0)),
    family("vm_concurrent_insert_limit_reached_total", "type", TYPES, Values::Constant(0)),
    family("vm_assisted_merges_total", "type", TYPES, Values::Slow),
    family("vm_request_duration_seconds", "quantile", QUANTILES, Values::Seconds),
    family("vm_parts", "type", TYPES, Values::Constant(7)),
    family("vm_corrupted_blocks_total", "type", TYPES, Values::Constant(0)),
    family("go_sched_latencies_seconds_bucket", "le", BOUNDS, Values::Slow),
    family("vm_rows_inserted_total", "type", TYPES, Values::Busy),
    family("vm_protoparser_read_errors_total", "type", TYPES, Values::Constant(0)),
    family("vm_log_messages_dropped_total", "level", TYPES, Values::Constant(0)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::canonical;

    #[test]
    fn makes_as_many_different_series_as_asked() {
        for series in [1, 7, 100, 3000] {
            assert_eq!(
                canonical(&cluster(series, 3, 1_700_000_000_000, 15_000)).len(),
                series
            );
        }
    }

    #[test]
    fn samples_stay_in_the_range_and_some_are_irregular() {
        let (start, step, samples) = (1_700_000_000_000, 15_000, 200);
        let all = canonical(&cluster(80, samples, start, step));
        let range = start..start + step * samples as i64;
        let mut irregular = 0;
        for series in all.values() {
            assert!(series.iter().all(|(time, _)| range.contains(time)));
            let even = series.windows(2).all(|pair| pair[1].0 - pair[0].0 == step);
            irregular += usize::from(!even);
        }
        assert_eq!(irregular, 20);
    }

    #[test]
    fn jobs_are_the_components() {
        let all = canonical(&cluster(100, 1, 1_700_000_000_000, 15_000));
        let jobs: std::collections::BTreeSet<&str> = all
            .keys()
            .flatten()
            .filter(|(name, _)| name == "job")
            .map(|(_, value)| value.as_str())
            .collect();
        let expected = [
            "vmagent-prod",
            "vminsert-prod",
            "vmselect-prod",
            "vmstorage-prod",
        ];
        assert!(jobs.into_iter().eq(expected));
    }
}
