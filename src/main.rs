//! Arguments and environment in; result, messages and exit code out.

use std::cell::Cell;
use std::io::{IsTerminal, stderr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use akv_xsoar::deadline::Deadline;
use akv_xsoar::error::Failures;
use akv_xsoar::options::{self, Verbosity, Wish};
use akv_xsoar::report::Reporter;
use akv_xsoar::sink::{self, Sink};
use akv_xsoar::{process, run};

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
        messages.verbosity.set(v);
    })? {
        Wish::Show(text) => {
            Sink::Stdout.write(text.as_bytes(), &messages.deadline.get())?;
        }
        Wish::Run(options) => {
            messages.deadline.set(options.network.deadline);
            run(&options, messages)?;
        }
    }
    Ok(())
}

/// Standard error, and how much goes there.
struct Messages {
    verbosity: Cell<Verbosity>,
    start: Instant,
    deadline: Cell<Deadline>,
    /// Whether it is a terminal that knows how to clear a line.
    terminal: bool,
    in_progress: Cell<bool>,
}

/// A run that is over by then shows no progress.
const LONG: Duration = Duration::from_secs(1);

impl Messages {
    fn new(verbosity: Verbosity, start: Instant) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|name| name == "dumb");
        Self {
            verbosity: Cell::new(verbosity),
            start,
            deadline: Cell::new(Deadline::new(start, Deadline::DEFAULT)),
            terminal: stderr().is_terminal() && !dumb,
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
        // A service's own words at the end may have one.
        let text = text.trim_end_matches('.');
        self.say(&format!("akv-xsoar: {kind}: {text}\n"));
    }

    /// Where nobody reads stderr there is nobody to tell, and nothing to wait for beyond the deadline.
    fn say(&self, text: &str) {
        sink::tell(text, &self.deadline.get());
    }

    fn clear_progress(&self) {
        if self.in_progress.replace(false) {
            self.say("\r\x1b[K");
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

    fn progress_over(&self) {
        self.clear_progress();
    }

    fn progress(&self, what: &str, done: usize, total: usize) {
        if self.terminal
            && self.verbosity.get() == Verbosity::Normal
            && self.start.elapsed() >= LONG
        {
            self.in_progress.set(true);
            self.say(&format!("\r\x1b[Kakv-xsoar: {what}: {done}/{total}"));
        }
    }
}
