//! Connections: accepted, made TLS, kept alive, answered, and cut where the script says so.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::server::Acceptor;
use rustls::{ServerConnection, StreamOwned};

use super::ca::{Certificates, TlsFault};
use super::clock;
use super::faults::{Delivery, Fault, Script};
use super::http::{Answer, Listener, Received, Request, receive};
use super::log::Log;
use super::world::World;

/// What the connections' threads share.
pub(super) struct Shared {
    pub(super) world: Mutex<World>,
    pub(super) log: Mutex<Log>,
    pub(super) script: Mutex<Script>,
    pub(super) certificates: Certificates,
    /// A wait before every answer.
    pub(super) delay: Mutex<Duration>,
    /// Whether connections ahead of the first token are closed at once.
    pub(super) hangs_up: Mutex<bool>,
    /// With `hangs_up`: one was.
    hung_up: Condvar,
    open: Mutex<Open>,
    changed: Condvar,
    /// With `log`: a request was dealt with.
    dealt: Condvar,
}

/// The connections that are open.
#[derive(Default)]
struct Open {
    sockets: BTreeMap<usize, TcpStream>,
    /// The stand-in's own connections, which only show that all earlier ones were accepted.
    markers: Vec<SocketAddr>,
    stopping: bool,
}

impl Shared {
    pub(super) fn new(world: World) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            log: Mutex::default(),
            script: Mutex::default(),
            certificates: Certificates::new(),
            delay: Mutex::default(),
            hangs_up: Mutex::default(),
            hung_up: Condvar::new(),
            open: Mutex::default(),
            changed: Condvar::new(),
            dealt: Condvar::new(),
        })
    }

    /// Waits until so many requests were dealt with, or none has come for far too long. Says how many.
    pub(super) fn wait_for_requests(&self, count: usize) -> usize {
        let log = self.log.lock().unwrap();
        let limit = Duration::from_secs(60);
        let waited = self
            .dealt
            .wait_timeout_while(log, limit, |log| log.dealt < count);
        waited.unwrap().0.dealt
    }

    /// Waits until all that clients did is on the record: they left, or a second has passed.
    pub(super) fn settle(&self, doors: &[SocketAddr]) {
        for door in doors {
            self.mark(*door);
        }
        let open = self.open.lock().unwrap();
        let busy = |open: &mut Open| !open.markers.is_empty() || !open.sockets.is_empty();
        let _ = self
            .changed
            .wait_timeout_while(open, Duration::from_secs(1), busy);
    }

    /// Closes everything.
    pub(super) fn stop(&self, doors: &[SocketAddr]) {
        let mut open = self.open.lock().unwrap();
        open.stopping = true;
        for socket in open.sockets.values() {
            let _ = socket.shutdown(Shutdown::Both);
        }
        drop(open);
        for door in doors {
            self.mark(*door);
        }
    }

    /// Connects to a door of our own. The lock makes the door wait until the address is known.
    fn mark(&self, door: SocketAddr) {
        let mut open = self.open.lock().unwrap();
        if let Ok(socket) = TcpStream::connect_timeout(&door, Duration::from_secs(1)) {
            open.markers.extend(socket.local_addr());
        }
    }

    /// Accepts connections at one door until everything stops.
    pub(super) fn accept(self: &Arc<Self>, door: &TcpListener, listener: Listener) {
        for socket in door.incoming().flatten() {
            let mut open = self.open.lock().unwrap();
            let peer = socket.peer_addr().ok();
            if let Some(at) = open.markers.iter().position(|marker| Some(*marker) == peer) {
                open.markers.remove(at);
                self.changed.notify_all();
                if open.stopping {
                    return;
                }
                continue;
            }
            let _ = socket.set_nodelay(true);
            let id = self.log.lock().unwrap().connection(listener);
            open.sockets
                .extend(socket.try_clone().map(|socket| (id, socket)));
            let shared = Arc::clone(self);
            thread::spawn(move || {
                let connection = Connection {
                    shared: &shared,
                    id,
                    listener,
                    sni: None,
                };
                // A client that leaves is no concern of ours.
                let _ = connection.run(socket);
                shared.open.lock().unwrap().sockets.remove(&id);
                shared.changed.notify_all();
            });
        }
    }
}

/// One client's connection.
struct Connection<'a> {
    shared: &'a Shared,
    id: usize,
    listener: Listener,
    sni: Option<String>,
}

/// A stream, plain or TLS, and the socket below it.
trait Stream: Read + Write {
    fn socket(&mut self) -> &mut TcpStream;
    /// Says goodbye as TLS wants it.
    fn close(&mut self) {}
}

impl Stream for TcpStream {
    fn socket(&mut self) -> &mut TcpStream {
        self
    }
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn socket(&mut self) -> &mut TcpStream {
        &mut self.sock
    }

    fn close(&mut self) {
        self.conn.send_close_notify();
        let _ = self.flush();
    }
}

