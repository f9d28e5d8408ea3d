//! The import config: where to write, and what becomes of the data on the way.

use replay::{Fit, PROTECTED_LABELS, Shift};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::Url;
use vmapi::{Auth, Connection, ConnectionError, Importer, Target, Timeouts};

use super::reach::Reach;
use crate::exporter::upstream;
use crate::reply::{Problem, one_line};

/// A checked import config.
pub(super) struct ImportConfig {
    /// Where to write, without secrets.
    pub(super) reach: Reach,
    /// What becomes of the data.
    pub(super) fit: Fit,
    /// Label limit to assume in place of the target's own.
    pub(super) max_labels: Option<u32>,
    /// Stored in profiles, without effect.
    pub(super) metric_step_seconds: i64,
    /// Stored in profiles, without effect.
    pub(super) batch_window_seconds: i64,
    connection: Connection,
}

impl ImportConfig {
    /// Reads a config. Absent and `null` are the same, unknown fields are ignored.
    pub(super) fn parse(document: &[u8]) -> Result<Self, Problem> {
        Self::of(Fields::parse(document)?)
    }

    /// Reads a config that may name no target, for looking at a bundle.
    pub(super) fn parse_without_target(document: &[u8]) -> Result<Self, Problem> {
        Self::read(Fields::parse(document)?)
    }

    /// Reads a config of which some fields come from elsewhere.
    pub(super) fn of(fields: Fields) -> Result<Self, Problem> {
        let config = Self::read(fields)?;
        if config.names_no_target() {
            return Err(missing_endpoint());
        }
        Ok(config)
    }

    pub(super) fn names_no_target(&self) -> bool {
        self.connection.url.is_empty()
    }

    fn read(fields: Fields) -> Result<Self, Problem> {
        let endpoint = fields.text("endpoint")?.trim().to_owned();
        let username = fields.text("username")?;
        let given = fields.given("auth_type");
        let auth_type = match fields.text("auth_type")?.trim() {
            "" if !given && !username.is_empty() => "basic".to_owned(),
            "" => "none".to_owned(),
            text => text.to_ascii_lowercase(),
        };
        let password = Some(SecretString::from(fields.text("password")?));
        let header_name = fields.text("custom_header_name")?;
        let header_value = Some(SecretString::from(fields.text("custom_header_value")?));
        let auth = match auth_type.as_str() {
            "none" => Auth::None,
            "basic" => Auth::Basic { username, password },
            "bearer" => Auth::Bearer { token: password },
            "header" => Auth::Header {
                name: header_name,
                value: header_value,
            },
            other => {
                return Err(Problem::bad_request(format!(
                    "`auth_type` is `{}`, which is none of `none`, `basic`, `bearer` and `header`",
                    shown(other)
                )));
            }
        };
        let (url, auth) = user_of_url(endpoint, auth, given);
        let tenant_id = fields.text("tenant_id")?.trim().to_owned();
        let skip_tls_verify = fields.flag("skip_tls_verify")?.unwrap_or_default();
        let max_labels = fields.integer("max_labels_override")?;
        let connection = Connection {
            url,
            tenant_id,
            auth,
            skip_tls_verify,
            ..Connection::default()
        };
        Ok(Self {
            reach: Reach::of(&connection),
            fit: fit(&fields)?,
            max_labels: u32::try_from(max_labels).ok().filter(|most| *most > 0),
            metric_step_seconds: fields.integer("metric_step_seconds")?,
            batch_window_seconds: fields.integer("batch_window_seconds")?,
            connection,
        })
    }

    /// What writes to the target; its credentials live as long as it does.
    pub(super) fn importer(&self, timeouts: Timeouts) -> Result<Importer, Problem> {
        Target::new(&self.connection)
            .and_then(|target| Importer::new(target, timeouts))
            .map_err(|error| {
                let field = own_name(&self.connection.auth, error.field());
                upstream::bad_connection(&ConnectionError::with_field(error, field))
            })
    }
}

/// There is nowhere to send anything.
pub(super) fn missing_endpoint() -> Problem {
    Problem::bad_request("`endpoint` is missing")
        .hint("write the address of the target into it, such as `http://vm:8428`")
}

