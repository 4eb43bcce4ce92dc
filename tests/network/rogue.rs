//! Proxies that no package brings: one that is spoken to in TLS, and some that do not behave.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::peer::{ENTRA, VAULT, azure, expect_got, get, got};
use crate::scenarios;
use crate::standin::{PROXY_PASSWORD, Standin};

scenarios![
    one_that_is_spoken_to_in_tls,
    one_whose_certificate_is_not_trusted,
    one_that_speaks_no_tls,
    one_that_speaks_no_http,
    one_that_closes_at_once,
    one_that_says_nothing,
    one_that_says_it_slowly,
    one_that_cuts_its_tunnels,
    one_whose_tunnels_lead_nowhere,
    one_that_demands_something_else,
];

pub const HTTP: &str = "http://127.0.0.1:3128";
const OK: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// What it does when it was asked to connect.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// Connects to 127.0.0.1, whatever the name.
    Proper,
    /// Says this, then closes.
    Says(&'static [u8]),
    /// Says nothing.
    Silent,
    /// Says this, then nothing more.
    SaysAndStays(&'static [u8]),
    /// A byte of its answer at a time.
    Slow,
}

/// A proxy on 127.0.0.1:3128 while it runs.
pub struct Rogue {
    heads: Arc<Mutex<Vec<String>>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

const ADDRESS: &str = "127.0.0.1:3128";

impl Rogue {
    pub fn start(manner: Manner) -> Self {
        Self::start_with(manner, None)
    }

    fn start_with(manner: Manner, tls: Option<Arc<ServerConfig>>) -> Self {
        let door = TcpListener::bind(ADDRESS).expect("an address for the proxy");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let stopping = Arc::new(AtomicBool::new(false));
        let (kept, stop) = (Arc::clone(&heads), Arc::clone(&stopping));
        let thread = thread::spawn(move || {
            for socket in door.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (kept, tls) = (Arc::clone(&kept), tls.clone());
                // A client that leaves is no concern of ours.
                thread::spawn(move || match tls {
                    None => serve(socket, &kept, manner, TcpStream::set_read_timeout),
                    Some(config) => {
                        let connection = ServerConnection::new(config).expect("a connection");
                        let stream = StreamOwned::new(connection, socket);
                        serve(stream, &kept, manner, |stream, time| {
                            stream.sock.set_read_timeout(time)
                        })
                    }
                });
            }
        });
        Self {
            heads,
            stopping,
            thread: Some(thread),
        }
    }

    /// The heads of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Where it was asked to connect to.
    fn targets(&self) -> Vec<String> {
        let heads = self.heads().into_iter();
        heads
            .filter_map(|head| Some(head.split(' ').nth(1)?.to_owned()))
            .collect()
    }
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(ADDRESS);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve<S: Read + Write>(
    mut stream: S,
    heads: &Mutex<Vec<String>>,
    manner: Manner,
    patience: impl Fn(&S, Option<Duration>) -> io::Result<()>,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    heads
        .lock()
        .unwrap()
        .push(String::from_utf8_lossy(&head).into_owned());
    let stay = |stream: &mut S| io::copy(stream, &mut io::sink()).map(|_| ());
    match manner {
        Manner::Proper => {
            let upstream = TcpStream::connect("127.0.0.1:443")?;
            stream.write_all(OK)?;
            stream.flush()?;
            let moment = Some(Duration::from_millis(1));
            patience(&stream, moment)?;
            upstream.set_read_timeout(moment)?;
            tunnel(stream, upstream)
        }
        Manner::Says(words) => stream.write_all(words),
        Manner::Silent => stay(&mut stream),
        Manner::SaysAndStays(words) => {
            stream.write_all(words)?;
            stay(&mut stream)
        }
        Manner::Slow => {
            for byte in OK {
                stream.write_all(&[*byte])?;
                thread::sleep(Duration::from_millis(100));
            }
            stay(&mut stream)
        }
    }
}

/// Both ways in turns, a moment for each, until one side leaves.
fn tunnel(mut client: impl Read + Write, mut upstream: TcpStream) -> io::Result<()> {
    let mut chunk = [0; 16 * 1024];
    loop {
        for way in 0..2 {
            let read = if way == 0 {
                client.read(&mut chunk)
            } else {
                upstream.read(&mut chunk)
            };
            match read {
                Ok(0) => return Ok(()),
                Ok(count) if way == 0 => upstream.write_all(&chunk[..count])?,
                Ok(count) => {
                    client.write_all(&chunk[..count])?;
                    client.flush()?;
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A certificate for `proxy.example`, and that of the authority it comes from in PEM.
fn certificate() -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::from_params(&params, &key);
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["proxy.example".to_owned()]).unwrap();
    let own = own.signed_by(&own_key, &issuer).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], private);
    (Arc::new(config.unwrap()), authority.pem())
}

/// The stand-in's authority and one more, both in its file.
fn trust(azure: &Standin, authority: &str) {
    fs::write(azure.ca_file(), azure.ca_pem() + authority).unwrap();
}

fn one_that_is_spoken_to_in_tls() {
    let (azure, names) = azure();
    names.loopback("proxy.example");
    let (config, authority) = certificate();
    trust(&azure, &authority);
    let proxy = Rogue::start_with(Manner::Proper, Some(config));
    let password = PROXY_PASSWORD.replace(':', "%3A").replace('@', "%40");

    got(&azure)
        .arg("--verbose")
        .env(
            "HTTPS_PROXY",
            format!("https://xsoar:{password}@proxy.example:3128"),
        )
        .stderr_any()
        .run();

    expect_got(&azure);
    assert_eq!(
        proxy.targets(),
        [format!("{ENTRA}:443"), format!("{VAULT}:443")]
    );
    // `xsoar:` and the password.
    let basic = "Proxy-Authorization: Basic eHNvYXI6Q2FuYXJ5OlByMHh5QFBhc3N3MHJk\r\n";
    let heads = proxy.heads();
    assert!(heads.iter().all(|head| head.contains(basic)), "{heads:?}");
}

fn one_whose_certificate_is_not_trusted() {
    let (azure, names) = azure();
    names.loopback("proxy.example");
    let (config, _) = certificate();
    let proxy = Rogue::start_with(Manner::Proper, Some(config));
    get(&azure)
        .args(["--proxy", "https://proxy.example:3128"])
        .status(6)
        .stderr_has(
            "the proxy cannot be used: the certificate of `proxy.example` was issued by nobody",
        )
        .stderr_has("--ca-file")
        .run();
    assert!(proxy.heads().is_empty());
}

fn one_that_speaks_no_tls() {
    let (azure, names) = azure();
    names.loopback("proxy.example");
    // What it reads never ends as a request does.
    let door = TcpListener::bind(ADDRESS).unwrap();
    let plain = thread::spawn(move || {
        let (mut socket, _) = door.accept().unwrap();
        let _ = socket.read(&mut [0; 1024]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    get(&azure)
        .args(["--proxy", "https://proxy.example:3128"])
        .status(6)
        .stderr_has("the proxy cannot be used: `proxy.example` does not speak TLS on this port")
        .run();
    plain.join().unwrap();
}

fn one_that_speaks_no_http() {
    let (azure, _names) = azure();
    for words in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"\x05\x00\x01\r\n\r\n"] {
        let proxy = Rogue::start(Manner::Says(words));
        get(&azure)
            .args(["--proxy", HTTP])
            .status(6)
            .stderr_has("the proxy cannot be used: what `127.0.0.1:3128` answers is not HTTP")
            .stderr_has("akv-xsoar: hint: check `--proxy`, `HTTPS_PROXY`")
            .run();
        // The vault's tunnel may have been asked for meanwhile.
        assert!((1..=2).contains(&proxy.heads().len()));
    }
}

fn one_that_closes_at_once() {
    let (azure, _names) = azure();
    for words in [&b""[..], b"HTTP/1.1 200 OK\r\nVia: half a he"] {
        let proxy = Rogue::start(Manner::Says(words));
        get(&azure)
            .args(["--proxy", HTTP, "--timeout", "2"])
            .status(6)
            .stderr_has("the proxy `127.0.0.1:3128` closed the connection without an answer")
            .stderr_has("akv-xsoar: hint: ")
            .run();
        assert!(
            proxy.heads().len() > 1,
            "it may have been a moment's trouble"
        );
    }
}

/// With a second's time: nothing comes of it, and it takes no longer. Says who is to blame.
fn takes_a_second(azure: &Standin, manner: Manner, whose: &str) {
    let proxy = Rogue::start(manner);
    let output = get(azure)
        .args(["--proxy", HTTP, "--timeout", "1"])
        .status(8)
        .stderr_has(format!(
            "the deadline of 1 s (`--timeout`) passed while connecting to `{whose}`"
        ))
        .run();
    assert!(output.elapsed >= Duration::from_secs(1), "{output:?}");
    assert!(output.elapsed < Duration::from_millis(1500), "{output:?}");
    // The vault's tunnel may have been asked for meanwhile.
    let targets = proxy.targets();
    let entra = format!("{ENTRA}:443");
    assert_eq!(targets.iter().filter(|target| **target == entra).count(), 1);
    assert!(targets.len() <= 2, "{targets:?}");
}

fn one_that_says_nothing() {
    let (azure, _names) = azure();
    takes_a_second(&azure, Manner::Silent, "127.0.0.1");
}

fn one_that_says_it_slowly() {
    let (azure, _names) = azure();
    takes_a_second(&azure, Manner::Slow, "127.0.0.1");
}

fn one_whose_tunnels_lead_nowhere() {
    let (azure, _names) = azure();
    takes_a_second(&azure, Manner::SaysAndStays(OK), ENTRA);
}

fn one_that_cuts_its_tunnels() {
    let (azure, _names) = azure();
    let proxy = Rogue::start(Manner::Says(OK));
    get(&azure)
        .args(["--proxy", HTTP, "--timeout", "2"])
        .status(6)
        .stderr_has(format!(
            "`{ENTRA}` closed the connection during the handshake"
        ))
        .stderr_has("hint: it went through the proxy `127.0.0.1:3128`: do its rules let TLS to this host pass? `NO_PROXY` exempts a host from it\n")
        .run();
    assert!(
        proxy.heads().len() > 1,
        "it may have been a moment's trouble"
    );
}

fn one_that_demands_something_else() {
    let (azure, _names) = azure();
    for (answer, status) in [
        (
            &b"HTTP/1.1 302 Found\r\nLocation: https://portal.example/\r\n\r\n"[..],
            302,
        ),
        (b"HTTP/1.1 405 Method Not Allowed\r\n\r\n", 405),
    ] {
        let proxy = Rogue::start(Manner::Says(answer));
        get(&azure)
            .args(["--proxy", HTTP])
            .status(6)
            .stderr_has(format!(
                "the proxy `127.0.0.1:3128` refused to connect to `{ENTRA}` (status {status})"
            ))
            .stderr_has("akv-xsoar: hint: ")
            .run();
        // The vault's tunnel may have been asked for meanwhile.
        assert!((1..=2).contains(&proxy.heads().len()));
    }
}
