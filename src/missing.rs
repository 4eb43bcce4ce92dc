//! What does not exist: whether that is an error, a warning, or as it should be.

/// What becomes of a secret that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A named credential must exist; of vaults × secrets, each secret in at least one vault.
    Sparse,
    /// Everything must exist.
    Error,
    /// It is left out.
    Skip,
}
