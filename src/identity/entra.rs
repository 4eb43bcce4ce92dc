//! Entra ID's token endpoint: OAuth 2.0 client credentials, whatever the proof.
//!
//! Source: Microsoft's "OAuth 2.0 client credentials flow on the Microsoft identity platform" and its
//! list of AADSTS error codes.

use std::time::SystemTime;

use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{text, token_in, unexpected};
use crate::cloud::Host;
use crate::error::{Error, Exit};
use crate::http::{Answer, Body, Client, Policy, Request, UNRESERVED, Url};
use crate::secret::Secret;
use crate::text::is_surrounded;
use crate::token::{AccessToken, Audience};

/// An app registration.
#[derive(Clone, Debug)]
pub struct Application {
    /// The tenant: an id or a domain.
    pub tenant: String,
    /// The application's (client) id.
    pub client_id: String,
}

impl Application {
    /// What is attempted, for messages.
    pub(super) fn operation(&self) -> String {
        format!(
            "cannot get a token for the application `{}`",
            self.client_id
        )
    }

    /// Where its tokens come from, which is also for whom its assertions are.
    pub(super) fn endpoint(&self, authority: &Host) -> Result<(String, Url), Error> {
        let text = format!("https://{authority}/{}/oauth2/v2.0/token", self.tenant);
        match Url::parse(&text) {
            Some(url) => Ok((text, url)),
            None => Err(Error::new(
                Exit::Usage,
                self.operation(),
                "the tenant cannot be part of a URL",
            )),
        }
    }

    /// The exchange itself; the proof's fields are the only ones that differ.
    pub(super) fn token(
        &self,
        client: &Client,
        authority: &Host,
        audience: &Audience,
        proof: &[(&str, &str)],
    ) -> Result<AccessToken, Error> {
        let operation = self.operation();
        let (_, url) = self.endpoint(authority)?;
        let form = self.form(audience, proof);
        let request = Request {
            purpose: "token".into(),
            url: &url,
            headers: &[],
            secret_header: None,
            signature: None,
            body: Body::Form(&form),
            policy: Policy::Service,
        };
        let answer = client
            .send(&request)
            .map_err(|failure| failure.during(operation.as_str()))?;
        if answer.status == 200 {
            return token_in(&answer, &operation, url.host());
        }
        Err(refusal(client, &answer, &operation, url.host(), proof))
    }

    fn form(&self, audience: &Audience, proof: &[(&str, &str)]) -> Secret {
        let scope = audience.scope();
        let mut fields = vec![("client_id", self.client_id.as_str())];
        fields.extend(proof);
        fields.extend([("grant_type", "client_credentials"), ("scope", &scope)]);
        // Room for every character encoded: a buffer that grows leaves copies unwiped.
        let room: usize = fields
            .iter()
            .map(|(name, value)| name.len() + 2 + value.len() * 3)
            .sum();
        let mut form = Zeroizing::new(String::with_capacity(room));
        for (name, value) in fields {
            if !form.is_empty() {
                form.push('&');
            }
            form.push_str(name);
            form.push('=');
            form.extend(utf8_percent_encode(value, UNRESERVED));
        }
        Secret::new(std::mem::take(&mut *form))
    }
}

/// Entra ID's no, in its own words: code, first sentence, and the ids that Microsoft's support asks for.
fn refusal(
    client: &Client,
    answer: &Answer,
    operation: &str,
    host: &str,
    proof: &[(&str, &str)],
) -> Error {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let description = text(&body, "error_description");
    let Some((name, description)) = text(&body, "error").zip(description) else {
        return unexpected(answer, operation, host);
    };
    // Struck out first: cut first, half a secret that Entra repeats would be left.
    let words = client.quote(description);
    let (sentence, reason) = (first_sentence(&words), reason(&words));
    let name = client.quote(name);
    let mut cause = format!("{sentence}{reason} ({name}");
    for (label, key) in [
        ("trace id", "trace_id"),
        ("correlation id", "correlation_id"),
    ] {
        if let Some(id) = text(&body, key) {
            cause.extend([", ", label, " ", &client.quote(id)]);
        }
    }
    cause.push(')');
    cause.push_str(&answer.aftermath());
    let exit = match answer.status {
        400..=499 if !matches!(answer.status, 408 | 429) => Exit::NoToken,
        _ => Exit::Service,
    };
    let code = aadsts(&body, description);
    let hint = clock(code, &words, answer)
        .or_else(|| copied(code, proof).map(str::to_owned))
        .or_else(|| advice(code).map(str::to_owned));
    Error::new(answer.exit(exit), operation, cause)
        .maybe_hint(hint)
        .maybe_hint(answer.aftermath_hint())
}

/// A secret that is wrong, and was copied with more than itself.
fn copied(code: Option<u64>, proof: &[(&str, &str)]) -> Option<&'static str> {
    let is_it = |(name, value): &(&str, &str)| *name == "client_secret" && is_surrounded(value);
    (code == Some(7_000_215) && proof.iter().any(is_it)).then_some(
        "the client secret begins or ends with a blank or a quote: does that belong to it? Give its value alone",
    )
}

