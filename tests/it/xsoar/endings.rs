//! Every way in which a run of the program can end that is not a good one.
//!
//! All credentials: an error is raised, in the program's own words. One of them: an empty list, and the words in the log.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::json;

use super::instance::{Instance, every_python};
use super::{ON_DEMAND, azure, read};
use crate::standin::{Fault, Scratch, Standin, TlsFault};

const CANARY: &str = "Canary-Value-0f5e2d";

/// Each of the commands says it, and begins like this.
#[track_caller]
fn fails(instance: &Instance<'_>, start: &str) {
    instance
        .run_without_values("fetch-credentials")
        .raises(start);
    instance.fetch("kv-prod/db").nothing_because(start);
    let on_demand = instance.clone().with("credentials_fetch_mode", ON_DEMAND);
    on_demand
        .run_without_values("fetch-credentials")
        .raises(start);
    let error = instance.run_without_values("akv-xsoar-list").error();
    assert!(error.starts_with(start), "{error}");
    let error = instance.run_without_values("test-module").error();
    assert!(error.starts_with(start), "{error}");
}

#[test]
fn each_exit_code_in_the_program_s_own_words() {
    every_python(|python| {
        let azure = azure();
        azure.ignore_log();
        let instance = Instance::of(&azure, python);
        let of_read = "error: cannot read `kv-prod/db`: ";

        let refused = instance.clone().with("insecure", true);
        let words = "error: standard input, line 1: `insecure` cannot be true\nhint: certificates are always checked: ";
        refused
            .run_without_values("fetch-credentials")
            .raises(words);
        refused.fetch("kv-prod/db").nothing_because(words);

        azure.fault(&azure.token_request(), Fault::aadsts(7_000_215));
        instance
            .run_without_values("fetch-credentials")
            .raises("error: ");
        instance.fetch("kv-prod/db").nothing_because("error: ");
        azure.mend();

        azure.fault(&read("kv-prod", "db"), Fault::no_role("kv-prod"));
        instance
            .run_without_values("fetch-credentials")
            .raises(of_read);
        instance.fetch("kv-prod/db").nothing_because(of_read);
        azure.mend();

        let gone = instance.clone().with("secrets", "gone");
        let words = "error: cannot read `kv-prod/gone`: no such secret";
        gone.run_without_values("fetch-credentials").raises(words);
        gone.fetch("kv-prod/gone").nothing_because(words);

        azure.tls_fault("kv-prod.vault.azure.net", TlsFault::WrongName);
        let words = "error: cannot read from the vault `kv-prod`: ";
        instance
            .run_without_values("fetch-credentials")
            .raises(words);
        instance.fetch("kv-prod/db").nothing_because(words);
        azure.mend_tls("kv-prod.vault.azure.net");

        azure.fault(&read("kv-prod", "db"), Fault::half());
        instance
            .run_without_values("fetch-credentials")
            .raises(of_read);
        instance.fetch("kv-prod/db").nothing_because(of_read);
        azure.mend();

        azure.fault(&read("kv-prod", "db"), Fault::stall());
        let late = instance.clone().with("timeout", "0.4");
        late.run_without_values("fetch-credentials").raises(of_read);
        late.fetch("kv-prod/db").nothing_because(of_read);
        azure.mend();
    });
}

/// Those codes whose words are a script's.
#[test]
fn words_without_a_credential_and_codes_without_words() {
    let azure = Standin::start();
    let folder = Scratch::new("codes");
    every_python(|python| {
        for code in [1, 2, 3, 4, 5, 6, 7, 8, 9, 101, 127] {
            let script = format!(
                "cat >/dev/null; echo 'akv-xsoar: warning: a warning' >&2; echo 'akv-xsoar: error: what failed' >&2; echo 'akv-xsoar: hint: what to do' >&2; printf '%s' '{CANARY}'; exit {code}"
            );
            let instance = Instance::of(&azure, python)
                .script(&folder, "akv", &script)
                .with("secrets", "")
                .canary(CANARY);
            let said = instance.run_without_values("fetch-credentials");
            said.raises("error: what failed\nhint: what to do\nwarning: a warning");
            let said = instance.fetch("kv-prod/db");
            said.nothing_because("error: what failed\nhint: what to do\nwarning: a warning");

            let script = format!("cat >/dev/null; exit {code}");
            let instance = instance.script(&folder, "akv", &script);
            fails(
                &instance,
                &format!("the program ended with {code} and no word"),
            );
        }
        let killed = Instance::of(&azure, python).script(&folder, "akv", "kill -9 $$");
        fails(&killed, "the program ended with -9 and no word");
    });
}

