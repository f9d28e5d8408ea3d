use std::sync::Arc;
use std::time::Instant;

use super::noise::{mix, seed_of};
use super::series::Series;
use super::table::{self, Template};
use super::target::{Life, SCRAPE_INTERVAL_MS, Target, Tenant};
use super::view::Place;
use crate::Version;

const SEED: u64 = 0x766d_6761_7468_6572;
const HOUR_MS: i64 = 3_600_000;

const SCRAPE: &str = include_str!("tables/scrape.txt");
const PROCESS: &str = include_str!("tables/process.txt");

/// A VictoriaMetrics installation that never was, with the samples of its last hour.
///
/// The samples are a function of the instant at which they end: the same instant gives the same
/// data, whatever is asked and how often. Nothing but the list of targets is held in memory.
#[derive(Debug, Clone)]
pub struct Installation {
    targets: Vec<Target>,
    /// Where the data ended at first.
    end_ms: i64,
    span_ms: i64,
    /// Since when they go on, if they do.
    grows_since: Option<Instant>,
}

/// A kind of process, with the table of what it exposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    /// Name in `vm_app_version`, `None` if the process has no such series or its own line for it.
    app: Option<&'static str>,
    /// Whether `-cluster` stands in its version.
    cluster: bool,
    table: &'static str,
    port: u16,
}

const fn kind(app: Option<&'static str>, cluster: bool, table: &'static str, port: u16) -> Kind {
    Kind {
        app,
        cluster,
        table,
        port,
    }
}

const VMSTORAGE: Kind = kind(
    Some("vmstorage"),
    true,
    include_str!("tables/vmstorage.txt"),
    8482,
);
const VMSELECT: Kind = kind(
    Some("vmselect"),
    true,
    include_str!("tables/vmselect.txt"),
    8481,
);
const VMINSERT: Kind = kind(
    Some("vminsert"),
    true,
    include_str!("tables/vminsert.txt"),
    8480,
);
const VMAGENT: Kind = kind(
    Some("vmagent"),
    false,
    include_str!("tables/vmagent.txt"),
    8429,
);
const VMALERT: Kind = kind(None, false, include_str!("tables/vmalert.txt"), 8880);
const VMAUTH: Kind = kind(
    Some("vmauth"),
    false,
    include_str!("tables/vmauth.txt"),
    8427,
);
const VMSINGLE: Kind = kind(
    Some("victoria-metrics"),
    false,
    include_str!("tables/vmsingle.txt"),
    8428,
);
const SHOP: Kind = kind(None, false, include_str!("tables/shop.txt"), 9100);

const KINDS: [Kind; 8] = [
    VMSTORAGE, VMSELECT, VMINSERT, VMAGENT, VMALERT, VMAUTH, VMSINGLE, SHOP,
];

impl Installation {
    /// Twelve components of all kinds and one business application, with the hour of data that
    /// ends at `end_ms` (Unix milliseconds, included).
    ///
    /// One vmstorage restarts, a vmagent dies half-way, vminsert and vmauth share a job, vmalert
    /// tells no version, and a part belongs to tenant 1011:0.
    pub fn demo(version: Version, end_ms: i64) -> Installation {
        let mut all = Builder::new(version);
        let pod = |name: &str, node: u8| {
            vec![
                ("namespace", "monitoring".to_owned()),
                ("pod", name.to_owned()),
                (
                    "node",
                    format!("ip-10-0-3-{node}.eu-west-1.compute.internal"),
                ),
            ]
        };
        let storage_2 = "vmstorage-2.vmstorage.monitoring.svc.cluster.local";
        all.add(VMSTORAGE, "vmstorage", "10.42.1.11", pod("vmstorage-0", 11));
        all.add(VMSTORAGE, "vmstorage", "10.42.1.12", pod("vmstorage-1", 12))
            .life = Life::Restarted {
            at_percent: 33,
            down_ticks: 5,
        };
        all.add(VMSTORAGE, "vmstorage", storage_2, pod("vmstorage-2", 13));
        all.add(
            VMSELECT,
            "vmselect",
            "10.42.2.21",
            pod("vmselect-7d9c-xk2lp", 11),
        );
        all.add(
            VMSELECT,
            "vmselect",
            "10.42.2.22",
            pod("vmselect-7d9c-q8zhm", 12),
        );
        all.add(
            VMINSERT,
            "vm-edge",
            "10.42.3.31",
            pod("vminsert-5f6b-2mwtn", 12),
        );
        all.add(
            VMINSERT,
            "vm-edge",
            "10.42.3.32",
            pod("vminsert-5f6b-h4vrc", 13),
        );
        all.add(
            VMAUTH,
            "vm-edge",
            "10.42.3.40",
            pod("vmauth-6c4f-9tbls", 13),
        );
        all.add(
            VMAGENT,
            "vmagent-eu",
            "vmagent-eu-0.prod-eu.example.internal",
            vec![],
        )
        .jitter_ms = 4;
        all.add(
            VMAGENT,
            "vmagent-us",
            "vmagent-us-0.prod-us.example.internal",
            vec![],
        )
        .life = Life::Died { at_percent: 50 };
        all.add(VMALERT, "vmalert", "10.42.4.50", pod("vmalert-0", 11));
        let single = all.add(VMSINGLE, "monitoring.single", "192.168.178.20", vec![]);
        single.tenant = Tenant {
            account: 1011,
            project: 0,
        };
        all.add(
            SHOP,
            "shop-checkout",
            "10.60.7.14",
            vec![("env", "prod".to_owned())],
        );
        all.finish(end_ms)
    }

