//! Where a status is written, and what was there before.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown, symlink};

use serde_json::{Value, json};

use super::{EARLIER, azure, document, earlier, fetch, is_now, status, status_at};
use crate::command::{Akv, names_in};
use crate::files::{make_fifo, private, set_mode};
use crate::standin::{Scratch, Standin};

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The user `nobody`.
const STRANGER: u32 = 65534;

fn at<'a>(azure: &'a Standin, directory: &'a Scratch, path: &str, words: &[&str]) -> Akv<'a> {
    Akv::new()
        .args(["fetch", "kv-prod/a", "--status", path])
        .args(words)
        .app(azure)
        .cwd(directory.path())
}

#[test]
fn what_cannot_be_written_is_a_warning() {
    let azure = azure();
    let directory = Scratch::new("status");
    fs::create_dir(directory.join("directory")).unwrap();
    make_fifo(&directory.join("fifo"));
    symlink("fifo", directory.join("link")).unwrap();
    for (path, cause) in [
        (
            "nowhere/status.json",
            "its directory: no such file or directory\nakv-xsoar: hint: the directory must be there already",
        ),
        ("directory", "it is a directory"),
        ("fifo", "it is not a regular file"),
        ("link", "it is not a regular file"),
        ("/dev/null", "it is not a regular file"),
        ("/dev/stderr", "it is not a regular file"),
        ("/dev/fd/2", "it is not a regular file"),
    ] {
        let said = format!("akv-xsoar: warning: cannot write the status `{path}`: {cause}\n");
        at(&azure, &directory, path, &[])
            .stdout(document("value-of-a"))
            .stderr(said.as_str())
            .run();
        at(&azure, &directory, path, &["--quiet"])
            .stdout(document("value-of-a"))
            .run();
        // And what failed before counts.
        let run = at(&azure, &directory, path, &["kv-prod/gone"]).status(5);
        run.stderr_has(said).run();
    }
    assert_eq!(names_in(directory.path()), ["directory", "fifo", "link"]);
}

#[test]
fn another_file_of_the_run_s_is_an_error() {
    let azure = azure();
    let directory = Scratch::new("status");
    fs::create_dir(directory.join("sub")).unwrap();
    symlink("out", directory.join("link")).unwrap();
    private(&directory, "c.json", r#"{"output": "out"}"#);
    private(&directory, "secret", "value-of-a");
    let whole = directory.join("out");
    let whole = whole.to_str().unwrap();
    for there in [false, true] {
        if there {
            private(&directory, "out", "the last good ones");
        }
        for (path, words, other) in [
            ("out", &["--output", "out"][..], "`--output`"),
            ("./out", &["--output", "out"], "`--output`"),
            (".//sub/../out", &["--output", "out"], "`--output`"),
            ("link", &["--output", "out"], "`--output`"),
            ("out", &["--output", "link"], "`--output`"),
            (whole, &["--output", "out"], "`--output`"),
            ("out", &["--config", "c.json"], "`output` in `c.json`"),
            (
                "out",
                &["--output", "out", "--format", "files"],
                "`--output`",
            ),
            ("c.json", &["--config", "c.json"], "`--config`"),
            ("sub/../c.json", &["--config", "c.json"], "`--config`"),
            (
                "secret",
                &["--client-secret-file", "secret"],
                "`--client-secret-file`",
            ),
            (
                "secret",
                &["--client-certificate", "secret"],
                "`--client-certificate`",
            ),
        ] {
            let run = at(&azure, &directory, path, words).env_remove("AZURE_CLIENT_SECRET");
            let has_proof = words[0].starts_with("--client");
            let run = if has_proof {
                run
            } else {
                run.env("AZURE_CLIENT_SECRET", crate::standin::CLIENT_SECRET)
            };
            let run = if words[0] == "--client-certificate" {
                // What is wrong with it is said first.
                run.stderr_any()
            } else {
                run.stderr(format!(
                    "akv-xsoar: error: `--status` and {other} are the same file\nakv-xsoar: hint: give the status a file of its own, such as `/run/xsoar/status.json`\n"
                ))
            };
            run.status(2).run();
            let names: &[&str] = if there {
                &["c.json", "link", "out", "secret", "sub"]
            } else {
                &["c.json", "link", "secret", "sub"]
            };
            assert_eq!(names_in(directory.path()), names);
        }
    }
    let kept = fs::read_to_string(whole).unwrap();
    assert_eq!(kept, "the last good ones");
    for path in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        at(&azure, &directory, path, &[])
            .status(2)
            .stderr("akv-xsoar: error: `--status` is standard output, which holds the result alone\nakv-xsoar: hint: give the status a file of its own, such as `/run/xsoar/status.json`\n")
            .run();
    }
    assert!(azure.requests().is_empty());
}

#[test]
fn links_are_followed_as_the_output_s_are() {
    let azure = azure();
    let directory = Scratch::new("status");
    fs::create_dir(directory.join("sub")).unwrap();
    symlink("sub/real.json", directory.join("status.json")).unwrap();
    for _ in 0..2 {
        let run = fetch(&azure, &directory, &["kv-prod/a"]);
        run.stdout(document("value-of-a")).run();
        assert!(directory.join("status.json").is_symlink());
        let (real, _) = status_at(&directory.join("sub/real.json"), &azure);
        assert_eq!(real["exit"], 0);
    }
    if is_root() {
        lchown(directory.join("status.json"), Some(STRANGER), None).unwrap();
        fs::remove_file(directory.join("sub/real.json")).unwrap();
        let run = fetch(&azure, &directory, &["kv-prod/a"]).stdout(document("value-of-a"));
        run.stderr("akv-xsoar: warning: cannot write the status `status.json`: `status.json` is a symbolic link that belongs to another user\n")
            .run();
        assert!(names_in(&directory.join("sub")).is_empty());
    }
}

