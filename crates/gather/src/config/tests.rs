use std::time::Duration;

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::request::Selection;

fn strict(document: &str) -> Result<ExportConfig, ConfigError> {
    ExportConfig::parse(document.as_bytes(), Strictness::Strict)
}

fn lenient(document: &str) -> ExportConfig {
    ExportConfig::parse(document.as_bytes(), Strictness::Lenient).unwrap()
}

/// The error and everything behind it.
fn refusal(document: &str) -> String {
    let now = "2026-01-23T14:00:00Z".parse().unwrap();
    let error = strict(document)
        .and_then(|config| {
            config.range(now)?;
            config.rules()?;
            config.selection()?;
            Ok(())
        })
        .unwrap_err();
    let mut text = error.to_string();
    let mut next = std::error::Error::source(&error);
    while let Some(cause) = next {
        text += &format!(": {cause}");
        next = cause.source();
    }
    text
}

/// A config with a good range and `more` fields.
fn with_range(more: &str) -> String {
    format!(
        r#"{{"time_range":{{"start":"2026-01-23T12:00:00Z","end":"2026-01-23T13:00:00Z"}},{more}}}"#
    )
}

#[test]
fn the_example_of_the_documentation_is_understood() {
    let config = strict(
        r#"{
          "connection": {"url": "http://vmsingle:8428", "auth": {"type": "none"}},
          "time_range": {"start": "2026-01-23T12:00:00Z", "end": "2026-01-23T13:00:00.5Z"},
          "mode": "custom", "query_type": "selector", "query": "{job=~\"test.*\"}", "jobs": ["test1"],
          "obfuscation": {"enabled": false, "drop_labels": ["env"]},
          "batching": {"enabled": false}
        }"#,
    )
    .unwrap();
    assert_eq!(config.connection.url, "http://vmsingle:8428");
    let range = config
        .range("2026-01-23T14:00:00Z".parse().unwrap())
        .unwrap();
    assert_eq!(
        (range.start_ms, range.end_ms),
        (1_769_169_600_000, 1_769_173_200_500)
    );
    assert!(matches!(
        config.selection().unwrap(),
        Selection::Selector { jobs, .. } if jobs == ["test1"]
    ));
    assert!(config.rules().unwrap().is_off());
    assert_eq!(config.obfuscation.drop_labels, ["env"]);
    assert_eq!(
        config.window.for_range(range),
        Some(Duration::from_millis(3_600_501))
    );
    assert!(config.warnings.is_empty());
}

