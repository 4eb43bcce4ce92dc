//! The tests' own ground: a network with nothing but loopback, an `/etc` of its own, and the folders of Arc's agent.

use std::fs;
use std::io;
use std::net::{Ipv6Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::INSIDE;

/// For a user without rights: as root of a user namespace of its own.
const AS_USER: &[&str] = &["--user", "--map-root-user"];
/// With `--kill-child` nothing stays behind when the tests are interrupted.
const OWN: &[&str] = &["--net", "--mount", "--fork", "--kill-child"];

const HOW: &str = "\
    they need network and mount namespaces of their own, as any user where the system allows user namespaces:\n\
    - Debian: sysctl kernel.unprivileged_userns_clone=1\n\
    - Ubuntu 24.04 and later: sysctl kernel.apparmor_restrict_unprivileged_userns=0\n\
    - elsewhere: sysctl user.max_user_namespaces must not be 0\n\
    - in a container: allow the system calls `unshare` and `mount` (docker run --privileged, or \
      --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined)\n\
    or run the tests as root";

/// Becomes the same program with the same arguments in namespaces of its own; returns only to say why it cannot.
pub fn enter() -> String {
    let root = rustix::process::geteuid().is_root();
    let ways: &[&[&str]] = if root { &[&[], AS_USER] } else { &[AS_USER] };
    let mut problems = Vec::new();
    for way in ways {
        let tried = Command::new("unshare")
            .args(*way)
            .args(OWN)
            .arg("true")
            .output();
        match tried {
            Ok(output) if output.status.success() => {
                let program = std::env::current_exe().expect("this program's own path");
                let error = Command::new("unshare")
                    .args(*way)
                    .args(OWN)
                    .arg(program)
                    .arg(INSIDE)
                    .args(std::env::args_os().skip(1))
                    .env("PATH", path())
                    .exec();
                return format!("unshare: {error}");
            }
            Ok(output) => problems.push(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return "there is no `unshare`: install util-linux".to_owned();
            }
            Err(error) => problems.push(format!("unshare: {error}")),
        }
    }
    format!("{}\n{HOW}", problems.join("\n"))
}

/// The programs' folders, with those where a user's shell does not look for `ip`.
fn path() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{path}:/usr/sbin:/sbin")
}

/// Brings loopback up, and puts an empty `/etc` over the machine's: what is not written here is not there.
pub fn furnish() {
    ip(&["link", "set", "lo", "up"]);
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        let _ = fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0");
        let ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0));
        ipv6.expect("IPv6 on loopback: it is switched off in this kernel (`ipv6.disable=1`?)");
    }
    // Where the C library is found, on systems that keep it elsewhere than in the usual places.
    let libraries = fs::read("/etc/ld.so.cache");
    run("util-linux", "mount", &["-t", "tmpfs", "tmpfs", "/etc"]);
    if let Ok(libraries) = libraries {
        write("ld.so.cache", libraries);
    }
    own_folders_of_arc();
    // A cache of names would answer from outside.
    if fs::exists("/run/nscd").unwrap_or(false) {
        run(
            "util-linux",
            "mount",
            &["-t", "tmpfs", "tmpfs", "/run/nscd"],
        );
    }
}

/// The folders that Azure Arc's agent has to itself. What else is in `/opt` stays: it may be where this is built.
fn own_folders_of_arc() {
    run("util-linux", "mount", &["-t", "tmpfs", "tmpfs", "/var/opt"]);
    let old = "/var/opt/opt";
    fs::create_dir(old).expect("a folder in our own /var/opt");
    run("util-linux", "mount", &["--rbind", "/opt", old]);
    run("util-linux", "mount", &["-t", "tmpfs", "tmpfs", "/opt"]);
    for entry in fs::read_dir(old).expect("the folder /opt").flatten() {
        let name = entry.file_name();
        if entry.path().is_dir() && name != "azcmagent" {
            let (from, to) = (entry.path(), Path::new("/opt").join(name));
            fs::create_dir(&to).expect("a folder in our own /opt");
            let (from, to) = (from.display().to_string(), to.display().to_string());
            run("util-linux", "mount", &["--rbind", &from, &to]);
        }
    }
}

/// The usual files: one name server, at 127.0.0.1, that is given up after a second.
pub fn reset() {
    resolv_conf("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    hosts("");
    write("nsswitch.conf", "hosts: files dns\n");
    accounts("", "");
}

/// What follows root in `/etc/passwd` and `/etc/group`.
pub fn accounts(users: &str, groups: &str) {
    write("passwd", format!("root:x:0:0:root:/:/bin/sh\n{users}"));
    write("group", format!("root:x:0:\n{groups}"));
}

/// Another `/etc/resolv.conf`.
pub fn resolv_conf(text: &str) {
    write("resolv.conf", text);
}

/// What follows `localhost` in `/etc/hosts`.
pub fn hosts(text: &str) {
    write(
        "hosts",
        format!("127.0.0.1 localhost\n::1 localhost\n{text}"),
    );
}

/// Takes a file of `/etc` away.
pub fn remove(name: &str) {
    fs::remove_file(format!("/etc/{name}")).expect("a file that was there");
}

fn write(name: &str, content: impl AsRef<[u8]>) {
    fs::write(format!("/etc/{name}"), content).expect("a file in our own /etc");
}

/// Something that `ip` added, taken away when dropped.
#[must_use]
pub struct Added(Vec<String>);

impl Added {
    /// `ip WHAT add …`, such as `addr add 10.0.0.1/32 dev lo`.
    pub fn new(words: &str) -> Self {
        let words: Vec<&str> = words.split(' ').collect();
        ip(&words);
        let undo = words.iter().map(|word| match *word {
            "add" => "del".to_owned(),
            word => word.to_owned(),
        });
        Self(undo.collect())
    }

    /// An address of this machine.
    pub fn address(address: &str) -> Self {
        // `nodad`: usable at once.
        let bits = if address.contains(':') {
            "128 nodad"
        } else {
            "32"
        };
        Self::new(&format!("addr add {address}/{bits} dev lo"))
    }
}

impl Drop for Added {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(&self.0).output();
    }
}

/// A file system in memory, gone when dropped.
#[must_use]
pub struct Mounted(PathBuf);

impl Mounted {
    /// Over a folder, with these options of `mount`.
    pub fn over(folder: &Path, options: &str) -> Self {
        let path = folder.to_str().expect("a path of ours");
        let words = ["-t", "tmpfs", "-o", options, "tmpfs", path];
        run("util-linux", "mount", &words);
        Self(folder.to_owned())
    }

    /// Nothing in it can be changed any more.
    pub fn read_only(&self) {
        let path = self.0.to_str().expect("a path of ours");
        run("util-linux", "mount", &["-o", "remount,ro", path]);
    }

    /// A file over another.
    pub fn bound(file: &Path, over: &Path) -> Self {
        let [from, to] = [file, over].map(|path| path.to_str().expect("a path of ours"));
        run("util-linux", "mount", &["--bind", from, to]);
        Self(over.to_owned())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

fn ip(words: &[&str]) {
    run("iproute2", "ip", words);
}

fn run(package: &str, program: &str, words: &[&str]) {
    let output = Command::new(program).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}: install {package}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {said}");
}
