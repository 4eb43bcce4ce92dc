//! The machine's own identities: the metadata endpoint, where it is, and where it is not.

mod guarded;
mod strangers;
mod words;

use std::time::Duration;

use serde_json::{Value, json};

use crate::command::Akv;
use crate::standin::{
    Fault, ManagedIdentity, NOBODY, Numbers, SYSTEM_CLIENT_ID, Standin, USER_CLIENT_ID,
    USER_OBJECT_ID, USER_RESOURCE_ID,
};

const TOKEN: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
const READ: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";

const SYSTEM: &str = "akv-xsoar: error: cannot get a token for this machine's managed identity: ";
const NOT_A_VM: &str = "akv-xsoar: hint: managed identities work on Azure VMs only (and not in a container whose network hides 169.254.169.254); elsewhere use an application: `--tenant-id`, `--client-id`, `--client-secret-file`\n";

fn get(azure: &Standin) -> Akv<'_> {
    Akv::new().args(["get", "kv-prod/api"]).azure(azure)
}

/// A vault with one secret.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

#[test]
fn the_request_is_what_the_endpoint_wants() {
    let azure = azure();

    // A proxy that is set for all others is not asked, and nobody hears of it.
    get(&azure)
        .env("HTTPS_PROXY", format!("http://{NOBODY}"))
        .env("HTTP_PROXY", format!("http://{NOBODY}"))
        .env("http_proxy", format!("http://{NOBODY}"))
        .env("ALL_PROXY", format!("http://{NOBODY}"))
        .stdout("value-of-api")
        .run();

    azure.expect(&[TOKEN, READ]);
    let request = &azure.requests()[0];
    assert_eq!(request.header("metadata"), Some("true"));
    for name in ["x-forwarded-for", "forwarded", "via", "authorization"] {
        assert_eq!(request.header(name), None, "{name}");
    }
}

#[test]
fn each_id_of_a_user_assigned_identity() {
    let azure = azure();
    let resource = USER_RESOURCE_ID.replace('/', "%2F");
    for (setting, parameter) in [
        (
            ("--managed-identity-client-id", USER_CLIENT_ID),
            format!("client_id={USER_CLIENT_ID}"),
        ),
        (
            ("--managed-identity-object-id", USER_OBJECT_ID),
            format!("object_id={USER_OBJECT_ID}"),
        ),
        (
            ("--managed-identity-resource-id", USER_RESOURCE_ID),
            format!("msi_res_id={resource}"),
        ),
    ] {
        get(&azure)
            .args([setting.0, setting.1])
            .stdout("value-of-api")
            .run();

        azure.expect(&[&format!("{TOKEN}&{parameter}"), READ]);
    }
}

#[test]
fn numbers_in_any_dress() {
    let azure = azure();
    for numbers in [
        Numbers::Strings,
        Numbers::Integers,
        Numbers::EmptyExpiresOn,
        Numbers::NoExpiresOn,
    ] {
        azure.numbers(numbers);

        get(&azure).stdout("value-of-api").run();

        azure.expect(&[TOKEN, READ]);
    }
}

/// `error`, its description, what is shown, and the hint.
type Row = (
    Option<&'static str>,
    Option<&'static str>,
    &'static str,
    Option<&'static str>,
);

const REFUSALS: [Row; 8] = [
    (
        Some("invalid_request"),
        Some("Identity not found"),
        "Identity not found (invalid_request)",
        Some(
            "this machine does not have that identity: assign it (`az vm identity assign`), or check the id",
        ),
    ),
    (
        Some("invalid_request"),
        Some(
            "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
        ),
        "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request (invalid_request)",
        Some("say which one: `--managed-identity-client-id`, `-object-id` or `-resource-id`"),
    ),
    (
        Some("invalid_resource"),
        Some(
            "AADSTS500011: The resource principal named https://vault.azure.net was not found in the tenant named Contoso.",
        ),
        "AADSTS500011: The resource principal named https://vault.azure.net was not found in the tenant named Contoso. (invalid_resource)",
        Some(
            "Key Vault of that cloud is not known in the machine's tenant: is it the right cloud (`--cloud`)?",
        ),
    ),
    (
        Some("bad_request_102"),
        Some("Required metadata header not specified"),
        "Required metadata header not specified (bad_request_102)",
        Some(
            "something between this machine and its metadata endpoint removes the header `Metadata`",
        ),
    ),
    (
        Some(
            "Bad request. api-version was not specified in the request. For more information refer to aka.ms/azureimds",
        ),
        None,
        "Bad request. api-version was not specified in the request. For more information refer to aka.ms/azureimds",
        Some("what answers there is not the metadata service of an Azure VM, or a very old one"),
    ),
    (
        Some("invalid_request"),
        Some("Something new\r\n\u{1b}[31mand red"),
        "Something new [31mand red (invalid_request)",
        None,
    ),
    (None, Some("Only words"), "Only words", None),
    (Some("unknown_error"), Some(""), "unknown_error", None),
];

