//! Everything selected, read and made into what was asked for: documents, variables, files, one value.

use zeroize::Zeroizing;

use crate::credentials::{Credential, Document, Refused, Shape, Variable};
use crate::error::{Error, Exit, Failures};
use crate::missing::Missing;
use crate::read::read;
use crate::secret::Secret;
use crate::selection::Selection;
use crate::session::Session;
use crate::sink::Entry;
use crate::variables::Naming;
use crate::vault::Content;

/// What is to be read, and what is to be made of it.
pub struct Order<'a> {
    /// Of what.
    pub selection: &'a Selection,
    /// What becomes of what does not exist.
    pub missing: Missing,
    /// What is made of it.
    pub shape: &'a Shape,
}

/// Reads everything selected, whatever its names are, and hands each secret to `keep`.
///
/// # Errors
/// Every failure there was; then what was kept is not all.
pub fn each(
    session: &Session,
    order: &Order,
    mut keep: impl FnMut(&Credential, Content) -> Result<(), Error>,
) -> Result<(), Failures> {
    let any = |_: &[_]| Ok(());
    read(
        session,
        order.selection,
        order.missing,
        any,
        |_, wanted, content| keep(&wanted.credential, content),
    )
}

/// The documents of everything selected, in its order.
///
/// # Errors
/// Every failure there was; then there are no documents.
pub fn documents(session: &Session, order: &Order) -> Result<Vec<Document>, Failures> {
    let mut documents = Vec::new();
    each(session, order, |credential, content| {
        documents.push(order.shape.document(credential, content)?);
        Ok(())
    })?;
    Ok(documents)
}

/// A variable, the credential whose password it holds, and that.
pub struct Held {
    names: Vec<String>,
    credential: Credential,
    password: Secret,
}

/// The variables of everything selected. Names that cannot be are refused before anything is read.
///
/// # Errors
/// Every failure there was; then there are no variables.
pub fn variables(
    session: &Session,
    order: &Order,
    naming: &Naming,
    is_taken: impl Fn(&str) -> bool,
) -> Result<Vec<Held>, Failures> {
    let mut names = Vec::new();
    let mut held = Vec::new();
    read(
        session,
        order.selection,
        order.missing,
        |wanted| {
            let credentials: Vec<_> = wanted.iter().map(|wanted| &wanted.credential).collect();
            names = naming.names(&credentials, is_taken)?;
            Ok(())
        },
        |index, wanted, content| {
            held.push((
                index,
                wanted.credential.clone(),
                order.shape.document(&wanted.credential, content)?.password,
            ));
            Ok(())
        },
    )?;
    let held = held.into_iter().map(|(index, credential, password)| Held {
        names: names.get(index).cloned().unwrap_or_default(),
        credential,
        password,
    });
    Ok(held.collect())
}

impl Held {
    /// Each variable's name and value, in order.
    #[must_use]
    pub fn each(held: &[Self]) -> Vec<Variable<'_>> {
        held.iter()
            .flat_map(|one| one.names.iter().map(|name| (name.as_str(), &one.password)))
            .collect()
    }

    /// The credentials whose values no variable can hold.
    pub fn refused(held: &[Self], refused: &Refused) -> Failures {
        let owners: Vec<_> = held
            .iter()
            .flat_map(|one| one.names.iter().map(|_| &one.credential))
            .collect();
        let mut credentials: Vec<String> = refused
            .0
            .iter()
            .filter_map(|&index| owners.get(index))
            .map(ToString::to_string)
            .collect();
        credentials.dedup();
        let errors = credentials.iter().map(|credential| nul(credential));
        Failures::of(errors.collect())
    }
}

/// A credential's value has a NUL.
#[must_use]
pub fn nul(credential: &str) -> Error {
    let operation = format!("cannot put `{credential}` into a variable");
    Error::new(
        Exit::Output,
        operation,
        "its value has a NUL character in it",
    )
    .hint(
        "no variable can hold one: leave it out, or use another format (`xsoar`, `jsonl`, `files`)",
    )
}

/// A secret as a file.
pub struct SecretFile {
    vault: String,
    secret: String,
    bytes: Zeroizing<Vec<u8>>,
}

impl SecretFile {
    /// As the sink takes it.
    #[must_use]
    pub fn entry(&self) -> Entry<'_> {
        Entry {
            vault: &self.vault,
            secret: &self.secret,
            bytes: &self.bytes,
        }
    }
}

/// The files of everything selected; a vault's are together, however it was spelled.
///
/// # Errors
/// Every failure there was; then there are no files.
pub fn files(session: &Session, order: &Order) -> Result<Vec<SecretFile>, Failures> {
    let mut files: Vec<SecretFile> = Vec::new();
    each(session, order, |credential, content| {
        let (kind, tags) = (content.content_type.clone(), content.tags.clone());
        let password = order.shape.document(credential, content)?.password;
        let bytes = order
            .shape
            .bytes(credential, kind.as_deref(), &tags, &password)?;
        let vault = credential.vault.as_str();
        let known = files
            .iter()
            .find(|file| file.vault.eq_ignore_ascii_case(vault));
        let vault = known.map_or(vault, |first| &first.vault).to_owned();
        files.push(SecretFile {
            vault,
            secret: credential.secret.as_str().to_owned(),
            bytes,
        });
        Ok(())
    })?;
    Ok(files)
}

/// One secret's value, byte for byte, or decoded.
///
/// # Errors
/// Every failure there was.
pub fn value(session: &Session, order: &Order) -> Result<Zeroizing<Vec<u8>>, Failures> {
    let mut value = Zeroizing::default();
    let strictly = Order {
        missing: Missing::Error,
        ..*order
    };
    each(session, &strictly, |credential, content| {
        let kind = content.content_type.as_deref();
        value = order
            .shape
            .bytes(credential, kind, &content.tags, &content.value)?;
        Ok(())
    })?;
    Ok(value)
}
