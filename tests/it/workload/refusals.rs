//! What Entra ID says no to: a token that no credential of the application is for, or that is out of its time.

use super::{azure, run};
use crate::standin::{Fault, ISSUER, SUBJECT, Scratch, federated_token, federated_token_of};

const MATCH: &str = "akv-xsoar: hint: no federated credential of the application matches: check its issuer, subject and audience; a new one works after a minute or two\n";
const CASE: &str = "akv-xsoar: hint: the federated credential's subject differs in upper and lower case: write it as the token has it; a change works after a minute or two\n";

#[test]
fn no_credential_at_all() {
    let azure = azure();
    let directory = Scratch::new("workload");
    run(&azure, &directory, &federated_token(ISSUER, SUBJECT))
        .status(3)
        .stderr_has("AADSTS70025: ")
        .stderr_has("akv-xsoar: hint: the application has no federated credential: make one (`az ad app federated-credential create`, `az identity federated-credential create`); it works after a minute or two\n")
        .run();
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn a_token_that_no_credential_is_for() {
    let azure = azure();
    let directory = Scratch::new("workload");
    azure.federate();
    let loud = SUBJECT.to_uppercase();
    for (token, words, hint) in [
        (
            federated_token("https://elsewhere.example/", SUBJECT),
            "AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://elsewhere.example/' (invalid_request,".to_owned(),
            MATCH,
        ),
        (
            federated_token(ISSUER, "system:serviceaccount:default:default"),
            "AADSTS700213: No matching federated identity record found for presented assertion subject 'system:serviceaccount:default:default' (invalid_request,".to_owned(),
            MATCH,
        ),
        (
            federated_token(ISSUER, &loud),
            format!("AADSTS7002138: No matching federated identity record found for presented assertion subject '{loud}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison (invalid_client,"),
            CASE,
        ),
    ] {
        run(&azure, &directory, &token)
            .status(3)
            .stderr_has(words)
            .stderr_has(hint)
            .run();
        azure.expect(&[&azure.token_request()]);
    }
}

/// What decides stands behind the first sentence.
#[test]
fn the_words_that_decide_are_shown() {
    let azure = azure();
    let directory = Scratch::new("workload");
    let issuer = "https://token.actions.githubusercontent.com";
    let subject = "repo:contoso/xsoar. secrets:environment:production";
    let parts = format!(
        "Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: 'api://AzureADTokenExchange'"
    );
    let lead = "No matching federated identity record found for presented assertion";
    let lines = parts.replace(". Assertion", ".\r\nAssertion");
    for (code, status, text, shown, hint) in [
        (
            70_021,
            400,
            format!("{lead}. {parts}. https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation"),
            format!("{lead}. {parts}"),
            MATCH,
        ),
        (
            70_021,
            401,
            format!("{lead}.\r\n{lines}."),
            format!("{lead}. {parts}"),
            MATCH,
        ),
        (
            700_212,
            400,
            format!("{lead} audience 'https://vault.azure.net'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."),
            format!("{lead} audience 'https://vault.azure.net'"),
            MATCH,
        ),
        (
            7_002_137,
            400,
            format!("{lead} subject '{subject}'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."),
            format!("{lead} subject '{subject}'"),
            MATCH,
        ),
        (
            7_002_138,
            401,
            format!("{lead} subject 'A'. Please note that the matching is done using a case-sensitive comparison. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."),
            format!("{lead} subject 'A'. Please note that the matching is done using a case-sensitive comparison"),
            CASE,
        ),
        (
            700_222,
            400,
            "AAD-issued tokens may not be used for federated identity flows.".to_owned(),
            "AAD-issued tokens may not be used for federated identity flows".to_owned(),
            "akv-xsoar: hint: the federated token is one of Entra ID's own, which it does not take: give one of another issuer (a cluster, a CI system), for the audience `api://AzureADTokenExchange`\n",
        ),
        (
            50_013,
            401,
            "Assertion failed signature validation. [Reason - The provided signature value did not match the expected signature value.]".to_owned(),
            "Assertion failed signature validation [The provided signature value did not match the expected signature value]".to_owned(),
            "akv-xsoar: hint: the keys that the issuer publishes do not fit the token: is it from this issuer, and whole?\n",
        ),
    ] {
        azure.mend();
        let error = if status == 400 { "invalid_request" } else { "invalid_client" };
        azure.fault(&azure.token_request(), Fault::entra(status, error, code, &text));
        run(&azure, &directory, &federated_token(ISSUER, SUBJECT))
            .status(3)
            .stderr_has(format!("AADSTS{code}: {shown} ({error}, trace id "))
            .stderr_has(hint)
            .run();
        azure.expect(&[&azure.token_request()]);
    }
}

/// A stale copy, or a CI job's: no clock is to blame, whatever this machine's says.
#[test]
fn a_token_that_is_out_of_its_time() {
    let azure = azure();
    let directory = Scratch::new("workload");
    let expired = "akv-xsoar: hint: the federated token has expired: in Kubernetes its file is renewed in its place, a copy is not; a CI job's is good for 5 to 10 minutes: ask for a new one just before this runs\n";
    let early = "akv-xsoar: hint: the federated token is not valid yet: the clock of whoever issued it is ahead of Entra ID's\n";
    for (lifetime, ahead, hint) in [
        ((-7200, -3600), 0, expired),
        ((-900, -310), 0, expired),
        ((0, 300), 3600, expired),
        ((3600, 7200), 0, early),
        ((0, 3600), -3600, early),
    ] {
        let token = federated_token_of(ISSUER, SUBJECT, lifetime);
        azure.federated(&token);
        azure.clock_ahead(ahead);
        run(&azure, &directory, &token)
            .canary(token.rsplit('.').next().unwrap())
            .status(3)
            .stderr_has(
                "AADSTS700024: Client assertion is not within its valid time range. Current time: ",
            )
            .stderr_has(", assertion valid from ")
            .stderr_has(", expiry time of assertion ")
            .stderr_has(" (invalid_client, trace id ")
            .stderr_has(hint)
            .stderr_lacks("this machine's clock")
            .run();
        azure.expect(&[&azure.token_request()]);
    }
}
