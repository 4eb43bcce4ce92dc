//! How a run went, in a file for whoever watches over it: `--status`.
//!
//! What happens is recorded while it happens, and written once, at the end: by the run itself, by a signal that
//! ends it, or by a defect. It holds the messages of standard error, names and times, and never a value.

mod time;

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::lenient;
use crate::process::{self, Ending};
use crate::sink::{Before, StatusFile};
use time::{is_time, rfc3339, rfc3339_now};

/// What a run is about to say of itself. Every holder has the same.
#[derive(Clone)]
pub(crate) struct Status(Arc<Mutex<Account>>);

/// What happened so far.
#[derive(Default)]
struct Account {
    /// Where it goes, until it is written.
    asked: Option<Asked>,
    credentials: Option<usize>,
    changed: bool,
    soonest: Option<(String, u64)>,
    errors: Lines,
    warnings: Lines,
}

/// What `--status` asks for.
pub(crate) struct Asked {
    pub(crate) file: StatusFile,
    /// The verb's word.
    pub(crate) command: &'static str,
    /// Whether it is not known what else is at that place: then nothing but a status is replaced.
    pub(crate) only_a_status: bool,
}

impl Status {
    /// Nothing is wanted yet.
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Has it written there, however the run ends.
    pub(crate) fn ask(&self, asked: Asked, ending: &Ending) {
        self.account().asked = Some(asked);
        let status = self.clone();
        ending.after(move |signal| {
            let mut account = status.account();
            // The output may just have got its place; the run has not come to its end.
            account
                .errors
                .add(&format!("ended by {}", process::name_of(signal)));
            let _ = account.write(u8::try_from(128 + signal).unwrap_or(u8::MAX));
            // The run ends here, and not in another way meanwhile.
            std::mem::forget(account);
        });
        let status = self.clone();
        process::on_defect(move |what| {
            // Whoever holds the account may be the one that has the defect.
            let mut account = match status.0.try_lock() {
                Ok(account) => account,
                Err(TryLockError::Poisoned(account)) => account.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            account.errors.add(what);
            let _ = account.write(Exit::Internal.code());
        });
    }

    pub(crate) fn error(&self, text: &str) {
        self.account().errors.add(text);
    }

    pub(crate) fn warning(&self, text: &str) {
        self.account().warnings.add(text);
    }

    /// As [`Reporter::expires`](crate::report::Reporter::expires).
    pub(crate) fn expires(&self, credential: &dyn Display, at: u64) {
        let mut account = self.account();
        let is_sooner = |(_, soonest): &(String, u64)| at < *soonest;
        if rfc3339(at).is_some() && account.soonest.as_ref().is_none_or(is_sooner) {
            account.soonest = Some((credential.to_string(), at));
        }
    }

    /// As [`Reporter::delivered`](crate::report::Reporter::delivered).
    pub(crate) fn delivered(&self, credentials: usize, changed: bool) {
        let mut account = self.account();
        account.credentials = Some(credentials);
        account.changed = changed;
    }

    /// Writes it, if it is wanted; why not, if it cannot be.
    pub(crate) fn write(&self, exit: Exit) -> Result<(), Error> {
        self.account().write(exit.code())
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The object, in the order in which it is documented.
#[derive(Serialize)]
struct Form<'a> {
    time: &'a str,
    last_success: Option<&'a str>,
    command: &'a str,
    exit: u8,
    credentials: Option<usize>,
    changed: bool,
    soonest_expiry: Option<Expiry<'a>>,
    errors: Vec<String>,
    warnings: Vec<String>,
    version: &'a str,
}

#[derive(Serialize)]
struct Expiry<'a> {
    credential: &'a str,
    time: String,
}

/// What a status is known by, and what stays of it.
#[derive(Deserialize)]
struct Old {
    command: String,
    #[serde(rename = "exit")]
    _exit: u8,
    #[serde(default, deserialize_with = "lenient::text")]
    last_success: Option<String>,
}

/// No status of ours is larger.
const LARGEST: usize = 2 << 20;

impl Account {
    fn write(&mut self, exit: u8) -> Result<(), Error> {
        let Some(asked) = self.asked.take() else {
            return Ok(());
        };
        let old = match asked.file.read(LARGEST) {
            Before::Nothing => None,
            Before::Bytes(bytes) => Some(serde_json::from_slice::<Old>(&bytes).ok()),
            Before::Other => Some(None),
        };
        if asked.only_a_status && matches!(old, Some(None)) {
            let cause = "what is there is no status";
            return Err(Error::new(Exit::Output, asked.file.operation(), cause));
        }
        let time = rfc3339_now(SystemTime::now());
        let last_success = match old.flatten() {
            _ if exit == Exit::Done.code() => Some(time.clone()),
            // Nobody could tell how old a time is that has not come yet.
            Some(old) if old.command == asked.command => old
                .last_success
                .filter(|last| is_time(last) && *last <= time),
            _ => None,
        };
        let soonest = self.soonest.as_ref().and_then(|(credential, at)| {
            let time = rfc3339(*at)?;
            Some(Expiry { credential, time })
        });
        let object = Form {
            time: &time,
            last_success: last_success.as_deref(),
            command: asked.command,
            exit,
            credentials: self.credentials,
            changed: self.changed,
            soonest_expiry: soonest,
            errors: self.errors.all(),
            warnings: self.warnings.all(),
            version: env!("CARGO_PKG_VERSION"),
        };
        // Nothing but texts and numbers: nothing that JSON cannot hold.
        let text = serde_json::to_string_pretty(&object).unwrap_or_default() + "\n";
        // A file is not waited for.
        let deadline = Deadline::new(Instant::now(), Deadline::DEFAULT);
        asked.file.write(text.as_bytes(), &deadline)
    }
}

/// Messages, so many of them at most: a status is read again.
#[derive(Default)]
struct Lines {
    kept: Vec<String>,
    more: usize,
}

impl Lines {
    const MOST: usize = 100;
    /// In characters.
    const LONGEST: usize = 1000;

