//! `kill -9` at random moments of every stage, then resume, up to ten times.
//!
//! `VMGATHER_CRASH_SEED` repeats the moments of a run, as far as the machine is as fast;
//! `VMGATHER_CRASH_ROUNDS` sets how many exports are tortured in each way.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use fastrand::Rng;
use testkit::{VmVersion, canonical, diff};

use crate::harness::{Place, Said};
use crate::source::{
    Source, TRANSPORTS, assert_finished, assert_whole, bundles, ending_with, interrupted, samples,
    say, text,
};

const MOST_KILLS: usize = 10;

/// When to kill.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So long after the start.
    Age(Duration),
    /// So long after the journal has so many lines more.
    Commits(usize, Duration),
    /// So long after the map is there.
    Map(Duration),
    /// So long after this run began to write the bundle.
    Partial(Duration),
    /// So long after the bundle got its name.
    Final(Duration),
}

/// What a kill met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Planning,
    Fetching,
    Fetched,
    Sealing,
    Sealed,
    Cleared,
}

/// One export from the start to its bundle, in a home of its own.
struct Round<'a> {
    source: &'a Source,
    transport: &'static str,
    place: Place,
    output: PathBuf,
    random: Rng,
    met: BTreeMap<Stage, usize>,
}

#[test]
fn ten_kills_and_resumes_leave_the_bundle_of_an_undisturbed_run() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seed = number("VMGATHER_CRASH_SEED").unwrap_or_else(|| fastrand::u64(..));
    let rounds = number("VMGATHER_CRASH_ROUNDS").unwrap_or(1);
    say(&format!("kills with VMGATHER_CRASH_SEED={seed}"));
    let mut met = BTreeMap::new();
    for version in VmVersion::all() {
        let source = Source::new(version, 800, 960);
        for transport in TRANSPORTS {
            for round in 0..rounds {
                let random = Rng::with_seed(seed.wrapping_add(round));
                let mut round = Round::new(&source, transport, random);
                round.run();
                say(&format!("{version} {transport}: {:?}", round.met));
                for (stage, kills) in round.met {
                    *met.entry(stage).or_insert(0) += kills;
                }
            }
        }
    }
    say(&format!("kills met {met:?}"));
    assert!(met.contains_key(&Stage::Fetching), "{met:?}");
    assert!(met.contains_key(&Stage::Sealing), "{met:?}");
}

impl<'a> Round<'a> {
    fn new(source: &'a Source, transport: &'static str, random: Rng) -> Self {
        let place = Place::new();
        Self {
            source,
            transport,
            output: place.path("out"),
            place,
            random,
            met: BTreeMap::new(),
        }
    }

    fn run(&mut self) {
        self.source.calm();
        let reference = self.place.path("reference");
        let args = self.args(&reference);
        self.place.run(&args).done();
        let reference = samples(&assert_finished(&self.place, &reference));
        let maps = self.place.names(".vmgather/maps");

        self.source.throttle(if self.transport == "json" {
            10 << 20
        } else {
            2 << 20
        });
        for moment in self.moments() {
            if self.disturbed(moment) {
                break;
            }
        }
        let last = self.start();
        if let Some(last) = last {
            Said::of(last.wait_with_output().unwrap()).done();
        }

        let bundle = assert_finished(&self.place, &self.output);
        // The same key and the same data: the same pseudonyms, whatever happened.
        assert_eq!(diff(&reference, &samples(&bundle)), None);
        let map = self
            .place
            .names(".vmgather/maps")
            .into_iter()
            .find(|map| !maps.contains(map));
        let map = self
            .place
            .path(".vmgather/maps")
            .join(map.expect("a map of its own"));
        let revealed = self.place.path("revealed.jsonl");
        let (map, bundle, out) = (text(&map), text(&bundle), text(&revealed));
        self.place
            .run(&["reveal", "--map", map, bundle, "-o", out])
            .done();
        assert_eq!(
            diff(&self.source.truth, &canonical(&fs::read(revealed).unwrap())),
            None
        );
    }

    fn args(&self, output: &Path) -> Vec<String> {
        let more = ["--window", "1h", "--output", text(output)];
        self.source.export(self.transport, &more)
    }

    /// Ten moments; those of sealing come last, because nothing is fetched any more after them.
    fn moments(&mut self) -> [Moment; MOST_KILLS] {
        let random = &mut self.random;
        let mut within = |ms: u64| Duration::from_micros(random.u64(0..ms * 1000));
        let mut moments = [
            Moment::Age(within(60)),
            Moment::Commits(1, within(120)),
            Moment::Age(within(1000)),
            Moment::Commits(2, within(3)),
            Moment::Commits(1, within(200)),
            Moment::Map(within(3)),
            Moment::Partial(within(15)),
            Moment::Partial(within(40)),
            Moment::Partial(within(100)),
            Moment::Final(within(8)),
        ];
        random.shuffle(&mut moments[..5]);
        moments
    }

