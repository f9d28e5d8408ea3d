use vmformat::number::INFINITY_MANTISSA;

use super::noise::mix;

/// How the samples of a series move; every number is a mantissa at the scale of its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One value for ever.
    Constant(i64),
    /// Grows by about this much a minute and begins at zero with each process.
    Counter { per_minute: i64 },
    /// Wanders between two values, both included.
    Gauge { low: i64, high: i64 },
    /// A quotient below ten whose divisor is sometimes zero, as recording rules produce.
    Ratio,
    /// Unix time at which the process started, in seconds.
    StartTime,
    /// Seconds since the process started.
    Uptime,
    /// 1 while the target answers, 0 while it does not.
    Up,
    /// What one scrape of the target says; 0 while the target does not answer.
    Scrape { low: i64, high: i64 },
    /// How many series the target exposes; 0 while it does not answer.
    Exposed,
}

/// The state of a target's process at one scrape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Number of the scrape since the data begin.
    pub(crate) tick: u64,
    /// Scrapes since the process started.
    pub(crate) age: u64,
    /// Unix time of the scrape in seconds.
    pub(crate) seconds: i64,
    /// Whether the target answered.
    pub(crate) up: bool,
    /// How many series the target exposes.
    pub(crate) exposed: i64,
}

impl Shape {
    /// Whether vmagent itself writes this series, so that it goes on while the target is down.
    pub(crate) fn is_written_by_the_scraper(self) -> bool {
        matches!(self, Shape::Up | Shape::Scrape { .. } | Shape::Exposed)
    }

    /// The mantissa at `moment`.
    ///
    /// Counters take their noise from `target_seed`, so that the buckets of one histogram stay
    /// cumulative; all else takes it from `series_seed`.
    pub(crate) fn mantissa(self, target_seed: u64, series_seed: u64, moment: Moment) -> i64 {
        match self {
            Shape::Constant(value) => value,
            Shape::Counter { per_minute } => counter(target_seed, per_minute, moment),
            Shape::Gauge { low, high } => wander(series_seed, low, high, moment.tick),
            Shape::Ratio if mix(series_seed ^ moment.tick).is_multiple_of(16) => INFINITY_MANTISSA,
            Shape::Ratio => wander(series_seed, 1, 9_999, moment.tick),
            Shape::StartTime => moment.seconds - seconds_of(moment.age),
            Shape::Uptime => seconds_of(moment.age),
            Shape::Up => i64::from(moment.up),
            Shape::Scrape { low, high } if moment.up => wander(series_seed, low, high, moment.tick),
            Shape::Exposed if moment.up => moment.exposed,
            Shape::Scrape { .. } | Shape::Exposed => 0,
        }
    }
}

fn seconds_of(ticks: u64) -> i64 {
    i64::try_from(ticks).unwrap_or(i64::MAX).saturating_mul(15)
}

/// Steady growth with an uneven pace: within each scrape interval the progress is a fraction of
/// 1024 that the noise decides, so the value never falls and the mean rate is exact.
fn counter(seed: u64, per_minute: i64, moment: Moment) -> i64 {
    let progress = (u128::from(moment.age) << 10) + u128::from(mix(seed ^ moment.tick) & 1023);
    // Four scrapes a minute, 1024 fractions each.
    let value = (progress * per_minute.unsigned_abs() as u128) >> 12;
    i64::try_from(value).unwrap_or(i64::MAX / 2)
}

/// A triangle wave with a period between 10 and 50 minutes, and noise of a fifth of its height.
fn wander(seed: u64, low: i64, high: i64, tick: u64) -> i64 {
    let height = i128::from(high) - i128::from(low);
    let half = 20 + (mix(seed) % 80) as i128;
    let at = (i128::from(tick) + (mix(seed) >> 32) as i128) % (2 * half);
    let wave = if at < half { at } else { 2 * half - at };
    let noise = (mix(seed ^ tick) % 1024) as i128;
    let value = i128::from(low) + height * (wave * 1024 * 4 / half + noise) / (1024 * 5);
    i64::try_from(value).unwrap_or(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(tick: u64) -> Moment {
        Moment {
            tick,
            age: tick + 5_000,
            seconds: 1_800_000_000 + 15 * tick as i64,
            up: true,
            exposed: 0,
        }
    }

    #[test]
    fn counters_never_fall_and_keep_their_rate() {
        let shape = Shape::Counter { per_minute: 6_000 };
        let values: Vec<_> = (0..240).map(|t| shape.mantissa(7, 8, at(t))).collect();
        assert!(values.is_sorted());
        let growth = values[239] - values[0];
        assert!(
            (growth - 239 * 1_500).abs() <= 1_500,
            "{growth} in 239 scrapes"
        );
    }

    #[test]
    fn a_larger_bucket_is_never_below_a_smaller_one() {
        for tick in 0..500 {
            let small = Shape::Counter { per_minute: 99 }.mantissa(3, 1, at(tick));
            let large = Shape::Counter { per_minute: 100 }.mantissa(3, 2, at(tick));
            assert!(small <= large);
        }
    }

    #[test]
    fn gauges_stay_between_their_ends_and_move() {
        let shape = Shape::Gauge {
            low: -40,
            high: 1_000,
        };
        let values: Vec<_> = (0..500).map(|t| shape.mantissa(7, 8, at(t))).collect();
        assert!(values.iter().all(|v| (-40..=1_000).contains(v)));
        assert!(values.iter().max() > Some(&600) && values.iter().min() < Some(&300));
    }

    #[test]
    fn the_start_time_stands_still_while_the_process_lives() {
        let start = Shape::StartTime.mantissa(1, 1, at(3));
        assert_eq!(start, Shape::StartTime.mantissa(1, 1, at(200)));
    }
}