#[test]
fn null_is_the_same_as_absent_everywhere() {
    let config = strict(
        r#"{"connection":{"url":"http://vm","api_base_path":null,"tenant_id":null,
            "is_multitenant":null,"full_api_url":null,"skip_tls_verify":null,"debug":null,
            "auth":{"type":null,"username":null,"password":null,"token":null,
                    "header_name":null,"header_value":null}},
          "time_range":{"start":null,"end":null},"mode":null,"components":null,"jobs":null,
          "query_type":null,"query":null,
          "obfuscation":{"enabled":true,"obfuscate_instance":null,"obfuscate_job":null,
            "preserve_structure":null,"custom_labels":null,"drop_labels":null},
          "batching":{"enabled":null,"strategy":null,"custom_interval_seconds":null},
          "format":null,"metric_step_seconds":null,"staging_dir":null,"staging_file":null,
          "resume_from_batch":null,"output_settings":null}"#,
    )
    .unwrap();
    assert_eq!(config.obfuscation, ObfuscationConfig::standard());
    assert_eq!(config.window, WindowConfig::Automatic);
    assert_eq!(config.warnings, Vec::<String>::new());
    assert!(matches!(config.connection.auth, vmapi::Auth::None));
    for name in ["connection", "time_range", "obfuscation", "batching"] {
        assert!(strict(&format!(r#"{{"{name}":null}}"#)).is_ok(), "{name}");
    }
}

#[test]
fn both_switches_default_to_on_only_if_neither_is_named() {
    let switches = |obfuscation: &str| {
        let config = strict(&format!(r#"{{"obfuscation":{obfuscation}}}"#)).unwrap();
        (config.obfuscation.instance, config.obfuscation.job)
    };
    assert_eq!(switches(r#"{"enabled":true}"#), (true, true));
    assert_eq!(
        switches(r#"{"enabled":true,"obfuscate_job":true}"#),
        (false, true)
    );
    assert_eq!(
        switches(r#"{"enabled":true,"obfuscate_instance":false}"#),
        (false, false)
    );
    assert_eq!(switches(r#"{"enabled":false}"#), (false, false));
    assert_eq!(switches("{}"), (false, false));
}

#[test]
fn switches_without_enabled_replace_nothing_but_labels_are_dropped() {
    let config = strict(
        r#"{"obfuscation":{"obfuscate_job":true,"custom_labels":["x"],"drop_labels":["env"]}}"#,
    )
    .unwrap();
    assert_eq!(
        config.rules().unwrap(),
        privacy::Rules::off(["env"]).unwrap()
    );
}

#[test]
fn batching_tells_absent_from_off() {
    let window = |batching: &str| {
        strict(&format!(r#"{{"batching":{batching}}}"#))
            .unwrap()
            .window
    };
    let seconds = |n| WindowConfig::Length(Duration::from_secs(n));
    assert_eq!(window("{}"), WindowConfig::Automatic);
    assert_eq!(window(r#"{"enabled":false}"#), WindowConfig::Whole);
    assert_eq!(
        window(r#"{"enabled":false,"custom_interval_seconds":60}"#),
        WindowConfig::Whole
    );
    assert_eq!(window(r#"{"custom_interval_seconds":120}"#), seconds(120));
    assert_eq!(window(r#"{"custom_interval_seconds":1}"#), seconds(30));
    assert_eq!(
        window(r#"{"custom_interval_seconds":999999}"#),
        seconds(86_400)
    );
    assert_eq!(
        window(r#"{"custom_interval_seconds":-5}"#),
        WindowConfig::Automatic
    );
    assert_eq!(
        window(r#"{"strategy":"whatever"}"#),
        WindowConfig::Automatic
    );
}

#[test]
fn components_without_jobs_never_choose_everything() {
    let selection = |fields: &str| strict(fields).unwrap().selection().unwrap();
    assert!(matches!(
        selection(r#"{"components":["vmagent"]}"#),
        Selection::Jobs(jobs) if jobs.is_empty()
    ));
    assert!(matches!(
        selection(r#"{"components":["vmagent"],"jobs":["a","b","a"]}"#),
        Selection::Jobs(jobs) if jobs == ["a", "b"]
    ));
    assert!(matches!(selection("{}"), Selection::Everything));
}

#[test]
fn selectors_are_told_from_metricsql() {
    let custom = |query: &str| {
        let query = serde_json::to_string(query).unwrap();
        strict(&format!(r#"{{"mode":"custom","query":{query}}}"#))
            .unwrap()
            .selection()
            .unwrap()
    };
    for selector in [
        "up",
        "{job=\"a\"}",
        "up{job=~\"a|b\"}",
        "{a=\"}(\\n\" or b='x'}",
        "{a=\"rate(x[5m])\"}",
        " up ",
    ] {
        assert!(
            matches!(custom(selector), Selection::Selector { .. }),
            "{selector}"
        );
    }
    for query in [
        "up offset 5m",
        "rate(x[5m])",
        "a or b",
        r#"{a="1"} or {b="2"}"#,
        "1",
    ] {
        assert!(
            matches!(custom(query), Selection::Expression(expression) if expression == query),
            "{query}"
        );
    }
}

#[test]
fn the_query_type_decides_where_it_is_given() {
    let config = strict(r#"{"mode":"custom","query_type":"metricsql","query":"up","jobs":["a"]}"#);
    assert!(matches!(
        config.unwrap().selection().unwrap(),
        Selection::Expression(expression) if expression == "up"
    ));
}

#[test]
fn steps_are_kept_within_their_limits() {
    let step = |seconds: i64| {
        let config = strict(&format!(
            r#"{{"mode":"custom","query":"sum(up)","metric_step_seconds":{seconds}}}"#
        ));
        let config = config.unwrap();
        (
            config.step.map(|step| step.as_secs()),
            config.warnings.len(),
        )
    };
    assert_eq!(step(0), (None, 0));
    assert_eq!(step(-5), (None, 0));
    assert_eq!(step(1), (Some(30), 1));
    assert_eq!(step(30), (Some(30), 0));
    assert_eq!(step(86_400), (Some(86_400), 0));
    assert_eq!(step(86_401), (Some(86_400), 1));
}

#[test]
fn a_field_that_stands_twice_is_refused_unless_older_scripts_ask() {
    let document = r#"{"connection":{"url":"http://a","url":"http://b"}}"#;
    assert_eq!(
        strict(document).unwrap_err().to_string(),
        "`connection.url` stands there twice"
    );
    assert_eq!(lenient(document).connection.url, "http://b");
}

#[test]
fn what_cannot_be_used_is_refused_by_the_name_of_the_field() {
    for (document, expected) in [
        ("", "the config is empty"),
        (
            "{",
            "the config is not JSON: EOF while parsing an object at line 1 column 1",
        ),
        ("[1]", "must be a JSON object, got a list"),
        (
            "{} x",
            "the config is not JSON: trailing characters at line 1 column 4",
        ),
        ("{}", "`time_range.start` is missing"),
        (
            r#"{"time_range":{"start":"2026-01-23T12:00:00Z"}}"#,
            "`time_range.end` is missing",
        ),
        (
            r#"{"time_range":{"start":5}}"#,
            "`time_range.start` must be a string, got a number",
        ),
        (
            r#"{"time_range":{"end":"now"}}"#,
            "`time_range.end` must be a time with a zone",
        ),
        (
            r#"{"time_range":{"start":"2026-01-23T12:00:00Z","end":"2026-01-23T12:00:00Z"}}"#,
            "`time_range` cannot be used: ",
        ),
        (
            r#"{"time_range":{"start":"2027-01-23T12:00:00Z","end":"2027-01-23T13:00:00Z"}}"#,
            "in the future",
        ),
        (
            r#"{"time_range":{"start":"1969-01-23T12:00:00Z","end":"2027-01-23T13:00:00Z"}}"#,
            "before 1970",
        ),
        (
            r#"{"time_range":{"strat":"x"}}"#,
            "unknown field `time_range.strat`",
        ),
        (r#"{"Mode":"custom"}"#, "unknown field `Mode`"),
        (
            r#"{"mode":"Custom"}"#,
            "`mode` cannot be `Custom`; it is one of `cluster`, `custom`",
        ),
        (
            r#"{"connection":{"auth":{"type":"Basic"}}}"#,
            "`connection.auth.type` cannot be `Basic`; it is one of `none`, `basic`, `bearer`, `header`",
        ),
        (
            r#"{"query_type":"Selector"}"#,
            "`query_type` cannot be `Selector`; it is one of `selector`, `metricsql`",
        ),
        (r#"{"format":"csv"}"#, "`format` cannot be `csv`"),
        (
            r#"{"jobs":"a"}"#,
            "`jobs` must be a list of strings, got a string",
        ),
        (
            r#"{"jobs":["a",1]}"#,
            "`jobs[1]` must be a string, got a number",
        ),
        (r#"{"jobs":[""]}"#, "`jobs[0]` must not be empty"),
        (
            r#"{"connection":"http://vm"}"#,
            "`connection` must be an object, got a string",
        ),
        (
            r#"{"batching":{"custom_interval_seconds":1.5}}"#,
            "`batching.custom_interval_seconds` must be a whole number, got 1.5",
        ),
        (
            r#"{"obfuscation":{"enabled":"yes"}}"#,
            "`obfuscation.enabled` must be `true` or `false`, got a string",
        ),
    ] {
        let refusal = refusal(document);
        assert!(refusal.contains(expected), "{document}: {refusal}");
    }
    for (fields, expected) in [
        (r#""mode":"custom""#, "`query` is missing"),
        (r#""query":"up""#, "`query` needs `mode` to be `custom`"),
        (
            r#""mode":"custom","query_type":"selector","query":"rate(x)""#,
            "`query` cannot be used with `query_type` `selector`",
        ),
        (
            r#""obfuscation":{"drop_labels":["__name__"]}"#,
            "`obfuscation.drop_labels` cannot be used",
        ),
        (
            r#""obfuscation":{"enabled":true,"custom_labels":["a=b"]}"#,
            "`obfuscation.custom_labels` cannot be used",
        ),
    ] {
        let refusal = refusal(&with_range(fields));
        assert!(refusal.contains(expected), "{fields}: {refusal}");
    }
}

#[test]
fn the_nearest_known_field_is_suggested() {
    let hint = |document| strict(document).unwrap_err().hint();
    assert_eq!(
        hint(r#"{"conection":{}}"#).as_deref(),
        Some("did you mean `connection`?")
    );
    assert_eq!(
        hint(r#"{"time_range":{"strat":"x"}}"#).as_deref(),
        Some("did you mean `time_range.start`?")
    );
    assert_eq!(
        hint(r#"{"connection":{"URL":"x"}}"#).as_deref(),
        Some("did you mean `connection.url`?")
    );
    assert_eq!(hint(r#"{"xyzzy":1}"#), None);
}

#[test]
fn older_scripts_get_a_warning_instead_of_an_error() {
    let config = lenient(r#"{"connection":{"Url":"http://vm"},"xyzzy":1} trailing"#);
    assert_eq!(config.connection.url, "http://vm");
    assert_eq!(config.warnings, ["unknown field `xyzzy` is ignored"]);
    let exact_first = lenient(r#"{"connection":{"URL":"http://a","url":"http://b"}}"#);
    assert_eq!(exact_first.connection.url, "http://b");
}

#[test]
fn fields_without_effect_are_named_in_warnings() {
    let config = strict(
        r#"{"staging_file":"/etc/passwd","resume_from_batch":3,"output_settings":{"format":"x"},
            "metric_step_seconds":60,"batching":{"custom_interval_seconds":5},
            "connection":{"auth":{"type":"none","token":"s3cret"}},
            "obfuscation":{"enabled":true,"obfuscate_job":false}}"#,
    )
    .unwrap();
    let fields: Vec<&str> = config
        .warnings
        .iter()
        .filter_map(|warning| warning.split('`').nth(1))
        .collect();
    assert_eq!(
        fields,
        [
            "connection.auth.token",
            "obfuscation.enabled",
            "batching.custom_interval_seconds",
            "metric_step_seconds",
            "staging_file",
            "resume_from_batch",
            "output_settings",
        ]
    );
    assert!(!config.warnings.concat().contains("s3cret"));
}

#[test]
fn secrets_are_read_and_stay_out_of_debug_output() {
    let config = strict(
        r#"{"connection":{"url":"http://vm","auth":
            {"type":"basic","username":"ops","password":"s3cret"}}}"#,
    )
    .unwrap();
    match &config.connection.auth {
        vmapi::Auth::Basic { username, password } => {
            assert_eq!(username, "ops");
            assert_eq!(password.as_ref().unwrap().expose_secret(), "s3cret");
        }
        other => panic!("{other:?}"),
    }
    assert!(!format!("{config:?}").contains("s3cret"));
    let empty = strict(r#"{"connection":{"auth":{"type":"bearer","token":""}}}"#).unwrap();
    assert!(matches!(
        empty.connection.auth,
        vmapi::Auth::Bearer { token: None }
    ));
}

#[test]
fn a_config_over_the_limit_and_one_that_is_no_text_are_refused() {
    let long = vec![b' '; MAX_CONFIG_BYTES as usize + 1];
    let parse = |bytes: &[u8]| ExportConfig::parse(bytes, Strictness::Strict);
    assert!(matches!(parse(&long), Err(ConfigError::TooLarge)));
    assert!(matches!(parse(b"\xff"), Err(ConfigError::NotUtf8(_))));
    assert!(parse("\u{feff}{}".as_bytes()).is_ok());
    let deep = "[".repeat(100_000);
    assert!(matches!(
        parse(deep.as_bytes()),
        Err(ConfigError::Syntax(_))
    ));
}

proptest! {
    #[test]
    fn any_text_is_a_config_or_an_error(text in ".{0,200}") {
        let _ = strict(&text);
    }

    #[test]
    fn any_value_in_any_field_is_a_config_or_an_error(
        field in prop::sample::select(vec![
            "connection", "time_range", "mode", "components", "jobs", "query_type", "query",
            "obfuscation", "batching", "format", "metric_step_seconds", "staging_dir",
        ]),
        value in prop::sample::select(vec![
            "1", "-1", "1e300", "\"\"", "\"x\"", "[]", "[[]]", "{}", "{\"enabled\":1}", "true", "null",
        ]),
    ) {
        let _ = strict(&format!(r#"{{"{field}":{value}}}"#)).map(|config| {
            let _ = config.range(Timestamp::UNIX_EPOCH);
            let _ = config.selection();
            let _ = config.rules();
        });
    }
}
