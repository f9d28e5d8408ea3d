//! Remembers which texts were searched.
//!
//! The same labels come again in every line, and to all threads. The memo is one table for all of
//! them, of a fixed size: hashes that are only ever added, by open addressing. The thread that adds
//! a hash records what the search found, so each distinct text counts once, whoever meets it first.
//!
//! A hash is taken for the text. With 62 bits of a seeded hash, a million texts hold a pair that is
//! mistaken for one with a probability of one in ten million.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The bit of a slot that says that the text is a hit.
const HIT: u64 = 1;
/// The bit that tells every slot in use from an empty one.
const USED: u64 = 2;

/// No more memory than this is spent, whatever number is expected: 256 MiB.
const MAX_SLOTS: usize = 1 << 25;
const MIN_SLOTS: usize = 1 << 10;

/// What is known of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Clean,
    Hit,
}

pub(crate) struct Memo {
    slots: Box<[AtomicU64]>,
    /// How many more texts may be added; a full table would be slow, then endless.
    room: AtomicUsize,
    shift: u32,
}

impl Memo {
    /// Room for `expected` texts.
    pub(crate) fn new(expected: usize) -> Self {
        let count = expected
            .saturating_mul(2)
            .clamp(MIN_SLOTS, MAX_SLOTS)
            .next_power_of_two();
        Self {
            slots: (0..count).map(|_| AtomicU64::new(0)).collect(),
            room: AtomicUsize::new(count / 4 * 3),
            shift: 64 - count.trailing_zeros(),
        }
    }

    pub(crate) fn get(&self, hash: u64) -> Option<Known> {
        let wanted = hash & !HIT | USED;
        for slot in self.probe(wanted) {
            match slot.load(Relaxed) {
                0 => return None,
                held if held & !HIT == wanted => {
                    return Some(if held & HIT == 0 {
                        Known::Clean
                    } else {
                        Known::Hit
                    });
                }
                _ => {}
            }
        }
        None
    }

    /// Adds a text; false if it was there already. When the memo is full, each text is new.
    pub(crate) fn add(&self, hash: u64, known: Known) -> bool {
        let wanted = hash & !HIT | USED;
        let room = self
            .room
            .fetch_update(Relaxed, Relaxed, |room| room.checked_sub(1));
        if room.is_err() {
            return self.get(hash).is_none();
        }
        let new = wanted | if known == Known::Hit { HIT } else { 0 };
        for slot in self.probe(wanted) {
            match slot.compare_exchange(0, new, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(held) if held & !HIT == wanted => {
                    self.room.fetch_add(1, Relaxed);
                    return false;
                }
                Err(_) => {}
            }
        }
        true
    }

    fn probe(&self, wanted: u64) -> impl Iterator<Item = &AtomicU64> {
        // The multiplication spreads hashes whose high bits are poor.
        let start = (wanted.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        let (before, from) = self.slots.split_at(start);
        from.iter().chain(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_was_added_and_how() {
        let memo = Memo::new(10);
        assert_eq!(memo.get(4), None);
        assert!(memo.add(4, Known::Clean));
        assert!(memo.add(8, Known::Hit));
        assert!(!memo.add(4, Known::Clean));
        assert_eq!(memo.get(4), Some(Known::Clean));
        assert_eq!(memo.get(8), Some(Known::Hit));
        assert_eq!(memo.get(0), None);
    }

    #[test]
    fn a_single_bit_makes_another_text() {
        // Enough of them that they lie in one another's way.
        let memo = Memo::new(0);
        for bit in 2..64 {
            assert!(memo.add(1 << bit, Known::Clean), "bit {bit}");
        }
        for low in 2..600 {
            assert!(
                memo.add(low << 2, Known::Clean) || low.is_power_of_two(),
                "{low}"
            );
        }
    }

    #[test]
    fn stops_to_remember_when_it_is_full() {
        let memo = Memo::new(0);
        let texts = MIN_SLOTS as u64 * 4;
        for hash in (0..texts).map(|n| n << 32) {
            assert!(memo.add(hash, Known::Clean));
        }
        let known = (0..texts).filter(|n| memo.get(n << 32).is_some()).count();
        assert_eq!(known, MIN_SLOTS / 4 * 3);
        assert!(!memo.add(0, Known::Clean));
        assert!(memo.add(texts << 32, Known::Clean));
    }

    #[test]
    fn one_thread_only_adds_a_text() {
        let memo = Memo::new(1000);
        let added: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        (0..1000u64)
                            .filter(|n| memo.add(n << 20, Known::Clean))
                            .count()
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(added, 1000);
    }
}
