//! What a person reads, whole. After a change of help texts run the tests with `UPDATE_HELP=1`
//! and read the difference.

use std::fs;
use std::path::Path;

use crate::harness::Place;

#[track_caller]
fn check(file: &str, args: &[&str]) {
    let said = Place::new().run(args).done();
    assert_eq!(said.stderr, "");
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/help")
        .join(file);
    let shown = said.stdout();
    if std::env::var_os("UPDATE_HELP").is_some() {
        fs::write(&path, shown).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert!(
        shown == expected,
        "{} differs; UPDATE_HELP=1 accepts this:\n{shown}",
        path.display()
    );
    for line in shown.lines() {
        assert!(line.chars().count() <= 79, "{line}");
    }
}

/// Every command.
const COMMANDS: [&str; 13] = [
    "serve",
    "discover",
    "export",
    "resume",
    "inspect",
    "verify",
    "reveal",
    "import",
    "import-ui",
    "cat",
    "convert",
    "completions",
    "man",
];

#[test]
fn the_program() {
    check("vmgather.txt", &["-h"]);
    check("vmgather_long.txt", &["--help"]);
}

#[test]
fn serve() {
    check("serve.txt", &["serve", "-h"]);
    check("serve_long.txt", &["serve", "--help"]);
}

#[test]
fn export() {
    check("export.txt", &["export", "-h"]);
    check("export_long.txt", &["export", "--help"]);
}

#[test]
fn discover() {
    check("discover.txt", &["discover", "-h"]);
    check("discover_long.txt", &["discover", "--help"]);
}

#[test]
fn resume() {
    check("resume.txt", &["resume", "-h"]);
    check("resume_long.txt", &["resume", "--help"]);
}

#[test]
fn inspect() {
    check("inspect.txt", &["inspect", "-h"]);
    check("inspect_long.txt", &["inspect", "--help"]);
}

#[test]
fn verify() {
    check("verify.txt", &["verify", "-h"]);
    check("verify_long.txt", &["verify", "--help"]);
}

#[test]
fn reveal() {
    check("reveal.txt", &["reveal", "-h"]);
    check("reveal_long.txt", &["reveal", "--help"]);
}

#[test]
fn cat() {
    check("cat.txt", &["cat", "-h"]);
    check("cat_long.txt", &["cat", "--help"]);
}

#[test]
fn convert() {
    check("convert.txt", &["convert", "-h"]);
    check("convert_long.txt", &["convert", "--help"]);
}

#[test]
fn import() {
    check("import.txt", &["import", "-h"]);
    check("import_long.txt", &["import", "--help"]);
}

#[test]
fn import_ui() {
    check("import_ui.txt", &["import-ui", "-h"]);
    check("import_ui_long.txt", &["import-ui", "--help"]);
}

#[test]
fn completions() {
    check("completions.txt", &["completions", "-h"]);
    check("completions_long.txt", &["completions", "--help"]);
}

#[test]
fn man() {
    check("man.txt", &["man", "-h"]);
    check("man_long.txt", &["man", "--help"]);
}

#[test]
fn every_shell_gets_a_script_that_knows_the_options() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = place.run(&["completions", shell]).done();
        assert!(said.stdout().contains("staging-ttl"), "{shell}");
    }
}

#[test]
fn every_command_has_a_page_with_its_options_examples_and_exit_codes() {
    let place = Place::new();
    let program = place.run(&["man"]).done();
    assert!(program.stdout().contains(".SH \"EXIT CODES\""));
    assert!(program.stdout().contains("oneshot\\-config FILE"));
    for command in COMMANDS {
        let page = format!("vmgather\\-{}", command.replace('-', "\\-"));
        assert!(program.stdout().contains(&page), "{command}");
        let said = place.run(&["man", command]).done();
        for section in ["NAME", "OPTIONS", "EXAMPLES", "EXIT CODES"] {
            let quoted = format!(".SH \"{section}\"\n");
            let bare = format!(".SH {section}\n");
            assert!(
                said.stdout().contains(&quoted) || said.stdout().contains(&bare),
                "{command}: {section}"
            );
        }
    }
}

/// Examples that need nothing but this program run as they stand in the help.
#[test]
fn the_examples_of_the_help_run() {
    let mut ran = 0;
    // A server would run for ever.
    let serves = ["serve", "import-ui"];
    for command in COMMANDS
        .into_iter()
        .filter(|command| !serves.contains(command))
    {
        let place = Place::new();
        let help = place.run(&[command, "--help"]).done();
        let lines = help.stdout().lines().map(str::trim);
        for line in lines.filter(|line| line.starts_with("vmgather ")) {
            let args: Vec<&str> = line.split(' ').skip(1).collect();
            if args.contains(&"--demo") || (args.len() == 2 && args[0] == "completions") {
                place.run(&args).done();
                ran += 1;
            }
        }
    }
    assert!(ran > 0);
}

#[test]
fn the_version_is_that_of_the_build() {
    let version = option_env!("VMGATHER_VERSION").filter(|version| !version.is_empty());
    let expected = format!("vmgather {}\n", version.unwrap_or("dev"));
    for args in [["--version"], ["-V"], ["-version"]] {
        let said = Place::new().run(&args).done();
        assert_eq!(said.stdout(), expected, "{args:?}");
        assert_eq!(said.stderr, "");
    }
}

#[test]
fn help_with_one_dash_is_that_of_the_program() {
    let place = Place::new();
    assert_eq!(place.run(&["-help"]).stdout, place.run(&["--help"]).stdout);
}