/// What becomes of the data.
fn fit(fields: &Fields) -> Result<Fit, Problem> {
    let unit = match fields.text("timestamp_unit")?.trim() {
        "" => replay::UnitChoice::default(),
        text => text.parse().map_err(|error| {
            Problem::bad_request(format!("`timestamp_unit`: {}", one_line(&error)))
        })?,
    };
    let mut drop_labels = fields.texts("drop_labels")?;
    // Pages send them along; they stay all the same.
    drop_labels.retain(|name| {
        let name = name.trim();
        !name.is_empty() && !PROTECTED_LABELS.contains(&name)
    });
    let shift = match fields.integer("time_shift_ms")? {
        0 => Shift::None,
        by => Shift::By(by),
    };
    let fit = Fit {
        unit,
        shift,
        keep_old: !fields.flag("drop_old")?.unwrap_or(true),
        drop_labels,
        add_labels: fields.pairs("add_labels")?,
        max_labels: None,
    };
    fit.checked()
        .map_err(|error| Problem::bad_request(one_line(&error)))
}

/// Takes a user out of the URL, so that it is shown and asked for like any other. Settings of their
/// own win, and `none` means none.
fn user_of_url(endpoint: String, auth: Auth, explicit: bool) -> (String, Auth) {
    if !endpoint.contains('@') {
        return (endpoint, auth);
    }
    let whole = if endpoint.contains("://") {
        endpoint.clone()
    } else {
        format!("http://{endpoint}")
    };
    let Ok(mut url) = Url::parse(&whole) else {
        return (endpoint, auth);
    };
    let decoded = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let username = decoded(url.username());
    let password = decoded(url.password().unwrap_or_default());
    if url.set_username("").is_err() || url.set_password(None).is_err() {
        return (endpoint, auth);
    }
    let auth = match auth {
        Auth::None if !explicit && !username.is_empty() => Auth::Basic {
            username,
            password: Some(password.into()),
        },
        auth => auth,
    };
    (url.to_string(), auth)
}

/// The field of the config for a field of a connection.
fn own_name(auth: &Auth, field: &'static str) -> &'static str {
    match (field, auth) {
        ("url", _) => "endpoint",
        ("auth.username", _) => "username",
        ("auth.password" | "auth.token", _) => "password",
        ("auth.header_name", _) => "custom_header_name",
        ("auth.header_value", _) => "custom_header_value",
        (field, _) => field,
    }
}

/// Text of the caller in a reply to it.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// The fields of a JSON object.
#[derive(Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads the first JSON value of a text; what follows is ignored.
    pub(super) fn parse(document: &[u8]) -> Result<Self, Problem> {
        let mut values = serde_json::Deserializer::from_slice(document).into_iter();
        match values.next() {
            Some(Ok(Value::Object(fields))) => Ok(Self(fields)),
            Some(Ok(_)) => Err(Problem::bad_request("the import config is no JSON object")),
            Some(Err(error)) => Err(Problem::bad_request(format!(
                "the import config is not JSON: line {}, column {}",
                error.line(),
                error.column()
            ))),
            None => Err(Problem::bad_request("the import config is empty")),
        }
    }

    /// Puts a text where nothing is given.
    pub(super) fn fill(&mut self, name: &str, text: &str) {
        if !self.given(name) && !text.is_empty() {
            self.0.insert(name.to_owned(), text.into());
        }
    }

    /// Puts a switch where none is given.
    pub(super) fn fill_flag(&mut self, name: &str, flag: bool) {
        if self.get(name).is_none() {
            self.0.insert(name.to_owned(), flag.into());
        }
    }

    /// Whether a field holds more than an empty text.
    pub(super) fn given(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))
    }

    /// Whether the address names a user.
    pub(super) fn has_user_in_url(&self) -> bool {
        let endpoint = self.get("endpoint").and_then(Value::as_str);
        endpoint.is_some_and(|endpoint| endpoint.contains('@'))
    }

    /// The field of this name, else one that differs in case only.
    fn get(&self, name: &str) -> Option<&Value> {
        let by_case = || {
            let mut fields = self.0.iter();
            fields
                .find(|(own, _)| own.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        };
        self.0
            .get(name)
            .or_else(by_case)
            .filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<String, Problem> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(wrong(name, "a text")),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong(name, "`true` or `false`")),
        }
    }

    fn integer(&self, name: &str) -> Result<i64, Problem> {
        match self.get(name) {
            None => Ok(0),
            Some(value) => value.as_i64().ok_or_else(|| wrong(name, "a whole number")),
        }
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, Problem> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .iter()
                .map(text)
                .collect::<Option<_>>()
                .ok_or_else(|| wrong(name, "a list of texts")),
            Some(_) => Err(wrong(name, "a list of texts")),
        }
    }

    fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, Problem> {
        let pair = |(name, value): (&String, &Value)| {
            value.as_str().map(|value| (name.clone(), value.to_owned()))
        };
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Object(fields)) => fields
                .iter()
                .map(pair)
                .collect::<Option<_>>()
                .ok_or_else(|| wrong(name, "an object of texts")),
            Some(_) => Err(wrong(name, "an object of texts")),
        }
    }
}

