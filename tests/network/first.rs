//! The first process of a container, which the kernel lets ignore every signal that it has no handler for.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use crate::command::{Akv, names_in};
use crate::files::make_fifo;
use crate::running::Running;
use crate::scenarios;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

scenarios![
    a_signal_ends_it_while_nothing_answers,
    a_signal_ends_it_while_it_reads,
    its_status_tells_of_the_signal,
    what_it_leaves_the_next_run_removes,
    a_command_in_its_place_has_the_signals_as_they_were,
    elsewhere_a_signal_is_what_it_died_of,
];

const SIGNALS: [Signal; 4] = [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT];

/// In a namespace of processes whose first it is.
const FIRST: [&str; 5] = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// The id by which the program is known out here: the only child of `unshare`.
fn child_of(unshare: u32) -> Pid {
    let parent = format!("PPid:\t{unshare}\n");
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let id = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            let status = fs::read_to_string(entry.path().join("status"));
            let is_it = status.is_ok_and(|status| status.contains(&parent));
            if let Some(id) = id.and_then(Pid::from_raw).filter(|_| is_it) {
                return id;
            }
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("`unshare` has no child");
}

/// Sends it, and expects the end of the run at once.
fn ends(run: Running, signal: Signal) {
    kill_process(child_of(run.id()), signal).unwrap();
    let sent = Instant::now();
    let output = run.wait();
    assert!(!output.killed, "{output:?}");
    assert!(
        sent.elapsed() < Duration::from_secs(2),
        "{:?}",
        sent.elapsed()
    );
}

/// Somebody who takes a connection and says nothing.
struct Silent(TcpListener);

impl Silent {
    fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Waits until the program is there.
    fn asked(&self) -> TcpStream {
        let mut waited = [PollFd::new(&self.0, PollFlags::IN)];
        let limit = Timespec {
            tv_sec: 30,
            tv_nsec: 0,
        };
        assert_eq!(poll(&mut waited, Some(&limit)), Ok(1), "nobody came");
        self.0.accept().unwrap().0
    }
}

fn a_signal_ends_it_while_nothing_answers() {
    for signal in SIGNALS {
        let status = 128 + signal.as_raw();
        let silent = Silent::new();
        let scratch = Scratch::new("first");
        scratch.write("it", "old");
        // The metadata endpoint.
        let run = Akv::new()
            .through(&FIRST)
            .args(["fetch", "kv-prod/a", "--output=it", "--timeout=20"])
            .env(
                "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                format!("http://{}", silent.address()),
            )
            .cwd(scratch.path())
            .status(status)
            .spawn();
        let _held = silent.asked();
        ends(run, signal);
        // Entra ID, in the middle of TLS.
        let run = Akv::new()
            .through(&FIRST)
            .args(["exec", "kv-prod/a", "--timeout=20", "--tenant-id", TENANT])
            .args(["--client-id", CLIENT_ID])
            .arg(format!("--connect-to=::{}", silent.address()))
            .args(["--", "true"])
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .status(status)
            .spawn();
        let _held = silent.asked();
        ends(run, signal);
        assert_eq!(fs::read_to_string(scratch.join("it")).unwrap(), "old");
        assert_eq!(names_in(scratch.path()), ["it"]);
    }
}

/// There and elsewhere, and ends it no later.
fn its_status_tells_of_the_signal() {
    for signal in SIGNALS {
        let status = 128 + signal.as_raw();
        let silent = Silent::new();
        let scratch = Scratch::new("first");
        let run = Akv::new()
            .through(&FIRST)
            .args(["fetch", "kv-prod/a", "--status=s.json", "--timeout=20"])
            .env(
                "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                format!("http://{}", silent.address()),
            )
            .cwd(scratch.path())
            .status(status)
            .spawn();
        let _held = silent.asked();
        ends(run, signal);
        let told = fs::read_to_string(scratch.join("s.json")).unwrap();
        assert!(told.contains(&format!("\"exit\": {status},\n")), "{told}");
        assert!(told.contains("\"ended by SIG"), "{told}");
        assert_eq!(names_in(scratch.path()), ["s.json"]);
    }
}

