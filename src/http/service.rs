//! One desk for everything that a service may say besides yes. A service brings its names and its table
//! (status and code → exit code, words, hint, and what that means for the rest); what the tries came to,
//! strangers in its place and answers without sense are worded here.

use serde::Deserialize;
use serde_json::Value;

use super::answer::Answer;
use super::client::Client;
use super::failure::Failure;
use super::request::Request;
use super::url::Url;
use crate::error::{Error, Exit};

/// What is wanted of a service.
pub(crate) trait Service {
    /// What a refusal means for whatever else is wanted there.
    type Reach: Default;

    /// Who should answer, for when somebody else seems to.
    const NAME: &'static str;

    /// Whose form of an error it would have, where that is told of strangers.
    const ERRORS: Option<&'static str> = None;

    /// What an answer without sense may mean.
    const STRANGERS: &'static str = "a captive portal, an inspecting proxy, a wrong address?";

    /// The header with the id that Microsoft's support asks for, where it is told.
    const REQUEST_ID: Option<&'static str> = None;

    /// What is attempted: every error begins with it.
    fn operation(&self) -> String;

    /// Whether it is an answer to what was asked, and no refusal.
    fn accepts(&self, status: u16) -> bool {
        status == 200
    }

    /// What it means that there is no answer.
    fn unanswered(&self, failure: Failure) -> Refusal<Self::Reach> {
        Refusal::new(failure.during(self.operation()))
    }

    /// What its error means; `None`: it is no error of this service's.
    fn verdict(&self, said: &Said) -> Option<Verdict<Self::Reach>>;

    /// The URL of a request. Its parts were checked before, but for how long they are together.
    fn url(&self, text: &str) -> Result<Url, Refusal<Self::Reach>> {
        Url::parse(text).ok_or_else(|| {
            let cause = "what is configured makes no URL";
            Refusal::new(Error::new(Exit::Usage, self.operation(), cause))
        })
    }

    /// What the answer says in JSON, or `unfit`, where that is not what was asked for.
    fn json<'a, T: Deserialize<'a>>(
        &self,
        answer: &'a Answer,
        unfit: &str,
    ) -> Result<T, Refusal<Self::Reach>> {
        answer
            .json(unfit)
            .map_err(|what| self.senseless(format!("`{}` answered 200 with {what}", answer.host)))
    }

    /// An answer that is not what was asked for.
    fn senseless(&self, cause: impl Into<String>) -> Refusal<Self::Reach> {
        let error = Error::new(Exit::Service, self.operation(), cause);
        let (name, strangers) = (Self::NAME, Self::STRANGERS);
        Refusal::new(error.hint(format!(
            "something that is not {name} answers there: {strangers}"
        )))
    }
}

/// Why something could not be had or done.
#[derive(Debug)]
pub(crate) struct Refusal<R> {
    /// What that means for the rest.
    pub(crate) reach: R,
    pub(crate) error: Error,
}

impl<R: Default> Refusal<R> {
    pub(crate) fn new(error: Error) -> Self {
        Self {
            reach: R::default(),
            error,
        }
    }
}

impl<R> Refusal<R> {
    /// With what it means for the rest.
    pub(crate) fn reaching(self, reach: R) -> Self {
        Self { reach, ..self }
    }

    /// With another error to report.
    pub(crate) fn map(self, change: impl FnOnce(Error) -> Error) -> Self {
        Self {
            error: change(self.error),
            ..self
        }
    }
}

impl From<Refusal<()>> for Error {
    fn from(refusal: Refusal<()>) -> Self {
        refusal.error
    }
}

/// What a service's error means, by its table.
pub(crate) struct Verdict<R> {
    reach: R,
    exit: Exit,
    what: String,
    words: String,
    hint: Option<String>,
}

impl<R: Default> Verdict<R> {
    /// What it is, in our words.
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            reach: R::default(),
            exit,
            what: what.into(),
            words: String::new(),
            hint: None,
        }
    }

    /// And in the service's, if it has any, fit to be shown.
    pub(crate) fn words(self, words: String) -> Self {
        Self { words, ..self }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    pub(crate) fn maybe_hint(self, hint: Option<&str>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// What it means for the rest.
    pub(crate) fn reaching(self, reach: R) -> Self {
        Self { reach, ..self }
    }
}

/// A service's error, taken apart.
pub(crate) struct Said<'a> {
    pub(crate) answer: &'a Answer,
    pub(crate) status: u16,
    pub(crate) body: Value,
    client: &'a Client<'a>,
}

impl Said<'_> {
    /// The text at a place in the body (RFC 6901); empty where there is none. Only to be compared with.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        let value = self.body.pointer(pointer);
        value.and_then(Value::as_str).unwrap_or_default()
    }

    /// The first of these texts that is not empty, fit to be shown.
    pub(crate) fn words(&self, pointers: &[&str]) -> String {
        let mut texts = pointers.iter().map(|pointer| self.text(pointer));
        self.quote(texts.find(|text| !text.is_empty()).unwrap_or_default())
    }

    /// The service's own words, fit to be shown.
    pub(crate) fn quote(&self, text: &str) -> String {
        self.client.quote(text)
    }
}

impl Client<'_> {
    /// Asks a service, and says what it means where the answer is no.
    pub(crate) fn ask<S: Service>(
        &self,
        service: &S,
        request: &Request,
    ) -> Result<Answer, Refusal<S::Reach>> {
        let sent = self.send(request);
        let answer = sent.map_err(|failure| service.unanswered(failure))?;
        if service.accepts(answer.status) {
            Ok(answer)
        } else {
            Err(self.refusal(service, &answer))
        }
    }

    fn refusal<S: Service>(&self, service: &S, answer: &Answer) -> Refusal<S::Reach> {
        let said = Said {
            answer,
            status: answer.status,
            body: serde_json::from_slice(&answer.body).unwrap_or_default(),
            client: self,
        };
        let (verdict, id) = match service.verdict(&said) {
            Some(verdict) => (verdict, S::REQUEST_ID.and_then(|name| answer.header(name))),
            None => (stranger::<S>(answer), None),
        };
        let mut cause = verdict.what;
        if !verdict.words.is_empty() {
            cause.extend([": ", &verdict.words]);
        }
        if let Some(id) = id {
            cause.extend([" (request id ", &self.quote(id), ")"]);
        }
        cause.push_str(&answer.retries.words());
        let (exit, hint) = answer.retries.verdict(verdict.exit, verdict.hint);
        Refusal {
            reach: verdict.reach,
            error: Error::new(exit, service.operation(), cause).maybe_hint(hint),
        }
    }
}

/// Not the service's form of an error: a proxy, a gateway, a portal.
fn stranger<S: Service>(answer: &Answer) -> Verdict<S::Reach> {
    let (host, status, kind) = (&answer.host, answer.status, answer.content_type());
    let what = match S::ERRORS {
        Some(whose) => {
            format!("`{host}` answered {status} with {kind}, not with an error of {whose}")
        }
        None => format!("`{host}` answered {status} ({kind})"),
    };
    let verdict = Verdict::new(Exit::Service, what);
    if (300..=399).contains(&status) {
        return verdict
            .hint("redirects are not followed: a captive portal or a proxy may be in the way");
    }
    let name = S::NAME;
    verdict.hint(format!(
        "something that is not {name} answers there: an inspecting proxy, a wrong address?"
    ))
}
