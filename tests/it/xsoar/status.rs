//! The command that tells how a refresh went, by the file that `--status` writes.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::instance::{Instance, every_python};
use super::{azure, read};
use crate::command::{Akv, names_in};
use crate::standin::{Scratch, Secret, Standin};

/// So many minutes before now, as the program writes times.
pub fn ago(minutes: i64) -> String {
    let seconds = Duration::from_secs(minutes.unsigned_abs() * 60);
    let now = SystemTime::now();
    let then = if minutes < 0 {
        now + seconds
    } else {
        now - seconds
    };
    // `Sun, 06 Nov 1994 08:49:37 GMT` has all of it, in another order.
    let date = httpdate::fmt_http_date(then);
    let words: Vec<_> = date.split(' ').collect();
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = months.find(words[2]).unwrap() / 3 + 1;
    format!("{}-{month:02}-{}T{}Z", words[3], words[1], words[4])
}

/// A status of a good run just now, but for these fields.
pub fn status(changes: Value) -> Value {
    let mut status = json!({
        "time": ago(0), "last_success": ago(0), "command": "fetch", "exit": 0, "credentials": 2, "changed": false,
        "soonest_expiry": {"credential": "kv-prod/db", "time": "2027-01-31T12:00:00Z"},
        "errors": [], "warnings": [], "version": "0.1.0",
    });
    let Value::Object(changes) = changes else {
        unreachable!()
    };
    status.as_object_mut().unwrap().extend(changes);
    status
}

#[test]
fn of_the_file() {
    let folder = Scratch::new("status");
    every_python(|python| {
        let (last, time) = (ago(42), ago(2));
        let status = status(json!({
            "time": time, "last_success": last, "exit": 4,
            "errors": ["cannot read `kv-prod/db`: access | denied\nby a policy"], "warnings": ["one", "two"],
        }));
        folder.write("status.json", status.to_string());
        let instance = Instance::by_file(python, &folder);
        let entry = instance.run_without_values("akv-xsoar-status").entry();
        let context = json!({
            "Source": "File", "Fresh": false, "AgeMinutes": 42, "LastSuccess": last, "LastRun": time, "ExitCode": 4,
            "Credentials": 2, "SoonestExpiry": "2027-01-31T12:00:00Z", "SoonestExpiryOf": "kv-prod/db",
            "Errors": ["cannot read `kv-prod/db`: access | denied\nby a policy"], "Warnings": ["one", "two"],
            "Version": "0.1.0",
        });
        assert_eq!(entry["Contents"], context);
        let key = "AkvXsoar.Status(val.Source && val.Source == obj.Source)";
        assert_eq!(entry["EntryContext"], json!({ key: context }));
        assert_eq!(
            entry["HumanReadable"],
            format!(
                "### akv-xsoar\n|What|Is|\n|---|---|\n|Source|File|\n|Fresh|false|\n|AgeMinutes|42|\n\
                 |LastSuccess|{last}|\n|LastRun|{time}|\n|ExitCode|4|\n|Credentials|2|\n\
                 |SoonestExpiry|2027-01-31T12:00:00Z|\n|SoonestExpiryOf|kv-prod/db|\n\
                 |Errors|cannot read `kv-prod/db`: access \\| denied by a policy|\n|Warnings|one; two|\n|Version|0.1.0|"
            )
        );

        // A first run that failed.
        let first = self::status(
            json!({"last_success": null, "exit": 3, "credentials": null, "soonest_expiry": null}),
        );
        folder.write("status.json", first.to_string());
        let any = instance.with("max_age", "0");
        let entry = any.run_without_values("akv-xsoar-status").entry();
        assert_eq!(entry["Contents"]["Fresh"], false);
        assert_eq!(entry["Contents"]["AgeMinutes"], Value::Null);
        assert_eq!(entry["Contents"]["SoonestExpiry"], Value::Null);
    });
}

