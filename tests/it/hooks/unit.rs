//! A unit file as systemd reads it: the part of its language that ours use.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the units are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/systemd")
}

/// The text of a file there.
pub fn text_of(name: &str) -> String {
    let text = fs::read_to_string(folder().join(name));
    text.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A unit file or a drop-in: sections, names and values in their order.
pub struct Unit {
    settings: Vec<(String, String, String)>,
}

impl Unit {
    pub fn parse(text: &str) -> Self {
        let mut section = String::new();
        let mut settings = Vec::new();
        for line in text.lines().map(str::trim) {
            assert!(!line.ends_with('\\'), "not read here: {line}");
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[') {
                name.trim_end_matches(']').clone_into(&mut section);
                continue;
            }
            let (name, value) = line.split_once('=').expect("NAME=VALUE");
            settings.push((section.clone(), name.to_owned(), value.to_owned()));
        }
        Self { settings }
    }

    /// Every value that a section gives this name.
    pub fn all(&self, section: &str, name: &str) -> Vec<&str> {
        let settings = self.settings.iter();
        let of = settings.filter(|(s, n, _)| s == section && n == name);
        of.map(|(_, _, value)| value.as_str()).collect()
    }

    /// The value of what can have one only: the last one counts.
    pub fn one(&self, section: &str, name: &str) -> Option<&str> {
        self.all(section, name).pop()
    }

    /// The names and values of a section.
    pub fn section(&self, section: &str) -> Vec<(&str, &str)> {
        let settings = self.settings.iter().filter(|(s, _, _)| s == section);
        settings.map(|(_, n, v)| (n.as_str(), v.as_str())).collect()
    }

    /// The command lines of this name.
    pub fn commands(&self, name: &str) -> Vec<CommandLine> {
        let lines = self.all("Service", name).into_iter();
        lines.map(CommandLine::parse).collect()
    }

    /// A time in seconds.
    pub fn seconds(&self, name: &str) -> Option<u64> {
        let value = self.one("Service", name)?;
        Some(value.parse().expect("seconds without a unit"))
    }
}

/// What an `Exec…=` line runs, and how.
#[derive(Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// `-`: what it comes to does not matter.
    pub may_fail: bool,
    /// `+`: with all of root's rights, whatever `User=` says.
    pub privileged: bool,
    words: Vec<String>,
}

impl CommandLine {
    fn parse(line: &str) -> Self {
        let command = line.trim_start_matches(['-', '+']);
        let prefix = &line[..line.len() - command.len()];
        // Quotes, specifiers and other prefixes mean something, but ours have none.
        let plain = |c: char| c.is_ascii_alphanumeric() || " -_./${}".contains(c);
        assert!(
            command.starts_with('/') && command.chars().all(plain),
            "not read here: {line}"
        );
        Self {
            may_fail: prefix.contains('-'),
            privileged: prefix.contains('+'),
            words: command.split_whitespace().map(str::to_owned).collect(),
        }
    }

    /// The words as they are started, with these variables.
    pub fn words(&self, variables: &BTreeMap<&str, String>) -> Vec<String> {
        let words = self.words.iter().map(|word| {
            let Some((before, rest)) = word.split_once("${") else {
                assert!(!word.contains('$'), "not read here: {word}");
                return word.clone();
            };
            let (name, after) = rest.split_once('}').expect("a closing brace");
            // systemd puts nothing there, with a warning that nobody sees.
            let value = variables.get(name);
            let value = value.unwrap_or_else(|| panic!("no variable {name}: {word}"));
            assert!(!after.contains('$'), "not read here: {word}");
            format!("{before}{value}{after}")
        });
        words.collect()
    }
}

#[test]
fn prefixes_and_variables_are_read_as_systemd_reads_them() {
    let text = "# c\n[Service]\nExecStart=/a/b --c ${D}/e\nExecStart = no\n";
    let unit = Unit::parse(&text.replace(" = ", "="));
    assert_eq!(unit.all("Service", "ExecStart").len(), 2);
    assert_eq!(unit.one("Unit", "ExecStart"), None);
    let variables = BTreeMap::from([("D", "/d".to_owned())]);
    for (line, may_fail, privileged) in [
        ("/a/b --c ${D}/e", false, false),
        ("-/a/b --c ${D}/e", true, false),
        ("+/a/b --c ${D}/e", false, true),
        ("-+/a/b --c ${D}/e", true, true),
        ("+-/a/b --c ${D}/e", true, true),
    ] {
        let command = CommandLine::parse(line);
        assert_eq!(
            (command.may_fail, command.privileged),
            (may_fail, privileged)
        );
        assert_eq!(command.words(&variables), ["/a/b", "--c", "/d/e"]);
    }
}
