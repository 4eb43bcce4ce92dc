//! An XSOAR server: its credential store over REST, as version 6 and version 8 have it.
//!
//! What is known of it comes from clients that others wrote. Where nobody knows, this is the stricter guess: what
//! an update leaves out is emptied, an id that does not exist is refused, and so is a name that does.

mod keys;
mod store;

use serde_json::{Value, json};

use super::http::{Answer, Listener, Request};
use super::world::World;
use super::{Standin, XSOAR_KEY, XSOAR_KEY_ID, clock};

pub use store::Credential;

use keys::Keys;
use store::Store;

/// An XSOAR server, before it is there: see [`Standin::xsoar`].
#[derive(Clone, Debug)]
pub struct Xsoar {
    host: String,
    /// What may stand before a call's path.
    prefixes: Vec<String>,
    key: String,
    /// Version 8 alone.
    key_id: Option<String>,
    advanced: bool,
    /// The most credentials that it gives out at once, whatever is asked for.
    page_limit: usize,
    /// The status of a conflict between two who write: nobody knows for sure.
    conflict: u16,
}

impl Xsoar {
    /// Version 6, `https://xsoar.example`.
    pub fn six() -> Self {
        Self {
            host: "xsoar.example".to_owned(),
            prefixes: vec![String::new()],
            key: XSOAR_KEY.to_owned(),
            key_id: None,
            advanced: false,
            page_limit: 500,
            conflict: 400,
        }
    }

    /// Version 8 with a standard key, `https://api-xsoar.example`.
    pub fn eight() -> Self {
        Self {
            host: "api-xsoar.example".to_owned(),
            prefixes: vec!["/xsoar/public/v1".to_owned(), "/xsoar".to_owned()],
            key_id: Some(XSOAR_KEY_ID.to_owned()),
            ..Self::six()
        }
    }

    /// At this host.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// One account of a server of version 6 that has several: all paths begin with `/acc_NAME`.
    #[must_use]
    pub fn account(mut self, name: &str) -> Self {
        self.prefixes = vec![format!("/acc_{name}")];
        self
    }

    /// With this key.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self
    }

    /// With an advanced key: requests carry its digest with a nonce and the time.
    #[must_use]
    pub fn advanced(mut self) -> Self {
        self.advanced = true;
        self
    }

    /// Gives out no more credentials at once.
    #[must_use]
    pub fn page_limit(mut self, limit: usize) -> Self {
        self.page_limit = limit;
        self
    }

    /// Says with this status that somebody else was quicker.
    #[must_use]
    pub fn conflict(mut self, status: u16) -> Self {
        self.conflict = status;
        self
    }

    /// What a user calls its address: version 8's prefix is not a part of it.
    fn url(&self, scheme: &str, host: &str) -> String {
        let account = self.prefixes[0].starts_with("/acc_");
        let path = if account { &self.prefixes[0] } else { "" };
        format!("{scheme}://{host}{path}")
    }
}

/// What the key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRights {
    /// Reading and writing.
    Write,
    /// Reading alone.
    Read,
    /// Nothing.
    Nothing,
}

/// The server as it runs.
pub(super) struct Server {
    xsoar: Xsoar,
    keys: Keys,
    rights: KeyRights,
    store: Store,
}

impl Server {
    /// Whether a request is for it.
    pub(super) fn serves(&self, request: &Request) -> bool {
        request.listener == Listener::Xsoar
            || request.listener == Listener::Tls && request.host() == self.xsoar.host
    }

    /// What proves that somebody may use it.
    pub(super) fn key(&self) -> &str {
        &self.xsoar.key
    }

    /// The passwords in its store.
    pub(super) fn passwords(&self) -> impl Iterator<Item = &str> {
        let all = self.store.credentials.iter();
        all.map(|credential| credential.password.as_str())
    }
}

/// A refusal in the server's form.
pub(super) fn refusal(status: u16, id: &str, title: &str, detail: &str, error: &str) -> Answer {
    Answer::json(
        status,
        &json!({
            "id": id, "status": status, "title": title, "detail": detail, "error": error,
            "encrypted": false, "multires": null,
        }),
    )
}

/// A refusal in the form of what stands before a server of version 8.
pub(super) fn gateway(status: u16, text: &str) -> Answer {
    let reply = json!({"err_code": status, "err_msg": text, "err_extra": null});
    Answer::json(status, &json!({"reply": reply}))
}

/// What the server says to a request.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let Some(mut server) = world.xsoar.take() else {
        return world.unknown_route(request);
    };
    let now = world.now();
    let answer = serve(&mut server, request, now, &mut |text| {
        world.violation(request, text);
    });
    world.xsoar = Some(server);
    answer.unwrap_or_else(|refusal| refusal)
}

