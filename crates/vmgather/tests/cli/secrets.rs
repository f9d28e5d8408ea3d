//! No secret stands in anything that the program says or leaves behind, whatever the server does
//! and however much is logged.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

use demo::{Demo, Fault, Order, Refusal};

use crate::harness::{NOW_MS, Place, Said, entry, rfc3339, single_node};

const PASSWORD: &str = "hunter2-password";
const TOKEN: &str = "hunter2-token";
const HEADER: &str = "hunter2-header";
const QUERY: &str = "hunter2-query";
/// As it stands in a URL, and what it means.
const URL_PASSWORD: (&str, &str) = ("hunter2%40url%2Bpassword", "hunter2@url+password");

/// What `printf ops:SECRET | base64` prints, for the two passwords.
const ENCODED: [&str; 2] = [
    "b3BzOmh1bnRlcjItcGFzc3dvcmQ=",
    "b3BzOmh1bnRlcjJAdXJsK3Bhc3N3b3Jk",
];

/// Every secret, as a server may know it.
const KNOWN: [&str; 7] = [
    PASSWORD,
    TOKEN,
    HEADER,
    QUERY,
    URL_PASSWORD.1,
    ENCODED[0],
    ENCODED[1],
];

/// A way to give secrets: the URL, options, variables, and a config for `connection.auth`.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    /// What must not be seen, beside the query string of the URL.
    secrets: &'static [&'static str],
    in_url: bool,
    options: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
    auth: Option<&'static str>,
}

const PLAIN: Way = Way {
    name: "",
    secrets: &[],
    in_url: false,
    options: &[],
    variables: &[],
    auth: None,
};

const WAYS: [Way; 9] = [
    Way {
        name: "URL",
        secrets: &[URL_PASSWORD.0, URL_PASSWORD.1, ENCODED[1]],
        in_url: true,
        ..PLAIN
    },
    Way {
        name: "password file",
        secrets: &[PASSWORD, ENCODED[0]],
        options: &["--user", "ops", "--password-file", "password"],
        ..PLAIN
    },
    Way {
        name: "token file",
        secrets: &[TOKEN],
        options: &["--bearer-token-file", "token"],
        ..PLAIN
    },
    Way {
        name: "header",
        secrets: &[HEADER],
        options: &["--header", "X-Api-Key: hunter2-header"],
        ..PLAIN
    },
    Way {
        name: "password variable",
        secrets: &[PASSWORD, ENCODED[0]],
        options: &["--user", "ops"],
        variables: &[("VMGATHER_SOURCE_PASSWORD", PASSWORD)],
        ..PLAIN
    },
    Way {
        name: "token variable",
        secrets: &[TOKEN],
        variables: &[("VMGATHER_SOURCE_TOKEN", TOKEN)],
        ..PLAIN
    },
    Way {
        name: "basic auth of a config",
        secrets: &[PASSWORD, ENCODED[0]],
        auth: Some(r#"{"type":"basic","username":"ops","password":"hunter2-password"}"#),
        ..PLAIN
    },
    Way {
        name: "bearer token of a config",
        secrets: &[TOKEN],
        auth: Some(r#"{"type":"bearer","token":"hunter2-token"}"#),
        ..PLAIN
    },
    Way {
        name: "header of a config",
        secrets: &[HEADER],
        auth: Some(
            r#"{"type":"header","header_name":"X-Api-Key","header_value":"hunter2-header"}"#,
        ),
        ..PLAIN
    },
];

impl Way {
    /// The address with its secrets; every query string has one.
    fn url(&self, address: &str) -> String {
        let user = match self.in_url {
            true => format!("ops:{}@", URL_PASSWORD.0),
            false => String::new(),
        };
        format!("http://{user}{address}/?key={QUERY}")
    }

    /// Runs a command with the secrets and `--debug`, in `place`.
    fn run(&self, place: &Place, inputs: &Place, command: &[&str], url: &str) -> Said {
        let mut args: Vec<String> = command.iter().map(|arg| (*arg).to_owned()).collect();
        args.push("--debug".to_owned());
        if let Some(auth) = self.auth {
            let config = format!(
                r#"{{"connection":{{"url":"{url}","auth":{auth}}},
                    "time_range":{{"start":"{}","end":"{}"}}}}"#,
                rfc3339(NOW_MS - 60_000),
                rfc3339(NOW_MS)
            );
            let name = format!("{}.json", self.name);
            let path = inputs.file(&name, config);
            args.extend(["--config".to_owned(), path.to_str().unwrap().to_owned()]);
        } else {
            let file = |option: &str| match option {
                "password" | "token" => inputs.path(option).to_str().unwrap().to_owned(),
                other => other.to_owned(),
            };
            args.extend(["--url".to_owned(), url.to_owned()]);
            args.extend(self.options.iter().map(|option| file(option)));
        }
        let mut command = place.command(&args);
        Said::of(
            command
                .envs(self.variables.iter().copied())
                .output()
                .unwrap(),
        )
    }
}

