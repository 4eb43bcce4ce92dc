//! Hooks into engines: the units of `scripts/systemd`, whose commands run here as systemd runs them, without it.
//!
//! How systemd itself reads them is seen to by `scripts/check-systemd`.

mod host;
mod status;
mod unit;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::command::{Akv, names_in};
use crate::standin::{Fault, NOBODY, Secret, Standin, XSOAR_KEY, Xsoar};
use host::{Host, Variant};
use status::told;
use unit::{Unit, folder, text_of};

const UNIT: &str = "akv-xsoar.service";
const PUSH: &str = "akv-xsoar-push.service";
const DROP_IN: &str = "d1.service.d/akv-xsoar.conf";
/// Where an integration finds the credentials, as the README has it.
const FILE: &str = "/run/xsoar/credentials.json";
/// Where whoever watches finds how the last run went, and how the last push did.
const STATUS: &str = "/run/xsoar/status.json";
const PUSH_STATUS: &str = "/var/lib/akv-xsoar-push/status.json";

/// An Azure with two secrets.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

fn read(secret: &str) -> String {
    format!("GET kv-prod.vault.azure.net/secrets/{secret}?api-version=7.4")
}

fn expect_both(azure: &Standin) {
    azure.expect(&[&azure.token_request(), &read("db"), &read("api")]);
}

/// What is written of the two.
fn credentials(db: &str, api: &str) -> String {
    format!(
        "[\n{{\"user\":\"db\",\"password\":\"{db}\",\"name\":\"kv-prod/db\"}},\n\
         {{\"user\":\"api\",\"password\":\"{api}\",\"name\":\"kv-prod/api\"}}\n]\n"
    )
}

/// A run that says nothing.
fn silent(azure: &Standin) -> Akv<'_> {
    Akv::new().azure(azure)
}

/// A run that fails.
fn failing(azure: &Standin, status: i32) -> Akv<'_> {
    silent(azure)
        .status(status)
        .stderr_has("akv-xsoar: error: ")
}

/// Everything of the file that a reader might notice.
#[derive(Debug, PartialEq, Eq)]
struct State {
    content: String,
    inode: u64,
    changed: (i64, i64),
}

/// The file, which is the engine's alone; nothing lies beside it.
fn state(host: &Host) -> State {
    let path = host.path(FILE);
    let directory = path.parent().unwrap();
    assert_eq!(names_in(directory), ["credentials.json", "status.json"]);
    let of = |path: &Path| {
        let metadata = path.symlink_metadata().unwrap();
        (metadata.mode(), metadata.uid())
    };
    let (user, _) = Host::user();
    assert_eq!(of(directory), (0o040_700, user), "{:?}", host.variant);
    assert_eq!(of(&path), (0o100_600, user), "{:?}", host.variant);
    let metadata = path.metadata().unwrap();
    State {
        content: fs::read_to_string(&path).unwrap(),
        inode: metadata.ino(),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    }
}

#[test]
fn the_first_start_writes_what_only_the_engine_may_read() {
    let azure = azure();
    for variant in Variant::ALL {
        let host = Host::new(&azure, variant);
        host.start(UNIT, silent(&azure));
        expect_both(&azure);
        assert_eq!(
            state(&host).content,
            credentials("value-of-db", "value-of-api")
        );
        // The credential went with the unit.
        assert!(!host.path("/run/credentials").join(UNIT).exists());
    }
}

#[test]
fn a_refresh_writes_a_new_file_in_its_place() {
    let azure = azure();
    for variant in Variant::ALL {
        let host = Host::new(&azure, variant);
        azure.secret("kv-prod", "db", "value-of-db");
        host.start(UNIT, silent(&azure));
        expect_both(&azure);
        let first = state(&host);
        azure.secret("kv-prod", "db", "another-value");
        host.start(UNIT, silent(&azure));
        let second = state(&host);
        assert_eq!(second.content, credentials("another-value", "value-of-api"));
        assert_ne!(first.inode, second.inode);
        expect_both(&azure);
    }
}

