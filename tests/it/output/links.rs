//! Symbolic links: whose are followed, and where to.

use std::fs;
use std::os::unix::fs::{lchown, symlink};

use super::{NEW, azure, expect_one, fetch, is_root};
use crate::command::names_in;
use crate::standin::Scratch;

#[test]
fn a_link_of_ours_is_followed_and_stays() {
    let azure = azure();
    // Links, and the file that the first one leads to.
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[("link", "file")], "file"),
        (&[("link", "sub/file")], "sub/file"),
        (&[("link", "gone")], "gone"),
        (
            &[("link", "second"), ("second", "third"), ("third", "file")],
            "file",
        ),
        (&[("link", "sub/link"), ("sub/link", "../file")], "file"),
        (&[("link", "way/file"), ("way", "sub")], "sub/file"),
        (&[("link", "way/file"), ("way", "sub/../sub/")], "sub/file"),
        (&[("link", "./sub/.././file")], "file"),
    ];
    for (links, target) in cases {
        for absolute in [false, true] {
            let directory = Scratch::new("follow");
            fs::create_dir(directory.join("sub")).unwrap();
            directory.write("file", "old");
            for (link, text) in links {
                let whole = directory.join(text);
                let beside = absolute && !link.contains('/');
                let text = if beside { whole } else { text.into() };
                symlink(text, directory.join(link)).unwrap();
            }
            fetch(&azure, directory.path(), "link").run();
            expect_one(&azure);
            let written = fs::read_to_string(directory.join(target)).unwrap();
            assert_eq!(written, NEW, "{links:?}");
            assert!(!directory.join(target).is_symlink());
            for (link, _) in links {
                assert!(directory.join(link).is_symlink(), "{links:?}");
            }
        }
    }
}

#[test]
fn links_without_end_are_an_error() {
    let azure = azure();
    let directory = Scratch::new("loop");
    symlink("b", directory.join("a")).unwrap();
    symlink("a", directory.join("b")).unwrap();
    symlink("self/x", directory.join("self")).unwrap();
    symlink("x/y", directory.join("nowhere")).unwrap();
    let names = names_in(directory.path());
    for (output, cause) in [
        ("a", "too many symbolic links"),
        ("self", "too many symbolic links"),
        ("nowhere", "its directory: no such file or directory"),
    ] {
        let run = fetch(&azure, directory.path(), output).status(9);
        let error = format!("akv-xsoar: error: cannot write `{output}`: {cause}\n");
        run.stderr_has(error).run();
        expect_one(&azure);
        assert_eq!(names_in(directory.path()), names);
    }
}

/// The user `nobody`.
pub(super) const STRANGER: u32 = 65534;

#[test]
fn a_stranger_s_link_is_not_followed() {
    let azure = azure();
    let directory = Scratch::new("stranger");
    let file = directory.write("file", "old");
    fs::create_dir(directory.join("sub")).unwrap();
    symlink("file", directory.join("theirs")).unwrap();
    symlink("theirs", directory.join("ours")).unwrap();
    symlink("sub", directory.join("way")).unwrap();
    if !is_root() {
        println!("only root can give a link to a stranger; who counts as one, a unit test says");
        return;
    }
    for link in ["theirs", "way"] {
        lchown(directory.join(link), Some(STRANGER), None).unwrap();
    }
    for (output, link) in [("theirs", "theirs"), ("ours", "theirs"), ("way/it", "way")] {
        let error = format!(
            "akv-xsoar: error: cannot write `{output}`: `{link}` is a symbolic link that belongs to another user\n"
        );
        let run = fetch(&azure, directory.path(), output);
        run.status(9).stderr(error).run();
        expect_one(&azure);
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert!(names_in(&directory.join("sub")).is_empty());
    }
}