/// Files that the program is to read secrets from; they lie where nobody looks for leaks.
fn inputs() -> Place {
    let inputs = Place::new();
    inputs.file("password", format!("{PASSWORD}\n"));
    inputs.file("token", format!("{TOKEN}\n"));
    inputs
}

/// Answers every request with a status, and with everything the client said, in the address of a
/// redirect and in the body.
fn mirror(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away is none of our business.
            thread::spawn(move || reflect(stream, status));
        }
    });
    address
}

fn reflect(mut stream: TcpStream, status: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut said = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().unwrap_or(0);
        }
        said += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    said += &String::from_utf8_lossy(&body);
    said += &KNOWN.join("\n");
    let target = said.split(' ').nth(1).unwrap_or("/");
    write!(
        stream,
        "HTTP/1.1 {status}\r\nLocation: http://other.invalid{target}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{said}",
        said.len()
    )
}

/// Every file below a folder, with the entries of bundles in place of the bundles.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "zip") {
            for name in ["metrics.jsonl", "metadata.json", "README.txt"] {
                found.push((path.join(name), entry(&path, name).into_bytes()));
            }
        } else {
            let content = fs::read(&path).unwrap();
            found.push((path, content));
        }
    }
    found
}

/// Searches everything that was said, and every file, for these secrets.
#[track_caller]
fn none_of(secrets: &[&str], case: &str, place: &Place, said: &Said) {
    let mut texts = vec![
        ("stdout".to_owned(), said.stdout.clone()),
        ("stderr".to_owned(), said.stderr.clone().into_bytes()),
    ];
    for (path, content) in files(&place.path(".")) {
        let name = path.display().to_string();
        texts.push((format!("the name of {name}"), name.clone().into_bytes()));
        texts.push((name, content));
    }
    for (place, text) in texts {
        let text = String::from_utf8_lossy(&text);
        for secret in secrets {
            assert!(
                !text.contains(secret),
                "{case}: `{secret}` in {place}:\n{text}"
            );
        }
    }
}

impl Way {
    #[track_caller]
    fn shows_nothing(&self, case: &str, place: &Place, said: &Said) {
        none_of(&[self.secrets, &[QUERY]].concat(), case, place, said);
    }
}

fn authority(demo: &Demo) -> String {
    demo.url().trim_start_matches("http://").to_owned()
}