/// Whoever watches the file, or has mounted it by itself, notices only what is new.
#[test]
fn a_refresh_that_brings_nothing_new_leaves_the_file() {
    let azure = azure();
    for variant in Variant::ALL {
        let host = Host::new(&azure, variant);
        let [first, second] = [(), ()].map(|()| {
            host.start(UNIT, silent(&azure));
            expect_both(&azure);
            let metadata = host.path(FILE).metadata().unwrap();
            (state(&host).inode, metadata.modified().unwrap())
        });
        assert_eq!(first, second, "{variant:?}");
    }
}

#[test]
fn a_refresh_that_fails_leaves_the_last_good_file() {
    for variant in Variant::ALL {
        let azure = azure();
        let host = Host::new(&azure, variant);
        host.start(UNIT, silent(&azure));
        expect_both(&azure);
        let good = state(&host);
        let fails = |status| {
            host.start(UNIT, failing(&azure, status));
            assert_eq!(state(&host), good, "{variant:?} {status}");
        };

        azure.put("kv-prod", Secret::new("db", "never read").disabled());
        fails(5);
        expect_both(&azure);
        azure.remove("kv-prod", "db");
        fails(5);
        expect_both(&azure);
        azure.secret("kv-prod", "db", "value-of-db");
        azure.fault(&read("api"), Fault::no_role("kv-prod"));
        fails(4);
        expect_both(&azure);
        azure.mend();
        azure.fault(&read("api"), Fault::half());
        fails(7);
        expect_both(&azure);
        azure.mend();

        host.configure(&json!({"credentials": {"password": "another"}}));
        fails(3);
        azure.expect(&[&azure.token_request()]);
        host.configure(&json!({"insecure": true}));
        fails(2);

        host.configure(&json!({}));
        azure.secret("kv-prod", "db", "another-value");
        host.start(UNIT, silent(&azure));
        expect_both(&azure);
        assert_eq!(
            state(&host).content,
            credentials("another-value", "value-of-api")
        );
    }
}

/// Only once: the program tries again before it gives up, and systemd's part in it is the same.
#[test]
fn a_vault_that_is_down_leaves_the_last_good_file() {
    let azure = azure();
    let host = Host::new(&azure, Variant::Own);
    host.start(UNIT, silent(&azure));
    expect_both(&azure);
    let good = state(&host);
    host.configure(&json!({"connect_to": [format!("::{NOBODY}")]}));
    host.start(UNIT, failing(&azure, 6));
    assert_eq!(state(&host), good);
}

#[test]
fn a_missing_secret_keeps_the_engine_from_starting_unless_a_dash_says_otherwise() {
    for variant in Variant::ALL {
        let azure = azure();
        let host = Host::new(&azure, variant);
        let text = variant.text(DROP_IN);
        let shipped = Unit::parse(&text);
        let dashed = Unit::parse(&text.replace("\nExecStartPre=", "\nExecStartPre=-"));
        assert!(!shipped.commands("ExecStartPre")[0].may_fail);
        assert!(dashed.commands("ExecStartPre")[0].may_fail);
        azure.remove("kv-prod", "api");

        // After a boot there is no file, and none comes of a failure.
        assert!(!host.engine_starts(&shipped, failing(&azure, 5)));
        expect_both(&azure);
        assert!(host.engine_starts(&dashed, failing(&azure, 5)));
        expect_both(&azure);
        assert!(!host.path(FILE).exists());
        azure.secret("kv-prod", "api", "value-of-api");
        assert!(host.engine_starts(&shipped, silent(&azure)));
        expect_both(&azure);
        let good = state(&host);
        azure.remove("kv-prod", "api");
        assert!(!host.engine_starts(&shipped, failing(&azure, 5)));
        expect_both(&azure);
        assert!(host.engine_starts(&dashed, failing(&azure, 5)));
        expect_both(&azure);
        assert_eq!(state(&host), good);

        // The other way out.
        host.configure(&json!({"missing": "skip"}));
        assert!(host.engine_starts(&shipped, silent(&azure)));
        expect_both(&azure);
        assert!(!state(&host).content.contains("kv-prod/api"));
    }
}

