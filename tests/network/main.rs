//! What needs a network of its own (name servers, port 443, addresses that do not answer, proxies), or an `/etc` and
//! file systems of its own.
//!
//! The program runs here as on a VM, without `--connect-to`: it looks up Azure's own names and finds the stand-in on
//! port 443. For that this target runs itself again in namespaces of its own (`ground`), where the scenarios share
//! the ports and so run one after another. Nothing leaves the machine: there is no interface but loopback.

// A test says what is wrong by panicking, and what it does by printing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod addresses;
mod arc;
mod arguments;
mod check;
mod containers;
mod exec;
mod exemptions;
mod families;
mod file_systems;
mod first;
mod ground;
mod metadata;
mod mounted;
mod names;
mod output;
mod peer;
mod proxy;
mod proxy_users;
mod rogue;
mod stubborn;
mod tinyproxy;
mod unreachable;
mod xsoar;

// The runner and the stand-in are tools of all scenarios; each target uses a part.
#[allow(dead_code)]
#[path = "../it/canary.rs"]
mod canary;
#[allow(dead_code)]
#[path = "../it/children.rs"]
mod children;
#[allow(dead_code)]
#[path = "../it/command.rs"]
mod command;
#[allow(dead_code)]
#[path = "../it/files.rs"]
mod files;
#[allow(dead_code)]
#[path = "../it/running.rs"]
mod running;
#[path = "../standin/mod.rs"]
mod standin;

use std::env;
use std::io::{Write, stdout};
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Instant;

use arguments::Arguments;

/// A scenario: its name, and what it does.
type Scenario = (&'static str, fn());

/// The scenarios of a module, by their functions' names.
macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        pub const SCENARIOS: &[crate::Scenario] =
            &[$((concat!(module_path!(), "::", stringify!($name)), $name)),*];
    };
}
use scenarios;

const ALL: [&[Scenario]; 20] = [
    names::SCENARIOS,
    families::SCENARIOS,
    addresses::SCENARIOS,
    metadata::SCENARIOS,
    arc::SCENARIOS,
    arc::exchanged::SCENARIOS,
    arc::keys::SCENARIOS,
    proxy::SCENARIOS,
    proxy_users::SCENARIOS,
    exemptions::SCENARIOS,
    rogue::SCENARIOS,
    unreachable::SCENARIOS,
    output::SCENARIOS,
    file_systems::SCENARIOS,
    containers::SCENARIOS,
    xsoar::SCENARIOS,
    check::SCENARIOS,
    exec::SCENARIOS,
    first::SCENARIOS,
    mounted::SCENARIOS,
];

fn main() -> ExitCode {
    let arguments = Arguments::parse(env::args().skip(1));
    let all: Vec<Scenario> = ALL.concat();
    let (chosen, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .map(|(path, run)| (path.trim_start_matches("network::"), run))
        .partition(|(name, _)| arguments.choose(name));
    if arguments.list {
        for (name, _) in chosen {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    if !arguments.inside && !chosen.is_empty() {
        let problem = ground::enter();
        eprintln!("the tests `network` cannot run: {problem}");
        return ExitCode::FAILURE;
    }
    run(&chosen, others.len())
}

/// Runs them one after another, and tells it as Rust's own harness does.
fn run(chosen: &[Scenario], filtered_out: usize) -> ExitCode {
    if !chosen.is_empty() {
        ground::furnish();
    }
    let start = Instant::now();
    println!("\nrunning {} tests", chosen.len());
    let mut failed = Vec::new();
    for (name, scenario) in chosen {
        print!("test {name} ... ");
        let _ = stdout().flush();
        ground::reset();
        if catch_unwind(scenario).is_ok() {
            println!("ok");
        } else {
            println!("FAILED");
            failed.push(*name);
        }
    }
    if !failed.is_empty() {
        println!("\nfailures:\n    {}", failed.join("\n    "));
    }
    let verdict = if failed.is_empty() { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {} passed; {} failed; 0 ignored; 0 measured; {filtered_out} filtered out; finished in {:.2}s\n",
        chosen.len() - failed.len(),
        failed.len(),
        start.elapsed().as_secs_f64(),
    );
    ExitCode::from(u8::from(!failed.is_empty()))
}
