//! A real proxy: tinyproxy, as Debian packages it.

use std::fmt::Write;
use std::fs;
use std::io;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::standin::Scratch;

/// Where it listens, as a proxy's URL has it.
pub const PROXY: &str = "127.0.0.1:3128";
/// Who may use it, where it asks.
pub const USER: &str = "xsoar";
/// With which password: tinyproxy takes letters, digits, hyphens and dots.
pub const PASSWORD: &str = "Canary-Tiny.Pr0xy-Passw0rd";

/// The proxy while it runs.
pub struct Tinyproxy {
    child: Child,
    directory: Scratch,
}

impl Tinyproxy {
    /// For everybody, to everything.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// For who has the password.
    pub fn with_password() -> Self {
        Self::start_with(&format!("BasicAuth {USER} {PASSWORD}\n"))
    }

    /// Not to hosts whose name has this in it.
    pub fn forbidding(host: &str) -> Self {
        let directory = Scratch::new("tinyproxy");
        let filter = directory.write("filter", format!("{host}\n"));
        Self::start_in(directory, &format!("Filter \"{}\"\n", filter.display()))
    }

    fn start_with(more: &str) -> Self {
        Self::start_in(Scratch::new("tinyproxy"), more)
    }

    fn start_in(directory: Scratch, more: &str) -> Self {
        let log = directory.join("log");
        let mut text = String::from("Port 3128\nListen 127.0.0.1\nAllow 127.0.0.1\n");
        text.push_str("ConnectPort 443\nTimeout 60\nMaxClients 20\nLogLevel Connect\n");
        writeln!(text, "LogFile \"{}\"", log.display()).unwrap();
        text.push_str(more);
        let file = directory.write("tinyproxy.conf", text);
        // It ends with the tests, however these end.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "tinyproxy", "-d", "-c"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("setpriv: {error}: install util-linux"));
        let mut proxy = Self { child, directory };
        proxy.wait_until_there();
        proxy
    }

    fn wait_until_there(&mut self) {
        let end = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(PROXY).is_err() {
            if let Ok(Some(_)) = self.child.try_wait() {
                let words = self.child.stderr.take().map(io::read_to_string);
                let words = words.and_then(Result::ok).unwrap_or_default();
                panic!("tinyproxy does not run (install tinyproxy): {words}");
            }
            assert!(Instant::now() < end, "tinyproxy does not listen");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it was asked for, in order: `CONNECT host:port HTTP/1.1` and anything else.
    pub fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        let lines = log.lines().filter(|line| line.contains(": Request "));
        lines
            .filter_map(|line| Some(line.split_once("): ")?.1.to_owned()))
            .collect()
    }

    /// Panics unless it was asked to connect to these hosts, in whatever order, and for nothing else.
    #[track_caller]
    pub fn expect(&self, hosts: &[&str]) {
        let lines = hosts
            .iter()
            .map(|host| format!("CONNECT {host}:443 HTTP/1.1"));
        let (mut expected, mut found) = (lines.collect::<Vec<_>>(), self.requests());
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
    }
}

impl Drop for Tinyproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
