//! The corpora, and a bounded number of mutations of them, under any compiler.

use std::fs;
use std::path::Path;

use vmgather_fuzz::TARGETS;

/// Mutated inputs per target; `FUZZ_ROUNDS` asks for more.
const ROUNDS: u64 = 3_000;
/// Longest input that is made.
const MAX_BYTES: usize = 64 << 10;

fn rounds() -> u64 {
    let asked = std::env::var("FUZZ_ROUNDS").ok();
    asked
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(ROUNDS)
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has no corpus");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Changes an input in one of the ways that break readers.
fn mutate(rng: &mut fastrand::Rng, input: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = |rng: &mut fastrand::Rng, len: usize| rng.usize(..len.max(1)).min(len);
    match rng.u8(..8) {
        0 => input.truncate(at(rng, input.len())),
        1 if !input.is_empty() => {
            let at = at(rng, input.len());
            input[at] ^= 1 << rng.u8(..8);
        }
        2 if !input.is_empty() => {
            let at = at(rng, input.len());
            input[at] = rng
                .choice([0, 1, 2, 0x7f, 0x80, 0xff, b'"', b'{', b'\n'])
                .unwrap();
        }
        3 => {
            let at = at(rng, input.len());
            let count = rng.usize(1..20);
            let bytes: Vec<u8> = (0..count).map(|_| rng.u8(..)).collect();
            input.splice(at..at, bytes);
        }
        4 if !input.is_empty() => {
            let from = at(rng, input.len());
            let to = (from + rng.usize(1..64)).min(input.len());
            input.drain(from..to);
        }
        5 if !input.is_empty() => {
            let from = at(rng, input.len());
            let to = (from + rng.usize(1..200)).min(input.len());
            let copy = input[from..to].to_vec();
            let at = at(rng, input.len());
            input.splice(at..at, copy);
        }
        6 if input.len() >= 8 => {
            let at = rng.usize(..=input.len() - 8);
            let number: u64 = rng
                .choice([0, 1, u64::MAX, 1 << 20, 1 << 31, 1 << 63])
                .unwrap();
            let bytes = if rng.bool() {
                number.to_be_bytes()
            } else {
                number.to_le_bytes()
            };
            input[at..at + 8].copy_from_slice(&bytes);
        }
        _ => {
            let other = rng.choice(others).unwrap();
            let from = at(rng, other.len());
            let cut = at(rng, input.len());
            input.truncate(cut);
            input.extend_from_slice(&other[from..]);
        }
    }
    input.truncate(MAX_BYTES);
}

#[track_caller]
fn survive(target: &str) {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let corpus = corpus(target);
    corpus.iter().for_each(|input| run(input));
    for round in 0..rounds() {
        let mut rng = fastrand::Rng::with_seed(round);
        let mut input = rng.choice(&corpus).unwrap().clone();
        for _ in 0..rng.usize(1..6) {
            mutate(&mut rng, &mut input, &corpus);
        }
        let outcome = std::panic::catch_unwind(|| run(&input));
        assert!(
            outcome.is_ok(),
            "{target} fails in round {round} with {input:02x?}"
        );
    }
}

#[test]
fn native_streams() {
    survive("native");
}

#[test]
fn json_lines() {
    survive("json_line");
}

#[test]
fn bundles() {
    survive("bundle_zip");
}

#[test]
fn journals() {
    survive("journal");
}

#[test]
fn maps() {
    survive("map");
}

#[test]
fn configs() {
    survive("config");
}

#[test]
fn every_target_has_a_binary_and_a_test() {
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    for (name, _) in TARGETS {
        assert!(targets.join(name).with_extension("rs").exists(), "{name}");
    }
}
