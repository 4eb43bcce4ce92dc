//! Arguments and environment in; result, messages and exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    ExitCode::from(akv_xsoar::run(&arguments).code())
}
