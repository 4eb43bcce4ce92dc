//! 401s that pass: a new token once, the same request again, and what becomes of those that stay.

use serde_json::json;

use super::super::retry::at_once;
use super::{READ, VAULT, azure, fetch};
use crate::command::Akv;
use crate::files::set_mode;
use crate::standin::keys::{Certificate, Key};
use crate::standin::{
    APP_SERVICE_HEADER, CLIENT_ID, Fault, Request, Scratch, Secret, Standin, TENANT, Xsoar,
};

const LIST: &str = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
const NOT_YET: &str = "AKV10000: IDX10222: Lifetime validation failed. The token is not yet valid.";
const UNSEEN: &str = "AKV10000: Request is missing a Bearer or PoP token.";
const AUDIENCE: &str =
    "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://x.";

/// Every 401 that a vault has for a token: those that pass, and others.
fn refusals() -> Vec<Fault> {
    vec![
        Fault::unresolved_key(),
        Fault::token_refused("Token not yet valid"),
        Fault::token_refused(NOT_YET),
        Fault::token_refused(UNSEEN),
        Fault::token_refused(AUDIENCE),
        Fault::token_refused("AKV10032: Invalid issuer. Expected one of a, found b."),
        Fault::token_refused("Something that nobody has seen yet."),
        Fault::challenge_alone(),
    ]
}

/// What the token was that each request had, if it had one.
fn tokens(azure: &Standin) -> Vec<String> {
    let requests = azure.requests();
    let bearers = requests.iter().filter_map(|r| r.header("authorization"));
    bearers.map(str::to_owned).collect()
}

#[test]
fn a_new_token_and_the_same_request() {
    for refusal in refusals() {
        let azure = azure();
        azure.fault(READ, refusal.once());

        Akv::new()
            .args(["get", "kv-prod/db"])
            .app(&azure)
            .stdout("value-of-db")
            .run();

        let token = azure.token_request();
        azure.expect(&[&token, READ, &token, READ]);
        let tokens = tokens(&azure);
        assert_ne!(tokens[0], tokens[1], "a new token");
    }
}

#[test]
fn in_every_command() {
    let words: [&[&str]; 9] = [
        &["get", "kv-prod/db"],
        &["fetch", "kv-prod/db"],
        &["fetch", "--vault=kv-prod", "--secret=db"],
        &["fetch", "--vault=kv-prod", "--all"],
        &["fetch", "--vault=kv-prod", "--match=d*", "--format=jsonl"],
        &["list", "--vault=kv-prod"],
        &["exec", "kv-prod/db", "--", "true"],
        &["push", "kv-prod/db", "--xsoar-url=https://xsoar.example"],
        &["check", "kv-prod/db"],
    ];
    for words in words {
        for route in [READ, LIST] {
            let azure = azure();
            azure.xsoar(Xsoar::six());
            // What `check` asks for without a token is not meant.
            let skip = u32::from(words[0] == "check" && route == LIST);
            azure.fault(route, Fault::unresolved_key().skip(skip).once());

            Akv::new()
                .args(words)
                .app(&azure)
                .env("DEMISTO_API_KEY", crate::standin::XSOAR_KEY)
                .stdout_any()
                .run();

            let refused = azure.requests().iter().any(|request| {
                request.line().starts_with(route) && request.header("authorization").is_some()
            });
            let expected = if refused { 2 } else { 1 };
            assert_eq!(azure.count("POST login*"), expected, "{words:?} {route}");
            azure.ignore_log();
        }
    }
}

