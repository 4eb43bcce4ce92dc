//! Outputs on file systems that do not do what they are told.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use crate::command::{Akv, names_in};
use crate::output::{FILES, SIZE, azure, check, fetch, fill, is_whole, scratch};
use crate::scenarios;
use crate::stubborn::{Looks, Stubborn};

scenarios![
    a_file_system_that_keeps_no_modes,
    a_file_system_whose_modes_do_for_what_is_asked,
    a_file_system_that_keeps_no_owners,
    a_file_system_without_links,
];

/// As Azure Files looks where nothing is said of modes.
const OPEN: Looks = Looks {
    file: 0o777,
    directory: 0o777,
    user: 0,
    links: true,
};

/// Every file below a directory, with what is in it.
fn files_below(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for name in names_in(directory) {
        let path = directory.join(&name);
        if path.symlink_metadata().unwrap().is_dir() {
            all.extend(files_below(&path));
        } else {
            all.push((name, fs::read(path).unwrap_or_default()));
        }
    }
    all
}

fn a_file_system_that_keeps_no_modes() {
    let azure = azure();
    let group = Looks {
        file: 0o640,
        directory: 0o750,
        ..OPEN
    };
    let files_only = Looks {
        directory: 0o700,
        ..OPEN
    };
    let directories_only = Looks {
        file: 0o600,
        ..OPEN
    };
    let read_only = Looks {
        file: 0o400,
        directory: 0o700,
        ..OPEN
    };
    let file = "--output=creds/it";
    let files = ["--format=files", "--output=creds"];
    let sub = ["--format=files", "--output=creds/sub"];
    let cases: [(Looks, &[&str], &str); 12] = [
        (OPEN, &[file], "0777 instead of 0600: others could"),
        (
            OPEN,
            &[file, "--mode=640"],
            "0777 instead of 0640: others could",
        ),
        (
            OPEN,
            &[file, "--mode=755"],
            "0777 instead of 0755: others could",
        ),
        (OPEN, &files, "0777 instead of 0700: others could"),
        (OPEN, &sub, "0777 instead of 0700: others could"),
        (
            OPEN,
            &["--mode=640", files[0], files[1]],
            "0777 instead of 0750: others could",
        ),
        (group, &[file], "0640 instead of 0600: others could"),
        (group, &files, "0750 instead of 0700: others could"),
        (files_only, &files, "0777 instead of 0600: others could"),
        (directories_only, &sub, "0777 instead of 0700: others could"),
        // Those who were to read it could not.
        (group, &[file, "--mode=644"], "0640 instead of 0644\n"),
        (read_only, &[file, "--mode=600"], "0400 instead of 0600\n"),
    ];
    for (looks, options, text) in cases {
        let scratch = scratch();
        let creds = scratch.join("creds");
        let Some(_mounted) = Stubborn::over(&creds, looks) else {
            return;
        };
        fs::write(creds.join("it"), "old").unwrap();
        let before = files_below(&creds);
        fetch(&azure, scratch.path(), options)
            .status(9)
            .stderr_has(format!(": the file system gives it mode {text}"))
            .stderr_has("akv-xsoar: hint: choose a place whose file system keeps modes")
            .run();
        assert_eq!(files_below(&creds), before, "{options:?}");
        let names = names_in(&creds);
        assert_eq!(names, ["it"], "{options:?}");
        // `check` says the same, and leaves the same.
        let check = Akv::new().args(["check", "kv-prod/a"]).args(options);
        check
            .app(&azure)
            .cwd(scratch.path())
            .status(9)
            .stdout_has(format!(
                ": the file system gives it mode {}",
                text.trim_end()
            ))
            .stderr_any()
            .run();
        assert_eq!(names_in(&creds), ["it"], "{options:?}");
    }
}

fn a_file_system_whose_modes_do_for_what_is_asked() {
    let azure = azure();
    let closed = Looks {
        file: 0o600,
        directory: 0o700,
        ..OPEN
    };
    // As vfat with `umask=077`: what its owner may do besides is no danger.
    let vfat = Looks {
        file: 0o700,
        directory: 0o700,
        ..OPEN
    };
    let files = ["--format=files", "--output=creds"];
    let cases: [(Looks, &[&str]); 7] = [
        (closed, &["--output=creds/it"]),
        (closed, &files),
        (vfat, &["--output=creds/it"]),
        (vfat, &["--output=creds/it", "--mode=400"]),
        (vfat, &files),
        (OPEN, &["--output=creds/it", "--mode=777"]),
        (OPEN, &["--mode=777", files[0], files[1]]),
    ];
    for (looks, options) in cases {
        let scratch = scratch();
        let creds = scratch.join("creds");
        let Some(_mounted) = Stubborn::over(&creds, looks) else {
            return;
        };
        for letter in ['o', 'n'] {
            fill(&azure, letter);
            fetch(&azure, scratch.path(), options).run();
            if options.contains(&"--format=files") {
                is_whole(&creds, letter);
            } else {
                assert_eq!(names_in(&creds), ["it"]);
                let text = fs::read_to_string(creds.join("it")).unwrap();
                assert!(text.contains(&letter.to_string().repeat(SIZE)));
            }
        }
    }
}

fn a_file_system_that_keeps_no_owners() {
    let azure = azure();
    let looks = Looks {
        file: 0o600,
        directory: 0o700,
        ..OPEN
    };
    for (user, owner, options) in [
        (0, "1234", &["--output=creds/it"][..]),
        (0, "0:567", &["--output=creds/it"]),
        (0, "1234:0", &["--format=files", "--output=creds"]),
        (1000, "0", &["--output=creds/it"]),
    ] {
        let scratch = scratch();
        let creds = scratch.join("creds");
        if chown(&creds, Some(1234), Some(567)).is_err() {
            println!("in a namespace of an ordinary user there is root and nobody else");
            return;
        }
        let Some(_mounted) = Stubborn::over(&creds, Looks { user, ..looks }) else {
            return;
        };
        fetch(&azure, scratch.path(), options)
            .args(["--owner", owner])
            .status(9)
            .stderr_has(format!(": the file system leaves it with owner {user}:{user}, whatever is set\nakv-xsoar: hint: have it mounted with that owner"))
            .run();
        assert!(names_in(&creds).is_empty());
        // Its own are no others.
        let own = format!("{user}:{user}");
        fetch(&azure, scratch.path(), options)
            .args(["--owner", &own])
            .run();
        assert!(!names_in(&creds).is_empty());
    }
}

fn a_file_system_without_links() {
    let azure = azure();
    let looks = Looks {
        file: 0o600,
        directory: 0o700,
        links: false,
        ..OPEN
    };
    let scratch = scratch();
    let creds = scratch.join("creds");
    let Some(_mounted) = Stubborn::over(&creds, looks) else {
        return;
    };
    let text = "create a link in it: operation not permitted";
    let hint = "its file system has no symbolic links, which the format `files` needs: choose another place, such as one under `/run`, or another format";
    for options in [FILES, &["--format=files", "--output=creds/sub"]] {
        fetch(&azure, scratch.path(), options)
            .status(9)
            .stderr_has(format!(": {text}\nakv-xsoar: hint: {hint}\n"))
            .run();
        assert!(names_in(&creds).is_empty());
        let line = format!("{text}; what to do: {hint}");
        let path = options[1].strip_prefix("--output=").unwrap();
        check(
            &azure,
            scratch.path(),
            options,
            &format!("cannot write `{path}`: {line}"),
        );
    }
    fetch(&azure, scratch.path(), &["--output=creds/it"]).run();
    assert_eq!(names_in(&creds), ["it"]);
}