#[test]
fn every_documented_refusal_has_its_words_and_its_hint() {
    let azure = Standin::start();
    for (error, description, shown, hint) in REFUSALS {
        azure.mend();
        let mut body = json!({"newest-versions": ["2021-12-13"]});
        for (name, value) in [("error", error), ("error_description", description)] {
            if let Some(value) = value {
                body[name] = Value::from(value);
            }
        }
        azure.fault("GET metadata/", Fault::json(400, &body));
        let hint = hint.map_or_else(String::new, |hint| format!("akv-xsoar: hint: {hint}\n"));

        get(&azure)
            .status(3)
            .stderr(format!(
                "{SYSTEM}the metadata endpoint answered 400: {shown}\n{hint}"
            ))
            .run();

        azure.expect(&[TOKEN]);
    }
}

#[test]
fn what_is_wrong_with_the_machine_itself() {
    let azure = Standin::start();
    let stranger = "0badc0de-0000-4000-8000-00000000c11e";
    let words = |id: &str| {
        format!(
            "akv-xsoar: error: cannot get a token for the managed identity `{id}`: the metadata endpoint answered 400: Identity not found (invalid_request)\nakv-xsoar: hint: this machine does not have that identity: assign it (`az vm identity assign`), or check the id\n"
        )
    };
    for (name, parameter) in [
        ("client", "client_id"),
        ("object", "object_id"),
        ("resource", "msi_res_id"),
    ] {
        get(&azure)
            .arg(format!("--managed-identity-{name}-id={stranger}"))
            .status(3)
            .stderr(words(stranger))
            .run();
        azure.expect(&[&format!("{TOKEN}&{parameter}={stranger}")]);
    }

    azure.system_assigned(false);
    azure.user_assigned(&[]);
    get(&azure)
        .status(3)
        .stderr_has("this machine's managed identity: the metadata endpoint answered 400: Identity not found (invalid_request)\n")
        .stderr_has("hint: this machine does not have that identity")
        .run();
    azure.expect(&[TOKEN]);

    let identities = [
        ManagedIdentity::new(USER_CLIENT_ID, USER_OBJECT_ID, USER_RESOURCE_ID),
        ManagedIdentity::new(SYSTEM_CLIENT_ID, "b", "c"),
    ];
    azure.user_assigned(&identities);
    get(&azure)
        .status(3)
        .stderr_has("Multiple user assigned identities exist")
        .stderr_has("hint: say which one: `--managed-identity-client-id`")
        .run();
    azure.expect(&[TOKEN]);

    // The machine's tenant does not know the other cloud's vaults.
    azure.system_assigned(true);
    get(&azure)
        .args(["--cloud", "usgov"])
        .status(3)
        .stderr_has("AADSTS500011: The resource principal named https://vault.usgovcloudapi.net")
        .stderr_has("is it the right cloud (`--cloud`)?\n")
        .run();
    azure.expect(&["GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.usgovcloudapi.net"]);
}

#[test]
fn a_container_s_proxy_in_its_place() {
    let azure = Standin::start();
    let json = json!({"error": "unreachable", "error_description": "A socket operation was attempted to an unreachable network."});
    for fault in [
        Fault::metadata_unreachable(),
        Fault::json(403, &json),
        Fault::raw(403, "text/html", "<html>Forbidden</html>"),
    ] {
        azure.mend();
        azure.fault("GET metadata/", fault);

        get(&azure)
            .status(3)
            .stderr(format!(
                "{SYSTEM}what answers at the metadata endpoint's address is not Azure's (status 403)\n{NOT_A_VM}"
            ))
            .run();

        azure.expect(&[TOKEN]);
    }
}

#[test]
fn an_answer_that_is_not_the_endpoint_s() {
    let azure = Standin::start();
    let captive = "akv-xsoar: hint: something that is not Azure answers there: a captive portal, an inspecting proxy, a wrong address?\n";
    let wrong = "akv-xsoar: hint: something that is not Azure answers there: an inspecting proxy, a wrong address?\n";
    for (fault, words, hint) in [
        (
            Fault::half(),
            "answered 200 with JSON that breaks off (application/json)",
            captive,
        ),
        (
            Fault::without("access_token"),
            "answered 200 with JSON that holds no token",
            captive,
        ),
        (
            Fault::with("access_token", "two words"),
            "answered 200 with a token that no header can carry",
            captive,
        ),
        (
            Fault::json(400, &json!({"code": 7})),
            "answered 400 (application/json)",
            wrong,
        ),
    ] {
        azure.mend();
        azure.fault("GET metadata/", fault);

        get(&azure)
            .status(7)
            .stderr(format!("{SYSTEM}`127.0.0.1` {words}\n{hint}"))
            .run();

        azure.expect(&[TOKEN]);
    }
}

#[test]
fn silence_after_connecting_ends_with_the_deadline() {
    let azure = Standin::start();
    azure.fault("GET metadata/", Fault::stall());

    let output = get(&azure)
        .args(["--timeout", "1.5"])
        .status(8)
        .stderr_has("the deadline of 1.5 s (`--timeout`) passed while waiting for `127.0.0.1`")
        .run();

    assert!(output.elapsed < Duration::from_millis(3500));
    azure.expect(&[TOKEN]);
}

#[test]
fn a_connection_that_is_cut_is_tried_again() {
    let azure = azure();
    azure.fault("GET metadata/", Fault::cut().once());

    get(&azure).stdout("value-of-api").run();

    azure.expect(&[TOKEN, TOKEN, READ]);
}