#[test]
fn by_every_identity() {
    let directory = Scratch::new("identities");
    let key = Key::usual();
    let certificate = Certificate::of(key);
    directory.write("app.pem", format!("{}{}", key.pkcs8(), certificate.pem()));
    set_mode(directory.join("app.pem"), 0o600);
    for case in [
        "secret",
        "certificate",
        "workload",
        "metadata",
        "app-service",
    ] {
        let azure = azure();
        azure.register_certificate(&certificate);
        directory.write("token", azure.federate());
        let app = ["--tenant-id", TENANT, "--client-id", CLIENT_ID];
        let run = Akv::new().args(["get", "kv-prod/db"]).cwd(directory.path());
        let run = match case {
            "secret" => run.app(&azure),
            "certificate" => run
                .azure(&azure)
                .args(app)
                .arg("--client-certificate=app.pem"),
            "workload" => run
                .azure(&azure)
                .args(app)
                .arg("--federated-token-file=token"),
            "metadata" => run.azure(&azure),
            _ => {
                let there = azure.app_service();
                let run = run.azure(&azure).env("IDENTITY_ENDPOINT", there.endpoint);
                run.env("IDENTITY_HEADER", APP_SERVICE_HEADER)
            }
        };
        azure.fault(READ, Fault::unresolved_key().once());

        run.stdout("value-of-db").run();

        let token = match case {
            "metadata" => "GET metadata/*",
            "app-service" => "GET app-service/*",
            _ => "POST login.microsoftonline.com/*",
        };
        azure.expect(&[token, READ, token, READ]);
    }
}

/// One new token is enough for a run; from then on such an answer is as any failure that passes.
#[test]
fn the_new_token_is_for_all_that_follow() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 3);
    let read = |number: u32| {
        format!("GET kv-prod.vault.azure.net/secrets/secret-00{number}?api-version=7.4")
    };
    azure.fault(&read(1), Fault::unresolved_key().once());
    azure.fault(&read(2), Fault::unresolved_key().once());
    azure.fault(&read(3), Fault::token_refused(UNSEEN).once());

    Akv::new()
        .args(["fetch", "--vault=kv-prod"])
        .args(["--secret=secret-001,secret-002,secret-003", "--verbose"])
        .app(&azure)
        .in_sequence()
        .stdout_has("value-of-secret-003")
        .stderr_has("try 2 in ")
        .run();

    let (token, reads) = (azure.token_request(), [1, 2, 3].map(read));
    let [one, two, three] = reads.each_ref().map(String::as_str);
    azure.expect(&[&token, one, &token, one, two, two, three, three]);
    let tokens = tokens(&azure);
    assert!(tokens[1..].iter().all(|token| *token == tokens[1]));
}

#[test]
fn a_page_is_asked_for_again() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 60);
    azure.fault(LIST, Fault::unresolved_key().skip(1).once());

    let output = Akv::new()
        .args(["list", "--vault=kv-prod"])
        .app(&azure)
        .stdout_any()
        .run();

    assert_eq!(output.stdout_text().lines().count(), 60);
    let (token, next) = (azure.token_request(), "GET *$skiptoken=*");
    azure.expect(&[&token, LIST, next, &token, next, next]);
}

#[test]
fn what_passes_later_is_waited_for() {
    at_once(&[2, 3], |&times| {
        let azure = azure();
        azure.fault(READ, Fault::unresolved_key().times(times));

        fetch(&azure).stdout_has("value-of-db").run();

        let token = azure.token_request();
        let mut expected = vec![token.as_str(), READ, &token];
        expected.resize(3 + times as usize, READ);
        azure.expect(&expected);
    });
}

#[test]
fn what_stays_is_a_failure_of_the_service_s() {
    let cases = [
        (
            Fault::unresolved_key(),
            "fetch",
            READ,
            "AKV10046: Unable to",
        ),
        (
            Fault::token_refused(NOT_YET),
            "list",
            LIST,
            "AKV10000: IDX10222",
        ),
    ];
    at_once(&cases, |(fault, command, route, words)| {
        let azure = azure();
        azure.secret("kv-prod", "other", "never read");
        azure.fault("GET kv-prod.vault.azure.net/", fault.clone());
        let words = format!("the vault cannot check the token at the moment: {words}");
        let run = match *command {
            "list" => Akv::new().args(["list", "--vault=kv-prod"]).app(&azure),
            _ => fetch(&azure).arg("kv-prod/other"),
        };

        let output = run
            .status(7)
            .stderr_has(words)
            .stderr_has(", 7 times\nakv-xsoar: hint: try again later\n")
            .run();

        // The whole vault has it.
        assert_eq!(output.stderr_text().matches("error:").count(), 1);
        let token = azure.token_request();
        let mut expected = vec![token.as_str(), route, &token];
        expected.resize(9, route);
        azure.expect(&expected);
    });
}

