//! Which way a connection takes: through a proxy, around it, or to another address.

use std::fmt;
use std::net::IpAddr;

use super::failure::{Failure, FailureKind};
use super::url::{bare, parse_port};

/// An HTTP proxy that is asked to CONNECT.
#[derive(Clone)]
pub(crate) struct Proxy {
    inner: ureq::Proxy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyProblem {
    /// SOCKS, or another scheme than http and https.
    Scheme,
    Malformed,
}

impl Proxy {
    /// Reads `[http[s]://][USER[:PASSWORD]@]HOST[:PORT][/]`.
    pub(crate) fn parse(url: &str) -> Result<Self, ProxyProblem> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(ProxyProblem::Scheme);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
            _ => (host, None),
        };
        let odd = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '\\');
        if name.is_empty() || rest.contains(odd) || port.is_some_and(|p| p.parse::<u16>().is_err())
        {
            return Err(ProxyProblem::Malformed);
        }
        match ureq::Proxy::new(&format!("{scheme}://{rest}")) {
            Ok(inner) => Ok(Self { inner }),
            Err(_) => Err(ProxyProblem::Malformed),
        }
    }

    pub(crate) fn password(&self) -> Option<&str> {
        self.inner
            .password()
            .filter(|password| !password.is_empty())
    }

    pub(super) fn has_user(&self) -> bool {
        self.inner.username().is_some()
    }

    pub(super) fn inner(&self) -> ureq::Proxy {
        self.inner.clone()
    }
}

/// Host and port: what may be shown of a proxy.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.inner.host(), self.inner.port())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// The hosts that are reached without the proxy, as `NO_PROXY` lists them.
#[derive(Clone, Debug, Default)]
pub(crate) struct NoProxy(Vec<Exemption>);

#[derive(Clone, Debug)]
enum Exemption {
    Everything,
    Domain(String, Option<u16>),
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Reads a list separated by commas or blanks: `*`, hosts and domains (with or without a
    /// leading dot, each with its subdomains, as in curl), addresses, and networks in CIDR form.
    pub(crate) fn parse(list: &str) -> Self {
        let items = list.split(|c: char| c == ',' || c.is_whitespace());
        Self(
            items
                .filter(|item| !item.is_empty())
                .map(Exemption::parse)
                .collect(),
        )
    }

    pub(crate) fn covers(&self, host: &str, port: u16) -> bool {
        self.0.iter().any(|exemption| exemption.covers(host, port))
    }
}

impl Exemption {
    fn parse(item: &str) -> Self {
        if item == "*" {
            return Self::Everything;
        }
        if let Some((address, bits)) = item.split_once('/') {
            if let (Some(address), Ok(bits)) = (parse_ip(address), bits.parse()) {
                return Self::Network(address, bits);
            }
        }
        if let Some(address) = parse_ip(item) {
            return Self::Network(address, 128);
        }
        let (name, port) = match item.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => (name, port.parse().ok()),
            _ => (item, None),
        };
        if let Some(address) = parse_ip(name) {
            return Self::Network(address, 128);
        }
        let name = name.strip_prefix('*').unwrap_or(name);
        Self::Domain(name.trim_matches('.').to_ascii_lowercase(), port)
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        match self {
            Self::Everything => true,
            Self::Network(network, bits) => {
                parse_ip(host).is_some_and(|address| in_network(address, *network, *bits))
            }
            Self::Domain(domain, only) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                let inside = host
                    .strip_suffix(domain.as_str())
                    .is_some_and(|label| label.is_empty() || label.ends_with('.'));
                !domain.is_empty() && inside && only.is_none_or(|only| only == port)
            }
        }
    }
}

fn parse_ip(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    bare.unwrap_or(text).parse().ok()
}

fn in_network(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let same = |a: u128, b: u128, width: u32| {
        let shift = width - bits.min(width);
        shift >= 128 || a >> shift == b >> shift
    };
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

/// One `--connect-to HOST1:PORT1:HOST2:PORT2`, as curl's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConnectTo {
    from_host: Option<String>,
    from_port: Option<u16>,
    to_host: Option<String>,
    to_port: Option<u16>,
}

