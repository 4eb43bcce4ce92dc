//! What stays of a directory of files that is as it should be, and what makes a new one of it.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{ALL, azure, generation, snapshot, write};
use crate::command::names_in;
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
        |data| fs::write(data.join("kv-prod/more"), "more").unwrap(),
        |data| fs::remove_file(data.join("kv-prod/b")).unwrap(),
        |data| fs::create_dir(data.join("kv-more")).unwrap(),
        |data| {
            fs::remove_file(data.join("kv-prod/a")).unwrap();
            fs::write(data.join("same"), "value-of-a").unwrap();
            symlink("../same", data.join("kv-prod/a")).unwrap();
        },
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
