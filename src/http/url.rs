//! Absolute URLs, as far as this program needs to take them apart.

use ureq::http::Uri;

/// An absolute http or https URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(pub(super) Uri);

impl Url {
    /// Reads an absolute URL without user information; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let web = matches!(uri.scheme_str(), Some("http" | "https"));
        let bare = uri
            .authority()
            .is_some_and(|authority| !authority.as_str().contains('@'));
        (web && bare && uri.host().is_some_and(|host| !host.is_empty())).then_some(Self(uri))
    }

    /// Whether it is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// The host, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0
            .host()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// The port, the scheme's where none is given.
    #[must_use]
    pub fn port(&self) -> u16 {
        port_of(&self.0)
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The query, without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// Whether both URLs are answered by the same server: scheme, host and port.
    #[must_use]
    pub fn same_server(&self, other: &Self) -> bool {
        self.is_https() == other.is_https()
            && self.host().eq_ignore_ascii_case(other.host())
            && self.port() == other.port()
    }
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
    fn urls_are_absolute_and_without_a_user() {
        for bad in [
            "",
            "/secrets",
            "kv.example",
            "ftp://kv.example/",
            "https://u@kv.example/",
            "https://",
        ] {
            assert_eq!(Url::parse(bad), None, "{bad}");
        }
        let url = Url::parse("https://kv.example:443/secrets?$skiptoken=a").unwrap();
        assert!(url.same_server(&Url::parse("https://KV.example/x").unwrap()));
        assert!(!url.same_server(&Url::parse("http://kv.example:443/x").unwrap()));
        assert!(!url.same_server(&Url::parse("https://kv.example:8443/x").unwrap()));
        assert_eq!(url.query(), Some("$skiptoken=a"));
    }
}
