//! Entra ID's token endpoint: OAuth 2.0 client credentials, whatever the proof.
//!
//! Source: Microsoft's "OAuth 2.0 client credentials flow on the Microsoft identity platform" and its
//! list of AADSTS error codes.

use std::time::SystemTime;

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::answer::{TokenAnswer, clock};
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

/// What an application proves itself with: what a refusal means depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProvenBy {
    Secret {
        /// Whether it begins or ends with something that may not belong to it.
        surrounded: bool,
    },
    Certificate,
    FederatedToken,
}

impl Application {
    pub(super) fn operation(&self) -> String {
        format!(
            "cannot get a token for the application `{}`",
            self.client_id
        )
    }

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
        by: ProvenBy,
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
        self.token(client, authority, audience, by, &proof)
    }

    /// The exchange itself; the proof's fields are the only ones that differ.
    pub(super) fn token(
        &self,
        client: &Client,
        authority: &Host,
        audience: &Audience,
        by: ProvenBy,
        proof: &[(&str, &str)],
    ) -> Result<AccessToken, Error> {
        let service = Entra {
            application: self,
            by,
        };
        let url = service.url(&self.endpoint(authority))?;
        let request = Request::form(&url, self.form(audience, proof)).purpose("token");
        let answer = client.ask(&service, &request)?;
        TokenAnswer::read(&service, &answer)?.token(&service, &answer)
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

/// Entra ID, asked for an application's token.
struct Entra<'a> {
    application: &'a Application,
    by: ProvenBy,
}

impl Service for Entra<'_> {
    type Reach = ();
    const NAME: &'static str = "Azure";

    fn operation(&self) -> String {
        self.application.operation()
    }

    /// Entra ID's own words: code, what decides, and the ids that Microsoft's support asks for; whatever of that
    /// is missing, `error` alone says that it is a refusal.
    fn verdict(&self, said: &Said) -> Option<Verdict<()>> {
        let (name, description) = (said.text("/error"), said.text("/error_description"));
        if name.is_empty() && !description.starts_with("AADSTS") {
            return None;
        }
        // Struck out first: cut first, half a secret that Entra repeats would be left.
        let words = said.quote(description);
        let (sentences, reason) = (decisive(&words), reason(&words));
        let mut what = if sentences.is_empty() {
            format!("Entra ID answered {}", said.status)
        } else {
            format!("{sentences}{reason}")
        };
        let details = [
            ("", "/error"),
            ("trace id ", "/trace_id"),
            ("correlation id ", "/correlation_id"),
        ];
        let details = details.map(|(label, pointer)| (label, said.words(&[pointer])));
        let details: Vec<_> = details
            .iter()
            .filter(|(_, words)| !words.is_empty())
            .map(|(label, words)| format!("{label}{words}"))
            .collect();
        if !details.is_empty() {
            what.extend([" (", &details.join(", "), ")"]);
        }
        let exit = match said.status {
            400..=499 if !matches!(said.status, 408 | 429) && !is_failure(name) => Exit::NoToken,
            _ => Exit::Service,
        };
        let code = aadsts(&said.body, description);
        let verdict = Verdict::new(exit, what);
        let hint = self.advice(code, &words, said.answer);
        let hint = hint.or_else(|| without_code(code, name).map(str::to_owned));
        Some(match hint {
            Some(hint) => verdict.hint(hint),
            None => verdict,
        })
    }
}

impl Entra<'_> {
    /// What a person does about it, with this proof.
    fn advice(&self, code: Option<u64>, words: &str, answer: &Answer) -> Option<String> {
        let clock = || clock(answer, SystemTime::now());
        match (code, self.by) {
            // Other applications' secrets are refused in other words.
            (Some(7_000_215 | 7_000_216), ProvenBy::Secret { surrounded: true }) => {
                Some(SURROUNDED.to_owned())
            }
            (Some(700_024 | 500_133), ProvenBy::FederatedToken) => {
                Some(out_of_time(words).to_owned())
            }
            (Some(700_024 | 500_133), _) => Some(clock().unwrap_or_else(|| LATE.to_owned())),
            // Of a certificate it is Entra's own clock that counts.
            (Some(700_027), ProvenBy::Certificate) if words.contains("expired") => {
                let off = clock().map(|clock| format!("; and {clock}"));
                Some(format!("{EXPIRED}{}", off.unwrap_or_default()))
            }
            _ => advice(code).map(str::to_owned),
        }
    }
}

const SURROUNDED: &str = "the client secret begins or ends with a blank or a quote: does that belong to it? Give its value alone";

const EXPIRED: &str =
    "the certificate has expired: register a new one (`az ad app credential reset --cert`)";

/// Of an assertion that was made for this very request.
const LATE: &str = "the request was too long on its way: try again";

/// Of a token that somebody else issued, and renews: this machine's clock has no part in it.
fn out_of_time(words: &str) -> &'static str {
    let time = |label: &str| {
        let (_, rest) = words.split_once(label)?;
        rest.split([',', ' ']).next()
    };
    match (time("Current time: "), time("assertion valid from ")) {
        // In ISO 8601 the later one is the larger text.
        (Some(now), Some(from)) if now < from => {
            "the federated token is not valid yet: the clock of whoever issued it is ahead of Entra ID's"
        }
        _ => {
            "the federated token has expired: in Kubernetes its file is renewed in its place, a copy is not; a CI job's is good for 5 to 10 minutes: ask for a new one just before this runs"
        }
    }
}

