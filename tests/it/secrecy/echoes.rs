//! What services say back of what they were sent or gave, in any form and at any place.

// The case stands in the report of a failure.
#![allow(clippy::print_stdout)]

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{VALUE, azure};
use crate::command::Akv;
use crate::standin::{Answer, CLIENT_SECRET, Fault, Request};

const TOKEN: &str = "POST login.microsoftonline.com";

/// A secret in every form in which a service might say it back.
fn spellings(secret: &str) -> Vec<String> {
    let quoted = Value::from(secret).to_string();
    let json = quoted.trim_matches('"').to_owned();
    let units = secret.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    vec![
        secret.to_owned(),
        format!("'{secret}'"),
        Value::from(json.as_str()).to_string(),
        json,
        units.collect(),
        percent.to_lowercase().replace("%20", "+"),
        percent,
        STANDARD.encode(secret),
        STANDARD.encode(format!("u:{secret}")),
        URL_SAFE_NO_PAD.encode(format!("{{\"password\": \"{secret}\"}}")),
    ]
}

/// The same in HTML, in hexadecimal digits, and in several encodings one within the other.
fn nested_spellings(secret: &str) -> Vec<String> {
    let json = |text: &str| Value::from(text).to_string().trim_matches('"').to_owned();
    let percent = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let entities = |text: &str| -> String {
        let named = text
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;");
        named
            .replace('+', "&plus;")
            .replace('/', "&sol;")
            .replace('ü', "&uuml;")
    };
    let each = |spell: fn(char) -> String| -> String { secret.chars().map(spell).collect() };
    let digits: Vec<_> = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
    vec![
        entities(secret),
        each(|c| format!("&#{};", u32::from(c))),
        each(|c| format!("&#x{:x};", u32::from(c))),
        digits.concat(),
        digits.join(":"),
        STANDARD.encode(percent(secret)),
        STANDARD.encode(STANDARD.encode(secret)),
        STANDARD.encode(entities(secret)),
        percent(&json(secret)),
        percent(&percent(secret)),
        percent(&STANDARD.encode(secret)),
        entities(&json(secret)),
        entities(&entities(secret)),
        json(&json(&json(&json(secret)))),
    ]
}

/// Whether eight characters of it are in there. What it begins or ends with may be no secret's.
fn shows_some(text: &str, spelling: &str) -> bool {
    let characters: Vec<_> = spelling.chars().collect();
    let inner = characters.get(4..characters.len().saturating_sub(4));
    let mut parts = inner.unwrap_or_default().windows(8);
    parts.any(|part| text.contains(&part.iter().collect::<String>()))
}

/// A place in an answer, what the run then ends with, and the answer with a text at that place.
type Place = (&'static str, i32, fn(&str) -> Answer);

/// Where Key Vault says something.
const VAULT: [Place; 11] = [
    ("message", 4, |text| refusal(403, "Forbidden", text)),
    ("message of a 400", 7, |text| {
        refusal(400, "BadParameter", text)
    }),
    ("message of a 401", 4, |text| {
        refusal(401, "Unauthorized", text)
    }),
    ("message of a 404", 7, |text| refusal(404, "Other", text)),
    ("code", 7, |text| refusal(400, text, "no")),
    ("inner code", 4, |text| {
        let inner = json!({"code": "Forbidden", "message": "no", "innererror": {"code": text}});
        Answer::json(403, &json!({"error": inner}))
    }),
    ("request id", 4, |text| {
        refusal(403, "Forbidden", "no").header("x-ms-request-id", visible(text))
    }),
    ("challenge", 4, |text| {
        let url = format!("https://login.example/{}", visible(text));
        let challenge = format!("Bearer authorization=\"{url}\", resource=\"{url}\"");
        refusal(401, "Unauthorized", "AKV10032: no").header("WWW-Authenticate", challenge)
    }),
    ("key", 7, |text| Answer::json(200, &json!({text: text}))),
    ("id", 7, |text| {
        Answer::json(200, &json!({"id": text, "value": "x"}))
    }),
    ("value of another type", 7, |text| {
        Answer::json(200, &json!({"value": [text], "id": {text: text}}))
    }),
];

/// Where Entra ID says something.
const ENTRA: [Place; 6] = [
    ("error", 3, |text| {
        Answer::json(400, &json!({"error": text, "error_description": "no"}))
    }),
    ("description", 3, |text| {
        let description = format!("AADSTS7000215: {text}");
        Answer::json(
            401,
            &json!({"error": "invalid_client", "error_description": description}),
        )
    }),
    ("ids", 3, |text| {
        let ids = json!({"error": "x", "error_description": "no", "trace_id": text, "correlation_id": text});
        Answer::json(400, &ids)
    }),
    ("codes", 3, |text| {
        Answer::json(
            400,
            &json!({"error": "x", "error_description": "no", "error_codes": [text]}),
        )
    }),
    ("token of another type", 7, |text| {
        Answer::json(200, &json!({"access_token": {text: text}}))
    }),
    ("page", 7, |text| {
        Answer::new(200, "text/html", text).header("Location", visible(text))
    }),
];

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({"error": {"code": code, "message": message}}),
    )
}

