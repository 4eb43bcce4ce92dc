//! Throttling: vaults and Resource Manager are asked until the deadline, whoever gives tokens five times again.

use super::{ENTRA_ERROR, METADATA, MORE_TIME, READ, at_once, azure, get, get_with_metadata};
use crate::command::Akv;
use crate::standin::{Fault, SUBSCRIPTION, Standin};

const VAULTS: &str = "GET management.azure.com/subscriptions/00000000-1111-2222-3333-444444444444/providers/Microsoft.KeyVault/vaults?api-version=2022-07-01";

fn vaults(azure: &Standin) -> Akv<'_> {
    Akv::new()
        .args(["vaults", "--subscription-id", SUBSCRIPTION])
        .app(azure)
}

#[test]
fn a_vault_and_resource_manager_are_asked_more_often_than_others() {
    at_once(&["secret", "vaults"], |&case| {
        let azure = azure();
        azure.list_vault("kv-prod");
        let (route, fault) = match case {
            "secret" => (READ, Fault::throttled()),
            _ => (VAULTS, Fault::arm_throttled(0)),
        };
        azure.fault(route, fault.times(7));

        let run = match case {
            "secret" => get(&azure),
            _ => vaults(&azure),
        };
        run.stdout_any().run();

        let token = azure.token_request();
        let mut expected = vec![route; 8];
        expected.insert(0, &token);
        azure.expect(&expected);
    });
}

/// Not the next wait, but the service is at fault.
#[test]
fn throttled_until_the_deadline() {
    at_once(&["secret", "vaults"], |&case| {
        let azure = azure();
        azure.list_vault("kv-prod");
        let (route, run, words) = match case {
            "secret" => (READ, get(&azure), "the vault is throttled: "),
            _ => (VAULTS, vaults(&azure), "Resource Manager is throttled: "),
        };
        let fault = match case {
            "secret" => Fault::throttled(),
            _ => Fault::arm_error(429, "TooManyRequests", "Too many."),
        };
        azure.fault(route, fault);

        run.args(["--timeout", "4"])
            .status(7)
            .stderr_has(words)
            .stderr_has(", 3 times, until there was no time for another try (`--timeout` 4 s)\n")
            .stderr_has(
                "akv-xsoar: hint: try again later, or give it more time with `--timeout SECONDS`\n",
            )
            .run();

        // 0.8 and 1.6 s, give or take a quarter, fit; 3.2 s more do not.
        azure.expect(&[&azure.token_request(), route, route, route]);
    });
}

/// What the service asks for and does not fit is another thing.
#[test]
fn a_wait_that_the_service_asked_for_does_not_fit() {
    let azure = azure();
    azure.list_vault("kv-prod");
    for (route, fault) in [
        (READ, Fault::throttled().header("Retry-After", "61")),
        (
            READ,
            Fault::throttled().header("x-ms-retry-after-ms", "61000"),
        ),
        (VAULTS, Fault::arm_throttled(61)),
    ] {
        azure.mend();
        azure.fault(route, fault);
        let run = if route == READ {
            get(&azure)
        } else {
            vaults(&azure)
        };
        run.status(8)
            .stderr_has(" is throttled: ")
            .stderr_has(
                "; the next try would be in 61 s, and `--timeout` is too short for it (60 s)",
            )
            .stderr_has(MORE_TIME)
            .run();
        azure.expect(&[&azure.token_request(), route]);
    }
}

/// The other answers that pass are counted by themselves.
#[test]
fn being_throttled_costs_no_other_try() {
    let azure = azure();
    for fault in [
        Fault::throttled(),
        Fault::status(503),
        Fault::throttled(),
        Fault::cut(),
    ] {
        azure.fault(READ, fault.once());
    }

    get(&azure).stdout("value-of-db").run();

    let token = azure.token_request();
    azure.expect(&[&token, READ, READ, READ, READ, READ]);
}

#[test]
fn those_who_give_tokens_keep_to_their_tables() {
    at_once(&["entra", "metadata"], |&case| {
        let azure = azure();
        let token = azure.token_request();
        let (route, run, words) = match case {
            "entra" => (
                token.as_str(),
                get(&azure),
                format!(
                    "{ENTRA_ERROR}`login.microsoftonline.com` answered 429 (text/plain), 6 times\n"
                ),
            ),
            _ => (
                METADATA,
                get_with_metadata(&azure),
                ", 6 times\n".to_owned(),
            ),
        };
        azure.fault(route, Fault::status(429));

        run.status(7)
            .args(["--timeout", "80"])
            .stderr_has(words)
            .run();

        azure.expect(&[route; 6]);
    });
}
