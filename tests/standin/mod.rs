//! A stand-in for Azure on loopback: Entra ID, the metadata endpoint, Arc's agent, App Service, Resource Manager and
//! Key Vault; and for what the secrets are brought to, an XSOAR server.
//!
//! It speaks what Azure speaks, over real TLS with an authority made at run time, and under Azure's own host
//! names: the client is led here by `--connect-to` and trusts it by `--ca-file`. Every request and connection is
//! recorded; what no client should do is a violation. A test says which requests it expects, in order:
//!
//! ```ignore
//! let azure = Standin::start();
//! azure.secret("kv-prod", "db-password", "s3cret");
//! // … run the program …
//! azure.expect(&[
//!     &azure.token_request(),
//!     "GET kv-prod.vault.azure.net/secrets/db-password?api-version=7.4",
//! ]);
//! ```
//!
//! The data's way: `serve` accepts and makes TLS with a certificate of `ca`, `http` reads a request, `log` keeps
//! it, `world` hands it to `entra`, `metadata`, `arc`, `app_service`, `arm`, `vault` or `xsoar`, and `faults` says
//! what goes wrong with the answer. Another service is a file beside these and a line in `World::answer`.

// Each program that has this module uses a part of it.
#![allow(dead_code, unused_imports)]
// A test's tool: what cannot go on panics, and says where.
#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]
// Nobody ignores these by accident, and none of them is worth a word each.
#![allow(clippy::must_use_candidate, clippy::return_self_not_must_use)]

mod app_service;
mod arc;
mod arm;
mod assertion;
mod builder;
mod ca;
mod clock;
mod denials;
mod der;
mod entra;
mod faults;
mod federated;
mod http;
mod identities;
pub mod keys;
mod log;
mod metadata;
pub mod names;
mod paging;
mod record;
mod refusals;
mod scratch;
mod secrets;
mod serve;
mod subscriptions;
mod vault;
mod world;
mod xsoar;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use app_service::AppService;
pub use arc::ArcAgent;
pub use builder::Builder;
pub use ca::TlsFault;
pub use clock::http_date;
pub use denials::{Permissions, Right};
pub use faults::Fault;
pub use federated::{ISSUER, SUBJECT, token as federated_token, token_of as federated_token_of};
pub use http::{Answer, Listener, Request};
pub use log::Connection;
pub use metadata::{ManagedIdentity, Numbers};
pub use paging::Paging;
pub use scratch::Scratch;
pub use secrets::Secret;
pub use world::{App, Cloud};
pub use xsoar::{Credential, KeyRights, Xsoar};

use serve::Shared;
use vault::Vault;
use world::World;

/// The tenant that has the application, the machine and the vaults, unless a test says otherwise.
pub const TENANT: &str = "11111111-2222-3333-4444-555555555555";
/// The same tenant's name in the DNS.
pub const TENANT_DOMAIN: &str = "contoso.onmicrosoft.com";
/// A tenant that exists, and has nothing.
pub const OTHER_TENANT: &str = "99999999-8888-7777-6666-555555555555";
/// The application.
pub const CLIENT_ID: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
/// Its secret, with characters that mean something in a form.
pub const CLIENT_SECRET: &str = "~Canary-Cl1ent+Secret/=&%~";
/// The subscription, which is the tenant's.
pub const SUBSCRIPTION: &str = "00000000-1111-2222-3333-444444444444";
/// Its resource group.
pub const RESOURCE_GROUP: &str = "rg-xsoar";
/// The client id of the machine's system-assigned identity.
pub const SYSTEM_CLIENT_ID: &str = "5e5e5e5e-0000-4000-8000-00000000c11e";
/// The object id of the machine's system-assigned identity.
pub const SYSTEM_OBJECT_ID: &str = "5e5e5e5e-0000-4000-8000-0000000000b1";
/// The client id of the machine's user-assigned identity.
pub const USER_CLIENT_ID: &str = "d00dd00d-0000-4000-8000-00000000c11e";
/// The object id of the machine's user-assigned identity.
pub const USER_OBJECT_ID: &str = "d00dd00d-0000-4000-8000-0000000000b1";
/// The resource id of the machine's user-assigned identity.
pub const USER_RESOURCE_ID: &str = "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-xsoar/providers/Microsoft.ManagedIdentity/userAssignedIdentities/xsoar-secrets";
/// What App Service wants to find in the header `X-IDENTITY-HEADER`.
pub const APP_SERVICE_HEADER: &str = "Canary-1dentity-Header-853b9a84";
/// The key of the XSOAR server.
pub const XSOAR_KEY: &str = "CanaryXs0arKey7f0c2b9e5d1a4836";
/// The number of the same key on version 8.
pub const XSOAR_KEY_ID: &str = "17";
/// A password for a proxy, which is a secret too.
pub const PROXY_PASSWORD: &str = "Canary:Pr0xy@Passw0rd";
/// The variable by which all scenarios are run with `--parallel`: requests then come in any order.
pub const PARALLEL_VARIABLE: &str = "AKV_XSOAR_PARALLEL";
/// An address where nobody listens: only root could, and nobody does.
pub const NOBODY: &str = "127.0.0.1:1";

