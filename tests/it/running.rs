//! The program while it runs, and what it came to.

use std::fmt;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::children::{Kept, LIMIT};
use crate::command::Akv;

/// What it finds on stdin.
#[derive(Clone, Default)]
pub(crate) struct Input {
    pub bytes: Vec<u8>,
    /// Whether it stays open after them.
    pub open: bool,
}

/// What a run came to.
#[derive(Debug)]
pub struct Output {
    /// The exit code; 128 + the signal's number for a run that a signal ended.
    pub status: i32,
    /// Whether a signal ended it.
    pub killed: bool,
    /// The result.
    pub stdout: Vec<u8>,
    /// Everything else.
    pub stderr: Vec<u8>,
    /// From the start to the end.
    pub elapsed: Duration,
}

impl Output {
    /// The result as text.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The messages as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// The program while it runs.
#[must_use]
pub struct Running<'a> {
    akv: Akv<'a>,
    command: Command,
    child: Kept,
    started: Instant,
    /// Holds what stays open of stdin.
    _stdin: JoinHandle<Option<ChildStdin>>,
    stdout: Collected,
    stderr: Collected,
}

impl<'a> Running<'a> {
    #[track_caller]
    pub(crate) fn start(mut command: Command, input: Input, akv: Akv<'a>) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut child =
            Kept::spawn(&mut command).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut stdin = child.stdin.take().expect("a pipe");
        let stdin = thread::spawn(move || {
            // It may end without reading.
            let _ = stdin.write_all(&input.bytes);
            input.open.then_some(stdin)
        });
        let stdout = Collected::from(child.stdout.take().expect("a pipe"));
        let stderr = Collected::from(child.stderr.take().expect("a pipe"));
        Self {
            akv,
            command,
            child,
            started,
            _stdin: stdin,
            stdout,
            stderr,
        }
    }
}

impl Running<'_> {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("a process id"), signal).expect("a process that runs");
    }

    /// What it has said on stderr so far.
    pub fn stderr_so_far(&self) -> String {
        String::from_utf8_lossy(&self.stderr.bytes.lock().unwrap()).into_owned()
    }

    /// Waits for its end, and panics if anything was not as expected.
    #[track_caller]
    pub fn wait(mut self) -> Output {
        let mut pause = Duration::from_micros(200);
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child to wait for") {
                break Some(status);
            }
            if self.started.elapsed() > LIMIT {
                break None;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        };
        let elapsed = self.started.elapsed();
        let output = Output {
            status: status.map_or(-1, code),
            killed: status.is_some_and(|status| status.signal().is_some()),
            stdout: self.stdout.take(),
            stderr: self.stderr.take(),
            elapsed,
        };
        let mut problems = self.akv.problems(&output);
        if status.is_none() {
            problems.insert(0, format!("it did not end in {LIMIT:?}"));
        }
        assert!(problems.is_empty(), "{}", self.report(&problems, &output));
        output
    }

    fn words(&self) -> Vec<String> {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    }

    fn report(&self, problems: &[String], output: &Output) -> String {
        let stdout = indented(&output.stdout_text());
        let stderr = indented(&output.stderr_text());
        format!(
            "\n{}\n\ncommand: {}\ndirectory: {}\nenvironment: {}\nstatus: {} after {:?}\nstdout:\n{stdout}\nstderr:\n{stderr}\n",
            problems.join("\n"),
            Words(self.words()),
            self.akv.directory().display(),
            Words(self.akv.variables()),
            output.status,
            output.elapsed,
        )
    }
}

fn code(status: ExitStatus) -> i32 {
    let signal = || status.signal().map_or(-1, |signal| 128 + signal);
    status.code().unwrap_or_else(signal)
}

/// A stream as it is written.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Collected {
    fn from(mut stream: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                sink.lock().unwrap().extend(&chunk[..count]);
            }
        });
        Self { bytes, reader }
    }

    /// All of it; of a stream that another process holds open, what came within a second of the end.
    fn take(&self) -> Vec<u8> {
        let end = Instant::now() + Duration::from_secs(1);
        while !self.reader.is_finished() && Instant::now() < end {
            thread::sleep(Duration::from_micros(200));
        }
        self.bytes.lock().unwrap().clone()
    }
}

/// Words as one would type them.
struct Words(Vec<String>);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for word in &self.0 {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@".contains(&byte);
            if !word.is_empty() && word.bytes().all(plain) {
                write!(f, "{word} ")?;
            } else {
                write!(f, "'{}' ", word.replace('\'', r"'\''"))?;
            }
        }
        Ok(())
    }
}

/// Text under a heading.
pub(crate) fn indented(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| format!("    {line}"));
    lines.collect()
}
