//! The parameters of a request.

use url::form_urlencoded::Serializer;

/// Largest time that every server understands, in Unix milliseconds.
const MAX_MS: i64 = 9_223_372_036_854;

/// Parameters in the form encoding, sent as the body of a POST because selectors can be longer than
/// any gateway's limit on URLs.
pub(crate) struct Form(String);

impl Form {
    pub(crate) fn new() -> Self {
        Self(String::new())
    }

    pub(crate) fn add(self, name: &str, value: &str) -> Self {
        // The serializer is not kept: it would tie whoever waits for the reply to one thread.
        Self(Serializer::new(self.0).append_pair(name, value).finish())
    }

    /// Adds a time, see [`seconds`].
    pub(crate) fn time(self, name: &str, ms: i64) -> Self {
        self.add(name, &seconds(ms))
    }

    pub(crate) fn encode(self) -> String {
        self.0
    }
}

/// Unix milliseconds as seconds with exactly three decimals.
///
/// The only spelling that all servers since v1.79 read to the millisecond: old ones take integers
/// for seconds and round RFC 3339 fractions. Servers cut times off at 0 and in the year 2262, and
/// newer ones take a negative number as relative to now; so that is done here.
fn seconds(ms: i64) -> String {
    let ms = ms.clamp(0, MAX_MS);
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_exactly_three_decimals() {
        assert_eq!(seconds(1_700_000_000_001), "1700000000.001");
        assert_eq!(seconds(1_700_000_000_000), "1700000000.000");
        assert_eq!(seconds(7), "0.007");
    }

    #[test]
    fn times_stay_in_the_range_of_the_servers() {
        assert_eq!(seconds(-5_000), "0.000");
        assert_eq!(seconds(i64::MAX), "9223372036.854");
    }

    #[test]
    fn parameters_are_encoded_in_order() {
        let form = Form::new()
            .add("match[]", "{a=\"b&c\"}")
            .time("start", 1_500);
        assert_eq!(
            form.encode(),
            "match%5B%5D=%7Ba%3D%22b%26c%22%7D&start=1.500"
        );
    }
}
