//! What the process does to itself before it holds a secret.

use std::io::Write;
use std::panic;
use std::process::exit;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

use crate::error::Exit;

/// No core file, no debugger of the same user's, and a panic that says a fixed text.
pub fn harden() {
    let no_core = Rlimit {
        current: Some(0),
        maximum: getrlimit(Resource::Core).maximum,
    };
    // Where the system refuses (an old container's filter), the run is no worse off than others.
    let _ = setrlimit(Resource::Core, no_core);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    panic::set_hook(Box::new(|info| {
        // Never the payload: it may hold what was being worked on.
        let place = info
            .location()
            .map(|l| format!(" (at {}:{})", l.file(), l.line()))
            .unwrap_or_default();
        let text = format!("akv-xsoar: error: internal error{place}: please report it\n");
        let _ = std::io::stderr().write_all(text.as_bytes());
        exit(Exit::Internal.code().into());
    }));
}
