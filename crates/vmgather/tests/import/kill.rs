//! `kill -9` at random moments, then resume: every line once, at most one chunk twice and alike.
//!
//! `VMGATHER_CRASH_SEED` repeats the moments of a run, as far as the machine is as fast.

use std::collections::HashMap;
use std::process::Child;
use std::time::Duration;

use testkit::{VmServer, VmVersion, canonical, diff, seed};

use crate::harness::{Place, Said};
use crate::recorder::{Import, Order, Recorder};
use crate::target::{START_MS, stored};

const MOST_KILLS: usize = 8;

/// About ten chunks.
fn lines() -> Vec<u8> {
    seed::cluster(1_500, 700, START_MS, 15_000)
}

#[test]
fn kills_and_resumes_send_every_line_once_but_for_one_chunk_a_kill() {
    let seed = std::env::var("VMGATHER_CRASH_SEED").ok();
    let seed = seed.map_or_else(|| fastrand::u64(..), |text| text.parse().unwrap());
    let lines = lines();
    for (round, version) in VmVersion::all().into_iter().enumerate() {
        let mut random = fastrand::Rng::with_seed(seed.wrapping_add(round as u64));
        let server = VmServer::start(version, &[]);
        let recorder = Recorder::start(&server.url());
        recorder.order([], Order::Pass(Duration::from_millis(40)));
        let place = Place::new();
        place.file("lines.jsonl", &lines);
        let url = recorder.url();
        let begin = ["import", "lines.jsonl", "--url", &url, "--no-verify"];
        let resume = ["import", "--resume", "--url", &url];
        let mut kills = 0;
        let said = loop {
            let begun = place.names(".vmgather/imports").iter().any(|id| {
                place
                    .path(".vmgather/imports")
                    .join(id)
                    .join("plan.json")
                    .exists()
            });
            let args = if begun { &resume[..] } else { &begin };
            let mut child = place.command(args).spawn().unwrap();
            if kills < MOST_KILLS {
                // The first kill comes long before the last chunk, on any machine.
                let chunks = recorder.count() + random.usize(0..3);
                while recorder.count() < chunks && child.try_wait().unwrap().is_none() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                std::thread::sleep(Duration::from_millis(random.u64(0..80)));
                if killed(&mut child) {
                    kills += 1;
                    continue;
                }
            }
            break Said::of(child.wait_with_output().unwrap());
        };
        let said = said.done();
        assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
        assert_once(&recorder.imports(), &lines, kills, seed);
        let expected = canonical(&lines);
        let samples = expected.values().map(Vec::len).sum();
        server.wait_for_samples(testkit::EVERYTHING, samples);
        assert_eq!(diff(&expected, &stored(&server)), None, "seed {seed}");
        assert!(kills > 0, "seed {seed}: {}", said.stderr);
    }
}

/// False if it ended by itself before.
fn killed(child: &mut Child) -> bool {
    if child.try_wait().unwrap().is_some() {
        return false;
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

/// Bodies that the server took: together they are the lines, and each kill repeats at most one.
#[track_caller]
fn assert_once(imports: &[Import], lines: &[u8], kills: usize, seed: u64) {
    let mut distinct: Vec<&[u8]> = Vec::new();
    let mut times: HashMap<&[u8], usize> = HashMap::new();
    for import in imports.iter().filter(|import| import.taken) {
        let count = times.entry(&import.body).or_default();
        if *count == 0 {
            distinct.push(&import.body);
        }
        *count += 1;
    }
    let together: Vec<u8> = distinct.concat();
    let mut sent: Vec<&[u8]> = together.split(|&byte| byte == b'\n').collect();
    let mut wanted: Vec<&[u8]> = lines.split(|&byte| byte == b'\n').collect();
    sent.retain(|line| !line.is_empty());
    wanted.retain(|line| !line.is_empty());
    sent.sort_unstable();
    wanted.sort_unstable();
    assert!(
        sent == wanted,
        "seed {seed}: {} lines, {}",
        sent.len(),
        wanted.len()
    );
    let repeated: usize = times.values().map(|times| times - 1).sum();
    assert!(
        repeated <= kills,
        "seed {seed}: {repeated} repeated, {kills} kills"
    );
}
