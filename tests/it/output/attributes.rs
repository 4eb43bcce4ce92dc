//! Mode and owner of a file, and a file that stays because it has the content already.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::links::STRANGER;
use super::{NEW, azure, expect_one, fetch, is_root, mode_of};
use crate::command::{Akv, names_in};
use crate::files::{make_fifo, set_mode};
use crate::shell::Shell;
use crate::standin::{Scratch, Standin};

/// Root without its rights is an ordinary user, but for the number.
pub const ORDINARY: &[&str] = &["setpriv", "--bounding-set=-all", "--inh-caps=-all"];

/// Neither a user who runs tests, nor a group of one's.
const ANOTHER: u32 = 64_999;

pub fn ordinary(run: Akv<'_>) -> Akv<'_> {
    if is_root() {
        run.through(ORDINARY)
    } else {
        run
    }
}

fn owner_of(path: &Path) -> (u32, u32) {
    let metadata = path.symlink_metadata().unwrap();
    (metadata.uid(), metadata.gid())
}

/// Whose files are by themselves.
fn us() -> (u32, u32) {
    let user = rustix::process::geteuid().as_raw();
    (user, rustix::process::getegid().as_raw())
}

#[test]
fn a_mode_is_set_exactly() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let path = shell.join("it");
    for umask in ["000", "077", "777"] {
        for (option, mode) in [
            ("", 0o600),
            ("--mode 640", 0o640),
            ("--mode=0444", 0o444),
            ("--mode 777", 0o777),
            ("--mode 000", 0),
        ] {
            let _ = fs::remove_file(&path);
            // The second time there is a file.
            for _ in 0..2 {
                let script = format!("umask {umask}; akv fetch kv-prod/a --output it {option}");
                shell.run(&script, 0, "", "");
                expect_one(&azure);
                assert_eq!(mode_of(&path), mode, "{umask} {option}");
                assert_eq!(names_in(shell.path()), ["it"]);
            }
            set_mode(&path, 0o600);
            assert_eq!(fs::read_to_string(&path).unwrap(), NEW);
        }
    }
}

#[test]
fn a_mode_or_an_owner_that_cannot_be_is_a_mistake() {
    for option in [
        "--mode=60",
        "--mode=1777",
        "--mode=u=rw",
        "--mode=888",
        "--owner=:100",
        "--owner=root:",
        "--owner=no-such-user-here",
        "--owner=root:no-such-group-here",
        "--owner=4294967295",
    ] {
        let value = option.split_once('=').unwrap().1;
        let run = Akv::new().args(["fetch", "kv-prod/a", "--output=it", option]);
        run.status(2)
            .stderr_has(format!("`{value}`"))
            .stderr_has("akv-xsoar: hint: ")
            .run();
    }
}

#[test]
fn an_owner_is_set_by_number_and_by_name() {
    let azure = azure();
    let directory = Scratch::new("owner");
    let (user, group) = us();
    let mut cases = vec![
        (user.to_string(), (user, group)),
        (format!("{user}:{group}"), (user, group)),
    ];
    if is_root() {
        cases.push(("root:root".to_owned(), (0, 0)));
        cases.push((format!("{STRANGER}:7"), (STRANGER, 7)));
        cases.push((format!("root:{STRANGER}"), (0, STRANGER)));
        cases.push((STRANGER.to_string(), (STRANGER, group)));
    } else {
        println!("only root can give files to others");
    }
    for (owner, found) in cases {
        for mode in [0o600, 0o640] {
            let run = fetch(&azure, directory.path(), "it");
            run.args(["--owner", &owner, "--mode", &format!("{mode:03o}")])
                .run();
            expect_one(&azure);
            assert_eq!(owner_of(&directory.join("it")), found, "{owner}");
            assert_eq!(mode_of(&directory.join("it")), mode, "{owner}");
        }
    }
    assert_eq!(names_in(directory.path()), ["it"]);
}