/// What of a text a header can carry.
fn visible(text: &str) -> String {
    let fits = |c: &char| c.is_ascii() && !c.is_ascii_control();
    text.chars().filter(fits).collect()
}

/// What the client sent or was given, as a service may say it back.
type Sent = (&'static str, fn(&Request) -> String);

const TO_VAULT: [Sent; 3] = [
    ("secret", |_| CLIENT_SECRET.to_owned()),
    ("token", |request| {
        request
            .header("authorization")
            .unwrap()
            .replace("Bearer ", "")
    }),
    ("value", |_| VALUE.to_owned()),
];

const TO_ENTRA: [Sent; 2] = [
    ("secret", |_| CLIENT_SECRET.to_owned()),
    ("form", |request| {
        String::from_utf8(request.body.clone()).unwrap()
    }),
];

/// A fault whose answer says back what was sent, in one of its spellings.
fn echo((_, _, answer): Place, (_, sent): Sent, spelling: usize) -> Fault {
    Fault::change(move |request, proper| {
        *proper = answer(&spellings(&sent(request))[spelling]);
    })
}

#[test]
fn what_a_vault_says_back_is_struck_out() {
    let azure = azure();
    azure.ignore_log();
    let count = spellings("").len();
    for number in 0..count {
        azure.secret(&format!("kv-{number}"), "b", "another value of b");
    }
    for place in VAULT {
        for sent in TO_VAULT {
            azure.mend();
            let mut run = Akv::new()
                .args(["fetch", "--verbose", "kv-prod/a"])
                .app(&azure);
            for number in 0..count {
                azure.fault(
                    &format!("GET kv-{number}.vault.azure.net"),
                    echo(place, sent, number),
                );
                run = run.arg(format!("kv-{number}/b"));
            }
            println!("a {} in {}", sent.0, place.0);
            let stderr = run.status(place.1).stderr_any().run().stderr_text();
            let errors = stderr.matches("akv-xsoar: error: ").count();
            assert_eq!(errors, count, "{stderr}");
        }
    }
}

#[test]
fn what_entra_says_back_is_struck_out() {
    let azure = azure();
    azure.ignore_log();
    for place in ENTRA {
        for sent in TO_ENTRA {
            for number in 0..spellings("").len() {
                azure.mend();
                azure.fault(TOKEN, echo(place, sent, number));
                println!("a {} in {}, spelling {number}", sent.0, place.0);
                let run = Akv::new()
                    .args(["fetch", "kv-prod/a", "--verbose"])
                    .app(&azure);
                run.status(place.1).stderr_has("akv-xsoar: error: ").run();
            }
        }
    }
}

#[test]
fn what_a_message_ends_within_is_struck_out_first() {
    // A sentence's end in the middle of the secret, and a cap in the middle of it.
    let secret = "Canary-One. Canary-Two, Trace ID: Canary-Three Canary-Four";
    let azure = azure();
    azure.ignore_log();
    for before in ["", &"x".repeat(490)] {
        azure.mend();
        let description = format!("AADSTS7000215: {before} {secret}");
        let body = json!({"error": "invalid_client", "error_description": description});
        azure.fault(TOKEN, Fault::json(401, &body));
        let run = Akv::new()
            .args(["fetch", "kv-prod/a", "--verbose"])
            .app(&azure);
        run.env("AZURE_CLIENT_SECRET", secret)
            .canary(secret)
            .canary("Canary-One")
            .canary("Canary-Two")
            .status(3)
            .stderr_has("akv-xsoar: error: ")
            .run();
    }
}

/// What a vault says of its only refusal, in which a sent or given secret is made something of.
fn said_of(sent: Sent, make: impl Fn(&str) -> String + Send + Sync + 'static) -> String {
    let azure = azure();
    azure.fault(
        "GET kv-prod.vault.azure.net/secrets/b?api-version=7.4",
        Fault::change(move |request, proper| {
            *proper = refusal(403, "Forbidden", &make(&sent.1(request)));
        }),
    );
    let run = Akv::new()
        .args(["fetch", "kv-prod/a", "kv-prod/b"])
        .app(&azure);
    let run = run.status(4).stderr_has("cannot read `kv-prod/b`: ").run();
    azure.ignore_log();
    run.stderr_text()
}

#[test]
fn encodings_of_encodings_are_struck_out() {
    for sent in TO_VAULT {
        for number in 0..nested_spellings("").len() {
            let made = Arc::new(Mutex::new(String::new()));
            let kept = Arc::clone(&made);
            let stderr = said_of(sent, move |secret| {
                let spelling = nested_spellings(secret).swap_remove(number);
                *kept.lock().unwrap() = spelling.clone();
                format!("it was {spelling} that he said")
            });
            let spelling = made.lock().unwrap();
            let shown = shows_some(&stderr, &spelling);
            assert!(!shown, "{}, spelling {number}: {stderr}", sent.0);
            let around = stderr.contains("it was [secret] that he said");
            assert!(around, "{}, spelling {number}: {stderr}", sent.0);
        }
    }
}

/// What a vault makes of a secret, and what is shown of it.
type Case = (fn(&str) -> String, &'static str);

/// What is left of a secret where a service, or whoever made its message, cut it.
#[test]
fn parts_of_secrets_are_struck_out() {
    let cases: [Case; 9] = [
        // As Key Vault shows it: the beginning, and a whole segment.
        (
            |token| {
                format!(
                    "AKV10046: Unable to resolve the key. EncodedJwtHeader: '{}'",
                    &token[..40]
                )
            },
            "'[secret]'",
        ),
        (
            |token| format!("a {} b", token.split('.').next().unwrap()),
            "a [secret] b",
        ),
        (
            |token| format!("a {} b", token.split('.').nth(1).unwrap()),
            "a [secret] b",
        ),
        (
            |token| format!("a {} b", token.split('.').nth(2).unwrap()),
            "a [secret] b",
        ),
        // From the middle.
        (|token| format!("a {}", &token[30..38]), "a [secret]"),
        (|token| format!("{} b", &token[30..38]), "[secret] b"),
        (
            |token| format!("a '{}…' b", &token[30..38]),
            "a '[secret]…' b",
        ),
        (|token| format!("a {} b", &token[30..46]), "a [secret] b"),
        // From the end, in base64.
        (
            |token| format!("a {} b", STANDARD.encode(&token[token.len() - 12..])),
            "a [secret] b",
        ),
    ];
    for (make, expected) in cases {
        let stderr = said_of(TO_VAULT[1], make);
        assert!(stderr.contains(expected), "`{expected}` is not in {stderr}");
    }
}

/// Words that a secret of many words has, too, say nothing of it.
#[test]
fn public_words_are_not_struck_out() {
    let azure = azure();
    azure.secret(
        "kv-prod",
        "a",
        "Server=db.example;Initial Catalog=main;Password=x7-Gq2!;permission=read",
    );
    azure.fault(
        "GET kv-prod.vault.azure.net/secrets/b?api-version=7.4",
        Fault::vault_error(
            403,
            "Forbidden",
            None,
            "There is no permission to read that; the Catalog=main. Ask db.example for a password.",
        ),
    );
    let run = Akv::new()
        .args(["fetch", "kv-prod/a", "kv-prod/b"])
        .app(&azure);
    run.status(4)
        .stderr_has(": There is no permission to read that; the Catalog=main. Ask db.example for a password. (request id ")
        .run();
    azure.ignore_log();
}

/// All that a vault takes, and one refusal. How much work it is to look for it all is counted in a unit test.
#[test]
fn many_long_secrets_are_looked_for() {
    let azure = azure();
    let names: Vec<_> = (0..60).map(|number| format!("long-{number}")).collect();
    let line = |name: &str, number: usize| {
        STANDARD.encode(format!(
            "{name}, line {number:03}, of sixty characters or so"
        ))
    };
    for name in &names {
        let lines: Vec<_> = (0..400).map(|number| line(name, number)).collect();
        azure.secret("kv-prod", name, &lines.join("\n")[..24_000]);
    }
    let said = format!("It has {} in it.", line("long-59", 300));
    azure.fault(
        "GET kv-prod.vault.azure.net/secrets/b?api-version=7.4",
        Fault::vault_error(403, "Forbidden", None, &said),
    );
    let secrets = names.iter().map(|name| format!("kv-prod/{name}"));
    let run = Akv::new()
        .arg("fetch")
        .args(secrets)
        .args(["kv-prod/b", "--timeout=20"]);
    run.app(&azure)
        .status(4)
        .stderr_has(": It has [secret] in it. (request id ")
        .run();
    azure.ignore_log();
}
