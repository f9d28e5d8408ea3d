//! `vmgather serve`, and the same without a command.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};

use crate::harness::{Place, Said, single_node};

/// A server that was started, and what it said until it listened.
pub(crate) struct Served {
    child: Child,
    pub(crate) said: String,
    /// Host and port.
    authority: String,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Served {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let authority = loop {
            let mut line = String::new();
            let read = stderr.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended: {said}");
            said += &line;
            if let Some((_, url)) = line.split_once(" is at http://") {
                break url.trim_end().to_owned();
            }
        };
        Self {
            child,
            said,
            authority,
            stderr,
        }
    }

    fn with(place: &Place, args: &[&str]) -> Self {
        Self::start(place.command(args))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        let host = &self.authority;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        let (host, length) = (&self.authority, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Asks it to stop, as a service manager does.
    pub(crate) fn stop(mut self) -> i32 {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap().code().unwrap()
    }
}

#[test]
fn the_older_flags_serve_the_page_until_they_are_stopped() {
    let place = Place::new();
    let served = Served::with(
        &place,
        &["-no-browser", "-addr", "127.0.0.1:0", "-output", "out"],
    );
    assert_eq!(served.said.lines().count(), 1, "{}", served.said);
    assert!(served.get("/api/health").contains(r#""status":"ok""#));
    let settings = served.get("/api/config");
    let output = fs::canonicalize(place.path("out")).unwrap();
    assert!(settings.contains(output.to_str().unwrap()), "{settings}");
    assert!(!settings.contains("demo_url"), "{settings}");
    assert_eq!(served.stop(), 0);
}

#[test]
fn a_connection_may_ask_for_its_requests_to_be_logged() {
    let demo = single_node();
    let place = Place::new();
    let mut served = Served::with(&place, &["serve", "--no-browser", "--addr", "127.0.0.1:0"]);
    let url = demo.url().replace("://", "://reader:pw-7381@");
    let ask = |debug| {
        let body = format!(r#"{{"connection": {{"url": "{url}", "debug": {debug}}}}}"#);
        let answer = served.post("/api/validate", &body);
        assert!(answer.contains(r#""valid":true"#), "{answer}");
    };
    ask(false);
    ask(true);
    let asked = demo.requests().len() / 2;
    assert!(asked > 0);
    let lines: Vec<String> = (0..asked).map(|_| served.line()).collect();
    for line in &lines {
        assert!(
            line.contains("INFO vmapi::request: request method="),
            "{line}"
        );
        assert!(!line.contains("pw-7381"), "{line}");
    }
    assert_eq!(served.stop(), 0);
}

#[test]
fn the_demo_needs_no_command() {
    let place = Place::new();
    for args in [
        &["--demo", "-no-browser", "-addr=127.0.0.1:0"][..],
        &["serve", "--demo", "--no-browser", "--addr", "127.0.0.1:0"],
    ] {
        let served = Served::with(&place, args);
        let settings = served.get("/api/config");
        assert!(settings.contains("/select/0/prometheus"), "{settings}");
        assert_eq!(served.stop(), 0);
    }
}

#[test]
fn a_taken_port_is_replaced_unless_that_is_forbidden() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new();
    let served = Served::with(&place, &["-no-browser", "-addr", &address]);
    let warning = format!(
        "warning: port {} is in use",
        taken.local_addr().unwrap().port()
    );
    assert!(served.said.starts_with(&warning), "{}", served.said);
    assert_ne!(served.authority, address);
    assert!(served.authority.starts_with("127.0.0.1:"));
    assert_eq!(served.stop(), 0);
    for args in [
        &["-no-browser", "-strict-port", "-addr", &address][..],
        &["serve", "--no-browser", "--strict-port", "--addr", &address],
    ] {
        let said = place.run(args);
        assert_eq!(said.code, 1, "{}", said.stderr);
        let error = format!("error: cannot listen on `{address}`");
        assert!(said.stderr.starts_with(&error), "{}", said.stderr);
    }
}

#[test]
fn an_address_that_cannot_be_used_is_an_error_and_not_another_port() {
    let place = Place::new();
    for address in [
        "localhost",
        "8080",
        "127.0.0.1:http",
        "192.0.2.1:0",
        "::1:0",
    ] {
        let said: Said = place.run(&["-no-browser", "-addr", address]);
        assert_eq!(said.code, 1, "{address}: {}", said.stderr);
        assert!(said.stderr.contains(address), "{}", said.stderr);
    }
}

#[test]
fn everybody_else_needs_the_token() {
    let place = Place::new();
    let mut served = Served::with(&place, &["-no-browser", "-addr", ":0"]);
    assert!(served.authority.starts_with("localhost:"));
    assert!(served.line().starts_with("warning: whoever is on the way"));
    let token = served.line();
    let token = token.strip_prefix("access token: ").unwrap();
    assert_eq!(token.len(), 32);
    let start = served.line();
    let start = start.strip_prefix("opens the page once: http://").unwrap();
    assert!(served.get("/api/config").starts_with("HTTP/1.1 401 "));
    let path = &start[start.find('/').unwrap()..];
    assert!(served.get(path).contains("set-cookie: vmgather_"));
    assert_eq!(served.stop(), 0);

    place.file("short", "password\n");
    for args in [
        &["serve", "--token-file", "short"][..],
        &["serve", "--token-file", "none"],
        &["serve", "--tls-cert", "cert.pem"],
        &["serve", "--max-jobs", "0"],
    ] {
        let said = place.run(args);
        assert_eq!(said.code, 2, "{args:?}: {}", said.stderr);
        assert!(!said.stderr.contains("password\n"), "{}", said.stderr);
    }
}

#[cfg(unix)]
#[test]
fn the_browser_gets_a_code_and_never_the_token() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let seen = place.path("seen");
    let opener = place.folder("bin").join("xdg-open");
    let written = place.path("writing");
    let script = format!(
        "#!/bin/sh\necho \"$*\" > '{0}'\n/bin/mv '{0}' '{1}'\n",
        written.display(),
        seen.display()
    );
    fs::write(&opener, script).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let token = place.file("token", "correct-horse-battery-staple\n");
    let mut command = place.command(&["serve", "--addr", "127.0.0.1:0", "--token-file"]);
    command.arg(token).env("PATH", place.path("bin"));
    let served = Served::start(command);
    while !seen.exists() {
        std::thread::yield_now();
    }
    let url = fs::read_to_string(&seen).unwrap();
    let url = url.trim();
    let start = format!("http://{}/start?code=", served.authority);
    assert!(url.starts_with(&start), "{url}");
    assert!(!url.contains("horse"), "{url}");
    assert!(
        served
            .get(&url[url.find("/start").unwrap()..])
            .contains("set-cookie")
    );
    assert_eq!(served.stop(), 0);
}

#[test]
fn what_stands_behind_the_flags_or_has_no_effect_is_said() {
    let place = Place::new();
    let served = Served::with(
        &place,
        &[
            "-no-browser",
            "-export-stdout",
            "-addr",
            "127.0.0.1:0",
            "export",
            "--demo",
        ],
    );
    for warning in [
        "warning: `export` and what follows are ignored",
        "warning: `-export-stdout` has no effect without `-oneshot`",
    ] {
        assert!(served.said.contains(warning), "{}", served.said);
    }
    assert_eq!(served.stop(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_crash_leaves_no_memory_behind() {
    let place = Place::new();
    let served = Served::with(&place, &["-no-browser", "-addr", "127.0.0.1:0"]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", served.child.id())).unwrap();
    served.stop();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let sizes: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(sizes, ["0", "0"], "{core}");
}
