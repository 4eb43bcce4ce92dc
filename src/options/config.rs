//! The configuration file: the parameters of XSOAR's AzureKeyVault integration, so that an instance's
//! configuration can be used as it is, and the long options with `_` for `-`.
//!
//! Errors name the file, the key and the line, never a value.

use std::path::Path;

use super::json::Json;
use super::settings::{Origin, Rank, Settings, is_masked, items, names};
use super::table::{self, Meaning, Takes};
use crate::error::Error;
use crate::file::shown;
use crate::http::Proxy;
use crate::secret::Secret;

/// No instance's configuration is larger.
pub const LARGEST: usize = 256 * 1024;

/// Adds what the file says to the settings; `true` if one of them is a secret.
pub fn read(path: &Path, json: &[u8], settings: &mut Settings) -> Result<bool, Error> {
    let mut reading = Reading {
        file: shown(path),
        settings,
        named: Vec::new(),
        holds_secret: false,
        hint: None,
    };
    match super::json::object(json, |key, value| reading.judge(key, value)) {
        Ok(()) => Ok(reading.holds_secret),
        Err(problem) => {
            let what = format!("`{}`, {problem}", reading.file);
            Err(Error::usage(what).maybe_hint(reading.hint.map(str::to_owned)))
        }
    }
}

/// The file while it is read.
struct Reading<'a> {
    file: String,
    settings: &'a mut Settings,
    /// The settings so far, each with the key that made it.
    named: Vec<(&'static str, String)>,
    holds_secret: bool,
    hint: Option<&'static str>,
}

impl Reading<'_> {
    fn judge(&mut self, key: &str, value: Json) -> Result<(), String> {
        let Some(meaning) = table::meaning(key) else {
            self.hint = Some(
                "the keys are the parameters of XSOAR's AzureKeyVault integration and the long options with `_` for `-`",
            );
            return Err("is not a key of this file".to_owned());
        };
        match meaning {
            Meaning::Harmless => Ok(()),
            Meaning::Insecure => match value {
                Json::Null | Json::Bool(false) => Ok(()),
                Json::Bool(true) => {
                    self.hint = Some(
                        "certificates are always checked: give the proxy's or private CA's certificate with `--ca-file`",
                    );
                    Err("cannot be true".to_owned())
                }
                _ => Err("must be true or false".to_owned()),
            },
            Meaning::Flag(name) => match value {
                Json::Null => Ok(()),
                Json::Bool(on) => self.add(name, key, Secret::new(on.to_string())),
                _ => Err("must be true or false".to_owned()),
            },
            Meaning::Proxy => match value {
                Json::Null => Ok(()),
                Json::Bool(on) => self.add(names::USE_PROXY, key, Secret::new(on.to_string())),
                Json::Text(url) if url.is_empty() => Ok(()),
                Json::Text(url) => {
                    self.holds_secret |=
                        Proxy::parse(url.expose()).is_ok_and(|proxy| proxy.password().is_some());
                    self.add("proxy", key, url)
                }
                _ => Err("must be true, false or a URL".to_owned()),
            },
            Meaning::Password(name) => {
                let Some(password) = password(value)?.filter(|text| !text.is_empty()) else {
                    return Ok(());
                };
                let is_secret =
                    name != names::MANAGED_IDENTITIES_CLIENT_ID && name != names::THUMBPRINT;
                // A secret that is masked may come from elsewhere; an id that is masked must not
                // become the machine's own identity unnoticed.
                if is_secret && is_masked(password.expose()) {
                    return Ok(());
                }
                self.holds_secret |= is_secret;
                self.add(name, key, password)
            }
            Meaning::Setting(name, Takes::List(_)) => {
                for text in list(value)? {
                    for item in items(text.expose()) {
                        self.add(name, key, Secret::new(item.to_owned()))?;
                    }
                }
                Ok(())
            }
            Meaning::Setting(name, Takes::Many(_)) => {
                // In a text a comma stands between two; in a list, whose texts are whole, for itself.
                if let Json::Text(text) = value {
                    for item in items(text.expose()) {
                        self.add(name, key, Secret::new(item.to_owned()))?;
                    }
                    return Ok(());
                }
                for text in list(value)?.into_iter().filter(|text| !text.is_empty()) {
                    self.add(name, key, text)?;
                }
                Ok(())
            }
            Meaning::Setting(name, _) => match value {
                Json::Null => Ok(()),
                Json::Text(text) if text.is_empty() => Ok(()),
                Json::Text(text) => self.add(name, key, text),
                Json::Number(number) if name == "timeout" => {
                    self.add(name, key, Secret::new(number))
                }
                _ if name == "timeout" => Err("must be a number".to_owned()),
                _ => Err("must be text".to_owned()),
            },
        }
    }

    fn add(&mut self, name: &'static str, key: &str, value: Secret) -> Result<(), String> {
        if let Some((_, other)) = self
            .named
            .iter()
            .find(|(n, other)| *n == name && other != key)
        {
            return Err(format!(
                "says the same as `{other}`: only one of them may be there"
            ));
        }
        self.named.push((name, key.to_owned()));
        let words = format!("`{key}` in `{}`", self.file);
        self.settings.add(
            name,
            value,
            Origin {
                rank: Rank::File,
                words: words.into(),
            },
        );
        Ok(())
    }
}

