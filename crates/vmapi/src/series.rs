//! Which series there are, and how many.

use crate::client::Client;
use crate::error::Error;
use crate::form::Form;
use crate::labels::Labels;
use crate::query::QueryResult;
use crate::selector::Selector;

/// Largest list of series, in bytes.
const LIMIT_BYTES: usize = 32 << 20;

impl Client {
    /// The labels of at most `limit` series that match any of the selectors.
    ///
    /// Both ends of the range are included, but servers look at whole UTC days: a series may have no
    /// sample in the range. More than 30,000 matching series (the server's default) are an error
    /// even with a limit ([`Error::is_too_many_series`]).
    ///
    /// # Errors
    ///
    /// No reply, another status than 200, a reply above 32 MiB, or partial data of a cluster.
    pub async fn series(
        &self,
        matches: &[Selector],
        start_ms: i64,
        end_ms: i64,
        limit: usize,
    ) -> Result<Vec<Labels>, Error> {
        let mut form = Form::new();
        for selector in matches {
            form = form.add("match[]", selector.as_str());
        }
        let form = form
            // With a start of 0 servers look at the last five minutes only.
            .time("start", start_ms.max(1))
            .time("end", end_ms)
            .add("limit", &limit.to_string())
            .add("deny_partial_response", "1");
        let body = self.ask("/api/v1/series", form).await?;
        let url = body.url().clone();
        let reply = body.whole(LIMIT_BYTES).await?;
        let mut series: Vec<Labels> = self.data(url, &reply)?;
        // Old servers do not know the parameter.
        series.truncate(limit);
        Ok(series)
    }

    /// How many series of a selector have a sample in the range, both ends included.
    ///
    /// # Errors
    ///
    /// As for [`Client::query`]; many series over a long range can take servers to their limits.
    pub async fn count_series(
        &self,
        selector: &Selector,
        start_ms: i64,
        end_ms: i64,
    ) -> Result<u64, Error> {
        // The early end of the range in brackets is not part of it.
        let range_ms = end_ms.saturating_sub(start_ms).saturating_add(1);
        let expression = format!("count(count_over_time({selector}[{range_ms}ms]))");
        Ok(match self.query(&expression, end_ms).await? {
            QueryResult::Vector(series) => series
                .first()
                .map_or(0, |series| series.sample.value as u64),
            _ => 0,
        })
    }
}