    /// A large installation of exactly `nodes` targets and `series` series, one job for every
    /// kind of component, with the hour of data that ends at `end_ms`.
    pub fn scaled(version: Version, end_ms: i64, nodes: usize, series: usize) -> Installation {
        let mut all = Builder::new(version);
        for node in 0..nodes {
            // All kinds but the business application.
            let kind = KINDS[node % (KINDS.len() - 1)];
            let job = kind.app.map_or("vmalert", |app| match app {
                "victoria-metrics" => "vmsingle",
                other => other,
            });
            let host = format!(
                "10.{}.{}.{}",
                64 + (node >> 16),
                (node >> 8) & 255,
                node & 255
            );
            let target = all.add(kind, job, &host, vec![]);
            target.series_count = series / nodes + usize::from(node < series % nodes);
        }
        all.finish(end_ms)
    }

    /// The same installation with data of `span_ms` milliseconds up to the same end.
    pub fn lasting(mut self, span_ms: i64) -> Installation {
        self.span_ms = span_ms.max(0);
        self
    }

    /// The same installation with job `from` called `to`, for names that need quoting.
    pub fn rename_job(mut self, from: &str, to: &str) -> Installation {
        for target in &mut self.targets {
            if target.job == from {
                target.job = to.to_owned();
            }
        }
        self
    }

    /// The same with targets that are scraped on: from now the end moves along with the clock, and
    /// what was there stays.
    pub fn growing(mut self) -> Installation {
        self.grows_since = Some(Instant::now());
        self
    }

    /// Unix milliseconds of the instant at which the data end, included.
    pub fn end_ms(&self) -> i64 {
        let grown = self.grows_since.map(|since| since.elapsed().as_millis());
        let grown = grown.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        self.end_ms.saturating_add(grown.unwrap_or_default())
    }

    /// Unix milliseconds at which the data begin: a multiple of the scrape interval, so that
    /// targets keep their phase.
    pub fn start_ms(&self) -> i64 {
        let start = self.end_ms.saturating_sub(self.span_ms);
        start.saturating_sub(start.rem_euclid(SCRAPE_INTERVAL_MS))
    }

    /// Number of series of all tenants.
    pub fn series_count(&self) -> usize {
        self.targets.iter().map(|t| t.series_count).sum()
    }

    pub(crate) fn tenants(&self) -> Vec<Tenant> {
        let mut tenants: Vec<_> = self.targets.iter().map(|t| t.tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        tenants
    }

    /// Series `place.1` of target `place.0`, or the first one after it; `None` at the end.
    pub(crate) fn series_from(&self, place: Place) -> Option<(Place, Series<'_>)> {
        let (mut target, mut index) = place;
        loop {
            let found = self.targets.get(target)?;
            if index < found.series_count {
                return Some(((target, index), self.series_of(found, index)));
            }
            (target, index) = (target + 1, 0);
        }
    }

    fn series_of<'a>(&self, target: &'a Target, index: usize) -> Series<'a> {
        let data_start_ms = self.start_ms();
        let first = target.timestamp_ms(data_start_ms, 0);
        let ticks_until = |end_ms: i64| {
            let room = end_ms.saturating_sub(target.jitter_ms + first);
            match u64::try_from(room) {
                Ok(room) => room / SCRAPE_INTERVAL_MS as u64 + 1,
                Err(_) => 0,
            }
        };
        Series {
            target,
            index,
            data_start_ms,
            ticks: ticks_until(self.end_ms()),
            story_ticks: ticks_until(self.end_ms),
            shows_tenant: false,
        }
    }
}

