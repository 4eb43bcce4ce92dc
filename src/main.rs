//! Arguments and environment in; result, messages and exit code out.

use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use akv_xsoar::deadline::Deadline;
use akv_xsoar::error::Failures;
use akv_xsoar::options::{self, Verbosity, Wish};
use akv_xsoar::report::Reporter;
use akv_xsoar::{process, run, sink::Sink};

fn main() -> ExitCode {
    process::harden();
    let start = Instant::now();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let messages = Messages::new(options::verbosity(&arguments), start);
    let result = obey(arguments, start, &messages);
    messages.clear_progress();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failures) => {
            for error in failures.iter() {
                messages.print("error", &error.to_string());
                if let Some(hint) = error.advice() {
                    messages.hint(hint);
                }
            }
            ExitCode::from(failures.exit().code())
        }
    }
}

fn obey(
    arguments: Vec<std::ffi::OsString>,
    start: Instant,
    messages: &Messages,
) -> Result<(), Failures> {
    let environment = |name: &str| std::env::var_os(name);
    match options::read(arguments, &environment, start, messages, |v| {
        messages.verbosity.set(v)
    })? {
        Wish::Show(text) => {
            let deadline = Deadline::new(start, Deadline::DEFAULT);
            Sink::Stdout.write(text.as_bytes(), &deadline)?;
        }
        Wish::Run(options) => {
            run(&options, messages)?;
        }
    }
    Ok(())
}

/// Standard error, and how much goes there.
struct Messages {
    verbosity: Cell<Verbosity>,
    start: Instant,
    terminal: bool,
    in_progress: Cell<bool>,
}

/// A run that is over by then shows no progress.
const LONG: Duration = Duration::from_secs(1);

impl Messages {
    fn new(verbosity: Verbosity, start: Instant) -> Self {
        let verbosity = Cell::new(verbosity);
        Self {
            verbosity,
            start,
            terminal: stderr().is_terminal(),
            in_progress: Cell::new(false),
        }
    }

    fn hint(&self, text: &str) {
        if self.verbosity.get() != Verbosity::Quiet {
            self.print("hint", text);
        }
    }

    /// The message policy stands here. Standard output holds the result and nothing else. Each message
    /// is one line, `akv-xsoar: KIND: TEXT`, with KIND one of error, warning, hint and info; the text
    /// begins small, has no full stop, and names things in backticks. A hint follows its error and says
    /// what to do. No secret, token or body of an answer is in any text: inner layers see to that.
    fn print(&self, kind: &str, text: &str) {
        self.clear_progress();
        // Where nobody reads stderr there is nobody to tell.
        let _ = stderr().write_all(format!("akv-xsoar: {kind}: {text}\n").as_bytes());
    }

    fn clear_progress(&self) {
        if self.in_progress.replace(false) {
            let _ = stderr().write_all(b"\r\x1b[K");
        }
    }
}

impl Reporter for Messages {
    fn warning(&self, text: &str) {
        if self.verbosity.get() != Verbosity::Quiet {
            self.print("warning", text);
        }
    }

    fn verbose(&self, text: &str) {
        if self.verbosity.get() == Verbosity::Verbose {
            self.print("info", text);
        }
    }

    fn progress(&self, what: &str, done: usize, total: usize) {
        if self.terminal
            && self.verbosity.get() == Verbosity::Normal
            && self.start.elapsed() >= LONG
        {
            self.in_progress.set(true);
            let line = format!("\r\x1b[Kakv-xsoar: {what}: {done}/{total}");
            let _ = stderr().write_all(line.as_bytes());
        }
    }
}
