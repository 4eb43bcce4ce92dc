//! What this program made, which it removes, and what only looks so, which stays.

use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;

use super::{ALL, azure, generation, record_of, snapshot, write};
use crate::command::names_in;
use crate::files::set_mode;
use crate::output::is_root;
use crate::output::links::STRANGER;
use crate::standin::Scratch;

const NAME: &str = "..akv-xsoar-0123456789abcdef";

/// A directory with what a person would miss, some of it named as secrets are.
fn precious(path: &Path) {
    for directory in ["kv-prod", "photos/2024"] {
        fs::create_dir_all(path.join(directory)).unwrap();
    }
    fs::write(path.join("kv-prod/a"), "precious").unwrap();
    fs::write(path.join("photos/2024/x"), "precious").unwrap();
    fs::write(path.join("notes"), "precious").unwrap();
}

/// Something that is put into the directory, beside what this program made.
type Plant = fn(&Path);

/// Plants something before or after the first run, and expects it as it was after several.
fn stays(what: &str, plant: Plant) {
    let azure = azure();
    for there in [false, true] {
        for options in [&[][..], &["--if-changed"], &["--mode=640"]] {
            let directory = Scratch::new("planted");
            let creds = directory.join("creds");
            fs::create_dir(&creds).unwrap();
            if there {
                write(&azure, directory.path(), ALL, options);
            }
            plant(&creds);
            let before = planted(&creds);
            assert!(!before.is_empty(), "{what}");
            for value in ["value-of-a", "other", "value-of-a"] {
                azure.secret("kv-prod", "a", value);
                write(&azure, directory.path(), ALL, options);
                assert_eq!(fs::read_to_string(creds.join("kv-prod/a")).unwrap(), value);
            }
            assert_eq!(planted(&creds), before, "{what} {there} {options:?}");
            assert_eq!(names_in(&creds).len(), 4 + names_of(&before), "{what}");
        }
    }
}

/// Everything that is not the generation that counts, nor a link to it.
fn planted(creds: &Path) -> Vec<String> {
    let mut all = snapshot(creds);
    all.retain(|line| {
        let name = line.split([' ', '/']).next().unwrap();
        let ours =
            name.starts_with("..akv-xsoar-") || ["..data", "kv-prod", "kv-test"].contains(&name);
        name == NAME || !ours
    });
    all
}

fn names_of(snapshot: &[String]) -> usize {
    snapshot
        .iter()
        .filter(|line| !line.split(' ').next().unwrap().contains('/'))
        .count()
}

#[test]
fn a_directory_that_only_has_such_a_name_stays() {
    stays("a directory", |creds| precious(&creds.join(NAME)));
    stays("an empty directory", |creds| {
        fs::create_dir(creds.join(NAME)).unwrap();
    });
    stays("a directory within", |creds| {
        fs::create_dir_all(creds.join(NAME).join(NAME)).unwrap();
    });
    stays("a link to a list", |creds| {
        precious(&creds.join(NAME));
        fs::write(creds.join("list"), "kv-prod/a\n").unwrap();
        symlink("../list", creds.join(NAME).join(NAME)).unwrap();
    });
    stays("a list of another generation's", |creds| {
        precious(&creds.join(NAME));
        let other = "..akv-xsoar-fedcba9876543210";
        fs::write(creds.join(NAME).join(other), "kv-prod/a\n").unwrap();
    });
}

/// A run that is killed leaves a lock that names what it was about to make, or had emptied.
#[test]
fn an_empty_directory_that_a_killed_run_noted_goes() {
    let azure = azure();
    for options in [&[][..], &["--if-changed"], &["--mode=640"]] {
        let directory = Scratch::new("noted");
        let creds = directory.join("creds");
        write(&azure, directory.path(), ALL, options);
        let other = "..akv-xsoar-fedcba9876543210";
        let precious = ["kept", "..akv-xsoar-00000000000000ff"];
        for name in [NAME, other, precious[0], precious[1]] {
            fs::create_dir(creds.join(name)).unwrap();
        }
        fs::write(creds.join(other).join("file"), "precious").unwrap();
        let lock = format!("{other}\nkept\n{NAME}\n{}", &precious[1][..20]);
        fs::write(creds.join("..akv-xsoar.lock"), lock).unwrap();
        write(&azure, directory.path(), ALL, options);
        let names = names_in(&creds);
        assert!(!names.iter().any(|name| name == NAME), "{names:?}");
        for name in [other, precious[0], precious[1]] {
            assert!(names.iter().any(|found| found == name), "{names:?}");
        }
        assert_eq!(names.len(), 4 + 3, "{names:?}");
    }
}

/// The link that counts leads to it: a new one does not make it ours.
#[test]
fn a_directory_that_is_merely_in_use_stays() {
    stays("a directory in use", |creds| {
        precious(&creds.join(NAME));
        let _ = fs::remove_file(creds.join("..data"));
        symlink(NAME, creds.join("..data")).unwrap();
    });
}

