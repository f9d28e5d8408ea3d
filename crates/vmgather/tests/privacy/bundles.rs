//! No planted secret leaves, no series is lost or changed, what must stay stays, and the owner of the map reads it all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use testkit::{Labels, VmServer, VmVersion, canonical};

use crate::corpus::{self, Secret};
use crate::harness::{Place, Said, entry};
use crate::installation::Installation;
use crate::spelling::{forms, readings};

const HOUR_MS: i64 = 3_600_000;
/// A failed test shows this many of each kind of problem.
const SHOWN: usize = 40;
/// A metric whose names begin so has no name of the customer.
const OWN_METRICS: [&str; 8] = [
    "vm_", "vmagent_", "vmalert_", "vmauth_", "go_", "process_", "scrape_", "flag",
];

#[test]
fn nothing_planted_leaves_a_server_of_the_older_version() {
    Trial::start(VmVersion::V1_79).run();
}

#[test]
fn nothing_planted_leaves_a_server_of_the_newer_version() {
    Trial::start(VmVersion::V1_112).run();
}

#[test]
fn spellings_of_one_host_never_merge_series_silently() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let now_ms = now_ms();
        server.load(&corpus::lines("merging.jsonl", now_ms - 60_000));
        let trial = Trial {
            server,
            place: Place::new(),
            end_ms: now_ms,
            secrets: corpus::secrets(),
        };
        for (level, options) in [("standard", &[][..]), ("strict", &["--strict"][..])] {
            let bundle = format!("{level}.zip");
            let said = trial.export(&bundle, options);
            if said.code == 0 {
                let series = series(&trial.place.path(&bundle));
                assert_eq!(series.len(), 5, "{version} {level}: {series:#?}");
            } else {
                assert!(
                    said.stderr.contains("merge"),
                    "{version} {level}: {}",
                    said.stderr
                );
            }
        }
    }
}

type Pairs = BTreeMap<(String, String), usize>;

/// A server with the corpus and the metrics of a real installation, and what must not leave it.
struct Trial {
    server: VmServer,
    place: Place,
    end_ms: i64,
    secrets: Vec<Secret>,
}

impl Trial {
    fn start(version: VmVersion) -> Self {
        let installation = Installation::start(version);
        if std::env::var_os("UPDATE_CORPUS").is_some() {
            corpus::record(&installation, version);
        }
        let server = VmServer::start(version, &[]);
        let minutes_ago = now_ms() - HOUR_MS / 6;
        for name in ["crafted.jsonl", "cluster.jsonl", &corpus::recorded(version)] {
            server.load(&corpus::lines(name, minutes_ago));
        }
        let live = installation.lines();
        server.load(&live);
        let mut secrets = corpus::secrets();
        secrets.extend(hashes(&live));
        let mut also = |text: &str, kind: &str| {
            let (text, kind, strict) = (text.to_owned(), kind.to_owned(), false);
            secrets.push(Secret { text, kind, strict });
        };
        let folder = installation.folder().file_name().unwrap();
        also(folder.to_str().unwrap(), "folder");
        also(server.url().trim_start_matches("http://"), "source address");
        Self {
            server,
            place: Place::new(),
            end_ms: now_ms(),
            secrets,
        }
    }

    fn run(&self) {
        self.export("plain.zip", &["--plain"]).done();
        let plain = series(&self.place.path("plain.zip"));
        let mut problems = Vec::new();
        for (level, options) in [("standard", &[][..]), ("strict", &["--strict"][..])] {
            let found = self.judge(level, options, &plain);
            problems.extend(
                found
                    .into_iter()
                    .map(|problem| format!("{level}: {problem}")),
            );
        }
        assert!(
            problems.is_empty(),
            "{}\n{}",
            self.server.version(),
            problems.join("\n")
        );
    }

