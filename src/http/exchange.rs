//! One request and its answer, over a connection that is there or one that is made.

use ureq::http::request::Builder;

use super::answer::{Answer, Retries, read_body};
use super::attempt::Attempt;
use super::failure::{Failure, FailureKind};

/// What is sent, and how much is taken for an answer.
pub(super) struct Sending<'a> {
    pub(super) agent: &'a ureq::Agent,
    pub(super) host: &'a str,
    pub(super) head: Builder,
    pub(super) body: Option<&'a [u8]>,
    pub(super) largest: u64,
    pub(super) by_proxy: bool,
}

impl Sending<'_> {
    pub(super) fn exchange(self, attempt: &Attempt) -> Result<Answer, Failure> {
        let (agent, host) = (self.agent, self.host);
        let sent = match self.body {
            None => self.head.body(()).map(|whole| agent.run(whole)),
            Some(bytes) => self.head.body(bytes).map(|whole| agent.run(whole)),
        };
        let failed = |error| attempt.failure(error);
        let response = sent.map_err(|_| unsendable(host))?.map_err(failed)?;
        let (parts, body) = response.into_parts();
        let (length, largest) = (body.content_length(), self.largest);
        let body = read_body(body.into_reader(), length, largest);
        let body = body
            .map_err(|error| failed(error.into()))?
            .ok_or_else(|| too_large(host, largest))?;
        Ok(Answer {
            host: host.to_owned(),
            status: parts.status.as_u16(),
            body,
            headers: parts.headers,
            by_proxy: self.by_proxy,
            retries: Retries::Done,
        })
    }
}

/// At once a second time where a kept-alive connection turns out to be closed.
pub(super) fn repeated_if_stale(
    attempt: &Attempt,
    is_safe: bool,
    exchange: impl Fn() -> Result<Answer, Failure>,
) -> Result<Answer, Failure> {
    let result = exchange();
    let is_cut = matches!(&result, Err(failure) if failure.kind == FailureKind::Cut);
    if !(is_cut && attempt.was_stale() && is_safe) {
        return result;
    }
    attempt.note("the kept-alive connection was closed: once more over a new one".to_owned());
    exchange()
}

/// Tokens and configured ids are checked before: what ends here was not.
pub(super) fn unsendable(host: &str) -> Failure {
    let cause = format!("the request for `{host}` has a value that HTTP cannot carry");
    Failure::new(FailureKind::Garbled, cause)
}

fn too_large(host: &str, largest: u64) -> Failure {
    let cause =
        format!("the answer of `{host}` is larger than any that makes sense ({largest} bytes)");
    Failure::new(FailureKind::Garbled, cause)
}
