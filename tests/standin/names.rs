//! A name server: answers what the script says, and keeps what it was asked.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const A: u16 = 1;
const AAAA: u16 = 28;

/// How often the server looks whether it is to stop.
const POLL: Duration = Duration::from_millis(50);

/// What the server says to the questions about one name.
#[derive(Clone, Debug)]
pub enum Reply {
    /// These addresses, each to the question for its kind.
    Addresses(Vec<IpAddr>),
    /// The name does not exist.
    NoSuchName,
    /// The server cannot tell: SERVFAIL.
    Failure,
    /// The server does not want to tell: REFUSED.
    Refused,
    /// Nothing at all.
    Silence,
    /// The same after a wait, in which others are answered.
    Late(Duration, Box<Reply>),
    /// One to the question for IPv4, another to that for IPv6.
    Each { ipv4: Box<Reply>, ipv6: Box<Reply> },
}

/// An answer on its way.
struct Answer {
    due: Instant,
    packet: Vec<u8>,
    client: SocketAddr,
}

#[derive(Default)]
struct Book {
    replies: BTreeMap<String, Reply>,
    questions: Vec<(String, u16)>,
}

/// A name server on UDP. A name it was not told of does not exist.
pub struct Names {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Names {
    /// Listens at a free port of 127.0.0.1.
    pub fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Listens at this address.
    pub fn start_at(address: SocketAddr) -> Self {
        let socket = UdpSocket::bind(address).expect("an address for the name server");
        let address = socket.local_addr().expect("an address");
        let book = Arc::new(Mutex::new(Book::default()));
        let stopping = Arc::new(AtomicBool::new(false));
        let (pages, stop) = (Arc::clone(&book), Arc::clone(&stopping));
        let thread = thread::spawn(move || {
            let mut late = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let next = late.iter().map(|answer: &Answer| answer.due).min();
                let limit = next.map_or(POLL, |due| due.saturating_duration_since(Instant::now()));
                let limit = limit.clamp(Duration::from_millis(1), POLL);
                let limited = socket.set_read_timeout(Some(limit));
                limited.expect("a limit for reading");
                late.extend(answer_one(&socket, &pages));
                late.retain(|answer| !answer.sent(&socket));
            }
        });
        Self {
            address,
            book,
            stopping,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it says to questions about a name; `*.suffix` stands for all names below the suffix.
    pub fn reply(&self, name: &str, reply: Reply) {
        self.book
            .lock()
            .unwrap()
            .replies
            .insert(name.to_lowercase(), reply);
    }

    /// What it says to each of the two questions about a name.
    pub fn reply_each(&self, name: &str, ipv4: Reply, ipv6: Reply) {
        let [ipv4, ipv6] = [ipv4, ipv6].map(Box::new);
        self.reply(name, Reply::Each { ipv4, ipv6 });
    }

    /// A name at 127.0.0.1, without an IPv6 address.
    pub fn loopback(&self, name: &str) {
        self.reply(
            name,
            Reply::Addresses(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]),
        );
    }

    /// The names and record types (1: A, 28: AAAA) it was asked for so far.
    pub fn questions(&self) -> Vec<(String, u16)> {
        self.book.lock().unwrap().questions.clone()
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What is to be said to the next question, and when.
fn answer_one(socket: &UdpSocket, book: &Mutex<Book>) -> Option<Answer> {
    let mut packet = [0; 1500];
    let (length, client) = socket.recv_from(&mut packet).ok()?;
    let query = &packet[..length];
    let (name, kind, end) = question(query)?;
    let mut book = book.lock().unwrap();
    book.questions.push((name.clone(), kind));
    let reply = find(&book.replies, &name).cloned();
    drop(book);
    let reply = match reply.unwrap_or(Reply::NoSuchName) {
        Reply::Each { ipv6, .. } if kind == AAAA => *ipv6,
        Reply::Each { ipv4, .. } => *ipv4,
        reply => reply,
    };
    let (wait, reply) = match reply {
        Reply::Late(wait, reply) => (wait, *reply),
        reply => (Duration::ZERO, reply),
    };
    Some(Answer {
        due: Instant::now() + wait,
        packet: respond(query, end, kind, &reply)?,
        client,
    })
}

impl Answer {
    /// Sends it, if it is time for that.
    fn sent(&self, socket: &UdpSocket) -> bool {
        let due = self.due <= Instant::now();
        due && socket.send_to(&self.packet, self.client).is_ok()
    }
}

fn find<'a>(replies: &'a BTreeMap<String, Reply>, name: &str) -> Option<&'a Reply> {
    replies.get(name).or_else(|| {
        let (_, suffix) = name.split_once('.')?;
        replies.get(&format!("*.{suffix}"))
    })
}

/// The name and the type in a query's one question, and where the question ends.
fn question(query: &[u8]) -> Option<(String, u16, usize)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    query.get(at + 3)?;
    Some((labels.join("."), kind, at + 4))
}

fn respond(query: &[u8], end: usize, kind: u16, reply: &Reply) -> Option<Vec<u8>> {
    let (code, addresses): (u8, &[IpAddr]) = match reply {
        Reply::Addresses(addresses) => (0, addresses),
        Reply::Failure => (2, &[]),
        Reply::NoSuchName => (3, &[]),
        Reply::Refused => (5, &[]),
        Reply::Silence | Reply::Late(..) | Reply::Each { .. } => return None,
    };
    let records: Vec<Vec<u8>> = addresses
        .iter()
        .filter_map(|address| match address {
            IpAddr::V4(address) if kind == A => Some(address.octets().to_vec()),
            IpAddr::V6(address) if kind == AAAA => Some(address.octets().to_vec()),
            _ => None,
        })
        .collect();
    // The same id; a response, with recursion available; one question, and the records.
    let count = u8::try_from(records.len()).ok()?;
    let mut answer = vec![
        query[0],
        query[1],
        0x81,
        0x80 | code,
        0,
        1,
        0,
        count,
        0,
        0,
        0,
        0,
    ];
    answer.extend(&query[12..end]);
    for record in records {
        let length = u8::try_from(record.len()).ok()?;
        let [high, low] = kind.to_be_bytes();
        // The question's name, the type, class IN, 60 seconds, the address.
        answer.extend([0xc0, 12, high, low, 0, 1, 0, 0, 0, 60, 0, length]);
        answer.extend(record);
    }
    Some(answer)
}
