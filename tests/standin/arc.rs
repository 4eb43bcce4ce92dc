//! Azure Arc's agent (himds) on a server outside Azure: who can read a file that only root and the agent's group
//! may read, gets the token.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::TENANT;
use super::clock;
use super::http::{Answer, Request, single};
use super::metadata::{ManagedIdentity, refusal};
use super::world::World;

/// Where the agent is found: what its installation writes into the environment.
#[derive(Clone, Debug)]
pub struct ArcAgent {
    /// For `IDENTITY_ENDPOINT`.
    pub identity_endpoint: String,
    /// For `IMDS_ENDPOINT`.
    pub imds_endpoint: String,
}

/// The agent.
#[derive(Clone, Debug)]
pub(super) struct Agent {
    /// Where it writes its keys.
    pub(super) directory: PathBuf,
    /// What their names end with.
    pub(super) suffix: String,
    /// What stands before the key in its file.
    pub(super) head: String,
    /// What stands behind it.
    pub(super) tail: String,
    /// Whether it asks for a key at all.
    pub(super) challenges: bool,
    /// Whether it knows of user-assigned identities; old agents answer with the system's, and say nothing.
    pub(super) knows_users: bool,
    /// The files that were named and not yet used, and the keys in them.
    keys: Vec<(PathBuf, String)>,
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("/var/opt/azcmagent/tokens"),
            suffix: ".key".to_owned(),
            head: String::new(),
            tail: String::new(),
            challenges: true,
            knows_users: true,
            keys: Vec::new(),
        }
    }
}

/// What the agent says to a request.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    match (request.method.as_str(), request.path()) {
        ("GET", "/metadata/identity/oauth2/token") => {
            token(world, request).unwrap_or_else(|refusal| refusal)
        }
        _ => world.unknown_route(request),
    }
}

fn token(world: &mut World, request: &Request) -> Result<Answer, Answer> {
    let mut problem = |text: &str| {
        world.violation(request, text);
        refusal(400, "invalid_request", text)
    };
    if request.header("x-forwarded-for").is_some() {
        return Err(problem("`X-Forwarded-For`: it came through a proxy"));
    }
    if request.headers_named("metadata").collect::<Vec<_>>() != ["true"] {
        return Err(problem("no `Metadata: true`"));
    }
    let query = request.query();
    let version = single(&query, "api-version").map_err(|text| problem(&text))?;
    let resource = single(&query, "resource").map_err(|text| problem(&text))?;
    if version != "2020-06-01" {
        return Err(problem("the api-version is not 2020-06-01"));
    }
    let ids: Vec<_> = query
        .iter()
        .filter(|(name, _)| name != "api-version" && name != "resource")
        .map(|(name, id)| (name.as_str(), id.as_str()))
        .collect();
    if ids.len() > 1 {
        return Err(problem("more than one identity"));
    }
    if world.agent.challenges {
        prove(world, request)?;
    } else if request.header("authorization").is_some() {
        world.violation(request, "a key that nobody asked for");
    }
    let (identity, echoed) = identity(world, request, ids.first().copied())?;
    if !world.cloud.gives_tokens_for(resource) {
        let text = format!(
            "AADSTS500011: The resource principal named {resource} was not found in the tenant named Contoso."
        );
        return Err(refusal(400, "invalid_resource", &text));
    }
    let token = world.issue(resource, TENANT, &identity.client_id, &identity.object_id);
    let (now, (from, until)) = (world.now(), world.lifetime);
    let number = |number: i64| world.machine.number(number);
    let mut body = json!({
        "access_token": token, "client_id": identity.client_id, "expires_in": number(until),
        "expires_on": number(now + until), "not_before": number(now + from), "resource": resource,
        "token_type": "Bearer",
    });
    if let Some((name, id)) = echoed {
        body[name] = json!(id);
    }
    Ok(Answer::json(200, &body))
}

/// Whether the request has the key of a file that it was told to read. Each key is good for one answer.
fn prove(world: &mut World, request: &Request) -> Result<(), Answer> {
    let Some(header) = request.header("authorization") else {
        return Err(challenge(world, "Missing Basic Authorization header"));
    };
    let given = header.strip_prefix("Basic ");
    let mut keys = world.agent.keys.iter();
    let Some(at) = keys.position(|(_, key)| Some(key.as_str()) == given) else {
        world.violation(request, "a key that is not the agent's");
        return Err(challenge(world, "Invalid Basic Authorization header"));
    };
    let (file, _) = world.agent.keys.remove(at);
    let _ = fs::remove_file(file);
    Ok(())
}

/// Writes a new key, and says where it is.
fn challenge(world: &mut World, description: &str) -> Answer {
    let agent = &mut world.agent;
    let key = format!(
        "CanaryArcK3y{}",
        (0..12).map(|_| clock::random()).collect::<String>()
    );
    let file = agent
        .directory
        .join(format!("{}{}", clock::uuid(), agent.suffix));
    fs::create_dir_all(&agent.directory)
        .and_then(|()| fs::write(&file, format!("{}{key}{}", agent.head, agent.tail)))
        .unwrap_or_else(|error| panic!("a key of Arc's agent, {}: {error}", file.display()));
    let realm = format!("Basic realm={}", file.display());
    world.proofs.insert(key.clone());
    world.agent.keys.push((file, key));
    let body = json!({
        "error": "unauthorized_client", "error_description": description, "error_codes": [401],
        "correlation_id": clock::uuid(),
    });
    Answer::json(401, &body).header("WWW-Authenticate", realm)
}

/// Which identity the token is for, and the field and the id that say so in the answer.
type Found = (ManagedIdentity, Option<(String, String)>);

fn identity(
    world: &mut World,
    request: &Request,
    asked: Option<(&str, &str)>,
) -> Result<Found, Answer> {
    let absent = || refusal(400, "invalid_request", "Identity not found");
    let system = world.machine.system.clone();
    let Some((name, id)) = asked else {
        return Ok((system.ok_or_else(absent)?, None));
    };
    let found = world.machine.user(name, id, "msi_res_id");
    let found = found.unwrap_or_else(|problem| {
        world.violation(request, &problem);
        None
    });
    if !world.agent.knows_users {
        return Ok((system.ok_or_else(absent)?, None));
    }
    let found = found.ok_or_else(absent)?;
    Ok((found, Some((name.to_owned(), id.to_owned()))))
}
