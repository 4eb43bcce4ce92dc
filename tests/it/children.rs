//! What the tests start: it has signals as after a login, its end is not waited for without an end, and it does not
//! outlive the tests, however they were started and whatever ends them.

use std::fs;
use std::io::{self, Read};
use std::ops::{Deref, DerefMut};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// A run that takes longer is a bug.
pub const LIMIT: Duration = Duration::from_secs(90);

/// A child that is killed when it is dropped before its end, and in the end anyway, with all that it has started.
pub struct Kept {
    child: Child,
    /// Dropped, it calls the guard off.
    _guarded: Sender<()>,
}

impl Kept {
    /// Starts it.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        // Whoever waits by the clock is to be the first.
        Self::spawn_within(command, LIMIT + Duration::from_secs(5))
    }

    /// Starts what is to have an end within this time.
    pub fn spawn_within(command: &mut Command, limit: Duration) -> io::Result<Self> {
        default_signals();
        let child = command.process_group(group()).spawn()?;
        let id = child.id();
        let (guarded, over) = channel();
        thread::spawn(move || {
            if over.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                kill_with_descendants(id);
            }
        });
        Ok(Self {
            child,
            _guarded: guarded,
        })
    }

    /// Starts it, and takes what it says until its end.
    pub fn output(command: &mut Command) -> io::Result<Output> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::spawn(command)?.wait_with_output()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Takes what it says until its end.
    pub fn wait_with_output(mut self) -> io::Result<Output> {
        drop(self.child.stdin.take());
        let stdout = collect(self.child.stdout.take());
        let stderr = collect(self.child.stderr.take());
        Ok(Output {
            stdout: stdout.join().expect("a thread that reads"),
            stderr: stderr.join().expect("a thread that reads"),
            status: self.wait()?,
        })
    }
}

impl Deref for Kept {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.child
    }
}

impl DerefMut for Kept {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            kill_with_descendants(self.child.id());
            let _ = self.child.wait();
        }
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Signals that somebody ignores are ignored by whatever they start: `nohup`, a shell that starts something in the
/// background, many a CI runner. One with a handler, which does nothing, is as good to us, and starts as usual there.
fn default_signals() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let ignored = signals("SigIgn:");
        for signal in (1..32).filter(|signal| ignored & (1 << (signal - 1)) != 0) {
            // Rust itself ignores this one, and sees to what it starts.
            let ours = signal == Signal::PIPE.as_raw();
            if !ours && !signal_hook::consts::FORBIDDEN.contains(&signal) {
                let handled = signal_hook::flag::register(signal, Arc::default());
                handled.expect("a handler that does nothing");
            }
        }
    });
}

/// What a command's words begin with: where signals are blocked, what it starts would have them blocked, too.
pub fn unblocked() -> &'static [&'static str] {
    static BLOCKED: OnceLock<bool> = OnceLock::new();
    if *BLOCKED.get_or_init(|| signals("SigBlk:") != 0) {
        &["/usr/bin/env", "--default-signal"]
    } else {
        &[]
    }
}

/// A set of signals of this process, the first of them in the lowest bit.
fn signals(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("a process of our own");
    let set = status.lines().find_map(|line| line.strip_prefix(name));
    u64::from_str_radix(set.unwrap_or_default().trim(), 16).expect("a set of signals")
}

/// The group of processes that all of them are in. No terminal's signals reach it, and its first kills it when nobody
/// has the other end of its stdin any more: when the tests are over, in whatever way.
fn group() -> i32 {
    static FIRST: OnceLock<(i32, Child)> = OnceLock::new();
    let (group, _held) = FIRST.get_or_init(|| {
        let first = Command::new("sh")
            .args(["-c", "trap '' HUP INT QUIT TERM; read x; kill -KILL 0"])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        (i32::try_from(first.id()).expect("a process id"), first)
    });
    *group
}

fn kill_with_descendants(id: u32) {
    let mut all = vec![id];
    let mut next = 0;
    while let Some(parent) = all.get(next) {
        let children = fs::read_dir("/proc").into_iter().flatten().flatten();
        let children = children.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let children: Vec<u32> = children
            .filter(|id| parent_of(*id) == Some(*parent))
            .collect();
        all.extend(children);
        next += 1;
    }
    for id in all {
        let id = i32::try_from(id).ok().and_then(Pid::from_raw);
        let _ = id.map(|id| kill_process(id, Signal::KILL));
    }
}

fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before it may have any characters.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}
