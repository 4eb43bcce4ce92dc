//! What shells complete: each shell itself is asked, with what a person types.

mod bash;
mod fish;
mod zsh;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use akv_xsoar::options::table::{COMMANDS, Takes, options};

use crate::children::Kept;
use crate::documents::needed;
use crate::standin::Scratch;

/// A shell, which answers typed lines.
type Ask = fn(&Place, &[String]) -> Vec<Answer>;

/// What came of a line and a tab at its end.
struct Answer {
    /// What was proposed.
    proposals: BTreeSet<String>,
    /// What the program was called with, where the shell then ran the line.
    words: Vec<String>,
}

/// Where a shell runs: with a file `some-file`, and a program `some-program` in its `PATH`.
struct Place(Scratch);

impl Place {
    fn new() -> Self {
        let scratch = Scratch::new("completions");
        scratch.write("some-file", "");
        fs::create_dir(scratch.join("bin")).unwrap();
        let program = scratch.write("bin/some-program", "#!/bin/sh\n");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        Self(scratch)
    }

    fn command(&self, program: &str, package: &str) -> Command {
        needed(program, package);
        let path = env::var("PATH").unwrap();
        let mut command = Command::new(program);
        command
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", format!("{}:{path}", self.0.join("bin").display()))
            .env("HOME", self.0.path())
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "vt100")
            .stdin(Stdio::null());
        command
    }

    /// Types lines, each with a tab at its end, into an interactive shell on a terminal. `log` is what its own
    /// settings made it write: `+` and a proposal, and `=` and the program's words when the line was run.
    fn typed(&self, shell: &str, lines: &[String]) -> Vec<Answer> {
        let keys = lines.join("\t\n") + "\t\n";
        self.0.write("keys", keys + "exit\n");
        self.0.write("log", "");
        let run = format!("script -qec '{shell}' /dev/null <keys >screen");
        let mut terminal = self.command("sh", "dash");
        let status = Kept::spawn(terminal.args(["-c", &run])).and_then(|mut run| run.wait());
        let log = fs::read_to_string(self.0.join("log")).unwrap();
        let screen = fs::read(self.0.join("screen")).unwrap_or_default();
        let answers = parse(&log);
        assert!(
            status.unwrap().success() && answers.len() == lines.len(),
            "{shell}: {} lines, {} answers:\n{log}\n{}",
            lines.len(),
            answers.len(),
            String::from_utf8_lossy(&screen)
        );
        answers
    }
}

fn parse(log: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut proposals = BTreeSet::new();
    for line in log.lines() {
        if let Some(proposed) = line.strip_prefix('+') {
            // Shells differ in whether what stands there already is said again.
            let last = proposed.rsplit(['=', ':']).next().unwrap_or_default();
            proposals.extend(Some(last.to_owned()).filter(|last| !last.is_empty()));
        } else if let Some(words) = line.strip_prefix('=') {
            answers.push(Answer {
                proposals: std::mem::take(&mut proposals),
                words: words.split_whitespace().map(str::to_owned).collect(),
            });
        } else {
            panic!("an odd line: {line:?}");
        }
    }
    answers
}

/// Each line with what must be proposed: exactly that.
struct Cases(Vec<(String, Vec<String>)>);

impl Cases {
    fn add<T: Into<String>>(
        &mut self,
        line: impl Into<String>,
        wanted: impl IntoIterator<Item = T>,
    ) {
        let wanted = wanted.into_iter().map(Into::into).collect();
        self.0.push((line.into(), wanted));
    }

    fn check(self, ask: Ask) {
        let lines: Vec<_> = self.0.iter().map(|(line, _)| line.clone()).collect();
        let answers = ask(&Place::new(), &lines);
        for ((line, wanted), answer) in self.0.into_iter().zip(answers) {
            let wanted: BTreeSet<_> = wanted.into_iter().collect();
            assert_eq!(answer.proposals, wanted, "{line}");
        }
    }
}

/// The whole table: commands, their options, and the options' words.
fn completes_the_table(ask: Ask) {
    let mut cases = Cases(Vec::new());
    let names = || COMMANDS.iter().map(|row| row.name).chain(["help"]);
    cases.add("akv-xsoar ", names());
    cases.add("akv-xsoar help ", names());
    let all = options().map(|row| format!("--{}", row.name));
    cases.add("akv-xsoar --", all);
    for command in &COMMANDS {
        let known = options().filter(|row| row.belongs_to(command.verb));
        let known: Vec<_> = known.collect();
        let every = known.iter().map(|row| format!("--{}", row.name));
        cases.add(format!("akv-xsoar {} --", command.name), every);
        for row in known {
            let words = row.words(Some(command));
            if !words.is_empty() {
                let line = format!("akv-xsoar {} --{}", command.name, row.name);
                cases.add(format!("{line} "), words.clone());
                cases.add(format!("{line}="), words);
            }
        }
    }
    cases.check(ask);
}

