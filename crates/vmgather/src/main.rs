//! `vmgather`: every command.

use std::process::ExitCode;

fn main() -> ExitCode {
    vmgather::vmgather()
}
