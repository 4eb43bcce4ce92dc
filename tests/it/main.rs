//! The scenarios: the real program against the stand-in for Azure.

// A test says what is wrong by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]
// The runner and the stand-in are tools of all scenarios; each uses a part.
#![allow(dead_code)]

mod canary;
mod command;
mod fetch;
mod running;
mod stand_in;
#[path = "../standin/mod.rs"]
mod standin;
