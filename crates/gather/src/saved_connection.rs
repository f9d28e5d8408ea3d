//! What may be written to disk about the source.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use vmapi::{Auth, Connection, Endpoint};

use crate::error::Error;

/// What a resume has to be given again, because it is never stored; `Display` is for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// Credentials, in words.
    #[error("this export needs {0} again: credentials are never stored")]
    Credentials(String),
    /// The whole URL, whose query string may hold secrets.
    #[error(
        "this export needs its URL with the query string again: it may hold secrets, so it is never stored"
    )]
    Url,
}

/// A connection without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedConnection {
    url: String,
    api_base_path: String,
    tenant_id: String,
    is_multitenant: bool,
    full_api_url: String,
    skip_tls_verify: bool,
    tls_ca: Option<PathBuf>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    auth: SavedAuth,
    /// The URL carried user info, which is not kept.
    had_user_info: bool,
    /// The URL carried a query string, which may hold secrets and is not kept.
    had_query: bool,
}

/// Which credentials were used, not what they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedAuth {
    None,
    Basic { username: String },
    Bearer,
    Header { name: String },
}

impl SavedConnection {
    pub(crate) fn new(connection: &Connection) -> Self {
        let url = Stripped::new(&connection.url);
        let full_api_url = Stripped::new(&connection.full_api_url);
        let api_base_path = Stripped::new(&connection.api_base_path);
        let all = [&url, &full_api_url, &api_base_path];
        let had_user_info = all.iter().any(|stripped| stripped.had_user_info);
        let had_query = all.iter().any(|stripped| stripped.had_query);
        Self {
            url: url.kept,
            api_base_path: api_base_path.kept,
            tenant_id: connection.tenant_id.clone(),
            is_multitenant: connection.is_multitenant,
            full_api_url: full_api_url.kept,
            skip_tls_verify: connection.skip_tls_verify,
            tls_ca: connection.tls_ca.clone(),
            tls_cert: connection.tls_cert.clone(),
            tls_key: connection.tls_key.clone(),
            auth: match &connection.auth {
                Auth::None => SavedAuth::None,
                Auth::Basic { username, .. } => SavedAuth::Basic {
                    username: username.clone(),
                },
                Auth::Bearer { .. } => SavedAuth::Bearer,
                Auth::Header { name, .. } => SavedAuth::Header { name: name.clone() },
            },
            had_user_info,
            had_query,
        }
    }

    /// The address, for a person.
    pub(crate) fn url(&self) -> &str {
        if self.full_api_url.is_empty() {
            &self.url
        } else {
            &self.full_api_url
        }
    }

    /// The connection with credentials given anew.
    ///
    /// # Errors
    ///
    /// What was used and is not given.
    pub(crate) fn with_auth(&self, auth: Auth) -> Result<Connection, Missing> {
        let missing = match (&self.auth, &auth) {
            _ if self.had_query => return Err(Missing::Url),
            (SavedAuth::Basic { username }, Auth::None) => {
                Some(format!("the password of user `{username}`"))
            }
            (SavedAuth::Bearer, Auth::None) => Some("the bearer token".to_owned()),
            (SavedAuth::Header { name }, Auth::None) => Some(format!("the header `{name}`")),
            (SavedAuth::None, Auth::None) if self.had_user_info => {
                Some("the user and password that stood in the URL".to_owned())
            }
            _ => None,
        };
        if let Some(missing) = missing {
            return Err(Missing::Credentials(missing));
        }
        Ok(Connection {
            auth,
            ..self.without_auth()
        })
    }

    /// The address alone, for a run that asks the server nothing.
    pub(crate) fn without_auth(&self) -> Connection {
        Connection {
            skip_tls_verify: self.skip_tls_verify,
            tls_ca: self.tls_ca.clone(),
            tls_cert: self.tls_cert.clone(),
            tls_key: self.tls_key.clone(),
            ..self.address()
        }
    }

    fn address(&self) -> Connection {
        Connection {
            url: self.url.clone(),
            api_base_path: self.api_base_path.clone(),
            tenant_id: self.tenant_id.clone(),
            is_multitenant: self.is_multitenant,
            full_api_url: self.full_api_url.clone(),
            ..Connection::default()
        }
    }

