//! Absolute URLs, as far as this program needs to take them apart.

use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use ureq::http::Uri;

/// RFC 3986's unreserved characters stay; all others are encoded, in a path, a query or a form.
pub(crate) const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why a text is no URL that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlProblem {
    Malformed,
    Port,
}

impl From<UrlProblem> for &'static str {
    fn from(problem: UrlProblem) -> Self {
        match problem {
            UrlProblem::Malformed => "not an http or https URL",
            UrlProblem::Port => "the port must be a number from 1 to 65535",
        }
    }
}

/// An absolute http or https URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Url(pub(super) Uri);

impl Url {
    /// Reads an absolute URL without user information.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlProblem> {
        let uri: Uri = text.parse().map_err(|_| UrlProblem::Malformed)?;
        let authority = uri.authority().ok_or(UrlProblem::Malformed)?;
        let (host, web) = (
            authority.host(),
            matches!(uri.scheme_str(), Some("http" | "https")),
        );
        if !web || bare(host).is_empty() || authority.as_str().contains('@') {
            return Err(UrlProblem::Malformed);
        }
        // What follows the host is a port, or to be one: `Uri` would take the default one for it.
        match authority.as_str().strip_prefix(host) {
            Some("") => Ok(Self(uri)),
            Some(port) if port.strip_prefix(':').and_then(parse_port).is_some() => Ok(Self(uri)),
            _ => Err(UrlProblem::Port),
        }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    pub(crate) fn host(&self) -> &str {
        bare(self.0.host().unwrap_or_default())
    }

    /// The port, the scheme's where none is given.
    pub(crate) fn port(&self) -> u16 {
        port_of(&self.0)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path()
    }

    /// The query, without its question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// Whether it leads to this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.leads_to(IpAddr::is_loopback)
    }

    /// Whether it leads to this machine or its own network (loopback, link-local, private): what plain
    /// http may go to.
    pub(crate) fn is_near(&self) -> bool {
        self.leads_to(|address| match address {
            IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_private(),
            IpAddr::V6(v6) => {
                v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unique_local()
            }
        })
    }

    fn leads_to(&self, fits: impl Fn(&IpAddr) -> bool) -> bool {
        match self.host().parse() {
            Ok(address) => fits(&address),
            Err(_) => self.host().eq_ignore_ascii_case("localhost"),
        }
    }

    /// Where a link leads to the next page of what this URL asks for.
    pub(super) fn next_page(&self, link: &str) -> Result<Self, &'static str> {
        let next = Self::parse(link).map_err(|_| "is no URL")?;
        if !next.is_https() {
            return Err("is not https");
        }
        if !next.same_server(self) {
            return Err("leads to another host or port");
        }
        let mut parts = next.0.into_parts();
        parts.authority = self.0.authority().cloned();
        Uri::from_parts(parts).map(Self).map_err(|_| "is no URL")
    }

    /// Whether both URLs are answered by the same server: scheme, host and port.
    pub(crate) fn same_server(&self, other: &Self) -> bool {
        self.is_https() == other.is_https()
            && self.host().eq_ignore_ascii_case(other.host())
            && self.port() == other.port()
    }
}

/// A host without the brackets of an IPv6 address.
pub(super) fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

pub(super) fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?.filter(|&port| port != 0)
}

pub(super) fn port_of(uri: &Uri) -> u16 {
    let default = if uri.scheme_str() == Some("http") {
        80
    } else {
        443
    };
    uri.port_u16().unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_alone_are_no_host() {
        for bad in ["https://[]:8443/a", "http://[]", "https:///a"] {
            assert_eq!(Url::parse(bad), Err(UrlProblem::Malformed), "{bad}");
        }
        assert_eq!(Url::parse("https://[::1]:8443/a").unwrap().host(), "::1");
    }

    #[test]
    fn urls_are_absolute_and_without_a_user() {
        for bad in [
            "",
            "/secrets",
            "kv.example",
            "ftp://kv.example/",
            "https://u@kv.example/",
            "https://",
        ] {
            assert_eq!(Url::parse(bad), Err(UrlProblem::Malformed), "{bad}");
        }
        for port in ["", "x", "0", "65536", "99999", "+443", "-1", "443x"] {
            for host in ["kv.example", "127.0.0.1", "[::1]"] {
                let bad = format!("https://{host}:{port}/");
                assert_eq!(Url::parse(&bad), Err(UrlProblem::Port), "{bad}");
            }
        }
        let url = Url::parse("https://kv.example:443/secrets?$skiptoken=a").unwrap();
        assert!(url.same_server(&Url::parse("https://KV.example/x").unwrap()));
        assert!(!url.same_server(&Url::parse("http://kv.example:443/x").unwrap()));
        assert!(!url.same_server(&Url::parse("https://kv.example:8443/x").unwrap()));
        assert_eq!(url.query(), Some("$skiptoken=a"));
    }

    #[test]
    fn a_link_leads_nowhere_else() {
        let first = Url::parse("https://kv-prod.vault.azure.net/secrets?api-version=7.4").unwrap();
        let follow = |link: &str| first.next_page(link);
        assert_eq!(
            follow("https://KV-prod.vault.azure.net:443/secrets?$skiptoken=a"),
            Ok(Url::parse("https://kv-prod.vault.azure.net/secrets?$skiptoken=a").unwrap())
        );
        for bad in [
            "http://kv-prod.vault.azure.net:443/secrets",
            "https://kv-prod.vault.azure.net:8443/secrets",
            "https://evil.example/secrets",
            "https://kv-prod.vault.azure.net@evil.example/secrets",
            "/secrets",
        ] {
            assert!(follow(bad).is_err(), "{bad}");
        }
    }
}
