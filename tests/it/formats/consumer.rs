//! A program that reads one file of variables after another, and says what it found.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use super::names;
use crate::children::{Kept, LIMIT};
use crate::standin::Scratch;

/// What a consumer made of one file, in one way of reading it: a value, or none, for each of [`names`].
pub type Found = Vec<(String, Option<Vec<u8>>)>;

/// Reads lines with paths on its stdin, and answers each with values, in the order of [`names`] and
/// each with a NUL at its end: `=VALUE`, or nothing for a variable that is not there.
pub struct Consumer {
    words: Vec<String>,
    environment: Vec<(&'static str, String)>,
    /// In how many ways it reads each file.
    ways: usize,
    /// Where to get it.
    package: &'static str,
    directory: Scratch,
    running: Option<Running>,
}

struct Running {
    /// Killed when this is dropped.
    _child: Kept,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Consumer {
    /// A program and its arguments.
    pub fn new(words: &[&str], package: &'static str) -> Self {
        Self {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            environment: Vec::new(),
            ways: 1,
            package,
            directory: Scratch::new("consumer"),
            running: None,
        }
    }

    /// With a variable.
    pub fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// One that reads each file in several ways.
    pub fn ways(mut self, ways: usize) -> Self {
        self.ways = ways;
        self
    }

    /// What it is.
    pub fn name(&self) -> String {
        format!("{} {:?}", self.words[0], self.environment)
    }

    /// What it finds in a file with this content, in each of its ways.
    pub fn read(&mut self, content: &[u8]) -> Result<Vec<Found>, String> {
        let path = self.directory.write("variables", content);
        let running = match self.running.take() {
            Some(running) => running,
            None => self.start(),
        };
        let mut running = running;
        let path = path.to_str().expect("a path of ours");
        // It may have ended over the file before.
        let _ = writeln!(running.stdin, "{path}");
        let mut all = Vec::new();
        for _ in 0..self.ways {
            let names = names().into_iter();
            let found: Option<Found> = names.map(|name| Some((name, running.value()?))).collect();
            all.push(found.ok_or("it ended over the file")?);
        }
        self.running = Some(running);
        Ok(all)
    }

    fn start(&self) -> Running {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).env_clear();
        command.env("PATH", env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = Kept::spawn_within(command.stderr(Stdio::null()), LIMIT * 10);
        let mut child = child.unwrap_or_else(|error| {
            let program = &self.words[0];
            panic!(
                "{program}: {error}: install {} (scripts/test does)",
                self.package
            )
        });
        Running {
            stdin: child.stdin.take().expect("a pipe"),
            stdout: BufReader::new(child.stdout.take().expect("a pipe")),
            _child: child,
        }
    }
}

impl Running {
    /// The next value; nothing where it has ended.
    #[allow(clippy::option_option)]
    fn value(&mut self) -> Option<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        self.stdout.read_until(0, &mut bytes).ok()?;
        let text = bytes.strip_suffix(&[0])?;
        Some(text.strip_prefix(b"=").map(<[u8]>::to_vec))
    }
}
