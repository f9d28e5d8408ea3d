//! The options and fields that say what is replaced.

use demo::Demo;

use crate::harness::{NOW_MS, Place, Said, entry, export_args, rfc3339, single_node, with};

/// The data of the last two minutes, exported with these options.
fn lines(demo: &Demo, more: &[&str]) -> String {
    let args = with(export_args(demo, 2), &["--stdout", "--quiet"]);
    let said = Place::new().run(&with(args, more)).done();
    said.stdout().to_owned()
}

/// The data of the last two minutes, exported with these fields in `obfuscation`.
fn config_lines(demo: &Demo, fields: &str) -> Said {
    let place = Place::new();
    let config = format!(
        r#"{{"connection":{{"url":"{}"}},"time_range":{{"start":"{}","end":"{}"}},
            "obfuscation":{{{fields}}}}}"#,
        demo.url(),
        rfc3339(NOW_MS - 120_000),
        rfc3339(NOW_MS)
    );
    place.file("config.json", config);
    place.run(&["export", "--config", "config.json", "--stdout"])
}

#[test]
fn strict_keeps_only_what_is_public() {
    let demo = single_node();
    let standard = lines(&demo, &[]);
    let strict = lines(&demo, &["--strict"]);
    for own in ["shop_orders_total", "EUR", "hamburg-2"] {
        assert!(standard.contains(own), "{own}");
        assert!(!strict.contains(own), "{own}");
    }
    // Ports tell targets apart that share a host.
    let has_port = |text: &str| {
        let instances = text.split(r#""instance":"777.777."#).skip(1);
        let mut values = instances.filter_map(|rest| rest.split('"').next());
        values.any(|value| value.ends_with(":8482"))
    };
    assert!(has_port(&standard) && !has_port(&strict));
    for public in [r#""vm_rows_added_to_storage_total""#, r#""le":"0.001""#] {
        assert!(strict.contains(public), "{public}");
    }
    assert_eq!(strict.lines().count(), standard.lines().count());
    let config = config_lines(&demo, r#""enabled":true,"level":"strict""#).done();
    assert!(!config.stdout().contains("shop_orders_total"));
}

#[test]
fn a_word_is_replaced_wherever_it_stands() {
    let demo = single_node();
    let standard = lines(&demo, &[]);
    assert!(standard.contains("shop_orders_total"));
    let replaced = lines(&demo, &["--obfuscate-word", "SHOP"]);
    assert!(!replaced.to_lowercase().contains("shop"));
    assert_eq!(replaced.lines().count(), standard.lines().count());
    let config = config_lines(&demo, r#""enabled":true,"words":["shop"]"#).done();
    assert!(!config.stdout().to_lowercase().contains("shop"));
}

#[test]
fn what_an_expression_matches_is_replaced() {
    let demo = single_node();
    assert!(lines(&demo, &[]).contains("go1."));
    let replaced = lines(&demo, &["--obfuscate-regex", "go1[.0-9]+"]);
    assert!(!replaced.contains("go1."));
    let config = config_lines(&demo, r#""enabled":true,"patterns":["go1[.0-9]+"]"#).done();
    assert!(!config.stdout().contains("go1."));
}

#[test]
fn a_kept_value_stays() {
    let demo = single_node();
    let instance = r#""instance":"10.60.7.14:9100""#;
    assert!(!lines(&demo, &[]).contains(instance));
    let kept = lines(&demo, &["--keep-value", "10.60.7.14:9100"]);
    assert!(kept.contains(instance) && kept.contains("777.777."));
    let field = r#""enabled":true,"keep_values":["10.60.7.14:9100"]"#;
    let config = config_lines(&demo, field).done();
    assert!(config.stdout().contains(instance));
}

#[test]
fn the_config_can_accept_findings() {
    let demo = single_node();
    let place = Place::new();
    for (accept, code) in [(false, 1), (true, 0)] {
        let config = format!(
            r#"{{"connection":{{"url":"{}"}},"time_range":{{"start":"{}","end":"{}"}},
                "obfuscation":{{"enabled":true,"accept_audit":{accept}}}}}"#,
            demo.url(),
            rfc3339(NOW_MS - 120_000),
            rfc3339(NOW_MS)
        );
        place.file("config.json", config);
        let said = place.run(&["export", "--config", "config.json", "-o", "globex.zip"]);
        assert_eq!(said.code, code, "{}", said.stderr);
        assert_eq!(place.path("globex.zip").exists(), accept);
    }
    let metadata = entry(&place.path("globex.zip"), "metadata.json");
    assert!(metadata.contains("audit_findings_accepted"), "{metadata}");
}

#[test]
fn options_that_cannot_be_used_are_refused_before_anything_is_asked() {
    let demo = single_node();
    let place = Place::new();
    for (more, message) in [
        (
            &["--obfuscate-word", "x"][..],
            "`--obfuscate-word` cannot be used",
        ),
        (
            &["--obfuscate-regex", "("],
            "`--obfuscate-regex` cannot be used",
        ),
        (&["--obfuscate-regex", "a*"], "it matches the empty text"),
        (&["--keep-value", ""], "`--keep-value`"),
        (
            &["--plain", "--strict"],
            "`--plain` obfuscates nothing and `--strict` nearly everything",
        ),
        (
            &["--plain", "--obfuscate-word", "acme"],
            "it cannot be combined with `--obfuscate-word`",
        ),
        (
            &["--plain", "--obfuscate-regex", "acme"],
            "it cannot be combined with `--obfuscate-regex`",
        ),
        (
            &["--plain", "--accept-audit"],
            "there is no audit to accept",
        ),
        (&["--plain", "--keep-value", "a"], "`--keep-value`"),
    ] {
        let said = place.run(&with(export_args(&demo, 2), more));
        assert_eq!(said.code, 2, "{more:?}: {}", said.stderr);
        assert!(said.stderr.contains(message), "{more:?}: {}", said.stderr);
    }
    for (fields, message) in [
        (
            r#""enabled":true,"level":"paranoid""#,
            "`obfuscation.level` cannot be `paranoid`; it is one of `standard`, `strict`",
        ),
        (
            r#""enabled":true,"level":"strict","obfuscate_job":false"#,
            "`obfuscation.level` cannot be `strict` while",
        ),
        (
            r#""enabled":true,"words":["-"]"#,
            "`obfuscation.words` cannot be used",
        ),
        (
            r#""enabled":true,"patterns":["("]"#,
            "`obfuscation.patterns` cannot be used",
        ),
        (
            r#""enabled":true,"keep_values":[""]"#,
            "`obfuscation.keep_values[0]` must not be empty",
        ),
        (
            r#""enabled":true,"accept_audit":"yes""#,
            "`obfuscation.accept_audit` must be `true` or `false`",
        ),
    ] {
        let said = config_lines(&demo, fields);
        assert_eq!(said.code, 2, "{fields}: {}", said.stderr);
        assert!(said.stderr.contains(message), "{fields}: {}", said.stderr);
    }
    assert_eq!(demo.requests().len(), 0);
    assert_eq!(place.names("."), Vec::<String>::new());
}
