//! What `check` says of a place is what a fetch meets there.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::attributes::ordinary;
use super::links::STRANGER;
use super::tree::snapshot;
use super::{azure, fetch, is_root};
use crate::command::Akv;
use crate::files::{make_fifo, set_mode};
use crate::standin::{Scratch, Standin};

/// Both fail with the same words, or both are done; whoever fails changes nothing.
fn agree(azure: &Standin, directory: &Path, options: &[&str], failure: Option<(&str, &str)>) {
    let before = snapshot(directory);
    let check = Akv::new().args(["check", "kv-prod/a"]).args(options);
    let check = ordinary(check.app(azure).cwd(directory));
    let output = options.iter().find(|option| option.starts_with("--output"));
    let path = output.unwrap().strip_prefix("--output=").unwrap();
    let run = ordinary(fetch(azure, directory, path).args(&options[1..]));
    if let Some((cause, hint)) = failure {
        let line = format!("FAILED output: cannot write `{path}`: {cause}; what to do: {hint}\n");
        check.status(9).stdout_has(line).stderr_any().run();
        assert_eq!(snapshot(directory), before, "{options:?}");
        let error =
            format!("akv-xsoar: error: cannot write `{path}`: {cause}\nakv-xsoar: hint: {hint}\n");
        run.status(9).stderr(error).run();
        assert_eq!(snapshot(directory), before, "{options:?}");
    } else {
        check.stdout_has("ok     output: ").run();
        assert_eq!(snapshot(directory), before, "{options:?}");
        run.run();
        assert_ne!(snapshot(directory), before, "{options:?}");
    }
}

const FILE: &[&str] = &["--output=it"];
const FILES: &[&str] = &["--output=it", "--format=files"];

#[test]
fn a_sticky_directory_keeps_another_user_s_file() {
    if !is_root() {
        println!("only root can give files to a stranger");
        return;
    }
    let azure = azure();
    azure.ignore_log();
    let hint = "belongs to user 65534, and in a directory with the sticky bit nobody replaces another user's file: remove it as that user, or choose a directory of this user's own";
    for (mode, theirs, directory_theirs, refused) in [
        (0o1777, true, true, true),
        (0o1777, false, true, false),
        (0o1777, true, false, false),
        (0o777, true, true, false),
    ] {
        let scratch = Scratch::new("sticky");
        let (file, creds) = (scratch.write("it", "old"), scratch.join("creds"));
        fs::create_dir(&creds).unwrap();
        symlink("..akv-xsoar-0123456789abcdef", creds.join("..data")).unwrap();
        if theirs {
            lchown(&file, Some(STRANGER), None).unwrap();
            lchown(creds.join("..data"), Some(STRANGER), None).unwrap();
        }
        for path in [scratch.path(), &creds] {
            set_mode(path, mode);
            if directory_theirs {
                lchown(path, Some(STRANGER), None).unwrap();
            }
        }
        let files = &["--output=creds", "--format=files"][..];
        for (options, name) in [(FILE, "it"), (files, "..data")] {
            let hint = format!("`{name}` {hint}");
            let failure = refused.then_some(("rename: operation not permitted", &*hint));
            agree(&azure, scratch.path(), options, failure);
        }
    }
}

/// What `chattr` set, taken away when dropped.
struct Marked(PathBuf, char);

impl Marked {
    fn new(path: PathBuf, letter: char) -> Option<Self> {
        let run = Command::new("chattr")
            .arg(format!("+{letter}"))
            .arg(&path)
            .output();
        match run {
            Ok(output) if output.status.success() => Some(Self(path, letter)),
            other => {
                println!("chattr cannot be used here: {other:?}");
                None
            }
        }
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        let _ = Command::new("chattr")
            .arg(format!("-{}", self.1))
            .arg(&self.0)
            .output();
    }
}