impl Connection<'_> {
    fn run(mut self, socket: TcpStream) -> io::Result<()> {
        match self.listener {
            Listener::Local | Listener::Arc | Listener::AppService | Listener::Xsoar => {
                self.serve(socket)
            }
            Listener::Tls => {
                let secured = self.handshake(socket);
                let result = secured.as_ref().map(|_| ()).map_err(ToString::to_string);
                self.shared.log.lock().unwrap().connections[self.id].handshake = Some(result);
                let mut secured = secured?;
                if self.hangs_up() {
                    secured.close();
                    self.shared.log.lock().unwrap().connections[self.id].hung_up = true;
                    let closed = secured.sock.shutdown(Shutdown::Both);
                    self.shared.hung_up.notify_all();
                    return closed;
                }
                self.serve(secured)
            }
        }
    }

    fn hangs_up(&self) -> bool {
        let authority = self.shared.world.lock().unwrap().cloud.authority.clone();
        // The name that TLS is made for has no port.
        let is_token_s = self.sni.as_deref() == authority.split(':').next();
        *self.shared.hangs_up.lock().unwrap() && !is_token_s
    }

    /// Before the first answer: whoever connects ahead has done so, and does not get far.
    fn let_others_come(&self) {
        let hangs_up = self.shared.hangs_up.lock().unwrap();
        if *hangs_up {
            let limit = Duration::from_millis(200);
            let waited = self.shared.hung_up.wait_timeout(hangs_up, limit);
            *waited.unwrap().0 = false;
        }
    }

    fn handshake(
        &mut self,
        mut socket: TcpStream,
    ) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
        let mut acceptor = Acceptor::default();
        let accepted = loop {
            if acceptor.read_tls(&mut socket)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match acceptor.accept() {
                Ok(Some(accepted)) => break accepted,
                Ok(None) => {}
                Err((error, mut alert)) => {
                    alert.write_all(&mut socket)?;
                    return Err(io::Error::other(error));
                }
            }
        };
        self.sni = accepted.client_hello().server_name().map(str::to_lowercase);
        self.shared.log.lock().unwrap().connections[self.id]
            .sni
            .clone_from(&self.sni);
        let local = socket.local_addr()?.ip().to_string();
        let name = self.sni.clone().unwrap_or(local);
        let certificates = &self.shared.certificates;
        let fault = certificates.fault(&name);
        match fault {
            Some(TlsFault::Stall) => {
                wait_for_departure(&mut socket, None);
                return Err(io::Error::other("stalled by the script"));
            }
            Some(TlsFault::Cut) => return Err(io::Error::other("cut by the script")),
            Some(TlsFault::PlainHttp) => {
                socket.write_all(
                    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                )?;
                return Err(io::Error::other("answered in plain HTTP by the script"));
            }
            _ => {}
        }
        let mut connection = match accepted.into_connection(certificates.config(&name, fault)) {
            Ok(connection) => connection,
            Err((error, mut alert)) => {
                alert.write_all(&mut socket)?;
                return Err(io::Error::other(error));
            }
        };
        while connection.is_handshaking() {
            if connection.complete_io(&mut socket)? == (0, 0) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(StreamOwned::new(connection, socket))
    }

    fn serve(&self, mut stream: impl Stream) -> io::Result<()> {
        let mut buffer = Vec::new();
        let mut dropping = false;
        loop {
            let mut request = match receive(&mut stream, &mut buffer) {
                Received::Request(request) => request,
                Received::Closed => return Ok(()),
                Received::Malformed(problem) => {
                    let text = format!("connection {}: {problem}", self.id);
                    self.shared.log.lock().unwrap().violation(text);
                    let answer =
                        Answer::new(400, "text/plain", problem).header("Connection", "close");
                    return stream.write_all(&whole(&answer));
                }
            };
            request.listener = self.listener;
            request.connection = self.id;
            request.sni.clone_from(&self.sni);
            self.shared.log.lock().unwrap().request(&request);
            self.let_others_come();
            let answered = (!dropping).then(|| self.answer(&request));
            self.shared.log.lock().unwrap().dealt += 1;
            self.shared.dealt.notify_all();
            let Some((answer, fault)) = answered else {
                return stream.socket().shutdown(Shutdown::Both);
            };
            let delay = *self.shared.delay.lock().unwrap();
            thread::sleep(delay);
            let (delay, delivery) = fault.map_or_else(
                || (Duration::ZERO, Delivery::Whole),
                |fault| (fault.delay, fault.delivery),
            );
            if !delay.is_zero() && wait_for_departure(stream.socket(), Some(delay)) {
                return Ok(());
            }
            dropping = matches!(delivery, Delivery::DropNext);
            let last = request
                .header("connection")
                .is_some_and(|value| value.eq_ignore_ascii_case("close"));
            if !deliver(&mut stream, &answer, delivery)? || last {
                stream.close();
                return stream.socket().shutdown(Shutdown::Both);
            }
        }
    }

    /// The answer as the world gives it and the script changes it.
    fn answer(&self, request: &Request) -> (Answer, Option<Fault>) {
        let shared = self.shared;
        let fault = shared.script.lock().unwrap().take(&request.line());
        let undone = fault.as_ref().is_some_and(|fault| fault.undone);
        let mut answer = if undone {
            Answer::new(503, "text/plain", "not done")
        } else {
            self.proper(request)
        };
        if let Some(change) = fault.as_ref().and_then(|fault| fault.change.as_ref()) {
            change(request, &mut answer);
        }
        (answer, fault)
    }

    /// The answer as the world gives it.
    fn proper(&self, request: &Request) -> Answer {
        let mut world = self.shared.world.lock().unwrap();
        let mut answer = world.answer(request);
        let violations = std::mem::take(&mut world.violations);
        if world.skew != 0 {
            answer = answer.header("Date", clock::http_date(world.now()));
        }
        drop(world);
        for text in violations {
            self.shared.log.lock().unwrap().violation(text);
        }
        answer
    }
}

