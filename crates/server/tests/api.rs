//! The calls of the wizard, against the demo cluster and a real VictoriaMetrics.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::Read;
use std::sync::Arc;

use bundle::Bundle;
use demo::{Credentials, Demo, Fault, Gate, Options, Order, Personality, Refusal, Version};
use serde_json::{Value, json};

use support::{NOW_MS, Running, Setup, cluster, last};

/// The export of one job of the demo.
fn config(url: &str, more: Value) -> Value {
    let mut config = json!({
        "connection": {"url": url, "auth": {"type": "none"}},
        "time_range": last(30),
        "components": ["vmagent"], "jobs": ["vmagent-eu", "vmagent-us"],
    });
    let fields = config.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
    }
    config
}

fn start(server: &Running, config: &Value) -> String {
    let started = server.post("/api/export/start", config).ok();
    started["job_id"].as_str().unwrap().to_owned()
}

/// The lines of a bundle, sorted: equal data come in any order.
fn lines(path: &str) -> Vec<String> {
    let bundle = Bundle::open(path.as_ref()).unwrap();
    let entry = bundle.find(bundle::METRICS_ENTRY).unwrap();
    let mut text = String::new();
    bundle
        .read(entry)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

mod basics {
    use super::*;

    #[test]
    fn health_answers_any_method_without_rules() {
        let server = Running::start();
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE"] {
            let headers = [("Host", "probe.example"), ("Origin", "http://x")];
            let answer = server.send(&format!("{method} /api/health"), &headers, b"");
            assert_eq!(answer.status, 200, "{method}");
            if method != "HEAD" {
                assert_eq!(answer.json(), json!({"status": "ok", "version": "test"}));
            }
        }
    }

    #[test]
    fn the_page_learns_about_this_machine() {
        let server = Running::start();
        let settings = server.get("/api/config").ok();
        assert_eq!(settings["version"], "test");
        assert_eq!(settings["os"], "linux");
        assert_eq!(settings["output_dir"], server.path("out").to_str().unwrap());
        assert_eq!(settings["supports_dir_picker"], false);
        assert_eq!(settings["supports_dir_prepare"], true);
        let staging = settings["default_staging_dir"].as_str().unwrap();
        assert_eq!(staging, server.path("staging").to_str().unwrap());
    }

    #[test]
    fn bodies_are_read_as_old_scripts_send_them() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let plain = json!({"connection": {"url": url}});
        for body in [
            plain.to_string(),
            format!("{plain} trailing words"),
            format!("\u{feff}{plain}"),
            json!({"connection": {
                "url": url, "tenant_id": null, "api_base_path": null, "auth": null,
                "is_multitenant": null, "full_api_url": null, "skip_tls_verify": null,
                "debug": null, "unknown": {"x": [1]},
            }, "time_range": null, "more": 5})
            .to_string(),
            json!({"connection": {"Url": url}}).to_string(),
        ] {
            for kind in [
                "application/x-www-form-urlencoded",
                "text/plain",
                "application/json",
            ] {
                let headers = [("Content-Type", kind)];
                let answer = server.send("POST /api/validate", &headers, body.as_bytes());
                assert_eq!(answer.ok()["success"], true, "{kind} {body}");
            }
        }
        for (body, word) in [
            ("", "empty"),
            ("{", "JSON"),
            ("[]", "object"),
            ("{}", "connection.url"),
            (r#"{"url":"http://x"}"#, "connection.url"),
            (r#"{"connection":{"url":5}}"#, "connection.url"),
            (
                r#"{"connection":{"url":"http://x","auth":{"type":"Basic"}}}"#,
                "`basic`",
            ),
            (
                r#"{"connection":{"url":"http://x","auth":{"type":"bearer"}}}"#,
                "auth.token",
            ),
            (
                r#"{"connection":{"url":"http://x/select/0/prometheus","tenant_id":"7"}}"#,
                "tenant_id",
            ),
        ] {
            let answer = server.send("POST /api/validate", &[], body.as_bytes());
            assert_eq!(answer.refused(), 400, "{body}");
            assert!(answer.text().contains(word), "{body}: {}", answer.text());
        }
    }

    #[test]
    fn the_description_names_only_calls_that_exist() {
        let server = Running::start();
        let api = server.get("/api/openapi.json").ok();
        assert_eq!(api["info"]["version"], "test");
        for (path, calls) in api["paths"].as_object().unwrap() {
            for method in calls.as_object().unwrap().keys() {
                let call = format!("{} {path}", method.to_uppercase());
                let status = server.send(&call, &[], b"").status;
                // A handler answered, if only to say that something is missing.
                assert_ne!(status, 405, "{call}");
                let body = server.send(&call, &[], b"").text();
                assert!(!body.contains("no such path"), "{call}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_certificate_of_our_own_is_served() {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../vmapi/tests/it/certificates"
        );
        let file = |name: &str| std::path::Path::new(folder).join(name);
        let server = Running::with(Setup {
            tls: Some((file("server.pem"), file("server.key"))),
            ..Setup::default()
        });
        // Our own validation is the client: it gets through TLS to an answer that is no API.
        let client = Running::start();
        let secure = json!({"connection": {
            "url": format!("https://{}", server.authority()), "skip_tls_verify": true,
        }});
        let answer = client.post("/api/validate", &secure).ok();
        assert!(
            answer["error"].as_str().unwrap().contains("404"),
            "{answer}"
        );
        let strict = json!({"connection": {"url": format!("https://{}", server.authority())}});
        let answer = client.post("/api/validate", &strict).ok();
        assert!(
            answer["error"].as_str().unwrap().contains("certificate"),
            "{answer}"
        );
    }
}

mod asking_the_source {
    use super::*;

    #[test]
    fn a_bare_vmselect_is_found_with_its_tenant() {
        let (demo, url) = cluster();
        let server = Running::start();
        let asked = json!({"connection": {"url": demo.url(), "auth": {"type": "none"}}});
        let found = server.post("/api/validate", &asked).ok();
        assert_eq!(found["success"], true);
        assert_eq!(found["is_victoria_metrics"], true);
        assert_eq!(found["final_endpoint"], url);
        assert_eq!(found["resolved_connection"]["full_api_url"], url);
        assert_eq!(
            found["resolved_connection"]["api_base_path"],
            "/select/0/prometheus"
        );
        assert_eq!(found["attempts"].as_array().unwrap().len(), 2);
        assert_eq!(found["attempts"][0]["success"], false);
        assert!(found["version"].as_str().unwrap().starts_with("vmselect-"));
        let components = found["vm_components"].as_array().unwrap();
        assert!(components.is_sorted_by_key(|name| name.as_str().unwrap()));
        assert!(found["warnings"][0].as_str().unwrap().contains("tenant 0"));
    }

    #[test]
    fn a_connection_that_does_not_work_is_an_answer() {
        let server = Running::start();
        let asked = json!({"connection": {"url": "http://no-such-host.invalid:8428"}});
        let found = server.post("/api/validate", &asked).ok();
        assert_eq!(
            (found["success"].clone(), found["valid"].clone()),
            (json!(false), json!(false))
        );
        assert!(
            found["error"]
                .as_str()
                .unwrap()
                .contains("no-such-host.invalid")
        );
        assert!(!found["hint"].as_str().unwrap().is_empty());
        assert_eq!(found["attempts"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn everything_else_fails_where_the_source_does() {
        let server = Running::start();
        let gone = json!({"url": "http://no-such-host.invalid:8428"});
        let config = json!({"connection": gone, "time_range": last(5)});
        for (path, body) in [
            ("/api/sample", json!({"config": config})),
            ("/api/preview", config.clone()),
            ("/api/estimate", config.clone()),
            ("/api/export", config.clone()),
            ("/api/discover", json!({"connection": gone})),
            (
                "/api/discover-selector",
                json!({"connection": gone, "selector": "up"}),
            ),
            (
                "/api/validate-query",
                json!({"connection": gone, "query": "up"}),
            ),
        ] {
            let answer = server.post(path, &body);
            assert_eq!(answer.refused(), 502, "{path}: {}", answer.text());
            assert_eq!(answer.json()["code"], "unreachable", "{path}");
        }
    }

    #[test]
    fn queries_are_told_apart_and_counted() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let ask = |query: &str| {
            let body = json!({"connection": {"url": url}, "query": query, "time_range": last(5)});
            server.post("/api/validate-query", &body)
        };
        let selector = ask("{job=\"vmagent-eu\"}").ok();
        assert_eq!(selector["query_type"], "selector");
        assert_eq!(selector["has_job"], true);
        assert!(selector["result_count"].as_u64().unwrap() > 100);
        assert!(
            selector["sample_labels"]
                .as_array()
                .unwrap()
                .contains(&json!("instance"))
        );
        let sum = ask("sum(up)").ok();
        assert_eq!(
            (&sum["query_type"], &sum["result_count"]),
            (&json!("metricsql"), &json!(1))
        );
        assert_eq!(sum["has_job"], false);
        assert_eq!(ask("{job=\"none\"}").ok()["result_count"], 0);
        assert_eq!(ask("").refused(), 400);
        let wrong = ask("sum((");
        assert_eq!(wrong.refused(), 400, "{}", wrong.text());
    }

    #[test]
    fn components_and_jobs_are_listed_in_order() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let body = json!({"connection": {"url": url}, "time_range": last(60)});
        let found = server.post("/api/discover", &body).ok();
        let components = found["components"].as_array().unwrap();
        assert!(components.is_sorted_by_key(|found| found["component"].as_str().unwrap()));
        assert_eq!(components[0]["component"], "vmagent");
        assert_eq!(components[0]["jobs"], json!(["vmagent-eu", "vmagent-us"]));
        let selector = |selector: &str| {
            let body =
                json!({"connection": {"url": url}, "time_range": last(30), "selector": selector});
            server.post("/api/discover-selector", &body)
        };
        let jobs = selector("{job=~\"vmagent.*\"}").ok();
        assert_eq!(jobs["jobs"][0]["job"], "vmagent-eu");
        assert_eq!(jobs["jobs"][0]["instance_count"], 1);
        assert_eq!(selector("").refused(), 400);
        assert_eq!(selector("sum(up)").refused(), 400);
        assert_eq!(selector("none").refused(), 404);
    }

    #[test]
    fn credentials_of_every_kind_are_sent_and_their_absence_is_named() {
        let mut options = Options::new(Personality::Single, Version::V1_150, NOW_MS);
        options.credentials = Some(Credentials::Header {
            name: "X-Key".to_owned(),
            value: "open-sesame".to_owned(),
        });
        let demo = Demo::start(options).unwrap();
        let server = Running::start();
        let ask = |auth: Value| {
            let body =
                json!({"connection": {"url": demo.url(), "auth": auth}, "time_range": last(5)});
            server.post("/api/discover", &body)
        };
        let header =
            |value: Value| json!({"type": "header", "header_name": "X-Key", "header_value": value});
        ask(header(json!("open-sesame"))).ok();
        let wrong = ask(header(json!("wrong")));
        assert_eq!(
            (wrong.refused(), &wrong.json()["code"]),
            (502, &json!("unauthorized"))
        );
        let missing = ask(header(Value::Null));
        assert_eq!(missing.refused(), 400);
        assert!(
            missing.text().contains("auth.header_value"),
            "{}",
            missing.text()
        );
    }

    #[test]
    fn an_estimate_comes_before_the_export() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let found = server.post("/api/estimate", &config(&url, json!({}))).ok();
        assert!(found["series"].as_u64().unwrap() > 100, "{found}");
        let bytes = |format: &str| found[format!("bundle_bytes_{format}")].as_u64().unwrap();
        assert!(0 < bytes("native"), "{found}");
        assert!(bytes("native") < bytes("jsonl"), "{found}");
        assert_eq!(found["bundle_bytes"], found["bundle_bytes_jsonl"]);
        assert!(found["seconds"].as_f64().unwrap() > 0.0, "{found}");
        let by_component = config(&url, json!({"jobs": []}));
        let same = server.post("/api/estimate", &by_component).ok();
        assert_eq!(same["series"], found["series"]);
    }
}

mod what_would_leave {
    use super::*;

    fn labels_of(sample: &Value) -> Vec<(String, String)> {
        let labels = sample["labels"].as_object().unwrap();
        let pairs = labels.iter();
        pairs
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn the_preview_shows_the_pseudonyms_of_the_bundle() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let obfuscated = config(
            &url,
            json!({"obfuscation": {"enabled": true, "custom_labels": ["level"], "drop_labels": ["protocol"]}}),
        );
        let sampled = server
            .post("/api/sample", &json!({"config": obfuscated, "limit": 20}))
            .ok();
        let samples = sampled["samples"].as_array().unwrap();
        assert_eq!((samples.len(), &sampled["count"]), (20, &json!(20)));
        let changes = server.post("/api/preview", &obfuscated).ok();
        let change = |label: &str| {
            let labels = changes["labels"].as_array().unwrap();
            labels
                .iter()
                .find(|found| found["label"] == label)
                .unwrap()
                .clone()
        };
        assert_eq!(change("instance")["action"], "replaced");
        assert_eq!(change("protocol")["action"], "dropped");
        assert_eq!(change("__name__")["action"], "kept");
        let job = server.ended(&start(&server, &obfuscated));
        assert_eq!(job["state"], "completed", "{job}");
        let lines = lines(job["result"]["archive_path"].as_str().unwrap());
        let metrics: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["metric"].clone())
            .collect();
        for sample in samples {
            assert!(metrics.contains(&sample["labels"]), "{sample}");
            for (name, value) in labels_of(sample) {
                assert!(name != "protocol", "{sample}");
                assert!(!value.contains("vmagent-eu"), "{sample}");
            }
        }
        for example in change("instance")["examples"].as_array().unwrap() {
            let after = example["after"].as_str().unwrap();
            assert!(
                metrics.iter().any(|metric| metric["instance"] == after),
                "{example}"
            );
        }
    }

    #[test]
    fn samples_come_from_every_job_and_carry_their_values() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let whole = config(&url, json!({"time_range": last(60)}));
        let sampled = server
            .post("/api/sample", &json!({"config": whole, "limit": 0}))
            .ok();
        let samples = sampled["samples"].as_array().unwrap();
        assert_eq!(samples.len(), 10);
        for job in ["vmagent-eu", "vmagent-us"] {
            assert!(
                samples.iter().any(|sample| sample["labels"]["job"] == job),
                "{job}"
            );
        }
        for sample in samples {
            assert!(!sample["name"].as_str().unwrap().is_empty());
            assert_eq!(sample["labels"]["__name__"], sample["metric_name"]);
            assert!(
                sample["timestamp"].as_i64().unwrap() > NOW_MS - 3_600_000,
                "{sample}"
            );
            assert!(sample["value"].is_number(), "{sample}");
            let points = sample["points"].as_array().unwrap();
            let valued = points.iter().rfind(|point| !point[1].is_null()).unwrap();
            assert_eq!(valued[1], sample["value"]);
            assert!(points.len() > 1 && points.len() <= 120);
        }
        let many = json!({"config": config(&url, json!({})), "limit": 100_000});
        assert_eq!(server.post("/api/sample", &many).ok()["count"], 200);
    }

    #[test]
    fn labels_are_shown_where_samples_are_refused() {
        let (demo, url) = cluster();
        let server = Running::start();
        let asked = json!({"config": config(&url, json!({"time_range": last(60)}))});
        let refusal = Fault::Refuse(Refusal::Plain {
            status: 503,
            text: "no more exports".to_owned(),
        });
        demo.orders()
            .add(Order::new(refusal.clone()).on("/api/v1/export").always());
        let sampled = server.post("/api/sample", &asked).ok();
        let samples = sampled["samples"].as_array().unwrap();
        assert_eq!(samples.len(), 10);
        let warnings = sampled["warnings"].to_string();
        for sample in samples {
            assert!(sample["value"].is_number(), "{sample} {warnings}");
            assert_eq!(sample["points"].as_array().unwrap().len(), 1, "{sample}");
        }
        assert!(warnings.contains("503"), "{warnings}");
        // The labels of the selection are remembered; now its last samples are refused too.
        demo.orders().add(Order::new(refusal).on("/query").always());
        let sampled = server.post("/api/sample", &asked).ok();
        for sample in sampled["samples"].as_array().unwrap() {
            assert!(sample["labels"]["job"].is_string(), "{sample}");
            assert!(sample["value"].is_null(), "{sample}");
            assert_eq!(sample["points"], json!([]), "{sample}");
        }
    }

    #[test]
    fn results_of_an_expression_have_no_name() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let query = config(
            &url,
            json!({"mode": "custom", "query": "sum(up) by (job)", "jobs": []}),
        );
        let sampled = server.post("/api/sample", &json!({"config": query})).ok();
        let sample = &sampled["samples"][0];
        assert_eq!(
            (&sample["name"], &sample["metric_name"]),
            (&json!("unknown"), &json!(""))
        );
        assert!(sample["value"].is_number(), "{sample}");
    }

    #[test]
    fn results_of_an_expression_have_a_course_that_ends_with_the_range() {
        let (demo, url) = cluster();
        let query = |expression: &str| {
            let more =
                json!({"mode": "custom", "query": expression, "jobs": [], "time_range": last(60)});
            json!({"config": config(&url, more), "limit": 50})
        };
        let server = Running::start();
        let sampled = server.post("/api/sample", &query("sum(up) by (job)")).ok();
        let sample = &sampled["samples"][0];
        let points = sample["points"].as_array().unwrap();
        assert!(points.len() > 30 && points.len() <= 120, "{sample}");
        assert_eq!(*points.last().unwrap(), json!([NOW_MS, sample["value"]]));
        assert_eq!(sample["timestamp"], NOW_MS);
        assert_eq!(sampled["warnings"], json!([]));

        // A vmagent died half-way: it has no result at the end.
        let sampled = server
            .post("/api/sample", &query("sum(up) by (instance)"))
            .ok();
        let samples = sampled["samples"].as_array().unwrap();
        let ended = samples.iter().filter(|s| s["timestamp"] != NOW_MS);
        assert_eq!(ended.count(), 1, "{sampled}");

        // Where the course is refused the end is shown, and said to be all there is.
        let refusal = Fault::Refuse(Refusal::Plain {
            status: 503,
            text: "too costly".to_owned(),
        });
        demo.orders()
            .add(Order::new(refusal).on("/query_range").always());
        let sampled = server.post("/api/sample", &query("sum(up)")).ok();
        let points = sampled["samples"][0]["points"].as_array().unwrap();
        assert_eq!(points.len(), 1, "{sampled}");
        let warnings = sampled["warnings"].to_string();
        assert!(warnings.contains("end of the range only"), "{warnings}");
    }

    #[test]
    fn a_selection_without_series_is_not_found() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let none = config(&url, json!({"jobs": ["none"]}));
        for (path, body) in [
            ("/api/sample", json!({"config": none})),
            ("/api/preview", none.clone()),
        ] {
            assert_eq!(server.post(path, &body).refused(), 404, "{path}");
        }
        assert_eq!(server.post("/api/sample", &json!({})).refused(), 400);
    }
}

