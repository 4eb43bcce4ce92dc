//! ureq's errors in our words, and ours through ureq and back.

use std::io;

use super::failure::{Failure, Kind};
use super::pace::Pace;
use super::proxy::Proxy;

/// ureq's errors in our words; our own come back as they were.
pub fn translate(error: ureq::Error, host: &str, pace: &Pace, proxy: Option<&Proxy>) -> Failure {
    match error {
        ureq::Error::Other(ours) => ours
            .downcast::<Failure>()
            .map_or_else(|_| garbled(host, "it cannot be read"), |failure| *failure),
        ureq::Error::Io(error) if is_cut(&error) => {
            if pace.is_connecting() {
                let cause =
                    format!("the connection to `{host}` was closed while it was being made");
                return Failure::new(Kind::Connection, cause);
            }
            let cause = if pace.has_heard() {
                format!("`{host}` closed the connection in the middle of its answer")
            } else {
                format!("`{host}` closed the connection without an answer")
            };
            Failure::new(Kind::Cut, cause)
        }
        ureq::Error::Io(error) => Failure::new(
            Kind::Connection,
            format!("no connection to `{host}`: {}", error.kind()),
        ),
        ureq::Error::ConnectProxyFailed(words) => proxy_refused(&words, proxy, host),
        ureq::Error::LargeResponseHeader(..) => garbled(host, "its head is too large"),
        _ => match proxy.filter(|_| pace.is_connecting()) {
            Some(proxy) => proxy_makes_no_sense(proxy),
            None => garbled(host, "it is not HTTP"),
        },
    }
}

/// Only a proxy speaks HTTP before the connection stands.
fn proxy_makes_no_sense(proxy: &Proxy) -> Failure {
    let cause = format!("what `{proxy}` answers is not HTTP");
    of_proxy(Failure::new(Kind::ProxyRefusal, cause))
}

/// ureq tells the proxy's status in text only: "proxy server responded 407/407".
fn proxy_refused(words: &str, proxy: Option<&Proxy>, host: &str) -> Failure {
    let name = proxy.map(ToString::to_string).unwrap_or_default();
    let status = words
        .split(|c: char| !c.is_ascii_digit())
        .find(|part| part.len() == 3);
    let Some(status) = status else {
        let cause = format!("the proxy `{name}` closed the connection without an answer");
        return Failure::new(Kind::Proxy, cause).hint(PROXY_HINT);
    };
    let failure = Failure::new(
        Kind::ProxyRefusal,
        format!("the proxy `{name}` refused to connect to `{host}` (status {status})"),
    );
    match status {
        // tinyproxy says 401 to a wrong password.
        "401" | "407" if proxy.is_some_and(Proxy::has_user) => {
            failure.hint("it does not accept the user and the password in its URL")
        }
        "401" | "407" => failure.hint("it asks for a user and a password: put them into the URL in `HTTPS_PROXY` or the configuration file"),
        "403" => failure.hint("its rules forbid this host: have it allowed, or exempt it with `NO_PROXY`"),
        // tinyproxy says 500 to a name it cannot resolve and to an address it cannot reach.
        "500" | "502" | "503" | "504" => Failure { kind: Kind::Proxy, ..failure }
            .hint("the proxy could not reach the host, or does not know its name"),
        _ => failure.hint("check the proxy's URL, or exempt the host with `NO_PROXY`"),
    }
}

fn garbled(host: &str, how: &str) -> Failure {
    Failure::new(
        Kind::Garbled,
        format!("the answer of `{host}` makes no sense: {how}"),
    )
    .hint("something else answers there: check the proxy, `--connect-to` and the DNS")
}

const PROXY_HINT: &str =
    "check `--proxy`, `HTTPS_PROXY` or the configuration's `proxy`; `--no-proxy` goes without";

/// A failure to reach the proxy, said of the proxy.
pub fn of_proxy(failure: Failure) -> Failure {
    let kind = match failure.kind {
        Kind::Deadline => return failure,
        // It is not the service's name that does not exist.
        Kind::NoSuchHost => Kind::ProxyRefusal,
        _ if failure.may_pass() => Kind::Proxy,
        kind => kind,
    };
    let hint = match failure.hint {
        Some(hint) if kind != Kind::ProxyRefusal => hint,
        _ => PROXY_HINT.to_owned(),
    };
    Failure {
        kind,
        cause: format!("the proxy cannot be used: {}", failure.cause),
        hint: Some(hint),
    }
}

/// Our failure on its way through ureq.
pub fn into_ureq(failure: Failure) -> ureq::Error {
    ureq::Error::Other(Box::new(failure))
}

fn is_cut(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(
        error.kind(),
        K::UnexpectedEof
            | K::ConnectionReset
            | K::ConnectionAborted
            | K::BrokenPipe
            | K::NotConnected
    )
}
