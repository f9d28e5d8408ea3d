//! The header that says who asks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use crate::connection::{Auth, ConnectionError};
use crate::secret_text::SecretTexts;

/// The header that says who asks, marked so that HTTP libraries do not show it.
pub(crate) fn credentials(
    auth: &Auth,
    secrets: &mut SecretTexts,
) -> Result<Option<(HeaderName, HeaderValue)>, ConnectionError> {
    let (field, name, value) = match auth {
        Auth::None => return Ok(None),
        Auth::Basic { username, password } => {
            if username.is_empty() {
                return Err(ConnectionError::new("auth.username", "is missing"));
            }
            let password = present("auth.password", password)?;
            secrets.add(password);
            let pair = BASE64.encode(format!("{username}:{password}"));
            secrets.add(&pair);
            ("auth.password", AUTHORIZATION, format!("Basic {pair}"))
        }
        Auth::Bearer { token } => {
            let token = filled("auth.token", token)?;
            secrets.add(token);
            ("auth.token", AUTHORIZATION, format!("Bearer {token}"))
        }
        Auth::Header { name, value } => {
            let value = filled("auth.header_value", value)?;
            secrets.add(value);
            ("auth.header_value", header_name(name)?, value.to_owned())
        }
    };
    let mut value = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| ConnectionError::new(field, "holds characters that a header cannot carry"))?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}

fn header_name(name: &str) -> Result<HeaderName, ConnectionError> {
    let bad =
        |problem: &str| ConnectionError::new("auth.header_name", format!("is `{name}`, {problem}"));
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| bad("which is not the name of a header"))?;
    let framing = [
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "accept-encoding",
        "host",
        "transfer-encoding",
    ];
    if framing.contains(&parsed.as_str()) {
        return Err(bad("which requests set themselves"));
    }
    Ok(parsed)
}

fn present<'a>(
    field: &'static str,
    secret: &'a Option<SecretString>,
) -> Result<&'a str, ConnectionError> {
    secret
        .as_ref()
        .map(|secret| secret.expose_secret())
        .ok_or_else(|| ConnectionError::new(field, "is missing"))
}

fn filled<'a>(
    field: &'static str,
    secret: &'a Option<SecretString>,
) -> Result<&'a str, ConnectionError> {
    match present(field, secret)?.trim() {
        "" => Err(ConnectionError::new(field, "is empty")),
        text => Ok(text),
    }
}
