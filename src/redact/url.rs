//! What was meant for a URL, as it may be shown: without a password.

use std::borrow::Cow;

use super::STRUCK;

/// What was given as a URL, or should have been one, without the user and password that may be in it.
///
/// Where it is no URL nobody knows where a password ends: whatever is before the last `@` may be one, even where that
/// was encoded as well, and so may what stands in a port's place, or behind a URL's path.
pub(crate) fn without_user(url: &str) -> Cow<'_, str> {
    let plain = url.rsplit_once('@').or_else(|| url.rsplit_once("%40"));
    let Some((before, host)) = plain else {
        return without_port(url);
    };
    let is_scheme = |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let scheme = before.split_once("://").map(|(scheme, _)| scheme);
    let scheme = scheme
        .filter(is_scheme)
        .map_or("", |scheme| &before[..scheme.len() + 3]);
    format!("{scheme}{STRUCK}@{host}").into()
}

/// Without what is no port and has its place (`https://USER:PASSWORD`), unless it is as short as one; and without a query.
fn without_port(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.into();
    };
    let (place, query) = match rest.find('?') {
        Some(end) => (&rest[..end], &rest[end..=end]),
        None => (rest, ""),
    };
    let is_address = |text: &str| text.starts_with('[') || text.contains("::");
    let (host, port) = match place.split_once(':') {
        Some((host, port)) if !is_address(place) => (host, port),
        _ => (place, ""),
    };
    let number = port.split('/').next().unwrap_or_default();
    let is_number = number.trim().bytes().all(|byte| byte.is_ascii_digit());
    let is_password = port.len() > LONGEST_PORT && !is_number;
    if query.is_empty() && !is_password {
        return url.into();
    }
    let colon = &place[host.len()..place.len() - port.len()];
    let port = if is_password { STRUCK } else { port };
    let struck = if query.is_empty() { "" } else { STRUCK };
    format!("{scheme}://{host}{colon}{port}{query}{struck}").into()
}

const LONGEST_PORT: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_of_a_url_is_struck() {
        for (url, shown) in [
            ("https://host/a", "https://host/a"),
            ("https://user:pass@host:1/", "https://[secret]@host:1/"),
            ("https://user:pa/s?s#@word@host", "https://[secret]@host"),
            ("user:pass@host", "[secret]@host"),
            ("htp:/user:pass@host", "[secret]@host"),
            ("user:a://b@host", "[secret]@host"),
            ("us er:a://b@host", "[secret]@host"),
            ("https://user:pass%40host/a", "https://[secret]@host/a"),
            ("https://user:password", "https://user:[secret]"),
            ("https://user:pa/ssword", "https://user:[secret]"),
            ("https://host:99999/a", "https://host:99999/a"),
            ("https://host:x", "https://host:x"),
            ("https://[fe80::1234]:443/a", "https://[fe80::1234]:443/a"),
            ("https://host/a?token=word", "https://host/a?[secret]"),
            (
                "https://host:password?a#b",
                "https://host:[secret]?[secret]",
            ),
            ("https://host/#/settings", "https://host/#/settings"),
            ("a:bbbbbbbb:c:d?", "a:bbbbbbbb:c:d?"),
        ] {
            assert_eq!(without_user(url), shown);
        }
    }
}
