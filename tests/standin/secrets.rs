//! Secrets, as a test stores them.

/// One version of a secret. Made with [`Secret::new`] and its kin, stored with `Standin::put`.
#[derive(Clone, Debug)]
pub struct Secret {
    pub(super) name: String,
    pub(super) value: String,
    /// Empty: the vault makes one up.
    pub(super) version: String,
    pub(super) content_type: Option<String>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) enabled: bool,
    pub(super) not_before: Option<i64>,
    pub(super) expires: Option<i64>,
    pub(super) managed: bool,
    pub(super) listed_only: bool,
}

impl Secret {
    /// An enabled secret with nothing but a name and a value.
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            value: value.into(),
            version: String::new(),
            content_type: None,
            tags: Vec::new(),
            enabled: true,
            not_before: None,
            expires: None,
            managed: false,
            listed_only: false,
        }
    }

    /// With this version: 32 hexadecimal digits.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// With this content type.
    #[must_use]
    pub fn content_type(mut self, content_type: &str) -> Self {
        self.content_type = Some(content_type.to_owned());
        self
    }

    /// With one tag more.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Disabled: listed, but not read.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Not meant to be used before this time. For information only, as in Azure.
    #[must_use]
    pub fn not_before(mut self, seconds: i64) -> Self {
        self.not_before = Some(seconds);
        self
    }

    /// Not meant to be used after this time. For information only, as in Azure.
    #[must_use]
    pub fn expires(mut self, seconds: i64) -> Self {
        self.expires = Some(seconds);
        self
    }

    /// The secret behind a certificate: `managed`, with a `kid`.
    #[must_use]
    pub fn managed(mut self) -> Self {
        self.managed = true;
        self
    }

    /// In the list, and gone when it is read.
    #[must_use]
    pub fn listed_only(mut self) -> Self {
        self.listed_only = true;
        self
    }
}