/// The value itself may be a secret.
fn wrong(name: &str, wanted: &str) -> Problem {
    Problem::bad_request(format!("`{name}` must be {wanted}"))
}

/// Whether credentials hold more than a name.
pub(super) fn has_secret(auth: &Auth) -> bool {
    let filled = |secret: &Option<SecretString>| {
        secret
            .as_ref()
            .is_some_and(|secret| !secret.expose_secret().is_empty())
    };
    match auth {
        Auth::None => false,
        Auth::Basic { password, .. } => filled(password),
        Auth::Bearer { token } => filled(token),
        Auth::Header { value, .. } => filled(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> ImportConfig {
        ImportConfig::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn absent_settings_have_the_defaults_of_the_contract() {
        let config = parse(r#"{"endpoint":" vm:8428 ","drop_labels":null,"other":[1]}"#);
        assert_eq!(config.reach.endpoint, "vm:8428");
        assert_eq!(config.reach.auth_type, "none");
        assert!(!config.fit.keep_old);
        assert_eq!(config.fit.shift, Shift::None);
        assert_eq!(config.max_labels, None);
    }

    #[test]
    fn a_user_name_alone_means_basic_and_none_means_none() {
        assert_eq!(
            parse(r#"{"endpoint":"vm","username":"ann","password":"x"}"#)
                .reach
                .auth_type,
            "basic"
        );
        let config = parse(r#"{"endpoint":"vm","auth_type":" NONE ","username":"ann"}"#);
        assert_eq!(config.reach.auth_type, "none");
        assert!(!config.reach.lacks_secret);
    }

    #[test]
    fn a_user_in_the_url_is_no_part_of_what_is_shown() {
        let config = parse(r#"{"endpoint":"http://ann:hunter2@vm:8428/x?key=hunter3"}"#);
        assert_eq!(config.reach.endpoint, "http://vm:8428/x");
        assert_eq!(config.reach.username, "ann");
        assert!(config.reach.lacks_secret);
        assert!(config.reach.lacks_query);
        let config = parse(r#"{"endpoint":"http://vm/x?extra_label=a=b"}"#);
        assert_eq!(config.reach.endpoint, "http://vm/x?extra_label=a=b");
        assert!(!config.reach.lacks_query);
    }

    #[test]
    fn wrong_values_are_named_without_the_value() {
        for (text, field) in [
            (r#"{"endpoint":"vm","password":42424242}"#, "password"),
            (r#"{"endpoint":"vm","drop_labels":"a"}"#, "drop_labels"),
            (r#"{"endpoint":"vm","add_labels":{"a":1}}"#, "add_labels"),
            (r#"{"endpoint":"vm","time_shift_ms":1.5}"#, "time_shift_ms"),
            (
                r#"{"endpoint":"vm","timestamp_unit":"h"}"#,
                "timestamp_unit",
            ),
            (r#"{"endpoint":"vm","auth_type":"digest"}"#, "auth_type"),
            (r#"{"tenant_id":"1"}"#, "endpoint"),
        ] {
            let Err(problem) = ImportConfig::parse(text.as_bytes()) else {
                panic!("{text}");
            };
            assert!(problem.text().contains(field), "{}", problem.text());
            assert!(!problem.text().contains("42424242"));
        }
    }

    #[test]
    fn protected_labels_are_left_out_of_those_to_drop() {
        let config = parse(r#"{"endpoint":"vm","drop_labels":[" b","job","","a","b","__name__"]}"#);
        assert_eq!(config.fit.drop_labels, ["a", "b"]);
    }

    #[test]
    fn errors_name_the_fields_of_this_config() {
        let refused = |text: &str| {
            let error = parse(text).importer(Timeouts::default()).unwrap_err();
            error.text().to_owned()
        };
        assert!(refused(r#"{"endpoint":"ftp://vm"}"#).contains("`endpoint`"));
        assert!(refused(r#"{"endpoint":"vm","auth_type":"bearer"}"#).contains("`password`"),);
        assert!(
            refused(r#"{"endpoint":"vm","auth_type":"header","custom_header_name":"X-Key"}"#)
                .contains("`custom_header_value`"),
        );
    }
}