struct Builder {
    version: Version,
    templates: Vec<(Kind, Arc<[Template]>)>,
    targets: Vec<Target>,
}

impl Builder {
    fn new(version: Version) -> Builder {
        Builder {
            version,
            templates: Vec::new(),
            targets: Vec::new(),
        }
    }

    fn add(
        &mut self,
        kind: Kind,
        job: &str,
        host: &str,
        labels: Vec<(&str, String)>,
    ) -> &mut Target {
        let instance = format!("{host}:{}", kind.port);
        let templates = self.templates_of(kind);
        let own = |(name, value): (&str, String)| (name.to_owned(), value);
        self.targets.push(Target {
            tenant: Tenant::ZERO,
            job: job.to_owned(),
            seed: mix(seed_of(SEED, &instance)),
            instance,
            labels: labels.into_iter().map(own).collect(),
            series_count: templates.len(),
            templates,
            life: Life::Steady,
            jitter_ms: 0,
        });
        self.targets.last_mut().expect("a target was just added")
    }

    fn templates_of(&mut self, kind: Kind) -> Arc<[Template]> {
        if let Some((_, templates)) = self.templates.iter().find(|(known, _)| *known == kind) {
            return Arc::clone(templates);
        }
        let templates: Arc<[Template]> = templates(kind, self.version).into();
        self.templates.push((kind, Arc::clone(&templates)));
        templates
    }

    fn finish(self, end_ms: i64) -> Installation {
        Installation {
            targets: self.targets,
            end_ms,
            span_ms: HOUR_MS,
            grows_since: None,
        }
    }
}

