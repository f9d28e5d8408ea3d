//! `connection`: how to reach the server.

use secrecy::SecretString;
use vmapi::{Auth, Connection};

use super::error::ConfigError;
use super::fields::Fields;

#[derive(Clone, Copy)]
enum AuthType {
    None,
    Basic,
    Bearer,
    Header,
}

/// Pages send an empty word for "none".
const AUTH_TYPES: [(&str, AuthType); 5] = [
    ("none", AuthType::None),
    ("basic", AuthType::Basic),
    ("bearer", AuthType::Bearer),
    ("header", AuthType::Header),
    ("", AuthType::None),
];

pub(super) fn read(fields: &mut Fields<'_>) -> Result<Connection, ConfigError> {
    Ok(Connection {
        url: fields.text("url")?.unwrap_or_default(),
        api_base_path: fields.text("api_base_path")?.unwrap_or_default(),
        tenant_id: fields.text("tenant_id")?.unwrap_or_default(),
        is_multitenant: fields.switch("is_multitenant")?.unwrap_or_default(),
        full_api_url: fields.text("full_api_url")?.unwrap_or_default(),
        auth: fields.object("auth", read_auth)?.unwrap_or_default(),
        skip_tls_verify: fields.switch("skip_tls_verify")?.unwrap_or_default(),
        log_requests: fields.switch("debug")?.unwrap_or_default(),
        ..Connection::default()
    })
}

fn read_auth(fields: &mut Fields<'_>) -> Result<Auth, ConfigError> {
    let kind = fields
        .choice("type", &AUTH_TYPES)?
        .unwrap_or(AuthType::None);
    let username = fields.text("username")?.unwrap_or_default();
    let password = fields.text("password")?;
    let token = given(fields.text("token")?);
    let name = fields.text("header_name")?.unwrap_or_default();
    let value = given(fields.text("header_value")?);
    // Credentials that are not sent end in a 401 that nobody understands.
    let unused = [
        (
            "username",
            !username.is_empty() && !matches!(kind, AuthType::Basic),
        ),
        (
            "token",
            token.is_some() && !matches!(kind, AuthType::Bearer),
        ),
        (
            "header_name",
            !name.is_empty() && !matches!(kind, AuthType::Header),
        ),
    ];
    for (field, unused) in unused {
        if unused {
            fields.warn(field, "is ignored: `connection.auth.type` says otherwise");
        }
    }
    Ok(match kind {
        AuthType::None => Auth::None,
        AuthType::Basic => Auth::Basic {
            username,
            password: password.map(SecretString::from),
        },
        AuthType::Bearer => Auth::Bearer { token },
        AuthType::Header => Auth::Header { name, value },
    })
}

/// An empty secret is one that the sender does not have.
fn given(text: Option<String>) -> Option<SecretString> {
    text.filter(|text| !text.is_empty()).map(SecretString::from)
}
