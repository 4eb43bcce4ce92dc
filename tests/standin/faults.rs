//! What can go wrong, scripted by route: another answer, or an answer that arrives in another way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{Answer, Request};
use super::log::matches;
use super::paging::next_link;

type Change = Arc<dyn Fn(&Request, &mut Answer) + Send + Sync>;

/// How an answer arrives.
#[derive(Clone, Debug)]
pub(super) enum Delivery {
    /// All of it, at once.
    Whole,
    /// The connection is closed before the first byte.
    CutBefore,
    /// The connection is closed after the head.
    CutAfterHead,
    /// The connection is closed in the middle of the body.
    CutInBody,
    /// All of it, then the connection is closed though nothing said so.
    CloseAfter,
    /// All of it, but the connection is closed when the next request has arrived on it.
    DropNext,
    /// Nothing, until the client leaves.
    StallBefore,
    /// Half the head, then nothing until the client leaves.
    StallInHead,
    /// Half the body, then nothing until the client leaves.
    StallInBody,
    /// A byte at a time: the head, then the rest at once.
    TrickleHead(Duration),
    /// The head at once, then a byte at a time.
    TrickleBody(Duration),
    /// These bytes, then the connection is closed.
    Garbage(Vec<u8>),
    /// A body without end, in chunks.
    EndlessChunked,
    /// A body said to be a gigabyte.
    EndlessSized,
}

/// One thing that goes wrong; always, unless [`Fault::times`] says how often.
///
/// It goes wrong with the answer alone: what a request writes is written, unless [`Fault::undone`] says otherwise.
#[derive(Clone)]
pub struct Fault {
    pub(super) change: Option<Change>,
    pub(super) delivery: Delivery,
    pub(super) delay: Duration,
    /// Whether the request is lost: nothing is done for it.
    pub(super) undone: bool,
    times: Option<u32>,
    skip: u32,
}

/// How often.
impl Fault {
    /// Only for this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only for one request.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Not for the first requests on its route, so many.
    #[must_use]
    pub fn skip(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// The same for a request that is lost: whatever the answer, nothing is written.
    #[must_use]
    pub fn undone(mut self) -> Self {
        self.undone = true;
        self
    }

    /// The same after a wait, which ends early when the client leaves.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The same, and then what the other one makes of it.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let changes = [self.change.take(), other.change];
        self.change = Some(Arc::new(move |request, answer| {
            for change in changes.iter().flatten() {
                change(request, answer);
            }
        }));
        self
    }

    /// The same with one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let (name, value) = (name.to_owned(), value.into());
        let before = self.change.take();
        self.change = Some(Arc::new(move |request, answer| {
            if let Some(before) = &before {
                before(request, answer);
            }
            answer.headers.push((name.clone(), value.clone()));
        }));
        self
    }
}

/// Other answers.
impl Fault {
    /// The proper answer, changed.
    pub fn change(change: impl Fn(&Request, &mut Answer) + Send + Sync + 'static) -> Self {
        Self {
            change: Some(Arc::new(change)),
            ..Self::deliver(Delivery::Whole)
        }
    }

    /// The proper answer's JSON, changed.
    pub fn change_json(change: impl Fn(&Request, &mut Value) + Send + Sync + 'static) -> Self {
        Self::change(move |request, answer| {
            let mut body = serde_json::from_slice(&answer.body).unwrap_or_default();
            change(request, &mut body);
            answer.body = body.to_string().into_bytes();
        })
    }

    /// This answer.
    pub fn answer(answer: Answer) -> Self {
        Self::change(move |_, proper| proper.clone_from(&answer))
    }

    /// Another status, with JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::answer(Answer::json(status, body))
    }

    /// Another status, with anything.
    pub fn raw(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::answer(Answer::new(status, content_type, body))
    }

    /// Another status, with nothing but a few words.
    pub fn status(status: u16) -> Self {
        Self::raw(status, "text/plain", format!("{status}"))
    }

    /// The page that a hotel's network puts in the place of everything.
    pub fn captive_portal() -> Self {
        let page = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please log in</body></html>";
        Self::raw(200, "text/html; charset=utf-8", page)
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::raw(302, "text/html", "<html><body>Moved</body></html>").header("Location", location)
    }

    /// What XSOAR says where something is not available.
    pub fn see_other(location: &str) -> Self {
        Self::raw(303, "text/html", "<html><body>See other</body></html>")
            .header("Location", location)
    }

    /// The proper answer in gzip, whether it was asked for or not.
    pub fn gzip() -> Self {
        Self::change(|_, answer| {
            answer.body = gzip(&answer.body);
            let header = ("Content-Encoding".to_owned(), "gzip".to_owned());
            answer.headers.push(header);
        })
    }

    /// The first half of the proper body, as if it were all.
    pub fn half() -> Self {
        Self::change(|_, answer| answer.body.truncate(answer.body.len() / 2))
    }

    /// The proper answer without one field.
    pub fn without(field: &'static str) -> Self {
        Self::change_json(move |_, body| {
            if let Some(fields) = body.as_object_mut() {
                fields.remove(field);
            }
        })
    }

    /// The proper answer with another value in one field, such as another secret's `id`.
    pub fn with(field: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        Self::change_json(move |_, body| body[field] = value.clone())
    }

    /// A list that goes on at this address.
    pub fn next_link(address: &str) -> Self {
        Self::with("nextLink", address)
    }

    /// A list that goes on at this very page.
    pub fn next_link_repeats() -> Self {
        Self::change_json(|request, body| {
            let host = request.host();
            body["nextLink"] = json!(format!("https://{host}:443{}", request.target));
        })
    }

    /// A list that goes on for ever, each time elsewhere.
    pub fn next_link_endless() -> Self {
        let page = AtomicU32::new(1000);
        Self::change_json(move |request, body| {
            let page = page.fetch_add(1, Ordering::Relaxed) as usize;
            body["nextLink"] = json!(next_link(request, page));
        })
    }
}

