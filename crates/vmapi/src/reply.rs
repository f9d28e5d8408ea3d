//! The JSON envelope of the query endpoints.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::Error;
use crate::label_text::LabelText;
use crate::masked_url::MaskedUrl;
use crate::server_text::ServerText;

#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    error: Option<LabelText>,
    data: Option<T>,
}

impl Client {
    /// Reads the `data` of a reply with `"status":"success"`.
    pub(crate) fn data<T: DeserializeOwned>(
        &self,
        url: MaskedUrl,
        reply: &[u8],
    ) -> Result<T, Error> {
        match self.partial_data(&url, reply)? {
            (data, false) => Ok(data),
            (_, true) => Err(Error::Partial { url }),
        }
    }

    /// The same, where partial data of a cluster is good enough; the second value says whether it is
    /// partial.
    pub(crate) fn partial_data<T: DeserializeOwned>(
        &self,
        url: &MaskedUrl,
        reply: &[u8],
    ) -> Result<(T, bool), Error> {
        let envelope: Envelope<T> = self.json(url, reply)?;
        if envelope.status != "success" {
            let text = envelope.error.unwrap_or_default();
            return Err(Error::Reported {
                text: ServerText::from_body(text.as_bytes(), self.endpoint().secrets()),
                url: url.clone(),
            });
        }
        match envelope.data {
            Some(data) => Ok((data, envelope.is_partial)),
            None => Err(Error::Unexpected {
                url: url.clone(),
                problem: "success without `data`".to_owned(),
            }),
        }
    }

    /// Reads a piece of JSON.
    pub(crate) fn json<T: DeserializeOwned>(
        &self,
        url: &MaskedUrl,
        json: &[u8],
    ) -> Result<T, Error> {
        serde_json::from_slice(json).map_err(|error| Error::Unexpected {
            url: url.clone(),
            // Position and kind only: the text could quote a label value.
            problem: format!(
                "JSON {} at line {} column {}",
                match error.classify() {
                    serde_json::error::Category::Data => "of another shape",
                    serde_json::error::Category::Eof => "that ends too early",
                    _ => "with a fault",
                },
                error.line(),
                error.column()
            ),
        })
    }
}
