//! Questions about everything that a range holds.

use vmapi::{Client, InstantSeries, Selector};

use crate::event::NoEvents;
use crate::persist::persist;

use crate::time_range::TimeRange;

/// Evaluates expressions at the end of a range, looking back over all of it.
///
/// The newest samples of a range that ends now may be missing: they become searchable some seconds
/// after they were taken in.
pub(super) struct LookBack<'a> {
    pub(super) client: &'a Client,
    pub(super) range: TimeRange,
}

/// What to compute: `count`, `last_over_time` and `job, instance` make
/// `count(last_over_time(...)) by (job, instance)`.
pub(super) struct Computed {
    pub(super) aggregate: &'static str,
    pub(super) rollup: &'static str,
    pub(super) by: &'static str,
}

impl LookBack<'_> {
    /// The same, over the last part of the range only.
    pub(super) fn over_last(&self, len_ms: i64) -> Self {
        let TimeRange { start_ms, end_ms } = self.range;
        let range = TimeRange {
            start_ms: start_ms.max(end_ms - len_ms + 1),
            end_ms,
        };
        Self {
            client: self.client,
            range,
        }
    }

    /// Computes over the series of all selectors, in one request.
    ///
    /// No two series of different selectors may have the same labels but for their names.
    ///
    /// # Errors
    ///
    /// The last failure, after as many attempts as planning allows.
    pub(super) async fn ask(
        &self,
        computed: &Computed,
        selectors: &[Selector],
    ) -> Result<Vec<InstantSeries>, vmapi::Error> {
        let expression = self.expression(computed, selectors);
        let ask = async || self.client.query(&expression, self.range.end_ms).await;
        let result = persist(&NoEvents, ask).await?;
        // An aggregate is always a vector; anything else holds no series that we could use.
        Ok(result.into_vector().unwrap_or_default())
    }

    fn expression(&self, computed: &Computed, selectors: &[Selector]) -> String {
        let Computed {
            aggregate,
            rollup,
            by,
        } = computed;
        // Servers leave out the lower end, so the window begins a millisecond before the range.
        let len_ms = self.range.len_ms();
        let sides: Vec<String> = selectors
            .iter()
            .map(|selector| format!("{rollup}({selector}[{len_ms}ms])"))
            .collect();
        // The operator between vectors: `or` inside braces is unknown to v1.79.
        let sides = sides.join(" or ");
        format!("{aggregate}({sides}) by ({by})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vmapi::{Connection, Endpoint, Timeouts};

    #[test]
    fn an_expression_covers_both_ends_of_the_range() {
        let connection = Connection {
            url: "http://127.0.0.1:1".to_owned(),
            ..Connection::default()
        };
        let endpoint = Endpoint::new(&connection).unwrap();
        let client = Client::new(endpoint, Timeouts::default()).unwrap();
        let look = LookBack {
            client: &client,
            range: TimeRange::new(1_000, 61_000).unwrap(),
        };
        let computed = Computed {
            aggregate: "count",
            rollup: "last_over_time",
            by: "job",
        };
        let selectors = [Selector::job("a\"b"), Selector::job("c")];
        assert_eq!(
            look.expression(&computed, &selectors),
            r#"count(last_over_time({job="a\"b"}[60001ms]) or last_over_time({job="c"}[60001ms])) by (job)"#
        );
        assert_eq!(look.over_last(10_000).range.start_ms, 51_001);
        assert_eq!(look.over_last(90_000).range, look.range);
    }
}
