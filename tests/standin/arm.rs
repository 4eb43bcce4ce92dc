//! Azure Resource Manager: which vaults a subscription has.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::clock;
use super::http::{Answer, Request, single};
use super::paging::{next_link_encoded, page_of};
use super::subscriptions::{Listed, Subscription, same};
use super::world::{Grant, World};

/// The api-versions of vaults that exist.
const API_VERSIONS: [&str; 11] = [
    "2015-06-01",
    "2016-10-01",
    "2018-02-14",
    "2019-09-01",
    "2021-10-01",
    "2022-07-01",
    "2023-02-01",
    "2023-07-01",
    "2024-11-01",
    "2025-05-01",
    "2026-05-15",
];

/// A refusal in Resource Manager's form.
pub(super) fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let body = json!({"error": {"code": code, "message": message}});
    headers(Answer::json(status, &body)).header("x-ms-failure-cause", "gateway")
}

fn headers(answer: Answer) -> Answer {
    answer
        .header("Cache-Control", "no-cache")
        .header("Pragma", "no-cache")
        .header("x-ms-request-id", clock::uuid())
        .header("x-ms-correlation-request-id", clock::uuid())
        .header("x-ms-ratelimit-remaining-subscription-reads", "11999")
}

/// What Resource Manager says to a request.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let segments: Vec<&str> = request.path().split('/').skip(1).collect();
    let (id, group, rest) = match segments[..] {
        [subscriptions, id, ref rest @ ..] if same(subscriptions, "subscriptions") => match rest {
            [groups, group, rest @ ..] if same(groups, "resourceGroups") => {
                (id, Some(*group), rest)
            }
            _ => (id, None, rest),
        },
        _ => return world.unknown_route(request),
    };
    let vaults = match rest {
        [providers, provider, vaults] => {
            same(providers, "providers")
                && same(provider, "Microsoft.KeyVault")
                && same(vaults, "vaults")
        }
        _ => false,
    };
    if request.method != "GET" || !vaults {
        return world.unknown_route(request);
    }
    let group = group.map(|group| percent_decode_str(group).decode_utf8_lossy());
    list(world, request, id, group.as_deref()).unwrap_or_else(|refusal| refusal)
}

fn list(world: &World, request: &Request, id: &str, group: Option<&str>) -> Result<Answer, Answer> {
    let query = request.query();
    let version = single(&query, "api-version").map_err(|_| {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        refusal(400, "MissingApiVersionParameter", text)
    })?;
    let grant = authenticate(world, request, id)?;
    let subscription = subscription(world, grant, id)?;
    authorize(subscription, grant, group)?;
    if !API_VERSIONS.contains(&version) {
        let supported = API_VERSIONS.join(",");
        let text = format!(
            "The api-version '{version}' is invalid. The supported versions are '{supported}'."
        );
        return Err(refusal(400, "InvalidApiVersionParameter", &text));
    }
    if let Some(group) = group.filter(|group| !subscription.has_group(group)) {
        let text = format!("Resource group '{group}' could not be found.");
        return Err(refusal(404, "ResourceGroupNotFound", &text));
    }

    let bad = |text: &str| refusal(400, "BadRequest", text);
    let paging = &world.subscriptions.paging;
    let size = match single(&query, "$top") {
        Err(_) => paging.size,
        Ok(text) => match text.parse() {
            Ok(size @ 1..) => size,
            _ => return Err(bad("The $top query parameter is invalid.")),
        },
    };
    let number = match single(&query, "$skiptoken") {
        Err(_) => 0,
        Ok(token) => {
            page_of(token).ok_or_else(|| bad("The $skiptoken query parameter is invalid."))?
        }
    };
    let inside = |vault: &&Listed| group.is_none_or(|group| same(&vault.group, group));
    let vaults: Vec<&Listed> = subscription.vaults.iter().filter(inside).collect();
    let (here, more) = paging.page(&vaults, size, number);
    let items: Vec<Value> = here
        .iter()
        .map(|vault| describe(world, subscription, vault))
        .collect();
    let mut body = json!({"value": items});
    if more {
        body["nextLink"] = json!(next_link_encoded(request, number + 1));
    } else if let Some(last) = &paging.last {
        body["nextLink"] = last.clone();
    }
    Ok(headers(Answer::json(200, &body)))
}

