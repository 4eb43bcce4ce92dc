//! What came back: status, headers, and a body that is bounded and wiped.

use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use ureq::http::header::HeaderMap;
use zeroize::Zeroizing;

use super::retry;
use crate::buffer::Buffer;
use crate::deadline::seconds;
use crate::error::Exit;
use crate::text::without_mark;
use crate::token::CLOCK_TOLERANCE;

/// What a service answered, once there was no retry left that was worth its time.
pub(crate) struct Answer {
    pub(crate) host: String,
    pub(crate) status: u16,
    /// The whole body, wiped on drop.
    pub(crate) body: Zeroizing<Vec<u8>>,
    pub(super) headers: HeaderMap,
    pub(super) retries: Retries,
    /// Whether it came through the proxy.
    pub(crate) by_proxy: bool,
}

/// Who answers in the place of a machine's own service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    Amazon,
    Google,
    /// Somebody with HTML or XML, where Azure has JSON.
    Page,
}

/// What the retries came to.
pub(super) enum Retries {
    /// The answer asks for no other try.
    Done,
    /// There were as many tries as the rules have.
    Exhausted { tries: u32 },
    /// Throttled, and the deadline leaves no time for another try.
    UntilDeadline { tries: u32, timeout: String },
    /// The wait before the next one does not fit before the deadline.
    NoTime { wait: Duration, timeout: String },
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What kind of body it is, for a message: `text/html`, say. Anything else than a type's name is
    /// not shown: it is the sender's to choose.
    pub(crate) fn content_type(&self) -> String {
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

    /// Whose it is, where it is seen that it was not Azure's metadata service that answered. Azure's own host
    /// may answer with a page, too, and says so.
    pub(crate) fn stranger(&self) -> Option<Stranger> {
        let has = |name: &str, part: &str| {
            let value = self.header(name).unwrap_or_default();
            value.to_ascii_lowercase().contains(part)
        };
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        let body = without_mark(&self.body);
        let mut names = self.headers.keys();
        if has("server", "ec2ws") || names.any(|name| name.as_str().starts_with("x-aws-")) {
            Some(Stranger::Amazon)
        } else if has("metadata-flavor", "google") || has("server", "metadata server for vm") {
            Some(Stranger::Google)
        } else if has("server", "microsoft-") || has("server", "imds") {
            None
        } else {
            let is_page = kind.contains("html")
                || kind.contains("xml")
                || body.trim_ascii_start().starts_with(b"<");
            is_page.then_some(Stranger::Page)
        }
    }

    /// What the body says in JSON, or what it is instead, in words that may follow "answered with":
    /// `unfit`, where it is JSON of another kind. serde's own words would quote it.
    pub(crate) fn json<'a, T: Deserialize<'a>>(&'a self, unfit: &str) -> Result<T, String> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let kind = self.content_type();
            match error.classify() {
                Category::Data => unfit.to_owned(),
                Category::Eof if !self.body.is_empty() => format!("JSON that breaks off ({kind})"),
                _ => match self.compression() {
                    Some(name) => compressed(name),
                    None => format!("no JSON ({kind})"),
                },
            }
        })
    }

    /// How the body is compressed, where that keeps it from being read: it was asked for as it is.
    pub(crate) fn compression(&self) -> Option<&'static str> {
        let named = self.header("content-encoding").unwrap_or_default();
        let named = named.trim().to_ascii_lowercase();
        let mut known = ["gzip", "br", "deflate", "zstd", "compress"].into_iter();
        let name = match known.find(|name| named.ends_with(name)) {
            None if self.body.starts_with(&[0x1f, 0x8b]) => Some("gzip"),
            name => name,
        };
        name.filter(|_| serde_json::from_slice::<IgnoredAny>(&self.body).is_err())
    }

    /// This machine's clock beside the server's, where they differ by more than a token's times allow.
    pub(crate) fn clocks(&self) -> Option<String> {
        let (here, there) = (SystemTime::now(), self.header("date")?);
        let there = httpdate::parse_http_date(there).ok()?;
        let ahead = here
            .duration_since(there)
            .or_else(|_| there.duration_since(here));
        (ahead.ok()? > CLOCK_TOLERANCE).then(|| {
            let (here, there) = (
                httpdate::fmt_http_date(here),
                httpdate::fmt_http_date(there),
            );
            format!("set this machine's clock: it says {here}, the server's says {there}")
        })
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(|name| self.header(name), SystemTime::now())
    }
}

impl Retries {
    /// To follow the words for the answer.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Done => String::new(),
            Self::Exhausted { tries } => format!(", {}", times(*tries)),
            Self::UntilDeadline { tries, timeout } => format!(
                ", {}, until there was no time for another try (`--timeout` {timeout})",
                times(*tries)
            ),
            Self::NoTime { wait, timeout } => no_time(*wait, timeout),
        }
    }

    /// The exit code and the hint of an error that the answer leads to: those given, unless the retries
    /// say more.
    pub(super) fn verdict(&self, exit: Exit, hint: Option<String>) -> (Exit, Option<String>) {
        match self {
            Self::Done => (exit, hint),
            Self::Exhausted { .. } => (exit, Some("try again later".to_owned())),
            Self::UntilDeadline { .. } => (
                exit,
                Some("try again later, or give it more time with `--timeout SECONDS`".to_owned()),
            ),
            Self::NoTime { .. } => (
                Exit::Deadline,
                Some("give it more time with `--timeout SECONDS`, or try later".to_owned()),
            ),
        }
    }
}

fn times(tries: u32) -> String {
    match tries {
        1 => "once".to_owned(),
        _ => format!("{tries} times"),
    }
}

/// To follow "answered with".
pub(super) fn compressed(name: &str) -> String {
    format!("a body in {name}, which nobody asked for")
}

/// Behind the reason for a wait.
pub(super) fn no_time(wait: Duration, timeout: &str) -> String {
    let wait = seconds(wait);
    format!("; the next try would be in {wait}, and `--timeout` is too short for it ({timeout})")
}

/// Reads a body to its end, which gives the connection back; `None`: it is larger than that.
pub(super) fn read_body(
    reader: impl Read,
    length: Option<u64>,
    largest: u64,
) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let announced = length.unwrap_or(16 * 1024);
    if announced > largest {
        return Ok(None);
    }
    // One byte more than there is room for shows that there is more.
    let mut reader = reader.take(largest + 1);
    let mut body = Buffer::with_room(usize::try_from(announced).unwrap_or_default() + 1);
    while body.fill(|room| reader.read(room))? > 0 {}
    Ok((reader.limit() > 0).then(|| body.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_bounded() {
        let read = |size: u64, length| {
            let body = read_body(io::repeat(b'x').take(size), length, 1 << 20).unwrap();
            body.map(|body| body.len())
        };
        assert_eq!(read(0, None), Some(0));
        assert_eq!(read(100_000, None), Some(100_000));
        assert_eq!(read(1 << 20, Some(1 << 20)), Some(1 << 20));
        assert!(read((1 << 20) + 1, None).is_none());
        assert!(read(0, Some((1 << 20) + 1)).is_none());
        assert!(read(u64::MAX, None).is_none());
    }
}
