//! The configuration file: the parameters of XSOAR's AzureKeyVault integration, so that an instance's
//! configuration can be used as it is, and the long options with `_` for `-`.
//!
//! Errors name the file, the key and the line, never a value.

use super::json::{Fault, Value, fields};
use super::settings::{Origin, Rank, Settings, is_masked, items};
use super::table::{self, Meaning, OptionRow, Takes};
use crate::error::{Error, escaped};
use crate::http::Proxy;
use crate::secret::Secret;

/// No instance's configuration is larger.
pub(crate) const LARGEST: usize = 256 * 1024;

/// Adds what the file says to the settings; `true` if one of them is a secret. `file` names it in messages.
pub(crate) fn read(file: &str, json: &[u8], settings: &mut Settings) -> Result<bool, Error> {
    let problem = |problem: String| Error::usage(format!("{file}, {problem}"));
    let mut reading = Reading {
        file,
        settings,
        named: Vec::new(),
        holds_secret: false,
    };
    let mut fields = fields(json).map_err(|fault| problem(fault.to_string()))?;
    // What is wrong with the others is to be told there, too.
    fields.sort_by_key(|field| field.key != table::STATUS.name);
    for field in fields {
        reading
            .judge(&field.key, field.value)
            .map_err(|fault| match fault {
                KeyFault::Within(fault) => problem(fault.to_string()),
                KeyFault::OfKey(cause, hint) => {
                    let key = escaped(&field.key);
                    problem(format!("line {}: `{key}` {cause}", field.line)).maybe_hint(hint)
                }
            })?;
    }
    Ok(reading.holds_secret)
}

/// What is wrong with a key.
enum KeyFault {
    /// What follows it, and what to do.
    OfKey(String, Option<String>),
    /// With its value's own text.
    Within(Fault),
}

fn wrong<T>(cause: &str) -> Result<T, KeyFault> {
    Err(KeyFault::OfKey(cause.to_owned(), None))
}

fn wrong_hint<T>(cause: &str, hint: &str) -> Result<T, KeyFault> {
    Err(KeyFault::OfKey(cause.to_owned(), Some(hint.to_owned())))
}

/// The file while it is read.
struct Reading<'a> {
    file: &'a str,
    settings: &'a mut Settings,
    /// The settings so far, each with the key that made it.
    named: Vec<(&'static str, String)>,
    holds_secret: bool,
}

impl Reading<'_> {
    fn judge(&mut self, key: &str, value: Value) -> Result<(), KeyFault> {
        let Some(meaning) = table::meaning(key) else {
            let cause = "is not a key of this file".to_owned();
            let meant = table::meant(key).map(|meant| format!("did you mean `{meant}`?"));
            return Err(KeyFault::OfKey(
                cause,
                meant.or_else(|| Some(KEYS.to_owned())),
            ));
        };
        if value.is_null() || value.is_empty_text() {
            return Ok(());
        }
        match meaning {
            Meaning::Harmless => Ok(()),
            Meaning::Insecure => match value.boolean() {
                Some(false) => Ok(()),
                Some(true) => wrong_hint("cannot be true", CHECKED),
                None => wrong("must be true or false"),
            },
            Meaning::Flag(row) => match value.boolean() {
                Some(on) => self.add(row, key, Secret::new(on.to_string())),
                None => wrong("must be true or false"),
            },
            Meaning::Proxy => self.proxy(key, value),
            Meaning::Password(row) => self.password(row, key, value),
            Meaning::Setting(row) => self.setting(row, key, value),
        }
    }

    fn proxy(&mut self, key: &str, value: Value) -> Result<(), KeyFault> {
        if let Some(on) = value.boolean() {
            return self.add(&table::USE_PROXY, key, Secret::new(on.to_string()));
        }
        match value.text() {
            None => wrong("must be true, false or a URL"),
            Some(url) => {
                let proxy = Proxy::parse(url.expose());
                self.holds_secret |= proxy.is_ok_and(|proxy| proxy.has_password());
                self.add(&table::PROXY, key, url)
            }
        }
    }

    fn password(
        &mut self,
        row: &'static OptionRow,
        key: &str,
        value: Value,
    ) -> Result<(), KeyFault> {
        let Some(password) = password(value)?.filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let ids = [
            table::MANAGED_IDENTITIES_CLIENT_ID.name,
            table::THUMBPRINT.name,
        ];
        let is_secret = !ids.contains(&row.name);
        // A secret that is masked may come from elsewhere; an id that is masked must not
        // become the machine's own identity unnoticed.
        if is_secret && is_masked(password.expose()) {
            return Ok(());
        }
        self.holds_secret |= is_secret;
        self.add(row, key, password)
    }

    fn setting(
        &mut self,
        row: &'static OptionRow,
        key: &str,
        value: Value,
    ) -> Result<(), KeyFault> {
        match row.takes {
            Takes::List(_) => {
                for text in texts(value)? {
                    self.add_items(row, key, &text)?;
                }
                Ok(())
            }
            // In a text a comma stands between two; in a list, whose texts are whole, for itself.
            Takes::Many(_) => match value.text() {
                Some(text) => self.add_items(row, key, &text),
                None => texts(value)?
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .try_for_each(|text| self.add(row, key, text)),
            },
            _ => {
                let is_number = row.name == table::TIMEOUT.name;
                let number = value.number().filter(|_| is_number);
                let number = number.map(|number| Secret::new(number.to_owned()));
                match number.or_else(|| value.text()) {
                    Some(text) if text.is_empty() => Ok(()),
                    Some(text) => self.add(row, key, text),
                    None if is_number => wrong("must be a number"),
                    None => wrong("must be text"),
                }
            }
        }
    }

    fn add_items(
        &mut self,
        row: &'static OptionRow,
        key: &str,
        list: &Secret,
    ) -> Result<(), KeyFault> {
        items(list.expose()).try_for_each(|item| self.add(row, key, Secret::new(item.to_owned())))
    }

    fn add(&mut self, row: &'static OptionRow, key: &str, value: Secret) -> Result<(), KeyFault> {
        let of_row = self.named.iter().position(|(name, _)| *name == row.name);
        match of_row.and_then(|at| self.named.get_mut(at)) {
            Some((_, other)) if (other.as_str(), key) == OUTDATED => {
                self.settings.remove(row, Rank::File);
                key.clone_into(other);
            }
            Some((_, other)) if (key, other.as_str()) == OUTDATED => return Ok(()),
            Some((_, other)) if other != key => {
                return wrong(&format!(
                    "says the same as `{other}`: only one of them may be there"
                ));
            }
            Some(_) => {}
            None => self.named.push((row.name, key.to_owned())),
        }
        let origin = Origin {
            rank: Rank::File,
            place: format!("`{key}` in {}", self.file).into(),
        };
        self.settings.add(row, value, origin);
        Ok(())
    }
}