impl ConnectTo {
    /// Reads it; an empty part means "any" before, and "the same" after. `None` if malformed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (from_host, rest) = take_host(text)?;
        let (from_port, rest) = rest.split_once(':')?;
        let (to_host, to_port) = take_host(rest)?;
        let port = |text: &str| match text {
            "" => Some(None),
            text => parse_port(text).map(Some),
        };
        Some(Self {
            from_host,
            from_port: port(from_port)?,
            to_host,
            to_port: port(to_port)?,
        })
    }

    pub(crate) fn applies(&self, host: &str, port: u16) -> bool {
        let host = bare(host);
        self.from_host
            .as_ref()
            .is_none_or(|from| from.eq_ignore_ascii_case(host))
            && self.from_port.is_none_or(|from| from == port)
    }

    /// Where a connection to this host and port goes instead.
    pub(crate) fn target<'a>(&'a self, host: &'a str, port: u16) -> (&'a str, u16) {
        (
            self.to_host.as_deref().unwrap_or(host),
            self.to_port.unwrap_or(port),
        )
    }
}

/// The part up to the next colon, outside brackets, and what follows that colon.
fn take_host(text: &str) -> Option<(Option<String>, &str)> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(inner) => {
            let (address, rest) = inner.split_once("]:")?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (address, rest)
        }
        None => text.split_once(':')?,
    };
    if host
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '[' | ']'))
    {
        return None;
    }
    Some(((!host.is_empty()).then(|| host.to_owned()), rest))
}

/// ureq tells the proxy's status in text only: "proxy server responded 407/407".
pub(super) fn refused(words: &str, proxy: Option<&Proxy>, host: &str) -> Failure {
    let name = proxy.map(ToString::to_string).unwrap_or_default();
    let status = words
        .split(|c: char| !c.is_ascii_digit())
        .find(|part| part.len() == 3);
    let Some(status) = status else {
        let cause = format!("the proxy `{name}` closed the connection without an answer");
        return Failure::new(FailureKind::Proxy, cause).hint(CHECK);
    };
    let (kind, hint) = match status {
        // tinyproxy says 401 to a wrong password.
        "401" | "407" if proxy.is_some_and(Proxy::has_user) => (
            FailureKind::ProxyRefusal,
            "it does not accept the user and the password in its URL",
        ),
        "401" | "407" => (
            FailureKind::ProxyRefusal,
            "it asks for a user and a password: put them into the URL in `HTTPS_PROXY` or the configuration file",
        ),
        "403" => (
            FailureKind::ProxyRefusal,
            "its rules forbid this host: have it allowed, or exempt it with `NO_PROXY`",
        ),
        // tinyproxy says 500 to a name it cannot resolve and to an address it cannot reach.
        "500" | "502" | "503" | "504" => (
            FailureKind::Proxy,
            "the proxy could not reach the host, or does not know its name",
        ),
        _ => (
            FailureKind::ProxyRefusal,
            "check the proxy's URL, or exempt the host with `NO_PROXY`",
        ),
    };
    let cause = format!("the proxy `{name}` refused to connect to `{host}` (status {status})");
    Failure::new(kind, cause).hint(hint)
}

const CHECK: &str =
    "check `--proxy`, `HTTPS_PROXY` or the configuration's `proxy`; `--no-proxy` goes without";