/// Other ways to arrive.
impl Fault {
    fn deliver(delivery: Delivery) -> Self {
        Self {
            change: None,
            delivery,
            delay: Duration::ZERO,
            undone: false,
            times: None,
            skip: 0,
        }
    }

    /// The same fault's answer, arriving in another fault's way: `Fault::throttled().by(Fault::trickle_body(…))`.
    #[must_use]
    pub fn by(mut self, other: Self) -> Self {
        self.delivery = other.delivery;
        self
    }

    /// The proper answer, late.
    pub fn slow(delay: Duration) -> Self {
        Self::deliver(Delivery::Whole).after(delay)
    }

    /// The connection is closed before the first byte: what was to be written is written, and nobody is told.
    pub fn cut() -> Self {
        Self::deliver(Delivery::CutBefore)
    }

    /// The connection is closed after the head.
    pub fn cut_after_head() -> Self {
        Self::deliver(Delivery::CutAfterHead)
    }

    /// The connection is closed in the middle of the body.
    pub fn cut_in_body() -> Self {
        Self::deliver(Delivery::CutInBody)
    }

    /// The connection is closed right after the answer, though nothing said so.
    pub fn close_after() -> Self {
        Self::deliver(Delivery::CloseAfter)
    }

    /// The connection is closed when the next request has arrived on it, before any byte of an answer.
    /// That request is on the record: a client that repeats it is seen to ask twice.
    pub fn drop_next() -> Self {
        Self::deliver(Delivery::DropNext)
    }

    /// No answer; the connection stays until the client leaves.
    pub fn stall() -> Self {
        Self::deliver(Delivery::StallBefore)
    }

    /// Half the head; the connection stays until the client leaves.
    pub fn stall_in_head() -> Self {
        Self::deliver(Delivery::StallInHead)
    }

    /// Half the body; the connection stays until the client leaves.
    pub fn stall_in_body() -> Self {
        Self::deliver(Delivery::StallInBody)
    }

    /// The head arrives a byte at a time.
    pub fn trickle_head(interval: Duration) -> Self {
        Self::deliver(Delivery::TrickleHead(interval))
    }

    /// The body arrives a byte at a time.
    pub fn trickle_body(interval: Duration) -> Self {
        Self::deliver(Delivery::TrickleBody(interval))
    }

    /// Bytes that are no HTTP; then the connection is closed.
    pub fn garbage(bytes: impl Into<Vec<u8>>) -> Self {
        Self::deliver(Delivery::Garbage(bytes.into()))
    }

    /// A body without end, in chunks.
    pub fn endless_chunked() -> Self {
        Self::deliver(Delivery::EndlessChunked)
    }

    /// A body said to be a gigabyte.
    pub fn endless_sized() -> Self {
        Self::deliver(Delivery::EndlessSized)
    }
}

/// The script: routes and what goes wrong there.
#[derive(Default)]
pub(super) struct Script {
    faults: Vec<(String, Fault)>,
}

impl Script {
    pub(super) fn add(&mut self, route: &str, fault: Fault) {
        self.faults.push((route.to_owned(), fault));
    }

    pub(super) fn clear(&mut self) {
        self.faults.clear();
    }

    /// The first fault for a request that is not used up, which it now is by one.
    pub(super) fn take(&mut self, line: &str) -> Option<Fault> {
        for (route, fault) in &mut self.faults {
            if fault.times == Some(0) || !covers(route, line) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            return Some(fault.clone());
        }
        None
    }
}

/// Whether a route is a request's line or a beginning of it that ends where a part of the address ends.
fn covers(route: &str, line: &str) -> bool {
    if route.contains('*') {
        return matches(route, line) || matches(&format!("{route}*"), line);
    }
    line.strip_prefix(route).is_some_and(|rest| {
        rest.is_empty() || route.ends_with(['/', '?', '=']) || rest.starts_with(['/', '?', '&'])
    })
}

/// As gzip (RFC 1952), in blocks that are stored as they are (RFC 1951).
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let checksum = !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    });
    out.extend(checksum.to_le_bytes());
    out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    out
}
