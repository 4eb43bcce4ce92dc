//! The way through a proxy: CONNECT (RFC 9110), and what proxies say to it.
//!
//! ureq's own connector keeps a refusal's headers to itself, and they tell what the proxy wants.

use std::io::Write as _;
use std::sync::Arc;

use httparse::{EMPTY_HEADER, Header, Response, Status};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport,
};
use zeroize::Zeroize;

use super::attempt::Attempt;
use super::failure::{Failure, FailureKind};
use super::proxy::{self, Proxy};
use super::url::{bare, port_of};
use crate::buffer::Buffer;

/// No proxy's answer has a longer head, or more headers.
const LONGEST_HEAD: usize = 64 * 1024;
const MOST_HEADERS: usize = 128;

/// Asks the proxy to connect, where there is one.
#[derive(Debug)]
pub(super) struct Connect {
    pub(super) attempt: Arc<Attempt>,
}

impl<In: Transport> Connector<In> for Connect {
    type Out = Either<In, Tunnel<In>>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(mut transport) = chained else {
            return Ok(None);
        };
        let Some(proxy) = self.attempt.proxy() else {
            return Ok(Some(Either::A(transport)));
        };
        let host = details.uri.host().unwrap_or_default();
        let head = head(&format!("{host}:{}", port_of(details.uri)), &proxy)?;
        send(&mut transport, head.as_slice(), details.timeout)?;
        let answer = self.answer(&mut transport, &proxy, details.timeout)?;
        if !(200..=299).contains(&answer.status) {
            let refused = answer.refusal(&proxy, bare(host));
            return Err(self.attempt.fail(refused));
        }
        self.attempt.tunnelled();
        Ok(Some(Either::B(Tunnel(transport))))
    }
}

fn head(target: &str, proxy: &Proxy) -> Result<Buffer, ureq::Error> {
    let mut head = Buffer::default();
    let version = env!("CARGO_PKG_VERSION");
    write!(
        head,
        "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: akv-xsoar/{version}\r\n"
    )?;
    if let Some(basic) = proxy.basic() {
        write!(head, "Proxy-Authorization: Basic {}\r\n", basic.expose())?;
    }
    head.write_all(b"Proxy-Connection: Keep-Alive\r\n\r\n")?;
    Ok(head)
}

/// Nothing of it stays in the buffers of the connection.
fn send(
    transport: &mut impl Transport,
    bytes: &[u8],
    timeout: NextTimeout,
) -> Result<(), ureq::Error> {
    let room = transport.buffers().output().len().max(1);
    for part in bytes.chunks(room) {
        transport.buffers().output()[..part.len()].copy_from_slice(part);
        let sent = transport.transmit_output(part.len(), timeout);
        transport.buffers().output()[..part.len()].zeroize();
        sent?;
    }
    Ok(())
}

impl Connect {
    fn answer(
        &self,
        transport: &mut impl Transport,
        proxy: &Proxy,
        timeout: NextTimeout,
    ) -> Result<Answer, ureq::Error> {
        loop {
            let came = transport.await_input(timeout)?;
            let buffers = transport.buffers();
            let mut headers = [EMPTY_HEADER; MOST_HEADERS];
            let mut response = Response::new(&mut headers);
            let failure = match response.parse(buffers.input()) {
                Ok(Status::Complete(length)) => {
                    let answer = Answer::read(&response);
                    buffers.input_consume(length);
                    return Ok(answer);
                }
                Ok(Status::Partial) if !came => Failure::new(
                    FailureKind::Proxy,
                    format!("the proxy `{proxy}` closed the connection without an answer"),
                ),
                Ok(Status::Partial) if buffers.input().len() < LONGEST_HEAD => continue,
                _ => Failure::new(
                    FailureKind::ProxyRefusal,
                    format!("the proxy cannot be used: what `{proxy}` answers is not HTTP"),
                ),
            };
            return Err(self.attempt.fail(failure.hint(proxy::CHECK)));
        }
    }
}

/// What a proxy said to CONNECT.
struct Answer {
    status: u16,
    /// How it wants to be told who asks.
    schemes: Vec<&'static str>,
}

/// RFC 7617, RFC 4559 and their kin. What has another name is left out.
const SCHEMES: [&str; 6] = ["Basic", "Bearer", "Digest", "Kerberos", "Negotiate", "NTLM"];

impl Answer {
    fn read(response: &Response) -> Self {
        let asks = |header: &&Header| header.name.eq_ignore_ascii_case("proxy-authenticate");
        let mut schemes = Vec::new();
        for header in response.headers.iter().filter(asks) {
            let value = String::from_utf8_lossy(header.value);
            // What stands in quotes is a parameter's, whatever it looks like.
            let outside: String = value.split('"').step_by(2).collect();
            for word in outside
                .split(',')
                .filter_map(|part| part.split_whitespace().next())
            {
                let known = SCHEMES
                    .into_iter()
                    .find(|scheme| scheme.eq_ignore_ascii_case(word));
                schemes.extend(known.filter(|scheme| !schemes.contains(scheme)));
            }
        }
        Self {
            status: response.code.unwrap_or_default(),
            schemes,
        }
    }

    fn refusal(&self, proxy: &Proxy, host: &str) -> Failure {
        let status = self.status;
        let (kind, hint) = match status {
            407 if !self.schemes.is_empty() && !self.schemes.contains(&"Basic") => {
                (FailureKind::ProxyRefusal, self.relay())
            }
            // tinyproxy says 401 to a wrong password.
            401 | 407 if proxy.basic().is_some() => (
                FailureKind::ProxyRefusal,
                "it does not accept the user and the password in its URL".to_owned(),
            ),
            401 | 407 => (
                FailureKind::ProxyRefusal,
                "it asks for a user and a password: put them into the URL in `HTTPS_PROXY` or the configuration file".to_owned(),
            ),
            403 => (
                FailureKind::ProxyRefusal,
                "its rules forbid this host: have it allowed, or exempt it with `NO_PROXY`".to_owned(),
            ),
            // tinyproxy says 500 to a name it cannot resolve and to an address it cannot reach.
            500 | 502 | 503 | 504 => (
                FailureKind::Proxy,
                "the proxy could not reach the host, or does not know its name".to_owned(),
            ),
            _ => (
                FailureKind::ProxyRefusal,
                "check the proxy's URL, or exempt the host with `NO_PROXY`".to_owned(),
            ),
        };
        let cause = format!("the proxy `{proxy}` refused to connect to `{host}` (status {status})");
        Failure::new(kind, cause).hint(hint)
    }

    /// What no static program without Kerberos can speak, a program beside it can.
    fn relay(&self) -> String {
        let schemes = match &self.schemes[..] {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            all => all.concat(),
        };
        format!(
            "it takes only {schemes}, and this program has no way but a user and a password (Basic): run a relay for it on this machine (cntlm, px), and name that as the proxy"
        )
    }
}

/// A connection through the proxy. One to the proxy may have TLS; what goes through it has none yet.
#[derive(Debug)]
pub(super) struct Tunnel<In>(In);

impl<In: Transport> Transport for Tunnel<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }
}
