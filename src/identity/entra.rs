//! Entra ID's token endpoint: OAuth 2.0 client credentials, whatever the proof.
//!
//! Source: Microsoft's "OAuth 2.0 client credentials flow on the Microsoft identity platform" and its
//! list of AADSTS error codes.

use std::time::SystemTime;

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::answer::{TokenAnswer, clocks};
use crate::buffer::Buffer;
use crate::cloud::Host;
use crate::error::{Error, Exit};
use crate::http::{Answer, Client, Request, Said, Service, UNRESERVED, Verdict};
use crate::secret::Secret;
use crate::token::{AccessToken, Audience};

#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
}

impl Application {
    /// Where its tokens come from, which is also for whom its assertions are.
    pub(super) fn endpoint(&self, authority: &Host) -> String {
        format!("https://{authority}/{}/oauth2/v2.0/token", self.tenant)
    }

    /// The exchange with an assertion (RFC 7523) as the proof, which is as good as a secret while it lasts.
    pub(super) fn token_by_assertion(
        &self,
        client: &Client,
        authority: &Host,
        audience: &Audience,
        assertion: &Secret,
    ) -> Result<AccessToken, Error> {
        client.learn(assertion);
        let proof = [
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion.expose()),
        ];
        self.token(client, authority, audience, &proof)
    }

    /// The exchange itself; the proof's fields are the only ones that differ.
    pub(super) fn token(
        &self,
        client: &Client,
        authority: &Host,
        audience: &Audience,
        proof: &[(&str, &str)],
    ) -> Result<AccessToken, Error> {
        let url = self.url(&self.endpoint(authority))?;
        let request = Request::form(&url, self.form(audience, proof)).purpose("token");
        let answer = client.ask(self, &request)?;
        TokenAnswer::read(self, &answer)?.token(self, &answer)
    }

    fn form(&self, audience: &Audience, proof: &[(&str, &str)]) -> Buffer {
        let scope = audience.scope();
        let mut fields = vec![("client_id", self.client_id.as_str())];
        fields.extend(proof);
        fields.extend([("grant_type", "client_credentials"), ("scope", &scope)]);
        let mut form = Buffer::default();
        for (at, (name, value)) in fields.into_iter().enumerate() {
            form.push(if at > 0 { b"&" } else { b"" });
            form.push(name.as_bytes());
            form.push(b"=");
            for part in utf8_percent_encode(value, UNRESERVED) {
                form.push(part.as_bytes());
            }
        }
        form
    }
}

impl Service for Application {
    type Reach = ();
    const NAME: &'static str = "Azure";

    fn operation(&self) -> String {
        format!(
            "cannot get a token for the application `{}`",
            self.client_id
        )
    }

    /// Entra ID's own words: code, first sentence, and the ids that Microsoft's support asks for.
    fn verdict(&self, said: &Said) -> Option<Verdict<()>> {
        let (name, description) = (said.text("/error"), said.text("/error_description"));
        if name.is_empty() || description.is_empty() {
            return None;
        }
        // Struck out first: cut first, half a secret that Entra repeats would be left.
        let words = said.quote(description);
        let (sentence, reason) = (first_sentence(&words), reason(&words));
        let mut what = format!("{sentence}{reason} ({}", said.quote(name));
        for (label, pointer) in [
            ("trace id", "/trace_id"),
            ("correlation id", "/correlation_id"),
        ] {
            let id = said.words(&[pointer]);
            if !id.is_empty() {
                what.extend([", ", label, " ", &id]);
            }
        }
        what.push(')');
        let exit = match said.status {
            400..=499 if !matches!(said.status, 408 | 429) => Exit::NoToken,
            _ => Exit::Service,
        };
        let code = aadsts(&said.body, description);
        let verdict = Verdict::new(exit, what).maybe_hint(advice(code));
        Some(match clock(code, &words, said.answer) {
            Some(hint) => verdict.hint(hint),
            None => verdict,
        })
    }
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

pub(super) const WRONG_SECRET: &str = "the client secret is wrong: give its value, not its id (the portal shows the value only once, when it is made)";

/// What a person does about it.
fn advice(code: Option<u64>) -> Option<&'static str> {
    Some(match code? {
        7_000_215 => WRONG_SECRET,
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
    fn the_form_is_encoded() {
        let application = Application {
            tenant: "t".into(),
            client_id: "c".into(),
        };
        let proof = [("client_secret", "~a+/=&% ä")];
        let form = application.form(&Audience::of_suffix("vault.azure.net"), &proof);
        assert_eq!(
            std::str::from_utf8(form.as_slice()).unwrap(),
            "client_id=c&client_secret=~a%2B%2F%3D%26%25%20%C3%A4&grant_type=client_credentials\
             &scope=https%3A%2F%2Fvault.azure.net%2F.default"
        );
    }
}