#[test]
fn exports_and_discoveries_never_show_one() {
    let demo = single_node();
    let servers = [
        ("fine", authority(&demo), 0),
        ("401", mirror("401 Unauthorized"), 1),
        ("400", mirror("400 Bad Request"), 1),
        ("500", mirror("500 Internal Server Error"), 1),
        ("redirect", mirror("307 Temporary Redirect"), 1),
        ("refused", "127.0.0.1:1".to_owned(), 1),
    ];
    let range = [
        "--start",
        &(NOW_MS - 60_000).to_string(),
        "--end",
        &NOW_MS.to_string(),
    ]
    .map(str::to_owned);
    let range: Vec<&str> = range.iter().map(String::as_str).collect();
    let export = [&["export"], &range[..]].concat();
    let discover = [&["discover"], &range[..]].concat();
    // Failures that may pass are waited for, so all cases wait together.
    thread::scope(|scope| {
        for (server, address, code) in &servers {
            for way in &WAYS {
                for command in [&export, &discover] {
                    if command[0] == "discover" && way.auth.is_some() {
                        continue;
                    }
                    scope.spawn(move || {
                        let (place, inputs) = (Place::new(), inputs());
                        let said = way.run(&place, &inputs, command, &way.url(address));
                        let case = format!("{} by {} from {server}", command[0], way.name);
                        assert_eq!(said.code, *code, "{case}: {}", said.stderr);
                        way.shows_nothing(&case, &place, &said);
                    });
                }
            }
        }
    });
}

#[test]
fn resumes_never_show_one() {
    let inputs = inputs();
    thread::scope(|scope| {
        for way in WAYS.iter().filter(|way| way.auth.is_none()) {
            let inputs = &inputs;
            scope.spawn(move || {
                let demo = single_node();
                let refusal = Refusal::Plain {
                    status: 400,
                    text: KNOWN.join("\n"),
                };
                demo.orders().add(
                    Order::new(Fault::Refuse(refusal))
                        .on("/api/v1/export")
                        .nth(3)
                        .always(),
                );
                let place = Place::new();
                let url = way.url(&authority(&demo));
                let export = ["export", "--start", "1779999700", "--end", "1780000000"];
                let case = |command: &str| format!("{command} by {}", way.name);
                let said = way.run(&place, inputs, &export, &url);
                assert_eq!(said.code, 1, "{}", said.stderr);
                assert_eq!(place.names("exports/staging").len(), 1);
                assert_eq!(place.names(".vmgather/jobs").len(), 1);
                way.shows_nothing(&case("export"), &place, &said);

                let said = way.run(&place, inputs, &["resume"], &url);
                assert_eq!(said.code, 1, "{}", said.stderr);
                way.shows_nothing(&case("resume"), &place, &said);

                // Without the secrets it says what is missing, and not what it was.
                let said = place.run(&["resume", "--debug"]);
                assert_eq!(said.code, 2, "{}", said.stderr);
                way.shows_nothing(&case("resume without secrets"), &place, &said);

                demo.orders().clear();
                let said = way.run(&place, inputs, &["resume"], &url).done();
                place.only("exports", ".zip");
                way.shows_nothing(&case("resume to the end"), &place, &said);
            });
        }
    });
}

#[test]
fn mistakes_beside_a_secret_never_show_it() {
    let place = Place::new();
    for args in [
        &["export", "--url", "http://ops:hunter2@[", "--last", "1h"][..],
        &["export", "--url", "ftp://ops:hunter2@vm", "--last", "1h"],
        &["export", "--url", "http://ops:hunter2/x@vm", "--last", "1h"],
        &["export", "--url", "http://ops:hunter2@vm", "--lst", "1h"],
        &["export", "--url", "http://ops:hunter2@vm"],
        &[
            "export",
            "--header",
            "hunter2",
            "--url",
            "http://vm",
            "--last",
            "1h",
        ],
        &[
            "export",
            "--header",
            "X Y: hunter2",
            "--url",
            "http://vm",
            "--last",
            "1h",
        ],
        &[
            "export",
            "--header",
            "X: hunter2\n",
            "--url",
            "http://vm",
            "--last",
            "1h",
            "--job",
            "",
        ],
        &["export", "--password=hunter2"],
        &["--password=hunter2"],
        &["resume", "--url", "http://ops:hunter2@vm"],
        &["discover", "--url", "ftp://ops:hunter2@vm", "--last", "1h"],
    ] {
        let said = place.run(&[args, &["--debug"]].concat());
        assert_eq!(said.code, 2, "{args:?}: {}", said.stderr);
        none_of(&["hunter2"], &args.join(" "), &place, &said);
    }
}
