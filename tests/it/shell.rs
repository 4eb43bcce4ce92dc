//! A shell around the program, for scenarios of which redirections, limits or other programs are a part.

use std::env;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::json;

use crate::canary::shows;
use crate::children::{Kept, unblocked};
use crate::command::{binary, runner};
use crate::files::private;
use crate::running::indented;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

/// A directory in which scripts run; in them `akv` is the program, led to the stand-in by its configuration file.
pub struct Shell<'a> {
    azure: &'a Standin,
    directory: Scratch,
    /// Where the configuration is: not in the directory of the scripts, which tests look at.
    aside: Scratch,
}

impl<'a> Shell<'a> {
    /// As the stand-in's application.
    pub fn new(azure: &'a Standin) -> Self {
        let aside = Scratch::new("config");
        private(&aside, "akv-xsoar.json", config(azure).to_string());
        Self {
            azure,
            directory: Scratch::new("shell"),
            aside,
        }
    }

    /// The directory in which scripts run.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A path in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.join(name)
    }

    /// A script that has not started yet; its stdin is empty, its stdout and stderr are pipes.
    pub fn command(&self, script: &str) -> Script {
        let words = [unblocked(), &["sh"]].concat();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .args([
                "-c",
                &format!("akv() {{ $RUNNER \"$BIN\" \"$@\"; }}\n{script}"),
            ])
            .current_dir(self.directory.path())
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("RUNNER", runner())
            .env("BIN", binary())
            .env("AKV_XSOAR_CONFIG", self.aside.join("akv-xsoar.json"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Script(command)
    }

    /// Runs a script to its end, and panics unless it has this status and says this on stdout and stderr.
    #[track_caller]
    pub fn run(&self, script: &str, status: i32, stdout: &str, stderr: &str) {
        let output = self.output(script);
        let found = (code(&output), text(&output.stdout), text(&output.stderr));
        let report = self.report(script, &output);
        assert_eq!(found, (status, stdout.into(), stderr.into()), "{report}");
    }

    /// Runs a script to its end, and panics if it shows a secret on stderr.
    #[track_caller]
    pub fn output(&self, script: &str) -> Output {
        let output = self.command(script).output().expect("a shell");
        self.assert_secret(script, &output);
        output
    }

    #[track_caller]
    fn assert_secret(&self, script: &str, output: &Output) {
        for secret in [self.azure.canaries(), self.azure.values()].concat() {
            let shown = shows(&output.stderr, &secret);
            assert!(!shown, "shows `{secret}`{}", self.report(script, output));
        }
    }

    fn report(&self, script: &str, output: &Output) -> String {
        format!(
            "\n{script}\nin {}\n{}\nstdout:\n{}\nstderr:\n{}\n",
            self.path().display(),
            output.status,
            indented(&text(&output.stdout)),
            indented(&text(&output.stderr)),
        )
    }
}

/// A script before it starts.
pub struct Script(Command);

impl Script {
    /// With this variable.
    pub fn env(&mut self, name: &str, value: impl AsRef<OsStr>) -> &mut Self {
        self.0.env(name, value);
        self
    }

    /// With this stdin.
    pub fn stdin(&mut self, stdin: impl Into<Stdio>) -> &mut Self {
        self.0.stdin(stdin);
        self
    }

    /// With this stdout.
    pub fn stdout(&mut self, stdout: impl Into<Stdio>) -> &mut Self {
        self.0.stdout(stdout);
        self
    }

    /// Starts it.
    pub fn spawn(&mut self) -> io::Result<Kept> {
        Kept::spawn(&mut self.0)
    }

    /// Starts it, and takes what it says until its end.
    pub fn output(&mut self) -> io::Result<Output> {
        self.spawn()?.wait_with_output()
    }
}

/// The exit code of the shell, which is 128 + the signal's number where a signal ended its last program.
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// What a script that has ended said on stderr, if nobody has read it before.
pub fn messages(mut child: Kept) -> String {
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("a pipe");
    pipe.read_to_string(&mut stderr).expect("text");
    stderr
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn config(azure: &Standin) -> serde_json::Value {
    json!({
        "tenant_id": TENANT,
        "client_id": CLIENT_ID,
        "credentials": {"password": CLIENT_SECRET},
        "connect_to": [azure.connect_to()],
        "ca_file": azure.ca_file(),
    })
}
