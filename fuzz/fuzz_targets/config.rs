//! See `vmgather_fuzz::config`. Without the fuzzer there is nothing to run; `cargo test` has its own loop.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| vmgather_fuzz::config(data));

#[cfg(not(fuzzing))]
fn main() {}
