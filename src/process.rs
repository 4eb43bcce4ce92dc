//! What the process does to itself before it holds a secret.

use std::ffi::OsString;
use std::io::Write;
use std::panic;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag::register_conditional_shutdown;

use crate::error::Exit;

/// What a command gets back that is run in this process's place, and what it is asked about.
pub struct Caller<'a> {
    /// A variable of the environment.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The limit of core files as it was.
    pub core_limit: CoreLimit,
}

/// The limit of core files that this process was started with.
#[derive(Clone, Debug)]
pub struct CoreLimit(Rlimit);

impl CoreLimit {
    /// Nothing of this process gets into a core file.
    pub fn forbid(&self) {
        let none = Rlimit {
            current: Some(0),
            maximum: self.0.maximum,
        };
        // Where the system refuses (an old container's filter), the run is no worse off than others.
        let _ = setrlimit(Resource::Core, none);
    }

    /// As it was.
    pub fn restore(&self) {
        let _ = setrlimit(Resource::Core, self.0);
    }
}

/// The first process of a container gets no signal that it has no handler for, and nobody else would end it.
/// With one it ends as a shell tells of a signal: 128 and its number. What a killed run leaves, the next removes.
pub(crate) fn end_on_signals() {
    if !rustix::process::getpid().is_init() {
        return;
    }
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        let always = Arc::new(AtomicBool::new(true));
        // Where it cannot be registered, the run is no worse off than without.
        let _ = register_conditional_shutdown(signal, 128 + signal, always);
    }
}

/// No core file, no debugger of the same user's, and a panic that says a fixed text.
#[must_use]
pub fn harden() -> CoreLimit {
    let limit = CoreLimit(getrlimit(Resource::Core));
    limit.forbid();
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
    limit
}