/// There the program itself is asked; the status that it writes is the whole answer, its values are not looked at.
#[test]
fn of_a_fetch_by_the_program() {
    let azure = Standin::start();
    let folder = Scratch::new("status");
    let values = r#"[{"user":"u","password":"Canary-Value-0f5e2d","name":"kv-prod/db"}]"#;
    every_python(|python| {
        let temporary = Scratch::new("temporary");
        let instance = Instance::of(&azure, python)
            .canary("Canary-Value-0f5e2d")
            .env("TMPDIR", temporary.path().to_str().unwrap());
        for code in [0, 4] {
            let errors = if code == 0 {
                json!([])
            } else {
                json!(["denied"])
            };
            let status = status(json!({"exit": code, "errors": errors}));
            let script = format!(
                "cat >/dev/null\n[ \"$1 $2 $3 $4 $6 $7 $8\" = 'fetch --format xsoar --status --config - --' ] || exit 99\n\
                 printf '%s' '{status}' >\"$5\"\nprintf '%s' '{values}'\nexit {code}"
            );
            let instance = instance.clone().script(&folder, "akv", &script);
            let entry = instance.run_without_values("akv-xsoar-status").entry();
            assert_eq!(entry["Contents"]["Source"], "Program");
            assert_eq!(entry["Contents"]["ExitCode"], code);
            assert_eq!(entry["Contents"]["AgeMinutes"], 0);
            assert_eq!(entry["Contents"]["Errors"], errors);
        }
        let none = instance.clone().script(
            &folder,
            "akv",
            "cat >/dev/null; echo 'akv-xsoar: error: of usage' >&2; exit 2",
        );
        let error = none.run_without_values("akv-xsoar-status").error();
        assert_eq!(error, "error: of usage");
        assert!(names_in(temporary.path()).is_empty());
    });
}

/// The program's own status, of a fetch that went well and of one that did not.
#[test]
fn of_a_fetch_by_the_real_program() {
    let azure = azure();
    let expiring = Secret::new("soon", "value-of-soon").expires(4_102_444_800);
    azure.put("kv-prod", expiring);
    every_python(|python| {
        let instance = Instance::of(&azure, python).with("secrets", "db,soon");
        let entry = instance.run_without_values("akv-xsoar-status").entry();
        let found = &entry["Contents"];
        assert_eq!(found["Source"], "Program");
        assert_eq!(found["Fresh"], true, "{found}");
        assert_eq!(found["ExitCode"], 0);
        assert_eq!(found["Credentials"], 2);
        assert_eq!(found["SoonestExpiry"], "2100-01-01T00:00:00Z");
        assert_eq!(found["SoonestExpiryOf"], "kv-prod/soon");
        assert_eq!(found["Errors"], json!([]));
        assert_eq!(found["Version"], env!("CARGO_PKG_VERSION"));
        azure.expect(&[
            &azure.token_request(),
            &read("kv-prod", "db"),
            &read("kv-prod", "soon"),
        ]);

        let instance = Instance::of(&azure, python).with("secrets", "gone");
        let entry = instance.run_without_values("akv-xsoar-status").entry();
        let found = &entry["Contents"];
        assert_eq!(found["Fresh"], false, "{found}");
        assert_eq!(found["ExitCode"], 5);
        assert_eq!(found["LastSuccess"], Value::Null);
        let error = found["Errors"][0].as_str().unwrap();
        assert!(error.starts_with("cannot read `kv-prod/gone`"), "{error}");
        azure.expect(&[&azure.token_request(), &read("kv-prod", "gone")]);
    });
}

/// What a timer's run leaves is what the test and the command of the other source read.
#[test]
fn of_the_file_that_the_program_writes() {
    let azure = azure();
    let folder = Scratch::new("written");
    let (output, status) = (folder.join("credentials.json"), folder.join("status.json"));
    let fetch = |name: &str| {
        let run = Akv::new().args(["fetch", name, "--if-changed", "--output"]);
        run.arg(&output).arg("--status").arg(&status).app(&azure)
    };
    fetch("kv-prod/api").run();
    every_python(|python| {
        let instance = Instance::by_file(python, &folder);
        let said = instance.run_without_values("test-module");
        assert_eq!(said.results(), json!("ok"));
        let entry = instance.run_without_values("akv-xsoar-status").entry();
        assert_eq!(entry["Contents"]["Fresh"], true, "{entry}");
        assert_eq!(entry["Contents"]["ExitCode"], 0);
        assert_eq!(entry["Contents"]["Credentials"], 1);
    });
    fetch("kv-prod/gone").status(5).stderr_any().run();
    every_python(|python| {
        let instance = Instance::by_file(python, &folder);
        let entry = instance.run_without_values("akv-xsoar-status").entry();
        // The last success was a moment ago.
        assert_eq!(entry["Contents"]["Fresh"], true, "{entry}");
        assert_eq!(entry["Contents"]["ExitCode"], 5);
        assert_eq!(entry["Contents"]["AgeMinutes"], 0);
    });
    azure.ignore_log();
}
