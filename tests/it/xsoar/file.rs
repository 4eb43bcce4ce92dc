//! The other source: the file that a timer of the engine's host keeps fresh.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::instance::{Instance, credential, every_python, every_python_there_is};
use super::status::{ago, status};
use super::{ON_DEMAND, azure, both};
use crate::command::Akv;
use crate::standin::Scratch;

const CANARY: &str = "Canary-Value-0f5e2d";

/// A folder as the units leave it: written by the program itself.
fn folder() -> Scratch {
    let azure = azure();
    let folder = Scratch::new("xsoar");
    let output = folder.join("credentials.json");
    Akv::new()
        .args(["fetch", "kv-prod/db", "kv-prod/api", "--output"])
        .arg(&output)
        .app(&azure)
        .run();
    azure.ignore_log();
    folder.write("status.json", status(json!({})).to_string());
    folder
}

#[test]
fn all_of_them_in_both_modes() {
    let folder = folder();
    every_python_there_is(|python| {
        let instance = Instance::by_file(python, &folder);
        assert_eq!(instance.run("fetch-credentials").credentials(), both());
        let on_demand = instance.clone().with("credentials_fetch_mode", ON_DEMAND);
        let said = on_demand
            .canary("value-of")
            .run_without_values("fetch-credentials");
        let names = [("kv-prod/db", "db"), ("kv-prod/api", "api")];
        let wanted = names.map(|(name, user)| credential(name, user, ""));
        assert_eq!(said.credentials(), json!(wanted));
        assert!(said.log.is_empty());
    });
}

#[test]
fn one_of_them_in_both_modes() {
    let folder = folder();
    every_python(|python| {
        for mode in ["Store in XSOAR", ON_DEMAND] {
            let instance = Instance::by_file(python, &folder).with("credentials_fetch_mode", mode);
            for name in ["kv-prod/api", "KV-prod/Api"] {
                let wanted = credential("kv-prod/api", "api", "value-of-api");
                assert_eq!(instance.fetch(name).credentials(), json!([wanted]));
            }
            let none = instance.fetch("kv-prod/other");
            none.nothing_because("0 credentials have the name that was asked for");
        }
    });
}

#[test]
fn names_and_the_test_button() {
    let folder = folder();
    every_python(|python| {
        let instance = Instance::by_file(python, &folder).canary("value-of");
        let entry = instance.run_without_values("akv-xsoar-list").entry();
        assert_eq!(
            entry["HumanReadable"],
            "### 2 credentials\n|Name|User|\n|---|---|\n|kv-prod/db|db|\n|kv-prod/api|api|"
        );
        assert_eq!(
            instance.run_without_values("test-module").results(),
            json!("ok")
        );
    });
}

/// No file, half of one, and all that is none.
#[test]
fn what_is_no_file_of_credentials() {
    let folder = folder();
    every_python(|python| {
        let path = folder.join("credentials.json");
        let shown = path.display();
        let instance = Instance::by_file(python, &folder).canary(CANARY);
        let fails = |start: &str| {
            instance
                .run_without_values("fetch-credentials")
                .raises(start);
            instance.fetch("kv-prod/db").nothing_because(start);
            for command in ["test-module", "akv-xsoar-list"] {
                let error = instance.run_without_values(command).error();
                assert!(error.starts_with(start), "{command}: {error}");
            }
        };
        let whole = fs::read(&path).unwrap();
        let half = format!("[\n{{\"user\":\"db\",\"password\":\"{CANARY}\",\"na");
        for (content, why) in [
            (half.as_str(), "is not JSON, or not all of it"),
            ("", "is not JSON, or not all of it"),
            ("{}", "is no list of objects with user, password and name"),
            (
                "[{\"user\":\"db\",\"name\":\"x\"}]",
                "is no list of objects with user, password and name",
            ),
        ] {
            fs::write(&path, content).unwrap();
            fails(&format!("`{shown}` {why}"));
        }
        fs::remove_file(&path).unwrap();
        fails(&format!(
            "there is no `{shown}` in this container: `python.pass.extra.keys` of the engine mounts it"
        ));
        symlink("credentials.json", &path).unwrap();
        fails(&format!(
            "cannot read `{shown}`: Too many levels of symbolic links; its owner and mode must let uid "
        ));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fails(&format!("cannot read `{shown}`: Is a directory; "));
        fs::remove_dir(&path).unwrap();
        File::create(&path)
            .unwrap()
            .set_len(17 * 1024 * 1024)
            .unwrap();
        fails(&format!("`{shown}` has more than 16777216 bytes"));
        fs::write(&path, whole).unwrap();
    });
}

