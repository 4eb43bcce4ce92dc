//! Outputs as root of a container, who may do less than root, and knows fewer users.

use std::fs;
use std::os::unix::fs::{chown, lchown, symlink};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::command::names_in;
use crate::output::{azure, fetch};
use crate::scenarios;
use crate::standin::Scratch;

scenarios![
    root_that_may_not_give_files_away,
    links_and_fifos_of_users_that_are_not_known,
];

/// As `docker run --cap-drop` does it.
fn root_that_may_not_give_files_away() {
    let azure = azure();
    let scratch = Scratch::new("caps");
    for (dropped, owner, status) in [
        ("-chown", "1234", 9),
        ("-chown", "0:567", 9),
        ("-chown", "0:0", 0),
        // Its own rights over what it gave away are not needed.
        ("-fowner,-dac_override,-dac_read_search", "0:0", 0),
        ("-fowner", "1234:567", 0),
    ] {
        let bounding = format!("--bounding-set={dropped}");
        let through = ["setpriv", &bounding, "--inh-caps=-all"];
        for options in [
            &["--output=it", "--mode=640"][..],
            &["--output=creds", "--format=files"],
        ] {
            if owner != "0:0" && status == 0 && chown(scratch.path(), Some(1234), None).is_err() {
                println!("in a namespace of an ordinary user there is root and nobody else");
                continue;
            }
            let run = fetch(&azure, scratch.path(), options).args(["--owner", owner]);
            let run = run.through(&through).status(status);
            if status == 0 {
                run.run();
            } else {
                run.stderr_has("chown: ")
                    .stderr_has("akv-xsoar: hint: ")
                    .run();
                assert!(names_in(scratch.path()).is_empty());
            }
            let _ = chown(scratch.path(), Some(0), None);
            let _ = fs::remove_file(scratch.join("it"));
            let _ = fs::remove_dir_all(scratch.join("creds"));
        }
    }
}

/// A rootless container shows everybody else's files as the overflow user's, the machine's root's too.
fn links_and_fifos_of_users_that_are_not_known() {
    let azure = azure();
    let scratch = Scratch::new("unmapped");
    fs::create_dir(scratch.join("real")).unwrap();
    symlink("real", scratch.join("link")).unwrap();
    let fifo = scratch.join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
    for path in [scratch.join("link"), fifo] {
        if lchown(path, Some(1234), Some(1234)).is_err() {
            println!("in a namespace of an ordinary user there is nobody else");
            return;
        }
    }
    let hint = "in this container nobody knows whose it is (a user namespace shows it as the overflow user's): name the place itself, without links";
    for (output, what) in [
        ("link/it", "`link` is a symbolic link"),
        ("fifo", "`fifo` is a FIFO"),
    ] {
        let option = format!("--output={output}");
        let error = format!(
            "akv-xsoar: error: cannot write `{output}`: {what} that belongs to another user\nakv-xsoar: hint: "
        );
        // Where the user is known, there is another thing to do, or nothing.
        let known = fetch(&azure, scratch.path(), &[&option]).status(9);
        let known = known.stderr_has(error.split("akv-xsoar: hint").next().unwrap());
        known.stderr_lacks("in this container").run();
        let run = fetch(&azure, scratch.path(), &[&option]).status(9);
        run.through(&["unshare", "--user", "--map-root-user"])
            .stderr(format!("{error}{hint}\n"))
            .run();
    }
    assert!(names_in(&scratch.join("real")).is_empty());
}
