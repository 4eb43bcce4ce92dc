//! Asks the system for a host's addresses, so that those of one kind are enough.
//!
//! musl asks for both kinds at once, and fails for the whole name where one question fails: so it is asked
//! for each kind alone. glibc finds a host by either kind, but gives a silent name server all of its time
//! for the other one; and asked for one kind alone, it takes the search domains' word where a name has none of
//! that kind. So glibc is asked for both, and for each kind alone where that does not tell.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use dns_lookup::{AddrFamily, AddrInfoHints, LookupError, LookupErrorKind, SockType};

use crate::system::SystemError;

/// RFC 8305, "Resolution Delay": what the other kind of address is waited for once there is one.
const OTHER_KIND: Duration = Duration::from_millis(50);

/// glibc is asked for each kind alone when it has not told both by then.
const APART_AFTER: Duration = Duration::from_millis(500);

/// Why there are no addresses; what comes later counts more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unfound {
    /// There is no such name, or it has no address.
    NoSuchHost,
    /// A question could not be answered, in the system's words.
    Failed(String),
    /// Nobody answered in time.
    Silence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Both,
    Ipv4,
    Ipv6,
}

enum Answer {
    Found(Vec<IpAddr>),
    NoSuchName,
    /// The name is there, without an address: or with one that could not be asked for.
    NoAddress,
    Failed(String),
}

/// The addresses of a host in the order in which they are to be tried. Whoever does not answer in time is left
/// behind in its thread: the system's resolver has no limit of its own.
pub(super) fn addresses(host: &str, patience: Duration) -> Result<Vec<IpAddr>, Unfound> {
    let end = Instant::now() + patience;
    let mut questions = Questions::new(host);
    let by_kind = [Kind::Ipv6, Kind::Ipv4];
    let mut apart = cfg!(target_env = "musl");
    questions.ask(if apart { &by_kind } else { &[Kind::Both] })?;
    let mut until = if apart {
        end
    } else {
        end.min(Instant::now() + APART_AFTER)
    };
    let mut found = Vec::new();
    let mut worst = Unfound::NoSuchHost;
    while questions.pending > 0 {
        let mut ask_apart = false;
        match questions.next(until) {
            Some((Kind::Both, Answer::Found(addresses))) => return Ok(addresses),
            Some((_, Answer::Found(addresses))) => {
                found.extend(addresses);
                until = end.min(Instant::now() + OTHER_KIND);
            }
            Some((_, Answer::NoSuchName)) => {}
            Some((kind, Answer::NoAddress)) => ask_apart = kind == Kind::Both,
            Some((kind, Answer::Failed(words))) => {
                worst = worst.max(Unfound::Failed(words));
                ask_apart = kind == Kind::Both;
            }
            None if !found.is_empty() => break,
            None if apart || Instant::now() >= end => return Err(Unfound::Silence),
            None => ask_apart = true,
        }
        if ask_apart && !apart {
            questions.ask(&by_kind)?;
            (apart, until) = (true, end);
        }
    }
    if found.is_empty() {
        Err(worst)
    } else {
        Ok(ordered(found))
    }
}

/// What the system was asked about one host.
struct Questions<'a> {
    host: &'a str,
    pending: usize,
    sender: Sender<(Kind, Answer)>,
    receiver: Receiver<(Kind, Answer)>,
}

impl<'a> Questions<'a> {
    fn new(host: &'a str) -> Self {
        let (sender, receiver) = mpsc::channel();
        Self {
            host,
            pending: 0,
            sender,
            receiver,
        }
    }

    fn ask(&mut self, kinds: &[Kind]) -> Result<(), Unfound> {
        for &kind in kinds {
            let (host, sender) = (self.host.to_owned(), self.sender.clone());
            let ask = move || {
                // Nobody listens any more once there is no time left.
                let _ = sender.send((kind, ask_system(&host, kind)));
            };
            let thread = thread::Builder::new().name("names".to_owned()).spawn(ask);
            thread.map_err(|error| Unfound::Failed(SystemError(&error).to_string()))?;
            self.pending += 1;
        }
        Ok(())
    }

    /// The next answer; `None`: there is none by then.
    fn next(&mut self, until: Instant) -> Option<(Kind, Answer)> {
        let left = until.saturating_duration_since(Instant::now());
        let answer = self.receiver.recv_timeout(left).ok()?;
        self.pending -= 1;
        Some(answer)
    }
}

fn ask_system(host: &str, kind: Kind) -> Answer {
    let hints = AddrInfoHints {
        socktype: SockType::Stream.into(),
        address: match kind {
            Kind::Both => 0,
            Kind::Ipv4 => AddrFamily::Inet.into(),
            Kind::Ipv6 => AddrFamily::Inet6.into(),
        },
        ..AddrInfoHints::default()
    };
    let found = dns_lookup::getaddrinfo(Some(host), None, Some(hints));
    let found = found.map(|found| found.flatten().map(|info| info.sockaddr.ip()).collect());
    match found {
        Ok(addresses) => Answer::Found(addresses),
        Err(error) => no_answer(error),
    }
}

fn no_answer(error: LookupError) -> Answer {
    match error.kind() {
        LookupErrorKind::NoName => Answer::NoSuchName,
        LookupErrorKind::NoData => Answer::NoAddress,
        LookupErrorKind::System => Answer::Failed(SystemError(&error.into()).to_string()),
        _ => {
            // What stands before is the crate's.
            let text = io::Error::from(error).to_string();
            Answer::Failed(text.rsplit(": ").next().unwrap_or_default().to_owned())
        }
    }
}

/// As RFC 6724 orders the two kinds: IPv6 first where this machine has such an address of its own that leads
/// there; private addresses (unique local ones) behind IPv4.
fn ordered(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let ipv6 = addresses.iter().find_map(|address| match address {
        IpAddr::V6(address) => Some(*address),
        IpAddr::V4(_) => None,
    });
    let ipv6_first = ipv6.is_some_and(|address| {
        let own = source(address);
        own.is_some_and(|own| !own.is_unique_local() && !address.is_unique_local())
    });
    // Stable: within a kind the system has ordered them.
    addresses.sort_by_key(|address| address.is_ipv6() != ipv6_first);
    addresses
}

/// The address of this machine's that packets there would come from. None is sent.
fn source(address: Ipv6Addr) -> Option<Ipv6Addr> {
    let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((address, 443)).ok()?;
    match socket.local_addr().ok()? {
        SocketAddr::V6(own) => Some(*own.ip()),
        SocketAddr::V4(_) => None,
    }
}