#[test]
fn what_does_not_fit_is_not_waited_for() {
    let azure = azure();
    azure.fault(READ, Fault::unresolved_key().header("Retry-After", "100"));

    fetch(&azure)
        .status(8)
        .stderr_has("the vault cannot check the token at the moment: AKV10046: ")
        .stderr_has("; the next try would be in 100 s, and `--timeout` is too short for it (60 s)")
        .run();

    let token = azure.token_request();
    azure.expect(&[&token, READ, &token, READ]);
}

#[test]
fn any_other_that_stays_is_a_refusal() {
    for (fault, words) in [
        (
            Fault::token_refused(UNSEEN),
            "the vault says that no token came: AKV10000: Request is missing",
        ),
        (
            Fault::token_refused(AUDIENCE),
            "the token is for another audience: AKV10022: ",
        ),
        (
            Fault::token_refused("Odd."),
            "the vault does not accept the token: Odd. (request id ",
        ),
        (
            Fault::challenge_alone(),
            "the vault does not accept the token (request id ",
        ),
    ] {
        let azure = azure();
        azure.fault(READ, fault);

        fetch(&azure)
            .status(4)
            .stderr_has(format!("{VAULT}{words}"))
            .run();

        let token = azure.token_request();
        azure.expect(&[&token, READ, &token, READ]);
    }
}

/// A 401 of what is no vault has nothing to do with the token.
#[test]
fn a_stranger_s_401_gets_no_new_token() {
    for fault in [
        Fault::status(401),
        Fault::raw(401, "text/html", "<html>"),
        Fault::status(401).header("WWW-Authenticate", "Basic realm=\"proxy\""),
        Fault::json(401, &json!({"message": "no"})),
    ] {
        let azure = azure();
        azure.fault(READ, fault);
        fetch(&azure).status(7).stderr_any().run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}

/// Where there is no new token, the old one may still do.
#[test]
fn no_new_token() {
    for fault in [Fault::aadsts(7_000_215), Fault::captive_portal()] {
        let azure = azure();
        let token = azure.token_request();
        azure.fault(&token, fault.skip(1));
        azure.fault(READ, Fault::unresolved_key().once());

        fetch(&azure).stdout_has("value-of-db").run();

        azure.expect(&[&token, READ, &token, READ]);
    }
}

/// Neither the token's header that the vault quotes, nor the new token, is shown.
#[test]
fn nothing_of_a_token_is_shown() {
    let azure = azure();
    azure.put("kv-prod", Secret::new("other", "never read"));
    azure.fault(READ, Fault::unresolved_key().header("Retry-After", "100"));
    let output = fetch(&azure).status(8).stderr_any().run();
    let token = azure.token_request();
    azure.expect(&[&token, READ, &token, READ]);
    let stderr = output.stderr_text();
    for token in tokens(&azure) {
        for part in token.trim_start_matches("Bearer ").split('.') {
            let found = part.as_bytes().windows(8).any(|run| {
                let run = std::str::from_utf8(run).unwrap();
                stderr.contains(run)
            });
            assert!(!found, "{stderr}");
        }
    }

    azure.mend();
    azure.fault(READ, Fault::unresolved_key().once());
    azure.fault(
        READ,
        Fault::change(|request: &Request, answer| {
            let token = request.header("authorization").unwrap_or_default();
            let body = json!({"error": {"code": "Forbidden", "message": format!("No: {token}!")}});
            answer.status = 403;
            answer.body = body.to_string().into_bytes();
        }),
    );
    fetch(&azure)
        .status(4)
        .stderr_has("access denied: No: Bearer [secret]!")
        .run();
    azure.expect(&[&token, READ, &token, READ]);
}
