//! Connections: TCP to the first address that answers, TLS with our own roots, each byte within the
//! attempt's time. They stand in ureq's chain of connectors.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::http::uri::Scheme;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport, TransportAdapter,
};

use super::attempt::Attempt;
use super::buffers::Growing;
use super::failure::{Failure, FailureKind};
use super::proxy::Proxy;
use super::tls;
use super::url::bare;
use crate::system::SystemError;

/// RFC 8305, "Connection Attempt Delay": the next address is tried when one has not answered by then.
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Tcp {
    pub(super) attempt: Arc<Attempt>,
}

impl<In: Transport> Connector<In> for Tcp {
    type Out = Either<In, TcpTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        if let Some(tunnel) = chained {
            return Ok(Some(Either::A(tunnel)));
        }
        let proxy = self.attempt.proxy();
        let host = match &proxy {
            Some(proxy) => proxy.host(),
            None => bare(details.uri.host().unwrap_or_default()),
        };
        self.attempt.connecting(host);
        let stream = connect_any(&details.addrs, host, &self.attempt)
            .map_err(|failure| self.attempt.fail(failure))?;
        stream.set_nodelay(true)?;
        let is_plain = details.uri.scheme() == Some(&Scheme::HTTP);
        if is_plain {
            self.attempt.answering();
        }
        Ok(Some(Either::B(TcpTransport {
            stream,
            is_plain,
            buffers: Growing::default(),
            attempt: Arc::clone(&self.attempt),
        })))
    }
}

/// The first connection that stands, the families taking turns: a dead IPv6 address costs a moment,
/// not the time of the good IPv4 one.
fn connect_any(
    addresses: &[SocketAddr],
    host: &str,
    attempt: &Attempt,
) -> Result<TcpStream, Failure> {
    if let [address] = addresses {
        return TcpStream::connect_timeout(address, attempt.left()?)
            .map_err(|error| refused(host, *address, &error, attempt));
    }
    let mut waiting = by_turns(addresses).into_iter();
    let (sender, receiver) = mpsc::channel();
    let mut pending = 0;
    let mut worst: Option<(bool, Failure)> = None;
    loop {
        let left = attempt.left()?;
        if let Some(address) = waiting.next() {
            let sender = sender.clone();
            let dial = move || {
                // The loop may be over: then the connection is dropped.
                let _ = sender.send((address, TcpStream::connect_timeout(&address, left)));
            };
            let thread = thread::Builder::new().name("connect".to_owned());
            if let Err(error) = thread.spawn(dial) {
                return Err(refused(host, address, &error, attempt));
            }
            pending += 1;
        } else if pending == 0 {
            return Err(match worst {
                Some((_, failure)) => failure,
                None => Failure::new(FailureKind::Connection, format!("`{host}` has no address")),
            });
        }
        let patience = if waiting.len() == 0 {
            left
        } else {
            left.min(NEXT_ADDRESS_AFTER)
        };
        if let Ok((address, result)) = receiver.recv_timeout(patience) {
            pending -= 1;
            match result {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    let told = worst
                        .as_ref()
                        .is_some_and(|(no_way, _)| !no_way || is_no_way(&error));
                    if !told {
                        let failure = refused(host, address, &error, attempt);
                        worst = Some((is_no_way(&error), failure));
                    }
                }
            }
        }
    }
}

/// The addresses with the two families by turns, the system's favourite first.
fn by_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_favoured = |address: &SocketAddr| address.is_ipv4() == addresses[0].is_ipv4();
    let (same, other): (Vec<_>, Vec<_>) = addresses.iter().copied().partition(is_favoured);
    let turns = (0..addresses.len()).flat_map(|turn| [same.get(turn), other.get(turn)]);
    turns.flatten().copied().collect()
}

fn refused(host: &str, address: SocketAddr, error: &io::Error, attempt: &Attempt) -> Failure {
    use io::ErrorKind as K;
    if matches!(error.kind(), K::TimedOut | K::WouldBlock) {
        return attempt.timed_out();
    }
    let reason = SystemError(error);
    let cause = format!("no connection to `{host}` ({address}): {reason}");
    let failure = Failure::new(FailureKind::Connection, cause);
    match error.kind() {
        K::PermissionDenied => failure.hint(
            "this machine's own rules forbid it: its firewall, SELinux or AppArmor, or `IPAddressDeny=` of the unit",
        ),
        K::AddrNotAvailable => failure.hint("this machine has no port or address left for it: try again later"),
        K::ConnectionRefused
        | K::ConnectionReset
        | K::ConnectionAborted
        | K::NetworkUnreachable
        | K::HostUnreachable => failure,
        _ => Failure::of_this_machine(format!("`{host}` ({address})"), error),
    }
}

/// Whether an address failed because this machine has no way to its kind: that tells least.
fn is_no_way(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(
        error.kind(),
        K::NetworkUnreachable | K::HostUnreachable | K::AddrNotAvailable
    )
}

/// A TCP connection whose every read and write ends with the attempt's time.
pub(super) struct TcpTransport {
    stream: TcpStream,
    /// Whether the answer itself comes over it, not TLS's records or a tunnel.
    is_plain: bool,
    buffers: Growing,
    attempt: Arc<Attempt>,
}