fn a_signal_ends_it_while_it_reads() {
    for signal in SIGNALS {
        let scratch = Scratch::new("first");
        make_fifo(&scratch.join("pipe"));
        for arguments in [
            ["fetch", "kv-prod/a", "--config=pipe", "--timeout=20"],
            ["push", "kv-prod/a", "--config=-", "--timeout=20"],
        ] {
            let run = Akv::new()
                .through(&FIRST)
                .args(arguments)
                .stdin_open()
                .cwd(scratch.path())
                .status(128 + signal.as_raw())
                .spawn();
            // It is the program, and no longer `unshare`; then it begins to read.
            let id = child_of(run.id());
            let name = format!("/proc/{}/comm", id.as_raw_nonzero());
            while fs::read_to_string(&name).unwrap() == "unshare\n" {
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(100));
            ends(run, signal);
        }
    }
}

/// Whenever it is killed, what was there is whole, and the next run leaves nothing but its own.
fn what_it_leaves_the_next_run_removes() {
    const COUNT: usize = 100;
    const SIZE: usize = 20_000;
    let azure = Standin::start();
    let names: Vec<_> = (0..COUNT).map(|number| format!("s{number}")).collect();
    let fill = |letter: &str| {
        for name in &names {
            azure.secret("kv-prod", name, letter.repeat(SIZE));
        }
    };
    let scratch = Scratch::new("first");
    let creds = scratch.join("creds");
    let secrets = format!("--secret={}", names.join(","));
    let fetch = || {
        Akv::new()
            .args(["fetch", "--vault=kv-prod", &secrets])
            .args(["--format=files", "--output=creds"])
            .app(&azure)
            .cwd(scratch.path())
    };
    let is_whole = |letter: &str| {
        let value = |name| fs::read_to_string(creds.join("kv-prod").join(name)).unwrap();
        assert!(names.iter().all(|name| value(name) == letter.repeat(SIZE)));
    };
    fill("o");
    fetch().run();
    let usual = names_in(&creds).len();
    fill("n");
    for round in 0..12 {
        let run = fetch()
            .through(&FIRST)
            .status(128 + Signal::TERM.as_raw())
            .spawn();
        let id = child_of(run.id());
        // It begins to write once the directory has something new; of the runs before there may be something, too.
        let before = names_in(&creds);
        let end = Instant::now() + Duration::from_secs(30);
        while names_in(&creds) == before && Instant::now() < end {
            thread::yield_now();
        }
        thread::sleep(Duration::from_micros(round * 60));
        kill_process(id, Signal::TERM).unwrap();
        run.wait();
        is_whole("o");
    }
    let left = names_in(&creds);
    assert!(left.len() > usual, "nothing was left: {left:?}");
    fetch().run();
    azure.ignore_log();
    is_whole("n");
    assert_eq!(names_in(&creds).len(), usual, "{:?}", names_in(&creds));
}

fn a_command_in_its_place_has_the_signals_as_they_were() {
    let azure = Standin::start();
    azure.secret("kv-prod", "a", "value-of-a");
    Akv::new()
        .through(&FIRST)
        .args(["exec", "kv-prod/a"])
        .app(&azure)
        .args(["--", "/bin/cat", "/proc/self/status"])
        .stdout_has("\nPid:\t1\n")
        .stdout_has("\nSigBlk:\t0000000000000000\n")
        .stdout_has("\nSigCgt:\t0000000000000000\n")
        .run();
    azure.ignore_log();
}

fn elsewhere_a_signal_is_what_it_died_of() {
    let silent = Silent::new();
    let run = Akv::new()
        .args(["fetch", "kv-prod/a", "--timeout=20"])
        .env(
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
            format!("http://{}", silent.address()),
        )
        .status(128 + Signal::TERM.as_raw())
        .spawn();
    let _held = silent.asked();
    run.signal(Signal::TERM);
    let output = run.wait();
    assert!(output.killed, "{output:?}");
}
