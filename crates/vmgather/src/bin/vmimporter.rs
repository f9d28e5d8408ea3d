//! `vmimporter`: the import page.

use std::process::ExitCode;

fn main() -> ExitCode {
    vmgather::vmimporter()
}