/// A parameter that the integration hides, and the one that took its place: an instance keeps both, nobody can
/// empty the hidden one, and the integration goes by the other.
const OUTDATED: (&str, &str) = (
    "certificate_thumbprint",
    "credentials_certificate_thumbprint",
);

const KEYS: &str = "the keys are the parameters of XSOAR's AzureKeyVault integration and the long options with `_` for `-`";

const CHECKED: &str = "certificates are always checked: give the proxy's or private CA's certificate with `--ca-file`";

/// The password of `{"identifier": …, "password": …}`, or plain text.
fn password(value: Value) -> Result<Option<Secret>, KeyFault> {
    let Some(fields) = value.object() else {
        return match value.text() {
            Some(text) => Ok(Some(text)),
            None => wrong("must be text, or an object with a `password`"),
        };
    };
    let fields = fields.map_err(KeyFault::Within)?;
    let has = |keys: &[&str]| {
        fields
            .iter()
            .any(|field| keys.contains(&field.key.as_str()))
    };
    // An instance's own object has more than its password, which is not given where it is masked away.
    if !fields.is_empty() && !has(&["password", "identifier", "credential", "credentials"]) {
        return wrong("must be text, or an object with a `password`, which is not there");
    }
    match fields.into_iter().find(|field| field.key == "password") {
        Some(field) if !field.value.is_null() => match field.value.text() {
            Some(text) => Ok(Some(text)),
            None => wrong("has a `password` that is not text"),
        },
        _ => Ok(None),
    }
}

/// A list of texts, or one text.
fn texts(value: Value) -> Result<Vec<Secret>, KeyFault> {
    match value.text() {
        Some(text) => Ok(vec![text]),
        None => value
            .texts()
            .map_or_else(|| wrong("must be a list of texts, or text"), Ok),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(json: &str) -> Result<Settings, String> {
        let mut settings = Settings::default();
        read("`c.json`", json.as_bytes(), &mut settings).map_err(|error| error.to_string())?;
        Ok(settings)
    }

    fn value(settings: &Settings, row: &OptionRow) -> Option<String> {
        settings
            .strongest(row)
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
        assert_eq!(
            value(&settings, &table::CLIENT_SECRET).as_deref(),
            Some("p")
        );
        assert_eq!(
            value(&settings, &table::USE_MANAGED_IDENTITIES).as_deref(),
            Some("false")
        );
        assert_eq!(
            value(&settings, &table::USE_PROXY).as_deref(),
            Some("false")
        );
        assert_eq!(value(&settings, &table::PRIVATE_KEY), None);
        let vaults: Vec<_> = settings
            .strongest_all(&table::VAULT)
            .iter()
            .map(|s| s.text().to_owned())
            .collect();
        assert_eq!(vaults, ["kv-a", "kv-b"]);
        assert_eq!(
            settings
                .strongest(&table::CLIENT_SECRET)
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
                value(&read_text(json).unwrap(), &table::CLIENT_SECRET).is_none(),
                "{json}"
            );
        }
        let old = read_text(r#"{"client_secret": {"identifier": "i", "password": "p"}}"#).unwrap();
        assert_eq!(value(&old, &table::CLIENT_SECRET).as_deref(), Some("p"));
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
