//! Proofs and keys in files: read, checked on the open descriptor, and taken apart.

use std::path::Path;

use zeroize::Zeroizing;

use super::Configured;
use super::settings::Origin;
use crate::error::{Error, Exit};
use crate::file::shown;
use crate::secret::Secret;

/// No secret of Entra ID's, and no certificate with its chain and key, is larger.
const LARGEST: usize = 64 * 1024;

impl Configured<'_> {
    /// The secret in a file, or on standard input; what editors and `echo` add is dropped. `what` it is.
    pub(super) fn secret_file(
        &self,
        what: &str,
        path: &Path,
        origin: &Origin,
    ) -> Result<Secret, Error> {
        let proof = self.proof(what, path, origin)?;
        let text = proof.text()?;
        let text = text
            .strip_suffix('\n')
            .map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
        if text.is_empty() {
            return Err(proof.problem("it is empty"));
        }
        Ok(Secret::new(text.to_owned()))
    }

    /// A certificate with its private key in PEM, handed to `parse`.
    pub(super) fn certificate_file<T>(
        &self,
        path: &Path,
        origin: &Origin,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Error> {
        let proof = self.proof("certificate", path, origin)?;
        parse(proof.text()?).map_err(|problem| {
            proof.problem(problem).hint(
                "the file holds the certificate and its RSA private key in PEM, one behind the other",
            )
        })
    }

    fn proof(&self, what: &str, path: &Path, origin: &Origin) -> Result<Proof, Error> {
        let is_stdin = path == Path::new("-");
        let name = if is_stdin {
            "standard input".to_owned()
        } else {
            format!("`{}`", shown(path))
        };
        let operation = format!("cannot read the {what} of {origin} from {name}");
        let unread = |cause| self.unreadable(&operation, &cause);
        if is_stdin {
            let bytes = crate::file::read_stdin(LARGEST, &self.deadline).map_err(unread)?;
            return Ok(Proof { operation, bytes });
        }
        let content = crate::file::read(path, LARGEST, &self.deadline).map_err(unread)?;
        let access = content.access;
        let proof = Proof {
            operation,
            bytes: content.bytes,
        };
        if access.is_readable_by_others() {
            let cause = format!("every user may read it (mode {})", access.octal());
            return Err(proof.problem(cause).hint(access.remedy(
                "chmod o-rwx",
                path,
                &on_stdin(path),
            )));
        }
        Ok(proof)
    }
}

/// How a proof is handed over without its file's mode.
fn on_stdin(path: &Path) -> String {
    format!(
        "give `-` in place of its path, and the file on standard input (`<{}`)",
        shown(path)
    )
}

/// A file's content, and what is attempted with it.
struct Proof {
    operation: String,
    bytes: Zeroizing<Vec<u8>>,
}

impl Proof {
    fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.bytes).map_err(|_| self.problem("it is not UTF-8 text"))
    }

    fn problem(&self, cause: impl Into<String>) -> Error {
        Error::new(Exit::Usage, self.operation.as_str(), cause)
    }
}
