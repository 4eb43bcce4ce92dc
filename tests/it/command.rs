//! Runs the program as a user would, and compares everything it says.
//!
//! The environment is empty, the directory is new, stdin is empty, and no metadata endpoint is there unless a test
//! says otherwise. Without expectations a run must end with 0 and say nothing. Whatever it says is searched for
//! secrets, in every form they might take.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::canary::shows;
use crate::children::unblocked;
use crate::running::{Input, Output, Running, indented};
use crate::standin::{self, CLIENT_ID, CLIENT_SECRET, PROXY_PASSWORD, Scratch, Standin, TENANT};

/// What one stream is to say.
#[derive(Clone, Debug)]
enum Expected {
    Exactly(Vec<u8>),
    /// Each of these, and anything else.
    Has(Vec<String>),
}

/// A run of the program, before it starts.
#[must_use]
pub struct Akv<'a> {
    /// What it is run by, in front of its own name.
    runner: Vec<OsString>,
    arguments: Vec<OsString>,
    /// What belongs to the stand-in; it goes behind the command's name.
    options: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdin: Input,
    directory: Directory<'a>,
    azure: Option<&'a Standin>,
    canaries: Vec<String>,
    status: i32,
    stdout: Expected,
    /// Whether the stdout was expected to say something, so that secrets' values may be in it.
    values_due: bool,
    stderr: Expected,
    stderr_lacks: Vec<String>,
}

enum Directory<'a> {
    Own(Scratch),
    Given(&'a Path),
}

/// The program's file, as the tests are to run it: `AKV_XSOAR_BIN` is another build of it.
pub fn binary() -> OsString {
    let given = env::var_os("AKV_XSOAR_BIN").filter(|path| !path.is_empty());
    given.unwrap_or_else(|| env!("CARGO_BIN_EXE_akv-xsoar").into())
}

/// `--parallel` for every run: `AKV_XSOAR_PARALLEL` says how many, for all scenarios to be run so.
fn at_once() -> Vec<OsString> {
    let number = env::var(standin::PARALLEL_VARIABLE);
    number.map_or_else(
        |_| Vec::new(),
        |number| vec!["--parallel".into(), number.into()],
    )
}

/// What goes in front of it: the words of `AKV_XSOAR_RUNNER`, for a build that needs an emulator.
pub fn runner() -> String {
    env::var("AKV_XSOAR_RUNNER").unwrap_or_default()
}

/// What it runs with.
impl<'a> Akv<'a> {
    /// A run without arguments.
    pub fn new() -> Self {
        let nowhere = format!("http://{}", standin::NOBODY);
        Self {
            runner: Vec::new(),
            arguments: Vec::new(),
            options: Vec::new(),
            environment: vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST".into(), nowhere.into())],
            stdin: Input::default(),
            directory: Directory::Own(Scratch::new("run")),
            azure: None,
            canaries: [CLIENT_SECRET, PROXY_PASSWORD].map(str::to_owned).into(),
            status: 0,
            stdout: Expected::Exactly(Vec::new()),
            values_due: false,
            stderr: Expected::Exactly(Vec::new()),
            stderr_lacks: Vec::new(),
        }
    }

    /// One argument more.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args<T: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        let arguments = arguments.into_iter();
        self.arguments
            .extend(arguments.map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// A variable; the last word on a name counts.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self = self.env_remove(name.as_ref());
        let variable = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.environment.push(variable);
        self
    }

    /// Without a variable that is there by default.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.retain(|(found, _)| found != name.as_ref());
        self
    }

    /// What it reads.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin.bytes = bytes.into();
        self
    }

    /// Whose stdin does not end while it runs.
    pub fn stdin_open(mut self) -> Self {
        self.stdin.open = true;
        self
    }

    /// The directory it runs in, instead of an empty one of its own.
    pub fn cwd(mut self, directory: &'a Path) -> Self {
        self.directory = Directory::Given(directory);
        self
    }

    /// Led to the stand-in, which it trusts.
    pub fn azure(mut self, azure: &'a Standin) -> Self {
        self.azure = Some(azure);
        self.options.extend(at_once());
        self.options
            .extend(["--connect-to".into(), azure.connect_to().into()]);
        self.options
            .extend(["--ca-file".into(), azure.ca_file().into()]);
        self.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.metadata_url())
    }

    /// Trusting the stand-in, which it has to find by itself.
    pub fn trusting(mut self, azure: &'a Standin) -> Self {
        self.azure = Some(azure);
        self.options.extend(at_once());
        self.options
            .extend(["--ca-file".into(), azure.ca_file().into()]);
        self
    }

    /// One request after another, whatever the other scenarios do: what follows depends on it.
    pub fn in_sequence(mut self) -> Self {
        let own = at_once();
        self.options.retain(|option| !own.contains(option));
        self
    }

    /// As the stand-in's application, with its client secret in the environment.
    pub fn app(mut self, azure: &'a Standin) -> Self {
        if self.azure.is_none() {
            self = self.azure(azure);
        }
        self.options
            .extend(["--tenant-id", TENANT, "--client-id", CLIENT_ID].map(OsString::from));
        self.env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
    }

    /// Run by another program, with these words.
    pub fn through(mut self, words: &[&str]) -> Self {
        self.runner = words.iter().map(OsString::from).collect();
        self
    }

    /// Something more that may be written nowhere.
    pub fn canary(mut self, secret: impl Into<String>) -> Self {
        self.canaries.push(secret.into());
        self
    }
}

