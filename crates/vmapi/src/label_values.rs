//! Which labels there are, and which values a label has.

use crate::client::Client;
use crate::error::Error;
use crate::form::Form;
use crate::label_text::LabelText;
use crate::selector::Selector;

/// Largest list of label values, in bytes.
const LIMIT_BYTES: usize = 32 << 20;

impl Client {
    /// The values of a label among the series that match any of the selectors, sorted.
    ///
    /// Both ends of the range are included, but servers look at whole UTC days: a value may belong
    /// to a series without a sample in the range. No selector means all series.
    ///
    /// # Errors
    ///
    /// No reply, another status than 200 (a label list has a deadline of its own, 5 s by default:
    /// [`Error::is_timeout`]), a reply above 32 MiB, or partial data of a cluster.
    pub async fn label_values(
        &self,
        label: &str,
        matches: &[Selector],
        start_ms: i64,
        end_ms: i64,
    ) -> Result<Vec<LabelText>, Error> {
        let call = format!("/api/v1/label/{}/values", path_segment(label));
        self.label_list(&call, matches, start_ms, end_ms).await
    }

    /// The names of the labels of the series that match any of the selectors, sorted.
    ///
    /// Range and selectors mean what they mean for [`Client::label_values`].
    ///
    /// # Errors
    ///
    /// As [`Client::label_values`].
    pub async fn label_names(
        &self,
        matches: &[Selector],
        start_ms: i64,
        end_ms: i64,
    ) -> Result<Vec<LabelText>, Error> {
        self.label_list("/api/v1/labels", matches, start_ms, end_ms)
            .await
    }

    async fn label_list(
        &self,
        call: &str,
        matches: &[Selector],
        start_ms: i64,
        end_ms: i64,
    ) -> Result<Vec<LabelText>, Error> {
        let mut form = Form::new();
        for selector in matches {
            form = form.add("match[]", selector.as_str());
        }
        let form = form
            // With a start of 0 servers look at the last five minutes only.
            .time("start", start_ms.max(1))
            .time("end", end_ms)
            .add("deny_partial_response", "1");
        let body = self.ask(call, form).await?;
        let url = body.url().clone();
        let reply = body.whole(LIMIT_BYTES).await?;
        let mut values: Vec<LabelText> = self.data(url, &reply)?;
        values.sort_unstable();
        Ok(values)
    }
}

/// A label name in a path: everything but letters, digits and underscores is percent-encoded.
fn path_segment(label: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC.remove(b'_');
    percent_encoding::utf8_percent_encode(label, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_names_cannot_leave_their_segment() {
        assert_eq!(path_segment("__name__"), "__name__");
        assert_eq!(path_segment("../a?b#c"), "%2E%2E%2Fa%3Fb%23c");
    }
}
