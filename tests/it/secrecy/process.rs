//! The process: what others see of it, and what it leaves when it ends badly.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use rustix::process::{Pid, Signal, kill_process};

use super::{READ, READ_B, VALUE, azure};
use crate::canary::shows;
use crate::children::{Kept, unblocked};
use crate::command::{self, Akv, names_in};
use crate::files::set_mode;
use crate::gate::Gate;
use crate::standin::Scratch;

#[test]
fn the_process_shows_others_nothing_new() {
    let azure = azure();
    let (gate, fault) = Gate::new();
    azure.fault(READ_B, fault);
    let run = Akv::new()
        .args(["fetch", "kv-prod/a", "kv-prod/b"])
        .app(&azure)
        .stdout_any();
    let run = run.spawn();
    gate.wait();
    let of = |name: &str| format!("/proc/{}/{name}", run.id());
    let line = fs::read_to_string(of("cmdline")).unwrap();
    for secret in [azure.canaries(), azure.values()].concat() {
        assert!(!shows(line.as_bytes(), &secret), "{line}");
    }
    // Only root may still look; root sees what the test put there, and no more.
    if let Ok(variables) = fs::read(of("environ")) {
        let variables = String::from_utf8(variables).unwrap();
        let names: Vec<_> = variables
            .split('\0')
            .filter_map(|one| Some(one.split_once('=')?.0))
            .collect();
        let given = ["AZURE_CLIENT_SECRET", "AZURE_POD_IDENTITY_AUTHORITY_HOST"];
        assert_eq!(names, given);
        assert!(!shows(variables.as_bytes(), VALUE));
    } else {
        assert!(!rustix::process::geteuid().is_root());
    }
    drop(gate);
    run.wait();
    azure.expect(&[&azure.token_request(), READ, READ_B]);
}

/// The user `nobody`.
const STRANGER: u32 = 65534;

/// Waits until it is as it should be, or the time is over.
fn becomes(mut so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(30);
    while !so() {
        if Instant::now() > end {
            return false;
        }
        thread::yield_now();
    }
    true
}

/// A run that waits for its secret on stdin, as a user who is not root, from a place where it may leave a core file.
fn waiting(directory: &Scratch) -> Kept {
    let binary = directory.join("akv");
    fs::copy(command::binary(), &binary).unwrap();
    for path in [directory.path(), &binary] {
        set_mode(path, 0o777);
    }
    let arguments = "fetch kv-prod/a --tenant-id t --client-id c --client-secret-file -";
    let words = [unblocked(), &["sh"]].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg("-c").arg(format!(
        "ulimit -S -c $(ulimit -H -c); exec {} ./akv {arguments}",
        command::runner()
    ));
    command.current_dir(directory.path()).env_clear();
    command.env("PATH", env::var_os("PATH").unwrap_or_default());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if rustix::process::geteuid().is_root() {
        command.uid(STRANGER).gid(STRANGER);
    }
    Kept::spawn(&mut command).unwrap()
}

#[test]
fn nobody_looks_into_the_process_and_it_leaves_no_core() {
    for signal in [Signal::ABORT, Signal::SEGV, Signal::QUIT] {
        let directory = Scratch::new("core");
        let mut child = waiting(&directory);
        let of = |name: &str| format!("/proc/{}/{name}", child.id());
        // Files of a process that may not be dumped belong to root.
        let owner = || fs::metadata(of("environ")).unwrap().uid();
        assert!(becomes(|| owner() == 0), "{}", owner());
        assert_ne!(fs::metadata(of("")).unwrap().uid(), 1);
        let about = fs::read_to_string(of("status")).unwrap();
        // A runner has a name of its own.
        let named = about.contains("Name:\takv\n") || !command::runner().is_empty();
        assert!(named, "{about}");
        assert!(
            !about.contains("Uid:\t0"),
            "for root the owner proves nothing: {about}"
        );
        let limits = fs::read_to_string(of("limits")).unwrap();
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        assert_eq!(
            core.unwrap().split_whitespace().nth(4),
            Some("0"),
            "{limits}"
        );

        let id = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .unwrap();
        // Again and again: Rust's handler of SIGSEGV takes the first for a stack that is too small.
        let mut status = None;
        assert!(becomes(|| {
            let _ = kill_process(id, signal);
            status = child.try_wait().unwrap();
            status.is_some()
        }));
        let status = status.unwrap();
        assert_eq!(status.signal(), Some(signal.as_raw()));
        assert!(!status.core_dumped());
        assert_eq!(names_in(directory.path()), ["akv"]);
    }
}
