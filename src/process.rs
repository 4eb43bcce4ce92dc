//! What the process does to itself before it holds a secret.

use std::ffi::OsString;
use std::io::Write;
use std::panic;
use std::process::exit;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

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

/// No core file, no debugger of the same user's, and a panic that says a fixed text.
pub(crate) fn harden() -> CoreLimit {
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
