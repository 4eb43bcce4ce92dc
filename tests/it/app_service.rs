//! App Service and its kin, and which of a machine's sources of tokens is asked.

mod sources;

use serde_json::json;

use crate::command::Akv;
use crate::standin::{Fault, NOBODY, Standin, USER_CLIENT_ID, USER_OBJECT_ID, USER_RESOURCE_ID};

const TOKEN: &str =
    "GET app-service/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net";
const METADATA: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
const READ: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";
const SYSTEM: &str = "akv-xsoar: error: cannot get a token for this machine's managed identity: ";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

/// `get` where App Service has set its variables.
fn get(azure: &Standin) -> Akv<'_> {
    let there = azure.app_service();
    Akv::new()
        .args(["get", "kv-prod/api"])
        .azure(azure)
        .env("IDENTITY_ENDPOINT", there.endpoint)
        .env("IDENTITY_HEADER", there.header)
}

#[test]
fn the_request_is_what_the_endpoint_wants() {
    let azure = azure();
    // A proxy that is set for all others is not asked.
    get(&azure)
        .env("HTTPS_PROXY", format!("http://{NOBODY}"))
        .env("HTTP_PROXY", format!("http://{NOBODY}"))
        .env("http_proxy", format!("http://{NOBODY}"))
        .arg("--verbose")
        .stdout("value-of-api")
        .stderr_has("identity: this machine's managed identity, by App Service: ")
        .stderr_has("`IDENTITY_ENDPOINT` and `IDENTITY_HEADER` are set\n")
        .run();
    azure.expect(&[TOKEN, READ]);
}

#[test]
fn each_id_of_a_user_assigned_identity() {
    let azure = azure();
    let resource = USER_RESOURCE_ID.replace('/', "%2F");
    for (name, id, parameter) in [
        (
            "client",
            USER_CLIENT_ID,
            format!("client_id={USER_CLIENT_ID}"),
        ),
        (
            "object",
            USER_OBJECT_ID,
            format!("object_id={USER_OBJECT_ID}"),
        ),
        (
            "resource",
            USER_RESOURCE_ID,
            format!("mi_res_id={resource}"),
        ),
    ] {
        get(&azure)
            .args([&format!("--managed-identity-{name}-id"), id])
            .stdout("value-of-api")
            .run();
        azure.expect(&[&format!("{TOKEN}&{parameter}"), READ]);
    }
    // Alone in the environment, it is a managed identity's.
    get(&azure)
        .env("AZURE_CLIENT_ID", USER_CLIENT_ID)
        .stdout("value-of-api")
        .run();
    azure.expect(&[&format!("{TOKEN}&client_id={USER_CLIENT_ID}"), READ]);
}

#[test]
fn an_identity_that_the_app_does_not_have() {
    let azure = azure();
    let stranger = "0badc0de-0000-4000-8000-00000000c11e";
    let hint = "akv-xsoar: hint: is the identity assigned to this app? (`az webapp identity assign`, `az functionapp identity assign`)\n";
    let words = "the identity endpoint answered 400: No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId";
    get(&azure)
        .args(["--managed-identity-client-id", stranger])
        .status(3)
        .stderr_has(format!(
            "cannot get a token for the managed identity `{stranger}`: {words}"
        ))
        .stderr_has(hint)
        .run();
    azure.expect(&[&format!("{TOKEN}&client_id={stranger}")]);

    azure.system_assigned(false);
    get(&azure)
        .status(3)
        .stderr_has(format!("{SYSTEM}{words}"))
        .stderr_has(hint)
        .run();
    azure.expect(&[TOKEN]);
}

#[test]
fn a_header_that_is_not_the_endpoint_s() {
    let azure = azure();
    get(&azure)
        .env("IDENTITY_HEADER", "Canary-of-another-app")
        .canary("Canary-of-another-app")
        .status(3)
        .stderr_has(format!(
            "{SYSTEM}the identity endpoint answered 401: Unauthorized (correlation id "
        ))
        .run();
    azure.expect(&[TOKEN]);

    get(&azure)
        .env("IDENTITY_HEADER", "two\nlines")
        .status(2)
        .stderr_has("`IDENTITY_HEADER` has characters that an HTTP header cannot carry\n")
        .run();
}

