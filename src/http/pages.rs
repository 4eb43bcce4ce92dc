//! A list that comes in pages: each but the last has a link to the next one, which leads nowhere else.

use std::collections::HashSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::Answer;
use super::service::{Refusal, Service};
use super::url::Url;

/// What is said of a list that makes no sense.
pub(crate) struct PageRules {
    /// More pages than any list has.
    pub(crate) most: usize,
    /// JSON that is something else, and JSON that could be a list and is none.
    pub(crate) unfit: &'static str,
    pub(crate) no_list: &'static str,
    /// What stands before what is wrong with a link.
    pub(crate) link: fn(host: &str) -> String,
}

/// The way through a list.
pub(crate) struct Pages<'a, S> {
    service: &'a S,
    rules: &'static PageRules,
    first: Url,
    seen: HashSet<Url>,
    number: usize,
    link: Option<String>,
}

#[derive(Deserialize)]
struct Page<T> {
    value: Option<Vec<T>>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

impl<'a, S: Service> Pages<'a, S> {
    pub(crate) fn new(service: &'a S, rules: &'static PageRules, first: Url) -> Self {
        Self {
            service,
            rules,
            first,
            seen: HashSet::new(),
            number: 0,
            link: None,
        }
    }

    /// The items of the next page, which may be none; `None`: there is no other page. `ask` gets the page's
    /// URL and its number.
    pub(crate) fn next<T: DeserializeOwned>(
        &mut self,
        ask: impl FnOnce(&Url, usize) -> Result<Answer, Refusal<S::Reach>>,
    ) -> Result<Option<Vec<T>>, Refusal<S::Reach>> {
        let url = match self.link.take() {
            Some(link) => self.follow(&link)?,
            None if self.number == 0 => self.first.clone(),
            None => return Ok(None),
        };
        self.seen.insert(url.clone());
        self.number += 1;
        let answer = ask(&url, self.number)?;
        let page: Page<T> = self.service.json(&answer, self.rules.unfit)?;
        if page.value.is_none() && page.next_link.is_none() {
            return Err(self.odd(self.rules.no_list));
        }
        self.link = page.next_link.filter(|link| !link.is_empty());
        Ok(Some(page.value.unwrap_or_default()))
    }

    fn follow(&self, link: &str) -> Result<Url, Refusal<S::Reach>> {
        let astray = |problem: &str| {
            let link = (self.rules.link)(self.first.host());
            self.service.senseless(format!("{link} {problem}"))
        };
        let url = self.first.next_page(link).map_err(astray)?;
        if self.seen.contains(&url) {
            return Err(astray("repeats"));
        }
        if self.number >= self.rules.most {
            return Err(self.odd(&format!("more than {} pages", self.rules.most)));
        }
        Ok(url)
    }

    fn odd(&self, what: &str) -> Refusal<S::Reach> {
        let host = self.first.host();
        self.service
            .senseless(format!("`{host}` answered 200 with {what}"))
    }
}
