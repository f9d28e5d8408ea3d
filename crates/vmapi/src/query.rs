//! Instant queries.

use serde::{Deserialize, Deserializer};

use crate::client::Client;
use crate::error::Error;
use crate::form::Form;
use crate::labels::Labels;

/// Largest reply of a query, in bytes; results are counts and short lists.
const LIMIT_BYTES: usize = 32 << 20;

/// What a query evaluates to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub enum QueryResult {
    /// One value per series.
    Vector(Vec<InstantSeries>),
    /// Several samples per series, for expressions like `up[5m]`.
    Matrix(Vec<RangeSeries>),
    /// A number that belongs to no series.
    Scalar(Sample),
    /// A text; servers allow it as a result.
    String(#[serde(deserialize_with = "text_of_pair")] String),
}

/// A series with one value.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InstantSeries {
    /// The labels.
    #[serde(rename = "metric")]
    pub labels: Labels,
    /// The value.
    #[serde(rename = "value")]
    pub sample: Sample,
}

/// A series with several samples.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct RangeSeries {
    /// The labels.
    #[serde(rename = "metric")]
    pub labels: Labels,
    /// The samples, in order of time.
    #[serde(rename = "values")]
    pub samples: Vec<Sample>,
}

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Unix milliseconds.
    pub time_ms: i64,
    /// The value; may be infinite or NaN.
    pub value: f64,
}

impl<'de> Deserialize<'de> for Sample {
    /// Reads `[seconds, "text"]`.
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let (seconds, text) = <(f64, String)>::deserialize(input)?;
        let value = text
            .parse()
            .map_err(|_| serde::de::Error::custom("a value that is not a number"))?;
        Ok(Self {
            time_ms: milliseconds(seconds),
            value,
        })
    }
}

/// Rounded, because most milliseconds are not exact in seconds.
pub(crate) fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

fn text_of_pair<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    <(f64, String)>::deserialize(input).map(|(_, text)| text)
}

impl QueryResult {
    /// The series of a vector; `None` for other results.
    #[must_use]
    pub fn into_vector(self) -> Option<Vec<InstantSeries>> {
        match self {
            Self::Vector(series) => Some(series),
            _ => None,
        }
    }

    /// How many series the result has; a scalar or a text has none.
    #[must_use]
    pub fn series_count(&self) -> usize {
        match self {
            Self::Vector(series) => series.len(),
            Self::Matrix(series) => series.len(),
            Self::Scalar(_) | Self::String(_) => 0,
        }
    }
}

/// A result with what the reply says besides.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) result: QueryResult,
    /// Whether data of some storage nodes is missing.
    pub(crate) is_partial: bool,
    /// Whether the reply could only come from VictoriaMetrics.
    pub(crate) is_victoria_metrics: bool,
}

impl Client {
    /// Evaluates an expression at the time of the server, as far as its data is available.
    pub(crate) async fn query_now(&self, expression: &str) -> Result<Answer, Error> {
        let form = Form::new().add("query", expression);
        let body = self.ask("/api/v1/query", form).await?;
        let url = body.url().clone();
        let is_victoria_metrics = body.is_of_victoria_metrics();
        let reply = body.whole(LIMIT_BYTES).await?;
        let (result, is_partial) = self.partial_data(&url, &reply)?;
        Ok(Answer {
            result,
            is_partial,
            is_victoria_metrics,
        })
    }

    /// Evaluates an expression at one time, in Unix milliseconds.
    ///
    /// Servers look back from that time for the last sample. The cache is not used: with it they move
    /// a time within the last 30 s back by 30 s, even where the expression has a range.
    ///
    /// # Errors
    ///
    /// No reply, another status than 200, a refused expression, a reply above 32 MiB, or partial
    /// data of a cluster.
    pub async fn query(&self, expression: &str, time_ms: i64) -> Result<QueryResult, Error> {
        let form = Form::new()
            .add("query", expression)
            .time("time", time_ms)
            .add("nocache", "1")
            .add("deny_partial_response", "1");
        let body = self.ask("/api/v1/query", form).await?;
        let url = body.url().clone();
        let reply = body.whole(LIMIT_BYTES).await?;
        self.data(url, &reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> QueryResult {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn all_result_types_are_understood() {
        let vector = read(
            r#"{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a"},"value":[1700000000.007,"+Inf"]}]}"#,
        );
        assert_eq!(vector.series_count(), 1);
        let series = vector.into_vector().unwrap();
        assert_eq!(series[0].labels.get("job").unwrap(), &"a");
        assert_eq!(
            series[0].sample,
            Sample {
                time_ms: 1_700_000_000_007,
                value: f64::INFINITY
            }
        );
        let matrix = read(
            r#"{"result":[{"metric":{},"values":[[1,"1"],[2.5,"NaN"]]}],"resultType":"matrix"}"#,
        );
        let QueryResult::Matrix(series) = matrix else {
            panic!("not a matrix");
        };
        assert_eq!(series[0].samples[1].time_ms, 2_500);
        assert!(series[0].samples[1].value.is_nan());
        assert_eq!(
            read(r#"{"resultType":"scalar","result":[1,"-Inf"]}"#),
            QueryResult::Scalar(Sample {
                time_ms: 1_000,
                value: f64::NEG_INFINITY
            })
        );
        assert_eq!(
            read(r#"{"resultType":"string","result":[1,"x"]}"#),
            QueryResult::String("x".to_owned())
        );
    }

    #[test]
    fn every_millisecond_survives_the_way_through_seconds() {
        for time_ms in 1_767_225_600_000..1_767_225_601_000_i64 {
            let text = format!("[{}.{:03},\"1\"]", time_ms / 1000, time_ms % 1000);
            let sample: Sample = serde_json::from_str(&text).unwrap();
            assert_eq!(sample.time_ms, time_ms);
        }
    }
}
