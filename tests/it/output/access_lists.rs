//! Access lists, which a directory passes on to what is made in it, and in which no mode shows.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{XattrFlags, getxattr, setxattr};

use super::links::STRANGER;
use super::{NEW, azure, expect_one, fetch, mode_of};
use crate::command::Akv;
use crate::standin::Scratch;

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";

/// Lets a stranger and a stranger's group do everything, as `setfacl -m u:65534:rwx,g:65534:rwx` does; `false` where
/// the file system has no such lists.
fn let_in(path: &Path, list: &str) -> bool {
    const NOBODY: u32 = u32::MAX;
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in [
        (0x01_u16, 7_u16, NOBODY),
        (0x02, 7, STRANGER),
        (0x04, 0, NOBODY),
        (0x08, 7, STRANGER),
        (0x10, 7, NOBODY),
        (0x20, 0, NOBODY),
    ] {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(permissions.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    match setxattr(path, list, &bytes, XattrFlags::empty()) {
        Ok(()) => true,
        Err(error) => {
            println!("no access lists here: {error}");
            false
        }
    }
}

fn has_list(path: &Path) -> bool {
    [ACCESS, DEFAULT].iter().any(|list| {
        let mut bytes = [0; 512];
        getxattr(path, *list, &mut bytes[..]).is_ok_and(|length| length > 0)
    })
}

#[test]
fn a_file_has_none_of_its_directory_s() {
    let azure = azure();
    let directory = Scratch::new("lists");
    if !let_in(directory.path(), DEFAULT) {
        return;
    }
    let path = directory.join("it");
    File::create(&path).unwrap();
    assert!(has_list(&path), "the list is passed on");
    for (option, mode) in [
        ("--mode=600", 0o600),
        ("--mode=640", 0o640),
        ("--mode=664", 0o664),
    ] {
        fetch(&azure, directory.path(), "it").arg(option).run();
        expect_one(&azure);
        assert_eq!(mode_of(&path), mode);
        assert!(!has_list(&path), "{option}");
        // A file with the same content loses its list as well, and is touched in no other way.
        let file = File::open(&path).unwrap();
        let time = SystemTime::now() - Duration::from_secs(100_000);
        file.set_modified(time).unwrap();
        assert!(let_in(&path, ACCESS));
        let run = fetch(&azure, directory.path(), "it").args([option, "--if-changed"]);
        run.run();
        expect_one(&azure);
        assert_eq!(mode_of(&path), mode);
        assert!(!has_list(&path), "{option}");
        assert_eq!(path.metadata().unwrap().modified().unwrap(), time);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), NEW);
}

#[test]
fn a_directory_of_files_has_none_either() {
    let azure = azure();
    azure.ignore_log();
    let directory = Scratch::new("lists");
    if !let_in(directory.path(), DEFAULT) {
        return;
    }
    let creds = directory.join("creds");
    let write = |options: &[&str]| {
        let run = Akv::new().args(["fetch", "kv-prod/a", "--format=files", "--output=creds"]);
        run.args(options).app(&azure).cwd(directory.path()).run();
        let generation = creds.join(fs::read_link(creds.join("..data")).unwrap());
        [
            generation.join("kv-prod/a"),
            generation.join("kv-prod"),
            generation,
        ]
    };
    for option in ["--mode=600", "--mode=660"] {
        for path in write(&[option]) {
            assert!(!has_list(&path), "{option} {path:?}");
        }
        assert!(!has_list(&creds));
    }
    let [file, vault, generation] = write(&["--mode=640"]);
    for (path, list) in [(&file, ACCESS), (&vault, DEFAULT), (&generation, ACCESS)] {
        assert!(let_in(path, list));
    }
    let after = write(&["--mode=640", "--if-changed"]);
    assert_eq!(after, [file, vault, generation]);
    for path in after {
        assert!(!has_list(&path), "{path:?}");
    }
    // What the user gave a directory of the user's own stays: it is no secret.
    assert!(let_in(&creds, DEFAULT));
    for path in write(&[]) {
        assert!(!has_list(&path), "{path:?}");
    }
    assert!(has_list(&creds));
}