mod exporting {
    use super::*;

    #[test]
    fn an_export_is_started_followed_listed_and_downloaded() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let started = server
            .post("/api/export/start", &config(&url, json!({})))
            .ok();
        let id = started["job_id"].as_str().unwrap();
        assert!(id.starts_with("job-"));
        assert_eq!(started["state"], "pending");
        assert_eq!(
            (&started["total_batches"], &started["batch_window_seconds"]),
            (&json!(1), &json!(1800))
        );
        assert!(started["staging_path"].as_str().unwrap().contains(id));
        let events_url = started["events_url"].as_str().unwrap();
        let events = server.get(events_url);
        assert_eq!(events.header("content-type"), Some("text/event-stream"));
        let events = events.text();
        let told: Vec<Value> = events
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| serde_json::from_str(data).unwrap())
            .collect();
        let progress: Vec<f64> = told
            .iter()
            .map(|status| status["progress"].as_f64().unwrap())
            .collect();
        assert!(progress.is_sorted(), "{progress:?}");
        let end = told.last().unwrap();
        assert_eq!(
            (&end["state"], &end["stage"], &end["progress"]),
            (&json!("completed"), &json!("done"), &json!(1.0))
        );
        assert_eq!(end["events_url"], events_url);
        let status = server.get(&format!("/api/export/status?id={id}")).ok();
        assert_eq!(status["events_url"], events_url);
        let result = &status["result"];
        let path = result["archive_path"].as_str().unwrap();
        let content = fs::read(path).unwrap();
        assert_eq!(result["archive_size_bytes"], content.len());
        assert_eq!(status["metrics_processed"], result["metrics_exported"]);
        assert_eq!(
            lines(path).len(),
            result["metrics_exported"].as_u64().unwrap() as usize
        );
        assert!(!result["sample_data"].as_array().unwrap().is_empty());
        assert!(!fs::exists(started["staging_path"].as_str().unwrap()).unwrap());
        let known = server.get("/api/exports").ok();
        assert_eq!(known["finished"][0]["export_id"], result["export_id"]);
        assert_eq!(known["finished"][0]["sha256"], result["sha256"]);
        assert_eq!(known["interrupted"], json!([]));
        let export_id = result["export_id"].as_str().unwrap();
        let by_id = format!("/api/download?id={export_id}");
        let name = result["archive_name"].as_str().unwrap();
        for call in [
            by_id.clone(),
            format!("/api/download?path={path}"),
            format!("/api/download?path={name}"),
        ] {
            let answer = server.get(&call);
            assert_eq!(answer.header("content-type"), Some("application/zip"));
            assert!(answer.body == content, "{call}");
        }
        let checksum = server.get(&format!("/api/download?path={name}.sha256"));
        assert!(
            checksum
                .text()
                .starts_with(result["sha256"].as_str().unwrap())
        );
        let head = server.send(&format!("HEAD {by_id}"), &[], b"");
        assert_eq!(
            head.header("content-length"),
            Some(&*content.len().to_string())
        );
        assert_eq!(head.header("accept-ranges"), Some("bytes"));
        let part = server.send(&format!("GET {by_id}"), &[("Range", "bytes=10-19")], b"");
        assert_eq!((part.status, &*part.body), (206, &content[10..20]));
        let range = format!("bytes 10-19/{}", content.len());
        assert_eq!(part.header("content-range"), Some(&*range));
        let beyond = [("Range", "bytes=999999999-")];
        assert_eq!(
            server.send(&format!("GET {by_id}"), &beyond, b"").refused(),
            416
        );
        let other = [("Range", "bytes=0-0"), ("If-Range", "\"another\"")];
        assert_eq!(
            server.send(&format!("GET {by_id}"), &other, b"").status,
            200
        );
        let tag = head.header("etag").unwrap();
        let same = [("Range", "bytes=0-0"), ("If-Range", tag)];
        assert_eq!(server.send(&format!("GET {by_id}"), &same, b"").status, 206);
        let none = server.get("/api/download");
        assert_eq!(none.refused(), 400);
        assert!(none.text().contains("Missing path parameter"));
    }

    #[test]
    fn whoever_waits_gets_the_result() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let done = server
            .post(
                "/api/export",
                &config(&url, json!({"obfuscation": {"enabled": true}})),
            )
            .ok();
        let path = done["archive_path"].as_str().unwrap();
        assert_eq!(done["archive_size"], fs::metadata(path).unwrap().len());
        assert_eq!(done["metrics_count"], lines(path).len());
        assert_eq!(done["obfuscation_applied"], true);
        for sample in done["sample_data"].as_array().unwrap() {
            assert!(
                sample["labels"]["job"]
                    .as_str()
                    .unwrap()
                    .starts_with("vmagent-job-"),
                "{sample}"
            );
        }
    }

    #[test]
    fn a_native_bundle_is_told_as_one_of_lines_is() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let export = |format: &str| {
            let wish = config(
                &url,
                json!({"format": format, "obfuscation": {"enabled": true}}),
            );
            let id = start(&server, &wish);
            server.ended(&id)["result"].clone()
        };
        let (lines, native) = (export("jsonl"), export("native"));
        assert_eq!(
            (&lines["format"], &native["format"]),
            (&json!("jsonl"), &json!("native"))
        );
        for count in ["series_count", "sample_count"] {
            assert_eq!(lines[count], native[count], "{count}");
        }
        let names = |result: &Value| {
            let samples = result["sample_data"].as_array().unwrap().iter();
            let names = samples.map(|sample| sample["name"].as_str().unwrap().to_owned());
            names.collect::<Vec<String>>()
        };
        assert_eq!(names(&native), names(&lines));
        assert!(!names(&native).is_empty());
        for sample in native["sample_data"].as_array().unwrap() {
            assert!(sample["value"].is_number(), "{sample}");
        }
        let path = native["archive_path"].as_str().unwrap();
        let bundle = Bundle::open(path.as_ref()).unwrap();
        assert!(bundle.find(bundle::NATIVE_ENTRY).is_some());
        let known = server.get("/api/exports").ok();
        let finished = known["finished"].as_array().unwrap();
        for result in [&lines, &native] {
            let listed = finished
                .iter()
                .find(|one| one["export_id"] == result["export_id"]);
            assert_eq!(listed.unwrap()["format"], result["format"]);
        }
    }

    #[test]
    fn what_cannot_be_exported_is_refused_by_field() {
        let server = Running::start();
        let url = "http://127.0.0.1:9";
        for (more, field) in [
            (json!({"time_range": null}), "time_range.start"),
            (
                json!({"time_range": {"start": "2026-01-01T00:00:00Z"}}),
                "time_range.end",
            ),
            (
                json!({"time_range": {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}}),
                "time_range",
            ),
            (
                json!({"time_range": {"start": "2026-01-01", "end": "2026-01-02"}}),
                "time_range.start",
            ),
            (
                json!({"time_range": {"start": "2096-01-01T00:00:00Z", "end": "2096-01-02T00:00:00Z"}}),
                "time_range",
            ),
            (json!({"mode": "Custom"}), "mode"),
            (json!({"format": "parquet"}), "format"),
            (json!({"mode": "custom"}), "query"),
            (
                json!({"mode": "custom", "query": "sum(up)", "query_type": "selector"}),
                "query",
            ),
            (
                json!({"obfuscation": {"enabled": true, "custom_labels": ["__name__"]}}),
                "obfuscation.custom_labels",
            ),
            (
                json!({"obfuscation": {"drop_labels": ["__name__"]}}),
                "obfuscation.drop_labels",
            ),
        ] {
            for path in [
                "/api/export/start",
                "/api/export",
                "/api/estimate",
                "/api/preview",
            ] {
                let answer = server.post(path, &config(url, more.clone()));
                assert_eq!(answer.refused(), 400, "{more}");
                assert!(answer.text().contains(field), "{more}: {}", answer.text());
            }
        }
        assert!(!server.path("staging").exists(), "nothing was done");
    }

    #[cfg(unix)]
    #[test]
    fn a_staging_folder_that_cannot_be_used_is_named() {
        let server = Running::start();
        let file = server.path("file");
        fs::write(&file, "").unwrap();
        let url = "http://127.0.0.1:9";
        let at = |folder: &std::path::Path| {
            server.post(
                "/api/export/start",
                &config(url, json!({"staging_dir": folder})),
            )
        };
        assert_eq!(at(&file).refused(), 400);
        assert_eq!(at(&file.join("below")).refused(), 400);
        assert!(matches!(at("/proc/none".as_ref()).refused(), 403 | 500));
    }

    #[test]
    fn the_windows_are_the_ones_asked_for() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let batching = json!({"batching": {"enabled": true, "strategy": "custom", "custom_interval_seconds": 300}});
        let started = server
            .post("/api/export/start", &config(&url, batching))
            .ok();
        assert_eq!(
            (&started["total_batches"], &started["batch_window_seconds"]),
            (&json!(6), &json!(300))
        );
        let status = server.ended(started["job_id"].as_str().unwrap());
        assert_eq!(status["state"], "completed", "{status}");
        assert_eq!(status["total_batches"], status["completed_batches"]);
        assert!(status["total_batches"].as_u64().unwrap() >= 6);
    }

    #[test]
    fn a_failed_export_says_why_and_can_be_resumed() {
        let (demo, url) = cluster();
        let server = Running::start();
        let refusal = Refusal::Plain {
            status: 400,
            text: "boom".to_owned(),
        };
        // The first is the probe.
        let order = Order::new(Fault::Refuse(refusal))
            .on("/export/native")
            .nth(3);
        demo.orders().add(order);
        let whole = config(&url, json!({}));
        let id = start(&server, &whole);
        let status = server.ended(&id);
        assert_eq!(status["state"], "failed", "{status}");
        assert!(
            status["error"].as_str().unwrap().contains("boom"),
            "{status}"
        );
        assert_eq!(status["resumable"], true);
        assert!(status["progress"].as_f64().unwrap() < 1.0);
        let resumed = server
            .post("/api/export/resume", &json!({"job_id": id}))
            .ok();
        assert_eq!(resumed["staging_path"], status["staging_path"]);
        assert_eq!(resumed["completed_batches"], status["completed_batches"]);
        let status = server.ended(&id);
        assert_eq!(status["state"], "completed", "{status}");
        let undisturbed = server.ended(&start(&server, &whole));
        let path = |status: &Value| lines(status["result"]["archive_path"].as_str().unwrap());
        assert!(path(&status) == path(&undisturbed));
        let again = server.post("/api/export/resume", &json!({"job_id": id}));
        assert_eq!(
            (again.refused(), &again.json()["code"]),
            (409, &json!("wrong_state"))
        );
        assert_eq!(
            server
                .post("/api/export/cancel", &json!({"job_id": id}))
                .refused(),
            409
        );
    }

    /// An export that waits in the middle of its second slice.
    fn stalled(demo: &Demo) -> Gate {
        let gate = Gate::new();
        let fault = Fault::Stall {
            after_bytes: 100,
            gate: gate.clone(),
        };
        demo.orders()
            .add(Order::new(fault).on("/export/native").nth(3));
        gate
    }

    fn reached(gate: &Gate) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(gate.reached());
    }

    #[test]
    fn the_window_being_fetched_is_told() {
        let (demo, url) = cluster();
        let server = Running::start();
        let gate = stalled(&demo);
        let batching =
            json!({"enabled": true, "strategy": "custom", "custom_interval_seconds": 600});
        let id = start(&server, &config(&url, json!({"batching": batching})));
        reached(&gate);
        let status = || server.get(&format!("/api/export/status?id={id}")).ok();
        let ms = |span: &Value, edge: &str| {
            let time: jiff::Timestamp = span[edge].as_str().unwrap().parse().unwrap();
            time.as_millisecond()
        };
        // The first one counts until it is committed.
        let mut running = status();
        while running["completed_batches"] == 0 {
            running = status();
        }
        let (window, whole) = (&running["current_range"], &running["time_range"]);
        assert!(ms(window, "start") > ms(whole, "start"), "{running}");
        assert!(ms(window, "end") < ms(whole, "end"), "{running}");
        assert!(
            ms(window, "end") - ms(window, "start") <= 600_000,
            "{running}"
        );
        gate.open();
        let ended = server.ended(&id);
        assert_eq!(
            (&ended["state"], &ended["current_range"]),
            (&json!("completed"), &Value::Null)
        );
    }

    #[test]
    fn a_canceled_export_goes_on_where_it_was() {
        let (demo, url) = cluster();
        let server = Running::start();
        let gate = stalled(&demo);
        let id = start(
            &server,
            &config(&url, json!({"obfuscation": {"enabled": true}})),
        );
        reached(&gate);
        // The second slice is asked for while the first one is still being committed.
        let mut running = server.get(&format!("/api/export/status?id={id}")).ok();
        while running["state"] == "running" && running["completed_batches"] == 0 {
            running = server.get(&format!("/api/export/status?id={id}")).ok();
        }
        assert_eq!(
            (&running["state"], &running["completed_batches"]),
            (&json!("running"), &json!(1))
        );
        assert_eq!(server.get("/api/exports").ok()["active"][0]["job_id"], *id);
        let canceled = server
            .post("/api/export/cancel", &json!({"job_id": id}))
            .ok();
        assert_eq!(canceled, json!({"canceled": true, "job_id": id}));
        // At once, without waiting for the stop.
        let resumed = server
            .post("/api/export/resume", &json!({"job_id": id}))
            .ok();
        assert_eq!(resumed["completed_batches"], 1);
        gate.open();
        let status = server.ended(&id);
        assert_eq!(status["state"], "completed", "{status}");
        assert!(status["progress"] == 1.0);
        for sample in status["result"]["sample_data"].as_array().unwrap() {
            assert!(
                sample["labels"]["instance"]
                    .as_str()
                    .unwrap()
                    .starts_with("777.777.")
            );
        }
    }

    #[test]
    fn a_new_server_finds_what_the_old_one_left() {
        let mut options = Options::new(Personality::Single, Version::V1_150, NOW_MS);
        options.credentials = Some(Credentials::Bearer("open-sesame".to_owned()));
        let demo = Demo::start(options).unwrap();
        let auth = json!({"type": "bearer", "token": "open-sesame"});
        let wanted = config(
            &demo.url(),
            json!({"connection": {"url": demo.url(), "auth": auth}, "format": "native"}),
        );
        let gate = stalled(&demo);
        let mut first = Running::start();
        let id = start(&first, &wanted);
        reached(&gate);
        first.stop();
        let place = Arc::clone(&first.place);
        drop(first);

        let second = Running::at(Setup::default(), place);
        let known = second.get("/api/exports").ok();
        let found = &known["interrupted"][0];
        assert_eq!(found["job_id"], *id, "{known}");
        assert_eq!(
            (&found["slices_done"], &found["state"]),
            (&json!(1), &json!("canceled"))
        );
        assert!(found["needs"].as_str().unwrap().contains("token"));
        let status = second.get(&format!("/api/export/status?id={id}")).ok();
        assert_eq!(
            (&status["state"], &status["resumable"], &status["format"]),
            (&json!("canceled"), &json!(true), &json!("native"))
        );
        let bare = second.post("/api/export/resume", &json!({"job_id": id}));
        assert_eq!(
            (bare.refused(), &bare.json()["code"]),
            (409, &json!("auth_required"))
        );
        second
            .post("/api/export/resume", &json!({"job_id": id, "auth": auth}))
            .ok();
        gate.open();
        let status = second.ended(&id);
        assert_eq!(status["state"], "completed", "{status}");
        assert_eq!(second.get("/api/exports").ok()["interrupted"], json!([]));
        assert_eq!(fs::read_dir(second.path("staging")).unwrap().count(), 0);
    }

    #[test]
    fn an_export_goes_on_with_its_own_data_only() {
        let (demo, url) = cluster();
        let server = Running::start();
        let gate = stalled(&demo);
        let id = start(&server, &config(&format!("{url}?key=hunter2"), json!({})));
        reached(&gate);
        server
            .post("/api/export/cancel", &json!({"job_id": id}))
            .ok();
        gate.open();
        server.ended(&id);
        let resume = |more: Value| {
            let mut body = json!({"job_id": id});
            body.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            server.post("/api/export/resume", &body)
        };
        // Credentials do not bring the query string back.
        let auth = json!({"type": "bearer", "token": "t"});
        for more in [json!({}), json!({"auth": auth})] {
            let answer = resume(more);
            assert_eq!(answer.refused(), 409);
            assert_eq!(answer.json()["code"], "url_required");
        }
        let other = url.replace("/select/0/", "/select/5/");
        assert_ne!(other, url);
        let answer = resume(json!({"connection": {"url": other}}));
        assert_eq!(answer.refused(), 409);
        assert_eq!(answer.json()["code"], "other_source");

        let moved = url.replace("127.0.0.1", "localhost");
        assert_ne!(moved, url);
        resume(json!({"connection": {"url": format!("{moved}?key=hunter2")}})).ok();
        let status = server.ended(&id);
        assert_eq!(status["state"], "completed", "{status}");
        let bundle = status["result"]["archive_path"].as_str().unwrap();
        let bundle = Bundle::open(bundle.as_ref()).unwrap();
        let metadata = bundle.metadata().unwrap().unwrap();
        assert_eq!(metadata.warnings, [bundle::Warning::SourceMoved]);
        let undisturbed = server.ended(&start(&server, &config(&url, json!({}))));
        let path = |status: &Value| lines(status["result"]["archive_path"].as_str().unwrap());
        assert!(path(&status) == path(&undisturbed));
    }

    #[test]
    fn a_discarded_export_leaves_nothing() {
        let (demo, url) = cluster();
        let server = Running::start();
        let gate = stalled(&demo);
        let id = start(&server, &config(&url, json!({})));
        reached(&gate);
        let running = server.post("/api/export/discard", &json!({"job_id": id}));
        assert_eq!(running.refused(), 409);
        server
            .post("/api/export/cancel", &json!({"job_id": id}))
            .ok();
        let gone = server
            .post("/api/export/discard", &json!({"job_id": id}))
            .ok();
        assert_eq!(gone, json!({"discarded": true, "job_id": id}));
        gate.open();
        assert_eq!(fs::read_dir(server.path("staging")).unwrap().count(), 0);
        assert_eq!(
            server.get(&format!("/api/export/status?id={id}")).refused(),
            404
        );
        assert_eq!(server.get("/api/exports").ok()["interrupted"], json!([]));
        for path in [
            "/api/export/cancel",
            "/api/export/resume",
            "/api/export/discard",
        ] {
            assert_eq!(
                server.post(path, &json!({"job_id": id})).refused(),
                404,
                "{path}"
            );
            assert_eq!(server.post(path, &json!({})).refused(), 400, "{path}");
        }
    }

    #[test]
    fn who_goes_away_cancels() {
        let (demo, url) = cluster();
        let server = Running::start();
        let gate = stalled(&demo);
        let body = config(&url, json!({})).to_string();
        let mut stream = server.connect();
        let head = format!(
            "POST /api/export HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
            server.authority(),
            body.len()
        );
        std::io::Write::write_all(&mut stream, (head + &body).as_bytes()).unwrap();
        reached(&gate);
        let active = server.get("/api/exports").ok()["active"].clone();
        let id = active[0]["job_id"].as_str().unwrap().to_owned();
        drop(stream);
        assert_eq!(server.ended(&id)["state"], "canceled");
        gate.open();
    }
}

