//! What the process does to itself before it holds a secret.

use std::ffi::OsString;
use std::io::Write;
use std::panic::{self, PanicHookInfo};
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag::{register_conditional_default, register_conditional_shutdown};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use crate::error::Exit;

/// What this process was started with, of which a command that is run in its place gets its part.
pub(crate) struct Caller<'a> {
    /// A variable of the environment, by its name.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The limit of core files as it was.
    pub(crate) core_limit: CoreLimit,
}

/// The limit of core files that this process was started with.
#[derive(Clone, Debug)]
pub(crate) struct CoreLimit(Rlimit);

impl CoreLimit {
    /// Nothing of this process gets into a core file.
    pub(crate) fn forbid(&self) {
        let none = Rlimit {
            current: Some(0),
            maximum: self.0.maximum,
        };
        // Where the system refuses (an old container's filter), the run is no worse off than others.
        let _ = setrlimit(Resource::Core, none);
    }

    /// As it was.
    pub(crate) fn restore(&self) {
        let _ = setrlimit(Resource::Core, self.0);
    }
}

/// How a signal ends the run.
pub(crate) struct Ending {
    /// The first process of a container gets no signal that it has no handler for, and nobody else would end it.
    /// With one it ends as a shell tells of a signal: 128 and its number. What a killed run leaves, the next removes.
    is_init: bool,
    /// Whether nothing is to be done before.
    at_once: Arc<AtomicBool>,
}

/// What ends a run that does not mind.
const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// Sees to it that signals end the run, whichever process it is.
pub(crate) fn end_on_signals() -> Ending {
    let ending = Ending {
        is_init: rustix::process::getpid().is_init(),
        at_once: Arc::new(AtomicBool::new(true)),
    };
    if ending.is_init {
        for signal in ENDING {
            // Where it cannot be registered, the run is no worse off than without.
            let at_once = Arc::clone(&ending.at_once);
            let _ = register_conditional_shutdown(signal, 128 + signal, at_once);
        }
    }
    ending
}

impl Ending {
    /// Has something done before a signal ends the run, which it does all the same; a second one does at once.
    pub(crate) fn after(&self, act: impl FnOnce(i32) + Send + 'static) {
        let ignored = if self.is_init { 0 } else { ignored() };
        let caught = ENDING.into_iter();
        let caught = caught.filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let caught: Vec<_> = caught.collect();
        if !self.is_init {
            for signal in &caught {
                let _ = register_conditional_default(*signal, Arc::clone(&self.at_once));
            }
        }
        let Ok(mut signals) = Signals::new(caught) else {
            return;
        };
        let (at_once, is_init) = (Arc::clone(&self.at_once), self.is_init);
        let waiting = thread::Builder::new().spawn(move || {
            let Some(signal) = signals.forever().next() else {
                return;
            };
            at_once.store(true, Ordering::SeqCst);
            act(signal);
            if !is_init {
                let _ = low_level::emulate_default_handler(signal);
            }
            low_level::exit(128 + signal);
        });
        if waiting.is_ok() {
            self.at_once.store(false, Ordering::SeqCst);
        }
    }
}

/// The signals that this process was started to ignore, as `nohup` and a shell's `&` have it: a bit each. Where the
/// system does not say, all but the one that nobody means to be ignored.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(!(1 << (SIGTERM - 1)))
}

/// A signal's name.
pub(crate) fn name_of(signal: i32) -> &'static str {
    low_level::signal_name(signal).unwrap_or("a signal")
}

/// Has something done before a defect ends the run, with what is said of it.
pub(crate) fn on_defect(act: impl Fn(&str) + Send + Sync + 'static) {
    let end = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        act(&defect(info));
        end(info);
    }));
}

/// Never the payload: it may hold what was being worked on.
fn defect(info: &PanicHookInfo) -> String {
    let place = info.location();
    let place = place.map(|place| format!(" (at {}:{})", place.file(), place.line()));
    format!(
        "internal error{}: please report it",
        place.unwrap_or_default()
    )
}

/// No core file, no debugger of the same user's, and a panic that says a fixed text.
pub(crate) fn harden() -> CoreLimit {
    let limit = CoreLimit(getrlimit(Resource::Core));
    limit.forbid();
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    panic::set_hook(Box::new(|info| {
        let text = format!("akv-xsoar: error: {}\n", defect(info));
        let _ = std::io::stderr().write_all(text.as_bytes());
        exit(Exit::Internal.code().into());
    }));
    limit
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Output, id};
    use std::{env, fs, thread};

    use rustix::process::Signal;

    use super::*;
    use crate::canary::shows;

    /// Says to the test below what it is to do, when it is run as a program of its own.
    const ROLE: &str = "AKV_XSOAR_TEST_ROLE";
    const SECRETS: [&str; 2] = [
        "~Canary-Cl1ent+Secret/=&%~",
        "Canary \"V4lue\" + ü & 100% \\",
    ];

    /// No test by itself: what `a_defect_ends_the_run_with_a_fixed_text` runs.
    #[test]
    fn a_defect() {
        let Ok(role) = env::var(ROLE) else { return };
        let most = getrlimit(Resource::Core).maximum;
        let all = Rlimit {
            current: most,
            maximum: most,
        };
        let _ = setrlimit(Resource::Core, all);
        let _ = harden();
        let payload = SECRETS.concat();
        match role.as_str() {
            "panic" => panic!("{payload}"),
            "unwrap" => serde_json::from_str::<u8>(&format!("{payload:?}"))
                .map(drop)
                .unwrap(),
            "thread" => thread::spawn(move || panic!("{payload}")).join().unwrap(),
            "any" => panic::panic_any(payload),
            "abort" => std::process::abort(),
            _ => unreachable!(),
        }
    }

    /// What a defect says, and the names of the files that it leaves.
    fn run(role: &str) -> (Output, usize) {
        let directory = env::temp_dir().join(format!("akv-xsoar-defect-{}-{role}", id()));
        fs::create_dir_all(&directory).unwrap();
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "process::tests::a_defect", "--nocapture"])
            .arg("--test-threads=1")
            .env(ROLE, role)
            .env("RUST_BACKTRACE", "full")
            .current_dir(&directory)
            .output()
            .unwrap();
        let left = fs::read_dir(&directory).unwrap().count();
        fs::remove_dir_all(&directory).unwrap();
        (output, left)
    }

    #[test]
    fn a_defect_ends_the_run_with_a_fixed_text() {
        for role in ["panic", "unwrap", "thread", "any", "abort"] {
            let (output, left) = run(role);
            let stderr = String::from_utf8_lossy(&output.stderr);
            if role == "abort" {
                assert_eq!(output.status.signal(), Some(Signal::ABORT.as_raw()));
            } else {
                assert_eq!(output.status.code(), Some(1), "{stderr}");
                let place =
                    stderr.strip_prefix("akv-xsoar: error: internal error (at src/process.rs:");
                let end = place.and_then(|place| place.strip_suffix("): please report it\n"));
                let line = end.is_some_and(|line| line.parse::<u32>().is_ok());
                assert!(line, "{stderr}");
            }
            assert!(!output.status.core_dumped());
            for secret in SECRETS {
                assert!(!shows(&output.stderr, secret), "{stderr}");
                assert!(!shows(&output.stdout, secret));
            }
            assert_eq!(left, 0);
        }
    }
}
