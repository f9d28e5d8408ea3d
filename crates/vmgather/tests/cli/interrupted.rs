//! Signals, broken pipes, failures, and going on afterwards.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use demo::{Demo, Fault, Gate, Order, Refusal};

use crate::harness::{Place, Said, entry, export_args, single_node, sorted_lines, with};

/// Makes the second slice wait for ever.
fn stall(demo: &Demo) -> Gate {
    let gate = Gate::new();
    let fault = Fault::Stall {
        after_bytes: 10,
        gate: gate.clone(),
    };
    // The first request finds out whether there is a native export at all.
    demo.orders()
        .add(Order::new(fault).on("/api/v1/export").nth(3));
    gate
}

fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
}

/// Starts an export with `--json` and waits until its first slice is done.
#[expect(clippy::zombie_processes, reason = "the caller waits for it")]
fn start_until_first_slice(place: &Place, args: &[String]) -> (Child, BufReader<ChildStdout>) {
    let args = with(args.to_vec(), &["--json"]);
    let mut child = place.command(&args).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    loop {
        line.clear();
        if stdout.read_line(&mut line).unwrap() == 0 {
            panic!("ended early: {:?}", child.wait());
        }
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        if event["slices_done"].as_u64().is_some_and(|done| done > 0) {
            return (child, stdout);
        }
    }
}

/// The rest of what a stopped export said.
fn ended(mut child: Child, mut stdout: impl Read) -> Said {
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    Said {
        code: child.wait().unwrap().code().unwrap_or(-1),
        stdout: rest,
        stderr,
    }
}

/// Interrupts an export in `out` after its first slice and tells how it ended.
fn interrupt(place: &Place, demo: &Demo, name: &str) -> Said {
    let gate = stall(demo);
    let args = with(export_args(demo, 5), &["--output", "out"]);
    let (child, stdout) = start_until_first_slice(place, &args);
    signal(&child, name);
    let said = ended(child, stdout);
    gate.open();
    said
}

/// Interrupts an export while it waits for its second slice.
pub(crate) fn interrupt_in(place: &Place, demo: &Demo, args: &[String]) -> Said {
    let gate = stall(demo);
    let child = place.command(args).spawn().unwrap();
    reached(&gate);
    signal(&child, "INT");
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130);
    gate.open();
    said
}

/// Waits until somebody asks for what the gate holds back.
fn reached(gate: &Gate) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let deadline = std::time::Duration::from_secs(60);
    runtime
        .block_on(async { tokio::time::timeout(deadline, gate.reached()).await })
        .expect("the second slice is asked for");
}

#[test]
fn an_interrupted_export_continues_to_the_same_bundle() {
    for name in ["INT", "TERM"] {
        let demo = single_node();
        let place = Place::new();
        place
            .run(&with(export_args(&demo, 5), &["-o", "whole.zip"]))
            .done();

        let said = interrupt(&place, &demo, name);
        assert_eq!(said.code, 130, "{name}");
        let events = said.events();
        let cancelled = events.last().unwrap();
        assert_eq!(cancelled["type"], "cancelled");
        let command = cancelled["resume"].as_str().unwrap();
        let id = cancelled["export_id"].as_str().unwrap();
        let out = place.path("out");
        assert_eq!(
            command,
            format!("vmgather resume {id} --output {}", out.display())
        );
        assert_eq!(place.names("out"), ["staging"]);

        let before = demo.requests().len();
        let args: Vec<&str> = command.split(' ').skip(1).collect();
        let said = place.run(&args).done();
        assert!(
            said.stderr.contains("of them done before"),
            "{}",
            said.stderr
        );
        assert!(demo.requests().len() > before);
        let resumed = entry(&place.only("out", ".zip"), "metrics.jsonl");
        let whole = entry(&place.path("whole.zip"), "metrics.jsonl");
        assert!(sorted_lines(&resumed) == sorted_lines(&whole));
        assert_eq!(place.names("out/staging"), Vec::<String>::new());
    }
}

#[test]
fn a_person_is_told_how_to_continue() {
    let demo = single_node();
    let place = Place::new();
    let said = interrupt_in(&place, &demo, &export_args(&demo, 5));
    assert_eq!(said.stdout(), "");
    assert!(
        said.stderr
            .contains("\nstopping; press Ctrl-C again to stop at once\n")
    );
    let last = said.stderr.lines().last().unwrap();
    let id = last
        .strip_prefix("interrupted; continue with `vmgather resume ")
        .and_then(|rest| rest.strip_suffix('`'));
    assert!(id.is_some_and(|id| id.starts_with("export-")), "{last}");
}