/// An assertion refused for its time: both clocks, so that a person sees which one is wrong.
fn clock(code: Option<u64>, words: &str, answer: &Answer) -> Option<String> {
    let of_time = ["expired", "not yet valid", "not within its valid time"];
    let says_time = of_time.iter().any(|part| words.contains(part));
    let clocks = clocks(answer, SystemTime::now());
    match code {
        Some(700_024) => Some(clocks),
        // Of a certificate it is Entra's own clock that counts, unless the assertion was meant.
        Some(700_027) if says_time => Some(format!(
            "if the certificate has expired, register a new one (`az ad app credential reset --cert`); else {clocks}"
        )),
        _ => None,
    }
}

/// This machine's clock beside the server's, where the answer has one.
pub(super) fn clocks(answer: &Answer, now: SystemTime) -> String {
    let here = httpdate::fmt_http_date(now);
    match answer
        .header("date")
        .and_then(|date| httpdate::parse_http_date(date).ok())
    {
        Some(there) => {
            let there = httpdate::fmt_http_date(there);
            format!("set this machine's clock: it says {here}, the server's says {there}")
        }
        None => format!("check this machine's clock: it says {here}"),
    }
}

/// The text up to where Entra's sentence ends or its ids begin.
fn first_sentence(description: &str) -> &str {
    let ends = ["\r", "\n", ". ", " Trace ID:"];
    let end = ends.iter().filter_map(|end| description.find(end)).min();
    description[..end.unwrap_or(description.len())].trim_end_matches('.')
}

/// What Entra adds to some sentences, in brackets: for a certificate that is all there is to go by.
fn reason(description: &str) -> String {
    let found = description
        .split_once("[Reason - ")
        .and_then(|(_, rest)| rest.split(['.', ']']).next());
    found.map_or_else(String::new, |reason| format!(" [{}]", reason.trim()))
}

/// The number of the error: from its list, or as the description begins.
fn aadsts(body: &Value, description: &str) -> Option<u64> {
    let listed = body
        .get("error_codes")
        .and_then(|codes| codes.get(0)?.as_u64());
    listed.or_else(|| {
        let digits = description.strip_prefix("AADSTS")?;
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        digits[..end].parse().ok()
    })
}

/// What a person does about it.
fn advice(code: Option<u64>) -> Option<&'static str> {
    Some(match code? {
        7_000_215 => {
            "the client secret is wrong: give its value, not its id (the portal shows the value only once, when it is made)"
        }
        7_000_222 => {
            "the client secret has expired: make a new one (`az ad app credential reset --id CLIENT_ID`)"
        }
        700_027 => "the certificate is not registered with the application, or another key signed",
        700_016 => "no such application in this tenant: check the client id and the tenant id",
        90_002 => "no such tenant: check the tenant id, and the cloud (`--cloud`)",
        900_023 => {
            "the tenant must be an id (a GUID) or a domain such as `contoso.onmicrosoft.com`"
        }
        70_011 => "Entra ID does not know the scope: check the cloud (`--cloud`, `--vault-suffix`)",
        500_011 => {
            "Key Vault of that cloud is not known in this tenant: is it the right cloud (`--cloud`)?"
        }
        53_003 => {
            "a Conditional Access policy forbids it: have this machine's address or the application allowed"
        }
        70_021 | 70_025 | 700_211 | 700_212 | 700_213 | 7_002_137 | 7_002_138 => {
            "no federated credential of the application matches: check its issuer, subject and audience"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_ends_where_entra_s_does() {
        for (description, sentence) in [
            (
                "AADSTS7000215: Invalid client secret is provided.\r\nTrace ID: 3",
                "AADSTS7000215: Invalid client secret is provided",
            ),
            (
                "AADSTS90002: Tenant 'a.b' not found. Check it. Trace ID: 3",
                "AADSTS90002: Tenant 'a.b' not found",
            ),
            ("AADSTS1: No stop Trace ID: 3", "AADSTS1: No stop"),
            ("", ""),
        ] {
            assert_eq!(first_sentence(description), sentence);
        }
    }

    #[test]
    fn the_reason_stands_in_brackets() {
        let description = "AADSTS700027: Not registered. [Reason - The key was not found., Thumbprint of key: '01']";
        assert_eq!(reason(description), " [The key was not found]");
        let description = "[Reason - Key was found, but use of the key to verify the signature failed., Thumbprint of key: '01']";
        let words = " [Key was found, but use of the key to verify the signature failed]";
        assert_eq!(reason(description), words);
        assert_eq!(reason("AADSTS700027: Not registered."), "");
    }

    #[test]
    fn the_code_is_listed_or_leads_the_text() {
        let listed = serde_json::json!({"error_codes": [90002]});
        assert_eq!(aadsts(&listed, "AADSTS1: x"), Some(90002));
        assert_eq!(aadsts(&Value::Null, "AADSTS7000215: x"), Some(7_000_215));
        assert_eq!(aadsts(&Value::Null, "no code"), None);
    }

    #[test]
    fn the_form_is_encoded_and_never_outgrows_its_buffer() {
        let application = Application {
            tenant: "t".into(),
            client_id: "c".into(),
        };
        let proof = [("client_secret", "~a+/=&% ä")];
        let form = application.form(&Audience::of_suffix("vault.azure.net"), &proof);
        assert_eq!(
            form.expose(),
            "client_id=c&client_secret=~a%2B%2F%3D%26%25%20%C3%A4&grant_type=client_credentials\
             &scope=https%3A%2F%2Fvault.azure.net%2F.default"
        );
    }
}