/// What depends on what stands before it.
fn completes_by_what_was_typed(ask: Ask) {
    let mut cases = Cases(Vec::new());
    for (line, wanted) in [
        ("akv-xsoar fe", &["fetch"][..]),
        ("akv-xsoar help va", &["vaults"]),
        ("akv-xsoar fetch --missing s", &["skip", "sparse"]),
        ("akv-xsoar fetch --missing=er", &["error"]),
        ("akv-xsoar fetch kv-prod/a --mis", &["--missing"]),
        // Before the command.
        ("akv-xsoar --timeout 3 fet", &["fetch"]),
        ("akv-xsoar --timeout=3 get --dec", &["--decode"]),
        // A value is no command, whatever it is.
        ("akv-xsoar --vault list fet", &["fetch"]),
        ("akv-xsoar --vault get fetch --mis", &["--missing"]),
        // Once, or again and again.
        ("akv-xsoar fetch --quiet --qu", &[]),
        ("akv-xsoar fetch --timeout 3 --time", &[]),
        ("akv-xsoar fetch --timeout=3 --time", &[]),
        (
            "akv-xsoar fetch --vault a --vau",
            &["--vault", "--vault-suffix"],
        ),
        // What belongs to another command.
        ("akv-xsoar get --miss", &[]),
        ("akv-xsoar vaults --pris", &[]),
        // Only the person, or Azure, knows these; it is not asked, and files are none of them.
        ("akv-xsoar fetch ", &[]),
        ("akv-xsoar fetch s", &[]),
        ("akv-xsoar fetch --vault ", &[]),
        ("akv-xsoar fetch --tag=s", &[]),
        ("akv-xsoar fetch --output x -- s", &[]),
        ("akv-xsoar check --owner roo", &["root"]),
        ("akv-xsoar check --owner=root:roo", &["root"]),
        // Another command's words.
        ("akv-xsoar exec kv-prod/a -- some-pro", &["some-program"]),
        ("akv-xsoar exec --vault exec -- some-pro", &["some-program"]),
    ] {
        cases.add(line, wanted.iter().copied());
    }
    cases.check(ask);
}

/// What a person gets in the end: lines with tabs in them, and the words that the program is then called with.
fn types_less(ask: Ask) {
    let place = Place::new();
    let lines = [
        (
            "akv-xsoar fet\t --mis\t sk\t a/b",
            "fetch --missing skip a/b",
        ),
        (
            "akv-xsoar fetch --missing=er\t a/b --quie",
            "fetch --missing=error a/b --quiet",
        ),
        (
            "akv-xsoar get a/b --output some-f",
            "get a/b --output some-file",
        ),
        (
            "akv-xsoar get a/b --output=some-f",
            "get a/b --output=some-file",
        ),
        (
            "akv-xsoar exec a/b -- some-p\t some-f",
            "exec a/b -- some-program some-file",
        ),
    ];
    let typed: Vec<_> = lines.iter().map(|(line, _)| (*line).to_owned()).collect();
    for ((line, words), answer) in lines.iter().zip(ask(&place, &typed)) {
        assert_eq!(answer.words.join(" "), *words, "{line:?}");
    }
}

/// Options of paths are those whose value is called so.
#[test]
fn paths_are_completed_where_there_is_one() {
    let files = options().filter(|row| matches!(row.takes, Takes::One("FILE" | "PATH" | "PEM")));
    let files: Vec<_> = files.map(|row| row.name).collect();
    let mut lines = Vec::new();
    for name in &files {
        lines.push(format!("akv-xsoar --{name} some-f"));
        lines.push(format!("akv-xsoar --{name}=some-f"));
    }
    assert!(lines.len() >= 14, "{files:?}");
    for ask in [bash::ask, zsh::ask] {
        for (line, answer) in lines.iter().zip(ask(&Place::new(), &lines)) {
            let last = answer.words.last().map_or("", String::as_str);
            assert!(last.ends_with("some-file"), "{line}: {:?}", answer.words);
        }
    }
    for (line, answer) in lines.iter().zip(fish::ask(&Place::new(), &lines)) {
        assert!(answer.proposals.contains("some-file"), "{line}");
    }
}