#[test]
fn no_program() {
    let azure = Standin::start();
    let folder = Scratch::new("none");
    let text = folder.write("text", "no program\n");
    let binary = folder.write("binary", b"\x7fELF\x02\x01\x01");
    every_python(|python| {
        let instance = Instance::of(&azure, python);
        let of = |path: &std::path::Path| instance.clone().with("program", path.to_str().unwrap());
        let nowhere = folder.join("nowhere");
        fails(
            &of(&nowhere),
            &format!(
                "there is no `{}` in this container: `python.pass.extra.keys`",
                nowhere.display()
            ),
        );
        // Its own default.
        if !std::path::Path::new("/usr/local/bin/akv-xsoar").exists() {
            let default = instance.clone().with("program", "");
            fails(
                &default,
                "there is no `/usr/local/bin/akv-xsoar` in this container",
            );
        }
        fs::set_permissions(&text, Permissions::from_mode(0o644)).unwrap();
        let denied = |path: &std::path::Path| {
            format!(
                "`{}` cannot be run: Permission denied; it needs the mode 0755",
                path.display()
            )
        };
        fails(&of(&text), &denied(&text));
        fails(&of(folder.path()), &denied(folder.path()));
        for path in [&text, &binary] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
            fails(
                &of(path),
                &format!("`{}` cannot be run: Exec format error; ", path.display()),
            );
        }
        fails(
            &instance.clone().with("program", "akv-xsoar"),
            "`program` must be an absolute path",
        );
        fails(
            &instance.clone().with("program", "/bin/a\0b"),
            "`/bin/a\0b` cannot be run: ValueError; ",
        );
    });
}

/// Whatever is on its standard output, nothing of it is shown.
#[test]
fn garbage_in_the_place_of_credentials() {
    let azure = Standin::start();
    let folder = Scratch::new("garbage");
    let no_json = "is not JSON, or not all of it";
    let no_list = "is no list of objects with user, password and name";
    let answers: [(&[u8], &str); 18] = [
        (b"", no_json),
        (b"\n", no_json),
        (b"Canary-Value-0f5e2d", no_json),
        (
            b"[{\"user\":\"u\",\"password\":\"Canary-Value-0f5e2d\",\"na",
            no_json,
        ),
        (
            b"[{\"user\":\"u\",\"password\":\"Canary-Value-0f5e2d\",\"name\":\"kv-prod/db\"}] x",
            no_json,
        ),
        (b"[\"Canary-Value-0f5e2d\\x\"]", no_json),
        (b"[\"Canary-Value-0f5e2d\xff\"]", no_json),
        (b"\xff\xfe[\0]\0", no_json),
        (b"\"Canary-Value-0f5e2d\"", no_list),
        (b"null", no_list),
        (b"7", no_list),
        (
            b"{\"user\":\"u\",\"password\":\"Canary-Value-0f5e2d\",\"name\":\"kv-prod/db\"}",
            no_list,
        ),
        (b"[null]", no_list),
        (b"[[\"Canary-Value-0f5e2d\"]]", no_list),
        (b"[{\"user\":\"u\",\"name\":\"kv-prod/db\"}]", no_list),
        (
            b"[{\"user\":\"u\",\"password\":7,\"name\":\"kv-prod/db\"}]",
            no_list,
        ),
        (
            b"[{\"user\":null,\"password\":\"Canary-Value-0f5e2d\",\"name\":\"kv-prod/db\"}]",
            no_list,
        ),
        (
            b"[{\"user\":\"u\",\"password\":\"Canary-Value-0f5e2d\",\"Name\":\"kv-prod/db\"}]",
            no_list,
        ),
    ];
    every_python(|python| {
        let deep = "[".repeat(200_000);
        let answers = answers.iter().copied();
        for (answer, why) in answers.chain([(deep.as_bytes(), no_json)]) {
            folder.write("answer", answer);
            let script = format!("cat >/dev/null; cat '{}'", folder.join("answer").display());
            let instance = Instance::of(&azure, python)
                .script(&folder, "akv", &script)
                .canary(CANARY);
            let said = instance.run_without_values("fetch-credentials");
            said.raises(&format!("what `fetch` wrote {why}"));
            instance
                .fetch("kv-prod/db")
                .nothing_because(&format!("what `fetch` wrote {why}"));
            let said = instance.run_without_values("akv-xsoar-list");
            assert_eq!(said.error(), format!("what `list` wrote {why}"));
        }
    });
}

