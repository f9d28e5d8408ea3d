//! How to reach a target, as far as it is no secret.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use vmapi::{Auth, Connection};

use super::config::{Fields, has_secret};
use crate::reply::Problem;

/// The file beside an unfinished import.
const FILE: &str = "target.json";

/// The connection of an import without its secrets, kept so that it can be resumed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Reach {
    /// The address without user info, and without a query string that may hold a key.
    pub(super) endpoint: String,
    pub(super) tenant_id: String,
    /// `none`, `basic`, `bearer` or `header`.
    pub(super) auth_type: String,
    pub(super) username: String,
    pub(super) custom_header_name: String,
    pub(super) skip_tls_verify: bool,
    /// The requests carried a password, token or header value.
    pub(super) lacks_secret: bool,
    /// The address had a query string that is not kept.
    pub(super) lacks_query: bool,
}

impl Reach {
    pub(super) fn of(connection: &Connection) -> Self {
        let (auth_type, username, header) = match &connection.auth {
            Auth::None => ("none", "", ""),
            Auth::Basic { username, .. } => ("basic", username.as_str(), ""),
            Auth::Bearer { .. } => ("bearer", "", ""),
            Auth::Header { name, .. } => ("header", "", name.as_str()),
        };
        let (endpoint, lacks_query) = without_secrets(&connection.url);
        Self {
            endpoint,
            tenant_id: connection.tenant_id.clone(),
            auth_type: auth_type.to_owned(),
            username: username.to_owned(),
            custom_header_name: header.to_owned(),
            skip_tls_verify: connection.skip_tls_verify,
            lacks_secret: has_secret(&connection.auth),
            lacks_query,
        }
    }

    /// What is known of an import that another program began: the URL of its requests.
    pub(super) fn of_import_url(url: &str) -> Self {
        let (endpoint, lacks_query) = without_secrets(url);
        Self {
            endpoint,
            auth_type: "none".to_owned(),
            lacks_query,
            ..Self::default()
        }
    }

    /// The field that was not kept and is needed again.
    pub(super) fn needs(&self) -> Option<&'static str> {
        if self.lacks_query {
            Some("endpoint")
        } else if self.lacks_secret && self.auth_type == "header" {
            Some("custom_header_value")
        } else {
            self.lacks_secret.then_some("password")
        }
    }

    /// Completes the fields of a resume by what is known.
    ///
    /// # Errors
    ///
    /// Names the field that is needed and was not sent.
    pub(super) fn complete(&self, fields: &mut Fields) -> Result<(), Problem> {
        let has_secret = fields.given("password")
            || fields.given("custom_header_value")
            || fields.has_user_in_url();
        let missing = match self.needs() {
            Some("endpoint") => !fields.given("endpoint"),
            Some(_) => !has_secret,
            None => false,
        };
        if let Some(field) = self.needs().filter(|_| missing) {
            return Err(Problem::bad_request(format!(
                "`{field}` is needed again: it was not kept when the import ended"
            ))
            .code("auth_required")
            .hint("send it with the request to resume"));
        }
        for (name, text) in [
            ("endpoint", &self.endpoint),
            ("tenant_id", &self.tenant_id),
            ("auth_type", &self.auth_type),
            ("username", &self.username),
            ("custom_header_name", &self.custom_header_name),
        ] {
            fields.fill(name, text);
        }
        fields.fill_flag("skip_tls_verify", self.skip_tls_verify);
        Ok(())
    }

    /// Keeps it in the folder of an import.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        use std::io::Write as _;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, self)?;
        file.flush()?;
        file.persist(folder.join(FILE))?;
        Ok(())
    }

    /// Reads it from the folder of an import; `None` if another program began that.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read(folder.join(FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// An address without user info, fragment, and any query string but one of labels to add; and
/// whether there was another one.
fn without_secrets(url: &str) -> (String, bool) {
    let url = url.split('#').next().unwrap_or_default();
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = match place.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), place),
    };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let place = format!("{scheme}{rest}");
    let adds_labels = |pair: &str| pair.starts_with("extra_label=");
    if query.is_empty() {
        (place, false)
    } else if query.split('&').all(adds_labels) && !query.contains('@') {
        (format!("{place}?{query}"), false)
    } else {
        (place, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_to_add_stay_of_a_query_string() {
        for (url, kept, lacks) in [
            ("http://vm:8428", "http://vm:8428", false),
            ("http://ann:a@b@vm/x#y", "http://vm/x", false),
            (
                "vm/x?extra_label=a=b&extra_label=c=d",
                "vm/x?extra_label=a=b&extra_label=c=d",
                false,
            ),
            ("vm/x?extra_label=a=b&key=c", "vm/x", true),
        ] {
            assert_eq!(without_secrets(url), (kept.to_owned(), lacks), "{url}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let reach = Reach {
            endpoint: "http://vm".to_owned(),
            auth_type: "header".to_owned(),
            custom_header_name: "X-Key".to_owned(),
            lacks_secret: true,
            ..Reach::default()
        };
        let problem = reach.complete(&mut Fields::default()).unwrap_err();
        assert!(problem.text().contains("`custom_header_value`"));
        assert_eq!(problem.word(), Some("auth_required"));
        let mut fields = Fields::parse(br#"{"custom_header_value":"k"}"#).unwrap();
        reach.complete(&mut fields).unwrap();
        assert!(fields.given("endpoint") && fields.given("custom_header_name"));
    }
}
