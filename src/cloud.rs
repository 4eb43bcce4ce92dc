//! `Cloud`: the hosts of one Azure cloud.
//!
//! Hosts of the public clouds: Microsoft's documentation of national clouds and Azure CLI's and
//! Terraform's tables; names: Azure CLI's (`az cloud list`) and those of XSOAR's integration.

use std::fmt;

/// A host, with a port only where it is not the default one (an emulator's).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// Reads `HOST[:PORT]`, with or without `https://` and a final slash; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = strip_https(text.trim());
        let text = text.strip_suffix('/').unwrap_or(text);
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(parse_port(port)?)),
            None => (text, None),
        };
        let name = name.to_ascii_lowercase();
        let port = port.filter(|&port| port != 443);
        is_host_name(&name).then_some(Self { name, port })
    }

    /// The name, in lower case.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The port, where it is not 443.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// The host that has `label` before this one's name.
    pub(crate) fn under(&self, label: &str) -> Self {
        Self {
            name: format!("{}.{}", label.to_ascii_lowercase(), self.name),
            port: self.port,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The text without a leading `https://`, in any case.
pub(crate) fn strip_https(text: &str) -> &str {
    match text.get(..8) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https://") => &text[8..],
        _ => text,
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|&port| port != 0)
}

/// RFC 1123's host names: labels of letters, digits and hyphens.
fn is_host_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// One Azure cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cloud {
    /// Where tokens come from: Entra ID's host.
    pub(crate) authority: Host,
    /// What follows a vault's name in its host.
    pub(crate) vault_suffix: Host,
    /// Azure Resource Manager's host, where the cloud has a known one.
    pub(crate) management: Option<Host>,
}

/// A cloud's hosts as they are written down here.
struct Known {
    names: &'static [&'static str],
    authority: &'static str,
    /// Other names of its authority (Microsoft's instance discovery, `/common/discovery/instance`).
    aliases: &'static [&'static str],
    vault_suffix: &'static str,
    management: &'static str,
}

const PUBLIC_ALIASES: [&str; 3] = [
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
];

/// The first name is the one of `--cloud`; then XSOAR's, then Azure CLI's. Without regard to case.
const KNOWN: [Known; 9] = [
    Known {
        names: &["public", "Worldwide", "AzureCloud", "AzurePublicCloud"],
        authority: "login.microsoftonline.com",
        aliases: &PUBLIC_ALIASES,
        vault_suffix: "vault.azure.net",
        management: "management.azure.com",
    },
    Known {
        names: &[
            "usgov",
            "US GCC-High",
            "DoD",
            "AzureUSGovernment",
            "AzureUSGovernmentCloud",
        ],
        authority: "login.microsoftonline.us",
        aliases: &["login.usgovcloudapi.net", "login-us.microsoftonline.com"],
        vault_suffix: "vault.usgovcloudapi.net",
        management: "management.usgovcloudapi.net",
    },
    Known {
        names: &["usgcc", "US GCC"],
        authority: "login.microsoftonline.com",
        aliases: &PUBLIC_ALIASES,
        vault_suffix: "vault.usgovcloudapi.net",
        management: "management.usgovcloudapi.net",
    },
    Known {
        names: &["china", "AzureChinaCloud"],
        authority: "login.chinacloudapi.cn",
        aliases: &["login.partner.microsoftonline.cn"],
        vault_suffix: "vault.azure.cn",
        management: "management.chinacloudapi.cn",
    },
    Known {
        names: &["germany", "AzureGermanCloud"],
        authority: "login.microsoftonline.de",
        aliases: &[],
        vault_suffix: "vault.microsoftazure.de",
        management: "management.microsoftazure.de",
    },
    Known {
        names: &["bleu", "AzureBleuCloud"],
        authority: "login.sovcloud-identity.fr",
        aliases: &[],
        vault_suffix: "vault.sovcloud-api.fr",
        management: "management.sovcloud-api.fr",
    },
    Known {
        names: &["delos", "AzureDelosCloud"],
        authority: "login.sovcloud-identity.de",
        aliases: &[],
        vault_suffix: "vault.sovcloud-api.de",
        management: "management.sovcloud-api.de",
    },
    Known {
        names: &["usnat", "USNat", "AzureUSNat"],
        authority: "login.microsoftonline.eaglex.ic.gov",
        aliases: &[],
        vault_suffix: "vault.cloudapi.eaglex.ic.gov",
        management: "management.azure.eaglex.ic.gov",
    },
    Known {
        names: &["ussec", "USSec", "AzureUSSec"],
        authority: "login.microsoftonline.microsoft.scloud",
        aliases: &[],
        vault_suffix: "vault.cloudapi.microsoft.scloud",
        management: "management.azure.microsoft.scloud",
    },
];

