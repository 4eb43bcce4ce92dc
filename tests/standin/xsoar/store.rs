//! The credentials of an XSOAR server: listed without their passwords, written with their versions.

use serde_json::{Value, json};

use super::super::http::Answer;
use super::{bad_request, modified, refusal};

/// A credential as the server keeps it. Made with [`Credential::new`] and its kin, kept with
/// `Standin::xsoar_credential`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The name that it was created with.
    pub id: String,
    /// What it is called now.
    pub name: String,
    /// Its user.
    pub user: String,
    /// Never given out.
    pub password: String,
    /// What a person is told of it.
    pub comment: String,
    /// The group of users that may use it; empty: all.
    pub workgroup: String,
    /// The instance of an integration that fetches it; empty: none does.
    pub instance: String,
    /// Never given out.
    pub sshkey: String,
    /// Counted from 1.
    pub version: i64,
    /// How often it was written over REST.
    pub writes: usize,
}

impl Credential {
    /// A credential that somebody made by hand.
    pub fn new(name: &str, user: &str, password: &str) -> Self {
        Self {
            id: name.to_owned(),
            name: name.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
            comment: String::new(),
            workgroup: String::new(),
            instance: String::new(),
            sshkey: String::new(),
            version: 1,
            writes: 0,
        }
    }

    /// With another id than its name, as after a renaming.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// With this comment.
    #[must_use]
    pub fn comment(mut self, comment: &str) -> Self {
        comment.clone_into(&mut self.comment);
        self
    }

    /// For this group of users.
    #[must_use]
    pub fn workgroup(mut self, workgroup: &str) -> Self {
        workgroup.clone_into(&mut self.workgroup);
        self
    }

    /// Fetched by this instance of an integration.
    #[must_use]
    pub fn instance(mut self, instance: &str) -> Self {
        instance.clone_into(&mut self.instance);
        self
    }

    /// With a key for SSH.
    #[must_use]
    pub fn sshkey(mut self, key: &str) -> Self {
        key.clone_into(&mut self.sshkey);
        self
    }

    /// In this version.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = version;
        self
    }

    /// What the server tells of it.
    fn describe(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "user": self.user, "comment": self.comment, "version": self.version,
            "workgroup": self.workgroup, "password": "", "hasPassword": !self.password.is_empty(), "sshkey": "",
            "sshkeyPass": "", "hasCertificate": !self.sshkey.is_empty(), "vaultInstanceId": self.instance, "modified": modified(),
        })
    }
}

/// All credentials, in the order of their creation.
#[derive(Default)]
pub(super) struct Store {
    pub(super) credentials: Vec<Credential>,
}

impl Store {
    /// A page of them.
    pub(super) fn list(&self, body: &Value, limit: usize) -> Result<Answer, Answer> {
        let number = |name: &str| {
            let number = body[name].as_u64();
            let number = number.and_then(|number| usize::try_from(number).ok());
            number.ok_or_else(|| bad_request(&format!("`{name}` is not a number")))
        };
        let (page, size) = (number("page")?, number("size")?.min(limit));
        let start = page.saturating_mul(size);
        let here = self.credentials.iter().skip(start).take(size);
        let here: Vec<Value> = here.map(Credential::describe).collect();
        let total = self.credentials.len();
        Ok(Answer::json(
            200,
            &json!({"credentials": here, "total": total}),
        ))
    }

    /// Creates one, or updates it: then with its id and its version, or -1 for whichever it has.
    pub(super) fn put(&mut self, body: &Value, conflict: u16) -> Result<Answer, Answer> {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (id, name) = (text("id"), text("name"));
        if name.is_empty() {
            return Err(bad_request("Request body is missing mandatory parts."));
        }
        let version = body["version"].as_i64().unwrap_or_default();
        let taken = |one: &Credential| one.id != id && (one.name == name || one.id == name);
        let mismatch = |text: &str| {
            let title = "Optimistic lock error";
            refusal(conflict, "errOptimisticLock", title, text, text)
        };
        if self.credentials.iter().any(taken) {
            return Err(mismatch("A credential with this name already exists"));
        }
        let at = if id.is_empty() {
            self.credentials.push(Credential {
                version: 0,
                ..Credential::new(&name, "", "")
            });
            self.credentials.len() - 1
        } else {
            let mut all = self.credentials.iter();
            let found = all.position(|one| one.id == id);
            let at = found
                .ok_or_else(|| refusal(404, "not_found", "Not found", "No such credential", ""))?;
            if version != -1 && version != self.credentials[at].version {
                return Err(mismatch("DB version mismatch"));
            }
            at
        };
        let credential = &mut self.credentials[at];
        credential.name = name;
        credential.user = text("user");
        credential.comment = text("comment");
        credential.workgroup = text("workgroup");
        // What is never given out cannot be sent back: it stays.
        for (kept, name) in [
            (&mut credential.password, "password"),
            (&mut credential.sshkey, "sshkey"),
        ] {
            let given = text(name);
            if !given.is_empty() {
                *kept = given;
            }
        }
        credential.version += 1;
        credential.writes += 1;
        Ok(Answer::json(200, &credential.describe()))
    }

    pub(super) fn delete(&mut self, body: &Value) -> Result<Answer, Answer> {
        let id = body["id"].as_str().unwrap_or_default();
        let before = self.credentials.len();
        self.credentials.retain(|one| one.id != id);
        if self.credentials.len() == before {
            return Err(refusal(
                404,
                "not_found",
                "Not found",
                "No such credential",
                "",
            ));
        }
        Ok(Answer::json(200, &json!({})))
    }
}