impl TcpTransport {
    fn failed(&self, error: &io::Error) -> ureq::Error {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                self.attempt.fail(self.attempt.timed_out())
            }
            _ => self.attempt.broke(),
        }
    }

    fn left(&self) -> Result<Duration, ureq::Error> {
        let left = self.attempt.left();
        left.map_err(|failure| self.attempt.fail(failure))
    }
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        let mut sent = 0;
        while sent < amount {
            let left = self.left()?;
            self.stream.set_write_timeout(Some(left))?;
            match self.stream.write(&self.buffers.output()[sent..amount]) {
                Ok(0) => return Err(self.failed(&io::ErrorKind::WriteZero.into())),
                Ok(n) => sent += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        loop {
            let left = self.left()?;
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(self.buffers.input_append_buf()) {
                Ok(amount) => {
                    if amount > 0 && self.is_plain {
                        self.attempt.heard();
                    }
                    self.buffers.input_appended(amount);
                    return Ok(amount > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    /// Nothing to read, and not closed: what an idle connection looks like. A new one of TLS 1.3 has tickets to
    /// be read.
    fn is_open(&mut self) -> bool {
        let mut signs = PollFlags::RDHUP;
        if !self.attempt.is_unused() {
            signs |= PollFlags::IN;
        }
        let mut fds = [PollFd::new(&self.stream, signs)];
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        matches!(poll(&mut fds, Some(&now)), Ok(0))
    }
}

impl fmt::Debug for TcpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TcpTransport")
    }
}

/// TLS with who is asked, where the URL says https.
#[derive(Clone, Debug)]
pub(super) struct Tls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) attempt: Arc<Attempt>,
}

/// TLS with a proxy that is spoken to in it.
#[derive(Debug)]
pub(super) struct ProxyTls(pub(super) Tls);

impl<In: Transport> Connector<In> for ProxyTls {
    type Out = Either<In, TlsTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let (Some(transport), proxy) = (chained, self.0.attempt.proxy()) else {
            return Ok(None);
        };
        Ok(Some(match proxy.filter(Proxy::is_https) {
            Some(proxy) => Either::B(self.0.shake_hands(transport, proxy.host(), details)?),
            None => Either::A(transport),
        }))
    }
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, TlsTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else {
            return Ok(None);
        };
        if !details.needs_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = bare(details.uri.host().unwrap_or_default());
        let transport = self.shake_hands(transport, host, details)?;
        self.attempt.answering();
        Ok(Some(Either::B(transport)))
    }
}

impl Tls {
    fn shake_hands(
        &self,
        transport: impl Transport,
        host: &str,
        details: &ConnectionDetails,
    ) -> Result<TlsTransport, ureq::Error> {
        let fail = |failure| self.attempt.fail(failure);
        let name = tls::server_name(host).ok_or_else(|| {
            let cause = format!("`{host}` cannot be a name for TLS");
            fail(Failure::new(FailureKind::Tls, cause))
        })?;
        let mut conn = ClientConnection::new(Arc::clone(&self.config), name)
            .map_err(|error| fail(tls::describe(&error, host)))?;
        let mut sock = TransportAdapter::new(transport.boxed(), Arc::clone(&details.current_time));
        while conn.is_handshaking() {
            conn.complete_io(&mut sock)
                .map_err(|error| failed(&error, host, &self.attempt))?;
        }
        self.attempt.note(tls::agreed(&conn, host));
        Ok(TlsTransport {
            buffers: Growing::default(),
            stream: StreamOwned { conn, sock },
            host: host.to_owned(),
            attempt: Arc::clone(&self.attempt),
        })
    }
}

/// rustls hands its own errors, and those of the connection below, on as I/O errors. A reason of its own
/// counts more than that its last words did not arrive.
fn failed(error: &io::Error, host: &str, attempt: &Attempt) -> ureq::Error {
    let inner = error.get_ref();
    match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => attempt.fail(tls::describe(error, host)),
        None => attempt.broke(),
    }
}

/// A TLS connection over TCP or a tunnel.
pub(super) struct TlsTransport {
    buffers: Growing,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
    host: String,
    attempt: Arc<Attempt>,
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        let sent = self.stream.write_all(&self.buffers.output()[..amount]);
        sent.map_err(|error| failed(&error, &self.host, &self.attempt))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        match self.stream.read(self.buffers.input_append_buf()) {
            Ok(amount) => {
                if amount > 0 {
                    self.attempt.heard();
                }
                self.buffers.input_appended(amount);
                Ok(amount > 0)
            }
            Err(error) => Err(failed(&error, &self.host, &self.attempt)),
        }
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTransport")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |list: &[&str]| {
            list.iter()
                .map(|a| a.parse().unwrap())
                .collect::<Vec<SocketAddr>>()
        };
        let given = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
        let turns = parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(by_turns(&given), turns);
        let given = parse(&["1.1.1.1:1", "[::1]:1", "[::2]:1"]);
        assert_eq!(by_turns(&given), given);
        assert!(by_turns(&[]).is_empty());
    }
}