/// What a process of this kind exposes, the series of its version and of its scrape first.
fn templates(kind: Kind, version: Version) -> Vec<Template> {
    let own_line = kind.app.map(|app| {
        let short = version.short();
        let suffix = if kind.cluster { "-cluster" } else { "" };
        let built = version.built();
        format!(
            "const 1 vm_app_version{{version=\"{app}-{built}-tags-{short}{suffix}-0-g5d1c5f5b1a\",\
             short_version=\"{short}{suffix}\"}}"
        )
    });
    let process = if kind == SHOP { "" } else { PROCESS };
    let own_line = own_line.unwrap_or_default();
    [own_line.as_str(), SCRAPE, process, kind.table]
        .into_iter()
        .flat_map(|text| table::parse(text).expect("the tables are part of the program"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const END: i64 = 1_795_000_000_000;

    fn demo() -> Installation {
        Installation::demo(Version::V1_150, END)
    }

    fn series(all: &Installation) -> impl Iterator<Item = Series<'_>> {
        let mut next = (0, 0);
        std::iter::from_fn(move || {
            let (found, series) = all.series_from(next)?;
            next = (found.0, found.1 + 1);
            Some(series)
        })
    }

    fn one<'a>(all: &'a Installation, name: &str, label: &str, value: &str) -> Series<'a> {
        series(all)
            .find(|s| s.name() == name && s.label(label).as_deref() == Some(value))
            .unwrap()
    }

    #[test]
    fn every_series_has_its_own_labels() {
        let all = demo();
        let mut seen = HashSet::new();
        for series in series(&all) {
            let labels = series.labels();
            assert!(labels.iter().all(|(_, value)| !value.is_empty()));
            let key = format!("{} {labels:?}", series.name());
            assert!(seen.insert(key.clone()), "{key} comes twice");
        }
        assert_eq!(seen.len(), all.series_count());
    }

    #[test]
    fn an_hour_of_samples_every_15_seconds_up_to_the_end() {
        let all = demo();
        let up = one(&all, "up", "job", "vmselect");
        let times: Vec<_> = up.samples(0, i64::MAX).map(|s| s.timestamp_ms).collect();
        assert!(
            (239..=241).contains(&times.len()),
            "{} samples",
            times.len()
        );
        assert!(times.windows(2).all(|w| w[1] - w[0] == 15_000));
        let last = *times.last().unwrap();
        assert!(last <= END && END - last < 15_000);
    }

    #[test]
    fn what_grows_goes_on_and_keeps_what_was_there() {
        let still = demo();
        let hour = std::time::Duration::from_millis(HOUR_MS as u64);
        let grown = Installation {
            grows_since: Instant::now().checked_sub(hour),
            ..demo()
        };
        assert!(grown.end_ms() >= END + HOUR_MS);
        let samples = |all: &Installation, to_ms| -> Vec<(i64, i64)> {
            let samples = series(all).flat_map(move |series| series.samples(0, to_ms));
            samples.map(|s| (s.timestamp_ms, s.mantissa)).collect()
        };
        assert!(samples(&still, END) == samples(&grown, END));
        let up = one(&grown, "up", "job", "vmselect");
        let times: Vec<_> = up.samples(END, i64::MAX).map(|s| s.timestamp_ms).collect();
        assert!(times.len() >= 239, "{} samples", times.len());
        assert!(times.windows(2).all(|w| w[1] - w[0] == 15_000));
    }

    #[test]
    fn both_ends_of_a_range_are_included() {
        let all = demo();
        let series = one(&all, "go_goroutines", "job", "vmagent-eu");
        let whole: Vec<_> = series.samples(0, i64::MAX).collect();
        let (from, to) = (whole[10].timestamp_ms, whole[20].timestamp_ms);
        let part: Vec<_> = series.samples(from, to).collect();
        assert_eq!(part, whole[10..=20]);
        assert_eq!(series.samples(from + 1, to - 1).count(), 9);
        let back = series.samples(0, i64::MAX).next_back();
        assert_eq!(back, whole.last().copied());
    }

    #[test]
    fn a_restarted_target_leaves_a_stale_marker_a_gap_and_a_reset() {
        let all = demo();
        let cpu = one(&all, "process_cpu_seconds_total", "pod", "vmstorage-1");
        let samples: Vec<_> = cpu.samples(0, i64::MAX).collect();
        let stale = samples.iter().position(|s| s.is_stale()).unwrap();
        let gap = samples[stale + 1].timestamp_ms - samples[stale].timestamp_ms;
        assert_eq!(gap, 5 * 15_000);
        assert!(samples[stale + 1].mantissa < samples[stale - 1].mantissa);
        let up = one(&all, "up", "pod", "vmstorage-1");
        let down = up.samples(0, i64::MAX).filter(|s| s.mantissa == 0).count();
        assert_eq!(down, 5);
    }

    #[test]
    fn a_dead_target_ends_half_way_with_a_stale_marker() {
        let all = demo();
        let up = one(&all, "up", "job", "vmagent-us");
        let last = up.samples(0, i64::MAX).next_back().unwrap();
        assert!(last.is_stale());
        assert!(last.timestamp_ms < END - 25 * 60_000);
        assert!(last.timestamp_ms > END - 35 * 60_000);
    }

    #[test]
    fn scaled_has_exactly_the_series_asked_for() {
        let all = Installation::scaled(Version::V1_150, END, 200, 150_000);
        assert_eq!(all.series_count(), 150_000);
        assert_eq!(series(&all).count(), 150_000);
        let last = series(&all).last().unwrap();
        assert!(last.has_samples(END - 60_000, END));
        let instances: HashSet<_> = series(&all).map(|s| &s.target.instance).collect();
        assert_eq!(instances.len(), 200);
    }

    #[test]
    fn a_scrape_counts_what_the_target_exposes() {
        let all = demo();
        let wanted = |s: &&Series<'_>| s.label("job").as_deref() == Some("vmalert");
        let series: Vec<_> = series(&all).collect();
        let own = |name: &str| name == "up" || name.starts_with("scrape_");
        let exposed = series.iter().filter(wanted).filter(|s| !own(s.name()));
        let counts = one(&all, "scrape_samples_scraped", "job", "vmalert");
        let last = counts.samples(0, i64::MAX).next_back().unwrap();
        assert_eq!(last.mantissa, exposed.count() as i64);
    }

    #[test]
    fn the_same_instant_gives_the_same_samples() {
        let (one, two) = (demo(), demo());
        for (a, b) in series(&one).zip(series(&two)) {
            assert!(a.samples(0, i64::MAX).eq(b.samples(0, i64::MAX)));
        }
    }
}