#[test]
fn the_only_interrupted_export_needs_no_id_and_several_are_listed() {
    let demo = single_node();
    let place = Place::new();
    interrupt(&place, &demo, "INT");
    interrupt(&place, &demo, "INT");
    let said = place.run(&["resume", "--output", "out"]);
    assert_eq!(said.code, 2);
    let ids = place.names("out/staging");
    for id in &ids {
        assert!(said.stderr.contains(&format!("{id}  ")), "{}", said.stderr);
    }
    assert!(
        said.stderr
            .contains("\nerror: there are 2 to choose from\n")
    );

    let said = place.run(&["resume", &ids[0], "--output", "out", "--discard"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("hint: add `--yes`"), "{}", said.stderr);
    place
        .run(&["resume", &ids[0], "--output", "out", "--discard", "--yes"])
        .done();
    assert_eq!(place.names("out/staging"), [ids[1].clone()]);

    place.run(&["resume", "--output", "out"]).done();
    assert_eq!(place.names("out/staging"), Vec::<String>::new());
    place.only("out", ".zip");
}

#[test]
fn what_was_to_go_to_a_pipe_is_resumed_into_a_file() {
    let demo = single_node();
    let place = Place::new();
    let args = with(export_args(&demo, 5), &["--stdout", "--plain"]);
    interrupt_in(&place, &demo, &args);
    place.run(&["resume"]).done();
    place.only("exports", ".zip");
    assert_eq!(place.names(".vmgather/staging"), Vec::<String>::new());
    assert_eq!(place.names(".vmgather/jobs"), Vec::<String>::new());
}

#[test]
fn a_broken_pipe_ends_the_run_quietly_and_leaves_nothing() {
    let demo = single_node();
    let place = Place::new();
    let args = with(export_args(&demo, 60), &["--stdout", "--plain"]);
    let mut child = place.command(&args).spawn().unwrap();
    // Closing the pipe before anything is written breaks it.
    drop(child.stdout.take());
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.code, 1);
    assert!(!said.stderr.contains("error: "), "{}", said.stderr);
    assert_eq!(place.names(".vmgather/staging"), Vec::<String>::new());
    assert_eq!(place.names(".vmgather/jobs"), Vec::<String>::new());
}

#[test]
fn an_export_is_found_wherever_it_lies() {
    let demo = single_node();
    let place = Place::new();
    let said = interrupt(&place, &demo, "INT");
    let id = said.events().last().unwrap()["export_id"].to_string();
    let id = id.trim_matches('"');
    assert_eq!(place.names(".vmgather/jobs"), [format!("{id}.json")]);
    place.run(&["resume", id]).done();
    place.only("out", ".zip");
    assert_eq!(place.names(".vmgather/jobs"), Vec::<String>::new());
}

#[test]
fn a_discarded_export_is_forgotten() {
    let demo = single_node();
    let place = Place::new();
    interrupt(&place, &demo, "INT");
    place.run(&["resume", "--discard", "--yes"]).done();
    assert_eq!(place.names("out/staging"), Vec::<String>::new());
    assert_eq!(place.names(".vmgather/jobs"), Vec::<String>::new());
}

#[test]
fn only_exports_that_nobody_touched_for_the_given_time_are_swept() {
    let demo = single_node();
    let place = Place::new();
    interrupt(&place, &demo, "INT");
    interrupt(&place, &demo, "INT");
    let ids = place.names("out/staging");
    let old = place.path("out/staging").join(&ids[0]);
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(8 * 86_400);
    for file in std::fs::read_dir(&old).unwrap() {
        let file = std::fs::File::options()
            .append(true)
            .open(file.unwrap().path());
        file.unwrap().set_modified(long_ago).unwrap();
    }
    let args = with(export_args(&demo, 1), &["--staging-ttl", "7d"]);
    let said = place.run(&args).done();
    let wanted = format!("warning: deleted the interrupted export {}: ", ids[0]);
    assert!(said.stderr.contains(&wanted), "{}", said.stderr);
    assert_eq!(place.names("out/staging"), [ids[1].clone()]);
    assert_eq!(place.names(".vmgather/jobs"), [format!("{}.json", ids[1])]);

    let said = place.run(&["resume", "--staging-ttl", "1ms"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("there is no interrupted export here"));
    assert_eq!(place.names("out/staging"), Vec::<String>::new());
}

#[test]
fn a_script_that_stops_listening_ends_the_export_quietly() {
    let demo = single_node();
    let place = Place::new();
    let args = with(export_args(&demo, 5), &["--json"]);
    let mut child = place.command(&args).spawn().unwrap();
    drop(child.stdout.take());
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!((said.code, said.stderr.as_str()), (1, ""));
}

#[test]
fn a_failure_says_that_the_rest_is_kept() {
    let demo = single_node();
    let place = Place::new();
    let refusal = Refusal::Plain {
        status: 400,
        text: "no".to_owned(),
    };
    let fault = Fault::Refuse(refusal);
    demo.orders()
        .add(Order::new(fault).on("/api/v1/export").nth(3).always());
    let said = place.run(&export_args(&demo, 5));
    assert_eq!(said.code, 1, "{}", said.stderr);
    let last = said.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("hint: what was fetched is kept; continue with `vmgather resume export-"),
        "{}",
        said.stderr
    );
    demo.orders().clear();
    place.run(&["resume"]).done();
    place.only("exports", ".zip");
}

#[test]
fn a_second_signal_stops_at_once() {
    let demo = single_node();
    let place = Place::new();
    let gate = stall(&demo);
    let (mut child, _stdout) = start_until_first_slice(&place, &export_args(&demo, 5));
    signal(&child, "INT");
    // It may have stopped already; then there is nobody to signal.
    let kill = format!("kill -INT {}", child.id());
    let _ = Command::new("sh")
        .args(["-c", &kill])
        .stderr(Stdio::null())
        .status();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    gate.open();
}