#[test]
fn who_may_not_give_files_away_is_told() {
    let azure = azure();
    let directory = Scratch::new("give");
    let path = directory.write("it", "old");
    let inode = path.metadata().unwrap().ino();
    let hint = if is_root() {
        "this root may not give files away: it has no CAP_CHOWN (a container's `--cap-add CHOWN`), or the share is one that squashes root: run this as the user whose the file is to be"
    } else {
        "only root may give files away; others may choose one of their own groups"
    };
    for owner in [ANOTHER.to_string(), format!("{}:{ANOTHER}", us().0)] {
        let run = fetch(&azure, directory.path(), "it").args(["--owner", &owner]);
        ordinary(run)
            .status(9)
            .stderr(format!("akv-xsoar: error: cannot write `it`: chown: operation not permitted\nakv-xsoar: hint: {hint}\n"))
            .run();
        expect_one(&azure);
        assert_eq!(names_in(directory.path()), ["it"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(path.metadata().unwrap().ino(), inode);
    }
}

#[test]
fn what_is_no_file_has_neither() {
    let azure = azure();
    let shell = Shell::new(&azure);
    make_fifo(&shell.join("fifo"));
    symlink("/dev/stdout", shell.join("out")).unwrap();
    let user = us().0;
    for option in ["--mode=600".to_owned(), format!("--owner={user}")] {
        // Nobody reads the FIFO, which is not waited for.
        for output in ["fifo", "/dev/null", "/dev/fd/3", "out"] {
            let script = format!("akv fetch kv-prod/a --output {output} {option} 3>it");
            let stderr = format!(
                "akv-xsoar: error: cannot write `{output}`: it is not a regular file: its mode and owner are not set\nakv-xsoar: hint: leave `--mode` and `--owner` out, or name a file with `--output`\n"
            );
            shell.run(&script, 9, "", &stderr);
            expect_one(&azure);
            assert_eq!(fs::read(shell.join("it")).unwrap(), b"");
        }
    }
    // There is nothing that could stay.
    let script = "akv fetch kv-prod/a --output out --if-changed";
    shell.run(script, 0, NEW, "");
    expect_one(&azure);
}

// Only if changed.

/// A file as an earlier run wrote it, long ago.
fn written(azure: &Standin, directory: &Scratch) -> (u64, SystemTime) {
    fetch(azure, directory.path(), "it").run();
    expect_one(azure);
    let file = File::open(directory.join("it")).unwrap();
    let time = SystemTime::now() - Duration::from_secs(100_000);
    file.set_modified(time).unwrap();
    (file.metadata().unwrap().ino(), time)
}

fn again<'a>(azure: &'a Standin, directory: &'a Scratch) -> Akv<'a> {
    fetch(azure, directory.path(), "it").arg("--if-changed")
}

/// Whether it is the same file as before, with its time.
fn stayed(directory: &Scratch, before: (u64, SystemTime)) -> bool {
    let metadata = directory.join("it").metadata().unwrap();
    (metadata.ino(), metadata.modified().unwrap()) == before
}

#[test]
fn a_file_with_the_same_content_stays() {
    let azure = azure();
    let directory = Scratch::new("same");
    again(&azure, &directory).run();
    expect_one(&azure);
    assert_eq!(fs::read_to_string(directory.join("it")).unwrap(), NEW);

    let before = written(&azure, &directory);
    let metadata = directory.join("it").metadata().unwrap();
    again(&azure, &directory).run();
    expect_one(&azure);
    assert!(stayed(&directory, before));
    // Nothing at all was done to it.
    let is = directory.join("it").metadata().unwrap();
    let [was, is] = [metadata, is].map(|file| (file.ctime(), file.ctime_nsec()));
    assert_eq!(was, is);

    // Without the option it is a new one.
    fetch(&azure, directory.path(), "it").run();
    expect_one(&azure);
    assert!(!stayed(&directory, before));
    assert_eq!(names_in(directory.path()), ["it"]);
}

#[test]
fn its_mode_and_owner_are_set_nevertheless() {
    let azure = azure();
    let directory = Scratch::new("set");
    let path = directory.join("it");
    let before = written(&azure, &directory);
    for (option, mode) in [("--mode=640", 0o640), ("--mode=0644", 0o644), ("", 0o600)] {
        let run = again(&azure, &directory);
        let run = if option.is_empty() {
            run
        } else {
            run.arg(option)
        };
        run.run();
        expect_one(&azure);
        assert_eq!(mode_of(&path), mode);
        assert!(stayed(&directory, before), "{option}");
    }
    if is_root() {
        for _ in 0..2 {
            again(&azure, &directory).arg("--owner=1234:567").run();
            expect_one(&azure);
            assert_eq!(owner_of(&path), (1234, 567));
            assert!(stayed(&directory, before));
        }
    } else {
        println!("only root can give files to others");
    }
}

#[test]
fn a_file_that_is_not_the_same_is_replaced() {
    let azure = azure();
    for content in [
        String::new(),
        NEW.replace("value-of-a", "value-of-b"),
        NEW[..NEW.len() - 1].to_owned(),
        format!("{NEW}\n"),
    ] {
        let directory = Scratch::new("other");
        directory.write("it", &content);
        let inode = directory.join("it").metadata().unwrap().ino();
        let _held = File::open(directory.join("it")).unwrap();
        again(&azure, &directory).run();
        expect_one(&azure);
        assert_eq!(fs::read_to_string(directory.join("it")).unwrap(), NEW);
        assert_ne!(directory.join("it").metadata().unwrap().ino(), inode);
        assert_eq!(mode_of(&directory.join("it")), 0o600);
    }
}

#[test]
fn a_file_that_a_new_one_would_not_be_is_replaced() {
    let azure = azure();
    let directory = Scratch::new("strange");
    let path = directory.join("it");
    let before = written(&azure, &directory);
    set_mode(&path, 0o000);
    ordinary(again(&azure, &directory)).run();
    expect_one(&azure);
    assert!(!stayed(&directory, before), "it cannot be read");
    if !is_root() {
        println!("only root can give files to others");
        return;
    }
    // A stranger's file might be written to by that stranger.
    for (user, group) in [(STRANGER, us().1), (us().0, STRANGER)] {
        let before = written(&azure, &directory);
        chown(&path, Some(user), Some(group)).unwrap();
        again(&azure, &directory).run();
        expect_one(&azure);
        assert!(!stayed(&directory, before));
        assert_eq!(owner_of(&path), us());
    }
    // Whose group the directory chooses, that one's a new one would be.
    chown(directory.path(), None, Some(STRANGER)).unwrap();
    set_mode(directory.path(), 0o2755);
    let before = written(&azure, &directory);
    assert_eq!(owner_of(&path), (us().0, STRANGER));
    again(&azure, &directory).run();
    expect_one(&azure);
    assert!(stayed(&directory, before));
}

#[test]
fn other_names_of_a_file_are_not_given_another_mode() {
    let azure = azure();
    let directory = Scratch::new("names");
    let before = written(&azure, &directory);
    let other = directory.join("other");
    fs::hard_link(directory.join("it"), &other).unwrap();
    again(&azure, &directory).run();
    expect_one(&azure);
    assert!(stayed(&directory, before));
    again(&azure, &directory).arg("--mode=644").run();
    expect_one(&azure);
    assert!(!stayed(&directory, before));
    assert_eq!(mode_of(&directory.join("it")), 0o644);
    assert_eq!(mode_of(&other), 0o600);
}

#[test]
fn a_link_to_the_file_stays_with_it() {
    let azure = azure();
    let directory = Scratch::new("linked");
    symlink("it", directory.join("link")).unwrap();
    let before = written(&azure, &directory);
    let run = fetch(&azure, directory.path(), "link").arg("--if-changed");
    run.run();
    expect_one(&azure);
    assert!(stayed(&directory, before));
    assert!(directory.join("link").is_symlink());
}
