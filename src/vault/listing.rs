//! A vault's listing: page after page, the empty ones too, and never astray.

use std::collections::HashSet;

use serde::Deserialize;

use super::{Attributes, Refusal, SecretName, Tags, Vault, VaultName, parse, parse_id};

/// More pages than any vault has: 25 secrets each.
const MOST_PAGES: usize = 10_000;

/// A secret as the listing shows it.
#[derive(Debug)]
pub struct Listed {
    /// The vault's name as its ids spell it.
    pub vault: VaultName,
    /// The name as the vault spells it.
    pub name: SecretName,
    /// Whether it can be read.
    pub enabled: bool,
    /// Whether it merely backs a certificate.
    pub managed: bool,
    /// Its tags.
    pub tags: Tags,
}

#[derive(Deserialize)]
struct Page {
    value: Option<Vec<Item>>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    attributes: Option<Attributes>,
    managed: Option<bool>,
    tags: Option<Tags>,
}

pub(super) fn list(vault: &Vault) -> Result<Vec<Listed>, Refusal> {
    pages(vault, &operation(vault)).map_err(Refusal::of_listing)
}

/// The first page alone, with one secret at most.
pub(super) fn first(vault: &Vault) -> Result<(), Refusal> {
    let operation = operation(vault);
    let asked = || {
        let target = format!("/secrets?api-version={}&maxresults=1", vault.api_version);
        let url = vault.url(&target, &operation)?;
        let answer = vault.ask(&url, "list, one secret".to_owned(), &operation)?;
        parse::<Page>(&answer, &operation, &vault.host)
    };
    asked().map(drop).map_err(Refusal::of_listing)
}

fn operation(vault: &Vault) -> String {
    format!("cannot list the secrets of `{}`", vault.name)
}

fn pages(vault: &Vault, operation: &str) -> Result<Vec<Listed>, Refusal> {
    let target = format!("/secrets?api-version={}", vault.api_version);
    let first = vault.url(&target, operation)?;
    let mut listed = Vec::new();
    let mut seen = HashSet::from([target]);
    let mut url = first.clone();
    for page in 1..=MOST_PAGES {
        let answer = vault.ask(&url, format!("list, page {page}"), operation)?;
        let page: Page = parse(&answer, operation, &vault.host)?;
        if page.value.is_none() && page.next_link.is_none() {
            let cause = format!("`{}` answered 200 with JSON that is no listing", vault.host);
            return Err(Refusal::senseless(operation, cause));
        }
        for item in page.value.into_iter().flatten() {
            listed.push(read(vault, item, operation)?);
        }
        let Some(next) = page.next_link.filter(|link| !link.is_empty()) else {
            return Ok(listed);
        };
        let target = first.next_page(&next).map_err(|problem| {
            Refusal::senseless(operation, format!("the link to the next page {problem}"))
        })?;
        url = vault.url(&target, operation)?;
        if !seen.insert(target) {
            return Err(Refusal::senseless(
                operation,
                "the link to the next page repeats".to_owned(),
            ));
        }
    }
    Err(Refusal::senseless(
        operation,
        format!("there are more than {MOST_PAGES} pages"),
    ))
}

fn read(vault: &Vault, item: Item, operation: &str) -> Result<Listed, Refusal> {
    let id = parse_id(&item.id).filter(|id| id.host.name() == vault.host.name());
    let Some(id) = id else {
        let cause = "an id in the listing is not that of a secret of this vault".to_owned();
        return Err(Refusal::senseless(operation, cause));
    };
    // The host's first label is the vault's name: the host is that of this vault.
    let label = item.id[8..].split('.').next().and_then(VaultName::parse);
    Ok(Listed {
        vault: label.unwrap_or_else(|| vault.name.clone()),
        name: id.secret,
        enabled: item
            .attributes
            .and_then(|attributes| attributes.enabled)
            .unwrap_or(true),
        managed: item.managed.unwrap_or(false),
        tags: item.tags.unwrap_or_default(),
    })
}
