//! Names that some shell evaluates, or acts on, when they are assigned: looked for in the shells themselves.
//!
//! Every word that a shell, its modules or its manual has may be such a name. Each is given values that run something,
//! by `eval` of what the format `shell` writes and through the environment as `exec` does it. A name after which
//! the shell is another than before must be one that no secret may take.

// What was found stands in the report of a failure.
#![allow(clippy::print_stdout)]

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::children::Kept;
use crate::command::{Akv, binary, names_in, runner};
use crate::standin::{Scratch, Standin};

/// A shell, where it has its words, and where to get it.
struct Shell {
    words: &'static [&'static str],
    /// Besides its program: prints the folders of its modules.
    modules: &'static str,
    manuals: &'static [&'static str],
    /// Prints the names of the variables that it has from the beginning.
    own: &'static str,
    package: &'static str,
}

const SHELLS: [Shell; 7] = [
    Shell {
        words: &["mksh"],
        modules: "",
        manuals: &["mksh"],
        own: "typeset +",
        package: "mksh",
    },
    Shell {
        words: &["ksh93"],
        modules: "",
        manuals: &["ksh93"],
        own: "set; typeset +",
        package: "ksh93u+m",
    },
    Shell {
        words: &["zsh", "-f"],
        modules: "print -l $module_path",
        manuals: &["zshparam", "zshmodules", "zshmisc", "zshoptions"],
        own: "typeset +; print -l ${(k)parameters}",
        package: "zsh",
    },
    Shell {
        words: &["yash"],
        modules: "",
        manuals: &["yash"],
        own: "set; typeset -p",
        package: "yash",
    },
    Shell {
        words: &["bash"],
        modules: "",
        manuals: &["bash"],
        own: "set; compgen -v",
        package: "bash",
    },
    Shell {
        words: &["dash"],
        modules: "",
        manuals: &["dash"],
        own: "set",
        package: "dash",
    },
    Shell {
        words: &["busybox", "sh"],
        modules: "",
        manuals: &["busybox"],
        own: "set",
        package: "busybox",
    },
];

/// What a value may do: run a command where a number is expected, run one where it is expanded, be a number, and
/// be a user. Each is one line.
const VALUES: [&str; 4] = [
    "x[$(>ran)0]",
    "$(>ran)`>ran`${x:=$(>ran)}%(1e.a.b)",
    "65534",
    "nobody",
];

/// How the variables get into the shell, and what reads its commands.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Assigned by a script.
    Script,
    /// Assigned by a person, whose shell prompts.
    Typed,
    /// There when a script starts.
    Inherited,
    /// There when a person's shell starts.
    InheritedTyped,
}

const SCRIPT: &str = include_str!("probe.sh");

/// A shell in a directory, which is told to become another one by what variables hold.
struct Probe {
    shell: &'static Shell,
    directory: Scratch,
    /// As the program quotes it.
    quoted: String,
    value: &'static str,
    way: Way,
}

impl Probe {
    fn new(shell: &'static Shell, value: &'static str, quoted: &str, way: Way) -> Self {
        let directory = Scratch::new("probe");
        directory.write("value", format!("{value}\n"));
        directory.write("script", SCRIPT);
        // What some names let a `*` find.
        directory.write(".hidden", "");
        Self {
            shell,
            directory,
            quoted: quoted.to_owned(),
            value,
            way,
        }
    }

    /// Which of these names are acted on.
    fn acting(&self, names: &[&str]) -> Vec<String> {
        let same = self.seen(&["akv_neutral"]);
        self.different(names, &same)
    }

    fn different(&self, names: &[&str], same: &str) -> Vec<String> {
        match names {
            [] => Vec::new(),
            _ if self.seen(names) == same => Vec::new(),
            [name] => vec![(*name).to_owned()],
            _ => {
                let (one, other) = names.split_at(names.len() / 2);
                [self.different(one, same), self.different(other, same)].concat()
            }
        }
    }

    /// What the shell says and leaves behind when these variables have the value.
    fn seen(&self, names: &[&str]) -> String {
        let is_inherited = matches!(self.way, Way::Inherited | Way::InheritedTyped);
        let is_typed = matches!(self.way, Way::Typed | Way::InheritedTyped);
        let quoted = &self.quoted;
        let lines = |line: &dyn Fn(&&str) -> String| names.iter().map(line).collect::<String>();
        self.directory
            .write("names", lines(&|name| format!("{name}\n")));
        let assignments = if is_inherited {
            String::new()
        } else {
            lines(&|name| format!("{name}={quoted}\n"))
        };
        self.directory.write("assignments", assignments);
        let mut command = Command::new(file_of(self.shell));
        command.args(&self.shell.words[1..]);
        command.arg(if is_typed { "-i" } else { "script" });
        command.env_clear().current_dir(self.directory.path());
        command.env("PATH", env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.directory.path());
        if is_inherited {
            command.envs(names.iter().map(|name| (name, self.value)));
        }
        let script = fs::File::open(self.directory.join("script")).expect("a script");
        command.stdin(if is_typed {
            script.into()
        } else {
            Stdio::null()
        });
        let output = Kept::output(&mut command).expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let left = self.left_behind();
        if is_typed {
            // Prompts show what they are set to.
            let looks = said.lines().filter_map(|line| line.split_once("look: "));
            let looks: Vec<_> = looks.map(|(_, look)| look).collect();
            return format!("{looks:?} {left:?}");
        }
        format!("{:?} {said} {errors} {left:?}", output.status)
    }

