//! See `vmgather_fuzz::json_line`. Without the fuzzer there is nothing to run; `cargo test` has its own loop.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| vmgather_fuzz::json_line(data));

#[cfg(not(fuzzing))]
fn main() {}
