//! What is odd in a field that nobody needs spoils nothing, neither a read nor a listing.

use serde_json::{Value, json};

use super::{READ, azure, fetch};
use crate::command::Akv;
use crate::standin::{Fault, Secret, Standin};

const LIST: &str = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
const BEYOND: u64 = u64::MAX;

/// Every type that a field may be of.
fn odd() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(BEYOND),
        json!(1.5e300),
        json!(""),
        json!("x"),
        json!([]),
        json!([null, {"a": 1}]),
        json!({}),
        json!({"a": {"b": null}}),
    ]
}

const FIELDS: [&str; 11] = [
    "contentType",
    "tags",
    "attributes",
    "kid",
    "managed",
    "attributes/enabled",
    "attributes/exp",
    "attributes/nbf",
    "attributes/created",
    "attributes/recoverableDays",
    "tags/a",
];

/// One secret as it is told of, with another value at a place.
fn spoil(secret: &mut Value, field: &str, value: &Value) {
    match field.split_once('/') {
        Some((outer, inner)) => secret[outer][inner] = value.clone(),
        None => secret[field] = value.clone(),
    }
}

fn secret() -> Secret {
    Secret::new("db", "value-of-db").tag("b", "kept")
}

#[test]
fn a_secret_is_read_all_the_same() {
    let azure = Standin::start();
    azure.put("kv-prod", secret());
    azure.ignore_log();
    for field in FIELDS {
        for value in odd() {
            azure.mend();
            let value = value.clone();
            azure.fault(
                READ,
                Fault::change_json(move |_, body| spoil(body, field, &value)),
            );
            let run = fetch(&azure).stdout_has("value-of-db");
            // The other tags stay what they are.
            if field.starts_with("tags/") {
                run.args(["--user-tag", "b"])
                    .stdout_has(r#"{"user":"kept""#)
                    .run();
            } else if field == "attributes/exp" {
                // A time that is past is one.
                run.stderr_any().run();
            } else {
                run.run();
            }
        }
    }
}

#[test]
fn a_listing_is_read_all_the_same() {
    let azure = Standin::start();
    azure.put("kv-prod", secret());
    azure.put("kv-prod", Secret::new("off", "never read").disabled());
    azure.ignore_log();
    for field in FIELDS {
        for value in odd() {
            // What says that it is disabled, or behind a certificate, is believed.
            if field == "managed" && value == json!(true) {
                continue;
            }
            azure.mend();
            let shown = format!("{field}: {value}");
            azure.fault(
                LIST,
                Fault::change_json(move |_, body| spoil(&mut body["value"][0], field, &value)),
            );
            let run = Akv::new().args(["list", "--vault=kv-prod"]).app(&azure);
            let output = run.stdout_any().run();
            assert_eq!(output.stdout_text(), "kv-prod/db\n", "{shown}");
        }
    }
}

/// A number as text, or with a point, is the number; a switch as text is the switch.
#[test]
fn what_can_be_understood_is() {
    let azure = azure();
    let expired = "akv-xsoar: warning: `kv-prod/db` expired on Thu, 01 Jan 1970 00:00:01 GMT and is used anyway\n";
    let same = expired.replace("anyway", "all the same");
    for exp in [json!(1), json!("1"), json!(" 1 "), json!(1.0), json!(1.9)] {
        azure.mend();
        azure.fault(READ, Fault::with("attributes", json!({"exp": exp})));
        let output = fetch(&azure)
            .stdout_has("value-of-db")
            .stderr_has("expired on Thu, 01 Jan 1970 00:00:01 GMT")
            .run();
        let stderr = output.stderr_text();
        assert!([expired, &same].contains(&stderr.as_str()), "{stderr}");
        azure.expect(&[&azure.token_request(), READ]);
    }
    for exp in [json!("soon"), json!("2001-01-01T00:00:00Z"), json!(1e300)] {
        azure.mend();
        azure.fault(READ, Fault::with("attributes", json!({"exp": exp})));
        fetch(&azure).stdout_has("value-of-db").run();
        azure.expect(&[&azure.token_request(), READ]);
    }
    let list = |fault: Fault| {
        azure.mend();
        azure.fault(LIST, fault);
        let run = Akv::new().args(["list", "--vault=kv-prod"]).app(&azure);
        let output = run.stdout_any().run();
        azure.expect(&[&azure.token_request(), LIST]);
        output.stdout_text()
    };
    let with = |field: &'static str, value: Value| {
        Fault::change_json(move |_, body| spoil(&mut body["value"][0], field, &value))
    };
    for no in [json!("false"), json!("False"), json!(false)] {
        assert_eq!(list(with("attributes/enabled", no)), "");
    }
    for yes in [json!("true"), json!(true), json!("TRUE")] {
        assert_eq!(list(with("managed", yes)), "");
    }
}

#[test]
fn tags_that_are_null_beside_others() {
    let azure = Standin::start();
    azure.put("kv-prod", secret());
    azure.fault(
        LIST,
        Fault::change_json(|_, body| {
            body["value"][0]["tags"] = json!({"a": null, "b": "kept", "c": 1, "d": ["x"]});
        }),
    );
    for (tag, status) in [("b=kept", 0), ("b", 0), ("a", 5), ("c", 5)] {
        let run = Akv::new()
            .args(["list", "--vault=kv-prod", "--tag", tag])
            .app(&azure);
        if status == 0 {
            run.stdout("kv-prod/db\n").run();
        } else {
            run.status(status).stderr_any().run();
        }
        azure.expect(&[&azure.token_request(), LIST]);
    }
}

/// Items that are null are none; a list that is null is empty.
#[test]
fn nulls_in_and_for_a_list() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 30);
    let next = "GET kv-prod.vault.azure.net/secrets?api-version=7.4&$skiptoken=*";
    for (route, fault, lines) in [
        (
            LIST,
            Fault::change_json(|_, body| body["value"][3] = json!(null)),
            29,
        ),
        (LIST, Fault::with("value", json!(null)).once(), 5),
        (next, Fault::with("value", json!(null)), 25),
        (next, Fault::json(200, &json!({"value": null})), 25),
    ] {
        azure.mend();
        azure.fault(route, fault.once());
        let run = Akv::new().args(["list", "--vault=kv-prod"]).app(&azure);
        let output = run.stdout_any().run();
        assert_eq!(output.stdout_text().lines().count(), lines);
        azure.expect(&[&azure.token_request(), LIST, next]);
    }
}

#[test]
fn vaults_of_a_subscription() {
    let azure = Standin::start();
    azure.list_vault("kv-prod");
    azure.ignore_log();
    for field in ["location", "tags", "name", "id", "type"] {
        for value in odd() {
            azure.mend();
            azure.fault(
                "GET management.azure.com/",
                Fault::change_json(move |_, body| body["value"][0][field] = value.clone()),
            );
            let run = Akv::new().args(["vaults", "--subscription-id"]);
            let run = run.arg(crate::standin::SUBSCRIPTION).app(&azure);
            run.stdout_has("kv-prod\thttps://kv-prod.vault.azure.net\t")
                .run();
        }
    }
    for field in ["publicNetworkAccess", "tenantId", "sku"] {
        for value in odd() {
            azure.mend();
            azure.fault(
                "GET management.azure.com/",
                Fault::change_json(move |_, body| {
                    body["value"][0]["properties"][field] = value.clone();
                }),
            );
            let run = Akv::new().args(["vaults", "--subscription-id"]);
            let run = run.arg(crate::standin::SUBSCRIPTION).app(&azure);
            run.stdout_has("kv-prod\thttps://kv-prod.vault.azure.net\t")
                .run();
        }
    }
}