    fn add(&mut self, text: &str) {
        if self.kept.len() == Self::MOST {
            self.more += 1;
            return;
        }
        let mut line: String = text.chars().take(Self::LONGEST).collect();
        if line.len() < text.len() {
            line.push('…');
        }
        self.kept.push(line);
    }

    fn all(&self) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        self.kept.iter().cloned().chain(more).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::{Command, id};
    use std::{env, fs, thread};

    use super::*;
    use crate::canary::shows;

    /// Says to the test below what it is to do, when it is run as a program of its own.
    const ROLE: &str = "AKV_XSOAR_TEST_STATUS";
    const PAYLOAD: &str = "Canary-p4yload";

    fn asked(path: PathBuf) -> Asked {
        Asked {
            file: StatusFile::new(path).unwrap(),
            command: "fetch",
            only_a_status: false,
        }
    }

    /// No test by itself: what `a_defect_has_a_status` runs.
    #[test]
    fn a_defect() {
        let Some(path) = env::var_os(ROLE) else {
            return;
        };
        let _ = process::harden();
        let status = Status::new();
        status.ask(asked(path.into()), &process::end_on_signals());
        status.warning("before");
        match env::var("PLACE").as_deref() {
            Ok("thread") => drop(thread::spawn(|| panic!("{PAYLOAD}")).join()),
            // Where the account itself is at work nothing can be told, and nothing may hang.
            Ok("account") => {
                let _account = status.account();
                panic!("{PAYLOAD}")
            }
            _ => panic!("{PAYLOAD}"),
        }
    }

    #[test]
    fn a_defect_has_a_status() {
        for role in ["main", "thread", "account"] {
            let path = env::temp_dir().join(format!("akv-xsoar-status-{}-{role}", id()));
            let output = Command::new(env::current_exe().unwrap())
                .args(["--exact", "status::tests::a_defect", "--nocapture"])
                .arg("--test-threads=1")
                .env(ROLE, &path)
                .env("PLACE", role)
                .output()
                .unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{stderr}");
            let text = fs::read_to_string(&path).unwrap_or_default();
            let _ = fs::remove_file(&path);
            assert!(!shows(text.as_bytes(), PAYLOAD), "{text}");
            if role == "account" {
                assert_eq!(text, "");
                continue;
            }
            let told: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(told["exit"], 1);
            assert_eq!(told["warnings"][0], "before");
            let error = told["errors"][0].as_str().unwrap();
            assert_eq!(stderr, format!("akv-xsoar: error: {error}\n"));
            assert!(error.starts_with("internal error (at src/status.rs:"));
        }
    }

    #[test]
    fn lines_have_an_end() {
        let mut lines = Lines::default();
        let long = "ä".repeat(Lines::LONGEST + 1);
        lines.add(&long);
        lines.add(&long[..2 * Lines::LONGEST]);
        let all = lines.all();
        assert_eq!(all[0], "ä".repeat(Lines::LONGEST) + "…");
        assert_eq!(all[1], "ä".repeat(Lines::LONGEST));
        for _ in 0..Lines::MOST {
            lines.add("x");
        }
        let all = lines.all();
        assert_eq!((all.len(), all[100].as_str()), (101, "and 2 more"));
    }

    /// What is written is read again, whatever happened.
    #[test]
    fn the_largest_status_is_not_too_large() {
        let mut account = Account::default();
        for _ in 0..=Lines::MOST {
            for lines in [&mut account.errors, &mut account.warnings] {
                lines.add(&"\u{1}".repeat(Lines::LONGEST + 1));
            }
        }
        let path = env::temp_dir().join(format!("akv-xsoar-status-{}-large", id()));
        account.asked = Some(asked(path.clone()));
        account.write(0).unwrap();
        let size = fs::metadata(&path).unwrap().len();
        account.asked = Some(asked(path.clone()));
        account.write(5).unwrap();
        let told: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        assert!(told["last_success"].is_string(), "{size} bytes");
    }
}
