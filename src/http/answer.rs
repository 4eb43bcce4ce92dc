//! What came back: status, headers, and a body that is bounded and wiped.

use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::error::Category;
use ureq::http::header::HeaderMap;
use zeroize::{Zeroize, Zeroizing};

use super::failure::{Failure, Kind};
use super::retry;
use crate::deadline::seconds;
use crate::error::Exit;

/// What a service answered, once there was no retry left that was worth its time.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The whole body, wiped on drop.
    pub body: Zeroizing<Vec<u8>>,
    pub(super) headers: HeaderMap,
    pub(super) standing: Standing,
}

/// Why an answer that asks for another try was handed on all the same.
pub(super) enum Standing {
    /// It does not ask for one.
    Final,
    /// There were as many tries as the rules have.
    Exhausted(u32),
    /// The wait does not fit before the deadline.
    NoTime { wait: Duration, timeout: String },
}

impl Answer {
    /// A header's value, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What kind of body it is, for a message: `text/html`, say. Anything else than a type's name is
    /// not shown: it is the sender's to choose.
    #[must_use]
    pub fn content_type(&self) -> String {
        let Some(text) = self.header("content-type") else {
            return "no content type".to_owned();
        };
        let name = text.split(';').next().unwrap_or_default().trim();
        let known = ["text/", "application/", "image/"]
            .iter()
            .any(|group| name.starts_with(group));
        let short = name.len() <= 40;
        let plain = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/+-.".contains(&b));
        if known && short && plain {
            name.to_owned()
        } else {
            "an odd content type".to_owned()
        }
    }

    /// The exit code of an error that this answer leads to: what the caller says, unless the answer
    /// asked for a wait that does not fit.
    #[must_use]
    pub fn exit(&self, exit: Exit) -> Exit {
        match self.standing {
            Standing::NoTime { .. } => Exit::Deadline,
            _ => exit,
        }
    }

    /// What the body says in JSON, or what it is instead, in words that may follow "answered with":
    /// `unfit`, where it is JSON of another kind. serde's own words would quote it.
    ///
    /// # Errors
    /// Those words.
    pub fn json<'a, T: Deserialize<'a>>(&'a self, unfit: &str) -> Result<T, String> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let kind = self.content_type();
            match error.classify() {
                Category::Data => unfit.to_owned(),
                Category::Eof if !self.body.is_empty() => format!("JSON that breaks off ({kind})"),
                _ => format!("no JSON ({kind})"),
            }
        })
    }

    /// The wait that it asks for.
    #[must_use]
    pub fn wish(&self) -> Option<Duration> {
        retry::wish(|name| self.header(name), SystemTime::now())
    }

    /// What the retries came to, to follow the words for the answer; empty if there were none.
    #[must_use]
    pub fn aftermath(&self) -> String {
        match &self.standing {
            Standing::Final => String::new(),
            Standing::Exhausted(tries) => format!(", {tries} times"),
            Standing::NoTime { wait, timeout } => no_time(*wait, timeout),
        }
    }

    /// What to do about the retries' end.
    #[must_use]
    pub fn aftermath_hint(&self) -> Option<String> {
        match self.standing {
            Standing::NoTime { .. } => {
                Some("give it more time with `--timeout SECONDS`, or try later".to_owned())
            }
            Standing::Exhausted(_) => Some("try again later".to_owned()),
            Standing::Final => None,
        }
    }
}

/// Behind the reason for a wait.
pub(super) fn no_time(wait: Duration, timeout: &str) -> String {
    let wait = seconds(wait);
    format!("; the next try would be in {wait}, and `--timeout` is too short for it ({timeout})")
}

/// Why a body could not be read.
pub(super) enum BodyProblem {
    Ours(Failure),
    Read(io::Error),
}

/// Reads a body to its end, which gives the connection back, into memory that is wiped.
pub(super) fn read_body(
    mut reader: impl Read,
    length: Option<u64>,
    largest: usize,
    host: &str,
) -> Result<Zeroizing<Vec<u8>>, BodyProblem> {
    let too_large = || {
        let cause =
            format!("the answer of `{host}` is larger than any that makes sense ({largest} bytes)");
        BodyProblem::Ours(Failure::new(Kind::Garbled, cause))
    };
    let announced = length
        .map_or(Ok(16 * 1024), usize::try_from)
        .unwrap_or(usize::MAX);
    if announced > largest {
        return Err(too_large());
    }
    let mut body = Zeroizing::new(vec![0; announced + 1]);
    let mut filled = 0;
    loop {
        if filled == body.len() {
            if filled > largest {
                return Err(too_large());
            }
            // Not `resize`: it would leave what it moves from unwiped.
            let mut larger = Zeroizing::new(vec![0; (filled * 2).min(largest + 1)]);
            larger[..filled].copy_from_slice(&body);
            body = larger;
        }
        match reader.read(&mut body[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(BodyProblem::Read(error)),
        }
    }
    body[filled..].zeroize();
    body.truncate(filled);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_bounded() {
        let read = |size: u64, length| {
            read_body(io::repeat(b'x').take(size), length, 1 << 20, "h").map(|b| b.len())
        };
        assert_eq!(read(0, None).ok(), Some(0));
        assert_eq!(read(100_000, None).ok(), Some(100_000));
        assert_eq!(read(1 << 20, Some(1 << 20)).ok(), Some(1 << 20));
        assert!(read((1 << 20) + 1, None).is_err());
        assert!(read(0, Some((1 << 20) + 1)).is_err());
        assert!(read(u64::MAX, None).is_err());
    }
}
