//! House rules: layers, no panics without proof, and one story in help, README and code.

mod fuzz;
mod glossary;
mod modules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use akv_xsoar::error::Exit;
use akv_xsoar::options::table;

/// Who stands below whom: a module imports only what has a lower number.
const RANKS: [(&str, u8); 39] = [
    ("buffer", 1),
    ("deadline", 0),
    ("error", 0),
    ("report", 0),
    ("secret", 0),
    ("system", 0),
    ("text", 1),
    ("lenient", 0),
    ("words", 0),
    ("cloud", 1),
    ("file", 2),
    ("http", 2),
    ("process", 1),
    ("redact", 1),
    ("token", 1),
    ("identity", 3),
    ("vault", 3),
    ("arm", 4),
    ("credentials", 4),
    ("sink", 4),
    ("status", 5),
    ("messages", 6),
    ("selection", 5),
    ("session", 5),
    ("variables", 5),
    ("xsoar", 5),
    ("gaps", 6),
    ("resolve", 6),
    ("read", 7),
    ("named", 8),
    ("exec", 9),
    ("fetch", 9),
    ("get", 9),
    ("list", 9),
    ("push", 9),
    ("vaults", 9),
    ("options", 10),
    ("check", 11),
    ("command", 12),
];

/// The crates of others in the shipped binary, at most: each is somebody who could harm it.
const MOST_CRATES: usize = 45;

/// What `deny.toml` gives the reasons for; this needs no tool.
const REFUSED: [&str; 5] = [
    "tokio",
    "async-std",
    "openssl-sys",
    "native-tls",
    "aws-lc-sys",
];

/// Of a file that holds a proof, the words of each `expect`.
const PROOFS: [&str; 2] = [
    "ring has cipher suites for TLS 1.2 and 1.3",
    "memory takes what is written to it",
];

/// The files that look into a secret: the wire, the output, and the reading of what was configured.
const EXPOSING: [&str; 19] = [
    "buffer.rs",
    "credentials.rs",
    "credentials/decode.rs",
    "credentials/json.rs",
    "credentials/shape.rs",
    "exec.rs",
    "http/connect.rs",
    "http/request.rs",
    "identity/client_secret.rs",
    "identity/entra.rs",
    "options/config.rs",
    "options/identity/application.rs",
    "options/identity/managed.rs",
    "options/settings.rs",
    "options/xsoar.rs",
    "redact.rs",
    "token.rs",
    "xsoar.rs",
    "xsoar/key.rs",
];

#[test]
fn layers_only_look_down() {
    let rank: BTreeMap<_, _> = RANKS.into_iter().collect();
    let sources = sources();
    let modules = modules::all(&sources);
    for (name, text) in &sources {
        let module = name.split(['/', '.']).next().unwrap();
        if matches!(module, "lib" | "main") {
            continue;
        }
        let own = rank
            .get(module)
            .unwrap_or_else(|| panic!("`{module}` has no rank"));
        for used in modules::named(name, text, &modules) {
            let used = &used[0];
            if used == module {
                continue;
            }
            let theirs = rank
                .get(used.as_str())
                .unwrap_or_else(|| panic!("`{used}` has no rank"));
            assert!(
                theirs < own,
                "{name} imports `{used}`, which is no lower layer"
            );
        }
    }
}

#[test]
fn the_network_s_crates_are_named_in_one_place() {
    for (name, text) in sources() {
        if name == "http.rs" || name.starts_with("http/") {
            continue;
        }
        for krate in [
            "ureq::",
            "rustls::",
            "webpki_roots",
            "dns_lookup",
            "httparse",
        ] {
            assert!(!product(&text).contains(krate), "{name} names {krate}");
        }
    }
}

#[test]
fn nothing_panics_without_proof() {
    for (name, text) in sources() {
        let text = product(&text);
        for word in [
            ".unwrap()",
            "panic!(",
            "todo!(",
            "unimplemented!(",
            "unreachable!(",
            "dbg!(",
            "unsafe ",
            "println!(",
        ] {
            assert!(!text.contains(word), "{name} has `{word}`");
        }
        for part in text.split(".expect(").skip(1) {
            let proof = part.split('"').nth(1).unwrap_or_default();
            assert!(
                PROOFS.contains(&proof),
                "{name}: `{proof}` is no proof that is known here"
            );
        }
    }
}

#[test]
fn secrets_are_exposed_where_an_auditor_looks() {
    for (name, text) in sources() {
        let text = product(&text);
        let exposes = text.contains(".expose()") || text.contains("::expose");
        // A file that exposes no more is no longer looked at.
        let known = EXPOSING.contains(&name.as_str());
        assert_eq!(
            exposes, known,
            "{name} exposes a secret, or is listed as if it did"
        );
    }
}

