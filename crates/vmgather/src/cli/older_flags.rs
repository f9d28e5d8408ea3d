//! The flags of releases before there were commands, read as those releases read them.

use std::ffi::OsString;
use std::path::PathBuf;

use super::flag_reader::{self, Flag, Reading};
use super::serve::DEFAULT_ADDRESS;

/// What the flags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OlderFlags {
    /// Where to listen, as `host:port`.
    pub(crate) address: OsString,
    /// Where bundles go.
    pub(crate) output: Option<PathBuf>,
    /// Do not open a browser.
    pub(crate) no_browser: bool,
    /// Never take another port.
    pub(crate) strict_port: bool,
    /// Offer the demo cluster; newer than the others.
    pub(crate) demo: bool,
    /// Log requests.
    pub(crate) debug: bool,
    /// One export, then exit.
    pub(crate) oneshot: bool,
    /// The export config of `oneshot`; `-` is stdin.
    pub(crate) oneshot_config: Option<PathBuf>,
    /// Lines to stdout instead of a bundle.
    pub(crate) export_stdout: bool,
}

impl Default for OlderFlags {
    fn default() -> Self {
        Self {
            address: DEFAULT_ADDRESS.into(),
            output: None,
            no_browser: false,
            strict_port: false,
            demo: false,
            debug: false,
            oneshot: false,
            oneshot_config: None,
            export_stdout: false,
        }
    }
}

/// Reads the arguments behind the name of the program.
///
/// # Errors
///
/// As for [`flag_reader::read`].
pub(crate) fn read(arguments: &[OsString]) -> Result<Reading<'_, OlderFlags>, String> {
    flag_reader::read(arguments, |flags: &mut OlderFlags, name| {
        Some(match name {
            "no-browser" => Flag::Switch(&mut flags.no_browser),
            "strict-port" => Flag::Switch(&mut flags.strict_port),
            "demo" => Flag::Switch(&mut flags.demo),
            "debug" => Flag::Switch(&mut flags.debug),
            "oneshot" => Flag::Switch(&mut flags.oneshot),
            "export-stdout" => Flag::Switch(&mut flags.export_stdout),
            "addr" => Flag::Text(&mut flags.address),
            "output" => Flag::Path(&mut flags.output),
            "oneshot-config" => Flag::Path(&mut flags.oneshot_config),
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(texts: &[&str]) -> Vec<OsString> {
        texts.iter().map(OsString::from).collect()
    }

    #[track_caller]
    fn flags(texts: &[&str]) -> (OlderFlags, Vec<OsString>) {
        match read(&arguments(texts)) {
            Ok(Reading::Flags { flags, rest }) => (flags, rest.to_vec()),
            other => panic!("{other:?}"),
        }
    }

    fn refusal(texts: &[&str]) -> String {
        read(&arguments(texts)).unwrap_err()
    }

    #[test]
    fn without_arguments_the_defaults_hold() {
        let (flags, rest) = flags(&[]);
        assert_eq!(flags, OlderFlags::default());
        assert_eq!(flags.address, "localhost:8080");
        assert!(rest.is_empty());
    }

    #[test]
    fn one_dash_and_two_and_both_ways_to_give_a_value_mean_the_same() {
        let expected = OlderFlags {
            address: "0.0.0.0:1".into(),
            output: Some("o".into()),
            no_browser: true,
            strict_port: true,
            debug: true,
            oneshot: true,
            oneshot_config: Some("-".into()),
            export_stdout: true,
            demo: true,
        };
        for dash in ["-", "--"] {
            let flag = |name: &str| format!("{dash}{name}");
            let switches = [
                "no-browser",
                "strict-port",
                "debug",
                "oneshot",
                "export-stdout",
                "demo",
            ];
            let mut texts: Vec<String> = switches.iter().map(|name| flag(name)).collect();
            let mut apart = texts.clone();
            for (name, value) in [
                ("addr", "0.0.0.0:1"),
                ("output", "o"),
                ("oneshot-config", "-"),
            ] {
                texts.push(format!("{dash}{name}={value}"));
                apart.extend([flag(name), value.to_owned()]);
            }
            for texts in [texts, apart] {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                assert_eq!(flags(&texts), (expected.clone(), Vec::new()));
            }
        }
    }

    #[test]
    fn switches_take_a_value_behind_an_equals_sign_only() {
        for (value, expected) in [
            ("1", true),
            ("t", true),
            ("TRUE", true),
            ("True", true),
            ("0", false),
            ("F", false),
            ("false", false),
        ] {
            let (flags, _) = flags(&[&format!("-debug={value}")]);
            assert_eq!(flags.debug, expected, "{value}");
        }
        let (read, rest) = flags(&["-debug", "false", "-oneshot"]);
        assert!(read.debug && !read.oneshot);
        assert_eq!(rest, ["false", "-oneshot"]);
        assert_eq!(
            refusal(&["-debug=yes"]),
            "`-debug` cannot be `yes`; it is one of true, false"
        );
        assert!(refusal(&["-debug="]).contains("cannot be ``"));
    }

    #[test]
    fn the_last_of_several_holds() {
        let (flags, _) = flags(&["-addr", "a:1", "-addr=b:2", "-debug", "-debug=false"]);
        assert_eq!(flags.address, "b:2");
        assert!(!flags.debug);
    }

    #[test]
    fn a_value_may_look_like_a_flag_and_hold_an_equals_sign() {
        let (flags, _) = flags(&["-output", "-debug", "-oneshot-config=a=b"]);
        assert_eq!(flags.output, Some("-debug".into()));
        assert_eq!(flags.oneshot_config, Some("a=b".into()));
        assert!(!flags.debug);
    }

    #[test]
    fn reading_stops_at_the_first_argument_that_is_no_flag() {
        for (texts, left) in [
            (vec!["-debug", "x", "-oneshot"], vec!["x", "-oneshot"]),
            (vec!["-debug", "-", "-oneshot"], vec!["-", "-oneshot"]),
            (vec!["-debug", "--", "-oneshot"], vec!["-oneshot"]),
            (vec!["-debug", "", "-oneshot"], vec!["", "-oneshot"]),
        ] {
            let (flags, rest) = flags(&texts);
            assert!(flags.debug && !flags.oneshot, "{texts:?}");
            assert_eq!(rest, left);
        }
    }

    #[test]
    fn help_and_version_are_asked_for_in_several_ways() {
        let reading = |text| read(&arguments(&[text])).map(|reading| format!("{reading:?}"));
        for text in ["-h", "--h"] {
            assert_eq!(reading(text).unwrap(), "Help { long: false }");
        }
        for text in ["-help", "--help"] {
            assert_eq!(reading(text).unwrap(), "Help { long: true }");
        }
        for text in ["-version", "--version", "-V"] {
            assert_eq!(reading(text).unwrap(), "Version");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert_eq!(refusal(&["-port", "1"]), "unknown argument `-port`");
        assert_eq!(refusal(&["--key=s3cret"]), "unknown argument `--key`");
        assert_eq!(refusal(&["-addr"]), "`-addr` needs a value");
        assert_eq!(refusal(&["---debug"]), "bad flag syntax: `---debug`");
        assert_eq!(refusal(&["-=x"]), "bad flag syntax: `-`");
        // What stands before a mistake does not help.
        assert_eq!(refusal(&["-oneshot", "-x"]), "unknown argument `-x`");
    }
}
