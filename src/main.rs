//! Arguments and environment in; result, messages and exit code out.

mod messages;

use std::io::{IsTerminal, stdout};
use std::process::ExitCode;
use std::time::Instant;

use akv_xsoar::check::{State, Step, check};
use akv_xsoar::error::{Exit, Failures};
use akv_xsoar::options::{self, Inspection, Wish};
use akv_xsoar::process::{self, Caller};
use akv_xsoar::run;
use akv_xsoar::sink::Sink;
use messages::{Kind, Messages, Paint};

fn main() -> ExitCode {
    let core_limit = process::harden();
    let start = Instant::now();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let messages = Messages::new(options::verbosity(&arguments), start);
    let variable = |name: &str| std::env::var_os(name);
    let caller = Caller {
        variable: &variable,
        core_limit,
    };
    let result = obey(arguments, start, &caller, &messages);
    messages.over();
    match result {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failures) => {
            for error in failures.iter() {
                messages.print(Kind::Error, &error.to_string());
                if let Some(hint) = error.advice() {
                    messages.print(Kind::Hint, hint);
                }
            }
            ExitCode::from(failures.exit().code())
        }
    }
}

fn obey(
    arguments: Vec<std::ffi::OsString>,
    start: Instant,
    caller: &Caller,
    messages: &Messages,
) -> Result<Exit, Failures> {
    let wish = options::read(arguments, caller.variable, start, messages, |v| {
        messages.set_verbosity(v);
    })?;
    match wish {
        Wish::Show(text) => {
            Sink::stdout().write(text.as_bytes(), &messages.deadline())?;
        }
        Wish::Run(options) => {
            messages.set_deadline(options.network.deadline);
            run(&options, caller, messages)?;
        }
        Wish::Check(inspection) => {
            messages.set_deadline(inspection.deadline);
            return inspect(*inspection, messages);
        }
    }
    Ok(Exit::Done)
}

/// Each step is on standard output as soon as it is over.
fn inspect(inspection: Inspection, messages: &Messages) -> Result<Exit, Failures> {
    let (jsonl, deadline) = (inspection.jsonl, inspection.deadline);
    let paint = Paint::on(stdout().is_terminal());
    check(inspection, messages, &mut |step: &Step| {
        messages.over();
        let line = if jsonl {
            step.object()
        } else {
            step.line(|state, word| match state {
                State::Ok => paint.green(word),
                State::Note => word.to_owned(),
                State::Failed => paint.red(word),
            })
        };
        Sink::stdout().write(line.as_bytes(), &deadline)
    })
}