#[test]
fn answers_that_are_not_the_endpoint_s() {
    let azure = azure();
    for (fault, status, words) in [
        (
            Fault::captive_portal(),
            7,
            "`127.0.0.1` answered 200 with no JSON (text/html)",
        ),
        (
            Fault::without("access_token"),
            7,
            "`127.0.0.1` answered 200 with JSON that holds no token",
        ),
        (
            Fault::redirect("http://127.0.0.1:1/"),
            7,
            "`127.0.0.1` answered 302 (text/html)",
        ),
        (
            Fault::raw(400, "text/html", "<html>Bad</html>"),
            7,
            "`127.0.0.1` answered 400 (text/html)",
        ),
        (
            Fault::app_service_error(403, "The\u{1b}[31m site is\r\ndisabled"),
            3,
            "the identity endpoint answered 403: The [31m site is disabled",
        ),
        (
            Fault::json(400, &json!({"statusCode": 400, "message": ""})),
            7,
            "`127.0.0.1` answered 400 (application/json)",
        ),
    ] {
        azure.mend();
        azure.fault("GET app-service/", fault);
        get(&azure)
            .status(status)
            .stderr_has(format!("{SYSTEM}{words}"))
            .run();
        azure.expect(&[TOKEN]);
    }
}

#[test]
fn an_endpoint_that_is_busy_is_asked_again() {
    let azure = azure();
    azure.fault(
        "GET app-service/",
        Fault::app_service_error(
            500,
            "An unexpected error occured while fetching the AAD Token.",
        )
        .once(),
    );
    get(&azure).stdout("value-of-api").run();
    azure.expect(&[TOKEN, TOKEN, READ]);

    // So is the page of what stands before it.
    azure.mend();
    azure.fault(
        "GET app-service/",
        Fault::raw(502, "text/html", "<html>Bad Gateway</html>").once(),
    );
    get(&azure).stdout("value-of-api").run();
    azure.expect(&[TOKEN, TOKEN, READ]);
}

#[test]
fn a_token_of_another_identity() {
    let azure = azure();
    azure.fault(
        "GET app-service/",
        Fault::with("client_id", "5e5e5e5e-0000-4000-8000-00000000c11e"),
    );
    get(&azure)
        .args(["--managed-identity-client-id", USER_CLIENT_ID])
        .status(3)
        .stderr_has(format!(
            "cannot get a token for the managed identity `{USER_CLIENT_ID}`: "
        ))
        .run();
    azure.expect(&[&format!("{TOKEN}&client_id={USER_CLIENT_ID}")]);
}

/// Whose clock is wrong is seen by the answer's date; else the token is.
#[test]
fn a_token_that_is_not_good_now() {
    let azure = azure();
    let (early, late) = ("the token is not valid yet", "the token's lifetime is over");
    let stale =
        "akv-xsoar: hint: what gives it out has one that is out of its time: try again later\n";
    for (ahead, lifetime, words) in [
        (0, (3600, 7200), early),
        (0, (-7200, -3600), late),
        (200, (3600, 7200), early),
        // Good there, and not here.
        (7200, (-300, 3599), early),
        (-7200, (-300, 3599), late),
    ] {
        azure.clock_ahead(ahead);
        azure.token_lifetime(lifetime.0, lifetime.1);
        // App Service says only until when.
        let sources: &[(&str, &str)] = if words == early {
            &[("imds", METADATA)]
        } else {
            &[("imds", METADATA), ("app-service", TOKEN)]
        };
        for (source, request) in sources {
            let run = get(&azure)
                .args(["--identity", source])
                .status(3)
                .stderr_has(format!("{SYSTEM}{words}\n"));
            let run = if ahead.abs() > 300 {
                run.stderr_has("hint: set this machine's clock: it says ")
                    .stderr_has(", the server's says ")
            } else {
                run.stderr_has(stale).stderr_lacks("clock")
            };
            run.run();
            azure.expect(&[request]);
        }
    }
    // A server that does not tell its time proves nothing.
    azure.clock_ahead(0);
    azure.token_lifetime(-7200, -3600);
    azure.fault(
        "GET metadata/",
        Fault::change(|_, answer| {
            answer.headers.push(("Date".to_owned(), "soon".to_owned()));
        }),
    );
    get(&azure)
        .args(["--identity", "imds"])
        .status(3)
        .stderr_has(stale)
        .stderr_lacks("clock")
        .run();
    azure.expect(&[METADATA]);
    azure.mend();
    // A few minutes are nothing.
    azure.token_lifetime(200, 3599);
    get(&azure)
        .args(["--identity", "imds"])
        .stdout("value-of-api")
        .run();
    azure.expect(&[METADATA, READ]);
}
