//! The agent's keys that cannot be used, and links where none may be.

use std::fs;
use std::os::unix::fs::symlink;

use super::{KEYS, SYSTEM, TOKEN, azure, get, names_file};
use crate::scenarios;
use crate::standin::Scratch;

scenarios![
    keys_that_cannot_be_used,
    a_key_that_is_a_link,
    a_folder_that_is_a_link,
    a_key_that_cannot_be_read,
    a_key_that_the_agent_does_not_take,
];

fn keys_that_cannot_be_used() {
    let azure = azure();
    for (content, words) in [
        (Vec::new(), "it holds no key"),
        (b" \n".to_vec(), "it holds no key"),
        (b"two words".to_vec(), "it holds no key"),
        (b"\xff\xfe".to_vec(), "it holds no key"),
        (b"a\r\nX-Injected: yes".to_vec(), "it holds no key"),
        (vec![b'a'; 4097], ""),
    ] {
        let path = names_file(&azure, "odd.key");
        fs::write(&path, content).unwrap();
        get(&azure)
            .status(3)
            .stderr_has(format!("{SYSTEM}the agent's key `{KEYS}/odd.key`: {words}"))
            .run();
        azure.expect(&[TOKEN]);
    }
    names_file(&azure, "gone.key");
    get(&azure)
        .status(3)
        .stderr_has(format!(
            "the agent's key `{KEYS}/gone.key`: no such file or directory"
        ))
        .run();
    let folder = names_file(&azure, "folder.key");
    fs::create_dir(folder).unwrap();
    get(&azure)
        .status(3)
        .stderr_has(format!("the agent's key `{KEYS}/folder.key`: "))
        .run();
    azure.expect(&[TOKEN, TOKEN]);
}

fn a_key_that_is_a_link() {
    let azure = azure();
    let elsewhere = Scratch::new("arc");
    let bait = elsewhere.write("bait", "CanaryThatMustNotBeSent");
    symlink(bait, names_file(&azure, "link.key")).unwrap();
    get(&azure)
        .canary("CanaryThatMustNotBeSent")
        .status(3)
        .stderr_has(format!(
            "{SYSTEM}the agent's key `{KEYS}/link.key`: it, or a folder of it, is a symbolic link\n"
        ))
        .run();
    azure.expect(&[TOKEN]);
}

fn a_folder_that_is_a_link() {
    let azure = azure();
    let elsewhere = Scratch::new("arc");
    elsewhere.write("bait.key", "CanaryThatMustNotBeSent");
    names_file(&azure, "bait.key");
    fs::remove_dir_all(KEYS).unwrap();
    symlink(elsewhere.path(), KEYS).unwrap();
    get(&azure)
        .canary("CanaryThatMustNotBeSent")
        .status(3)
        .stderr_has("it, or a folder of it, is a symbolic link\n")
        .run();
    azure.expect(&[TOKEN]);
    fs::remove_file(KEYS).unwrap();
}

/// Root may read everything, unless it gives up what lets it.
fn a_key_that_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt;

    let azure = azure();
    let path = names_file(&azure, "himds.key");
    fs::write(&path, "x").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    get(&azure)
        .through(&["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
        .status(3)
        .stderr_has(format!(
            "{SYSTEM}the agent's key `{KEYS}/himds.key`: permission denied\n"
        ))
        .stderr_has("akv-xsoar: hint: the user who runs this must be in the group `himds`: `usermod -a -G himds USER`, then log in again\n")
        .run();
    azure.expect(&[TOKEN]);
}

fn a_key_that_the_agent_does_not_take() {
    let azure = azure();
    let path = names_file(&azure, "stale.key");
    fs::write(path, "CanaryStaleKey").unwrap();
    get(&azure)
        .canary("CanaryStaleKey")
        .status(3)
        .stderr_has(format!(
            "{SYSTEM}Azure Arc's agent answered 401: Invalid Basic Authorization header (unauthorized_client) (correlation id "
        ))
        .run();
    azure.expect(&[TOKEN, TOKEN]);
    // The test's own doing.
    assert_eq!(azure.take_violations().len(), 1);
}