mod folders {
    use super::*;

    #[test]
    fn a_folder_is_checked_and_made_if_asked() {
        let server = Running::start();
        let check = |path: &std::path::Path, ensure: bool| {
            server.post("/api/fs/check", &json!({"path": path, "ensure": ensure}))
        };
        let folder = server.path("new/inner");
        let missing = check(&folder, false).ok();
        assert_eq!(
            (&missing["ok"], &missing["exists"], &missing["can_create"]),
            (&json!(false), &json!(false), &json!(true))
        );
        assert!(!server.path("new").exists());
        let made = check(&folder, true).ok();
        assert_eq!(
            (&made["ok"], &made["abs_path"]),
            (&json!(true), &json!(folder))
        );
        assert!(folder.is_dir());
        assert_eq!(check(&folder, false).ok()["exists"], true);
        let file = server.path("file");
        fs::write(&file, "").unwrap();
        assert_eq!(check(&file, false).refused(), 400);
        assert_eq!(check(&file.join("x"), true).refused(), 400);
        assert_eq!(check("".as_ref(), false).refused(), 400);
        let never = check("/proc/none/below".as_ref(), false).ok();
        assert_eq!(
            (&never["ok"], &never["can_create"]),
            (&json!(false), &json!(false))
        );
        assert!(
            never["message"]
                .as_str()
                .unwrap()
                .contains("permission denied")
        );
    }
}

