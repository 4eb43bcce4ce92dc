//! The metadata endpoint of a virtual machine, and the identities the machine has.

use serde_json::{Value, json};

use super::http::{Answer, Request, single};
use super::world::World;
use super::{
    SYSTEM_CLIENT_ID, SYSTEM_OBJECT_ID, TENANT, USER_CLIENT_ID, USER_OBJECT_ID, USER_RESOURCE_ID,
};

/// A managed identity.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "Azure's own names")]
pub struct ManagedIdentity {
    /// The application's id.
    pub client_id: String,
    /// The service principal's id.
    pub object_id: String,
    /// The id of the resource; empty for a system-assigned one.
    pub resource_id: String,
}

impl ManagedIdentity {
    /// An identity with these ids.
    pub fn new(client_id: &str, object_id: &str, resource_id: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            object_id: object_id.to_owned(),
            resource_id: resource_id.to_owned(),
        }
    }
}

/// How the endpoint writes the numbers in its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// As text: what the documentation shows.
    Strings,
    /// As numbers.
    Integers,
    /// As text, and `expires_on` is empty.
    EmptyExpiresOn,
    /// As text, and `expires_on` is not there.
    NoExpiresOn,
}

/// A virtual machine.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) system: Option<ManagedIdentity>,
    pub(super) users: Vec<ManagedIdentity>,
    pub(super) numbers: Numbers,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            system: Some(ManagedIdentity::new(SYSTEM_CLIENT_ID, SYSTEM_OBJECT_ID, "")),
            users: vec![ManagedIdentity::new(
                USER_CLIENT_ID,
                USER_OBJECT_ID,
                USER_RESOURCE_ID,
            )],
            numbers: Numbers::Strings,
        }
    }
}

impl Machine {
    /// The user-assigned identity with this id, if there is one; `Err` says that no id is called
    /// `name`. The sources do not call a resource's id by the same name.
    pub(super) fn user(
        &self,
        name: &str,
        id: &str,
        resource_id: &str,
    ) -> Result<Option<ManagedIdentity>, String> {
        let of: fn(&ManagedIdentity) -> &str = match name {
            "client_id" => |identity| &identity.client_id,
            "object_id" => |identity| &identity.object_id,
            _ if name == resource_id => |identity| &identity.resource_id,
            _ => return Err(format!("an unknown parameter `{name}`")),
        };
        let mut users = self.users.iter();
        let found = users.find(|identity| of(identity).eq_ignore_ascii_case(id));
        Ok(found.cloned())
    }

    /// A number as this machine's endpoints write it.
    pub(super) fn number(&self, number: i64) -> Value {
        match self.numbers {
            Numbers::Integers => json!(number),
            _ => json!(number.to_string()),
        }
    }
}

/// A refusal in the endpoint's form.
pub(super) fn refusal(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(
        status,
        &json!({"error": error, "error_description": description}),
    )
    .header("Server", "IMDS/150.870.65.1854")
}

/// What the endpoint says to a request.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    if request.header("authorization").is_some() {
        world.violation(request, "`Authorization` at the metadata endpoint");
    }
    match (request.method.as_str(), request.path()) {
        ("GET", "/metadata/identity/oauth2/token") => {
            token(world, request).unwrap_or_else(|refusal| refusal)
        }
        _ => world.unknown_route(request),
    }
}

fn token(world: &mut World, request: &Request) -> Result<Answer, Answer> {
    if request.header("x-forwarded-for").is_some() {
        world.violation(request, "`X-Forwarded-For`: it came through a proxy");
        let text = "Requests with an X-Forwarded-For header are not allowed";
        return Err(refusal(400, "invalid_request", text));
    }
    if request.headers_named("metadata").collect::<Vec<_>>() != ["true"] {
        world.violation(request, "no `Metadata: true`");
        let text = "Required metadata header not specified";
        return Err(refusal(400, "bad_request_102", text));
    }
    let query = request.query();
    let mut field = |name: &str, error: &Value| {
        single(&query, name).map_err(|problem| {
            world.violation(request, &problem);
            Answer::json(400, error)
        })
    };
    let versions = json!({
        "error": "Bad request. api-version was not specified in the request. For more information refer to aka.ms/azureimds",
        "newest-versions": ["2021-12-13", "2021-11-15", "2021-11-01"],
    });
    let resource_missing = json!({
        "error": "invalid_request", "error_description": "Required query variable 'resource' is missing",
    });
    let version = field("api-version", &versions)?;
    let resource = field("resource", &resource_missing)?;
    if version != "2018-02-01" {
        world.violation(request, "the api-version is not 2018-02-01");
        return Err(Answer::json(400, &versions));
    }
    let ids: Vec<_> = query
        .iter()
        .filter(|(name, _)| name != "api-version" && name != "resource")
        .collect();
    let identity = match ids[..] {
        [] => without_id(world)?,
        [(name, id)] => {
            let found = world
                .machine
                .user(name, id, "msi_res_id")
                .map_err(|problem| {
                    world.violation(request, &problem);
                    refusal(400, "invalid_request", "Unknown query parameter")
                })?;
            found.ok_or_else(|| refusal(400, "invalid_request", "Identity not found"))?
        }
        _ => {
            world.violation(request, "more than one identity");
            let text = "Only one of client_id, object_id and msi_res_id may be given";
            return Err(refusal(400, "invalid_request", text));
        }
    };
    if !world.cloud.gives_tokens_for(resource) {
        let text = format!(
            "AADSTS500011: The resource principal named {resource} was not found in the tenant named Contoso. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."
        );
        return Err(refusal(400, "invalid_resource", &text));
    }
    let token = world.issue(resource, TENANT, &identity.client_id, &identity.object_id);
    Ok(success(world, &token, resource, &identity.client_id))
}

/// The identity of a machine that was not told which.
fn without_id(world: &World) -> Result<ManagedIdentity, Answer> {
    match (&world.machine.system, &world.machine.users[..]) {
        (Some(only), _) | (None, [only]) => Ok(only.clone()),
        (None, []) => Err(refusal(400, "invalid_request", "Identity not found")),
        (None, _) => Err(refusal(
            400,
            "invalid_request",
            "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
        )),
    }
}

fn success(world: &World, token: &str, resource: &str, client_id: &str) -> Answer {
    let (now, (from, until)) = (world.now(), world.lifetime);
    let number = |number: i64| world.machine.number(number);
    let mut body = json!({
        "access_token": token, "client_id": client_id, "refresh_token": "", "expires_in": number(until),
        "expires_on": number(now + until), "ext_expires_in": number(until), "not_before": number(now + from),
        "resource": resource, "token_type": "Bearer",
    });
    match world.machine.numbers {
        Numbers::EmptyExpiresOn => body["expires_on"] = json!(""),
        Numbers::NoExpiresOn => {
            body.as_object_mut()
                .expect("an object")
                .remove("expires_on");
        }
        Numbers::Strings | Numbers::Integers => {}
    }
    Answer::json(200, &body).header("Server", "IMDS/150.870.65.1854")
}