    /// Everything that is wrong with the exports of one level.
    fn judge(&self, level: &str, options: &[&str], plain: &BTreeSet<Labels>) -> Vec<String> {
        let name = format!("{level}.zip");
        let said = self.export(&name, options);
        if said.code != 0 {
            return vec![format!("exit code {}: {}", said.code, said.stderr)];
        }
        let bundle = self.place.path(&name);
        let covered = series(&bundle);
        let mut problems = Vec::new();
        if covered.len() != plain.len() {
            problems.push(format!("{} series became {}", plain.len(), covered.len()));
        }
        problems.extend(first(self.leaks_in_labels(level, &covered)));
        problems.extend(first(self.leaks_in_files(level, &name, &said)));
        problems.extend(first(changes(plain, &covered)));
        problems.extend(first(self.not_revealed(&name, plain)));
        let other = self.export(
            &format!("{level}-again.zip"),
            &[
                options,
                &[
                    "--transport",
                    "json",
                    "--window",
                    "7m",
                    "--concurrency",
                    "4",
                ],
            ]
            .concat(),
        );
        if other.code != 0 {
            problems.push(format!("again: exit code {}: {}", other.code, other.stderr));
        } else if series(&self.place.path(&format!("{level}-again.zip"))) != covered {
            problems.push("other windows and another transport gave other pseudonyms".to_owned());
        }
        let lines = self.command(&[options, &["--stdout"]].concat());
        if lines.code != 0 {
            problems.push(format!(
                "--stdout: exit code {}: {}",
                lines.code, lines.stderr
            ));
        } else if canonical(&lines.stdout)
            .into_keys()
            .collect::<BTreeSet<_>>()
            != covered
        {
            problems.push("--stdout gave other pseudonyms".to_owned());
        }
        problems
    }

    fn export(&self, bundle: &str, options: &[&str]) -> Said {
        self.command(&[&["-o", bundle, "--case", "4711"], options].concat())
    }

    fn command(&self, options: &[&str]) -> Said {
        let start = (self.end_ms - HOUR_MS).to_string();
        let end = self.end_ms.to_string();
        let url = self.server.url();
        let range = ["export", "--url", &url, "--start", &start, "--end", &end];
        self.place.run(&[&range, options].concat())
    }

    fn leaks_in_labels(&self, level: &str, series: &BTreeSet<Labels>) -> BTreeSet<String> {
        let mut leaks = BTreeSet::new();
        for (name, value) in pairs(series).into_keys() {
            for secret in self.found(level, &format!("{name}\n{value}")) {
                leaks.insert(format!(
                    "leak of `{}` ({}) in {name}={value:?}",
                    secret.text, secret.kind
                ));
            }
        }
        leaks
    }

    fn leaks_in_files(&self, level: &str, bundle: &str, said: &Said) -> BTreeSet<String> {
        let path = self.place.path(bundle);
        let mut texts = vec![("stdout".to_owned(), said.stdout().to_owned())];
        for found in bundle::Bundle::open(&path).unwrap().entries() {
            texts.push(("name of an entry".to_owned(), found.name.clone()));
            texts.push((found.name.clone(), entry(&path, &found.name)));
        }
        let raw = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        texts.push(("bytes of the ZIP".to_owned(), raw));
        for name in self.place.names(".") {
            texts.push(("file name".to_owned(), name.clone()));
            if name.starts_with(bundle) && name != bundle {
                texts.push((
                    name.clone(),
                    fs::read_to_string(self.place.path(&name)).unwrap(),
                ));
            }
        }
        let leak = |(place, text): &(String, String)| {
            self.found(level, text)
                .into_iter()
                .map(|secret| format!("leak of `{}` ({}) in {place}", secret.text, secret.kind))
                .collect::<Vec<_>>()
        };
        texts.iter().flat_map(leak).collect()
    }

    fn found(&self, level: &str, text: &str) -> Vec<&Secret> {
        let readings = readings(text);
        self.secrets
            .iter()
            .filter(|secret| level == "strict" || !secret.strict)
            .filter(|secret| {
                let forms = forms(&secret.text);
                readings
                    .iter()
                    .any(|reading| forms.iter().any(|form| reading.contains(form)))
            })
            .collect()
    }