    /// Whether a connection that replaces this one leads to another scheme, host or port, as that of
    /// a new port forwarding does.
    ///
    /// # Errors
    ///
    /// [`Error::OtherSource`] if it leads to another path or tenant, whose data are others;
    /// [`Error::Connection`].
    pub(crate) fn is_moved_by(&self, given: &Connection) -> Result<bool, Error> {
        let endpoint = |connection| Endpoint::new(connection).map_err(Error::Connection);
        let (own, given) = (endpoint(&self.address())?, endpoint(given)?);
        let urls = [&own, &given].map(|endpoint| endpoint.base_url().to_string());
        if own.base_path() != given.base_path() || own.tenant() != given.tenant() {
            let [begun, given] = urls;
            return Err(Error::OtherSource { begun, given });
        }
        Ok(urls[0] != urls[1])
    }
}

/// A URL without query string, fragment and user info.
struct Stripped {
    kept: String,
    had_user_info: bool,
    had_query: bool,
}

impl Stripped {
    fn new(url: &str) -> Self {
        let end = url.find(['?', '#']).unwrap_or(url.len());
        let (kept, cut) = url.split_at(end);
        let authority = kept.find("://").map_or(0, |at| at + 3);
        let authority_end = kept[authority..]
            .find('/')
            .map_or(kept.len(), |at| authority + at);
        let user_info_end = kept[authority..authority_end].rfind('@');
        Self {
            kept: match user_info_end {
                Some(at) => format!("{}{}", &kept[..authority], &kept[authority + at + 1..]),
                None => kept.to_owned(),
            },
            had_user_info: user_info_end.is_some(),
            had_query: !cut.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_saved() {
        for url in [
            "http://u:hunter2@h:8428/x?key=hunter2#hunter2",
            "u:hunter2@h:8428",
            "http://u:hunt@hunter2@h/",
            "https://h/p?hunter2",
        ] {
            let connection = Connection {
                url: url.to_owned(),
                auth: Auth::Basic {
                    username: "u".to_owned(),
                    password: Some("hunter2".into()),
                },
                ..Connection::default()
            };
            let saved = SavedConnection::new(&connection);
            let json = serde_json::to_string(&saved).unwrap();
            assert!(!json.contains("hunter2"), "{json}");
            assert!(saved.had_user_info || saved.had_query);
        }
    }

    #[test]
    fn missing_credentials_are_asked_for() {
        let connection = Connection {
            url: "http://h:8428".to_owned(),
            auth: Auth::Bearer {
                token: Some("t".into()),
            },
            ..Connection::default()
        };
        let saved = SavedConnection::new(&connection);
        assert!(saved.with_auth(Auth::None).is_err());
        assert!(saved.with_auth(connection.auth.clone()).is_ok());

        let in_url = SavedConnection::new(&Connection {
            url: "http://u:p@h:8428".to_owned(),
            ..Connection::default()
        });
        assert!(in_url.with_auth(Auth::None).is_err());
        assert!(in_url.with_auth(connection.auth.clone()).is_ok());

        let with_query = SavedConnection::new(&Connection {
            url: "http://h:8428/?key=x".to_owned(),
            ..Connection::default()
        });
        for auth in [Auth::None, connection.auth] {
            assert_eq!(with_query.with_auth(auth).err(), Some(Missing::Url));
        }
    }

    #[test]
    fn another_path_or_tenant_is_another_source() {
        let at = |url: &str, tenant: &str| Connection {
            url: url.to_owned(),
            tenant_id: tenant.to_owned(),
            ..Connection::default()
        };
        let saved = SavedConnection::new(&at("http://h:8481/select/0/prometheus", ""));
        for (url, moved) in [
            ("http://u:p@h:8481/select/0/prometheus/?key=x", false),
            ("http://127.0.0.1:18481/select/0/prometheus", true),
            ("https://h:8481/select/0/prometheus", true),
        ] {
            assert_eq!(saved.is_moved_by(&at(url, "")).unwrap(), moved, "{url}");
        }
        for (url, tenant) in [
            ("http://h:8481/select/5/prometheus", ""),
            ("http://h:8481/x/select/0/prometheus", ""),
            ("http://h:8481", ""),
            ("http://h:8481", "5"),
        ] {
            let other = saved.is_moved_by(&at(url, tenant));
            assert!(
                matches!(other, Err(Error::OtherSource { .. })),
                "{url} {tenant}"
            );
        }
    }
}