/// The last success counts: the file's own time stays where nothing is new.
#[test]
fn an_old_file_fails_the_test_and_is_handed_over() {
    let folder = folder();
    let tests = |instance: &Instance<'_>| instance.run_without_values("test-module");
    every_python(|python| {
        let instance = Instance::by_file(python, &folder);
        let of = |changes: Value| folder.write("status.json", status(changes).to_string());

        // A refresh or two that failed since.
        of(json!({"last_success": ago(29), "exit": 6, "errors": ["cannot reach `kv-prod`"]}));
        assert_eq!(tests(&instance).results(), json!("ok"));

        of(
            json!({"last_success": ago(31), "exit": 6, "errors": ["cannot reach `kv-prod`", "and another"]}),
        );
        assert_eq!(
            tests(&instance).error(),
            "the last success was 31 minutes ago, and `max_age` is 30 minutes; the last run ended with 6: cannot reach `kv-prod`; and another"
        );
        assert_eq!(instance.run("fetch-credentials").credentials(), both());
        assert_eq!(
            tests(&instance.clone().with("max_age", "60")).results(),
            json!("ok")
        );
        assert_eq!(
            tests(&instance.clone().with("max_age", "0")).results(),
            json!("ok")
        );
        let never = tests(&instance.clone().with("max_age", "10.5")).error();
        assert!(never.contains("`max_age` is 10.5 minutes"), "{never}");

        of(json!({"last_success": null, "exit": 3, "errors": ["no token"]}));
        let never = tests(&instance).error();
        assert!(
            never.starts_with("the last success was never, and "),
            "{never}"
        );

        // A clock that is ahead there.
        of(json!({"last_success": ago(-5)}));
        assert_eq!(tests(&instance).results(), json!("ok"));
        for age in ["soon", "nan", "-1"] {
            let error = tests(&instance.clone().with("max_age", age)).error();
            assert_eq!(
                error,
                "`max_age` must be a number of minutes, 0 for any age"
            );
        }
    });
}

#[test]
fn no_status_or_half_of_one() {
    let folder = folder();
    every_python(|python| {
        let path = folder.join("status.json");
        let shown = path.display();
        let instance = Instance::by_file(python, &folder);
        let fails = |start: &str| {
            for command in ["test-module", "akv-xsoar-status"] {
                let error = instance.run_without_values(command).error();
                assert!(error.starts_with(start), "{command}: {error}");
            }
            assert_eq!(instance.run("fetch-credentials").credentials(), both());
        };
        fs::write(&path, "{\"time\": \"2026").unwrap();
        fails(&format!("`{shown}` is not JSON, or not all of it"));
        fs::write(&path, "[]").unwrap();
        fails(&format!("`{shown}` is no object"));
        for time in [json!("yesterday"), json!(7), json!(["x"])] {
            fs::write(&path, json!({"last_success": time}).to_string()).unwrap();
            fails("`last_success` is no time");
        }
        fs::remove_file(&path).unwrap();
        fails(&format!("there is no `{shown}` in this container: "));
        // Where no age is asked for, nobody needs one.
        let any = instance.with("max_age", "0");
        let said = any.run_without_values("test-module");
        assert_eq!(said.results(), json!("ok"));
    });
}