fn whole(answer: &Answer) -> Vec<u8> {
    let mut bytes = head(answer);
    bytes.extend(&answer.body);
    bytes
}

fn head(answer: &Answer) -> Vec<u8> {
    answer.head(&clock::http_date(clock::now()))
}

/// Sends an answer in one way or another; whether the connection goes on.
fn deliver(stream: &mut impl Stream, answer: &Answer, delivery: Delivery) -> io::Result<bool> {
    let (head, body) = (head(answer), &answer.body);
    match delivery {
        Delivery::Whole | Delivery::DropNext => {
            send(stream, &whole(answer))?;
            return Ok(!answer.closes());
        }
        Delivery::CloseAfter => send(stream, &whole(answer))?,
        Delivery::Garbage(bytes) => send(stream, &bytes)?,
        // Without TLS's goodbye: this is not how a sound peer ends.
        Delivery::CutBefore => cut(stream)?,
        Delivery::CutAfterHead => {
            send(stream, &head)?;
            cut(stream)?;
        }
        Delivery::CutInBody => {
            send(stream, &[&head, &body[..body.len() / 2]].concat())?;
            cut(stream)?;
        }
        Delivery::StallBefore => stall(stream),
        Delivery::StallInHead => {
            send(stream, &head[..head.len() / 2])?;
            stall(stream);
        }
        Delivery::StallInBody => {
            send(stream, &[&head, &body[..body.len() / 2]].concat())?;
            stall(stream);
        }
        Delivery::TrickleHead(interval) => {
            trickle(stream, &head, interval)?;
            send(stream, body)?;
            return Ok(!answer.closes());
        }
        Delivery::TrickleBody(interval) => {
            send(stream, &head)?;
            trickle(stream, body, interval)?;
            return Ok(!answer.closes());
        }
        Delivery::EndlessChunked => {
            send(stream, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            endless(stream, b"4000\r\n", b"\r\n")?;
        }
        Delivery::EndlessSized => {
            send(stream, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n")?;
            endless(stream, b"", b"")?;
        }
    }
    Ok(false)
}

fn send(stream: &mut impl Stream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

fn cut(stream: &mut impl Stream) -> io::Result<()> {
    stream.socket().shutdown(Shutdown::Both)
}

fn stall(stream: &mut impl Stream) {
    wait_for_departure(stream.socket(), None);
}

fn trickle(stream: &mut impl Stream, bytes: &[u8], interval: Duration) -> io::Result<()> {
    for byte in bytes {
        send(stream, &[*byte])?;
        // A socket's time limit is too coarse for short intervals; then the next byte finds out who left.
        if interval < Duration::from_millis(20) {
            thread::sleep(interval);
        } else if wait_for_departure(stream.socket(), Some(interval)) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
    }
    Ok(())
}

/// Sends blocks of spaces, which JSON allows anywhere, until the client has had enough.
fn endless(stream: &mut impl Stream, before: &[u8], after: &[u8]) -> io::Result<()> {
    let block = [before, &[b' '; 0x4000], after].concat();
    for _ in 0..0xffff {
        send(stream, &block)?;
    }
    Ok(())
}

/// Waits, for a time or for ever; whether the client left. What it still sends is dropped: clients
/// that wait for an answer have nothing to say but goodbye.
fn wait_for_departure(socket: &mut TcpStream, time: Option<Duration>) -> bool {
    let end = time.map(|time| Instant::now() + time);
    let mut waste = [0; 1024];
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            let _ = socket.set_read_timeout(None);
            return false;
        }
        let _ = socket.set_read_timeout(left);
        match socket.read(&mut waste) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock
                | io::ErrorKind::TimedOut
                | io::ErrorKind::Interrupted => {}
                _ => return true,
            },
        }
    }
}