/// Whether a host is the authority of a known cloud, by whatever name.
pub(crate) fn is_authority(host: &str) -> bool {
    KNOWN.iter().any(|known| {
        let mut names = [known.authority]
            .into_iter()
            .chain(known.aliases.iter().copied());
        names.any(|name| name.eq_ignore_ascii_case(host))
    })
}

impl Known {
    fn by_name(name: &str) -> Option<&'static Self> {
        let is_it = |own: &&str| own.eq_ignore_ascii_case(name.trim());
        KNOWN.iter().find(|known| known.names.iter().any(is_it))
    }

    fn has_authority(&self, host: &Host) -> bool {
        host.port.is_none()
            && (self.authority == host.name || self.aliases.contains(&host.name.as_str()))
    }
}

impl Cloud {
    /// Azure's public cloud, the default.
    pub(crate) fn public() -> Self {
        Self::from_known(&KNOWN[0])
    }

    /// The cloud of a name: ours, XSOAR's or Azure CLI's, in any case.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Known::by_name(name).map(Self::from_known)
    }

    /// The known cloud whose tokens this authority gives: the first, where several share it.
    pub(crate) fn by_authority(authority: &Host) -> Option<Self> {
        KNOWN
            .iter()
            .find(|known| known.has_authority(authority))
            .map(Self::from_known)
            .map(|cloud| cloud.with_authority(authority))
    }

    /// The cloud of a name, where this is its authority, or an alias of that: tokens come from it as it is named.
    pub(crate) fn by_name_and_authority(name: &str, authority: &Host) -> Option<Self> {
        let known = Known::by_name(name)?;
        known
            .has_authority(authority)
            .then(|| Self::from_known(known).with_authority(authority))
    }

    /// Our name for the known cloud that a vault of this host is in: the first, where several share its suffix.
    pub(crate) fn of_vault(host: &Host) -> Option<&'static str> {
        let (_, suffix) = host.name.split_once('.')?;
        let known = KNOWN.iter().find(|known| known.vault_suffix == suffix)?;
        known.names.first().copied().filter(|_| host.port.is_none())
    }

    fn with_authority(self, authority: &Host) -> Self {
        Self {
            authority: authority.clone(),
            ..self
        }
    }

    /// Every name of every known cloud.
    pub(crate) fn every_name() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().flat_map(|known| known.names.iter().copied())
    }

    /// Ours for each known cloud: the words of `--cloud`.
    pub(crate) const NAMES: [&'static str; KNOWN.len()] = {
        let mut names = [""; KNOWN.len()];
        let mut index = 0;
        while index < names.len() {
            names[index] = KNOWN[index].names[0];
            index += 1;
        }
        names
    };

    fn from_known(known: &Known) -> Self {
        let host = |name: &str| Host {
            name: name.to_owned(),
            port: None,
        };
        Self {
            authority: host(known.authority),
            vault_suffix: host(known.vault_suffix),
            management: Some(host(known.management)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_cloud_in_any_case() {
        for known in &KNOWN {
            for name in known.names {
                let cloud = Cloud::by_name(&name.to_uppercase()).unwrap();
                assert_eq!(cloud.authority.name(), known.authority);
                assert_eq!(cloud.vault_suffix.name(), known.vault_suffix);
            }
        }
        assert!(Cloud::by_name("moon").is_none());
    }

    #[test]
    fn an_authority_finds_the_first_cloud_that_has_it() {
        let host = Host::parse("https://Login.MicrosoftOnline.com/").unwrap();
        assert_eq!(Cloud::by_authority(&host), Some(Cloud::public()));
        assert_eq!(
            Cloud::by_authority(&Host::parse("login.microsoftonline.com:8443").unwrap()),
            None
        );
    }

    #[test]
    fn hosts_are_read_in_every_spelling() {
        for (text, shown) in [
            ("login.example", "login.example"),
            ("https://login.example", "login.example"),
            ("HTTPS://Login.Example/", "login.example"),
            ("login.example:443", "login.example"),
            ("https://login.example:8443/", "login.example:8443"),
        ] {
            assert_eq!(Host::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for bad in [
            "",
            "https://",
            "http://login.example",
            "login.example/path",
            "a b",
            "a@b",
            "a..b",
            "-a",
            "login.example:0",
            "login.example:65536",
            "login.example:",
            "login.example:+1",
            "a?b",
            "a#b",
        ] {
            assert!(Host::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_vault_has_its_suffix_s_port() {
        let suffix = Host::parse("vault.emulator:8443").unwrap();
        assert_eq!(suffix.name(), "vault.emulator");
        assert_eq!(suffix.under("KV-1").to_string(), "kv-1.vault.emulator:8443");
    }
}
