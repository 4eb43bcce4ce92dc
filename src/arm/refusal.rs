//! Resource Manager's no, in words a person can act on.
//!
//! Codes: Microsoft's "Resolve common Azure deployment errors" and the "Resource Manager error codes".

use serde_json::Value;

use super::Scope;
use crate::error::{Error, Exit};
use crate::http::{Answer, Client};

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
    let (exit, what, hint) = match (answer.status, code) {
        (404, "SubscriptionNotFound") | (400, "InvalidSubscriptionId") => (
            Exit::NotFound,
            "there is no such subscription in this tenant and cloud".to_owned(),
            Some(
                "check the id (`az account list`), the tenant (`--tenant-id`) and the cloud (`--cloud`)",
            ),
        ),
        (404, "ResourceGroupNotFound") => (
            Exit::NotFound,
            "there is no such resource group in the subscription".to_owned(),
            Some("check the name (`az group list`)"),
        ),
        (403, "AuthorizationFailed") => (
            Exit::Denied,
            "the identity lacks a role there".to_owned(),
            Some(
                "give it the role `Reader` on the subscription or resource group (`az role assignment create`), and wait some minutes; \
                 to read secrets of vaults that are named it is not needed",
            ),
        ),
        (401 | 403, code) => (
            Exit::Denied,
            format!(
                "Resource Manager does not accept the token ({})",
                client.quote(code)
            ),
            Some(
                "check this machine's clock, the tenant and the cloud (`--cloud`, `--management-endpoint`)",
            ),
        ),
        (429, _) => (
            Exit::Service,
            "Resource Manager is throttled".to_owned(),
            None,
        ),
        (status, code) => {
            let what = format!("Resource Manager answered {status} {}", client.quote(code));
            (Exit::Service, what.trim_end().to_owned(), None)
        }
    };
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
        .maybe_hint(hint.map(str::to_owned))
        .maybe_hint(answer.aftermath_hint())
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
