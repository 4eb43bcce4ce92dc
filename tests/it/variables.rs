//! `--format dotenv` and `shell`: what variables are called, which are refused, and every byte of them.

mod bytes;
mod evaluated;
mod names;
mod refused;
mod selecting;
mod shells;

use crate::command::Akv;
use crate::standin::Standin;

/// What a name that is refused is answered with.
const HINT: &str = "or put something in front of every name: `--prefix`";

/// A run that writes assignments for a shell, which have the simplest form.
fn shell<'a>(azure: &'a Standin, args: &[&str]) -> Akv<'a> {
    Akv::new()
        .args(["fetch", "--format", "shell"])
        .args(args)
        .app(azure)
}

/// A vault with these secrets, `value-of-NAME` each.
fn with(names: &[&str]) -> Standin {
    let azure = Standin::start();
    for name in names {
        azure.secret("kv-prod", name, format!("value-of-{name}"));
    }
    azure
}

/// The lines that assign these secrets to these variables.
fn lines(variables: &[(&str, &str)]) -> String {
    let line = |(variable, secret): &(&str, &str)| format!("{variable}='value-of-{secret}'\n");
    variables.iter().map(line).collect()
}