fn serve(
    server: &mut Server,
    request: &Request,
    now: i64,
    violation: &mut dyn FnMut(&str),
) -> Result<Answer, Answer> {
    // The longest first: one of version 8's is the beginning of the other.
    let mut prefixes = server.xsoar.prefixes.iter();
    let path = prefixes.find_map(|prefix| request.path().strip_prefix(prefix.as_str()));
    let call = match (request.method.as_str(), path) {
        ("POST", Some("/settings/credentials")) => Call::List,
        ("PUT", Some("/settings/credentials")) => Call::Put,
        ("POST", Some("/settings/credentials/delete")) => Call::Delete,
        _ => {
            violation("there is no such thing at this server");
            let text = "The page you requested is not found";
            return Err(refusal(404, "not_found", "Not found", text, ""));
        }
    };
    if request.target.contains('?') {
        violation("a query at the credential store");
    }
    let allowed = match server.rights {
        KeyRights::Write => true,
        KeyRights::Read => matches!(call, Call::List),
        KeyRights::Nothing => false,
    };
    let eight = server.xsoar.key_id.is_some();
    if let Err(problem) = server.keys.check(&server.xsoar, request, now) {
        if let Some(text) = problem {
            violation(&text);
        }
        return Err(if eight {
            gateway(401, "Public API request unauthorized")
        } else {
            // A request without a good key is taken for a browser's.
            let (detail, error) = ("Issue with CSRF code", "http: named cookie not present");
            refusal(403, "forbidden", "Forbidden", detail, error)
        });
    }
    if !allowed {
        return Err(if eight {
            gateway(
                403,
                "Forbidden access. The provided API Key does not have the required RBAC permissions to run this API.",
            )
        } else {
            refusal(403, "forbidden", "Forbidden", "Forbidden", "")
        });
    }
    let body = body(request, violation)?;
    match call {
        Call::List => server.store.list(&body, server.xsoar.page_limit),
        Call::Put => server.store.put(&body, server.xsoar.conflict),
        Call::Delete => {
            violation("a credential is deleted");
            server.store.delete(&body)
        }
    }
}

/// What can be done at the store.
enum Call {
    List,
    Put,
    Delete,
}

/// The JSON in a request that says that it is JSON, and takes JSON.
fn body(request: &Request, violation: &mut dyn FnMut(&str)) -> Result<Value, Answer> {
    let is_json = |name: &str| {
        let value = request.header(name).unwrap_or_default();
        let mut kinds = value.split([',', ';']);
        kinds.any(|kind| kind.trim() == "application/json")
    };
    if !is_json("accept") {
        violation("no `Accept: application/json`");
        let text = "Accept header must be set to 'application/json'.";
        return Err(refusal(406, "not_acceptable", "Not Acceptable", text, ""));
    }
    if !is_json("content-type") {
        violation("no `Content-Type: application/json`");
        let (title, text) = (
            "Unsupported Media Type",
            "Content-Type header must be set to: 'application/json'.",
        );
        return Err(refusal(415, "unsupported_media_type", title, text, ""));
    }
    serde_json::from_slice(&request.body).map_err(|_| {
        violation("the body is no JSON");
        bad_request("Request body is not well-formed. It must be JSON.")
    })
}

fn bad_request(text: &str) -> Answer {
    refusal(400, "bad_request", "Bad request", text, "")
}

/// An XSOAR server.
impl Standin {
    /// Has this server from now on, with an empty store, and no other. Says what a user calls its address.
    pub fn xsoar(&self, xsoar: Xsoar) -> String {
        let url = xsoar.url("https", &xsoar.host);
        let server = Server {
            xsoar,
            keys: Keys::default(),
            rights: KeyRights::Write,
            store: Store::default(),
        };
        self.world(|world| {
            world.proofs.insert(server.key().to_owned());
            world.xsoar = Some(server);
        });
        url
    }

    /// The address of the same server without TLS, on the loopback interface. It listens from the first call on.
    pub fn xsoar_without_tls(&self) -> String {
        let door = self.door_or_open(Listener::Xsoar);
        self.in_xsoar(|server| server.xsoar.url("http", &door.to_string()))
    }

    fn in_xsoar<T>(&self, change: impl FnOnce(&mut Server) -> T) -> T {
        self.world(|world| change(world.xsoar.as_mut().expect("a call of `xsoar` before")))
    }

    /// What its key may do.
    pub fn xsoar_rights(&self, rights: KeyRights) {
        self.in_xsoar(|server| server.rights = rights);
    }

    /// Puts a credential into its store, as its users do.
    pub fn xsoar_credential(&self, credential: Credential) {
        self.in_xsoar(|server| server.store.credentials.push(credential));
    }

    /// Takes a credential out of its store, if it is there.
    pub fn xsoar_drop(&self, name: &str) {
        self.in_xsoar(|server| server.store.credentials.retain(|one| one.name != name));
    }

    /// Changes a credential behind everybody's back, which gives it a new version.
    pub fn xsoar_change(&self, name: &str, change: impl FnOnce(&mut Credential)) {
        self.in_xsoar(|server| {
            let mut all = server.store.credentials.iter_mut();
            let found = all.find(|credential| credential.name == name);
            let credential = found.unwrap_or_else(|| panic!("no credential `{name}`"));
            change(credential);
            credential.version += 1;
        });
    }

    /// What is in its store, in the order of its creation.
    pub fn store(&self) -> Vec<Credential> {
        self.in_xsoar(|server| server.store.credentials.clone())
    }
}

/// When something was written.
fn modified() -> String {
    clock::iso_date(clock::now())
}
