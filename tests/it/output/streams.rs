//! What is no file: standard output, descriptors, devices, pipes and terminals.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, lchown, symlink};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::links::STRANGER;
use super::{NEW, READ, azure, expect_one, fetch, is_root};
use crate::command::{Akv, names_in};
use crate::files::{make_fifo, set_mode};
use crate::gate::Gate;
use crate::shell::{Shell, code, messages};
use crate::standin::{Scratch, Standin};

#[test]
fn names_of_standard_output_are_standard_output() {
    let azure = azure();
    for output in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let directory = Scratch::new("stdout");
        fetch(&azure, directory.path(), output).stdout(NEW).run();
        expect_one(&azure);
        assert!(names_in(directory.path()).is_empty());
    }
}

#[test]
fn a_descriptor_is_written_where_it_stands() {
    let azure = azure();
    let shell = Shell::new(&azure);
    symlink("/dev/stdout", shell.join("out")).unwrap();
    symlink("/proc/self/fd", shell.join("fds")).unwrap();
    for (redirection, content) in [
        (">it", NEW.to_owned()),
        (">>it", format!("old\n{NEW}")),
        ("--output /dev/stdout >it", NEW.to_owned()),
        ("--output - >>it", format!("old\n{NEW}")),
        ("--output out >>it", format!("old\n{NEW}")),
        ("--output /dev/fd/3 3>it", NEW.to_owned()),
        ("--output /dev/fd/3 3>>it", format!("old\n{NEW}")),
        ("--output /proc/self/fd/3 3>>it", format!("old\n{NEW}")),
        ("--output fds/3 3>>it", format!("old\n{NEW}")),
        ("--output /dev/fd/3 3>&1 | cat >it", NEW.to_owned()),
        ("--output out | cat >it", NEW.to_owned()),
    ] {
        let path = shell.join("it");
        fs::write(&path, "old\n").unwrap();
        let inode = path.metadata().unwrap().ino();
        shell.run(&format!("akv fetch kv-prod/a {redirection}"), 0, "", "");
        expect_one(&azure);
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "{redirection}");
        assert_eq!(path.metadata().unwrap().ino(), inode, "{redirection}");
        assert_eq!(names_in(shell.path()), ["fds", "it", "out"]);
    }
    // A group of commands shares the descriptor, and so the place in the file.
    shell.run(
        "{ echo before; akv fetch kv-prod/a; echo behind; } >it",
        0,
        "",
        "",
    );
    expect_one(&azure);
    let written = fs::read_to_string(shell.join("it")).unwrap();
    assert_eq!(written, format!("before\n{NEW}behind\n"));
}

#[test]
fn a_device_takes_what_it_takes() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let full = "write: no space left on device\nakv-xsoar: hint: make room, and run it again\n";
    let stdout = format!("akv-xsoar: error: cannot write to standard output: {full}");
    let device = format!("akv-xsoar: error: cannot write `/dev/full`: {full}");
    let unwritable =
        "akv-xsoar: error: cannot write to standard output: write: bad file descriptor\n";
    fs::write(shell.join("it"), "old").unwrap();
    for (redirection, status, stderr) in [
        (">/dev/null", 0, ""),
        ("--output /dev/null", 0, ""),
        (">/dev/full", 9, stdout.as_str()),
        ("--output=- >/dev/full", 9, &stdout),
        ("--output=/dev/full", 9, &device),
        // Opened for reading.
        ("1<it", 9, unwritable),
    ] {
        shell.run(
            &format!("akv fetch kv-prod/a {redirection}"),
            status,
            "",
            stderr,
        );
        expect_one(&azure);
    }
    assert_eq!(fs::read_to_string(shell.join("it")).unwrap(), "old");
    assert!(
        Path::new("/dev/full")
            .metadata()
            .unwrap()
            .file_type()
            .is_char_device()
    );
    for text in ["--help", "--version"] {
        let output = shell.output(&format!("akv {text} >/dev/full"));
        assert_eq!(code(&output), 9, "{text}");
    }
}

#[test]
fn a_socket_is_no_place_for_a_result() {
    let azure = azure();
    let directory = Scratch::new("socket");
    let _listener = std::os::unix::net::UnixListener::bind(directory.join("s")).unwrap();
    let run = fetch(&azure, directory.path(), "s").status(9);
    run.stderr_has("it is neither a file nor a stream").run();
    expect_one(&azure);
}

/// What Rust makes of a closed descriptor cannot be told from `/dev/null`. What matters: no other
/// file gets its number, and with it the secrets or the messages.
#[test]
fn closed_descriptors_lead_nowhere_else() {
    let azure = azure();
    let shell = Shell::new(&azure);
    for (script, status) in [
        ("akv fetch kv-prod/a --output it >&-", 0),
        ("akv fetch kv-prod/a --output it <&- >&- 2>&-", 0),
        ("akv fetch kv-prod/a --verbose --output it 2>&-", 0),
        ("akv fetch kv-prod/a >&-", 0),
    ] {
        shell.run(script, status, "", "");
        expect_one(&azure);
        if script.contains("--output") {
            assert_eq!(
                fs::read_to_string(shell.join("it")).unwrap(),
                NEW,
                "{script}"
            );
            fs::remove_file(shell.join("it")).unwrap();
        }
    }
    shell.run("akv fetch nothing 2>&-", 2, "", "");
    assert!(names_in(shell.path()).is_empty());
}

