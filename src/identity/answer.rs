//! What every token endpoint answers with: a token, until when it is good, and sometimes whose it is.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::Value;

use super::managed::ManagedIdentity;
use crate::error::{Error, Exit};
use crate::http::{Answer, Service};
use crate::secret::Secret;
use crate::token::{AccessToken, CLOCK_TOLERANCE};

/// Other fields differ from one endpoint to the other.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    access_token: Secret,
    not_before: Option<Value>,
    expires_on: Option<Value>,
    expires_in: Option<Value>,
    client_id: Option<Value>,
    object_id: Option<Value>,
    msi_res_id: Option<Value>,
    mi_res_id: Option<Value>,
}

impl TokenAnswer {
    pub(super) fn read(service: &impl Service<Reach = ()>, answer: &Answer) -> Result<Self, Error> {
        Ok(service.json(answer, "JSON that holds no token")?)
    }

    /// Whether the token is this identity's; `None`: the answer does not say.
    pub(super) fn is_of(&self, identity: &ManagedIdentity) -> Option<bool> {
        let (echoed, id) = match identity {
            ManagedIdentity::System => return Some(true),
            ManagedIdentity::ClientId(id) => (self.client_id.as_ref(), id),
            ManagedIdentity::ObjectId(id) => (self.object_id.as_ref(), id),
            ManagedIdentity::ResourceId(id) => {
                (self.msi_res_id.as_ref().or(self.mi_res_id.as_ref()), id)
            }
        };
        let echo = echoed?.as_str().filter(|echo| !echo.is_empty())?;
        Some(echo.eq_ignore_ascii_case(id))
    }

    /// The token of a managed identity: this one's, where the answer says whose it is.
    pub(super) fn of(
        self,
        identity: &ManagedIdentity,
        service: &impl Service<Reach = ()>,
        answer: &Answer,
    ) -> Result<AccessToken, Error> {
        if self.is_of(identity) == Some(false) {
            let cause = "the token that came is another identity's";
            let error = Error::new(Exit::NoToken, service.operation(), cause);
            return Err(
                error.hint("check the id, and that the identity is assigned to this machine")
            );
        }
        self.token(service, answer)
    }

    /// The token, if it is good now, by this machine's clock.
    pub(super) fn token(
        self,
        service: &impl Service<Reach = ()>,
        answer: &Answer,
    ) -> Result<AccessToken, Error> {
        let now = SystemTime::now();
        if let Some(cause) = self.untimely(now) {
            let error = Error::new(Exit::NoToken, service.operation(), cause);
            return Err(error.hint(clocks(answer, now)));
        }
        let host = &answer.host;
        AccessToken::parse(self.access_token).ok_or_else(|| {
            let cause = format!("`{host}` answered 200 with a token that no header can carry");
            service.senseless(cause).into()
        })
    }

    /// Unix time, as a number or as text.
    fn untimely(&self, now: SystemTime) -> Option<&'static str> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (now, tolerance) = (now.as_secs_f64(), CLOCK_TOLERANCE.as_secs_f64());
        if number(self.not_before.as_ref()).is_some_and(|time| time > now + tolerance) {
            Some("the token is not valid yet")
        } else if number(self.expires_on.as_ref()).is_some_and(|time| time <= now)
            || number(self.expires_in.as_ref()).is_some_and(|time| time <= 0.0)
        {
            Some("the token's lifetime is over")
        } else {
            None
        }
    }
}

fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// This machine's clock beside the server's, where the answer has one.
pub(super) fn clocks(answer: &Answer, now: SystemTime) -> String {
    let here = httpdate::fmt_http_date(now);
    let date = answer.header("date");
    match date.and_then(|date| httpdate::parse_http_date(date).ok()) {
        Some(there) => {
            let there = httpdate::fmt_http_date(there);
            format!("set this machine's clock: it says {here}, the server's says {there}")
        }
        None => format!("check this machine's clock: it says {here}"),
    }
}
