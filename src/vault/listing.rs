//! A vault's listing.

use serde::Deserialize;

use super::{
    Attributes, Inquiry, NOT_ASKED_FOR, Refusal, SECRETS, SecretName, Tags, Vault, VaultName,
    parse_id,
};
use crate::http::{PageRules, Pages, Service};
use crate::lenient;

const RULES: PageRules = PageRules {
    // 25 secrets each.
    most: 10_000,
    unfit: NOT_ASKED_FOR,
    no_list: "JSON that is no listing",
    link: |_| "the link to the next page".to_owned(),
};

#[derive(Debug)]
pub(crate) struct Listed {
    /// The vault's name as its ids spell it.
    pub(crate) vault: VaultName,
    /// The name as the vault spells it.
    pub(crate) name: SecretName,
    /// Whether it can be read.
    pub(crate) enabled: bool,
    /// Whether it merely backs a certificate.
    pub(crate) managed: bool,
    pub(crate) tags: Tags,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    #[serde(default, deserialize_with = "lenient::object")]
    attributes: Option<Attributes>,
    #[serde(default, deserialize_with = "lenient::switch")]
    managed: Option<bool>,
    #[serde(default, deserialize_with = "lenient::texts")]
    tags: Tags,
}

pub(super) fn list(vault: &Vault) -> Result<Vec<Listed>, Refusal> {
    let inquiry = inquiry(vault);
    let pages = || {
        let mut listed = Vec::new();
        let mut pages = Pages::new(&inquiry, &RULES, vault.url(SECRETS, "", &inquiry)?);
        while let Some(items) =
            pages.next(|url, page| vault.ask(url, format!("list, page {page}"), &inquiry))?
        {
            for item in items {
                listed.push(read(vault, item, &inquiry)?);
            }
        }
        Ok(listed)
    };
    pages().map_err(Refusal::of_listing)
}

/// The first page alone, with one secret at most.
pub(super) fn first(vault: &Vault) -> Result<(), Refusal> {
    let inquiry = inquiry(vault);
    let first = || {
        let url = vault.url(SECRETS, "&maxresults=1", &inquiry)?;
        Pages::new(&inquiry, &RULES, url)
            .next::<Item>(|url, _| vault.ask(url, "list, one secret".to_owned(), &inquiry))
    };
    first().map(drop).map_err(Refusal::of_listing)
}

fn inquiry<'a>(vault: &'a Vault) -> Inquiry<'a> {
    vault.inquiry(format!("cannot list the secrets of `{}`", vault.name))
}

fn read(vault: &Vault, item: Item, inquiry: &Inquiry) -> Result<Listed, Refusal> {
    let id = parse_id(&item.id)
        .filter(|id| id.host.name() == vault.host.name())
        .ok_or_else(|| {
            inquiry.senseless("an id in the listing is not that of a secret of this vault")
        })?;
    let enabled = item.attributes.and_then(|attributes| attributes.enabled);
    Ok(Listed {
        vault: VaultName::spelled(id.vault_url).unwrap_or_else(|| vault.name.clone()),
        name: id.secret,
        enabled: enabled.unwrap_or(true),
        managed: item.managed.unwrap_or(false),
        tags: item.tags,
    })
}
