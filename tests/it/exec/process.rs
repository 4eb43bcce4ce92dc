//! The same process: its id, signals, exit code, descriptors and limits are the command's.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};

use super::{READ, azure, exec};
use crate::children::Kept;
use crate::command::{Akv, names_in};
use crate::gate::Gate;
use crate::shell::{Shell, messages};
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

#[test]
fn its_exit_code_is_the_command_s() {
    let azure = azure();
    for code in [0, 1, 2, 42, 126, 127, 255] {
        exec(&azure, &["sh", "-c", &format!("exit {code}")])
            .status(code)
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
    // And so is the signal that it dies of.
    for (signal, number) in [("TERM", 15), ("KILL", 9), ("PIPE", 13), ("SEGV", 11)] {
        exec(&azure, &["sh", "-c", &format!("kill -{signal} $$")])
            .status(128 + number)
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}

/// The command as the very process that was started, with pipes to it.
fn start(shell: &Shell, words: &str) -> (Kept, Pid) {
    let script = format!("exec $RUNNER \"$BIN\" exec kv-prod/db-password -- {words}");
    let child = shell
        .command(&script)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    (child, id.unwrap())
}

#[test]
fn its_id_is_the_command_s() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let (child, id) = start(&shell, "sh -c 'echo $$ $PPID'");
    let output = child.wait_with_output().unwrap();
    let expected = format!("{id} {}\n", std::process::id());
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn signals_are_the_command_s() {
    let azure = azure();
    let shell = Shell::new(&azure);
    for (signal, name) in [
        (Signal::TERM, "TERM"),
        (Signal::INT, "INT"),
        (Signal::HUP, "HUP"),
    ] {
        let trap =
            format!("trap \"echo caught; exit 7\" {name}; echo ready; while :; do read x; done");
        let (mut child, id) = start(&shell, &format!("sh -c '{trap}'"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || lines.next().map(|line| line.unwrap());
        assert_eq!(line().as_deref(), Some("ready"));
        kill_process(id, signal).unwrap();
        assert_eq!(line().as_deref(), Some("caught"));
        assert_eq!(child.wait().unwrap().code(), Some(7));
        assert_eq!(messages(child), "");

        // One that it does not catch ends it.
        let (mut child, id) = start(&shell, "sh -c 'echo ready; exec cat'");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        kill_process(id, signal).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(signal.as_raw()));
        assert_eq!(messages(child), "");
    }
    azure.ignore_log();
}

fn wait(id: Pid, options: WaitOptions) -> WaitStatus {
    waitpid(Some(id), options).unwrap().unwrap().1
}

#[test]
fn it_stops_and_goes_on() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let (mut child, id) = start(
        &shell,
        "sh -c 'echo ready; read line; echo \"$line\"; exit 3'",
    );
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    kill_process(id, Signal::STOP).unwrap();
    let stopped = wait(id, WaitOptions::UNTRACED).stopping_signal();
    assert_eq!(stopped, Some(Signal::STOP.as_raw()));
    kill_process(id, Signal::CONT).unwrap();
    assert!(wait(id, WaitOptions::CONTINUED).continued());
    child.stdin.take().unwrap().write_all(b"on\n").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "on");
    assert_eq!(child.wait().unwrap().code(), Some(3));
    azure.expect(&[&azure.token_request(), READ]);
}

/// Until there is a command, signals are ours, and what they end was never started.
#[test]
fn signals_before_it_starts() {
    let azure = azure();
    let directory = Scratch::new("exec");
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let (gate, fault) = Gate::new();
        azure.fault(READ, fault.once());
        let run = exec(&azure, &["touch", "started"])
            .cwd(directory.path())
            .status(status)
            .spawn();
        gate.wait();
        run.signal(signal);
        run.wait();
        azure.expect(&[&azure.token_request(), READ]);
    }
    assert!(names_in(directory.path()).is_empty());

    let (gate, fault) = Gate::new();
    azure.fault(READ, fault.once());
    let run = exec(&azure, &["echo", "started"])
        .stdout("started\n")
        .spawn();
    gate.wait();
    run.signal(Signal::STOP);
    run.signal(Signal::CONT);
    drop(gate);
    run.wait();
    azure.expect(&[&azure.token_request(), READ]);
}