/// What it is to do.
impl Akv<'_> {
    /// The exit code.
    pub fn status(mut self, code: i32) -> Self {
        self.status = code;
        self
    }

    /// The result, byte for byte.
    pub fn stdout(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdout = Expected::Exactly(bytes.into());
        self.values_due = true;
        self
    }

    /// Any result.
    pub fn stdout_any(mut self) -> Self {
        self.stdout = Expected::Has(Vec::new());
        self.values_due = true;
        self
    }

    /// A result that has this text in it, and may have anything else.
    pub fn stdout_has(mut self, text: impl Into<String>) -> Self {
        self.stdout = self.stdout.has(text);
        self.values_due = true;
        self
    }

    /// The messages, byte for byte.
    pub fn stderr(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stderr = Expected::Exactly(bytes.into());
        self
    }

    /// Messages that have this text in them, and may have anything else.
    pub fn stderr_has(mut self, text: impl Into<String>) -> Self {
        self.stderr = self.stderr.has(text);
        self
    }

    /// Messages that do not have this text in them.
    pub fn stderr_lacks(mut self, text: impl Into<String>) -> Self {
        self.stderr_lacks.push(text.into());
        self
    }

    /// Any messages.
    pub fn stderr_any(mut self) -> Self {
        self.stderr = Expected::Has(Vec::new());
        self
    }
}

impl Expected {
    fn has(self, text: impl Into<String>) -> Self {
        let mut texts = match self {
            Self::Exactly(_) => Vec::new(),
            Self::Has(texts) => texts,
        };
        texts.push(text.into());
        Self::Has(texts)
    }

    fn differs(&self, stream: &str, found: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(found);
        match self {
            Self::Exactly(expected) if expected == found => Vec::new(),
            Self::Exactly(expected) => {
                let expected = String::from_utf8_lossy(expected);
                vec![format!("{stream} is not\n{}", indented(&expected))]
            }
            Self::Has(texts) => {
                let missing = texts
                    .iter()
                    .filter(|wanted| !text.contains(wanted.as_str()));
                missing
                    .map(|wanted| format!("{stream} lacks `{wanted}`"))
                    .collect()
            }
        }
    }
}

/// The run.
impl<'a> Akv<'a> {
    /// Runs it to its end, and panics if anything is not as expected.
    #[track_caller]
    pub fn run(self) -> Output {
        self.spawn().wait()
    }

    /// Starts it, for what a test does meanwhile.
    #[track_caller]
    pub fn spawn(self) -> Running<'a> {
        let mut words: Vec<OsString> = unblocked().iter().map(OsString::from).collect();
        words.extend(self.runner.iter().cloned());
        words.extend(runner().split_whitespace().map(OsString::from));
        words.push(binary());
        let mut arguments = self.arguments.iter();
        words.extend(arguments.next().cloned());
        words.extend(self.options.iter().cloned());
        words.extend(arguments.cloned());
        let directory = match &self.directory {
            Directory::Own(scratch) => scratch.path(),
            Directory::Given(path) => path,
        };
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir(directory).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Running::start(command, self.stdin.clone(), self)
    }

    /// The directory it runs in.
    pub fn directory(&self) -> PathBuf {
        match &self.directory {
            Directory::Own(scratch) => scratch.path().to_owned(),
            Directory::Given(path) => path.to_path_buf(),
        }
    }

    /// The variables it runs with, as one would type them.
    pub(crate) fn variables(&self) -> Vec<String> {
        let variables = self.environment.iter();
        let text = |(name, value): &(OsString, OsString)| {
            format!("{}={}", name.to_string_lossy(), value.to_string_lossy())
        };
        variables.map(text).collect()
    }

    /// What is not as expected.
    pub(crate) fn problems(&self, output: &Output) -> Vec<String> {
        let mut problems = Vec::new();
        if output.status != self.status {
            problems.push(format!("status is not {}", self.status));
        }
        problems.extend(self.stdout.differs("stdout", &output.stdout));
        problems.extend(self.stderr.differs("stderr", &output.stderr));
        let stderr = output.stderr_text();
        let unwanted = self
            .stderr_lacks
            .iter()
            .filter(|text| stderr.contains(text.as_str()));
        problems.extend(unwanted.map(|text| format!("stderr has `{text}`")));

        let mut nowhere = self.canaries.clone();
        let mut values = Vec::new();
        if let Some(azure) = self.azure {
            nowhere.extend(azure.canaries());
            values = azure.values();
        }
        for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let due = stream == "stdout" && self.values_due;
            let secrets = nowhere.iter().chain(values.iter().filter(|_| !due));
            let found = secrets.filter(|secret| shows(bytes, secret));
            problems.extend(found.map(|secret| format!("{stream} shows the secret `{secret}`")));
        }
        problems
    }
}

/// The names in a directory, sorted.
pub fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
