//! The program; what it does is in `lib.rs`, where tests reach it too.

use std::process::ExitCode;

fn main() -> ExitCode {
    annota::run()
}
