//! What Entra ID says no to: a certificate it does not know, another key, the wrong time.

use super::{azure, expect_got, instance, with_configuration, with_pem};
use crate::standin::keys::{Certificate, Key};
use crate::standin::{Fault, Scratch, http_date};

const ERROR: &str = "akv-xsoar: error: cannot get a token for the application `aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee`: AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application";

#[test]
fn a_certificate_that_is_not_registered() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let key = Key::usual();
    let certificate = Certificate::of(key);
    with_pem(&azure, &directory, &(certificate.pem() + key.pkcs8()))
        .status(3)
        .stderr_has(format!("{ERROR} [The key was not found] (invalid_client, trace id "))
        .stderr_has("akv-xsoar: hint: the certificate is not registered with the application, or another key signed\n")
        .stderr_lacks("clock")
        .run();
    azure.expect(&[&azure.token_request()]);

    with_configuration(
        &azure,
        &directory,
        &instance(&certificate.thumbprint(), key.pkcs8()),
    )
    .status(3)
    .stderr_has("[The key was not found]")
    .run();
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn a_key_of_another_certificate() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (_, certificate) = azure.certificate();
    // With a thumbprint alone only Entra can tell.
    let configuration = instance(&certificate.thumbprint(), Key::other().pkcs8());
    with_configuration(&azure, &directory, &configuration)
        .status(3)
        .stderr_has(format!(
            "{ERROR} [Key was found, but use of the key to verify the signature failed]"
        ))
        .stderr_has("or another key signed\n")
        .run();
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn a_certificate_that_has_expired() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let key = Key::usual();
    let certificate = Certificate::valid(key, (2020, 1, 1), (2021, 1, 1));
    azure.register_certificate(&certificate);
    with_pem(&azure, &directory, &(certificate.pem() + key.pkcs8()))
        .status(3)
        .stderr_has(format!("{ERROR} [The key used is expired]"))
        .stderr_has("akv-xsoar: hint: the certificate has expired: register a new one (`az ad app credential reset --cert`)\n")
        .stderr_lacks("clock")
        .run();
    azure.expect(&[&azure.token_request()]);

    // Entra's clock counts; where this machine's is another, that is said as well.
    azure.clock_ahead(7200);
    with_pem(&azure, &directory, &(certificate.pem() + key.pkcs8()))
        .status(3)
        .stderr_has("hint: the certificate has expired: register a new one (`az ad app credential reset --cert`); and set this machine's clock: it says ")
        .run();
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn a_clock_that_is_wrong() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    let pem = certificate.pem() + key.pkcs8();
    for ahead in [3600, -3600, 86400] {
        azure.clock_ahead(ahead);
        let output = with_pem(&azure, &directory, &pem)
            .status(3)
            .stderr_has(
                "AADSTS700024: Client assertion is not within its valid time range. Current time: ",
            )
            .stderr_has(", expiry time of assertion ")
            .stderr_has(" (invalid_client, trace id ")
            .stderr_has("akv-xsoar: hint: set this machine's clock: it says ")
            .stderr_has(", the server's says ")
            .run();
        azure.expect(&[&azure.token_request()]);
        // Both clocks: this machine's, and Azure's.
        let said = output.stderr_text();
        let (here, there) = said
            .split_once("it says ")
            .and_then(|(_, rest)| rest.split_once(", the server's says "))
            .unwrap();
        let now = now();
        let is = |text: &str, seconds: i64| {
            (seconds - 30..=seconds).any(|second| text.trim() == http_date(second))
        };
        assert!(is(here, now), "{said}");
        assert!(is(there, now + ahead), "{said}");
    }
    // A few minutes are nothing.
    for ahead in [240, -240] {
        azure.clock_ahead(ahead);
        with_pem(&azure, &directory, &pem)
            .stdout("value-of-api")
            .run();
        expect_got(&azure);
    }
}

/// Its time is refused, and the clocks agree: then it is not the clock.
#[test]
fn an_assertion_that_was_on_its_way_for_too_long() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    for (code, text) in [
        (
            700_024,
            "Client assertion is not within its valid time range. Current time: 2026-11-23T12:00:00.0000000Z, assertion valid from 2026-11-23T11:00:00.0000000Z, expiry time of assertion 2026-11-23T11:10:00.0000000Z.",
        ),
        (
            500_133,
            "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token. Current time: 2026-11-23T12:00:00.0000000Z, assertion valid from 2026-11-23T11:00:00.0000000Z, expiry time of assertion 2026-11-23T11:10:00.0000000Z.",
        ),
    ] {
        azure.mend();
        azure.fault(
            &azure.token_request(),
            Fault::entra(401, "invalid_client", code, text),
        );
        with_pem(&azure, &directory, &(certificate.pem() + key.pkcs8()))
            .status(3)
            .stderr_has(format!("AADSTS{code}: "))
            .stderr_has("Current time: 2026-11-23T12:00:00.0000000Z, assertion valid from 2026-11-23T11:00:00.0000000Z, expiry time of assertion 2026-11-23T11:10:00.0000000Z (invalid_client, ")
            .stderr_has("akv-xsoar: hint: the request was too long on its way: try again\n")
            .stderr_lacks("clock")
            .run();
        azure.expect(&[&azure.token_request()]);
    }
}

#[test]
fn a_token_that_is_not_good_now() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    azure.fault(&azure.token_request(), Fault::with("expires_in", 0));
    with_pem(&azure, &directory, &(certificate.pem() + key.pkcs8()))
        .status(3)
        .stderr_has("the token's lifetime is over\n")
        .stderr_lacks("clock")
        .run();
    azure.expect(&[&azure.token_request()]);
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}