/// Later sentences that say what the first one leaves open.
const DECISIVE: [&str; 4] = [
    "Assertion ",
    "Current time: ",
    "The subject matches ",
    "Please note that the matching ",
];

/// The first sentence, and those behind it that decide.
fn decisive(description: &str) -> String {
    let text = description.split(" Trace ID:").next().unwrap_or_default();
    // Older texts part lines otherwise, and some have no stop there.
    let mut sentences = sentences(text).into_iter();
    let first = sentences.next().unwrap_or_default();
    let others = sentences.filter(|next| DECISIVE.iter().any(|lead| next.starts_with(lead)));
    let kept: Vec<_> = std::iter::once(first).chain(others).collect();
    kept.join(". ")
}

/// Each without its stop. A quoted name may have one in it.
fn sentences(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut sentences, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, byte) in bytes.iter().enumerate() {
        let before = at.checked_sub(1).map_or(b' ', |at| bytes[at]);
        let after = bytes.get(at + 1).copied().unwrap_or(b' ');
        match byte {
            b'\'' if !quoted => quoted = matches!(before, b' ' | b'(' | b'['),
            // An apostrophe within it is no end.
            b'\'' => quoted = after.is_ascii_alphanumeric(),
            b'.' if !quoted && matches!(after, b' ' | b'\r' | b'\n') => {
                sentences.push(text[start..at].trim());
                start = at + 1;
            }
            b'\r' | b'\n' if !quoted => {
                sentences.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
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
    let listed = body.pointer("/error_codes/0").and_then(|code| {
        let text = || code.as_str()?.trim().parse().ok();
        code.as_u64().or_else(text)
    });
    listed.or_else(|| {
        let digits = description.strip_prefix("AADSTS")?;
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        digits[..end].parse().ok()
    })
}

pub(super) const WRONG_SECRET: &str = "the client secret is wrong: give its value, not its id (the portal shows the value only once, when it is made)";

/// The same, where there is only OAuth's name for it (RFC 6749, section 5.2).
fn without_code(code: Option<u64>, name: &str) -> Option<&'static str> {
    match (code, name) {
        (None, "invalid_client") => Some(
            "is the proof (client secret, certificate, federated token) right, and not expired?",
        ),
        (None, "unauthorized_client") => Some("check the client id and the tenant id"),
        (_, name) if is_failure(name) => Some("try again later"),
        _ => None,
    }
}

/// Whether the name is that of a failure of the service's own (RFC 6749, section 4.1.2.1).
fn is_failure(name: &str) -> bool {
    matches!(name, "temporarily_unavailable" | "server_error")
}

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
        70_021 | 700_211 | 700_212 | 700_213 | 7_002_137 => {
            "no federated credential of the application matches: check its issuer, subject and audience; a new one works after a minute or two"
        }
        7_002_138 => {
            "the federated credential's subject differs in upper and lower case: write it as the token has it; a change works after a minute or two"
        }
        70_025 => {
            "the application has no federated credential: make one (`az ad app federated-credential create`, `az identity federated-credential create`); it works after a minute or two"
        }
        700_222 => {
            "the federated token is one of Entra ID's own, which it does not take: give one of another issuer (a cluster, a CI system), for the audience `api://AzureADTokenExchange`"
        }
        50_013 => {
            "the keys that the issuer publishes do not fit the token: is it from this issuer, and whole?"
        }
        900_382 => "the application is in another cloud than this authority: say which (`--cloud`)",
        7_000_229 => {
            "the application has no service principal in this tenant: `az ad sp create --id CLIENT_ID`"
        }
        7_000_112 => {
            "the application is disabled in its tenant: have it enabled (Entra ID, Enterprise applications, Properties)"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_ends_where_entra_s_does() {
        for (description, kept) in [
            (
                "AADSTS7000215: Invalid client secret is provided. Trace ID: 3",
                "AADSTS7000215: Invalid client secret is provided",
            ),
            (
                "AADSTS90002: Tenant 'a.b' not found. Check it. Trace ID: 3",
                "AADSTS90002: Tenant 'a.b' not found",
            ),
            ("AADSTS1: No stop Trace ID: 3", "AADSTS1: No stop"),
            (
                "AADSTS1: It doesn't match 'client_id' parameter. No. Trace ID: 3",
                "AADSTS1: It doesn't match 'client_id' parameter",
            ),
            (
                "AADSTS1: No 'a. b'. Assertion Issuer: 'c. d'. See 'it'. Assertion Subject: 'e'",
                "AADSTS1: No 'a. b'. Assertion Issuer: 'c. d'. Assertion Subject: 'e'",
            ),
            (
                "AADSTS1: 'it's one. Name' is here. No.",
                "AADSTS1: 'it's one. Name' is here",
            ),
            ("", ""),
        ] {
            assert_eq!(decisive(description), kept);
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