mod real_servers {
    use super::*;
    use testkit::{VmServer, VmVersion};

    #[test]
    fn a_real_single_node_is_exported() {
        for version in VmVersion::all() {
            let vm = VmServer::start(version, &["-retentionPeriod=100y"]);
            let end = NOW_MS;
            let mut text = Vec::new();
            for minute in 0..30 {
                for (job, host) in [
                    ("vmagent", "a.corp.example"),
                    ("vmstorage", "b.corp.example"),
                ] {
                    let time = end - minute * 60_000;
                    let line = format!(
                        "{{\"metric\":{{\"__name__\":\"up\",\"job\":\"{job}\",\"instance\":\"{host}:8429\"}},\"values\":[1],\"timestamps\":[{time}]}}\n"
                    );
                    text.extend(line.into_bytes());
                }
            }
            vm.load(&text);
            let server = Running::start();
            let connection = json!({"url": vm.url()});
            let found = server
                .post("/api/validate", &json!({"connection": connection}))
                .ok();
            assert_eq!(found["success"], true, "{version:?}: {found}");
            let wanted = json!({
                "connection": connection, "time_range": last(40), "jobs": ["vmagent", "vmstorage"],
                "obfuscation": {"enabled": true},
            });
            let sampled = server.post("/api/sample", &json!({"config": wanted})).ok();
            assert_eq!(sampled["count"], 2, "{version:?}");
            assert_eq!(sampled["samples"][0]["timestamp"], end);
            let done = server.post("/api/export", &wanted).ok();
            assert_eq!(done["sample_count"], 60, "{version:?}: {done}");
            let lines = lines(done["archive_path"].as_str().unwrap()).join("\n");
            assert!(!lines.contains("corp.example"), "{version:?}");
            for sample in sampled["samples"].as_array().unwrap() {
                assert!(lines.contains(sample["labels"]["instance"].as_str().unwrap()));
            }
        }
    }
}
