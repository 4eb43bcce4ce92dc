//! `Error` (operation, cause, hint) and `Exit` (the documented exit codes).

use std::fmt;

/// The exit codes, as the README and `--help` list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// A defect of this program.
    Internal = 1,
    /// Usage or configuration, an api-version that the vault does not know included.
    Usage = 2,
    /// No token: the identity was refused or does not exist, or there is no metadata endpoint.
    NoToken = 3,
    /// The vault denied access: role, policy, firewall, wrong tenant or audience.
    Denied = 4,
    /// No such secret, version, subscription or resource group; or the secret is disabled.
    NotFound = 5,
    /// Name resolution, connection, TLS or proxy.
    Unreachable = 6,
    /// The service failed: throttled or broken after all retries, or an answer that makes no sense.
    Service = 7,
    /// The deadline passed, or a wait that the service asked for does not fit before it.
    Deadline = 8,
    /// The output could not be written.
    Output = 9,
    /// The command of `exec` is there and cannot be run.
    CannotRun = 126,
    /// There is no such command for `exec`.
    NoCommand = 127,
}

impl Exit {
    /// Every exit code with the words that `--help` has for it.
    pub const TABLE: [(Self, &'static str); 12] = [
        (Self::Done, "done"),
        (Self::Internal, "internal error: please report"),
        (Self::Usage, "usage or configuration"),
        (
            Self::NoToken,
            "no token: the identity was refused, does not exist, or has no endpoint here",
        ),
        (Self::Denied, "access denied by the vault"),
        (Self::NotFound, "not found, or the secret is disabled"),
        (
            Self::Unreachable,
            "unreachable: name resolution, connection, TLS, proxy",
        ),
        (
            Self::Service,
            "the service failed, or its answer makes no sense",
        ),
        (
            Self::Deadline,
            "the deadline passed, or a wait does not fit before it",
        ),
        (Self::Output, "the output could not be written"),
        (Self::CannotRun, "exec: the command cannot be run"),
        (Self::NoCommand, "exec: there is no such command"),
    ];

    /// The process's exit code.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// What was attempted, why it failed, and what to do about it.
///
/// Texts have no final full stop, names stand in backticks, and nothing secret ever goes in.
#[derive(Debug)]
pub(crate) struct Error {
    exit: Exit,
    operation: String,
    cause: String,
    hint: Option<String>,
}

impl Error {
    /// An error whose message is `operation: cause`.
    pub(crate) fn new(exit: Exit, operation: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            exit,
            operation: operation.into(),
            cause: cause.into(),
            hint: None,
        }
    }

    /// A usage or configuration error, which needs no cause of its own.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what, "")
    }

    /// The same failure as part of a larger operation.
    pub(crate) fn of(mut self, operation: impl Into<String>) -> Self {
        self.operation = operation.into();
        self
    }

    /// The same failure, with more to say of its cause, and the exit code that goes with that.
    pub(crate) fn and(mut self, words: &str, exit: Exit) -> Self {
        self.cause.push_str(words);
        self.exit = exit;
        self
    }

    /// With one line that says what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With this hint, unless there is one that knows better.
    pub(crate) fn default_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// With a hint if there is one.
    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        if hint.is_some() {
            self.hint = hint;
        }
        self
    }

    /// The exit code that this failure asks for.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// What to do about it, where we know.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cause.is_empty() {
            f.write_str(&self.operation)
        } else {
            write!(f, "{}: {}", self.operation, self.cause)
        }
    }
}

impl std::error::Error for Error {}

/// One or more failures of one run, in the order in which they happened.
#[derive(Debug)]
pub(crate) struct Failures(Vec<Error>);

impl Failures {
    /// The failures, if there are any.
    pub(crate) fn check(failures: Vec<Error>) -> Result<(), Self> {
        if failures.is_empty() {
            Ok(())
        } else {
            Err(Self(failures))
        }
    }

    /// These, of which there is at least one.
    pub(crate) fn of(failures: Vec<Error>) -> Self {
        Self(failures)
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }

    /// The first failure's exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.0.first().map_or(Exit::Internal, Error::exit)
    }
}

impl From<Error> for Failures {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

/// The longest text of somebody else's that is shown, in characters.
const LONGEST: usize = 500;

/// Somebody else's text made fit for a terminal: one line, no control or invisible formatting
/// characters, capped.
pub(crate) fn printable(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST));
    let mut count = 0;
    for c in text.chars() {
        let c = if is_hidden(c) { ' ' } else { c };
        if c == ' ' && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if count == LONGEST {
            line.push('…');
            break;
        }
        line.push(c);
        count += 1;
    }
    line.trim_end().to_owned()
}

/// The user's own words as they may be shown: what is not seen, or looks like something else, as an escape.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(LONGEST));
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        if c != ' ' && is_hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Blanks, control characters, and those that reorder text on a terminal or are not seen there (Unicode's
/// `Default_Ignorable_Code_Point`).
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_every_code_in_order() {
        let codes = Exit::TABLE.map(|(exit, _)| exit.code());
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 126, 127]);
    }

    #[test]
    fn printable_is_one_harmless_line() {
        assert_eq!(printable("a\r\n\x1b[31mb\u{202e}c\t\u{7}"), "a [31mb c");
        assert_eq!(printable(&"x".repeat(600)).chars().count(), LONGEST + 1);
        assert_eq!(printable("Grüße, 世界"), "Grüße, 世界");
    }

    #[test]
    fn one_s_own_words_can_be_told_apart() {
        assert_eq!(escaped("jsonl\r"), "jsonl\\r");
        assert_eq!(
            escaped("a\u{200e}b \u{a0}\u{7}\n"),
            "a\\u{200e}b \\u{a0}\\u{7}\\n"
        );
        assert_eq!(escaped("Grüße, 'x\\y'"), "Grüße, 'x\\y'");
        assert_eq!(escaped(&"x".repeat(600)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn the_first_failure_gives_the_code() {
        let failures = Failures(vec![
            Error::new(Exit::NotFound, "a", "b"),
            Error::new(Exit::Denied, "c", "d"),
        ]);
        assert_eq!(failures.exit(), Exit::NotFound);
    }
}