/// More than a pipe holds.
fn much() -> Standin {
    let azure = Standin::start();
    for number in 0..8 {
        azure.secret("kv-prod", &format!("s{number}"), "x".repeat(25_000));
    }
    azure
}

const ALL: &str = "fetch --vault kv-prod --secret s0,s1,s2,s3,s4,s5,s6,s7";

fn expect_much(azure: &Standin) {
    let requests: Vec<_> = (0..8)
        .map(|n| READ.replace("/a?", &format!("/s{n}?")))
        .collect();
    let token = azure.token_request();
    let all: Vec<&str> = std::iter::once(&token)
        .chain(&requests)
        .map(String::as_str)
        .collect();
    azure.expect(&all);
}

#[test]
fn a_reader_that_has_enough_ends_the_run_silently() {
    let azure = much();
    let shell = Shell::new(&azure);
    for reader in ["head -n 1", "true", "exec <&-"] {
        let script = format!("{{ akv {ALL}; echo $? >status; }} | {reader}");
        let output = shell.output(&script);
        expect_much(&azure);
        assert_eq!(
            fs::read_to_string(shell.join("status")).unwrap(),
            "0\n",
            "{reader}"
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{reader}");
    }
    let output = shell.output("{ akv --help; echo $? >status; } | true");
    assert_eq!(fs::read_to_string(shell.join("status")).unwrap(), "0\n");
    assert!(output.stderr.is_empty());
}

#[test]
fn a_reader_that_does_not_read_meets_the_deadline() {
    let azure = much();
    let shell = Shell::new(&azure);
    make_fifo(&shell.join("fifo"));
    // Open at both ends, and read by nobody.
    let _fifo = File::options()
        .read(true)
        .write(true)
        .open(shell.join("fifo"))
        .unwrap();
    for output in ["-", "/dev/stdout", "fifo"] {
        let mut command = shell.command(&format!("akv {ALL} --output {output} --timeout 3"));
        let mut child = command.spawn().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(8), "{output}");
        let stderr = messages(child);
        let error = "akv-xsoar: error: the output was not taken in time: nobody read it within 3 s (`--timeout`)\n";
        assert_eq!(stderr, error, "{output}");
        expect_much(&azure);
    }
}

#[test]
fn a_stopped_terminal_meets_the_deadline() {
    let azure = much();
    let shell = Shell::new(&azure);
    make_fifo(&shell.join("status"));
    // Nobody waits for the other end: it is open, too.
    let mut options = File::options();
    let mut status = options
        .read(true)
        .write(true)
        .open(shell.join("status"))
        .unwrap();
    // `script` passes on what its terminal shows, and stops when nobody takes it.
    let run = format!("$RUNNER \"$BIN\" {ALL} --timeout 3 2>messages; echo $? >status");
    let mut command = shell.command(&format!("exec script -qc '{run}' /dev/null"));
    let mut child = command.spawn().unwrap();
    let limit = Timespec {
        tv_sec: 60,
        tv_nsec: 0,
    };
    let mut waited = [PollFd::new(&status, PollFlags::IN)];
    assert_eq!(poll(&mut waited, Some(&limit)), Ok(1));
    let mut bytes = [0; 8];
    let count = status.read(&mut bytes).unwrap();
    assert_eq!(&bytes[..count], b"8\n");
    drop(child.stdout.take());
    child.wait().unwrap();
    let messages = fs::read_to_string(shell.join("messages")).unwrap();
    assert!(
        messages.contains("the output was not taken in time"),
        "{messages}"
    );
    expect_much(&azure);
}

#[test]
fn a_fifo_is_written_to_its_reader() {
    let azure = azure();
    let directory = Scratch::new("fifo");
    let path = directory.join("fifo");
    make_fifo(&path);
    let inode = path.metadata().unwrap().ino();
    let reader = path.clone();
    let reader = thread::spawn(move || fs::read_to_string(reader).unwrap());
    fetch(&azure, directory.path(), "fifo").run();
    expect_one(&azure);
    assert_eq!(reader.join().unwrap(), NEW);
    let metadata = path.metadata().unwrap();
    assert!(metadata.file_type().is_fifo());
    assert_eq!(metadata.ino(), inode);
    assert_eq!(names_in(directory.path()), ["fifo"]);
}