/// The set of ignored signals in `/proc/PID/status`, SIGHUP its first bit.
fn ignored(status: &str) -> u64 {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:\t"));
    u64::from_str_radix(line.unwrap_or_default(), 16).unwrap()
}

/// As if it had been run without us: what is ignored, blocked and caught, and what is open.
#[test]
fn it_inherits_what_we_inherited() {
    let azure = azure();
    let shell = Shell::new(&azure);
    for look in [
        r"grep -E '^Sig(Blk|Ign|Cgt):' /proc/self/status",
        "ls /proc/self/fd",
        "sh -c 'umask; pwd; ulimit -S -n; ulimit -S -s'",
    ] {
        let script = format!(
            "trap '' HUP USR1; umask 027; exec 5<>/dev/null 7>&1; cd /
             env {look} >\"$HOME/own\"; akv exec kv-prod/db-password -- {look} >\"$HOME/ours\"
             cat \"$HOME/own\"; diff \"$HOME/own\" \"$HOME/ours\""
        );
        let output = shell
            .command(&script)
            .env("HOME", shell.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{look}: {output:?}"
        );
        let seen = match look {
            look if look.starts_with("grep") => ignored(&text) & 0x201 == 0x201,
            look if look.starts_with("ls") => text.contains("\n5\n7\n"),
            _ => text.starts_with("0027\n/\n"),
        };
        assert!(seen, "{look}: {text}");
        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn the_limit_of_core_files_is_the_caller_s_again() {
    let azure = azure();
    let shell = Shell::new(&azure);
    // Where nobody may have any, 0 it is.
    for limit in [
        "$(ulimit -H -c)",
        "$([ \"$(ulimit -H -c)\" = 0 ] && echo 0 || echo 8)",
        "0",
    ] {
        let script = format!(
            "ulimit -S -c {limit}; own=$(ulimit -S -c; ulimit -H -c)
             ours=$(akv exec kv-prod/db-password -- sh -c 'ulimit -S -c; ulimit -H -c')
             [ \"$own\" = \"$ours\" ] || echo \"$own, not $ours\""
        );
        shell.run(&script, 0, "", "");
        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn its_streams_are_the_command_s() {
    let azure = azure();
    exec(&azure, &["sh", "-c", "cat; echo told >&2"])
        .stdin("what it reads\0\n")
        .stdout("what it reads\0\n")
        .stderr("told\n")
        .run();
    azure.expect(&[&azure.token_request(), READ]);

    let shell = Shell::new(&azure);
    let script = "echo three >file; akv exec kv-prod/db-password -- sh -c 'cat <&3; echo four >&4' 3<file 4>other; cat other";
    shell.run(script, 0, "three\nfour\n", "");
    azure.expect(&[&azure.token_request(), READ]);

    // A secret that came on stdin is not there any more.
    Akv::new()
        .args(["exec", "kv-prod/db-password", "--client-secret-file", "-"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID, "--", "cat"])
        .azure(&azure)
        .stdin(CLIENT_SECRET)
        .run();
    azure.expect(&[&azure.token_request(), READ]);
}

/// What shows the progress of a long run is gone before the command has its first word.
#[test]
fn a_terminal_is_the_command_s() {
    let azure = Standin::builder().delay(Duration::from_millis(600)).start();
    for name in ["a", "b"] {
        azure.secret("kv-prod", name, format!("value-of-{name}"));
    }
    let shell = Shell::new(&azure);
    let run = "$RUNNER \"$BIN\" exec --vault kv-prod --secret a,b -- echo done";
    let mut command = shell.command(&format!("exec script -qec '{run}' /dev/null"));
    let output = command.output().unwrap();
    let sent = String::from_utf8(output.stdout).unwrap();
    assert!(sent.ends_with("1/2\r\u{1b}[Kdone\r\n"), "{sent:?}");
    azure.expect(&[&azure.token_request(), "GET *", "GET *"]);
}

/// Nobody reads the command's output any more: that is between the two of them.
#[test]
fn a_closed_pipe_is_the_command_s() {
    let azure: Standin = azure();
    let shell = Shell::new(&azure);
    let script = "{ akv exec kv-prod/db-password -- sh -c 'while :; do echo x; done'; echo $? >&2; } | head -n 1";
    shell.run(script, 0, "x\n", "141\n");
    azure.expect(&[&azure.token_request(), READ]);
}
