//! The working directory: what needs it, and what does not.

use std::fs;

use super::attributes::ORDINARY;
use super::{NEW, azure, expect_one, is_root};
use crate::files::set_mode;
use crate::shell::Shell;

/// Before a command of a script: root without its rights.
fn ordinary() -> String {
    if is_root() {
        ORDINARY.join(" ")
    } else {
        String::new()
    }
}

/// As after `sudo -u demisto …` in root's home.
#[test]
fn nothing_absolute_needs_the_working_directory() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let here = shell.path().display().to_string();
    fs::create_dir(shell.join("there")).unwrap();
    std::os::unix::fs::symlink("there", shell.join("relative")).unwrap();
    std::os::unix::fs::symlink(format!("{here}/there"), shell.join("absolute")).unwrap();
    let run = |mode: &str, words: &str, status: i32, stderr: &str| {
        fs::create_dir(shell.join("in")).unwrap();
        let run = format!("{} $RUNNER \"$BIN\" {words}", ordinary());
        let script = format!("cd in && chmod {mode} . && {run}");
        shell.run(&script, status, "", stderr);
        set_mode(shell.join("in"), 0o700);
        fs::remove_dir(shell.join("in")).unwrap();
    };
    for mode in ["000", "600"] {
        for (output, path) in [
            ("it", "it"),
            ("there/it", "there/it"),
            ("relative/it", "there/it"),
            ("absolute/it", "there/it"),
            ("there/../it", "it"),
        ] {
            run(
                mode,
                &format!("fetch kv-prod/a --output '{here}/{output}'"),
                0,
                "",
            );
            expect_one(&azure);
            assert_eq!(
                fs::read_to_string(shell.join(path)).unwrap(),
                NEW,
                "{output}"
            );
            fs::remove_file(shell.join(path)).unwrap();
        }
        let files = format!("fetch kv-prod/a --format files --output '{here}/creds'");
        run(mode, &files, 0, "");
        expect_one(&azure);
        assert_eq!(
            fs::read(shell.join("creds/kv-prod/a")).unwrap(),
            b"value-of-a"
        );

        let hint = "the working directory: permission denied\nakv-xsoar: hint: give the whole path (`/…`), or change to a directory that this user may enter (`cd /`)\n";
        for (output, format) in [
            ("it", "xsoar"),
            ("./it", "jsonl"),
            ("../it", "xsoar"),
            ("creds", "files"),
        ] {
            let error = format!("akv-xsoar: error: cannot write `{output}`: {hint}");
            let words = format!("fetch kv-prod/a --format {format} --output {output}");
            run(mode, &words, 9, &error);
            expect_one(&azure);
            assert!(!shell.join("it").exists());
        }
        // What is read is named in the same way.
        let error = "akv-xsoar: error: cannot use the configuration file `akv.json`: the working directory: permission denied\n";
        run(mode, "fetch kv-prod/a --config akv.json", 2, error);
        azure.expect(&[]);
        // And what is run.
        for command in ["./it", "bin/it"] {
            let error = format!(
                "akv-xsoar: error: cannot run `{command}`: the working directory: permission denied\nakv-xsoar: hint: nothing was fetched: give the whole path (`/…`), or change to a directory that this user may enter (`cd /`)\n"
            );
            let words = format!("exec --env X=kv-prod/a -- {command}");
            run(mode, &words, 126, &error);
            azure.expect(&[]);
        }
    }
}