#[test]
fn a_generation_of_ours_that_somebody_renamed_or_copied_stays() {
    let azure = azure();
    for options in [&[][..], &["--if-changed"]] {
        let directory = Scratch::new("kept");
        let creds = directory.join("creds");
        write(&azure, directory.path(), ALL, options);
        let old = generation(&creds);
        fs::rename(&old, creds.join(NAME)).unwrap();
        symlink(NAME, creds.join("new")).unwrap();
        fs::rename(creds.join("new"), creds.join("..data")).unwrap();
        for _ in 0..2 {
            write(&azure, directory.path(), ALL, options);
            let kept = names_in(&creds.join(NAME));
            let record = old.file_name().unwrap().to_str().unwrap();
            assert_eq!(kept, [record, "kv-prod", "kv-test"]);
            assert_eq!(
                fs::read(creds.join(NAME).join("kv-prod/a")).unwrap(),
                b"value-of-a"
            );
            assert_eq!(names_in(&creds).len(), 5);
            assert_ne!(generation(&creds), creds.join(NAME));
        }
    }
}

/// In one of ours: what is listed goes, and nothing else.
#[test]
fn what_others_put_into_a_generation_stays() {
    let plants: [(Plant, &[&str]); 6] = [
        (
            |data| fs::write(data.join("kv-prod/more"), "mine").unwrap(),
            &["kv-prod", "kv-prod/more"],
        ),
        (
            |data| fs::create_dir(data.join("kv-more")).unwrap(),
            &["kv-more"],
        ),
        (
            |data| fs::write(data.join("notes"), "mine").unwrap(),
            &["notes"],
        ),
        (
            |data| fs::write(data.join("kv-test/.hidden"), "mine").unwrap(),
            &["kv-test", "kv-test/.hidden"],
        ),
        (
            |data| {
                fs::remove_file(data.join("kv-prod/a")).unwrap();
                symlink("/etc/hosts", data.join("kv-prod/a")).unwrap();
            },
            &["kv-prod", "kv-prod/a"],
        ),
        (
            |data| {
                fs::rename(data.join("kv-test"), data.join("../aside")).unwrap();
                symlink("../aside", data.join("kv-test")).unwrap();
            },
            &["kv-test"],
        ),
    ];
    let azure = azure();
    for (index, (plant, left)) in plants.into_iter().enumerate() {
        for option in ["--mode=600", "--if-changed"] {
            let directory = Scratch::new("within");
            let creds = directory.join("creds");
            write(&azure, directory.path(), ALL, &[]);
            let old = generation(&creds);
            plant(&old);
            for _ in 0..2 {
                write(&azure, directory.path(), ALL, &[option]);
                assert_ne!(generation(&creds), old, "{index}");
                let mut found: Vec<String> = snapshot(&old)
                    .iter()
                    .map(|line| line.split(' ').next().unwrap().to_owned())
                    .collect();
                found.sort();
                assert_eq!(found, left, "{index}");
                assert_eq!(fs::read(creds.join("kv-prod/a")).unwrap(), b"value-of-a");
            }
            if let Ok(aside) = fs::read(creds.join("aside/a")) {
                assert_eq!(aside, b"", "what a link leads to is not ours");
            }
        }
    }
}

/// Where strangers may write, and write what this program would.
#[test]
fn a_stranger_s_list_lists_nothing_of_ours() {
    if !is_root() {
        println!("only root can give files to a stranger");
        return;
    }
    let azure = azure();
    for mode in [0o777, 0o1777, 0o2775] {
        let directory = Scratch::new("public");
        let creds = directory.join("creds");
        write(&azure, directory.path(), ALL, &[]);
        set_mode(&creds, mode);
        precious(&creds.join(NAME));
        let record = creds.join(NAME).join(NAME);
        fs::write(&record, "kv-prod/a\n").unwrap();
        lchown(&record, Some(STRANGER), None).unwrap();
        let before = snapshot(&creds.join(NAME));
        for option in ["--mode=600", "--if-changed", "--mode=640"] {
            let old = generation(&creds);
            write(&azure, directory.path(), ALL, &[option]);
            assert_eq!(snapshot(&creds.join(NAME)), before, "{mode:o}");
            // Its own is known by a list of its own.
            assert!(option == "--if-changed" || !old.exists());
        }
    }
}

/// As by a run that was killed, which no other way shows in so many places.
#[test]
fn a_generation_that_a_killed_run_left_goes_however_far_it_was() {
    let azure = azure();
    let list = |left: &Path, list: &str| fs::write(left.join(NAME), list).unwrap();
    let stages: [&dyn Fn(&Path); 5] = [
        &|left| list(left, ""),
        &|left| list(left, "kv-prod/a\nkv-pr"),
        &|left| list(left, "kv-prod/a\nkv-prod/b\n"),
        &|left| {
            list(left, "kv-prod/a\nkv-prod/b\n");
            fs::create_dir(left.join("kv-prod")).unwrap();
            fs::write(left.join("kv-prod/a"), "value").unwrap();
        },
        &|left| {
            list(left, "kv-prod/a\nkv-test/a\n");
            for vault in ["kv-prod", "kv-test"] {
                fs::create_dir(left.join(vault)).unwrap();
                fs::write(left.join(vault).join("a"), "value").unwrap();
                set_mode(left.join(vault), 0o500);
            }
            set_mode(left, 0o500);
        },
    ];
    for (stage, make) in stages.iter().enumerate() {
        for options in [&[][..], &["--if-changed"]] {
            let directory = Scratch::new("left");
            let creds = directory.join("creds");
            write(&azure, directory.path(), ALL, options);
            let left = creds.join(NAME);
            fs::create_dir(&left).unwrap();
            make(&left);
            write(&azure, directory.path(), ALL, options);
            assert!(!left.exists(), "{stage}");
            assert_eq!(names_in(&generation(&creds))[0], record_of(&creds));
            assert_eq!(names_in(&creds).len(), 4);
        }
    }
}
