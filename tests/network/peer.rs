//! Who is on the network: the stand-in under Azure's own names, and those who do not do their work.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::command::Akv;
use crate::standin::Standin;
use crate::standin::names::Names;

/// Entra ID's host.
pub const ENTRA: &str = "login.microsoftonline.com";
/// A vault's host.
pub const VAULT: &str = "kv-prod.vault.azure.net";

/// The stand-in on port 443 of 127.0.0.1, and a name server on port 53 that knows Entra and the vault.
/// The vault has five secrets.
pub fn azure() -> (Standin, Names) {
    (azure_at("127.0.0.1"), names())
}

/// The same at another address, without a name server.
pub fn azure_at(address: &str) -> Standin {
    let address = SocketAddr::new(address.parse().unwrap(), 443);
    let azure = Standin::builder().tls_at(address).start();
    azure.secrets("kv-prod", 5);
    azure
}

/// A name server on port 53 that knows Entra and the vault.
pub fn names() -> Names {
    let names = Names::start_at("127.0.0.1:53".parse().unwrap());
    names.loopback(ENTRA);
    names.loopback(VAULT);
    names
}

/// `get` of a secret that is there, as the application, over the network as it is.
pub fn get(azure: &Standin) -> Akv<'_> {
    let get = Akv::new().args(["get", "kv-prod/secret-001"]);
    get.trusting(azure).app(azure)
}

/// The same, and the value comes.
pub fn got(azure: &Standin) -> Akv<'_> {
    get(azure).stdout("value-of-secret-001")
}

/// The requests of `got`.
pub fn expect_got(azure: &Standin) {
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/secret-001?api-version=7.4",
    ]);
}

/// An address where connections are neither accepted nor refused: packets to it get no answer.
///
/// Its queue of connections that nobody accepts is full, so the kernel drops each further attempt.
pub struct Deaf {
    _door: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Deaf {
    /// At this address, which must be the machine's.
    pub fn at(address: &str) -> Self {
        let address: SocketAddr = address.parse().unwrap();
        let door = TcpListener::bind(address).expect("an address to be deaf at");
        let (mut queue, mut failures) = (Vec::new(), 0);
        // One failure may be a moment's trouble.
        while failures < 3 {
            match TcpStream::connect_timeout(&address, Duration::from_millis(150)) {
                Ok(socket) => queue.push(socket),
                Err(_) => failures += 1,
            }
            assert!(queue.len() < 900, "the queue does not get full");
        }
        Self {
            _door: door,
            _queue: queue,
        }
    }
}
