//! What is asked of a service.

use ureq::http::Method;
use ureq::http::header::HeaderValue;
use ureq::http::request::Builder;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::retry::Policy;
use super::url::Url;
use crate::buffer::Buffer;
use crate::secret::Secret;
use crate::token::Bearer;

/// One request, however often it is sent.
pub(crate) struct Request<'a> {
    pub(super) url: &'a Url,
    /// For `--verbose`: what it is for, such as "secret `db-password`".
    pub(super) purpose: String,
    pub(super) policy: Policy,
    pub(super) body: Body,
    /// `None` for what a header cannot carry.
    headers: Vec<(&'static str, Option<HeaderValue>)>,
    signer: Option<&'a dyn Sign>,
    pub(super) bearer: Option<Bearer<'a>>,
    /// What no other try changes, whatever its status.
    pub(super) is_final: fn(&Answer) -> bool,
}

/// What a request carries, and so how it is sent.
pub(super) enum Body {
    Nothing,
    Form(Buffer),
    /// JSON that asks for something.
    Query(Buffer),
    /// JSON that changes something.
    Change(Buffer),
}

/// Proves who asks by headers that are good for one attempt.
pub(crate) trait Sign {
    /// Their names and values; `None`: there can be none.
    fn headers(&self) -> Option<Vec<(&'static str, Secret)>>;
}

impl<'a> Request<'a> {
    pub(crate) fn get(url: &'a Url) -> Self {
        Self::new(url, Policy::Patient, Body::Nothing)
    }

    pub(crate) fn form(url: &'a Url, form: Buffer) -> Self {
        Self::new(url, Policy::Service, Body::Form(form))
    }

    /// JSON that asks for something, by POST.
    pub(crate) fn query(url: &'a Url, json: Buffer) -> Self {
        Self::new(url, Policy::Service, Body::Query(json))
    }

    /// JSON that changes something, by PUT.
    pub(crate) fn change(url: &'a Url, json: Buffer) -> Self {
        Self::new(url, Policy::Change, Body::Change(json))
    }

    /// A GET at a metadata endpoint, or at something that has one beside this program.
    pub(crate) fn metadata(url: &'a Url, policy: Policy) -> Self {
        Self::new(url, policy, Body::Nothing).header("metadata", "true")
    }

    fn new(url: &'a Url, policy: Policy, body: Body) -> Self {
        Self {
            url,
            purpose: String::new(),
            policy,
            body,
            headers: Vec::new(),
            signer: None,
            bearer: None,
            is_final: |_| false,
        }
    }

    pub(crate) fn purpose(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = purpose.into();
        self
    }

    pub(crate) fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// With answers that stand whatever their status.
    pub(crate) fn ends_at(self, is_final: fn(&Answer) -> bool) -> Self {
        Self { is_final, ..self }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, HeaderValue::from_str(value).ok()));
        self
    }

    /// With the token that it has when the request is sent, or sent again.
    pub(crate) fn bearer(mut self, bearer: Bearer<'a>) -> Self {
        self.bearer = Some(bearer);
        self
    }

    pub(crate) fn basic(self, key: &Secret) -> Self {
        self.secret_header("authorization", "Basic ", key)
    }

    /// A header whose value is a secret, behind what may be seen.
    pub(crate) fn secret_header(
        mut self,
        name: &'static str,
        before: &str,
        value: &Secret,
    ) -> Self {
        self.headers.push((name, behind(before, value)));
        self
    }

    pub(crate) fn signed_by(mut self, signer: &'a dyn Sign) -> Self {
        self.signer = Some(signer);
        self
    }

    /// No answer is read beyond this. Of Azure's a secret has at most 25 kB, a page of a vault's listing at
    /// most 25 items; a page of Resource Manager's shows each vault with all of its access policies, up to
    /// half a megabyte. A page of XSOAR's store may be larger.
    pub(super) fn largest_answer(&self) -> u64 {
        match self.body {
            Body::Nothing | Body::Form(_) => 8 << 20,
            Body::Query(_) | Body::Change(_) => 16 << 20,
        }
    }

    pub(super) fn method(&self) -> Method {
        match self.body {
            Body::Nothing => Method::GET,
            Body::Form(_) | Body::Query(_) => Method::POST,
            Body::Change(_) => Method::PUT,
        }
    }

    /// Whether it may be sent twice without being looked at.
    pub(super) fn is_safe(&self) -> bool {
        matches!(self.body, Body::Nothing | Body::Query(_))
    }

    /// Everything but the body, with what it proves itself with; `None`: it has something that a header cannot
    /// carry.
    pub(super) fn head(&self, bearer: Option<&HeaderValue>) -> Option<Builder> {
        let mut head = Builder::new().method(self.method()).uri(self.url.0.clone());
        for (name, value) in &self.headers {
            head = head.header(*name, value.clone()?);
        }
        if let Some(bearer) = bearer {
            head = head.header("authorization", bearer.clone());
        }
        if let Some(signer) = self.signer {
            for (name, secret) in signer.headers()? {
                head = head.header(name, sensitive(secret.expose())?);
            }
        }
        Some(match self.body {
            Body::Nothing => head,
            Body::Form(_) => head.header("content-type", "application/x-www-form-urlencoded"),
            Body::Query(_) | Body::Change(_) => head.header("content-type", "application/json"),
        })
    }
}

pub(super) fn behind(before: &str, secret: &Secret) -> Option<HeaderValue> {
    sensitive(&Zeroizing::new(format!("{before}{}", secret.expose())))
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
