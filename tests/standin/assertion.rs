//! Assertions, which an application sends in the place of a client secret: signed with its certificate's key.
//!
//! Wrong ones are refused in Entra's words. What depends on the machine (its clock, its certificate) is no more
//! than refused; what a client must not send in any case is a violation, too.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Map, Value, json};

use super::clock::iso_date;
use super::entra::{documented, refusal};
use super::http::{Answer, Request};
use super::keys::hexadecimal;
use super::world::{App, World};
use super::{clock, der, federated};

/// The only kind of assertion there is.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An assertion is good for no longer, in seconds.
const LIFETIME: f64 = 600.0;
/// How far clocks may be apart, in seconds.
const TOLERANCE: f64 = 300.0;

const DOCUMENTATION: &str = "Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .";

/// Microsoft's own library pads its thumbprints, which a JWT's parts are not.
const THUMBPRINT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A certificate as an application has it.
#[derive(Clone)]
pub(super) struct Registered {
    der: Vec<u8>,
    key: Vec<u8>,
    from: i64,
    until: i64,
}

impl Registered {
    pub(super) fn new(der: &[u8]) -> Self {
        let (key, from, until) = der::certificate(der);
        Self {
            der: der.to_vec(),
            key,
            from,
            until,
        }
    }

    /// As Entra describes the key that it found.
    fn words(&self) -> String {
        let (from, until) = (clock::us_date(self.from), clock::us_date(self.until));
        format!("Found key 'Start={from}, End={until}'")
    }
}

/// An assertion's parts.
pub(super) struct Jwt<'a> {
    whole: &'a str,
    /// What the signature is of.
    signed: &'a str,
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self {
            whole: text,
            signed,
            header: serde_json::from_slice(&bytes(header)?).ok()?,
            claims: serde_json::from_slice(&bytes(claims)?).ok()?,
            signature: bytes(signature)?,
        })
    }

    /// A claim that is text.
    pub(super) fn claim(&self, name: &str) -> &str {
        let claim = self.claims.get(name).and_then(Value::as_str);
        claim.unwrap_or_default()
    }
}

/// No JWT, or one that is not put together as it must be.
pub(super) fn malformed(why: &str) -> Answer {
    let text = format!("JWT token is invalid or malformed. {why}");
    refusal(401, "invalid_client", 50_027, text.trim_end(), " ")
}

/// Whether the application is who it says it is; `Err` is what it hears if not.
pub(super) fn check(
    world: &mut World,
    request: &Request,
    tenant: &str,
    app: &App,
    assertion: &str,
) -> Result<(), Answer> {
    let jwt = Jwt::parse(assertion);
    world.keep(assertion, jwt.as_ref());
    if world
        .federated_for(&app.client_id)
        .any(|token| token == assertion)
    {
        let untimely = jwt.and_then(|jwt| federated::untimely(world, &jwt));
        return untimely.map_or(Ok(()), Err);
    }
    let Some(jwt) = jwt else {
        return Err(malformed(""));
    };
    if jwt.claim("iss") != app.client_id {
        return Err(federated::refuse(world, app, &jwt));
    }
    let problem = |world: &mut World, text: &str| {
        world.violation(request, &format!("an assertion whose {text}"));
        malformed("")
    };
    for name in jwt.header.keys() {
        if !["alg", "typ", "x5t", "x5t#S256", "x5c"].contains(&name.as_str()) {
            return Err(problem(world, &format!("header has `{name}`")));
        }
    }
    for name in jwt.claims.keys() {
        if !["aud", "iss", "sub", "jti", "nbf", "iat", "exp"].contains(&name.as_str()) {
            return Err(problem(world, &format!("claims have `{name}`")));
        }
    }
    if jwt.header.get("typ") != Some(&json!("JWT")) {
        return Err(problem(world, "`typ` is not JWT"));
    }
    signature(world, app, &jwt).map_err(|refused| match refused {
        Refused::Answer(answer) => answer,
        Refused::Malformed(text) => problem(world, text),
    })?;
    claims(world, request, tenant, app, &jwt)?;
    time(world, request, &jwt)
}

