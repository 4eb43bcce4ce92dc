//! A step's result, and the report that takes each as soon as it is over.

use std::cell::RefCell;
use std::io::{IsTerminal, stdout};

use serde::Serialize;

use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::messages::Paint;
use crate::report::Reporter;
use crate::sink::{Sink, Written};

/// One step's result. No text in it is a value.
struct Step<'a> {
    name: &'a str,
    state: State,
    found: &'a str,
    todo: Option<&'a str>,
}

/// How a step ended.
#[derive(Clone, Copy)]
enum State {
    /// As it should be.
    Ok,
    /// Something that is good to know, and in nobody's way.
    Note,
    /// Not as it should be.
    Failed,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Failed => "FAILED",
        }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    step: &'a str,
    status: &'a str,
    found: &'a str,
    todo: Option<&'a str>,
}

impl Step<'_> {
    /// As one line of text.
    fn line(&self, paint: Paint) -> String {
        let word = format!("{:<6}", self.state.word());
        let word = match self.state {
            State::Ok => paint.green(&word),
            State::Note => word,
            State::Failed => paint.red(&word),
        };
        let todo = self.todo.map(|todo| format!("; what to do: {todo}"));
        let todo = todo.unwrap_or_default();
        format!("{word} {}: {}{todo}\n", self.name, self.found)
    }

    /// As one line of JSON.
    fn object(&self) -> String {
        let object = Object {
            step: self.name,
            status: self.state.word(),
            found: self.found,
            todo: self.todo,
        };
        // Nothing but text: nothing that JSON cannot hold.
        serde_json::to_string(&object).unwrap_or_default() + "\n"
    }
}

/// Why there is no further step.
pub(super) enum Stop {
    /// Nobody reads on.
    ReaderGone,
    Unwritten(Error),
}

/// Whether it goes on, with what a step gave.
pub(super) type Next<T = ()> = Result<T, Stop>;

/// Puts each step on standard output as soon as it is over, and knows what the first failure was.
pub(super) struct Report<'a> {
    overheard: &'a Overheard<'a>,
    jsonl: bool,
    paint: Paint,
    deadline: Deadline,
    exit: Exit,
}

impl<'a> Report<'a> {
    pub(super) fn new(overheard: &'a Overheard<'a>, jsonl: bool, deadline: Deadline) -> Self {
        Self {
            overheard,
            jsonl,
            paint: Paint::on(stdout().is_terminal()),
            deadline,
            exit: Exit::Done,
        }
    }

    /// The first failure's.
    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    fn step(&mut self, name: &str, state: State, found: &str, todo: Option<&str>) -> Next {
        let step = Step {
            name,
            state,
            // A service's own words at the end may have one.
            found: found.trim_end_matches('.'),
            todo,
        };
        let line = if self.jsonl {
            step.object()
        } else {
            step.line(self.paint)
        };
        self.overheard.reporter.progress_over();
        match Sink::Stdout.write(line.as_bytes(), &self.deadline) {
            Ok(Written::ReaderGone) => Err(Stop::ReaderGone),
            Ok(Written::All | Written::Already) => Ok(()),
            Err(error) => Err(Stop::Unwritten(error)),
        }
    }

    pub(super) fn ok(&mut self, name: &str, found: &str) -> Next {
        self.step(name, State::Ok, found, None)
    }

    pub(super) fn note(&mut self, name: &str, found: &str) -> Next {
        self.step(name, State::Note, found, None)
    }

    /// A note with what to do.
    pub(super) fn advise(&mut self, name: &str, found: &str, todo: &str) -> Next {
        self.step(name, State::Note, found, Some(todo))
    }

    /// What did not work, and is in nobody's way.
    pub(super) fn mind(&mut self, name: &str, error: &Error) -> Next {
        self.step(name, State::Note, &error.to_string(), error.advice())
    }

    /// A step that there was no way to try.
    pub(super) fn untried(&mut self, name: &str, because: &str) -> Next {
        self.note(name, &format!("not tried: {because}"))
    }

    /// Steps that there was no way to try, if there were any.
    pub(super) fn skip(&mut self, names: Option<String>, because: &str) -> Next {
        match names {
            Some(names) => self.untried(&names, because),
            None => Ok(()),
        }
    }

    pub(super) fn failed(&mut self, name: &str, error: &Error) -> Next {
        if self.exit == Exit::Done {
            self.exit = error.exit();
        }
        self.step(name, State::Failed, &error.to_string(), error.advice())
    }

    /// The value, or a step that failed.
    pub(super) fn take<T>(&mut self, name: &str, result: Result<T, Error>) -> Next<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => self.failed(name, &error).map(|()| None),
        }
    }

    /// What a fetch would have warned of since.
    pub(super) fn overheard(&mut self, name: &str) -> Next {
        for warning in self.overheard.warnings.take() {
            self.note(name, &warning)?;
        }
        Ok(())
    }
}

/// A reporter whose warnings become notes, in the order of the steps.
pub(super) struct Overheard<'a> {
    reporter: &'a dyn Reporter,
    warnings: RefCell<Vec<String>>,
}

impl<'a> Overheard<'a> {
    pub(super) fn new(reporter: &'a dyn Reporter) -> Self {
        Self {
            reporter,
            warnings: RefCell::default(),
        }
    }
}

impl Reporter for Overheard<'_> {
    fn warning(&self, text: &str) {
        self.warnings.borrow_mut().push(text.to_owned());
    }

    fn verbose(&self, text: &str) {
        self.reporter.verbose(text);
    }

    fn progress(&self, what: &str, done: usize, total: usize) {
        self.reporter.progress(what, done, total);
    }

    fn progress_over(&self) {
        self.reporter.progress_over();
    }
}