/// A failure to reach the proxy, said of the proxy.
pub(super) fn unusable(failure: Failure) -> Failure {
    let kind = match failure.kind {
        FailureKind::Deadline => return failure,
        // It is not the service's name that does not exist.
        FailureKind::NoSuchHost => FailureKind::ProxyRefusal,
        _ if failure.may_pass() => FailureKind::Proxy,
        kind => kind,
    };
    let hint = match failure.hint {
        Some(hint) if kind != FailureKind::ProxyRefusal => hint,
        _ => CHECK.to_owned(),
    };
    let cause = format!("the proxy cannot be used: {}", failure.cause);
    Failure::new(kind, cause).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exemptions_cover_what_curl_s_cover() {
        let covers = |list: &str, host: &str| NoProxy::parse(list).covers(host, 443);
        for (list, host) in [
            ("*", "kv.vault.azure.net"),
            ("vault.azure.net", "kv.vault.azure.net"),
            (".vault.azure.net", "kv.vault.azure.net"),
            (".vault.azure.net", "vault.azure.net"),
            ("*.vault.azure.net", "kv.vault.azure.net"),
            ("a, KV.vault.Azure.net ", "kv.vault.azure.net"),
            ("a b kv.vault.azure.net", "kv.vault.azure.net"),
            ("kv.vault.azure.net:443", "kv.vault.azure.net"),
            ("10.1.2.3", "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3"),
            ("0.0.0.0/0", "10.1.2.3"),
            ("fd00::/8", "[fd00::1]"),
            ("[fd00::1]", "[fd00::1]"),
            ("::/0", "[fd00::1]"),
        ] {
            assert!(covers(list, host), "{list} {host}");
        }
        for (list, host) in [
            ("", "kv.vault.azure.net"),
            (",", "kv.vault.azure.net"),
            (".", "kv.vault.azure.net"),
            ("azure.net.evil", "kv.vault.azure.net"),
            ("t.azure.net", "kv.vault.azure.net"),
            ("ault.azure.net", "vault.azure.net"),
            ("kv.vault.azure.net:8443", "kv.vault.azure.net"),
            ("10.0.0.0/8", "11.1.2.3"),
            ("10.0.0.0/8", "kv.vault.azure.net"),
            ("10.1.2.3", "10.1.2.4"),
            ("fd00::/8", "10.1.2.3"),
        ] {
            assert!(!covers(list, host), "{list} {host}");
        }
    }

    #[test]
    fn connect_to_is_read_as_curl_reads_it() {
        let target = |text: &str, host, port| {
            let connect_to = ConnectTo::parse(text).unwrap();
            connect_to.applies(host, port).then(|| {
                let (host, port) = connect_to.target(host, port);
                format!("{host} {port}")
            })
        };
        assert_eq!(target("a:1:b:2", "A", 1).as_deref(), Some("b 2"));
        assert_eq!(target("a:1:b:2", "a", 2), None);
        assert_eq!(target("::b:2", "a", 9).as_deref(), Some("b 2"));
        assert_eq!(target("a::b:", "a", 9).as_deref(), Some("b 9"));
        assert_eq!(target("a:1::2", "a", 1).as_deref(), Some("a 2"));
        assert_eq!(target(":::", "a", 1).as_deref(), Some("a 1"));
        assert_eq!(
            target("[::1]:1:[::2]:2", "[::1]", 1).as_deref(),
            Some("::2 2")
        );
        for bad in [
            "",
            "a",
            "a:1",
            "a:1:b",
            "a:x:b:2",
            "a:1:b:99999",
            "a:1:b:0",
            "[::1:1:b:2",
            "a:1:b:2:3",
        ] {
            assert_eq!(ConnectTo::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn proxies_are_http_or_https() {
        let shown = |url: &str| Proxy::parse(url).map(|proxy| proxy.to_string());
        assert_eq!(
            shown("http://proxy.example:3128").unwrap(),
            "proxy.example:3128"
        );
        assert_eq!(shown("proxy.example:3128/").unwrap(), "proxy.example:3128");
        assert_eq!(
            shown("HTTPS://u:p@proxy.example").unwrap(),
            "proxy.example:443"
        );
        assert_eq!(
            shown("socks5://proxy.example:1080"),
            Err(ProxyProblem::Scheme)
        );
        for bad in [
            "",
            "http://",
            "http:// x",
            "http://a/b",
            "http://:80",
            "http://a:port",
        ] {
            assert_eq!(shown(bad), Err(ProxyProblem::Malformed), "{bad}");
        }
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        let proxy = Proxy::parse("http://u:Canary%40pr0xy@proxy.example").unwrap();
        assert_eq!(proxy.password(), Some("Canary@pr0xy"));
        let shown = format!("{proxy} {proxy:?} {proxy:#?}");
        let each = "proxy.example:80 Proxy(proxy.example:80) Proxy(proxy.example:80)";
        assert_eq!(shown, each);
    }
}
