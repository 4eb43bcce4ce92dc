//! Files of secrets on mounts where nobody can change them, and in user namespaces, whose owners are elsewhere.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use crate::command::Akv;
use crate::files::set_mode;
use crate::ground::Mounted;
use crate::scenarios;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT, XSOAR_KEY};

scenarios![
    files_on_a_read_only_mount,
    a_bound_file_that_is_read_only,
    files_of_users_outside_of_a_namespace,
    a_group_may_read_there_and_standard_input_is_nobody_s,
];

const CANNOT: &str = "akv-xsoar: hint: nothing can be changed on a read-only mount: ";
const KUBERNETES: &str = "have it mounted with mode 0440 (Kubernetes: `defaultMode: 0440`), or ";
const OUTSIDE: &str =
    "akv-xsoar: hint: this container does not know its owner, and cannot change it: ";

const ON_STDIN: &str = "give `-` in place of its path, and the file on standard input (`<{}`)";

/// A run that uses one of the files, and is refused.
struct Case {
    option: &'static str,
    file: &'static str,
    mode: u32,
    words: &'static str,
    instead: &'static str,
}

/// Each kind of file with a mode that is too wide.
const WIDE: [Case; 7] = [
    Case {
        option: "--client-secret-file",
        file: "secret",
        mode: 0o444,
        words: "cannot read the client secret of `--client-secret-file` from `{}`: every user may read it (mode 0444)",
        instead: ON_STDIN,
    },
    Case {
        option: "--client-certificate",
        file: "app.pem",
        mode: 0o444,
        words: "cannot read the certificate of `--client-certificate` from `{}`: every user may read it (mode 0444)",
        instead: ON_STDIN,
    },
    Case {
        option: "--xsoar-key-file",
        file: "key",
        mode: 0o644,
        words: "cannot read the API key of `--xsoar-key-file` from `{}`: every user may read it (mode 0644)",
        instead: ON_STDIN,
    },
    Case {
        option: "--config",
        file: "c.json",
        mode: 0o444,
        words: "cannot use the configuration file `{}`: it holds a secret, and every user may read it (mode 0444)",
        instead: ON_STDIN,
    },
    Case {
        option: "--config",
        file: "open.json",
        mode: 0o666,
        words: "cannot use the configuration file `{}`: others may write it (mode 0666)",
        instead: ON_STDIN,
    },
    Case {
        option: "--ca-file",
        file: "ca.pem",
        mode: 0o666,
        words: "cannot use the certificates of `--ca-file` in `{}`: others may write it (mode 0666)",
        instead: "use a copy that only you or root may write",
    },
    Case {
        option: "--ca-file",
        file: "group.pem",
        mode: 0o664,
        words: "cannot use the certificates of `--ca-file` in `{}`: others may write it (mode 0664)",
        instead: "use a copy that only you or root may write",
    },
];

/// Writes them all into a folder.
fn furnish(folder: &Path) {
    let config = format!(r#"{{"client_secret": "{CLIENT_SECRET}"}}"#);
    for case in WIDE {
        let content = match case.file {
            "secret" => CLIENT_SECRET,
            "key" => XSOAR_KEY,
            "c.json" => &config,
            _ => "{}",
        };
        let path = folder.join(case.file);
        fs::write(&path, content).unwrap();
        set_mode(path, case.mode);
    }
}

impl Case {
    /// With the hint that helps there.
    fn run(&self, folder: &Path, runner: &[&str], hint: &str) {
        let path = folder.join(self.file);
        let words = self.words.replace("{}", &path.display().to_string());
        let verb = if self.file == "key" { "push" } else { "get" };
        let mut akv = Akv::new()
            .through(runner)
            .args([verb, "kv-prod/api", "--tenant-id", TENANT])
            .args(["--client-id", CLIENT_ID, self.option])
            .arg(&path)
            .canary(XSOAR_KEY);
        if verb == "push" {
            akv = akv.arg("--xsoar-url=https://xsoar.example");
        }
        if !self.option.starts_with("--client-") {
            akv = akv.env("AZURE_CLIENT_SECRET", CLIENT_SECRET);
        }
        akv.status(2)
            .stderr(format!(
                "akv-xsoar: error: {words}\n{hint}{}\n",
                self.instead.replace("{}", &quoted(&path))
            ))
            .run();
    }
}

/// As a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    if path.contains(' ') {
        return format!("'{path}'");
    }
    path
}

