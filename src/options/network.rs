//! How the network is used: time, trust, proxies and other addresses.

use std::path::Path;
use std::time::Duration;

use super::settings::{Rank, Setting};
use super::{Configured, table};
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::shown;
use crate::http::{ConnectTo, ExtraRoots, Network, NoProxy, Proxy, ProxyProblem};
use crate::text::{der, utf16, without_mark};

/// A bundle of every public root has a quarter of a megabyte.
const LARGEST_BUNDLE: usize = 8 << 20;

/// What a proxy's user and password cannot have as it is.
const ENCODED: &str = "in a proxy's user and password write `/`, `?`, `#`, `@` and a blank as `%2F`, `%3F`, `%23`, `%40` and `%20`";

/// More connections at once are a burden to a vault, and no gain.
const MOST_PARALLEL: usize = 16;

/// Key Vault's api-version that every cloud knows.
const API_VERSION: &str = "7.4";

impl Configured<'_> {
    pub(crate) fn timeout(&self) -> Result<Duration, Error> {
        let Some(setting) = self.settings.strongest(&table::TIMEOUT) else {
            return Ok(Deadline::DEFAULT);
        };
        let seconds = setting
            .text()
            .trim()
            .parse()
            .ok()
            .filter(|s: &f64| s.is_finite() && *s > 0.0);
        seconds
            .map(|s| Duration::try_from_secs_f64(s).unwrap_or(Duration::MAX))
            .filter(|d| !d.is_zero())
            .ok_or_else(|| {
                let what = format!(
                    "{} must be a number of seconds above 0{}",
                    setting.origin,
                    setting.shown(": ")
                );
                Error::usage(what).hint("decimals are allowed, such as `2.5`")
            })
    }

    /// Versions are dates or numbers; anything else would change the URL.
    pub(crate) fn api_version(&self) -> Result<String, Error> {
        let Some(setting) = self.settings.strongest(&table::API_VERSION) else {
            return Ok(API_VERSION.to_owned());
        };
        let text = setting.text();
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        if text.len() <= 32 && text.bytes().all(fits) {
            return Ok(text.to_owned());
        }
        let (origin, shown) = (&setting.origin, setting.shown(": "));
        Err(
            Error::usage(format!("{origin} is not an api-version{shown}"))
                .hint("an api-version is written as `7.4` or `2025-07-01`"),
        )
    }

    fn parallel(&self) -> Result<usize, Error> {
        let Some(setting) = self.settings.strongest(&table::PARALLEL) else {
            return Ok(1);
        };
        let number = setting.text().trim().parse().ok();
        number
            .filter(|number| (1..=MOST_PARALLEL).contains(number))
            .ok_or_else(|| {
                let (origin, shown) = (&setting.origin, setting.shown(": "));
                Error::usage(format!(
                    "{origin} must be a whole number from 1 to {MOST_PARALLEL}{shown}"
                ))
                .hint("8 is enough to be limited by nothing but the vault")
            })
    }

    pub(crate) fn network(&self) -> Result<Network, Error> {
        let (proxy, no_proxy) = self.proxy()?;
        let connect_to = self.settings.strongest_all(&table::CONNECT_TO);
        Ok(Network {
            deadline: self.deadline,
            roots: self.roots()?,
            proxy,
            no_proxy,
            connect_to: connect_to
                .into_iter()
                .map(connect_to_of)
                .collect::<Result<_, _>>()?,
            parallel: self.parallel()?,
        })
    }

    /// The proxy and who is trusted, each with its place, and no password.
    pub(crate) fn network_overview(&self, network: &Network) -> String {
        let settings = &self.settings;
        let by = |row| settings.strongest(row).map(|setting| &setting.origin);
        let mut words = Vec::new();
        match (&network.proxy, by(&table::PROXY)) {
            (Some(proxy), Some(origin)) => {
                let exempt = settings.at(&table::NO_PROXY, Rank::Environment);
                let but = exempt.map(|exempt| format!(", not for the hosts of {}", exempt.origin));
                words.push(format!(
                    "the proxy `{proxy}` by {origin}{}",
                    but.unwrap_or_default()
                ));
            }
            (None, Some(origin)) => words.push(format!("no proxy, in spite of {origin}")),
            (_, None) => words.push("no proxy".to_owned()),
        }
        if let Some(origin) = by(&table::CONNECT_TO) {
            words.push(format!("other addresses by {origin}"));
        }
        words.push(match settings.strongest(&table::CA_FILE) {
            Some(setting) => format!(
                "trust in the built-in roots and {} of `{}` by {}",
                match network.roots.count() {
                    1 => "1 certificate".to_owned(),
                    count => format!("{count} certificates"),
                },
                shown(Path::new(setting.text())),
                setting.origin
            ),
            None => "trust in the built-in roots".to_owned(),
        });
        words.join("; ")
    }

    fn roots(&self) -> Result<ExtraRoots, Error> {
        let Some(setting) = self.settings.strongest(&table::CA_FILE) else {
            return Ok(ExtraRoots::default());
        };
        let path = Path::new(setting.text());
        let operation = format!(
            "cannot use the certificates of {} in `{}`",
            setting.origin,
            shown(path)
        );
        let hint = "it must hold CA certificates in PEM (`-----BEGIN CERTIFICATE-----`)";
        let content = crate::file::read(path, LARGEST_BUNDLE, &self.deadline)
            .map_err(|cause| self.unreadable(&operation, &cause).hint(hint))?;
        // Who may write it decides whom this program trusts.
        let access = content.access;
        let copy = "use a copy that only you or root may write";
        if !access.is_ours() {
            let cause = "it belongs to another user";
            return Err(
                Error::new(Exit::Usage, operation, cause).hint(access.owner_hint(path, copy))
            );
        }
        if access.is_writable_by_others() {
            let cause = format!("others may write it (mode {})", access.octal());
            return Err(Error::new(Exit::Usage, operation, cause)
                .hint(access.mode_hint("go-w", path, copy)));
        }
        let unfit = utf16(&content.bytes).or_else(|| der(&content.bytes));
        if let Some(unfit) = unfit {
            return Err(unfit.during(&operation));
        }
        let (roots, unusable) = ExtraRoots::from_pem(without_mark(&content.bytes))
            .map_err(|cause| Error::new(Exit::Usage, operation, cause).hint(hint))?;
        if unusable > 0 {
            let text = format!(
                "{unusable} certificate(s) in `{}` cannot be used as roots",
                shown(path)
            );
            self.reporter.verbose(&text);
        }
        Ok(roots)
    }

    /// `--no-proxy`, then `--proxy`, then the file's `proxy: false`, then the variables, then the file's URL.
    fn proxy(&self) -> Result<(Option<Proxy>, NoProxy), Error> {
        let settings = &self.settings;
        let exempt = settings
            .at(&table::NO_PROXY, Rank::Environment)
            .map(|s| NoProxy::parse(s.text()))
            .unwrap_or_default();
        let none = Ok((None, NoProxy::default()));
        let given = settings.at(&table::PROXY, Rank::CommandLine);
        if settings.at(&table::NO_PROXY, Rank::CommandLine).is_some() {
            return match given {
                Some(_) => Err(Error::usage(
                    "`--proxy` and `--no-proxy` contradict each other",
                )),
                None => none,
            };
        }
        let off = |row, word| {
            settings
                .at(row, Rank::File)
                .is_some_and(|setting: &Setting| setting.text() == word)
        };
        if given.is_none() && (off(&table::USE_PROXY, "false") || off(&table::NO_PROXY, "true")) {
            return none;
        }
        let Some(setting) = settings.strongest(&table::PROXY) else {
            return none;
        };
        let proxy = Proxy::parse(setting.text()).map_err(|problem| {
            let written = "a proxy is written as `http://HOST:PORT`";
            let (what, hint) = match problem {
                ProxyProblem::Scheme => ("is not the URL of an HTTP proxy", written),
                ProxyProblem::Malformed => ("is not a valid proxy URL", written),
                ProxyProblem::User => ("is not a valid proxy URL", ENCODED),
            };
            Error::usage(format!("{} {what}", setting.origin)).hint(hint)
        })?;
        if setting.origin.rank == Rank::CommandLine && proxy.has_password() {
            return Err(Error::usage(
            "`--proxy` has a password in it, which every user of this machine could see",
        )
        .hint(
            "put the URL into the variable `HTTPS_PROXY` or into the configuration file's `proxy`",
        ));
        }
        Ok((Some(proxy), exempt))
    }
}

fn connect_to_of(setting: &Setting) -> Result<ConnectTo, Error> {
    ConnectTo::parse(setting.text()).ok_or_else(|| {
        Error::usage(format!("{} is not HOST1:PORT1:HOST2:PORT2{}", setting.origin, setting.shown(": ")))
            .hint("an empty HOST1 or PORT1 means any, an empty HOST2 or PORT2 keeps it; IPv6 addresses stand in brackets")
    })
}
