//! A server's no, in words a person can act on, and what it means for a change.

use serde_json::Value;

use super::key::Key;
use crate::error::{Error, Exit};
use crate::http::{Answer, Client, Doubt, Failure, Kind};

/// Why something could not be had or changed.
#[derive(Debug)]
pub struct Refusal {
    /// What that means for a change.
    pub effect: Effect,
    /// The error to report.
    pub error: Error,
}

/// What became of a change that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It was not made.
    None,
    /// It was not made, and no other would be.
    Hopeless,
    /// The store has to be looked at.
    Open(Doubt),
}

impl Refusal {
    /// With what it means for a change.
    #[must_use]
    pub fn with(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }
}

/// No answer at all.
pub(super) fn no_answer(failure: Failure, operation: &str) -> Refusal {
    let effect = match failure.kind {
        Kind::Cut | Kind::Silence | Kind::Garbled | Kind::Deadline => Effect::Open(Doubt::NoAnswer),
        _ => Effect::Hopeless,
    };
    let hint = (failure.kind == Kind::NoSuchHost)
        .then(|| "check `--xsoar-url`; of XSOAR 8 the host begins with `api-`".to_owned());
    Refusal {
        effect,
        error: failure.during(operation).maybe_hint(hint),
    }
}

/// A listing that does not fit together, however often it was asked for.
pub(super) fn unsteady(host: &str, operation: &str, what: &str) -> Refusal {
    let cause = format!("`{host}` answered with {what}");
    let error = Error::new(Exit::Service, operation, cause)
        .hint("try again later: others may be writing there");
    Refusal {
        effect: Effect::None,
        error,
    }
}

/// An answer that is not what was asked for.
pub(super) fn senseless(host: &str, operation: &str, what: &str) -> Refusal {
    let cause = format!("`{host}` answered with {what}");
    let error = Error::new(Exit::Service, operation, cause)
        .hint("something that is not XSOAR's API answers there: check `--xsoar-url`, of XSOAR 8 it begins with `https://api-`");
    Refusal {
        effect: Effect::None,
        error,
    }
}

/// An answer other than 2xx.
pub(super) fn refusal(
    client: &Client,
    answer: &Answer,
    host: &str,
    operation: &str,
    key: &Key,
) -> Refusal {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = words(client, &body);
    let (status, aftermath) = (answer.status, answer.aftermath());
    let is_conflict = status == 409 || body["id"].as_str() == Some("errOptimisticLock");
    let (effect, exit, what, hint): (_, _, _, Option<&str>) = match status {
        _ if is_conflict => (
            Effect::Open(Doubt::Conflict),
            Exit::Service,
            "somebody else changes the credential at the same time".to_owned(),
            Some("run it again"),
        ),
        // XSOAR 6 takes a key that it does not know for a browser without its cookie.
        401 | 403 if status == 401 || said.contains("CSRF") => (
            Effect::Hopeless,
            Exit::Denied,
            format!("`{host}` does not accept the key, {}", key.words()),
            Some(if key.is_surrounded() {
                "the key begins or ends with a quote: does that belong to it? Give the key alone"
            } else {
                "check the key; of XSOAR 8 also its id (`--xsoar-key-id`), its type (`--xsoar-key-type`) and this machine's clock"
            }),
        ),
        403 => (
            Effect::Hopeless,
            Exit::Denied,
            format!("`{host}` does not let this key at its credentials"),
            Some("give the key a role that may edit credentials (Settings → Credentials)"),
        ),
        300..=399 => (
            Effect::Hopeless,
            Exit::Service,
            format!("`{host}` answered {status}: its API is not available there"),
            Some(
                "redirects are not followed: check `--xsoar-url`; of XSOAR 8 it begins with `https://api-`, and needs `--xsoar-key-id`",
            ),
        ),
        404 | 405 => (
            Effect::Hopeless,
            Exit::Service,
            format!("`{host}` has no credential store at this address (status {status})"),
            Some(
                "check `--xsoar-url`: XSOAR 6 has none or `/acc_TENANT` as path, XSOAR 8 needs `--xsoar-key-id`",
            ),
        ),
        429 => (
            Effect::Hopeless,
            Exit::Service,
            format!("`{host}` is throttled"),
            None,
        ),
        408 | 500..=599 => (
            Effect::Open(Doubt::Answer(answer.wish())),
            Exit::Service,
            format!("`{host}` answered {status}"),
            Some("try again later"),
        ),
        _ => (
            Effect::None,
            Exit::Service,
            format!("`{host}` answered {status}"),
            None,
        ),
    };
    let error = Error::new(
        answer.exit(exit),
        operation,
        format!("{what}{said}{aftermath}"),
    )
    .maybe_hint(hint.map(str::to_owned))
    .maybe_hint(answer.aftermath_hint());
    Refusal { effect, error }
}

/// The server's own words, where it has any: `{"title", "detail"}`, or XSOAR 8's `{"reply": {"err_msg"}}`.
fn words(client: &Client, body: &Value) -> String {
    let text = |pointer: &str| {
        body.pointer(pointer)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let found = ["/detail", "/reply/err_msg", "/error", "/title", "/message"]
        .into_iter()
        .find_map(text);
    found.map_or_else(String::new, |words| format!(": {}", client.quote(words)))
}