/// More of the name than one, another name, and fields that nobody asked for.
#[test]
fn one_is_one() {
    let azure = Standin::start();
    let folder = Scratch::new("one");
    let of = |name: &str| {
        format!(r#"{{"user":"u","password":"{CANARY}","name":"{name}","note":"{CANARY}"}}"#)
    };
    every_python(|python| {
        for (answer, found) in [
            ("[]".to_owned(), 0),
            (format!("[{}]", of("kv-prod/other")), 0),
            (format!("[{},{}]", of("kv-prod/db"), of("KV-PROD/DB")), 2),
        ] {
            let script = format!("cat >/dev/null; printf '%s' '{answer}'");
            let instance = Instance::of(&azure, python)
                .script(&folder, "akv", &script)
                .canary(CANARY);
            let said = instance.fetch("kv-prod/db");
            said.nothing_because(&format!(
                "{found} credentials have the name that was asked for"
            ));
        }
        let script = format!("cat >/dev/null; printf '%s' '[{}]'", of("kv-prod/db"));
        let said = Instance::of(&azure, python)
            .script(&folder, "akv", &script)
            .fetch("kv-prod/db");
        let wanted = json!([{"user": "u", "password": CANARY, "name": "kv-prod/db"}]);
        assert_eq!(said.credentials(), wanted);
    });
}

/// It ends where the program does not, and takes no more than it can hold.
#[test]
fn a_program_without_end() {
    let azure = Standin::start();
    let folder = Scratch::new("endless");
    every_python(|python| {
        let instance = Instance::of(&azure, python)
            .with("timeout", "0.2")
            .impatient();
        let words = |limit: &str| {
            format!(
                "`{}` did not end within {limit} s and was stopped",
                folder.join("akv").display()
            )
        };
        for script in [
            "exec sleep 1000",
            "exec 0<&- 1>&- 2>&- sleep 1000",
            "exec yes >&2",
        ] {
            let hanging = instance.clone().script(&folder, "akv", script);
            hanging
                .run_without_values("fetch-credentials")
                .raises(&words("0.2"));
            hanging.fetch("kv-prod/db").nothing_because(&words("0.2"));
        }
        let endless = Instance::of(&azure, python)
            .script(
                &folder,
                "akv",
                "cat >/dev/null; exec yes Canary-Value-0f5e2d",
            )
            .canary(CANARY);
        let words = format!(
            "`{}` writes more than 16777216 bytes",
            folder.join("akv").display()
        );
        endless
            .run_without_values("fetch-credentials")
            .raises(&words);
        endless.fetch("kv-prod/db").nothing_because(&words);
    });
}

/// What it says goes into a dialog, and is cut to fit there.
#[test]
fn many_words_are_cut() {
    let azure = Standin::start();
    let folder = Scratch::new("words");
    let script = "cat >/dev/null; i=0; while [ $i -lt 900 ]; do echo \"akv-xsoar: error: number $i\"; i=$((i + 1)); done >&2; exit 5";
    every_python(|python| {
        let instance = Instance::of(&azure, python).script(&folder, "akv", script);
        let said = instance.run_without_values("fetch-credentials");
        said.raises("error: number 0\nerror: number 1\n");
        let text = instance.run_without_values("akv-xsoar-list").error();
        assert_eq!(text.chars().count(), 4002);
    });
}

/// A warning of a run that went well is for the log.
#[test]
fn warnings_go_to_the_log() {
    let azure = azure();
    every_python(|python| {
        let instance = Instance::of(&azure, python)
            .with("key_vaults", "kv-prod,kv-dr")
            .with("secrets", "api");
        let said = instance.run("fetch-credentials");
        assert_eq!(said.credentials().as_array().map(Vec::len), Some(1));
        assert_eq!(said.log.len(), 1, "{said:?}");
        assert!(
            said.log[0].starts_with("info: AkvXsoar: warning: "),
            "{said:?}"
        );
        azure.expect(&[
            &azure.token_request(),
            &read("kv-prod", "api"),
            &read("kv-dr", "api"),
        ]);
    });
}

/// Ended by its own deadline, not by ours.
#[test]
fn the_program_s_deadline_comes_first() {
    let azure = azure();
    azure.fault(&read("kv-prod", "db"), Fault::stall().after(Duration::ZERO));
    every_python(|python| {
        let instance = Instance::of(&azure, python)
            .with("timeout", "0.3")
            .with("secrets", "db");
        let said = instance.run_without_values("fetch-credentials");
        said.raises("error: cannot read `kv-prod/db`: ");
    });
    azure.ignore_log();
}
