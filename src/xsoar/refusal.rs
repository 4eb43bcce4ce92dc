//! A server's no, in words a person can act on, and what it means for a change.

use super::{Inquiry, Refusal};
use crate::error::Exit;
use crate::http::{Doubt, Failure, FailureKind, Said, Service, Verdict};

/// What became of a change that was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It was not made.
    #[default]
    None,
    /// It was not made, and no other would be.
    Hopeless,
    /// The store has to be looked at.
    Open(Doubt),
}

impl Service for Inquiry<'_> {
    type Reach = Effect;
    const NAME: &'static str = "XSOAR's API";
    const STRANGERS: &'static str = "check `--xsoar-url`, of XSOAR 8 it begins with `https://api-`";

    fn operation(&self) -> String {
        self.operation.clone()
    }

    fn accepts(&self, status: u16) -> bool {
        (200..=299).contains(&status)
    }

    fn unanswered(&self, failure: Failure) -> Refusal {
        let reach = match failure.kind {
            FailureKind::Cut
            | FailureKind::Silence
            | FailureKind::Garbled
            | FailureKind::Deadline => Effect::Open(Doubt::NoAnswer),
            _ => Effect::Hopeless,
        };
        let hint = (failure.kind == FailureKind::NoSuchHost)
            .then(|| "check `--xsoar-url`; of XSOAR 8 the host begins with `api-`".to_owned());
        Refusal {
            reach,
            error: failure.during(self.operation()).maybe_hint(hint),
        }
    }

    /// The server's own words, where it has any: `{"title", "detail"}`, or XSOAR 8's `{"reply": {"err_msg"}}`.
    fn verdict(&self, said: &Said) -> Option<Verdict<Effect>> {
        let (host, status) = (&said.answer.host, said.status);
        let words = said.words(&["/detail", "/reply/err_msg", "/error", "/title", "/message"]);
        let is_conflict = status == 409 || said.text("/id") == "errOptimisticLock";
        let (effect, exit, what, hint) = match status {
            _ if is_conflict => (
                Effect::Open(Doubt::Conflict),
                Exit::Service,
                "somebody else changes the credential at the same time".to_owned(),
                Some("run it again"),
            ),
            // XSOAR 6 takes a key that it does not know for a browser without its cookie.
            401 | 403 if status == 401 || words.contains("CSRF") => (
                Effect::Hopeless,
                Exit::Denied,
                format!(
                    "`{host}` does not accept the key, {}",
                    self.server.key.kind()
                ),
                Some(if self.server.key.is_surrounded() {
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
                Effect::Open(Doubt::Answer(said.answer.retry_after())),
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
        let verdict = Verdict::new(exit, what).reaching(effect).words(words);
        Some(verdict.maybe_hint(hint))
    }
}
