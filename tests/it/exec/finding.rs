//! Which file the command is, and what there is to say where there is none.

use std::fs;
use std::path::Path;

use super::{READ, azure};
use crate::command::Akv;
use crate::files::set_mode;
use crate::standin::{Scratch, Standin};

/// A directory with a program that tells its name, in several places.
fn directory() -> Scratch {
    let directory = Scratch::new("exec");
    for (path, mode) in [
        ("tool", 0o755),
        ("bin/tool", 0o755),
        ("bin/closed", 0o644),
        ("open/closed", 0o755),
        ("shut/closed", 0o644),
        ("locked", 0o644),
    ] {
        program(&directory.join(path), "/bin/sh\necho $0", mode);
    }
    fs::create_dir_all(directory.join("bin/folder")).unwrap();
    directory
}

/// A script for an interpreter.
fn program(path: &Path, interpreter: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!{interpreter}\n")).unwrap();
    set_mode(path, mode);
}

fn exec<'a>(azure: &'a Standin, directory: &'a Scratch, word: &str) -> Akv<'a> {
    Akv::new()
        .args(["exec", "kv-prod/db-password", "--", word])
        .app(azure)
        .cwd(directory.path())
}

#[test]
fn it_is_looked_for_as_a_shell_does() {
    let azure = azure();
    let directory = directory();
    let absolute = directory.join("bin");
    let absolute = absolute.to_str().unwrap();
    for (path, word, found) in [
        // A word with a slash is a path, whatever `PATH` says.
        (Some("/nowhere"), "./tool", "./tool".to_owned()),
        (Some("/nowhere"), "bin/tool", "bin/tool".to_owned()),
        (
            Some("/nowhere"),
            &format!("{absolute}/tool"),
            format!("{absolute}/tool"),
        ),
        // The directories in their order, relative ones too; an empty one is this one.
        (Some("nowhere:bin:open"), "tool", "./bin/tool".to_owned()),
        (Some(absolute), "tool", format!("{absolute}/tool")),
        (Some("nowhere:"), "tool", "./tool".to_owned()),
        (Some(":bin"), "tool", "./tool".to_owned()),
        (Some("nowhere::bin"), "tool", "./tool".to_owned()),
        (Some(""), "tool", "./tool".to_owned()),
        // What cannot be run is passed over for what can.
        (Some("bin:open"), "closed", "./open/closed".to_owned()),
        // In nobody's way: a file for a directory.
        (Some("tool:bin"), "tool", "./bin/tool".to_owned()),
    ] {
        let mut akv = exec(&azure, &directory, word).stdout(format!("{found}\n"));
        if let Some(path) = path {
            akv = akv.env("PATH", path);
        }
        akv.run();
        azure.expect(&[&azure.token_request(), READ]);
    }
    // Without `PATH` it is one that the system itself has.
    exec(&azure, &directory, "true").run();
    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn where_there_is_none_nothing_is_fetched() {
    let azure = azure();
    let directory = directory();
    for (path, word) in [
        ("/bin", "no-such-command"),
        ("/nowhere", "true"),
        ("bin", "tool/x"),
        ("bin", "./nowhere/tool"),
        ("bin", ""),
    ] {
        // What the command would do with `--quiet` keeps us from no hint.
        exec(&azure, &directory, word)
            .arg("--quiet")
            .env("PATH", path)
            .status(127)
            .stderr(format!(
                "akv-xsoar: error: cannot run `{word}`: there is no such command\n\
                 akv-xsoar: hint: nothing was fetched: check its name, and `PATH`\n"
            ))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn where_it_cannot_be_run_nothing_is_fetched() {
    let azure = azure();
    let directory = directory();
    std::os::unix::fs::symlink("loop", directory.join("loop")).unwrap();
    let endless = "l".repeat(300);
    for (path, word, cause) in [
        ("/bin", "./locked", "`./locked`: permission denied"),
        ("nowhere:bin", "closed", "`./bin/closed`: permission denied"),
        // The first of them is named.
        ("bin:shut", "closed", "`./bin/closed`: permission denied"),
        ("bin", "folder", "`./bin/folder`: it is not a file"),
        ("bin", "bin/folder", "`bin/folder`: it is not a file"),
        ("bin", "/", "`/`: it is not a file"),
    ] {
        exec(&azure, &directory, word)
            .env("PATH", path)
            .status(126)
            .stderr(format!(
                "akv-xsoar: error: cannot run `{word}`: {cause}\n\
                 akv-xsoar: hint: nothing was fetched: it must be a file that this user may execute (`ls -l`), on a file system without `noexec`\n"
            ))
            .run();
        azure.expect(&[]);
    }
    // What each C library has words of its own for.
    for (word, at) in [
        ("./loop", "./loop"),
        (&endless, &format!("./bin/{endless}")),
    ] {
        exec(&azure, &directory, word)
            .env("PATH", "bin")
            .status(126)
            .stderr_has(format!("akv-xsoar: error: cannot run `{word}`: `{at}`: "))
            .run();
        azure.expect(&[]);
    }
}

/// What only the system finds out, once the secrets are there.
#[test]
fn an_interpreter_that_is_not_there() {
    let azure = azure();
    let directory = directory();
    program(&directory.join("script"), "/nowhere/interpreter", 0o755);
    exec(&azure, &directory, "./script")
        .status(126)
        .stderr(
            "akv-xsoar: error: cannot run `./script`: the interpreter or loader that it names is not there\n\
             akv-xsoar: hint: a script names it in its first line (`#!…`); a program may be for another C library\n",
        )
        .run();
    azure.expect(&[&azure.token_request(), READ]);
}
