//! Federated tokens: what a cluster gives its workload, and the application trusts.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::assertion::Jwt;
use super::clock;
use super::entra::{documented, refusal};
use super::http::Answer;
use super::world::{App, World};

/// Who gives tokens to workloads, unless a test says otherwise.
pub const ISSUER: &str = "https://oidc.prod-aks.azure.com/99999999-0000-4000-8000-0000000c1a55/";
/// Whom for.
pub const SUBJECT: &str = "system:serviceaccount:xsoar:akv-xsoar";

/// A token as Kubernetes makes it, good for an hour.
pub fn token(issuer: &str, subject: &str) -> String {
    token_of(issuer, subject, (0, 3600))
}

/// The same, good from and until so many seconds from now.
pub fn token_of(issuer: &str, subject: &str, (from, until): (i64, i64)) -> String {
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let now = clock::now();
    let header = json!({"alg": "RS256", "kid": clock::random()});
    let claims = json!({
        "aud": ["api://AzureADTokenExchange"], "iss": issuer, "sub": subject, "jti": clock::uuid(),
        "iat": now + from, "nbf": now + from, "exp": now + until,
    });
    let signature = format!("CanaryFederat3d{}", clock::random().repeat(19));
    let signature = URL_SAFE_NO_PAD.encode(signature);
    format!("{}.{}.{signature}", part(&header), part(&claims))
}

/// What Entra says to a token whose time is over, or has not come.
pub(super) fn untimely(world: &World, jwt: &Jwt) -> Option<Answer> {
    let moment = |name: &str| jwt.claims.get(name)?.as_i64();
    let (from, until) = (moment("nbf")?, moment("exp")?);
    let now = world.now();
    if from - 300 <= now && now <= until + 300 {
        return None;
    }
    let [now, from, until] = [now, from, until].map(clock::iso_date);
    let text = format!(
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {from}, expiry time of assertion {until}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
    );
    Some(refusal(401, "invalid_client", 700_024, &text, " "))
}

/// What Entra says to a token that no federated credential is for.
pub(super) fn refuse(world: &World, app: &App, jwt: &Jwt) -> Answer {
    let known: Vec<_> = world.federated_for(&app.client_id).collect();
    let known: Vec<Jwt> = known.iter().filter_map(|token| Jwt::parse(token)).collect();
    if known.is_empty() {
        return documented(70_025, ("APP", &app.client_id));
    }
    let any = |name: &str| known.iter().any(|one| one.claim(name) == jwt.claim(name));
    if !any("iss") {
        return documented(700_211, ("https://issuer.example", jwt.claim("iss")));
    }
    let subject = jwt.claim("sub");
    if !any("sub") {
        let but_for_case = known
            .iter()
            .any(|one| one.claim("sub").eq_ignore_ascii_case(subject));
        let code = if but_for_case { 7_002_138 } else { 700_213 };
        return documented(code, ("'subject'", &format!("'{subject}'")));
    }
    if !known
        .iter()
        .any(|one| one.claims.get("aud") == jwt.claims.get("aud"))
    {
        return documented(700_212, ("", ""));
    }
    let text = "Assertion failed signature validation. [Reason - The provided signature value did not match the expected signature value.]";
    refusal(401, "invalid_client", 50_013, text, " ")
}