#[test]
fn what_is_immutable_stays() {
    let azure = azure();
    azure.ignore_log();
    let scratch = Scratch::new("immutable");
    for (letter, word) in [('i', "immutable"), ('a', "append-only")] {
        fs::create_dir_all(scratch.join("sub/creds")).unwrap();
        scratch.write("sub/it", "old");
        let Some(marked) = Marked::new(scratch.join("sub/it"), letter) else {
            return;
        };
        let hint = format!(
            "the file that is there is {word} (`lsattr` shows it): `chattr -{letter}`, or choose another"
        );
        let failure = Some(("rename: operation not permitted", hint.as_str()));
        agree(&azure, scratch.path(), &["--output=sub/it"], failure);
        drop(marked);

        let hint = format!(
            "its directory is {word} (`lsattr -d` shows it): `chattr -{letter}`, or choose another"
        );
        let marked = Marked::new(scratch.join("sub"), letter).unwrap();
        let failure = Some((
            "create a file beside it: operation not permitted",
            hint.as_str(),
        ));
        for output in ["--output=sub/it", "--output=sub/new"] {
            agree(&azure, scratch.path(), &[output], failure);
        }
        drop(marked);
        let marked = Marked::new(scratch.join("sub/creds"), letter).unwrap();
        let failure = Some((
            "create a file in it: operation not permitted",
            hint.as_str(),
        ));
        let files = ["--output=sub/creds", "--format=files"];
        agree(&azure, scratch.path(), &files, failure);
        drop(marked);
        agree(&azure, scratch.path(), &files, None);
        fs::remove_dir_all(scratch.join("sub")).unwrap();
    }
}

#[test]
fn a_stream_that_this_user_may_not_write_to() {
    let azure = azure();
    azure.ignore_log();
    let scratch = Scratch::new("streams");
    let fifo = scratch.join("it");
    make_fifo(&fifo);
    let hint = "the user who runs this must be able to write to it";
    for mode in [0o400, 0o000, 0o444] {
        set_mode(&fifo, mode);
        agree(
            &azure,
            scratch.path(),
            FILE,
            Some(("open: permission denied", hint)),
        );
    }
    symlink("it", scratch.join("link")).unwrap();
    agree(
        &azure,
        scratch.path(),
        &["--output=link"],
        Some(("open: permission denied", hint)),
    );
}

#[test]
fn a_directory_that_this_user_may_not_write_to() {
    let azure = azure();
    azure.ignore_log();
    let scratch = Scratch::new("closed");
    fs::create_dir_all(scratch.join("sub/deep")).unwrap();
    let permit =
        |mode| fs::set_permissions(scratch.join("sub"), Permissions::from_mode(mode)).unwrap();
    let hint = if is_root() {
        "even root was refused: it has no CAP_DAC_OVERRIDE (a container, a systemd unit), the share is one that squashes root, or SELinux or AppArmor forbids it: choose a directory of its own, such as one under `/run`"
    } else {
        "the user who runs this must be able to write into the directory, not only the file"
    };
    permit(0o500);
    for (options, cause) in [
        (
            &["--output=sub/it"][..],
            "create a file beside it: permission denied",
        ),
        (
            &["--output=sub/new", FILES[1]],
            "create the directory: permission denied",
        ),
    ] {
        agree(&azure, scratch.path(), options, Some((cause, hint)));
    }
    // Snapshots go in there, which not everybody may.
    if is_root() {
        permit(0o600);
        let hint = "the user who runs this must be able to enter every directory on the way to it";
        for (output, cause) in [
            ("--output=sub/it", "lookup: permission denied"),
            ("--output=sub/deep/it", "its directory: permission denied"),
        ] {
            agree(&azure, scratch.path(), &[output], Some((cause, hint)));
        }
    }
    permit(0o700);
}

#[test]
fn a_directory_of_files_where_something_is_in_the_way() {
    let azure = azure();
    azure.ignore_log();
    let hint = "move it away, or choose another directory";
    for name in ["..data", "..akv-xsoar.lock", "kv-prod"] {
        let scratch = Scratch::new("way");
        fs::create_dir_all(scratch.join("it").join(name)).unwrap();
        let cause = format!("`{name}` in it was not made by this program");
        let failure = Some((cause.as_str(), hint));
        agree(&azure, scratch.path(), FILES, failure);
    }
    // A link leads to where the lock would be made.
    let scratch = Scratch::new("way");
    fs::create_dir(scratch.join("it")).unwrap();
    symlink("../elsewhere", scratch.join("it/..akv-xsoar.lock")).unwrap();
    let cause = "`..akv-xsoar.lock` in it was not made by this program";
    agree(&azure, scratch.path(), FILES, Some((cause, hint)));
}
