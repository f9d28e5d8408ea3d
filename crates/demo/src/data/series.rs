use std::borrow::Cow;

use vmformat::number::{STALE_MANTISSA, decimal_to_float};

use super::noise::{mix, seed_of};
use super::shape::Shape;
use super::target::{SCRAPE_INTERVAL_MS, State, Target};

const ACCOUNT: &str = "vm_account_id";
const PROJECT: &str = "vm_project_id";

/// Metrics that fill up a scaled installation.
const FILLERS: [&str; 4] = [
    "vm_http_requests_total",
    "vm_http_request_errors_total",
    "vm_cache_requests_total",
    "vm_cache_misses_total",
];

/// One stored value: its mantissa belongs to the scale of its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) timestamp_ms: i64,
    pub(crate) mantissa: i64,
}

impl Sample {
    /// Whether this is a stale marker, which ends a series and is no value.
    pub(crate) fn is_stale(self) -> bool {
        self.mantissa == STALE_MANTISSA
    }

    pub(crate) fn value(self, scale: i16) -> f64 {
        decimal_to_float(self.mantissa, scale)
    }
}

/// One series of the installation; holds no samples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Series<'a> {
    pub(crate) target: &'a Target,
    /// Number of the series within its target.
    pub(crate) index: usize,
    pub(crate) data_start_ms: i64,
    pub(crate) ticks: u64,
    /// Ticks of the time in which targets restart and die.
    pub(crate) story_ticks: u64,
    /// Whether the numbers of the tenant are labels, as in multitenant requests.
    pub(crate) shows_tenant: bool,
}

impl<'a> Series<'a> {
    pub(crate) fn name(&self) -> &'a str {
        match self.target.templates.get(self.index) {
            Some(template) => &template.name,
            None => FILLERS[self.index % FILLERS.len()],
        }
    }

    /// The value of a label, `__name__` included; `None` stands for the empty value.
    pub(crate) fn label(&self, name: &str) -> Option<Cow<'a, str>> {
        if name == "__name__" {
            return Some(self.name().into());
        }
        if self.shows_tenant {
            match name {
                ACCOUNT => return Some(self.target.tenant.account.to_string().into()),
                PROJECT => return Some(self.target.tenant.project.to_string().into()),
                _ => {}
            }
        }
        if let Some(value) = self.target.label(name) {
            return Some(value.into());
        }
        match self.target.templates.get(self.index) {
            Some(template) => template
                .labels
                .iter()
                .find(|(label, _)| label == name)
                .map(|(_, value)| value.as_str().into()),
            None => (name == "path").then(|| self.filler_path()),
        }
    }

    /// All labels but `__name__`, in the order in which VictoriaMetrics stores them.
    pub(crate) fn labels(&self) -> Vec<(&'a str, Cow<'a, str>)> {
        let mut labels = self.own_labels();
        self.target.complete(&mut labels);
        if self.shows_tenant {
            // Behind all others, not sorted into them.
            let tenant = self.target.tenant;
            labels.push((ACCOUNT, tenant.account.to_string().into()));
            labels.push((PROJECT, tenant.project.to_string().into()));
        }
        labels
    }

    /// The labels that the process itself exposes.
    pub(crate) fn own_labels(&self) -> Vec<(&'a str, Cow<'a, str>)> {
        match self.target.templates.get(self.index) {
            Some(template) => template
                .labels
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().into()))
                .collect(),
            None => vec![("path", self.filler_path())],
        }
    }

    /// Whether the scraper writes this series, and not the process.
    pub(crate) fn is_written_by_the_scraper(&self) -> bool {
        self.shape().is_written_by_the_scraper()
    }

    fn filler_path(&self) -> Cow<'a, str> {
        format!("/api/v1/route-{:04}", self.index / FILLERS.len()).into()
    }

    /// Values are mantissas times ten to this power.
    pub(crate) fn scale(&self) -> i16 {
        self.target
            .templates
            .get(self.index)
            .map_or(0, |template| template.scale)
    }

    fn shape(&self) -> Shape {
        self.target.templates.get(self.index).map_or(
            Shape::Counter {
                per_minute: 60 + (self.index % 97) as i64,
            },
            |template| template.shape,
        )
    }

    /// The samples from `from_ms` to `to_ms`, both ends included, in order of time.
    pub(crate) fn samples(
        &self,
        from_ms: i64,
        to_ms: i64,
    ) -> impl DoubleEndedIterator<Item = Sample> + use<'a> {
        let series = *self;
        let shape = self.shape();
        let seed = mix(seed_of(self.target.seed, self.name()) ^ self.index as u64);
        let tick_before = |at_ms: i64| {
            let ticks = at_ms.saturating_sub(self.data_start_ms) / SCRAPE_INTERVAL_MS;
            u64::try_from(ticks).unwrap_or(0)
        };
        let first = tick_before(from_ms).saturating_sub(2).min(self.ticks);
        let last = tick_before(to_ms).saturating_add(1).min(self.ticks);
        (first..last)
            .filter_map(move |tick| series.sample(shape, seed, tick))
            .filter(move |sample| (from_ms..=to_ms).contains(&sample.timestamp_ms))
    }

    /// Whether any sample, or stale marker, lies from `from_ms` to `to_ms`, ends included.
    pub(crate) fn has_samples(&self, from_ms: i64, to_ms: i64) -> bool {
        self.samples(from_ms, to_ms).next().is_some()
    }

    fn sample(&self, shape: Shape, seed: u64, tick: u64) -> Option<Sample> {
        let timestamp_ms = self.target.timestamp_ms(self.data_start_ms, tick);
        let by_scraper = shape.is_written_by_the_scraper();
        let value = |age, up| {
            let moment = self.target.moment(timestamp_ms, tick, age, up);
            shape.mantissa(self.target.seed, seed, moment)
        };
        let mantissa = match self.target.state(tick, self.story_ticks) {
            State::Up { age } => value(age, true),
            State::WentDown | State::Down if by_scraper => value(0, false),
            State::WentDown | State::Vanished => STALE_MANTISSA,
            State::Down | State::Gone => return None,
        };
        Some(Sample {
            timestamp_ms,
            mantissa,
        })
    }
}
