//! Lists in pages, as Azure's services give them out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::http::Request;

/// How a service splits its list into pages.
#[derive(Clone, Debug)]
pub struct Paging {
    /// Items a page, unless the request says otherwise.
    pub size: usize,
    /// Empty pages before each page with items, and after the last one.
    pub empty: usize,
    /// What the last page's `nextLink` is; `None`: it is not there.
    pub last: Option<Value>,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            size: 25,
            empty: 0,
            last: Some(Value::Null),
        }
    }
}

impl Paging {
    /// What is on one page of so many items each, and whether another follows.
    pub(super) fn page<'a, T>(
        &self,
        items: &'a [T],
        size: usize,
        number: usize,
    ) -> (&'a [T], bool) {
        let mut pages: Vec<&[T]> = Vec::new();
        for chunk in items.chunks(size) {
            pages.resize(pages.len() + self.empty, &[]);
            pages.push(chunk);
        }
        pages.resize((pages.len() + self.empty).max(1), &[]);
        let here = pages.get(number).copied().unwrap_or_default();
        (here, number + 1 < pages.len())
    }
}

/// The token of a page.
fn token(page: usize) -> String {
    URL_SAFE_NO_PAD.encode(json!({"NextMarker": page}).to_string())
}

/// The page of a token.
pub(super) fn page_of(token: &str) -> Option<usize> {
    let decoded = URL_SAFE_NO_PAD.decode(token).ok()?;
    let marker: Value = serde_json::from_slice(&decoded).ok()?;
    usize::try_from(marker["NextMarker"].as_u64()?).ok()
}

/// The address of another page of the same list, as Key Vault writes it: the port is named, and the dollar sign is
/// not encoded.
pub(super) fn next_link(request: &Request, page: usize) -> String {
    let host = request.host();
    let port = if host.contains(':') { "" } else { ":443" };
    format!(
        "https://{host}{port}{}$skiptoken={}",
        rest(request),
        token(page)
    )
}

/// The same as Resource Manager writes it: no port, and the dollar sign is encoded.
pub(super) fn next_link_encoded(request: &Request, page: usize) -> String {
    let host = request.host();
    format!(
        "https://{host}{}%24skiptoken={}",
        rest(request),
        token(page)
    )
}

/// Path and query without a page's token, ready for another parameter.
fn rest(request: &Request) -> String {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.contains("skiptoken="))
        .collect();
    format!("{path}?{}&", kept.join("&"))
}
