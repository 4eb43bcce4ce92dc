//! The other end: whoever connects gets the next answer that was laid ready, or a closed connection.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use akv_xsoar::fuzzing::{CANARY, Loopback};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Stands between two answers in a fuzzer's bytes: UTF-8 has no such byte.
const BETWEEN: u8 = 0xff;

/// Where a service repeats the secret that it was sent.
const REPEATS: u8 = 0x01;

/// One answer, and whether the connection is closed after it.
pub struct Answer {
    bytes: Vec<u8>,
    closes: bool,
}

#[derive(Default)]
struct Ready {
    /// Which run they are for: a connection of an earlier one gets nothing more.
    run: u64,
    answers: VecDeque<Answer>,
}

struct World {
    loopback: Loopback,
    plain: Arc<Mutex<Ready>>,
    tls: Arc<Mutex<Ready>>,
}

/// Where everybody listens.
pub fn world() -> &'static Loopback {
    &whole_world().loopback
}

/// Lays answers ready for plain http.
pub fn serve_plain(answers: impl IntoIterator<Item = Answer>) {
    lay_ready(&whole_world().plain, answers);
}

/// Lays answers ready for TLS.
pub fn serve_tls(answers: impl IntoIterator<Item = Answer>) {
    lay_ready(&whole_world().tls, answers);
}

fn lay_ready(ready: &Mutex<Ready>, answers: impl IntoIterator<Item = Answer>) {
    let mut ready = ready.lock().unwrap_or_else(PoisonError::into_inner);
    ready.run += 1;
    ready.answers = answers.into_iter().collect();
}

/// A token, as App Service gives it.
pub fn token() -> Answer {
    framed(format!("{{\"access_token\":\"{CANARY}\",\"expires_on\":\"4102444800\"}}").as_bytes())
        .remove(0)
}

/// Each part of a fuzzer's bytes as all that an answer is.
pub fn raw(data: &[u8]) -> Vec<Answer> {
    let parts = data.split(|byte| *byte == BETWEEN);
    let answer = |part| Answer {
        bytes: with_secret(part),
        closes: true,
    };
    parts.map(answer).collect()
}

/// Each part as an answer in sound HTTP. In front of a body there may be `STATUS` and headers, and an empty line.
pub fn framed(data: &[u8]) -> Vec<Answer> {
    data.split(|byte| *byte == BETWEEN).map(frame).collect()
}

fn frame(part: &[u8]) -> Answer {
    let part = with_secret(part);
    let end = part.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = match end {
        Some(end) => (&part[..end], &part[end + 2..]),
        None => (&b"200"[..], &part[..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for line in lines {
        let name = line.to_ascii_lowercase();
        if !name.starts_with("content-length") && !name.starts_with("transfer-encoding") {
            bytes.extend([line.as_bytes(), b"\r\n"].concat());
        }
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    Answer {
        bytes,
        closes: false,
    }
}

fn with_secret(part: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(part.len());
    for byte in part {
        match *byte {
            REPEATS => bytes.extend(CANARY.as_bytes()),
            byte => bytes.push(byte),
        }
    }
    bytes
}

fn whole_world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let (roots, config) = certificates();
        let (plain, tls) = (Arc::default(), Arc::default());
        let loopback = Loopback {
            plain: listen(&plain, None),
            tls: listen(&tls, Some(config)),
            roots,
        };
        World {
            loopback,
            plain,
            tls,
        }
    })
}

fn certificates() -> (Vec<u8>, Arc<ServerConfig>) {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().expect("a key");
    let root_pem = root.self_signed(&root_key).expect("a root").pem();
    let names = [
        "login.microsoftonline.com",
        "kv-prod.vault.azure.net",
        "management.azure.com",
    ];
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(names.map(str::to_owned)).expect("names");
    let leaf = leaf
        .signed_by(&key, &Issuer::new(root, root_key))
        .expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites")
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .expect("they belong together");
    (root_pem.into_bytes(), Arc::new(config))
}

fn listen(ready: &Arc<Mutex<Ready>>, tls: Option<Arc<ServerConfig>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    let ready = Arc::clone(ready);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (ready, tls) = (Arc::clone(&ready), tls.clone());
            let _ = stream.set_nodelay(true);
            thread::spawn(move || match tls {
                None => converse(stream, &ready),
                Some(config) => {
                    if let Ok(session) = ServerConnection::new(config) {
                        converse(StreamOwned::new(session, stream), &ready);
                    }
                }
            });
        }
    });
    port
}

/// Answers requests until there are no more, or no more answers. That the client goes away is no matter.
fn converse(stream: impl Read + Write, ready: &Mutex<Ready>) {
    let lock = || ready.lock().unwrap_or_else(PoisonError::into_inner);
    let run = lock().run;
    let mut stream = BufReader::new(stream);
    while read_request(&mut stream).is_some() {
        let answer = {
            let mut ready = lock();
            if ready.run != run {
                return;
            }
            ready.answers.pop_front()
        };
        let Some(answer) = answer else { return };
        let stream = stream.get_mut();
        if stream
            .write_all(&answer.bytes)
            .and_then(|()| stream.flush())
            .is_err()
            || answer.closes
        {
            return;
        }
    }
}

fn read_request(stream: &mut impl BufRead) -> Option<()> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let field = line.trim_end().to_ascii_lowercase();
        if field.is_empty() {
            break;
        }
        if let Some(value) = field.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()
}
