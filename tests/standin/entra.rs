//! Entra ID: tokens for applications, and what Microsoft's own clients ask before they ask for one.

use serde_json::json;

use super::assertion;
use super::clock::{self, entra_date};
use super::http::{Answer, Request, single};
use super::world::{App, World};

/// Fields that Microsoft's own clients add.
const OF_MICROSOFTS_CLIENTS: [&str; 2] = ["claims", "client_info"];

/// Fields that prove who the application is: the first, or the two others.
const OF_PROOFS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// Entra's documented refusals: code, status, `error`, text.
const REFUSALS: [(u32, u16, &str, &str); 25] = [
    (
        7_000_215,
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'APP'.",
    ),
    (
        7_000_222,
        401,
        "invalid_client",
        "The provided client secret keys for app 'APP' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
    ),
    (
        700_027,
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '0123456789ABCDEF']",
    ),
    (
        700_024,
        401,
        "invalid_client",
        "Client assertion is not within its valid time range.",
    ),
    (
        700_016,
        400,
        "unauthorized_client",
        "Application with identifier 'APP' was not found in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
    ),
    (
        90_002,
        400,
        "invalid_request",
        "Tenant 'TENANT' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
    ),
    (
        900_023,
        400,
        "invalid_request",
        "Specified tenant identifier 'TENANT' is neither a valid DNS name, nor a valid external domain.",
    ),
    (
        900_144,
        400,
        "invalid_request",
        "The request body must contain the following parameter: 'PARAMETER'.",
    ),
    (
        70_003,
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type 'GRANT'.",
    ),
    (
        70_011,
        400,
        "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope SCOPE is not valid.",
    ),
    (
        500_011,
        400,
        "invalid_resource",
        "The resource principal named RESOURCE was not found in the tenant named Contoso. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.",
    ),
    (
        53_003,
        400,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    (
        7_000_218,
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    (
        700_021,
        401,
        "invalid_client",
        "Client assertion application identifier doesn't match 'client_id' parameter.",
    ),
    (
        700_023,
        401,
        "invalid_client",
        "Client assertion audience claim does not match Realm issuer.",
    ),
    (
        70_025,
        401,
        "invalid_client",
        "The client 'APP' has no configured federated identity credentials.",
    ),
    (
        70_021,
        400,
        "invalid_request",
        "No matching federated identity record found for presented assertion. Assertion Issuer: 'https://issuer.example'. Assertion Subject: 'subject'. Assertion Audience: 'api://AzureADTokenExchange'.",
    ),
    (
        700_211,
        400,
        "invalid_request",
        "No matching federated identity record found for presented assertion issuer 'https://issuer.example'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
    ),
    (
        700_212,
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion audience. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
    ),
    (
        7_002_138,
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject 'subject'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
    ),
    (
        700_222,
        400,
        "invalid_request",
        "AAD-issued tokens may not be used for federated identity flows.",
    ),
    (
        7_000_229,
        400,
        "unauthorized_client",
        "The client application 'APP' is missing service principal in the tenant 'TENANT'. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
    ),
    (
        7_000_112,
        400,
        "unauthorized_client",
        "Application 'APP'(xsoar-secrets) is disabled.",
    ),
    (
        900_382,
        400,
        "invalid_request",
        "Confidential Client is not supported in Cross Cloud request.",
    ),
    (
        700_213,
        400,
        "invalid_request",
        "No matching federated identity record found for presented assertion subject 'subject'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
    ),
];

/// One of Entra's documented refusals, with its own words.
pub(super) fn documented(code: u32, fill_in: (&str, &str)) -> Answer {
    let row = REFUSALS.iter().find(|row| row.0 == code);
    let (code, status, error, text) = row.expect("a refusal that Entra is known for");
    refusal(
        *status,
        error,
        *code,
        &text.replace(fill_in.0, fill_in.1),
        " ",
    )
}

/// A refusal in Entra's form. Newer texts part their lines with a space, older ones with CR and LF.
pub(super) fn refusal(status: u16, error: &str, code: u32, text: &str, line_end: &str) -> Answer {
    let (trace, correlation) = (clock::uuid(), clock::uuid());
    let date = entra_date(clock::now());
    let description = format!(
        "AADSTS{code}: {text}{line_end}Trace ID: {trace}{line_end}Correlation ID: {correlation}{line_end}Timestamp: {date}"
    );
    Answer::json(
        status,
        &json!({
            "error": error, "error_description": description, "error_codes": [code], "timestamp": date,
            "trace_id": trace, "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        }),
    )
    .header("Cache-Control", "no-store, no-cache")
    .header("x-ms-request-id", trace)
}

/// What Entra says to a request.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    if request.header("authorization").is_some() {
        world.violation(request, "`Authorization` at the authority");
    }
    let segments: Vec<&str> = request.path().split('/').skip(1).collect();
    match (request.method.as_str(), &segments[..]) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            token(world, request, tenant).unwrap_or_else(|refusal| refusal)
        }
        ("GET", ["common", "discovery", "instance"]) => discovery(world),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => {
            configuration(world, tenant).unwrap_or_else(|refusal| refusal)
        }
        _ => world.unknown_route(request),
    }
}

