//! The scenarios: the real program against the stand-in for Azure.

// A test says what is wrong by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]
// The runner and the stand-in are tools of all scenarios; each uses a part.
#![allow(dead_code)]

mod ahead;
mod answers;
mod app_service;
mod canary;
mod certificate;
mod check;
mod children;
mod choice;
mod cloud;
mod command;
mod completions;
mod configuration;
mod deadline;
mod documents;
mod encodings;
mod entra;
mod exec;
mod fetch;
mod files;
mod formats;
mod gate;
mod hooks;
mod late;
mod listing;
#[path = "../manual/mod.rs"]
mod manual;
mod messages;
mod metadata;
mod missing;
mod network_options;
mod output;
mod parallel;
mod protocol;
mod push;
mod retry;
mod running;
mod secrecy;
mod selection;
mod shaping;
mod shell;
#[path = "../standin/mod.rs"]
mod standin;
mod status;
mod tidy;
mod tls;
mod usage;
mod variables;
mod vault;
mod vaults;
mod workload;
mod xsoar;