    /// The files that are not the test's own, which are removed.
    fn left_behind(&self) -> Vec<String> {
        let mut names = names_in(self.directory.path());
        names.retain(|name| {
            ![".hidden", "assignments", "names", "script", "value"].contains(&name.as_str())
        });
        for name in &names {
            let path = self.directory.join(name);
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(path));
        }
        names
    }
}

/// The variables that a shell has from the beginning, and what its manual has in capitals.
fn own_words(shell: &Shell) -> BTreeSet<String> {
    let mut names = words(&said(&[shell.words, &["-c", shell.own]].concat()));
    for manual in shell.manuals {
        let text = said(&["man", "--pager=cat", manual]);
        // Bold, for a printer: a character, a step back, the character.
        let is_bold = |at: &usize| text.get(at + 1) == Some(&8) || text[*at] == 8;
        let text: Vec<_> = (0..text.len())
            .filter(|at| !is_bold(at))
            .map(|at| text[at])
            .collect();
        names.extend(words(&text).into_iter().filter(|word| is_usual(word)));
    }
    names
}

/// The words in capitals that a shell's program and modules have.
fn words_of_files(shell: &Shell) -> BTreeSet<String> {
    let mut files = vec![file_of(shell)];
    if !shell.modules.is_empty() {
        let folders = said(&[shell.words, &["-c", shell.modules]].concat());
        for folder in String::from_utf8_lossy(&folders).lines() {
            files.extend(crate::tidy::files(Path::new(folder), "so"));
        }
    }
    let bytes = files.iter().map(|file| fs::read(file).expect("a program"));
    let words = bytes.flat_map(|bytes| words(&bytes));
    words.filter(|word| is_usual(word)).collect()
}

/// What a command says. A manual may be missing: what a shell's program has is there.
fn said(words: &[&str]) -> Vec<u8> {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env_clear().env("MANWIDTH", "200");
    command.env("PATH", env::var_os("PATH").unwrap_or_default());
    let output = Kept::output(command.stdin(Stdio::null()));
    output.map_or_else(|_| Vec::new(), |output| output.stdout)
}

/// A shell's file.
fn file_of(shell: &Shell) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut files = env::split_paths(&path).map(|folder| folder.join(shell.words[0]));
    files.find(|path| path.is_file()).unwrap_or_else(|| {
        let Shell { words, package, .. } = shell;
        panic!("no {}: install {package} (scripts/test does)", words[0])
    })
}

/// Every word that may be a name of ours: what is derived does not end in a small letter.
fn words(bytes: &[u8]) -> BTreeSet<String> {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let words = bytes.split(|byte| !fits(byte));
    let words = words.filter_map(|word| std::str::from_utf8(word).ok());
    let is_name = |word: &&str| {
        !word.is_empty()
            && word.len() < 40
            && !word.starts_with(|c: char| c.is_ascii_digit())
            && !word.ends_with(|c: char| c.is_ascii_lowercase())
            && !word.starts_with("akv_")
    };
    words.filter(is_name).map(str::to_owned).collect()
}

/// As shells call what is theirs.
fn is_usual(word: &str) -> bool {
    word.len() > 2 && !word.contains(|c: char| c.is_ascii_lowercase())
}

/// Whether no secret may take a name.
fn is_refused(name: &str) -> bool {
    let (prefix, last) = name.split_at(name.len() - 1);
    let secret = last.replace('_', "-");
    let mut command = runner()
        .split_whitespace()
        .map(OsString::from)
        .collect::<Vec<_>>();
    command.push(binary());
    let output = Command::new(&command[0])
        .args(&command[1..])
        .args([
            "fetch",
            "--format=shell",
            "--timeout=0.01",
            "--prefix",
            prefix,
        ])
        .arg(format!("kv-prod/{secret}"))
        .env_clear()
        .output()
        .expect("the program");
    let words = format!("`{name}` means something");
    String::from_utf8_lossy(&output.stderr).contains(&words)
}

/// Where bash is: it says so whatever it inherits, and does nothing else with it.
const SPARED: [&str; 1] = ["BASH"];

#[test]
fn what_a_shell_acts_on_is_refused() {
    let azure = Standin::start();
    let quoted = VALUES.map(|value| {
        azure.secret("kv-prod", "value", value);
        let run = Akv::new().args(["fetch", "--format=shell", "--env=A=kv-prod/value"]);
        let text = run.app(&azure).stdout_any().run().stdout;
        let line = String::from_utf8(text).expect("text");
        let line = line.strip_prefix("A=").expect("an assignment");
        line.trim_end().to_owned()
    });
    azure.ignore_log();
    let mut acting = BTreeSet::new();
    for shell in &SHELLS {
        let mut of_shell = BTreeSet::new();
        let own = own_words(shell);
        let all = own.union(&words_of_files(shell)).cloned().collect();
        for (value, quoted) in VALUES.into_iter().zip(&quoted) {
            for way in [Way::Script, Way::Typed, Way::Inherited, Way::InheritedTyped] {
                let names: &BTreeSet<_> = if way == Way::Script { &all } else { &own };
                let names: Vec<_> = names.difference(&of_shell).map(String::as_str).collect();
                let found = Probe::new(shell, value, quoted, way).acting(&names);
                of_shell.extend(found);
            }
        }
        println!(
            "{:?}: {} words, of which {of_shell:?}",
            shell.words,
            all.len()
        );
        assert!(of_shell.contains("IFS"), "{:?} was not asked", shell.words);
        acting.extend(of_shell);
    }
    acting.retain(|name| !SPARED.contains(&name.as_str()) && !is_refused(name));
    assert!(acting.is_empty(), "a secret may take {acting:?}");
}