fn token(world: &mut World, request: &Request, tenant: &str) -> Result<Answer, Answer> {
    let content_type = request.header("content-type").unwrap_or_default();
    if content_type.split(';').next() != Some("application/x-www-form-urlencoded") {
        world.violation(request, "the body is not said to be a form");
        return Err(documented(900_144, ("PARAMETER", "grant_type")));
    }
    if request.target.contains('?') {
        world.violation(request, "a query at the token endpoint");
    }
    let form = request.form();
    let mut field = |name: &str| {
        single(&form, name).map_err(|problem| {
            world.violation(request, &problem);
            documented(900_144, ("PARAMETER", name))
        })
    };
    let (grant, scope, client) = (field("grant_type")?, field("scope")?, field("client_id")?);
    let proof = proof(world, request, &form)?;
    for (name, _) in &form {
        match name.as_str() {
            "grant_type" | "scope" | "client_id" => {}
            _ if OF_PROOFS.contains(&name.as_str()) => {}
            _ if OF_MICROSOFTS_CLIENTS.contains(&name.as_str()) => {}
            _ => world.violation(request, &format!("an unknown field `{name}`")),
        }
    }
    if grant != "client_credentials" {
        return Err(documented(70_003, ("GRANT", grant)));
    }
    let tenant = tenant_id(world, tenant)?;
    let app = application(world, &tenant, client)?;
    match proof {
        Proof::Secret(secret) if app.secret != secret => {
            return Err(documented(7_000_215, ("APP", client)));
        }
        Proof::Secret(_) => {}
        Proof::Assertion(text) => assertion::check(world, request, &tenant, &app, text)?,
    }
    let audience = audience(world, scope)?;
    let token = world.issue(&audience, &tenant, &app.client_id, &app.object_id);
    let lifetime = world.lifetime.1;
    let body = json!({
        "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
    });
    Ok(Answer::json(200, &body)
        .header("Cache-Control", "no-store, no-cache")
        .header("x-ms-request-id", clock::uuid()))
}

/// How an application proves that it is the one.
enum Proof<'a> {
    Secret(&'a str),
    Assertion(&'a str),
}

fn proof<'a>(
    world: &mut World,
    request: &Request,
    form: &'a [(String, String)],
) -> Result<Proof<'a>, Answer> {
    match OF_PROOFS.map(|name| single(form, name)) {
        [Ok(secret), Err(_), Err(_)] => Ok(Proof::Secret(secret)),
        [Err(_), Ok(assertion), Ok(assertion::TYPE)] => Ok(Proof::Assertion(assertion)),
        _ => {
            world.violation(request, "neither a client secret nor an assertion alone");
            Err(documented(7_000_218, ("", "")))
        }
    }
}

/// The id of a tenant that is named by its id or its domain.
fn tenant_id(world: &World, named: &str) -> Result<String, Answer> {
    let is =
        |id: &&String| id.eq_ignore_ascii_case(named) || world.tenants[*id] == named.to_lowercase();
    if let Some(id) = world.tenants.keys().find(is) {
        return Ok(id.clone());
    }
    let well_formed = named.contains('.') || (named.len() == 36 && named.matches('-').count() == 4);
    let code = if well_formed { 90_002 } else { 900_023 };
    Err(documented(code, ("TENANT", named)))
}

fn application(world: &World, tenant: &str, client: &str) -> Result<App, Answer> {
    let mut apps = world.apps.iter();
    let app = apps.find(|app| app.tenant == tenant && app.client_id.eq_ignore_ascii_case(client));
    app.cloned()
        .ok_or_else(|| documented(700_016, ("APP", client)))
}

/// Whom a token with this scope is for.
fn audience(world: &World, scope: &str) -> Result<String, Answer> {
    let Some(resource) = scope.strip_suffix("/.default") else {
        return Err(documented(70_011, ("SCOPE", scope)));
    };
    if !world.cloud.gives_tokens_for(resource) {
        return Err(documented(500_011, ("RESOURCE", resource)));
    }
    Ok(resource.to_owned())
}

/// The clouds that an authority knows: MSAL asks this first.
fn discovery(world: &World) -> Answer {
    let authority = &world.cloud.authority;
    let endpoint = format!("https://{authority}/common/v2.0/.well-known/openid-configuration");
    Answer::json(
        200,
        &json!({
            "tenant_discovery_endpoint": endpoint, "api-version": "1.1",
            "metadata": [{
                "preferred_network": authority, "preferred_cache": "login.windows.net",
                "aliases": [authority, "login.windows.net", "login.microsoft.com", "sts.windows.net"],
            }],
        }),
    )
}

/// Where a tenant's endpoints are: MSAL asks this next.
fn configuration(world: &World, tenant: &str) -> Result<Answer, Answer> {
    let id = tenant_id(world, tenant)?;
    let base = format!("https://{}/{id}", world.cloud.authority);
    Ok(Answer::json(
        200,
        &json!({
            "issuer": format!("{base}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "response_types_supported": ["code"], "subject_types_supported": ["pairwise"],
        }),
    ))
}