    /// Series that the map does not give back, an original in whatever spelling.
    fn not_revealed(&self, bundle: &str, plain: &BTreeSet<Labels>) -> BTreeSet<String> {
        let metadata = entry(&self.place.path(bundle), "metadata.json");
        let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
        let Some(id) = find(&metadata, "map_id") else {
            return BTreeSet::from(["the metadata name no map".to_owned()]);
        };
        let map = format!(".vmgather/maps/{id}.json");
        let revealed = format!("{bundle}.revealed.jsonl");
        let said = self
            .place
            .run(&["reveal", "--map", &map, bundle, "-o", &revealed]);
        if said.code != 0 {
            return BTreeSet::from([format!("reveal: exit code {}: {}", said.code, said.stderr)]);
        }
        let lines = fs::read(self.place.path(&revealed)).unwrap();
        fs::remove_file(self.place.path(&revealed)).unwrap();
        let respelled = corpus::respelling();
        let respell = |labels: &Labels| -> Labels {
            labels
                .iter()
                .map(|(name, value)| (name.clone(), respelled(value)))
                .collect()
        };
        let expected: BTreeSet<Labels> = plain.iter().map(respell).collect();
        let revealed: BTreeSet<Labels> = canonical(&lines).keys().map(respell).collect();
        let mut problems = differences("revealed as", &pairs(&expected), &pairs(&revealed), |_| {
            true
        });
        if problems.is_empty() && expected != revealed {
            let missing = expected
                .difference(&revealed)
                .map(|labels| format!("not revealed: {labels:?}"));
            problems.extend(missing);
        }
        problems
    }
}

/// Values that had to stay and are more or fewer than before.
fn changes(plain: &BTreeSet<Labels>, covered: &BTreeSet<Labels>) -> BTreeSet<String> {
    let stays = corpus::stays();
    let keep = |(name, value): &(String, String)| {
        let own = name == "__name__" && OWN_METRICS.iter().any(|prefix| value.starts_with(prefix));
        own || stays(name, value)
    };
    differences("had to stay", &pairs(plain), &pairs(covered), keep)
}

/// Labels that stand in more or fewer series than before.
fn differences(
    what: &str,
    before: &Pairs,
    after: &Pairs,
    keep: impl Fn(&(String, String)) -> bool,
) -> BTreeSet<String> {
    let count = |pairs: &Pairs, pair| pairs.get(pair).copied().unwrap_or_default();
    before
        .keys()
        .chain(after.keys())
        .filter(|&pair| keep(pair) && count(before, pair) != count(after, pair))
        .map(|pair| {
            let (name, value) = pair;
            let counts = (count(before, pair), count(after, pair));
            format!(
                "{what}: {name}={value:?} in {} series, then in {}",
                counts.0, counts.1
            )
        })
        .collect()
}

/// The hashes that programs derived from tokens and URLs of theirs.
fn hashes(lines: &[u8]) -> Vec<Secret> {
    let mut found = BTreeSet::new();
    for (_, value) in pairs(&canonical(lines).into_keys().collect()).into_keys() {
        let words = value.split(|c: char| !c.is_ascii_alphanumeric());
        let is_hash =
            |word: &&str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        found.extend(words.filter(is_hash).map(str::to_owned));
    }
    let secret = |text| Secret {
        text,
        kind: "unsalted hash".to_owned(),
        strict: false,
    };
    found.into_iter().map(secret).collect()
}

fn series(bundle: &Path) -> BTreeSet<Labels> {
    canonical(entry(bundle, "metrics.jsonl").as_bytes())
        .into_keys()
        .collect()
}

/// Every label with its value, and in how many series it stands.
fn pairs(series: &BTreeSet<Labels>) -> Pairs {
    let mut pairs = BTreeMap::new();
    for pair in series.iter().flatten() {
        *pairs.entry(pair.clone()).or_default() += 1;
    }
    pairs
}

fn first(problems: BTreeSet<String>) -> Vec<String> {
    let more = problems.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> = problems.into_iter().take(SHOWN).collect();
    if more > 0 {
        shown.push(format!("and {more} more like these"));
    }
    shown
}

/// The text under a key, however deep.
fn find<'a>(value: &'a serde_json::Value, key: &str) -> Option<&'a str> {
    match value {
        serde_json::Value::Object(object) => match object.get(key) {
            Some(serde_json::Value::String(text)) => Some(text),
            _ => object.values().find_map(|value| find(value, key)),
        },
        serde_json::Value::Array(values) => values.iter().find_map(|value| find(value, key)),
        _ => None,
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
