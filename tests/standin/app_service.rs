//! The endpoint of App Service, Functions, Container Apps and Automation: whoever knows the header gets the token.

use serde_json::json;

use super::http::{Answer, Request, single};
use super::world::World;
use super::{APP_SERVICE_HEADER, TENANT, clock};

/// What App Service writes into an app's environment.
#[derive(Clone, Debug)]
pub struct AppService {
    /// For `IDENTITY_ENDPOINT`.
    pub endpoint: String,
    /// For `IDENTITY_HEADER`.
    pub header: String,
}

/// A refusal in the endpoint's form.
pub(super) fn refusal(status: u16, message: &str) -> Answer {
    let body = json!({"statusCode": status, "message": message, "correlationId": clock::uuid()});
    Answer::json(status, &body)
}

/// What the endpoint says to a request.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    if request.header("authorization").is_some() {
        world.violation(request, "`Authorization` at App Service's endpoint");
    }
    match (request.method.as_str(), request.path()) {
        ("GET", "/msi/token") => token(world, request).unwrap_or_else(|refusal| refusal),
        _ => world.unknown_route(request),
    }
}

fn token(world: &mut World, request: &Request) -> Result<Answer, Answer> {
    let machine = world.machine.clone();
    let mut problem = |text: &str| {
        world.violation(request, text);
        refusal(400, text)
    };
    // Automation wants this one, too; who asks does not know which of them it is.
    if request.headers_named("metadata").collect::<Vec<_>>() != ["true"] {
        return Err(problem("no `Metadata: true`"));
    }
    let headers: Vec<_> = request.headers_named("x-identity-header").collect();
    if headers.len() != 1 {
        return Err(problem("not one `X-IDENTITY-HEADER`"));
    }
    if headers != [APP_SERVICE_HEADER] {
        return Err(refusal(401, "Unauthorized"));
    }
    let query = request.query();
    let version = single(&query, "api-version").map_err(|text| problem(&text))?;
    let resource = single(&query, "resource").map_err(|text| problem(&text))?;
    if version != "2019-08-01" {
        return Err(problem("The api-version is not 2019-08-01"));
    }
    let ids: Vec<_> = query
        .iter()
        .filter(|(name, _)| name != "api-version" && name != "resource")
        .collect();
    let found = match ids[..] {
        [] => machine.system.clone(),
        [(name, id)] => machine
            .user(name, id, "mi_res_id")
            .map_err(|text| problem(&text))?,
        _ => return Err(problem("more than one identity")),
    };
    let Some(identity) = found else {
        let text = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";
        return Err(refusal(400, text));
    };
    if !world.cloud.gives_tokens_for(resource) {
        // No more than this is known of it.
        let text = "An unexpected error occured while fetching the AAD Token.";
        return Err(refusal(500, text));
    }
    let token = world.issue(resource, TENANT, &identity.client_id, &identity.object_id);
    let (now, (_, until)) = (world.now(), world.lifetime);
    let body = json!({
        "access_token": token, "expires_on": world.machine.number(now + until), "resource": resource,
        "token_type": "Bearer", "client_id": identity.client_id.to_uppercase(),
    });
    Ok(Answer::json(200, &body))
}