/// The status after a run that fails where this was there before.
fn after_a_failure(azure: &Standin, directory: &Scratch) -> Value {
    fetch(azure, directory, &["kv-prod/gone"])
        .status(5)
        .stderr_any()
        .run();
    let status = status(directory, azure);
    assert_eq!(status["exit"], 5);
    status["last_success"].clone()
}

#[test]
fn what_is_no_status_says_nothing_and_is_replaced() {
    let azure = azure();
    let whole = |command: &str, last: Value| {
        json!({"command": command, "exit": 0, "last_success": last}).to_string()
    };
    for old in [
        String::new(),
        "garbage".to_owned(),
        "{".to_owned(),
        "[]".to_owned(),
        "\0".repeat(100),
        "[".repeat(100_000),
        " ".repeat(5 << 20),
        whole("fetch", json!(EARLIER)) + &" ".repeat(3 << 20),
        whole("fetch", json!(null)),
        whole("fetch", json!(7)),
        whole("fetch", json!("yesterday")),
        whole("fetch", json!("2026-01-02 03:04:05")),
        whole("fetch", json!("2026-01-02T03:04:05+00:00")),
        // Another command's.
        whole("push", json!(EARLIER)),
        // Nobody could tell how old that is.
        whole("fetch", json!("9999-01-01T00:00:00Z")),
        json!({"last_success": EARLIER}).to_string(),
    ] {
        let directory = Scratch::new("status");
        set_mode(directory.write("status.json", &old), 0o644);
        let shown: String = old.chars().take(80).collect();
        assert_eq!(after_a_failure(&azure, &directory), json!(null), "{shown}");
    }
    // With more in it than we know of.
    let directory = Scratch::new("status");
    let newer = json!({"new": [1], "command": "fetch", "exit": 3, "last_success": EARLIER});
    set_mode(directory.write("status.json", newer.to_string()), 0o644);
    assert_eq!(after_a_failure(&azure, &directory), EARLIER);
}

#[test]
fn an_old_one_counts_where_nobody_else_can_have_written_it() {
    let azure = azure();
    let directory = Scratch::new("status");
    let path = directory.join("status.json");
    for (mode, counts) in [(0o644, true), (0o600, true), (0o664, false), (0o646, false)] {
        earlier(&directory, &json!(EARLIER));
        set_mode(&path, mode);
        let last = after_a_failure(&azure, &directory);
        assert_eq!(last == EARLIER, counts, "{mode:o}: {last}");
    }
    if !is_root() {
        return;
    }
    for (file, home, counts) in [
        (0, STRANGER, true),
        // As root by hand, in the directory of the unit's user.
        (STRANGER, STRANGER, true),
        (STRANGER, 0, false),
        (STRANGER - 1, STRANGER, false),
    ] {
        earlier(&directory, &json!(EARLIER));
        lchown(&path, Some(file), None).unwrap();
        lchown(directory.path(), Some(home), None).unwrap();
        let last = after_a_failure(&azure, &directory);
        assert_eq!(last == EARLIER, counts, "{file} in {home}: {last}");
        // And then it is the user's who runs this.
        assert_eq!(path.metadata().unwrap().uid(), 0);
    }
}

#[test]
fn everybody_may_read_it_whatever_the_umask() {
    let azure = azure();
    let shell = crate::shell::Shell::new(&azure);
    for umask in ["0077", "0777", "0000"] {
        let script = format!("umask {umask}; akv fetch kv-prod/a --status s.json --output o.json");
        shell.run(&script, 0, "", "");
        let (status, _) = status_at(&shell.join("s.json"), &azure);
        assert!(is_now(&status["time"]));
        let output = shell.join("o.json").metadata().unwrap();
        assert_eq!(output.mode() & 0o777, 0o600);
    }
}

/// `check` tries that place, and leaves it.
#[test]
fn what_check_says_of_it() {
    let azure = azure();
    let directory = Scratch::new("status");
    let check = |path: &str, words: &[&str], code: i32| {
        let run = Akv::new().args(["check", "kv-prod/a", "--status", path]);
        let run = run
            .args(words)
            .app(&azure)
            .cwd(directory.path())
            .status(code);
        let said = run.stdout_any().run().stdout_text();
        let line = said.lines().find(|line| line.contains(" status: "));
        line.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    assert_eq!(
        check("status.json", &[], 0),
        "ok     status: `status.json`: a new file"
    );
    assert!(names_in(directory.path()).is_empty());
    earlier(&directory, &json!(EARLIER));
    assert_eq!(
        check("status.json", &[], 0),
        "ok     status: `status.json`: a file, which is replaced"
    );
    let kept = fs::read_to_string(directory.join("status.json")).unwrap();
    assert!(kept.contains(EARLIER));
    assert_eq!(
        check("nowhere/s", &[], 0),
        "note   status: cannot write the status `nowhere/s`: its directory: no such file or directory; what to do: the directory must be there already"
    );
    let same = check("./out", &["--output", "out"], 2);
    assert!(
        same.starts_with("FAILED status: `--status` and `--output` are the same file"),
        "{same}"
    );
}