/// Whose the token is, if it is one for this service.
fn authenticate<'a>(world: &'a World, request: &Request, id: &str) -> Result<&'a Grant, Answer> {
    let Some(header) = request.header("authorization") else {
        let text = "Authentication failed. The 'Authorization' header is missing.";
        return Err(challenge(world, id, "AuthenticationFailed", text));
    };
    let Some(token) = header.strip_prefix("Bearer ") else {
        let text =
            "Authentication failed. The 'Authorization' header is provided in an invalid format.";
        return Err(challenge(
            world,
            id,
            "AuthenticationFailedInvalidHeader",
            text,
        ));
    };
    let Some(grant) = world.tokens.get(token) else {
        let text = "The access token is invalid.";
        return Err(challenge(world, id, "InvalidAuthenticationToken", text));
    };
    if grant.revoked {
        let (expiry, now) = (world.now() - 1, world.now());
        let (expiry, now) = (clock::us_date(expiry), clock::us_date(now));
        let text = format!(
            "The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'."
        );
        return Err(challenge(world, id, "ExpiredAuthenticationToken", &text));
    }
    let audience = world.cloud.management_audience();
    if grant.audience.trim_end_matches('/') != audience {
        let found = &grant.audience;
        let text = format!(
            "The access token has been obtained for wrong audience or resource '{found}'. It should exactly match with one of the allowed audiences '{audience}/','{audience}'."
        );
        return Err(challenge(
            world,
            id,
            "InvalidAuthenticationTokenAudience",
            &text,
        ));
    }
    Ok(grant)
}

/// The refusal of a request without a good token, with the challenge that names the subscription's tenant.
fn challenge(world: &World, id: &str, code: &str, message: &str) -> Answer {
    let authority = &world.cloud.authority;
    let subscription = world.subscriptions.find(id);
    let tenant = subscription.map_or("common", |found| &found.tenant);
    let words = match code {
        "AuthenticationFailed" => {
            "The authentication failed because of missing 'Authorization' header."
        }
        _ => "The access token is invalid.",
    };
    let challenge = format!(
        r#"Bearer authorization_uri="https://{authority}/{tenant}", error="invalid_token", error_description="{words}""#
    );
    refusal(401, code, message).header("WWW-Authenticate", challenge)
}

fn subscription<'a>(world: &'a World, grant: &Grant, id: &str) -> Result<&'a Subscription, Answer> {
    let Some(found) = world.subscriptions.find(id) else {
        let well_formed = id.len() == 36 && id.matches('-').count() == 4;
        return Err(if well_formed {
            let text = format!("The subscription '{id}' could not be found.");
            refusal(404, "SubscriptionNotFound", &text)
        } else {
            let text =
                format!("The provided subscription identifier '{id}' is malformed or invalid.");
            refusal(400, "InvalidSubscriptionId", &text)
        });
    };
    if found.tenant != grant.tenant {
        let (theirs, ours, authority) = (&grant.tenant, &found.tenant, &world.cloud.authority);
        let text = format!(
            "The access token is from the wrong issuer 'https://sts.windows.net/{theirs}/'. It must match the tenant 'https://sts.windows.net/{ours}/' associated with this subscription. Please use the authority (URL) 'https://{authority}/{ours}' to get the token. Note, if the subscription is transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, please try back later."
        );
        return Err(challenge(
            world,
            id,
            "InvalidAuthenticationTokenTenant",
            &text,
        ));
    }
    Ok(found)
}

fn authorize(
    subscription: &Subscription,
    grant: &Grant,
    group: Option<&str>,
) -> Result<(), Answer> {
    if subscription.allows(group) {
        return Ok(());
    }
    let (client, object) = (&grant.client, &grant.object);
    let mut scope = format!("/subscriptions/{}", subscription.id);
    if let Some(group) = group {
        scope = format!("{scope}/resourceGroups/{group}/providers/Microsoft.KeyVault");
    }
    let text = format!(
        "The client '{client}' with object id '{object}' does not have authorization to perform action 'Microsoft.KeyVault/vaults/read' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    );
    Err(refusal(403, "AuthorizationFailed", &text))
}

/// What is told of a vault.
fn describe(world: &World, subscription: &Subscription, vault: &Listed) -> Value {
    let Listed { name, group, .. } = vault;
    let own = format!(
        "https://{}.{}/",
        name.to_lowercase(),
        world.cloud.vault_suffix
    );
    let mut body = json!({
        "id": format!("/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}", subscription.id),
        "name": name, "type": "Microsoft.KeyVault/vaults", "location": vault.location, "tags": {},
        "properties": {
            "sku": {"family": "A", "name": "standard"}, "tenantId": subscription.tenant,
            "enableSoftDelete": true, "enableRbacAuthorization": true,
            "vaultUri": vault.uri.as_ref().unwrap_or(&own), "provisioningState": "Succeeded",
        },
    });
    if let Some(public) = vault.public_access {
        let access = if public { "Enabled" } else { "Disabled" };
        body["properties"]["publicNetworkAccess"] = json!(access);
    }
    body
}
