//! The JSON envelope of the query endpoints.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::Error;
use crate::masked_url::MaskedUrl;
use crate::server_text::ServerText;

#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    error: Option<String>,
    data: Option<T>,
}

impl Client {
    /// Reads the `data` of a reply with `"status":"success"`.
    pub(crate) fn data<T: DeserializeOwned>(
        &self,
        url: MaskedUrl,
        reply: &str,
    ) -> Result<T, Error> {
        let unexpected = |problem: String| Error::Unexpected {
            url: url.clone(),
            problem,
        };
        let envelope: Envelope<T> = serde_json::from_str(reply).map_err(|error| {
            // Position and kind only: the text could quote a label value.
            unexpected(format!(
                "JSON {} at line {} column {}",
                match error.classify() {
                    serde_json::error::Category::Data => "of another shape",
                    serde_json::error::Category::Eof => "that ends too early",
                    _ => "with a fault",
                },
                error.line(),
                error.column()
            ))
        })?;
        if envelope.status != "success" {
            let text = envelope.error.unwrap_or_default();
            return Err(Error::Reported {
                text: ServerText::from_body(text.as_bytes(), self.endpoint().secrets()),
                url,
            });
        }
        if envelope.is_partial {
            return Err(Error::Partial { url });
        }
        envelope
            .data
            .ok_or_else(|| unexpected("success without `data`".to_owned()))
    }
}
