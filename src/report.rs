//! What a run tells while it goes: facts handed to whoever prints them.

use std::fmt::Display;

/// Takes what a run has to say before its end. Texts come without prefix and hold no secret.
pub(crate) trait Reporter {
    /// Something is not as it should be, and the run goes on.
    fn warning(&self, text: &str);

    /// A fact for `--verbose`.
    fn verbose(&self, text: &str);

    /// `done` of `total` steps are behind us; `what` is the next one (a vault, say).
    fn progress(&self, what: &str, done: usize, total: usize);

    /// A secret that was read is meant to be used until then, in seconds since 1970.
    fn expires(&self, _credential: &dyn Display, _at: u64) {}

    /// So many credentials are where they belong; whether that made a difference there.
    fn delivered(&self, _credentials: usize, _changed: bool) {}

    /// Nothing is in progress any more: the result may follow on the same terminal.
    fn progress_over(&self);
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// Errors, warnings, hints.
    Normal,
    /// Each request, too.
    Verbose,
}
