//! The arguments that `cargo test` hands on, as Rust's own harness takes them.

/// The mark of a run that is in its namespaces already.
pub const INSIDE: &str = "--inside-the-namespaces";

/// Which scenarios are to run.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Arguments {
    /// Whether this is the run in the namespaces.
    pub inside: bool,
    /// Whether only the names are wanted.
    pub list: bool,
    filters: Vec<String>,
    skipped: Vec<String>,
    exact: bool,
    /// `--ignored`: no scenario is.
    none: bool,
}

impl Arguments {
    /// Options that mean nothing here (`--test-threads`, `--nocapture`, …) are passed over.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Self {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                INSIDE => arguments.inside = true,
                "--list" => arguments.list = true,
                "--exact" => arguments.exact = true,
                "--ignored" => arguments.none = true,
                "--skip" => arguments.skipped.extend(words.next()),
                "--test-threads" | "--format" | "--color" | "--logfile" | "--shuffle-seed"
                | "-Z" => {
                    words.next();
                }
                option if option.starts_with('-') => {
                    let skip = option.strip_prefix("--skip=");
                    arguments.skipped.extend(skip.map(str::to_owned));
                }
                filter => arguments.filters.push(filter.to_owned()),
            }
        }
        arguments
    }

    /// Whether a scenario of this name is to run.
    pub fn choose(&self, name: &str) -> bool {
        let fits = |text: &String| {
            if self.exact {
                name == text
            } else {
                name.contains(text.as_str())
            }
        };
        let wanted = self.filters.is_empty() || self.filters.iter().any(fits);
        wanted && !self.none && !self.skipped.iter().any(fits)
    }
}
