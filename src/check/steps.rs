//! A step's result, and the report that takes each as soon as it is over.

use std::cell::RefCell;

use serde::Serialize;

use crate::error::{Error, Exit};
use crate::report::Reporter;
use crate::sink::Written;

/// One step's result. No text in it is a value.
#[derive(Debug)]
pub struct Step {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do, where that is known.
    pub todo: Option<String>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// Something that is good to know, and in nobody's way.
    Note,
    /// Not as it should be.
    Failed,
}

impl State {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
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

impl Step {
    /// As one line of text; `paint` colours the state's word.
    #[must_use]
    pub fn line(&self, paint: impl Fn(State, &str) -> String) -> String {
        let word = paint(self.state, &format!("{:<6}", self.state.word()));
        let todo = self
            .todo
            .as_ref()
            .map(|todo| format!("; what to do: {todo}"));
        format!(
            "{word} {}: {}{}\n",
            self.name,
            self.found,
            todo.unwrap_or_default()
        )
    }

    /// As one line of JSON.
    #[must_use]
    pub fn object(&self) -> String {
        let object = Object {
            step: &self.name,
            status: self.state.word(),
            found: &self.found,
            todo: self.todo.as_deref(),
        };
        // Nothing but text: nothing that JSON cannot hold.
        serde_json::to_string(&object).unwrap_or_default() + "\n"
    }
}

/// Why no further step is told.
pub(super) enum Gone {
    /// Nobody reads on.
    Reader,
    /// The report could not be written.
    Unwritten(Error),
}

/// Whether it goes on.
pub(super) type Told<T = ()> = Result<T, Gone>;

/// Takes each step as soon as it is over, and what the first failure was.
pub(super) struct Report<'a> {
    tell: &'a mut dyn FnMut(&Step) -> Result<Written, Error>,
    overheard: &'a Overheard<'a>,
    exit: Exit,
}

impl<'a> Report<'a> {
    pub fn new(
        tell: &'a mut dyn FnMut(&Step) -> Result<Written, Error>,
        overheard: &'a Overheard<'a>,
    ) -> Self {
        Self {
            tell,
            overheard,
            exit: Exit::Done,
        }
    }

    /// The first failure's.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    fn step(&mut self, name: &str, state: State, found: &str, todo: Option<&str>) -> Told {
        let step = Step {
            name: name.to_owned(),
            state,
            // A service's own words at the end may have one.
            found: found.trim_end_matches('.').to_owned(),
            todo: todo.map(str::to_owned),
        };
        match (self.tell)(&step) {
            Ok(Written::All) => Ok(()),
            Ok(Written::ReaderGone) => Err(Gone::Reader),
            Err(error) => Err(Gone::Unwritten(error)),
        }
    }

    pub fn ok(&mut self, name: &str, found: &str) -> Told {
        self.step(name, State::Ok, found, None)
    }

    pub fn note(&mut self, name: &str, found: &str) -> Told {
        self.step(name, State::Note, found, None)
    }

    /// A note with what to do.
    pub fn advise(&mut self, name: &str, found: &str, todo: &str) -> Told {
        self.step(name, State::Note, found, Some(todo))
    }

    /// A step that there was no way to try.
    pub fn untried(&mut self, name: &str, because: &str) -> Told {
        self.note(name, &format!("not tried: {because}"))
    }

    pub fn failed(&mut self, name: &str, error: &Error) -> Told {
        if self.exit == Exit::Done {
            self.exit = error.exit();
        }
        self.step(name, State::Failed, &error.to_string(), error.advice())
    }

    /// The value, or a step that failed.
    pub fn take<T>(&mut self, name: &str, result: Result<T, Error>) -> Told<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => self.failed(name, &error).map(|()| None),
        }
    }

    /// What a fetch would have warned of since.
    pub fn overheard(&mut self, name: &str) -> Told {
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
    pub fn new(reporter: &'a dyn Reporter) -> Self {
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