enum Refused {
    Answer(Answer),
    Malformed(&'static str),
}

/// The certificate it names is the application's, and its key made the signature.
fn signature(world: &World, app: &App, jwt: &Jwt) -> Result<(), Refused> {
    let header = |name: &str| jwt.header.get(name).and_then(Value::as_str);
    let thumbprint = |name| header(name).and_then(|text| THUMBPRINT.decode(text).ok());
    let (hash, named) = match header("alg") {
        Some("PS256") => (&SHA256, thumbprint("x5t#S256")),
        Some("RS256") => (&SHA1_FOR_LEGACY_USE_ONLY, thumbprint("x5t")),
        _ => return Err(Refused::Malformed("`alg` is neither PS256 nor RS256")),
    };
    let named = named.ok_or(Refused::Malformed(
        "thumbprint is missing, or of the other `alg`",
    ))?;
    let is_it = |der: &[u8]| digest(hash, der).as_ref() == named;
    if let Some(chain) = jwt.header.get("x5c") {
        let leaf = chain_of(chain).ok_or(Refused::Malformed("`x5c` is no list of base64"))?;
        if !is_it(&leaf) {
            return Err(Refused::Malformed(
                "`x5c` does not begin with the certificate",
            ));
        }
    }
    let thumbprint = hexadecimal(&named);
    let refuse = |reason: &str, found: &str| {
        let text = format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}, Thumbprint of key used by client: '{thumbprint}'{found}, Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '{}'. {DOCUMENTATION}]",
            app.client_id
        );
        Refused::Answer(refusal(401, "invalid_client", 700_027, &text, " "))
    };
    let mut certificates = world.certificates_of(&app.client_id);
    let Some(certificate) = certificates.find(|certificate| is_it(&certificate.der)) else {
        return Err(refuse("The key was not found.", ""));
    };
    let found = format!(", {}", certificate.words());
    if !(certificate.from..=certificate.until).contains(&world.now()) {
        return Err(refuse("The key used is expired.", &found));
    }
    let algorithm = match header("alg") {
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        _ => &RSA_PKCS1_2048_8192_SHA256,
    };
    let key = UnparsedPublicKey::new(algorithm, &certificate.key);
    key.verify(jwt.signed.as_bytes(), &jwt.signature)
        .map_err(|_| {
            let reason = "Key was found, but use of the key to verify the signature failed.";
            refuse(reason, &found)
        })
}

/// The first certificate of an `x5c`, if all of it is as it must be. Lines may be broken.
fn chain_of(chain: &Value) -> Option<Vec<u8>> {
    let decode = |one: &Value| {
        let text: String = one.as_str()?.split_ascii_whitespace().collect();
        let der = STANDARD.decode(text).ok()?;
        (der.first() == Some(&der::SEQUENCE)).then_some(der)
    };
    let all: Option<Vec<_>> = chain.as_array()?.iter().map(decode).collect();
    all?.into_iter().next()
}

/// It is for this endpoint, from this application, and was not sent before.
fn claims(
    world: &mut World,
    request: &Request,
    tenant: &str,
    app: &App,
    jwt: &Jwt,
) -> Result<(), Answer> {
    let host = &world.cloud.authority;
    let endpoints = [
        format!("https://{host}{}", request.path()),
        format!("https://{host}/{tenant}/oauth2/v2.0/token"),
    ];
    if !endpoints
        .iter()
        .any(|endpoint| endpoint == jwt.claim("aud"))
    {
        world.violation(request, "an assertion for another audience");
        return Err(documented(700_023, ("", "")));
    }
    if jwt.claim("sub") != app.client_id {
        world.violation(request, "an assertion with another `sub` than `iss`");
        return Err(documented(700_021, ("", "")));
    }
    let jti = jwt.claim("jti").to_owned();
    if jti.is_empty() || !world.first_use(&jti, jwt.whole) {
        world.violation(request, "an assertion without a `jti` of its own");
        return Err(malformed("The 'jti' claim is missing, or was used before."));
    }
    Ok(())
}

/// It is good now, by Azure's clock, and not for longer than it may be.
fn time(world: &mut World, request: &Request, jwt: &Jwt) -> Result<(), Answer> {
    let moment = |name: &str| jwt.claims.get(name).and_then(Value::as_f64);
    let (from, issued, until) = (moment("nbf"), moment("iat"), moment("exp"));
    let (Some(issued), Some(until)) = (issued, until) else {
        world.violation(request, "an assertion without `iat` or `exp`");
        return Err(malformed("The 'exp' claim is missing."));
    };
    let from = match from {
        None if jwt.claims.contains_key("nbf") => {
            world.violation(request, "an assertion whose `nbf` is no number");
            return Err(malformed("The 'nbf' claim is no number."));
        }
        from => from.unwrap_or_default(),
    };
    if until - issued > LIFETIME || until - from > LIFETIME && from > 0.0 {
        world.violation(
            request,
            "an assertion that is good for more than ten minutes",
        );
        return Err(malformed("Its lifetime exceeds what is allowed."));
    }
    #[expect(clippy::cast_precision_loss, reason = "a time of this century")]
    let now = world.now() as f64;
    if from - TOLERANCE <= now && now <= until + TOLERANCE {
        return Ok(());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seconds are enough for words"
    )]
    let date = |seconds: f64| iso_date(seconds as i64);
    let text = format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}. {DOCUMENTATION}",
        date(now),
        date(from),
        date(until),
    );
    Err(refusal(401, "invalid_client", 700_024, &text, " "))
}