#[test]
fn a_file_is_read_in_one_sitting() {
    for folder in ["src", "tests"] {
        for path in files(&root().join(folder), "rs") {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 480, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn readme_and_help_agree() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(
        readme.contains(table::help(None).trim_end()),
        "README's reference is not what --help prints"
    );
    for (exit, words) in Exit::TABLE {
        let row = format!("| {} | {words} |", exit.code());
        assert!(readme.contains(&row), "README lacks {row}");
    }
}

#[test]
fn readme_names_no_option_that_is_not_there() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    // What goes on behind a backslash is one line.
    let readme = readme.replace("\\\n", " ");
    let others = readme.lines().filter(|line| !foreign(line));
    for line in others {
        for word in line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
            let Some(name) = word.strip_prefix("--") else {
                continue;
            };
            // A table's rule is no option.
            let rule = name.chars().all(|c| c == '-');
            assert!(rule || table::option(name).is_some(), "README: {line}");
        }
    }
}

#[test]
fn readme_quotes_what_is_really_said() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let table = readme.split("## When it fails").nth(1).unwrap();
    let table = table.split("## ").next().unwrap();
    let mut said = String::new();
    // Azure's own words are those of the stand-in.
    for path in files(&root().join("src"), "rs")
        .into_iter()
        .chain(files(&root().join("tests/standin"), "rs"))
    {
        said.push_str(&fs::read_to_string(path).unwrap());
    }
    let mut rows = 0;
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let words = row.split(" | ").next().unwrap();
        for quoted in words.split('`').skip(1).step_by(2) {
            let code = quoted.strip_prefix("AADSTS");
            for part in code.unwrap_or(quoted).split('…').map(str::trim) {
                let digits = said.replace('_', "");
                let found = said.contains(part) || code.is_some() && digits.contains(part);
                assert!(found, "README quotes `{part}`, which nobody says");
            }
        }
        rows += 1;
    }
    assert!(rows > 10, "the table was not found");
}

/// Lines about other programs: Azure CLI's, Azure Arc's agent's, cargo's, systemd's, packages', our scripts'.
fn foreign(line: &str) -> bool {
    [
        "az ",
        "azcmagent ",
        "--assignee",
        "--scope",
        "cargo ",
        "systemctl ",
        "systemd-tmpfiles ",
        "rpm ",
        "rpmsign ",
        "dpkg ",
        "debsigs ",
        "scripts/",
        "curl ",
        "sha256sum ",
        "gpg ",
    ]
    .iter()
    .any(|word| line.contains(word))
}

#[test]
fn few_crates_are_shipped() {
    for target in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"] {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--offline", "--edges", "normal"])
            .args(["--prefix", "none", "--format", "{p}", "--target", target])
            .current_dir(root())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo tree: {said}");
        let tree = String::from_utf8(output.stdout).unwrap();
        let mut crates: Vec<_> = tree
            .lines()
            .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect();
        crates.sort();
        crates.dedup();
        // Ours is one of them.
        let count = crates.len() - 1;
        assert!(
            (20..=MOST_CRATES).contains(&count),
            "{target}: {count} crates: {crates:?}"
        );
    }
}

/// A version alone takes what lies under its name on the day of the build.
#[test]
fn what_a_build_installs_is_pinned_by_hash() {
    for file in [
        "tests/interop/requirements.txt",
        "tests/interop/older.txt",
        "scripts/zig.txt",
        "scripts/packages/kubernetes-validate.txt",
    ] {
        let text = fs::read_to_string(root().join(file))
            .unwrap()
            .replace("\\\n", "");
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            assert!(line.contains("=="), "{file}: {line}");
            assert!(line.contains("--hash=sha256:"), "{file}: {line}");
        }
    }
    for entry in fs::read_dir(root().join("scripts")).unwrap().flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let text = text.replace("\\\n", "");
        for line in text.lines().filter(|line| line.contains("/pip\" install")) {
            assert!(
                line.contains("--require-hashes"),
                "{:?}: {line}",
                entry.path()
            );
        }
    }
}

#[test]
fn some_crates_are_not_even_built() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for refused in REFUSED {
        let named = format!("name = \"{refused}\"");
        assert!(
            !lock.lines().any(|line| line == named),
            "{refused} is in the tree"
        );
    }
    // A build script of ours would be code that nobody sees run.
    assert!(!root().join("build.rs").exists());
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut lines = manifest.lines();
    assert!(!lines.any(|line| line.starts_with("build =") || line == "[build-dependencies]"));
}

#[test]
fn changelog_and_manifest_agree() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let released = changelog.contains(&format!("## [{version}]"));
    assert!(
        released || changelog.contains("## [Unreleased]"),
        "CHANGELOG lacks {version}"
    );
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of `src/` by its name there, and its text.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let named = |path: PathBuf| {
        let name = path
            .strip_prefix(&src)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        (name, fs::read_to_string(&path).unwrap())
    };
    let all: Vec<_> = files(&src, "rs").into_iter().map(named).collect();
    assert!(all.len() > 20, "the sources were not found");
    all
}

pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text without its unit tests and comments.
pub fn product(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}