#[test]
fn a_push_brings_the_server_up_to_date_and_leaves_nothing_here() {
    for variant in Variant::ALL {
        let azure = azure();
        azure.ignore_log();
        let host = Host::new(&azure, variant);
        let url = azure.xsoar(Xsoar::six());
        host.configure_at("/etc/akv-xsoar-push.json", &json!({"xsoar_url": url}));
        host.keep("/etc/akv-xsoar-push.key", XSOAR_KEY);
        let before = names_in(&host.path("/run"));
        let push = |db: &str, done: [&str; 2]| {
            let said = format!("kv-prod/db\t{}\nkv-prod/api\t{}\n", done[0], done[1]);
            host.start(PUSH, silent(&azure).stdout(said));
            let store = azure.store().into_iter();
            let store: Vec<_> = store.map(|one| (one.name, one.password)).collect();
            let wanted = [("kv-prod/db", db), ("kv-prod/api", "value-of-api")];
            assert_eq!(store, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
            let told = told(&host, PUSH_STATUS);
            assert_eq!(
                (&told["command"], &told["exit"]),
                (&json!("push"), &json!(0))
            );
            assert_eq!(told["changed"], done != ["unchanged", "unchanged"]);
        };
        push("value-of-db", ["created", "created"]);
        push("value-of-db", ["unchanged", "unchanged"]);
        azure.secret("kv-prod", "db", "another-value");
        push("another-value", ["updated", "unchanged"]);
        assert_eq!(names_in(&host.path("/run")), before);
    }
}

#[test]
fn what_a_dash_does_is_said_where_one_looks() {
    let readme = text_of("../../README.md");
    for text in [
        readme,
        Variant::Own.text(DROP_IN),
        Variant::Before247.text(DROP_IN),
    ] {
        assert!(text.contains("`ExecStartPre=-"), "{text}");
    }
}

/// Whoever copies line by line gets all of it, and nothing that is not there.
#[test]
fn the_readme_installs_each_file() {
    let readme = text_of("../../README.md");
    let lines = readme.lines().filter(|line| line.starts_with("    cp "));
    let words = lines.flat_map(|line| line.split(' ').take_while(|word| *word != "&&"));
    let copied: Vec<_> = words
        .filter_map(|word| word.strip_prefix("systemd/"))
        .collect();
    for name in &copied {
        assert!(folder().join(name).exists(), "{name}");
    }
    let files = files_in(&folder());
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        let name = file.strip_prefix(folder()).unwrap();
        let mut copied = copied.iter();
        let found = copied
            .any(|copied| name == Path::new(copied) || name.parent() == Some(Path::new(copied)));
        assert!(found, "the README does not copy {}", name.display());
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| {
        if path.is_dir() {
            files_in(&path)
        } else {
            vec![path]
        }
    };
    paths.flat_map(below).collect()
}

#[test]
fn the_units_agree_with_each_other() {
    for variant in Variant::ALL {
        let unit = variant.unit(UNIT);
        let drop_in = variant.unit(DROP_IN);
        let commands = unit.commands("ExecStart");
        let variables = [("CREDENTIALS_DIRECTORY", "/c".to_owned())].into();
        let words = commands[0].words(&variables);
        let after = |option: &str| {
            let at = words.iter().position(|word| word == option);
            &words[at.unwrap_or_else(|| panic!("no {option}: {words:?}")) + 1]
        };
        assert_eq!(after("--output"), FILE);
        assert_eq!(after("--status"), STATUS);
        // The program's own limit, then its unit's, then that of who waits for the unit.
        let own: u64 = after("--timeout").parse().unwrap();
        let limits = [
            Some(own),
            unit.seconds("TimeoutStartSec"),
            drop_in.seconds("TimeoutStartSec"),
        ];
        assert!(limits.is_sorted_by(|a, b| a < b), "{limits:?}");
        // Each other's directory is the same one.
        let push = variant.unit(PUSH);
        if variant == Variant::Before247 {
            let line = variant.text("tmpfiles.d/akv-xsoar.conf");
            assert!(line.contains("\nd /run/xsoar 0700 demisto - -\n"));
            assert_eq!(unit.one("Service", "ReadWritePaths"), Some("-/run/xsoar"));
            let line = variant.text("tmpfiles.d/akv-xsoar-push.conf");
            assert!(line.contains("\nd /var/lib/akv-xsoar-push 0755 demisto - -\n"));
            let path = push.one("Service", "ReadWritePaths");
            assert_eq!(path, Some("-/var/lib/akv-xsoar-push"));
        } else {
            assert_eq!(unit.one("Service", "RuntimeDirectory"), Some("xsoar"));
            let state = push.one("Service", "StateDirectory");
            assert_eq!(state, Some("akv-xsoar-push"));
        }
    }
}

#[test]
fn a_timer_starts_each_unit_and_nothing_else_does_at_a_boot() {
    for variant in Variant::ALL {
        for name in [UNIT, PUSH] {
            assert!(variant.unit(name).section("Install").is_empty());
            let timer = variant.unit(&name.replace(".service", ".timer"));
            // It is for the service of its own name.
            assert_eq!(timer.one("Timer", "Unit"), None);
            assert_eq!(timer.one("Install", "WantedBy"), Some("timers.target"));
            for when in ["OnBootSec", "OnUnitActiveSec"] {
                assert!(timer.one("Timer", when).is_some(), "{name}: {when}");
            }
        }
    }
}

/// Everything that locks a unit in, but for what there is no word for before 247.
#[test]
fn the_older_units_are_as_hardened() {
    const NEW: [&str; 9] = [
        "DynamicUser",
        "ExecStart",
        "LoadCredential",
        "ProcSubset",
        "ProtectProc",
        "RuntimeDirectory",
        "RuntimeDirectoryMode",
        "RuntimeDirectoryPreserve",
        "StateDirectory",
    ];
    for name in [UNIT, PUSH] {
        let newer = Variant::Own.unit(name);
        let older = Variant::Before247.unit(name);
        for (name, value) in newer.section("Service") {
            // Below.
            if NEW.contains(&name) || name == "SystemCallFilter" {
                continue;
            }
            assert_eq!(older.one("Service", name), Some(value), "{name}");
        }
        assert_eq!(newer.one("Service", "LimitCORE"), Some("0"));
        // And the command is the same, but for where its files are.
        let variables = [("CREDENTIALS_DIRECTORY", "/c".to_owned())].into();
        let [newer, older] = [newer, older].map(|unit| {
            let words = unit.commands("ExecStart")[0].words(&variables);
            let others = words
                .into_iter()
                .filter(|word| !word.starts_with("/etc/") && !word.starts_with("/c/"));
            others.collect::<Vec<_>>()
        });
        assert_eq!(newer, older);
    }
}

/// What an older systemd does not take as it is meant, and does not leave out harmlessly, either.
#[test]
fn the_older_units_have_nothing_that_older_systems_take_wrongly() {
    for name in [UNIT, PUSH] {
        let unit = Variant::Before247.unit(name);
        // Before 235 the directory is removed when the unit ends, there is none that stays, and a dynamic user is root;
        // before 247 there are no credentials.
        for name in [
            "RuntimeDirectory",
            "StateDirectory",
            "DynamicUser",
            "LoadCredential",
        ] {
            assert_eq!(unit.one("Service", name), None);
        }
        assert_eq!(unit.one("Service", "User"), Some("demisto"));
        // Before 232 a `strict` is left out, and what stood before stays.
        assert_eq!(unit.all("Service", "ProtectSystem"), ["full", "strict"]);
        // A list of what is allowed, of which nothing is known, allows nothing.
        for filter in unit.all("Service", "SystemCallFilter") {
            assert!(filter.starts_with('~'), "{filter}");
        }
        // Before 244 a oneshot with another word there is refused.
        assert_eq!(unit.one("Service", "Restart"), None);
    }
    let drop_in = Variant::Before247.unit(DROP_IN);
    // Before 231 a command with a `+` is left out.
    for command in drop_in.commands("ExecStartPre") {
        assert!(!command.privileged);
    }
    // Before 230 it is in another section, by another name.
    assert_eq!(drop_in.one("Service", "StartLimitInterval"), Some("0"));
}
