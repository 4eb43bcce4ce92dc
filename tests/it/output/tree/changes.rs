//! What stays of a directory of files that is as it should be, and what makes a new one of it.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{ALL, azure, expect, files, generation, snapshot, write};
use crate::command::names_in;
use crate::files::set_mode;
use crate::output::attributes::ordinary;
use crate::output::links::STRANGER;
use crate::output::{is_root, mode_of};
use crate::standin::Scratch;

/// Something done to the generation that counts.
type Change = fn(&Path);

#[test]
fn the_same_content_stays() {
    let azure = azure();
    let directory = Scratch::new("stays");
    let creds = directory.join("creds");
    write(&azure, directory.path(), ALL, &["--if-changed"]);
    let old = generation(&creds);
    for path in ["kv-prod/a", "kv-prod/b", "kv-test/a"] {
        let file = File::open(old.join(path)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(100_000))
            .unwrap();
    }
    let before = snapshot(&creds);
    write(&azure, directory.path(), ALL, &["--if-changed"]);
    assert_eq!(snapshot(&creds), before);

    let times = |creds: &Path| -> Vec<_> {
        let paths = ["", "kv-prod", "kv-prod/a", "kv-prod/b", "kv-test/a"];
        let metadata = paths.map(|path| old.join(path).metadata().unwrap());
        assert_eq!(generation(creds), old);
        metadata
            .map(|file| (file.ino(), file.modified().unwrap()))
            .into()
    };
    let before = times(&creds);
    write(
        &azure,
        directory.path(),
        ALL,
        &["--if-changed", "--mode=444"],
    );
    assert_eq!(times(&creds), before);
    assert_eq!(mode_of(&old.join("kv-prod/a")), 0o444);
    assert_eq!(mode_of(&old.join("kv-prod")), 0o555);
    assert_eq!(mode_of(&old), 0o555);
    if is_root() {
        write(
            &azure,
            directory.path(),
            ALL,
            &["--if-changed", "--owner=1234"],
        );
        assert_eq!(times(&creds), before);
        assert_eq!(old.join("kv-prod/a").metadata().unwrap().uid(), 1234);
        assert_eq!(old.join("kv-prod").metadata().unwrap().uid(), 1234);
    } else {
        println!("only root can give files to others");
    }
    // Without the option it is another.
    write(&azure, directory.path(), ALL, &[]);
    assert_ne!(generation(&creds), old);
    assert_eq!(names_in(&creds).len(), 4);
}

#[test]
fn any_difference_makes_a_new_generation() {
    let azure = azure();
    let mut changes: Vec<Change> = vec![
        |data| fs::write(data.join("kv-prod/a"), "value-of-b").unwrap(),
        |data| fs::write(data.join("kv-test/a"), "more").unwrap(),
        |data| fs::remove_file(data.join("kv-prod/b")).unwrap(),
        |data| fs::remove_file(data.join("../kv-test")).unwrap(),
        |data| symlink("..data/kv-old", data.join("../kv-old")).unwrap(),
        |data| fs::remove_dir_all(data).unwrap(),
    ];
    if is_root() {
        changes.push(|data| chown(data.join("kv-prod/a"), Some(STRANGER), None).unwrap());
        changes.push(|data| chown(data.join("kv-prod"), Some(STRANGER), None).unwrap());
        changes.push(|data| chown(data, None, Some(STRANGER)).unwrap());
    }
    for (index, change) in changes.into_iter().enumerate() {
        let directory = Scratch::new("differs");
        let creds = directory.join("creds");
        write(&azure, directory.path(), ALL, &[]);
        let old = generation(&creds);
        change(&old);
        write(&azure, directory.path(), ALL, &["--if-changed"]);
        assert_ne!(generation(&creds), old, "{index}");
        assert!(!old.exists(), "{index}");
        assert_eq!(names_in(&creds).len(), 4, "{index}");
        assert_eq!(names_in(&creds.join("kv-prod")), ["a", "b"], "{index}");
        assert_eq!(
            fs::read(creds.join("kv-prod/a")).unwrap(),
            b"value-of-a",
            "{index}"
        );
        assert_eq!(fs::read(creds.join("kv-test/a")).unwrap(), b"", "{index}");
    }
}

/// When a directory or anything below it was changed last, by its content or by what is known of it.
fn times(directory: &Path) -> Vec<String> {
    let time = |path: &Path| {
        let file = path.symlink_metadata().unwrap();
        format!(
            "{} {} {} {} {}",
            path.display(),
            file.mtime(),
            file.mtime_nsec(),
            file.ctime(),
            file.ctime_nsec()
        )
    };
    let mut all = vec![time(directory)];
    for name in names_in(directory) {
        let path = directory.join(name);
        if path.symlink_metadata().unwrap().is_dir() {
            all.extend(times(&path));
        } else {
            all.push(time(&path));
        }
    }
    all
}

/// A path unit of systemd's, say, watches the directory.
#[test]
fn the_same_content_touches_nothing() {
    let azure = azure();
    let owner = format!("--owner={}", rustix::process::geteuid().as_raw());
    let cases: [(&[&str], Change); 6] = [
        (&[], |_| {}),
        (&["--mode=440"], |_| {}),
        (&["--mode=400", &owner], |_| {}),
        (&[], |creds| fs::write(creds.join("notes"), "mine").unwrap()),
        (&[], |creds| {
            let name = creds.join("..akv-xsoar-0123456789abcdef");
            fs::create_dir(name).unwrap();
        }),
        (&[], |creds| {
            fs::rename(creds, creds.with_file_name("real")).unwrap();
            symlink("real", creds).unwrap();
        }),
    ];
    for (options, change) in cases {
        let directory = Scratch::new("watched");
        let creds = directory.join("creds");
        let run = || {
            let run = files(&azure, directory.path(), ALL).arg("--if-changed");
            ordinary(run.args(options)).run();
            expect(&azure, ALL);
        };
        run();
        change(&creds);
        let real = creds.canonicalize().unwrap();
        let before = (times(directory.path()), snapshot(&real));
        for _ in 0..2 {
            run();
            let after = (times(directory.path()), snapshot(&real));
            assert_eq!(after, before, "{options:?}");
        }
        // Nor does it wait for whoever may have locked it, or is told to stay away.
        let locked = File::open(&real).unwrap();
        rustix::fs::flock(&locked, rustix::fs::FlockOperation::LockExclusive).unwrap();
        run();
        assert_eq!(times(directory.path()), before.0);
        // What a killed run left is removed nevertheless, once.
        let mode = real.metadata().unwrap().mode();
        set_mode(&real, 0o700);
        fs::write(real.join("..akv-xsoar.lock"), "").unwrap();
        set_mode(&real, mode & 0o7777);
        run();
        assert!(!real.join("..akv-xsoar.lock").exists());
        assert_eq!(snapshot(&real), before.1);
    }
}
