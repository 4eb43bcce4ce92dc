//! Resource Manager's 401s that pass, and its throttling.

use super::{LIST, line, vaults};
use crate::command::Akv;
use crate::standin::{Fault, Paging, SUBSCRIPTION, Standin};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.list_vault("kv-prod");
    azure
}

#[test]
fn a_new_token_and_the_same_request() {
    for (code, words) in [
        (
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time '1' is earlier than current UTC time '2'.",
        ),
        ("InvalidAuthenticationToken", "The access token is invalid."),
        (
            "InvalidAuthenticationToken",
            "The access token is not yet valid.",
        ),
        (
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        ),
        ("InvalidAuthenticationTokenTenant", "said"),
    ] {
        let azure = azure();
        azure.fault(LIST, Fault::arm_error(401, code, words).once());

        vaults(&azure).stdout(line("kv-prod")).run();

        let token = azure.token_request();
        azure.expect(&[&token, LIST, &token, LIST]);
    }
}

#[test]
fn a_page_is_asked_for_again() {
    let azure = azure();
    azure.list_vault("kv-test");
    let paging = Paging {
        size: 1,
        empty: 0,
        last: None,
    };
    azure.arm_paging(paging);
    let refusal = Fault::arm_error(401, "InvalidAuthenticationToken", "not yet valid");
    azure.fault(LIST, refusal.skip(1).once());

    vaults(&azure)
        .stdout(line("kv-prod") + &line("kv-test"))
        .run();

    let (token, next) = (azure.token_request(), "GET management*skiptoken=*");
    azure.expect(&[&token, LIST, next, &token, next]);
}

/// Each service's token is renewed by itself.
#[test]
fn each_audience_has_its_own_new_token() {
    let azure = azure();
    azure.secret("kv-prod", "db", "value-of-db");
    let refusal = Fault::arm_error(401, "ExpiredAuthenticationToken", "said");
    azure.fault(LIST, refusal.once());
    azure.fault(READ, Fault::unresolved_key().once());

    Akv::new()
        .args(["fetch", "--vault=*", "--secret=db"])
        .args(["--subscription-id", SUBSCRIPTION])
        .app(&azure)
        .stdout_has("value-of-db")
        .run();

    let token = azure.token_request();
    azure.expect(&[&token, LIST, &token, LIST, &token, READ, &token, READ]);
}

#[test]
fn check_asks_again_too() {
    let azure = azure();
    azure.secret("kv-prod", "db", "value-of-db");
    azure.fault(
        LIST,
        Fault::arm_error(401, "InvalidAuthenticationToken", "said")
            .skip(1)
            .once(),
    );

    Akv::new()
        .args(["check", "--vault=*", "--secret=db"])
        .args(["--subscription-id", SUBSCRIPTION])
        .app(&azure)
        .stdout_has("ok     subscription: ")
        .run();

    assert_eq!(azure.count("POST login*"), 3);
    azure.ignore_log();
}
