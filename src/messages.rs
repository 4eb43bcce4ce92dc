//! Standard error: messages, progress, and colour where a person looks.

use std::cell::Cell;
use std::fmt::Display;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use rustix::termios::tcgetwinsize;

use crate::deadline::Deadline;
use crate::error::{Error, Failures};
use crate::report::{Reporter, Verbosity};
use crate::sink;
use crate::status::Status;

/// Standard error, and how much goes there.
pub(crate) struct Messages {
    verbosity: Cell<Verbosity>,
    start: Instant,
    deadline: Cell<Deadline>,
    /// Whether it is a terminal that knows how to clear a line.
    terminal: bool,
    paint: Paint,
    in_progress: Cell<bool>,
    /// What is said here is said there, too, even where nobody wants to hear it.
    status: Status,
}

/// What a message is to its reader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// What failed.
    Error,
    /// What is not as it should be, while the run goes on.
    Warning,
    /// What to do.
    Hint,
    /// A fact for `--verbose`.
    Info,
}

/// A run that is over by then shows no progress.
const LONG: Duration = Duration::from_secs(1);

impl Messages {
    /// Nothing is said yet.
    pub(crate) fn new(verbosity: Verbosity, start: Instant, status: Status) -> Self {
        let terminal = stderr().is_terminal() && !is_dumb();
        Self {
            verbosity: Cell::new(verbosity),
            start,
            deadline: Cell::new(Deadline::new(start, Deadline::DEFAULT)),
            terminal,
            paint: Paint::on(terminal),
            in_progress: Cell::new(false),
            status,
        }
    }

    /// How much is said from now on.
    pub(crate) fn set_verbosity(&self, verbosity: Verbosity) {
        self.verbosity.set(verbosity);
    }

    /// When nobody is waited for any more.
    pub(crate) fn set_deadline(&self, deadline: Deadline) {
        self.deadline.set(deadline);
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline.get()
    }

    /// The message policy stands here. Standard output holds the result and nothing else. Each message
    /// is one line, `akv-xsoar: KIND: TEXT`, with KIND one of error, warning, hint and info; the text
    /// begins small, has no full stop, and names things in backticks. A hint follows its error and says
    /// what to do. No secret, token or body of an answer is in any text: inner layers see to that.
    fn print(&self, severity: Severity, text: &str) {
        // A service's own words at the end may have one.
        let text = text.trim_end_matches('.');
        match severity {
            Severity::Error => self.status.error(text),
            Severity::Warning => self.status.warning(text),
            Severity::Hint | Severity::Info => {}
        }
        let wanted = match self.verbosity.get() {
            Verbosity::Quiet => severity == Severity::Error,
            Verbosity::Normal => severity != Severity::Info,
            Verbosity::Verbose => true,
        };
        if !wanted {
            return;
        }
        self.over();
        let word = match severity {
            Severity::Error => self.paint.red("error"),
            Severity::Warning => self.paint.yellow("warning"),
            Severity::Hint => self.paint.cyan("hint"),
            Severity::Info => "info".to_owned(),
        };
        self.say(&format!("akv-xsoar: {word}: {text}\n"));
    }

    /// Every failure with what to do about it.
    pub(crate) fn failures(&self, failures: &Failures) {
        for error in failures.iter() {
            self.print(Severity::Error, &error.to_string());
            if let Some(hint) = error.advice() {
                self.print(Severity::Hint, hint);
            }
        }
    }

    /// What failed beside the run itself, with what to do about it.
    pub(crate) fn beside(&self, error: &Error) {
        self.print(Severity::Warning, &error.to_string());
        if let Some(hint) = error.advice() {
            self.print(Severity::Hint, hint);
        }
    }

    /// Where nobody reads stderr there is nobody to tell, and nothing to wait for beyond the deadline.
    fn say(&self, text: &str) {
        sink::tell(text, &self.deadline.get());
    }

    /// Takes the progress away.
    pub(crate) fn over(&self) {
        if self.in_progress.replace(false) {
            self.say("\r\x1b[K");
        }
    }
}

impl Reporter for Messages {
    fn warning(&self, text: &str) {
        self.print(Severity::Warning, text);
    }

    fn verbose(&self, text: &str) {
        self.print(Severity::Info, text);
    }

    fn expires(&self, credential: &dyn Display, at: u64) {
        self.status.expires(credential, at);
    }

    fn delivered(&self, credentials: usize, changed: bool) {
        self.status.delivered(credentials, changed);
    }

    fn progress_over(&self) {
        self.over();
    }

    fn progress(&self, what: &str, done: usize, total: usize) {
        if self.terminal
            && self.verbosity.get() == Verbosity::Normal
            && self.start.elapsed() >= LONG
        {
            self.in_progress.set(true);
            let line = format!("akv-xsoar: {what}: {done}/{total}");
            self.say(&format!("\r\x1b[K{}", fitting(line)));
        }
    }
}

/// The end of a line that is wider than the terminal: what went on below it would stay there.
fn fitting(line: String) -> String {
    let width = tcgetwinsize(stderr()).map_or(0, |size| usize::from(size.ws_col));
    let length = line.chars().count();
    // A terminal that does not know its width says 0. Behind the last column some begin a new line.
    if width == 0 || length < width {
        return line;
    }
    line.chars().skip(length + 1 - width).collect()
}

/// Colours, or none.
#[derive(Clone, Copy)]
pub(crate) struct Paint(bool);

impl Paint {
    /// On a terminal that knows colours, unless nobody wants them (no-color.org).
    pub(crate) fn on(terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(terminal && !unwanted && !is_dumb())
    }

    /// For what failed.
    pub(crate) fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    /// For what is as it should be.
    pub(crate) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// For what should be looked at.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    /// For what to do.
    pub(crate) fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A terminal that knows no control sequences, as its name says.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|name| name == "dumb")
}