    /// Runs until the moment has come and kills; true if the export came to its end instead.
    fn disturbed(&mut self, moment: Moment) -> bool {
        let Some(mut child) = self.start() else {
            return true;
        };
        let before = self.committed();
        let open = interrupted(&self.output)
            .first()
            .map(|export| export.slices_total - before);
        let requests = self.source.requests();
        let ended = !self.await_moment(moment, &mut child);
        child.kill().unwrap();
        let said = Said::of(child.wait_with_output().unwrap());
        if ended {
            said.done();
        }
        let fetched = self.source.requests() - requests;
        if let Some(open) = open {
            assert!(
                fetched <= open + 1,
                "{fetched} requests for {open} open slices: {moment:?}"
            );
        }
        assert!(self.committed() >= before || !bundles(&self.output).is_empty());
        assert_whole(&self.place, &self.output);
        if !ended {
            let stage = self.stage();
            *self.met.entry(stage).or_insert(0) += 1;
        }
        ended
    }

    /// The export or a resume of it; nothing once it is complete and cleared away.
    fn start(&self) -> Option<Child> {
        let resume = ["resume", "--output", text(&self.output), "--yes", "--quiet"];
        match self.stage() {
            Stage::Cleared => {
                let said = self.place.run(&resume);
                assert_eq!(said.code, 2, "{}", said.stderr);
                None
            }
            Stage::Planning => {
                let said = self.place.run(&resume);
                assert_eq!(said.code, 2, "{}", said.stderr);
                let args = self.args(&self.output);
                Some(self.place.command(&args).spawn().unwrap())
            }
            _ => Some(self.place.command(&resume).spawn().unwrap()),
        }
    }

    fn committed(&self) -> usize {
        interrupted(&self.output)
            .first()
            .map_or(0, |export| export.slices_done)
    }

    fn stage(&self) -> Stage {
        let sealed = !bundles(&self.output).is_empty();
        match &interrupted(&self.output)[..] {
            [] if sealed => Stage::Cleared,
            [] => Stage::Planning,
            [_] if sealed => Stage::Sealed,
            [export] if export.slices_done < export.slices_total => Stage::Fetching,
            [_] if ending_with(&self.output, ".zip.partial").is_empty() => Stage::Fetched,
            [_] => Stage::Sealing,
            several => panic!("{several:?}"),
        }
    }

    /// False if the program ended before.
    fn await_moment(&self, moment: Moment, child: &mut Child) -> bool {
        let (lines, partial, maps) = (self.journal_lines(), self.partial(), self.maps());
        let began = Instant::now();
        let mut came = false;
        while !came {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            came = match moment {
                Moment::Age(_) => true,
                Moment::Commits(more, _) => self.journal_lines() >= lines + more,
                Moment::Map(_) => self.maps() != maps,
                Moment::Partial(_) => self.partial().is_some_and(|now| Some(now) != partial),
                Moment::Final(_) => !bundles(&self.output).is_empty(),
            };
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{moment:?} never came"
            );
            std::thread::sleep(Duration::from_micros(200));
        }
        let (Moment::Age(then)
        | Moment::Commits(_, then)
        | Moment::Map(then)
        | Moment::Partial(then)
        | Moment::Final(then)) = moment;
        std::thread::sleep(then);
        child.try_wait().unwrap().is_none()
    }

    fn journal_lines(&self) -> usize {
        let exports = ending_with(&self.output.join("staging"), "");
        let journal = exports
            .first()
            .and_then(|export| fs::read(export.join("journal")).ok());
        journal.map_or(0, |text| text.iter().filter(|&&byte| byte == b'\n').count())
    }

    /// Tells one partial file from the next one of the same name.
    fn partial(&self) -> Option<(u64, i64, i64)> {
        let path = ending_with(&self.output, ".zip.partial").pop()?;
        let created = fs::metadata(path).ok()?;
        Some((created.ino(), created.ctime(), created.ctime_nsec()))
    }

    fn maps(&self) -> Vec<(u64, i64)> {
        let maps = ending_with(&self.place.path(".vmgather/maps"), ".json");
        let maps = maps.iter().filter_map(|map| fs::metadata(map).ok());
        maps.map(|map| (map.ino(), map.mtime_nsec())).collect()
    }
}
