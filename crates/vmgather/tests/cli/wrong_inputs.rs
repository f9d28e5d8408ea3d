//! Every mistake has its own line and exit code 2, and nothing has been done.

use crate::harness::Place;

const URL: &str = "http://127.0.0.1:1";

/// Runs in a place with some files and expects the first line of the error.
#[track_caller]
fn refused(args: &[&str], expected: &str) {
    let place = Place::new();
    place.folder("folder");
    place.file("file", "x");
    place.file("two_lines", "a\nb\n");
    place.file("secret", "s3cret\n");
    place.file("not_a_map.json", "{}");
    place.file("empty.json", "");
    place.file("unknown.json", r#"{"conection":{"url":"http://x"}}"#);
    place.file(
        "plain.json",
        format!(
            r#"{{"connection":{{"url":"{URL}"}},
        "time_range":{{"start":"2026-01-23T12:00:00Z","end":"2026-01-23T13:00:00Z"}}}}"#
        ),
    );
    place.file("no_url.json", r#"{"jobs":["a"]}"#);
    place.file(
        "no_range.json",
        format!(r#"{{"connection":{{"url":"{URL}"}}}}"#),
    );
    place.file("huge.json", vec![b' '; (1 << 20) + 1]);
    place.file("long_secret", vec![b'a'; (64 << 10) + 1]);
    place.file("binary", b"\xff\xfe");
    place.file("bundle.zip", "not a zip");
    let before = place.names(".");
    let said = place.run(args);
    let first = said.stderr.lines().next().unwrap_or_default();
    assert_eq!(
        first,
        format!("error: {expected}"),
        "{args:?}\n{}",
        said.stderr
    );
    assert_eq!(said.code, 2, "{args:?}");
    assert_eq!(said.stdout(), "", "{args:?}");
    assert!(!said.stderr.contains("s3cret"), "{args:?}");
    assert_eq!(place.names("."), before, "{args:?} left something behind");
}

/// Runs in an empty place with a few files and expects the first cause to begin so.
#[track_caller]
fn caused(args: &[&str], expected: &str) {
    let place = Place::new();
    place.file("file", "x");
    place.file("secret", "s3cret\n");
    let said = place.run(args);
    let cause = said.stderr.lines().nth(1).unwrap_or_default();
    let cause = cause.strip_prefix("  caused by: ").unwrap_or_default();
    assert!(cause.starts_with(expected), "{args:?}\n{}", said.stderr);
    assert_eq!(said.code, 2, "{args:?}");
    assert_eq!(said.stdout(), "", "{args:?}");
    assert!(!said.stderr.contains("s3cret"), "{args:?}");
}

/// Runs `export` with a config and expects the first line of the error.
#[track_caller]
fn config_refused(config: &str, expected: &str) {
    let place = Place::new();
    let said = place.run_with_stdin(&["export", "--config", "-"], config.as_bytes());
    let first = said.stderr.lines().find(|line| line.starts_with("error: "));
    let expected = format!("error: {expected}");
    assert_eq!(first, Some(expected.as_str()), "{config}\n{}", said.stderr);
    assert_eq!((said.code, said.stdout()), (2, ""), "{config}");
    assert!(!said.stderr.contains("s3cret"), "{config}");
    assert_eq!(place.names("."), Vec::<String>::new(), "{config}");
}

/// `export` with a server, a range and `more`.
#[track_caller]
fn export_refused(more: &[&str], expected: &str) {
    let args = [&["export", "--url", URL, "--last", "1h"], more].concat();
    refused(&args, expected);
}

#[test]
fn arguments_that_do_not_exist() {
    refused(&["exprt"], "unknown command `exprt`");

    refused(&["export", "--lst", "1h"], "unknown argument `--lst`");
    refused(&["export", "more"], "unknown argument `more`");
    refused(&["resume", "a", "b"], "unknown argument `b`");
    refused(&["inspect", "a", "b"], "unknown argument `b`");
    refused(&["export", "--paranoid"], "unknown argument `--paranoid`");
}

#[test]
fn values_that_are_missing_or_too_many() {
    refused(&["export", "--url"], "`--url` needs a value");
    refused(&["export", "-o"], "`-o` needs a value");
    refused(
        &["export", "--plain=yes"],
        "`--plain` takes no value, but got `yes`",
    );
    refused(
        &["export", "--last", "1h", "--last", "2h"],
        "`--last` is given more than once",
    );
    refused(&["inspect"], "`<BUNDLE>` is missing");
    refused(&["verify"], "`<BUNDLE>` is missing");
}

#[test]
fn words_numbers_and_durations() {
    export_refused(
        &["--transport", "Native"],
        "`--transport` cannot be `Native`; it is one of auto, native, json, query-range",
    );
    export_refused(
        &["--concurrency", "0"],
        "`--concurrency` cannot be `0`: 0 is not in 1..=8",
    );
    export_refused(
        &["--concurrency", "9"],
        "`--concurrency` cannot be `9`: 9 is not in 1..=8",
    );
    export_refused(
        &["--concurrency", "two"],
        "`--concurrency` cannot be `two`: invalid digit found in string",
    );
    export_refused(
        &["--window", "90"],
        "`--window` cannot be `90`: the number 90 needs a unit: w, d, h, m, s or ms",
    );
    export_refused(&["--window", "10ms"], "`--window` must be at least 1s");
    refused(
        &["export", "--last", "6x"],
        "`--last` cannot be `6x`: unknown unit `x`: use w, d, h, m, s or ms",
    );
    refused(
        &["export", "--last", "0s"],
        "`--last` cannot be `0s`: must be longer than zero",
    );
    refused(
        &["export", "--last", "soon"],
        "`--last` cannot be `soon`: is not a duration such as 90s, 6h, 2d or 1h30m",
    );
    refused(
        &["export", "--start", "yesterday"],
        "`--start` cannot be `yesterday`: is not a time: write RFC 3339 with a zone \
         (2026-01-23T12:00:00Z), Unix seconds, Unix milliseconds, now or now-2h",
    );
    refused(
        &["export", "--end", "now+1h"],
        "`--end` cannot be `now+1h`: only `now` and `now-<duration>` count from now",
    );
}

#[test]
fn the_time_range() {
    let range = |start: &str, end: &str, expected: &str| {
        refused(
            &["export", "--url", URL, "--start", start, "--end", end],
            expected,
        );
    };
    refused(&["export", "--url", URL], "no time range is given");
    refused(
        &["export", "--url", URL, "--start", "now-1h"],
        "`--start` needs `--end`; for a range up to now give `--end now`",
    );
    refused(
        &["export", "--url", URL, "--end", "now"],
        "`--end` needs `--start`",
    );
    export_refused(
        &["--start", "now-1h", "--end", "now"],
        "`--last` and `--start` with `--end` are two ways to give the range",
    );
    range(
        "1700000001",
        "1700000000",
        "cannot use the time range: the end 2023-11-14T22:13:20Z is not after the start \
         2023-11-14T22:13:21Z",
    );
    range(
        "1700000000",
        "1700000000000",
        "cannot use the time range: the end 2023-11-14T22:13:20Z is not after the start \
         2023-11-14T22:13:20Z",
    );
    range(
        "4000000000",
        "4000000060",
        "cannot use the time range: the range starts at 2096-10-02T07:06:40Z, which is in the future",
    );
    range(
        "1969-01-01T00:00:00Z",
        "now",
        "cannot use the time range: the start 1969-01-01T00:00:00Z lies before 1970",
    );
}

#[test]
fn the_server_and_who_asks() {
    refused(&["export", "--last", "1h"], "no server is given");
    refused(
        &["export", "--last", "1h", "--url", "ftp://x"],
        "cannot use `--url` and the credentials as given",
    );
    export_refused(
        &["--demo"],
        "`--demo` is its own server; it cannot be combined with `--url`",
    );
    refused(
        &["export", "--demo", "--header", "a: s3cret"],
        "`--demo` needs no credentials",
    );
    export_refused(
        &["--password-file", "secret"],
        "`--password-file` needs `--user`",
    );
    export_refused(&["--user", "ops"], "`--user` has no password");
    export_refused(
        &["--user", "ops", "--password-file", "none"],
        "cannot read `none`",
    );
    export_refused(
        &["--user", "ops", "--password-file", "two_lines"],
        "`two_lines` must hold one line, the secret",
    );
    export_refused(&["--bearer-token-file", "none"], "cannot read `none`");
    export_refused(
        &["--bearer-token-file", "empty.json"],
        "cannot use `--url` and the credentials as given",
    );
    export_refused(
        &[
            "--user",
            "ops",
            "--password-file",
            "secret",
            "--bearer-token-file",
            "secret",
        ],
        "`--user` and `--bearer-token-file` are two ways to authenticate",
    );
    export_refused(
        &["--bearer-token-file", "secret", "--header", "a: s3cret"],
        "`--bearer-token-file` and `--header` are two ways to authenticate",
    );
    export_refused(
        &["--header", "s3cret"],
        "`--header` must have the form 'Name: value'",
    );
    export_refused(&["--tls-ca", "none.pem"], "cannot read `none.pem`");
    for lonely in ["--tls-cert", "--tls-key"] {
        export_refused(
            &[lonely, "file"],
            "`--tls-cert` and `--tls-key` need each other",
        );
    }
}

#[test]
fn what_to_export() {
    export_refused(&["--job", ""], "`--job` must not be empty");
    export_refused(&["--component", ""], "`--component` must not be empty");
    export_refused(
        &["--selector", "rate(up[5m])"],
        "`--selector` cannot be used",
    );
    export_refused(&["--selector", "{}"], "`--selector` cannot be used");
    export_refused(&["--selector", ""], "`--selector` cannot be used");
}

#[test]
fn queries_and_what_does_not_go_with_them() {
    export_refused(&["--query", " "], "`--query` must not be empty");
    export_refused(&["--query"], "`--query` needs a value");
    export_refused(
        &["--selector", "up", "--query", "up"],
        "`--selector` and `--query` are two ways to choose series; give one of them",
    );
    export_refused(&["--selector", "{a=\"b\""], "`--selector` cannot be used");
    export_refused(&["--instance", ""], "`--instance` must not be empty");
    let beside_query = |more: &[&str], option: &str| {
        let expected = format!(
            "`{option}` chooses among stored samples, but the query is MetricsQL and has results"
        );
        export_refused(&[&["--query", "sum(up)"], more].concat(), &expected);
    };
    beside_query(&["--job", "a"], "--job");
    beside_query(&["--component", "vmagent"], "--component");
    beside_query(&["--instance", "a:1"], "--instance");
    beside_query(&["--thin", "30s"], "--thin");
    beside_query(&["--transport", "json"], "--transport json");
    beside_query(&["--transport", "native"], "--transport native");
    export_refused(
        &["--query", "sum(up)", "--step", "1500ms"],
        "`--step` must be a whole number of seconds",
    );
    export_refused(
        &["--step", "1m"],
        "`--step` spaces query results, but stored samples are exported",
    );
    export_refused(
        &["--transport", "query-range", "--thin", "30s"],
        "`--thin` thins stored samples, but `--transport query-range` asks for none; give `--step`",
    );
    export_refused(
        &["--thin", "0s"],
        "`--thin` cannot be `0s`: must be longer than zero",
    );
    export_refused(
        &["--step", "often"],
        "`--step` cannot be `often`: is not a duration such as 90s, 6h, 2d or 1h30m",
    );
}

#[test]
fn sizes_plans_and_sweeping() {
    export_refused(
        &["--max-bytes", "big"],
        "`--max-bytes` cannot be `big`: is not a size such as 500MB or 2GiB",
    );
    export_refused(
        &["--max-bytes", "0"],
        "`--max-bytes` cannot be `0`: must be more than zero",
    );
    export_refused(
        &["--max-bytes", "-1"],
        "`--max-bytes` cannot be `-1`: is not a size such as 500MB or 2GiB",
    );
    export_refused(
        &["--max-bytes", "2gib"],
        "`--max-bytes` cannot be `2gib`: unknown unit `gib`: use one of B, KB, MB, GB, TB, KiB, \
         MiB, GiB, TiB",
    );
    export_refused(
        &["--max-bytes", "9999999999TiB"],
        "`--max-bytes` cannot be `9999999999TiB`: is larger than any disk",
    );
    export_refused(
        &["--max-bytes", "1GiB", "--stdout"],
        "`--max-bytes` limits a bundle; it cannot be combined with `--stdout`",
    );
    for to_stdout in [&["--stdout"][..], &["-o", "-"]] {
        export_refused(
            &[&["--dry-run"], to_stdout].concat(),
            "`--dry-run` writes nothing; it cannot be combined with output to stdout",
        );
    }
    export_refused(
        &["--dry-run", "--quiet"],
        "`--dry-run` shows the plan and `--quiet` nothing; give one of them",
    );
    export_refused(
        &["--dry-run", "--staging-ttl", "7d"],
        "`--dry-run` deletes nothing; it cannot be combined with `--staging-ttl`",
    );
    export_refused(
        &["--staging-ttl", "7"],
        "`--staging-ttl` cannot be `7`: the number 7 needs a unit: w, d, h, m, s or ms",
    );
    refused(
        &["resume", "--staging-ttl", "-7d"],
        "`--staging-ttl` cannot be `-7d`: is not a duration such as 90s, 6h, 2d or 1h30m",
    );
}

#[test]
fn shells_and_pages() {
    refused(&["completions"], "`<SHELL>` is missing");
    refused(
        &["completions", "tcsh"],
        "`<SHELL>` cannot be `tcsh`; it is one of bash, elvish, fish, powershell, zsh",
    );
    refused(&["man", "nothing"], "there is no command `nothing`");
    refused(&["man", "export", "resume"], "unknown argument `resume`");
}

#[test]
fn addresses() {
    let url = |url: &str, expected: &str| {
        caused(&["export", "--last", "1h", "--url", url], expected);
    };
    url("", "`url` is missing");
    url("http://", "`url` `http://` is not a URL");
    url("http://vm:99999", "`url` `http://vm:99999` is not a URL");
    url(
        "http://v m",
        "`url` `http://v m` has a blank or a backslash in it",
    );
    url(
        "file:///etc/passwd",
        "`url` `file:///etc/passwd` has a scheme other than `http` and `https`",
    );
}

#[test]
fn secrets_that_cannot_be_used() {
    let with_url = |more: &[&str], expected: &str| {
        let args = [&["export", "--url", URL, "--last", "1h"], more].concat();
        caused(&args, expected);
    };
    with_url(
        &["--user", "", "--password-file", "secret"],
        "`auth.username` is missing",
    );
    with_url(
        &["--header", "a b: s3cret"],
        "`auth.header_name` is `a b`, which is not the name of a header",
    );
    with_url(
        &["--header", "a: s3cret\u{1}"],
        "`auth.header_value` holds characters that a header cannot carry",
    );
    with_url(&["--tls-ca", "file"], "`tls_ca` ");
    export_refused(
        &["--user", "ops", "--password-file", "long_secret"],
        "`long_secret` must hold one line, the secret",
    );
    export_refused(&["--bearer-token-file", "binary"], "cannot read `binary`");
    export_refused(&["--bearer-token-file", "folder"], "cannot read `folder`");
}

#[test]
fn privacy() {
    export_refused(
        &["--plain", "--obfuscate-label", "pod"],
        "`--plain` obfuscates nothing; it cannot be combined with `--obfuscate-label`",
    );
    export_refused(
        &["--plain", "--map", "not_a_map.json"],
        "`--plain` uses no pseudonyms; it cannot be combined with `--map`",
    );
    export_refused(
        &["--map", "not_a_map.json", "--no-map"],
        "`--map` extends a map and `--no-map` keeps none; give one of them",
    );
    export_refused(
        &["--obfuscate-label", "pod", "--drop-label", "pod"],
        "the label `pod` cannot be both obfuscated and dropped",
    );
    export_refused(
        &["--obfuscate-label", "a=b"],
        "`--obfuscate-label` cannot be used",
    );
    export_refused(
        &["--obfuscate-label", "__name__"],
        "`--obfuscate-label` cannot be used",
    );
    export_refused(
        &["--drop-label", "__name__"],
        "`--drop-label` cannot be used",
    );
    export_refused(
        &["--no-map", "--drop-label", "a,b"],
        "`--drop-label` cannot be used",
    );
}

#[test]
fn where_the_result_goes() {
    export_refused(
        &["--stdout", "-o", "a.zip"],
        "`--stdout` writes no bundle; it cannot be combined with `-o`",
    );
    export_refused(&["-o", "file"], "`file` exists already");
    export_refused(&["-o", "folder"], "`-o folder` is a folder");
    export_refused(&["-o", "a.zip/"], "`-o a.zip/` is a folder");
    export_refused(&["-o", ""], "`-o` needs a value");
    export_refused(&["--map", "folder"], "cannot read `folder`");
    export_refused(&["--map", "file"], "cannot use `file` as a map");
    export_refused(
        &["--output", "file"],
        "`--output` must be a folder, but `file` is a file",
    );
    export_refused(
        &["--json", "--stdout"],
        "`--json` writes events to stdout, where the data go; leave one of them out",
    );
    export_refused(
        &["--json", "-o", "-"],
        "`--json` writes events to stdout, where the data go; leave one of them out",
    );
    export_refused(
        &["--json", "--quiet"],
        "`--json` prints every event and `--quiet` none; give one of them",
    );
}

#[test]
fn the_config() {
    let config = |file: &str, expected: &str| refused(&["export", "--config", file], expected);
    config("none.json", "cannot read `none.json`");
    config("folder", "cannot read `folder`");
    config("-", "the config is empty");
    config("empty.json", "the config is empty");
    config("file", "the config is not JSON");
    config("huge.json", "the config is larger than 1 MiB");
    config("unknown.json", "unknown field `conection`");
    config("no_url.json", "`connection.url` is missing in the config");
    config(
        "no_range.json",
        "`time_range.start` is missing; write a time such as 2026-01-23T12:00:00Z",
    );
    refused(
        &[
            "export",
            "--config",
            "plain.json",
            "--obfuscate-label",
            "pod",
        ],
        "the config switches obfuscation off, so `--obfuscate-label` has no effect",
    );
    refused(
        &[
            "export",
            "--config",
            "plain.json",
            "--map",
            "not_a_map.json",
        ],
        "the config obfuscates nothing; `--map` has no effect",
    );
}

#[test]
fn fields_of_the_config() {
    let field = |field: &str, expected: &str| {
        let config = format!(
            r#"{{"connection":{{"url":"{URL}"}},{field},
                "time_range":{{"start":"2026-01-23T12:00:00Z","end":"2026-01-23T13:00:00Z"}}}}"#
        );
        config_refused(&config, expected);
    };
    config_refused("[]", "the config must be a JSON object, got a list");
    config_refused("null", "the config must be a JSON object, got `null`");
    config_refused("{} x", "the config is not JSON");
    config_refused(
        r#"{"connection":"s3cret"}"#,
        "`connection` must be an object, got a string",
    );
    config_refused(
        r#"{"connection":{"url":5}}"#,
        "`connection.url` must be a string, got a number",
    );
    field(
        r#""connection":{"url":"http://s3cret@b"}"#,
        "`connection` stands there twice",
    );
    field(
        r#""mode":"Custom""#,
        "`mode` cannot be `Custom`; it is one of `cluster`, `custom`",
    );
    field(
        r#""mode":"custom""#,
        "`query` is missing, and `mode` `custom` needs it",
    );
    field(
        r#""query":"up""#,
        "`query` needs `mode` to be `custom`; without it jobs choose the series",
    );
    field(
        r#""mode":"custom","query":"up","query_type":"promql""#,
        "`query_type` cannot be `promql`; it is one of `selector`, `metricsql`",
    );
    field(
        r#""mode":"custom","query":"sum(up)","query_type":"selector""#,
        "`query` cannot be used with `query_type` `selector`",
    );
    field(
        r#""jobs":"a""#,
        "`jobs` must be a list of strings, got a string",
    );
    field(r#""jobs":["a",""]"#, "`jobs[1]` must not be empty");
    field(
        r#""components":[1]"#,
        "`components[0]` must be a string, got a number",
    );
    field(
        r#""format":"csv""#,
        "`format` cannot be `csv`; it is one of `jsonl`, `native`",
    );
    field(
        r#""metric_step_seconds":"60""#,
        "`metric_step_seconds` must be a whole number, got a string",
    );
    field(
        r#""metric_step_seconds":1.5"#,
        "`metric_step_seconds` must be a whole number, got 1.5",
    );
    field(
        r#""batching":{"enabled":1}"#,
        "`batching.enabled` must be `true` or `false`, got a number",
    );
    field(
        r#""batching":{"enable":true}"#,
        "unknown field `batching.enable`",
    );
    field(
        r#""obfuscation":{"enabled":true,"custom_labels":["a b"]}"#,
        "`obfuscation.custom_labels` cannot be used",
    );
    field(
        r#""obfuscation":{"drop_labels":["__name__"]}"#,
        "`obfuscation.drop_labels` cannot be used",
    );
    field(
        r#""staging_dir":5"#,
        "`staging_dir` must be a string, got a number",
    );
}