/// Whether all scenarios are run with `--parallel`.
pub fn is_parallel() -> bool {
    std::env::var_os(PARALLEL_VARIABLE).is_some()
}

/// Azure on loopback. Dropped, it panics if a client did what it must not, or asked what no test expected.
pub struct Standin {
    shared: Arc<Shared>,
    directory: Scratch,
    /// The metadata endpoint first, then TLS.
    doors: Mutex<Vec<(Listener, SocketAddr)>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Starting, and where it is.
impl Standin {
    /// The public cloud, on free ports of 127.0.0.1.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Anything else than the usual.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn open(&self, address: SocketAddr, listener: Listener) {
        let door = TcpListener::bind(address);
        let door = door.unwrap_or_else(|error| panic!("listening at {address}: {error}"));
        let address = door.local_addr().expect("an address");
        self.doors.lock().unwrap().push((listener, address));
        let shared = Arc::clone(&self.shared);
        let thread = thread::spawn(move || shared.accept(&door, listener));
        self.threads.lock().unwrap().push(thread);
    }

    /// Where it listens, at all doors.
    fn addresses(&self) -> Vec<SocketAddr> {
        let doors = self.doors.lock().unwrap();
        doors.iter().map(|(_, address)| *address).collect()
    }

    /// The first door of this kind.
    fn door(&self, listener: Listener) -> Option<SocketAddr> {
        let doors = self.doors.lock().unwrap();
        let mut doors = doors.iter();
        let found = doors.find(|(kind, _)| *kind == listener);
        found.map(|(_, address)| *address)
    }

    /// The same, which is opened where it is not yet there.
    fn door_or_open(&self, listener: Listener) -> SocketAddr {
        if self.door(listener).is_none() {
            self.open(SocketAddr::from(([127, 0, 0, 1], 0)), listener);
        }
        self.door(listener).expect("a door")
    }

    /// The certificate of its authority, for `--ca-file`.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// The same as text.
    pub fn ca_pem(&self) -> String {
        self.shared.certificates.ca_pem().to_owned()
    }

    /// The first port with TLS.
    pub fn tls_port(&self) -> u16 {
        self.door(Listener::Tls).expect("a door with TLS").port()
    }

    /// The value for `--connect-to` that leads every host here.
    pub fn connect_to(&self) -> String {
        format!("::{}", self.door(Listener::Tls).expect("a door with TLS"))
    }

    /// The value for `AZURE_POD_IDENTITY_AUTHORITY_HOST`.
    pub fn metadata_url(&self) -> String {
        format!(
            "http://{}",
            self.door(Listener::Local).expect("a plain door")
        )
    }
}

