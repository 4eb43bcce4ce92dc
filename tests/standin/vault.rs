//! Key Vault: secrets with their versions, one at a time or listed in pages.

use serde_json::{Value, json};

use super::clock;
use super::denials::{Caller, Permissions, Right, denied};
use super::http::{Answer, Request, single};
use super::paging::{Paging, next_link, page_of};
use super::secrets::Secret;
use super::world::{Grant, World};

/// The api-versions that exist.
const API_VERSIONS: [&str; 10] = [
    "2016-10-01",
    "7.0",
    "7.1",
    "7.2",
    "7.3",
    "7.4",
    "7.5",
    "7.6",
    "2025-07-01",
    "2026-04-01",
];

/// A vault.
#[derive(Clone, Debug)]
pub(super) struct Vault {
    pub(super) tenant: String,
    pub(super) paging: Paging,
    /// What nobody may do, and what says so.
    pub(super) denied: Vec<(Right, Permissions)>,
    /// Each secret's versions, the oldest first.
    pub(super) secrets: Vec<Vec<Secret>>,
}

impl Vault {
    pub(super) fn new(tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            paging: Paging::default(),
            denied: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// Stores a version and says which it is.
    pub(super) fn put(&mut self, mut secret: Secret) -> String {
        if secret.version.is_empty() {
            secret.version = clock::random() + &clock::random();
        }
        let version = secret.version.clone();
        match self.versions_mut(&secret.name) {
            Some(versions) => versions.push(secret),
            None => self.secrets.push(vec![secret]),
        }
        version
    }

    fn versions_mut(&mut self, name: &str) -> Option<&mut Vec<Secret>> {
        let mut secrets = self.secrets.iter_mut();
        secrets.find(|versions| versions[0].name.eq_ignore_ascii_case(name))
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.secrets
            .retain(|versions| !versions[0].name.eq_ignore_ascii_case(name));
    }

    fn find(&self, name: &str, version: &str) -> Option<&Secret> {
        let mut secrets = self.secrets.iter();
        let versions = secrets.find(|versions| versions[0].name.eq_ignore_ascii_case(name))?;
        let secret = match version {
            "" => versions.last(),
            _ => versions
                .iter()
                .find(|secret| secret.version.eq_ignore_ascii_case(version)),
        };
        secret.filter(|secret| !secret.listed_only)
    }
}

/// A refusal in Key Vault's form.
pub(super) fn refusal(status: u16, code: &str, inner: Option<&str>, message: &str) -> Answer {
    let mut error = json!({"code": code, "message": message});
    if let Some(inner) = inner {
        error["innererror"] = json!({"code": inner});
    }
    headers(Answer::json(status, &json!({"error": error})))
}

/// The refusal of a request without a good token, with the challenge that names the vault's tenant.
fn unauthorized(world: &World, tenant: &str, message: &str) -> Answer {
    let audience = world.cloud.vault_audience();
    challenge(&world.cloud.authority, tenant, &audience, message)
}

/// The same of any cloud.
pub(super) fn challenge(authority: &str, tenant: &str, audience: &str, message: &str) -> Answer {
    let challenge =
        format!(r#"Bearer authorization="https://{authority}/{tenant}", resource="{audience}""#);
    refusal(401, "Unauthorized", None, message).header("WWW-Authenticate", challenge)
}

fn headers(answer: Answer) -> Answer {
    answer
        .header("Cache-Control", "no-cache")
        .header("x-ms-keyvault-region", "northeurope")
        .header("x-ms-request-id", clock::uuid())
        .header("x-ms-keyvault-service-version", "1.9.2581.1")
        .header(
            "x-ms-keyvault-network-info",
            "conn_type=Ipv4;addr=203.0.113.7;act_addr_fam=InterNetwork;",
        )
}

/// What a vault says to a request.
pub(super) fn answer(world: &mut World, request: &Request, vault: &str) -> Answer {
    authenticate(world, request, vault)
        .and_then(|grant| serve(world, request, vault, &grant))
        .unwrap_or_else(|refusal| refusal)
}

fn authenticate(world: &World, request: &Request, vault: &str) -> Result<Grant, Answer> {
    let tenant = &world.vaults[vault].tenant;
    let refuse = |message: &str| Err(unauthorized(world, tenant, message));
    let Some(header) = request.header("authorization") else {
        return refuse("AKV10000: Request is missing a Bearer or PoP token.");
    };
    let Some(token) = header.strip_prefix("Bearer ") else {
        return refuse("AKV10000: Request is missing a Bearer or PoP token.");
    };
    let Some(grant) = world.tokens.get(token).filter(|grant| !grant.revoked) else {
        return refuse("AKV10046: Unable to resolve the key used for signature validation.");
    };
    let audience = world.cloud.vault_audience();
    if grant.audience != audience {
        let found = &grant.audience;
        return refuse(&format!(
            "AKV10022: Invalid audience. Expected {audience}, found: {found}."
        ));
    }
    if grant.tenant != *tenant {
        let found = &grant.tenant;
        return refuse(&format!(
            "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{tenant}/, found https://sts.windows.net/{found}/."
        ));
    }
    Ok(grant.clone())
}

fn authorize(world: &World, vault: &str, grant: &Grant, right: Right) -> Result<(), Answer> {
    let mut denials = world.vaults[vault].denied.iter();
    let Some((_, permissions)) = denials.find(|(denied, _)| *denied == right) else {
        return Ok(());
    };
    let caller = Caller {
        client: &grant.client,
        object: &grant.object,
        tenant: &grant.tenant,
    };
    Err(denied(*permissions, right, vault, &caller))
}

fn serve(
    world: &mut World,
    request: &Request,
    vault: &str,
    grant: &Grant,
) -> Result<Answer, Answer> {
    let query = request.query();
    let version = single(&query, "api-version")
        .map_err(|_| refusal(400, "BadParameter", None, "api-version must be specified"))?;
    if !API_VERSIONS.contains(&version) {
        return Err(unknown_api_version(version));
    }
    let segments: Vec<&str> = request.path().split('/').skip(1).collect();
    let (name, version) = match (request.method.as_str(), &segments[..]) {
        ("GET", ["secrets"]) => {
            authorize(world, vault, grant, Right::List)?;
            return list(world, request, vault, &query);
        }
        // Microsoft's client for Python ends with a slash where it asks for no version.
        ("GET", ["secrets", name] | ["secrets", name, ""]) => (name, ""),
        ("GET", ["secrets", name, version]) => (name, *version),
        _ => return Err(world.unknown_route(request)),
    };
    authorize(world, vault, grant, Right::Get)?;
    get(world, vault, name, version)
}

/// The refusal of an api-version.
pub(super) fn unknown_api_version(version: &str) -> Answer {
    let text = format!(
        "The specified version ({version}) is not recognized. Consider using the latest supported version (2026-04-01)."
    );
    refusal(400, "BadParameter", None, &text)
}

/// The refusal of a secret that does not exist.
pub(super) fn not_found(name: &str) -> Answer {
    let text = format!(
        "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    refusal(404, "SecretNotFound", None, &text)
}

fn get(world: &World, vault: &str, name: &str, version: &str) -> Result<Answer, Answer> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !name.bytes().all(legal) || name.is_empty() || name.len() > 127 {
        let text = format!("The request URI contains an invalid name: {name}");
        return Err(refusal(400, "BadParameter", None, &text));
    }
    let Some(secret) = world.vaults[vault].find(name, version) else {
        let asked = if version.is_empty() {
            name.to_owned()
        } else {
            format!("{name}/{version}")
        };
        return Err(not_found(&asked));
    };
    if !secret.enabled {
        let text = "Operation get is not allowed on a disabled secret.";
        return Err(refusal(403, "Forbidden", Some("SecretDisabled"), text));
    }
    let mut body = describe(world, vault, secret, true);
    body["value"] = json!(secret.value);
    if secret.managed {
        let id = body["id"].as_str().unwrap_or_default();
        body["kid"] = json!(id.replace("/secrets/", "/keys/"));
    }
    Ok(headers(Answer::json(200, &body)))
}

/// What is told of a secret in a list.
fn describe(world: &World, vault: &str, secret: &Secret, with_version: bool) -> Value {
    let mut id = format!(
        "https://{vault}.{}/secrets/{}",
        world.cloud.vault_suffix, secret.name
    );
    if with_version {
        id = id + "/" + &secret.version;
    }
    let mut body = json!({"id": id, "attributes": {
        "enabled": secret.enabled, "created": 1_759_789_444, "updated": 1_759_789_444,
        "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90,
    }});
    let times = [("nbf", secret.not_before), ("exp", secret.expires)];
    for (name, time) in times
        .into_iter()
        .filter_map(|(name, time)| Some((name, time?)))
    {
        body["attributes"][name] = json!(time);
    }
    if let Some(content_type) = &secret.content_type {
        body["contentType"] = json!(content_type);
    }
    if !secret.tags.is_empty() {
        body["tags"] = secret
            .tags
            .iter()
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect();
    }
    if secret.managed {
        body["managed"] = json!(true);
    }
    body
}

fn list(
    world: &World,
    request: &Request,
    vault: &str,
    query: &[(String, String)],
) -> Result<Answer, Answer> {
    let bad = |text: &str| refusal(400, "BadParameter", None, text);
    let paging = &world.vaults[vault].paging;
    let size = match single(query, "maxresults") {
        Err(_) => paging.size,
        Ok(text) => match text.parse() {
            Ok(size @ 1..=25) => size,
            _ => return Err(bad("Value for 'maxresults' must be between 1 and 25")),
        },
    };
    let page = match single(query, "$skiptoken") {
        Err(_) => 0,
        Ok(token) => page_of(token).ok_or_else(|| bad("The $skiptoken is invalid"))?,
    };

    let mut secrets: Vec<&Secret> = world.vaults[vault]
        .secrets
        .iter()
        .filter_map(|all| all.last())
        .collect();
    secrets.sort_by_key(|secret| secret.name.to_lowercase());
    let (here, more) = paging.page(&secrets, size, page);
    let items: Vec<Value> = here
        .iter()
        .map(|secret| describe(world, vault, secret, false))
        .collect();
    let mut body = json!({"value": items});
    if more {
        body["nextLink"] = json!(next_link(request, page + 1));
    } else if let Some(last) = &paging.last {
        body["nextLink"] = last.clone();
    }
    Ok(headers(Answer::json(200, &body)))
}