#[test]
fn the_range_of_the_config() {
    let range = |range: &str, expected: &str| {
        let config = format!(r#"{{"connection":{{"url":"{URL}"}},"time_range":{range}}}"#);
        config_refused(&config, expected);
    };
    range("[]", "`time_range` must be an object, got a list");
    range(
        r#"{"start":"2026-01-23T12:00:00Z"}"#,
        "`time_range.end` is missing; write a time such as 2026-01-23T12:00:00Z",
    );
    range(
        r#"{"start":1,"end":2}"#,
        "`time_range.start` must be a string, got a number",
    );
    range(
        r#"{"start":"2026-01-23","end":"2026-01-24T00:00:00Z"}"#,
        "`time_range.start` must be a time with a zone such as 2026-01-23T12:00:00Z, got \
         `2026-01-23`",
    );
    range(
        r#"{"start":"2026-01-23T13:00:00Z","end":"2026-01-23T12:00:00Z"}"#,
        "`time_range` cannot be used: the end 2026-01-23T12:00:00Z is not after the start \
         2026-01-23T13:00:00Z",
    );
    range(
        r#"{"start":"2096-01-23T12:00:00Z","end":"2096-01-23T13:00:00Z"}"#,
        "`time_range` cannot be used: the range starts at 2096-01-23T12:00:00Z, which is in the \
         future",
    );
}

#[test]
fn the_connection_of_the_config() {
    let connection = |fields: &str, expected: &str| {
        let place = Place::new();
        let config = format!(
            r#"{{"connection":{{{fields}}},
                "time_range":{{"start":"2026-01-23T12:00:00Z","end":"2026-01-23T13:00:00Z"}}}}"#
        );
        place.file("config.json", config);
        let said = place.run(&["export", "--config", "config.json"]);
        assert_eq!((said.code, said.stdout()), (2, ""), "{fields}");
        let causes: Vec<&str> = said.stderr.lines().collect();
        assert!(
            causes.iter().any(|line| line.ends_with(expected)),
            "{fields}\n{}",
            said.stderr
        );
        assert!(!said.stderr.contains("s3cret"), "{fields}");
    };
    connection(
        r#""url":"http://a","full_api_url":"http://b/x""#,
        ": `full_api_url` points to `b:80`, but `url` to `a:80`",
    );
    connection(
        r#""url":"http://a","tenant_id":"x""#,
        ": `tenant_id` is `x`, not a tenant",
    );
    connection(
        r#""url":"http://a/select/1/prometheus","tenant_id":"2""#,
        ": `tenant_id` is `2`, but the path `/select/1/prometheus` names the tenant `1`",
    );
    connection(
        r#""url":"http://a","auth":{"type":"basic","password":"s3cret"}"#,
        ": `auth.username` is missing",
    );
    connection(
        r#""url":"http://a","auth":{"type":"bearer"}"#,
        ": `auth.token` is missing",
    );
    connection(
        r#""url":"http://a","auth":{"type":"header","header_name":"x"}"#,
        ": `auth.header_value` is missing",
    );
    connection(
        r#""url":"http://a","auth":{"type":"header","header_value":"s3cret"}"#,
        ": `auth.header_name` is ``, which is not the name of a header",
    );
    connection(
        r#""url":"http://a","auth":{"type":"Basic"}"#,
        "`connection.auth.type` cannot be `Basic`; it is one of `none`, `basic`, `bearer`, `header`",
    );
    connection(
        r#""url":"http://a","skip_tls_verify":"yes""#,
        "`connection.skip_tls_verify` must be `true` or `false`, got a string",
    );
}