/// What exists there.
impl Standin {
    fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.shared.world.lock().unwrap())
    }

    fn in_vault<T>(&self, vault: &str, change: impl FnOnce(&mut Vault) -> T) -> T {
        self.world(|world| {
            let vaults = &mut world.vaults;
            change(
                vaults
                    .entry(vault.to_lowercase())
                    .or_insert_with(|| Vault::new(TENANT)),
            )
        })
    }

    /// A vault, empty if it is new. Storing a secret makes its vault, too.
    pub fn vault(&self, vault: &str) {
        self.in_vault(vault, |_| ());
    }

    /// The tenant that a vault belongs to.
    pub fn vault_tenant(&self, vault: &str, tenant: &str) {
        self.in_vault(vault, |vault| tenant.clone_into(&mut vault.tenant));
    }

    /// Takes everybody's right to do something with a vault's secrets away.
    pub fn deny(&self, vault: &str, right: Right, by: Permissions) {
        self.in_vault(vault, |vault| vault.denied.push((right, by)));
    }

    /// Gives everybody all rights on a vault back.
    pub fn allow(&self, vault: &str) {
        self.in_vault(vault, |vault| vault.denied.clear());
    }

    /// How a vault splits its list into pages.
    pub fn paging(&self, vault: &str, paging: Paging) {
        self.in_vault(vault, |vault| vault.paging = paging);
    }

    /// Stores a secret; a new version where the name exists. Says which version it is.
    pub fn secret(&self, vault: &str, name: &str, value: impl Into<String>) -> String {
        self.put(vault, Secret::new(name, value))
    }

    /// Stores a secret with everything it can have. Says which version it is.
    pub fn put(&self, vault: &str, secret: Secret) -> String {
        self.in_vault(vault, |vault| vault.put(secret))
    }

    /// Stores so many secrets, `secret-001` and on, with values `value-of-secret-001` and on.
    pub fn secrets(&self, vault: &str, count: usize) {
        self.vault(vault);
        for number in 1..=count {
            let name = format!("secret-{number:03}");
            self.secret(vault, &name, format!("value-of-{name}"));
        }
    }

    /// Takes a secret away, with all its versions.
    pub fn remove(&self, vault: &str, name: &str) {
        self.in_vault(vault, |vault| vault.remove(name));
    }

    /// A tenant more, by its id and its name in the DNS.
    pub fn tenant(&self, id: &str, domain: &str) {
        self.world(|world| world.tenants.insert(id.to_owned(), domain.to_owned()));
    }

    /// An application more.
    pub fn register(&self, app: App) {
        self.world(|world| world.apps.push(app));
    }

    /// Whether the machine has a system-assigned identity: it does unless told otherwise.
    pub fn system_assigned(&self, has: bool) {
        let identity = ManagedIdentity::new(SYSTEM_CLIENT_ID, SYSTEM_OBJECT_ID, "");
        self.world(|world| world.machine.system = has.then_some(identity));
    }

    /// The machine's user-assigned identities, instead of the one it has.
    pub fn user_assigned(&self, identities: &[ManagedIdentity]) {
        self.world(|world| world.machine.users = identities.to_vec());
    }

    /// How the metadata endpoint writes numbers.
    pub fn numbers(&self, numbers: Numbers) {
        self.world(|world| world.machine.numbers = numbers);
    }

    /// How many seconds Azure's clock is ahead of this machine's.
    pub fn clock_ahead(&self, seconds: i64) {
        self.world(|world| world.skew = seconds);
    }

    /// Gives out a token for any audience and tenant, for an answer of the test's own.
    pub fn issue(&self, audience: &str, tenant: &str) -> String {
        self.world(|world| world.issue(audience, tenant, CLIENT_ID, CLIENT_ID))
    }

    /// Takes back every token that was given out.
    pub fn revoke_tokens(&self) {
        self.world(|world| {
            for grant in world.tokens.values_mut() {
                grant.revoked = true;
            }
        });
    }
}

/// What goes wrong there.
impl Standin {
    /// Requests on this route go wrong. A route is a request as `expect` has it, or its beginning up to the end
    /// of a host, a path's segment or a parameter; `*` stands for anything. Faults on one route are used up in order.
    pub fn fault(&self, route: &str, fault: Fault) {
        self.shared.script.lock().unwrap().add(route, fault);
    }

    /// Takes back all faults of requests.
    pub fn mend(&self) {
        self.shared.script.lock().unwrap().clear();
    }

    /// TLS with this host goes wrong.
    pub fn tls_fault(&self, host: &str, fault: TlsFault) {
        self.shared.certificates.set_fault(host, Some(fault));
    }

    /// TLS with this host is sound again.
    pub fn mend_tls(&self, host: &str) {
        self.shared.certificates.set_fault(host, None);
    }

    /// A wait before every answer.
    pub fn delay(&self, delay: Duration) {
        *self.shared.delay.lock().unwrap() = delay;
    }
}