#[test]
fn a_fifo_whose_reader_goes_away_is_an_error() {
    let azure = much();
    let shell = Shell::new(&azure);
    make_fifo(&shell.join("fifo"));
    let script = format!("head -c 1 <fifo >/dev/null & akv {ALL} --output fifo");
    let error = "akv-xsoar: error: cannot write `fifo`: its reader has gone\n";
    shell.run(&script, 9, "", error);
    expect_much(&azure);
}

#[test]
fn a_fifo_without_a_reader_meets_the_deadline() {
    let azure = azure();
    let directory = Scratch::new("lonely");
    make_fifo(&directory.join("fifo"));
    let run = fetch(&azure, directory.path(), "fifo").arg("--timeout=2");
    run.status(8)
        .stderr("akv-xsoar: error: the output was not taken in time: nobody read it within 2 s (`--timeout`)\n")
        .run();
    expect_one(&azure);
    assert_eq!(names_in(directory.path()), ["fifo"]);
}

/// Wherever it is: a group may write to the directory, or a stranger own it.
#[test]
fn a_stranger_s_fifo_gets_nothing() {
    let azure = azure();
    let checked = self::azure();
    checked.ignore_log();
    for mode in [0o700, 0o755, 0o770, 0o1777] {
        for theirs in [false, true] {
            let directory = Scratch::new("planted");
            let fifo = directory.join("fifo");
            make_fifo(&fifo);
            set_mode(directory.path(), mode);
            set_mode(&fifo, 0o666);
            // There is a reader, who gets nothing.
            let mut reader = File::options().read(true).write(true).open(&fifo).unwrap();
            let run = fetch(&azure, directory.path(), "fifo");
            if !is_root() {
                println!(
                    "only root can give a FIFO to a stranger: here, one of ours gets everything"
                );
                run.run();
                expect_one(&azure);
                let mut text = vec![0; NEW.len()];
                reader.read_exact(&mut text).unwrap();
                assert_eq!(text, NEW.as_bytes());
                continue;
            }
            lchown(&fifo, Some(STRANGER), None).unwrap();
            if theirs {
                lchown(directory.path(), Some(STRANGER), None).unwrap();
            }
            let stderr = "akv-xsoar: error: cannot write `fifo`: `fifo` is a FIFO that belongs to another user\nakv-xsoar: hint: whoever owns it may read what is written: make it as the user who runs this (`mkfifo`), or write to a pipe\n";
            run.status(9).stderr(stderr).run();
            expect_one(&azure);
            assert_eq!(rustix::io::ioctl_fionread(&reader).unwrap(), 0);
            // The same by a link of ours, and `check` says so.
            symlink("fifo", directory.join("link")).unwrap();
            let run = fetch(&azure, directory.path(), "link").status(9);
            run.stderr(stderr.replace("write `fifo`", "write `link`"))
                .run();
            expect_one(&azure);
            let check = Akv::new().args(["check", "kv-prod/a", "--output=fifo"]);
            let check = check.app(&checked).cwd(directory.path()).status(9);
            check
                .stdout_has("`fifo` is a FIFO that belongs to another user")
                .stderr_any()
                .run();
        }
    }
}

/// Something that takes the place of a FIFO while nobody reads that yet.
type Exchange = fn(&Path);

#[test]
fn another_thing_of_a_fifo_s_name_gets_nothing() {
    let exchanges: [(&str, Exchange); 4] = [
        ("a file", |path| fs::write(path, "").unwrap()),
        ("another FIFO", make_fifo),
        ("a link to a file", |path| {
            fs::write(path.with_file_name("file"), "").unwrap();
            symlink("aside/file", path).unwrap();
        }),
        ("a link to a FIFO", |path| {
            make_fifo(&path.with_file_name("other"));
            symlink("aside/other", path).unwrap();
        }),
    ];
    let azure = azure();
    for (what, exchange) in exchanges {
        let directory = Scratch::new("exchanged");
        let fifo = directory.join("fifo");
        make_fifo(&fifo);
        let (gate, fault) = Gate::new();
        azure.mend();
        azure.fault(READ, fault.once());
        let run = fetch(&azure, directory.path(), "fifo").status(9);
        let run = run
            .stderr_has("akv-xsoar: error: cannot write `fifo`: ")
            .spawn();
        gate.wait();
        drop(gate);
        // Then it looks, and waits for a reader: nothing tells when.
        thread::sleep(Duration::from_secs(1));
        fs::create_dir(directory.join("aside")).unwrap();
        let new = directory.join("aside/fifo");
        exchange(&new);
        fs::rename(&new, &fifo).unwrap();
        // Whoever planted it reads it.
        let real = fs::canonicalize(&fifo).unwrap();
        let reader = File::options().read(true).write(true).open(real).unwrap();
        run.wait();
        expect_one(&azure);
        let metadata = reader.metadata().unwrap();
        let got = if metadata.file_type().is_fifo() {
            rustix::io::ioctl_fionread(&reader).unwrap()
        } else {
            metadata.len()
        };
        assert_eq!(got, 0, "{what} got the secrets");
    }
}