/// The password of `{"identifier": …, "password": …}`, or plain text.
fn password(value: Json) -> Result<Option<Secret>, String> {
    match value {
        Json::Null => Ok(None),
        Json::Text(text) => Ok(Some(text)),
        Json::Object(fields) => match fields.into_iter().find(|(name, _)| name == "password") {
            None | Some((_, Json::Null)) => Ok(None),
            Some((_, Json::Text(text))) => Ok(Some(text)),
            Some(_) => Err("has a `password` that is not text".to_owned()),
        },
        _ => Err("must be text, or an object with a `password`".to_owned()),
    }
}

fn list(value: Json) -> Result<Vec<Secret>, String> {
    let problem = || "must be a list of texts, or text".to_owned();
    match value {
        Json::Null => Ok(Vec::new()),
        Json::Text(text) if text.is_empty() => Ok(Vec::new()),
        Json::Text(text) => Ok(vec![text]),
        Json::List(values) => values
            .into_iter()
            .map(|value| match value {
                Json::Text(text) => Ok(text),
                _ => Err(problem()),
            })
            .collect(),
        _ => Err(problem()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(json: &str) -> Result<Settings, String> {
        let mut settings = Settings::default();
        read(Path::new("c.json"), json.as_bytes(), &mut settings)
            .map_err(|error| error.to_string())?;
        Ok(settings)
    }

    fn value(settings: &Settings, name: &str) -> Option<String> {
        settings
            .strongest(name)
            .map(|setting| setting.text().to_owned())
    }

    #[test]
    fn an_instance_s_configuration_is_understood() {
        let settings = read_text(
            r#"{
  "azure_cloud": "Worldwide", "tenant_id": "t", "client_id": "c",
  "credentials": {"credential": "", "identifier": "", "password": "p", "passwordChanged": false},
  "credentials_certificate_thumbprint": {"password": ""}, "private_key": "",
  "use_managed_identities": false, "managed_identities_client_id": {"password": ""},
  "subscription_id": "s", "resource_group_name": "rg", "isFetchCredentials": true,
  "key_vaults": "kv-a, kv-b", "secrets": "x,y", "insecure": false, "proxy": false
}"#,
        )
        .unwrap();
        assert_eq!(value(&settings, "client-secret").as_deref(), Some("p"));
        assert_eq!(
            value(&settings, "use-managed-identities").as_deref(),
            Some("false")
        );
        assert_eq!(value(&settings, "use-proxy").as_deref(), Some("false"));
        assert_eq!(value(&settings, "private-key"), None);
        let vaults: Vec<_> = settings
            .strongest_all("vault")
            .iter()
            .map(|s| s.text().to_owned())
            .collect();
        assert_eq!(vaults, ["kv-a", "kv-b"]);
        assert_eq!(
            settings
                .strongest("client-secret")
                .unwrap()
                .origin
                .to_string(),
            "`credentials` in `c.json`"
        );
    }

    #[test]
    fn masked_and_empty_values_are_not_given() {
        for json in [
            r#"{"credentials": {"password": "********"}}"#,
            r#"{"credentials": {"password": "••••"}}"#,
            r#"{"credentials": {}}"#,
            r#"{"credentials": null}"#,
            r#"{"client_secret": ""}"#,
        ] {
            assert!(
                value(&read_text(json).unwrap(), "client-secret").is_none(),
                "{json}"
            );
        }
        let old = read_text(r#"{"client_secret": {"identifier": "i", "password": "p"}}"#).unwrap();
        assert_eq!(value(&old, "client-secret").as_deref(), Some("p"));
    }

    #[test]
    fn errors_have_a_place_and_no_value() {
        for (json, words) in [
            ("", "`c.json`, line 1, column 0: not valid JSON"),
            (
                "{\n\"tenant_id\": canary}",
                "`c.json`, line 2, column 14: not valid JSON",
            ),
            (
                "[\"canary\"]",
                "`c.json`, line 1: the file must hold one JSON object",
            ),
            (
                "\"canary\"",
                "`c.json`, line 1: the file must hold one JSON object",
            ),
            (
                "{\n\"canaries\": \"canary\"\n}",
                "`c.json`, line 2: `canaries` is not a key of this file",
            ),
            (
                "{\"tenant_id\": 7}",
                "`c.json`, line 1: `tenant_id` must be text",
            ),
            (
                "{\"key_vaults\": [1]}",
                "`c.json`, line 1: `key_vaults` must be a list of texts, or text",
            ),
            (
                "{\"proxy\": 1}",
                "`c.json`, line 1: `proxy` must be true, false or a URL",
            ),
            (
                "{\"use_managed_identities\": \"canary\"}",
                "`c.json`, line 1: `use_managed_identities` must be true or false",
            ),
            (
                "{\"insecure\": true}",
                "`c.json`, line 1: `insecure` cannot be true",
            ),
            (
                "{\"credentials\": 1}",
                "`c.json`, line 1: `credentials` must be text, or an object with a `password`",
            ),
            (
                "{\"credentials\": {\"password\": [1]}}",
                "`c.json`, line 1: `credentials` has a `password` that is not text",
            ),
            (
                "{\"tenant_id\": \"a\",\n\"tenant_id\": \"b\"}",
                "`c.json`, line 2: the key `tenant_id` is there twice",
            ),
            (
                "{\"vault\": \"a\", \"key_vaults\": \"canary\"}",
                "`c.json`, line 1: `key_vaults` says the same as `vault`: only one of them may be there",
            ),
            ("{} canary", "`c.json`, line 1, column 4: not valid JSON"),
            (
                "{\"config\": \"canary\"}",
                "`c.json`, line 1: `config` is not a key of this file",
            ),
        ] {
            assert_eq!(read_text(json).err().as_deref(), Some(words), "{json}");
        }
    }
}