fn files_on_a_read_only_mount() {
    let scratch = Scratch::new("mounted");
    let mounted = Mounted::over(scratch.path(), "mode=755");
    furnish(scratch.path());
    let others = scratch.join("others.json");
    fs::write(&others, "{}").unwrap();
    // Where nobody else's ids are known, it cannot be given away.
    let is_others = chown(&others, Some(12_345), None).is_ok();
    let wrong = Case {
        option: "--config",
        file: "others.json",
        mode: 0o644,
        words: "cannot use the configuration file `{}`: it belongs to another user",
        instead: ON_STDIN,
    };
    // As long as it can be changed, that is what to do.
    let path = scratch.join("secret");
    let change = format!("akv-xsoar: hint: `chmod o-rwx {}`", quoted(&path));
    Case {
        instead: "",
        ..WIDE[0]
    }
    .run(scratch.path(), &[], &change);

    mounted.read_only();
    for case in WIDE {
        case.run(scratch.path(), &[], &format!("{CANNOT}{KUBERNETES}"));
    }
    if is_others {
        let hint = format!("{CANNOT}change it where it is mounted from, or ");
        wrong.run(scratch.path(), &[], &hint);
    }
}

/// As `docker run -v FILE:FILE:ro` mounts it.
fn a_bound_file_that_is_read_only() {
    let scratch = Scratch::new("mounted");
    furnish(scratch.path());
    for case in WIDE {
        let path = scratch.join(case.file);
        let bound = Mounted::bound(&path, &path);
        bound.read_only();
        case.run(scratch.path(), &[], &format!("{CANNOT}{KUBERNETES}"));
    }
}

/// As root of a rootless container, where the files are those of a user outside.
fn files_of_users_outside_of_a_namespace() {
    let scratch = Scratch::new("mounted");
    furnish(scratch.path());
    let runner = ["unshare", "--user", "--map-root-user"];
    let mut outside = true;
    for case in WIDE {
        outside &= chown(scratch.join(case.file), Some(12_345), Some(12_345)).is_ok();
    }
    if !outside {
        println!("in a namespace of an ordinary user there is nobody else");
        return;
    }
    set_mode(scratch.path(), 0o755);
    for case in &WIDE[..3] {
        case.run(scratch.path(), &runner, OUTSIDE);
    }
    for case in &WIDE[3..] {
        let words = match case.option {
            "--config" => "cannot use the configuration file `{}`: it belongs to another user",
            _ => "cannot use the certificates of `--ca-file` in `{}`: it belongs to another user",
        };
        set_mode(scratch.join(case.file), 0o644);
        Case { words, ..*case }.run(scratch.path(), &runner, OUTSIDE);
    }
}

/// What the hints say to do is taken.
fn a_group_may_read_there_and_standard_input_is_nobody_s() {
    let scratch = Scratch::new("mounted");
    let mounted = Mounted::over(scratch.path(), "mode=755");
    furnish(scratch.path());
    set_mode(scratch.join("secret"), 0o440);
    mounted.read_only();
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    let get = || {
        Akv::new()
            .args(["get", "kv-prod/api"])
            .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
            .azure(&azure)
            .stdout("value-of-api")
    };
    let by_path = get().arg("--client-secret-file");
    by_path.arg(scratch.join("secret")).run();
    let by_input = get().arg("--client-secret-file=-");
    by_input.stdin(CLIENT_SECRET).run();
    let config = fs::read_to_string(scratch.join("c.json")).unwrap();
    get().arg("--config=-").stdin(config).run();
    azure.ignore_log();
}
