//! Outputs as root of a container, who may do less than root, and knows fewer users.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::command::{Akv, names_in};
use crate::ground::Mounted;
use crate::output::{azure, fetch};
use crate::scenarios;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, TENANT};

scenarios![
    root_that_may_not_give_files_away,
    links_and_fifos_of_users_that_are_not_known,
    mounted_secrets_that_cannot_be_changed,
    files_of_users_that_are_not_known,
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

fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// As Kubernetes and docker mount them: for everybody to read, and for nobody to change.
fn mounted_secrets_that_cannot_be_changed() {
    let azure = azure();
    let scratch = Scratch::new("mounted");
    let folder = scratch.join("secrets");
    let config = format!(
        "{{\"tenant_id\": \"{TENANT}\", \"client_id\": \"{CLIENT_ID}\", \"credentials\": {{\"password\": \"{CLIENT_SECRET}\"}}}}"
    );
    fs::create_dir(&folder).unwrap();
    let mounted = Mounted::over(&folder, "mode=755");
    for (name, content) in [("secret", CLIENT_SECRET), ("config", &config), ("pem", "x")] {
        fs::write(folder.join(name), content).unwrap();
        set_mode(folder.join(name), 0o444);
    }
    mounted.read_only();
    let mount = "akv-xsoar: hint: nothing can be changed on a read-only mount: have it mounted with mode 0440 (Kubernetes: `defaultMode: 0440`), or ";
    let pipe =
        "hand it over through a pipe: `cat secrets/config |` in front, and `--config /dev/stdin`";
    let ids = ["--tenant-id", TENANT, "--client-id", CLIENT_ID];
    for (options, instead) in [
        (
            "--client-secret-file=secrets/secret",
            "give `-` in place of its path, and the file on standard input (`<secrets/secret`)",
        ),
        (
            "--client-certificate=secrets/pem",
            "give `-` in place of its path, and the file on standard input (`<secrets/pem`)",
        ),
        ("--config=secrets/config", pipe),
    ] {
        let run = Akv::new().args(["fetch", "kv-prod/a", options]);
        let run = if options.starts_with("--config") {
            run
        } else {
            run.args(ids)
        };
        let run = run.azure(&azure).cwd(scratch.path()).status(2);
        run.stderr_has("every user may read it (mode 0444)\n")
            .stderr_has(format!("{mount}{instead}\n"))
            .stderr_lacks("chmod")
            .run();
    }
    // What the hints say works.
    azure.secret("kv-prod", "a", "value-of-a");
    let get = || {
        Akv::new()
            .arg("get")
            .azure(&azure)
            .arg("kv-prod/a")
            .stdout("value-of-a")
    };
    let secret = get().args(ids).arg("--client-secret-file=-");
    secret.stdin(CLIENT_SECRET).run();
    get().arg("--config=/dev/stdin").stdin(config).run();
}

/// Root's files in a rootless container.
fn files_of_users_that_are_not_known() {
    let azure = azure();
    let scratch = Scratch::new("unknown");
    let config = scratch.write("config", "{}");
    let secret = scratch.write("secret", CLIENT_SECRET);
    for path in [&config, &secret] {
        if chown(path, Some(1234), Some(1234)).is_err() {
            println!("in a namespace of an ordinary user there is nobody else");
            return;
        }
    }
    set_mode(&secret, 0o444);
    set_mode(scratch.path(), 0o755);
    let hint = "akv-xsoar: hint: this container does not know its owner, and cannot change it: ";
    for (options, instead) in [
        (
            "--config=config",
            "hand it over through a pipe: `cat config |`",
        ),
        (
            "--client-secret-file=secret",
            "give `-` in place of its path",
        ),
    ] {
        let run = Akv::new().args(["fetch", "kv-prod/a", options]);
        let run = run.azure(&azure).cwd(scratch.path()).status(2);
        let run = run.args(["--tenant-id", TENANT, "--client-id", CLIENT_ID]);
        run.through(&["unshare", "--user", "--map-root-user"])
            .stderr_has(format!("{hint}{instead}"))
            .stderr_lacks("chown")
            .stderr_lacks("chmod")
            .run();
    }
}
