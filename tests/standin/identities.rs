//! Who can prove who they are: applications with certificates and federated tokens, and what gives tokens to the
//! identities of servers and apps.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use super::app_service::AppService;
use super::arc::{Agent, ArcAgent};
use super::assertion::Registered;
use super::http::Listener;
use super::keys::{Certificate, Key};
use super::{APP_SERVICE_HEADER, CLIENT_ID, ISSUER, SUBJECT, Standin, federated};

/// Applications.
impl Standin {
    /// Registers a certificate with the application.
    pub fn register_certificate(&self, certificate: &Certificate) {
        self.register_certificate_of(CLIENT_ID, certificate);
    }

    /// Registers a certificate with another application.
    pub fn register_certificate_of(&self, client_id: &str, certificate: &Certificate) {
        let registered = Registered::new(certificate.der());
        self.world(|world| world.certificates.push((client_id.to_owned(), registered)));
    }

    /// Makes a certificate of the usual key and registers it; key and certificate, for a file.
    pub fn certificate(&self) -> (&'static Key, Certificate) {
        let key = Key::usual();
        let certificate = Certificate::of(key);
        self.register_certificate(&certificate);
        (key, certificate)
    }

    /// Lets the application trust a token of somebody else's.
    pub fn federated(&self, token: &str) {
        self.world(|world| {
            let of_app = (CLIENT_ID.to_owned(), token.to_owned());
            world.federated.push(of_app);
            let signature = token.rsplit('.').next().unwrap_or_default();
            world.proofs.insert(signature.to_owned());
        });
    }

    /// Makes a token as Kubernetes does, which the application trusts.
    pub fn federate(&self) -> String {
        let token = federated::token(ISSUER, SUBJECT);
        self.federated(&token);
        token
    }

    /// From when until when the tokens given out from now on are said to be good, in seconds from Azure's now.
    pub fn token_lifetime(&self, from: i64, until: i64) {
        self.world(|world| world.lifetime = (from, until));
    }
}

/// What comes up late.
impl Standin {
    /// An address where nobody listens, and where a door may be opened later. No client's own port is there.
    pub fn address_to_come() -> SocketAddr {
        let door = TcpListener::bind("127.77.0.1:0").expect("a free port");
        door.local_addr().expect("its address")
    }

    /// Opens a door more.
    pub fn listen(&self, listener: Listener, address: SocketAddr) {
        self.open(address, listener);
    }
}

/// Azure Arc.
impl Standin {
    /// The agent, which listens from the first call on.
    pub fn arc(&self) -> ArcAgent {
        self.arc_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// The same at an address of the test's choice.
    pub fn arc_at(&self, address: SocketAddr) -> ArcAgent {
        if self.door(Listener::Arc).is_none() {
            self.open(address, Listener::Arc);
        }
        let base = format!("http://{}", self.door(Listener::Arc).expect("a door"));
        ArcAgent {
            identity_endpoint: format!("{base}/metadata/identity/oauth2/token"),
            imds_endpoint: base,
        }
    }

    fn in_agent(&self, change: impl FnOnce(&mut Agent)) {
        self.world(|world| change(&mut world.agent));
    }

    /// Where the agent writes its keys, instead of `/var/opt/azcmagent/tokens`.
    pub fn arc_key_dir(&self, directory: &Path) {
        self.in_agent(|agent| directory.clone_into(&mut agent.directory));
    }

    /// What the names of its keys end with, instead of `.key`.
    pub fn arc_key_suffix(&self, suffix: &str) {
        self.in_agent(|agent| suffix.clone_into(&mut agent.suffix));
    }

    /// What stands before the key in its file.
    pub fn arc_key_head(&self, head: impl Into<String>) {
        self.in_agent(|agent| agent.head = head.into());
    }

    /// What stands behind the key in its file: a line's end, or more than a key has room for.
    pub fn arc_key_tail(&self, tail: impl Into<String>) {
        self.in_agent(|agent| agent.tail = tail.into());
    }

    /// Whether the agent asks for a key: what does not is no agent.
    pub fn arc_challenges(&self, challenges: bool) {
        self.in_agent(|agent| agent.challenges = challenges);
    }

    /// Whether it knows of user-assigned identities: old agents answer with the system's, and do not say so.
    pub fn arc_knows_users(&self, knows: bool) {
        self.in_agent(|agent| agent.knows_users = knows);
    }
}

/// App Service.
impl Standin {
    /// The endpoint, which listens from the first call on.
    pub fn app_service(&self) -> AppService {
        let address = self.door_or_open(Listener::AppService);
        AppService {
            endpoint: format!("http://{address}/msi/token"),
            header: APP_SERVICE_HEADER.to_owned(),
        }
    }
}