#[test]
fn resume() {
    refused(&["resume"], "there is no interrupted export here");
    refused(
        &["resume", "export-1"],
        "no interrupted export `export-1` here",
    );
    refused(
        &["resume", "--output", "file"],
        "`--output` must be a folder, but `file` is a file",
    );
    refused(
        &["resume", "--output", "folder", "--staging", "folder"],
        "`--output` and `--staging` are two ways to say where the data lie; give one of them",
    );
    refused(
        &["resume", "--discard", "--header", "a: s3cret"],
        "`--discard` asks no server; leave out its address and credentials",
    );
    refused(
        &["resume", "--tls-skip-verify"],
        "TLS options need `--url`; without it those of the export hold",
    );
    refused(
        &["resume", "--json", "--quiet"],
        "`--json` prints every event and `--quiet` none; give one of them",
    );
}

#[test]
fn reveal() {
    let reveal = |more: &[&str], expected: &str| {
        refused(
            &[&["reveal", "--map", "not_a_map.json"], more].concat(),
            expected,
        );
    };
    refused(
        &["reveal", "job-1"],
        "no map is given, and there is none in `~/.vmgather/maps`",
    );
    refused(
        &["reveal", "--map", "none.json", "job-1"],
        "cannot read `none.json`",
    );
    reveal(&[], "nothing to reveal is given");
    reveal(&["bundle.zip"], "`bundle.zip` is a file");
    reveal(&["-", "job-1"], "`-` cannot be combined with names");
    reveal(
        &["-", "-o", "a.zip"],
        "`-o` writes a bundle; it cannot be combined with `-`",
    );
    reveal(
        &["bundle.zip", "more.zip", "-o", "a.zip"],
        "`-o` reveals one bundle, but several are given",
    );
    reveal(
        &["bundle.zip", "-o", "a.tar"],
        "`-o a.tar` must end in .zip or .jsonl",
    );
    reveal(
        &["bundle.zip", "-o", "bundle.zip"],
        "`bundle.zip` exists already",
    );
}

#[test]
fn hints_say_what_to_do_next() {
    let hint = |args: &[&str]| {
        let said = Place::new().run(args);
        assert_eq!(said.code, 2);
        let hint = said.stderr.lines().last().unwrap_or_default();
        hint.strip_prefix("hint: ").unwrap_or_default().to_owned()
    };
    assert_eq!(hint(&["exprt"]), "did you mean `export`?");
    assert_eq!(hint(&["export", "--lst", "1h"]), "did you mean `--last`?");
    assert_eq!(
        hint(&["export", "--transport", "natve"]),
        "did you mean `native`?"
    );
    assert_eq!(
        hint(&["export", "--url", URL]),
        "`--last 6h`, or `--start TIME --end TIME`"
    );
}

#[test]
fn a_usage_error_is_an_event_too() {
    let said = Place::new().run(&["export", "--json", "--url", "", "--last", "1h"]);
    assert_eq!(said.code, 2);
    let events = said.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"], "error");
    assert_eq!(events[0]["exit_code"], 2);
}
