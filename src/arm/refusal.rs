//! Resource Manager's no, in words a person can act on.
//!
//! Codes: Microsoft's "Resolve common Azure deployment errors" and the "Resource Manager error codes".

use serde_json::Value;

use super::Scope;
use crate::error::{Error, Exit};
use crate::http::{Answer, Client};
use crate::vault::tenant_of;

/// An answer other than 200.
pub(super) fn refusal(client: &Client, answer: &Answer, scope: &Scope, host: &str) -> Error {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |pointer: &str| {
        body.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (code, message) = (text("/error/code"), text("/error/message"));
    let operation = scope.operation();
    if code.is_empty() && message.is_empty() {
        return foreign(answer, &operation, host);
    }
    let words = client.quote(message);
    let (exit, what, hint) = verdict(client, answer, code);
    let id = answer
        .header("x-ms-request-id")
        .map(|id| format!(" (request id {})", client.quote(id)));
    let said = if words.is_empty() {
        String::new()
    } else {
        format!(": {words}")
    };
    let cause = format!(
        "{what}{said}{}{}",
        id.unwrap_or_default(),
        answer.aftermath()
    );
    Error::new(answer.exit(exit), operation, cause)
        .maybe_hint(hint)
        .maybe_hint(answer.aftermath_hint())
}

fn verdict(client: &Client, answer: &Answer, code: &str) -> (Exit, String, Option<String>) {
    let (exit, what, hint) = match (answer.status, code) {
        (404, "SubscriptionNotFound") | (400, "InvalidSubscriptionId") => (
            Exit::NotFound,
            "there is no such subscription in this tenant and cloud",
            "check the id (`az account list`), the tenant (`--tenant-id`) and the cloud (`--cloud`)",
        ),
        (404, "ResourceGroupNotFound") => (
            Exit::NotFound,
            "there is no such resource group in the subscription",
            "check the name (`az group list`)",
        ),
        (403, "AuthorizationFailed") => (
            Exit::Denied,
            "the identity lacks a role there",
            "give it the role `Reader` on the subscription or resource group (`az role assignment create`), and wait some minutes; \
             to read secrets of vaults that are named it is not needed",
        ),
        (401, "InvalidAuthenticationTokenTenant") => return wrong_tenant(client, answer),
        (401, "InvalidAuthenticationTokenAudience") => (
            Exit::Denied,
            "the token is for another audience",
            "is it the right cloud (`--cloud`, `--management-endpoint`)?",
        ),
        (401, _) => (
            Exit::Denied,
            "Resource Manager does not accept the token",
            "check this machine's clock, the tenant and the cloud (`--cloud`, `--management-endpoint`)",
        ),
        (403, _) => (
            Exit::Denied,
            "Resource Manager denies access",
            "check the identity's roles, and the policies of its tenant",
        ),
        (429, _) => {
            return (
                Exit::Service,
                "Resource Manager is throttled".to_owned(),
                None,
            );
        }
        (status, code) => {
            let what = format!("Resource Manager answered {status} {}", client.quote(code));
            return (Exit::Service, what.trim_end().to_owned(), None);
        }
    };
    (exit, what.to_owned(), Some(hint.to_owned()))
}

/// The challenge names the subscription's tenant.
fn wrong_tenant(client: &Client, answer: &Answer) -> (Exit, String, Option<String>) {
    let tenant = answer.header("www-authenticate").and_then(tenant_of);
    let tenant = tenant.map(|tenant| client.quote(tenant));
    let (whose, option) = match tenant {
        Some(tenant) => (
            format!("the tenant `{tenant}`, the token is of another one"),
            format!(" (`--tenant-id {tenant}`)"),
        ),
        None => ("another tenant than the token".to_owned(), String::new()),
    };
    let hint = format!(
        "use an application of the subscription's tenant{option}; a managed identity belongs to its machine's tenant alone"
    );
    (
        Exit::Denied,
        format!("the subscription belongs to {whose}"),
        Some(hint),
    )
}

/// Not Resource Manager's form of an error: a proxy, a gateway, a portal.
fn foreign(answer: &Answer, operation: &str, host: &str) -> Error {
    let (status, kind, aftermath) = (answer.status, answer.content_type(), answer.aftermath());
    let cause = format!(
        "`{host}` answered {status} with {kind}, not with an error of Resource Manager's{aftermath}"
    );
    let hint = match status {
        300..=399 => {
            "redirects are not followed: a captive portal or a proxy may be in the way".to_owned()
        }
        _ => answer.aftermath_hint().unwrap_or_else(|| {
            "something that is not Azure answers there: an inspecting proxy, a wrong address?"
                .to_owned()
        }),
    };
    Error::new(answer.exit(Exit::Service), operation, cause).hint(hint)
}
