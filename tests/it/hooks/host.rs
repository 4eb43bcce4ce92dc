//! An engine's host, below a directory of the test's own. What systemd does around a unit's command is done here:
//! the user, the directories, the credential, the variables, and what is taken away afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{getegid, geteuid};
use serde_json::{Value, json};

use super::unit::{CommandLine, Unit, text_of};
use crate::command::{Akv, binary, runner};
use crate::files::set_mode;
use crate::running::{Input, Output, Running};
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

/// Where the program is, and its configuration.
const PROGRAM: &str = "/usr/local/bin/akv-xsoar";
const CONFIGURATION: &str = "/etc/akv-xsoar.json";

/// The number that the engine's user has here, where the tests are root and may become anybody.
const DEMISTO: u32 = 47_110;

/// Which units, and what systemd makes of their credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// From 247: the credential is a file of the user's own, 0400.
    Own,
    /// From 254: it is root's, and an access list lets the user read it. To `stat` that is 0440.
    Listed,
    /// Before 247 there is none: the user reads the file in `/etc`.
    Before247,
}

impl Variant {
    pub const ALL: [Self; 3] = [Self::Own, Self::Listed, Self::Before247];

    /// A unit or drop-in of this variant.
    pub fn unit(self, name: &str) -> Unit {
        Unit::parse(&self.text(name))
    }

    pub fn text(self, name: &str) -> String {
        // The timers serve both.
        if self == Self::Before247 && !name.contains(".timer") {
            text_of(&format!("before-247/{name}"))
        } else {
            text_of(name)
        }
    }
}

pub struct Host<'a> {
    azure: &'a Standin,
    root: Scratch,
    pub variant: Variant,
}

impl<'a> Host<'a> {
    /// As the README sets it up; `db` and `api` of `kv-prod` are wanted.
    pub fn new(azure: &'a Standin, variant: Variant) -> Self {
        let root = Scratch::new("host");
        set_mode(root.path(), 0o755);
        let host = Self {
            azure,
            root,
            variant,
        };
        for folder in ["/etc", "/run/credentials", "/usr/local/bin"] {
            fs::create_dir_all(host.path(folder)).unwrap();
        }
        for folder in [
            "/etc",
            "/run",
            "/run/credentials",
            "/usr",
            "/usr/local",
            "/usr/local/bin",
        ] {
            set_mode(host.path(folder), 0o755);
        }
        // By a process of its own: what is open for writing in this one, the child of another test may keep open.
        let copied = Command::new("cp")
            .arg(binary())
            .arg(host.path(PROGRAM))
            .status();
        assert!(copied.unwrap().success());
        set_mode(host.path(PROGRAM), 0o755);
        set_mode(host.root.write("etc/ca.pem", azure.ca_pem()), 0o644);
        host.configure(&json!({}));
        if variant == Variant::Before247 {
            host.make_directories();
        }
        host
    }

    /// A path that the units name.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root
            .join(path.strip_prefix('/').expect("a whole path"))
    }

    /// The user whom the units run as, and the group.
    pub fn user() -> (u32, u32) {
        if geteuid().is_root() {
            (DEMISTO, DEMISTO)
        } else {
            (geteuid().as_raw(), getegid().as_raw())
        }
    }

    /// Writes the configuration of what is fetched, with these keys instead of the usual ones.
    pub fn configure(&self, changes: &Value) {
        self.configure_at(CONFIGURATION, changes);
    }

    /// Writes a configuration, with these keys instead of the usual ones.
    pub fn configure_at(&self, path: &str, changes: &Value) {
        let mut json = json!({
            "tenant_id": TENANT,
            "client_id": CLIENT_ID,
            "credentials": {"password": CLIENT_SECRET},
            "key_vaults": "kv-prod",
            "secrets": "db,api",
            "connect_to": [self.azure.connect_to()],
            "ca_file": self.path("/etc/ca.pem"),
        });
        let changes = changes.as_object().expect("keys").clone();
        json.as_object_mut().unwrap().extend(changes);
        self.keep(path, &json.to_string());
    }

    /// Writes a file that is nobody else's business, with the mode that the README gives it.
    pub fn keep(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::write(&path, text).unwrap();
        if self.variant == Variant::Before247 {
            set_mode(&path, 0o640);
            give(&path, None);
        } else {
            set_mode(&path, 0o600);
        }
    }

    /// What `systemd-tmpfiles --create` does.
    fn make_directories(&self) {
        let names = ["akv-xsoar.conf", "akv-xsoar-push.conf"];
        let texts = names.map(|name| self.variant.text(&format!("tmpfiles.d/{name}")));
        let lines = texts.iter().flat_map(|text| text.lines());
        for line in lines.filter(|line| !line.starts_with('#')) {
            let words: Vec<_> = line.split_whitespace().collect();
            let ["d", path, mode, "demisto", "-", "-"] = words[..] else {
                panic!("not read here: {line}");
            };
            self.make_directory(path, mode);
        }
    }

    fn make_directory(&self, path: &str, mode: &str) {
        let path = self.path(path);
        fs::create_dir_all(&path).unwrap();
        set_mode(&path, u32::from_str_radix(mode, 8).unwrap());
        give(&path, Some(Self::user().0));
    }

    /// `StateDirectory=NAME`: for a dynamic user a link, to where the unit's own view of the system lets it in.
    fn make_state(&self, name: &str, dynamic: bool) {
        let path = format!("/var/lib/{name}");
        if !dynamic {
            return self.make_directory(&path, "0755");
        }
        self.make_directory(&format!("/var/lib/private/{name}"), "0755");
        let link = self.path(&path);
        if !link.is_symlink() {
            symlink(format!("private/{name}"), link).unwrap();
        }
    }

    /// Starts a unit that runs one command to its end; `akv` says what is expected of that.
    #[track_caller]
    pub fn start(&self, name: &str, akv: Akv<'a>) -> Output {
        let unit = self.variant.unit(name);
        assert_eq!(unit.one("Service", "Type"), Some("oneshot"));
        // A dynamic user is nobody in particular, and so is ours.
        let dynamic = unit.one("Service", "DynamicUser") == Some("yes");
        assert_eq!(dynamic, unit.one("Service", "User") != Some("demisto"));
        let mut variables = BTreeMap::from([
            ("HOME", "/home/demisto".to_owned()),
            ("USER", "demisto".to_owned()),
            (
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
            ),
        ]);
        let runtime = unit.one("Service", "RuntimeDirectory");
        let runtime = runtime.map(|name| format!("/run/{name}"));
        if let Some(path) = &runtime {
            let mode = unit.one("Service", "RuntimeDirectoryMode");
            self.make_directory(path, mode.unwrap_or("0755"));
            variables.insert("RUNTIME_DIRECTORY", path.clone());
        }
        if let Some(name) = unit.one("Service", "StateDirectory") {
            self.make_state(name, dynamic);
        }
        let credentials = format!("/run/credentials/{name}");
        let sources = unit.all("Service", "LoadCredential");
        if !sources.is_empty() {
            self.load(&credentials, &sources);
            variables.insert("CREDENTIALS_DIRECTORY", credentials.clone());
        }

        let commands = unit.commands("ExecStart");
        let [command] = &commands[..] else {
            panic!("{name} has not one command: {commands:?}");
        };
        let command = self.command(&unit, command, &variables);
        let output = Running::start(command, Input::default(), akv).wait();

        // What goes with the unit.
        if self.path(&credentials).exists() {
            set_mode(self.path(&credentials), 0o700);
            fs::remove_dir_all(self.path(&credentials)).unwrap();
        }
        let preserve = unit.one("Service", "RuntimeDirectoryPreserve");
        if let Some(path) = runtime.filter(|_| preserve != Some("yes")) {
            fs::remove_dir_all(self.path(&path)).unwrap();
        }
        output
    }

    /// `LoadCredential=ID:PATH`: systemd, as root, copies the files.
    fn load(&self, directory: &str, sources: &[&str]) {
        let (of_file, of_directory, owner) = match self.variant {
            Variant::Own => (0o400, 0o500, Some(Self::user().0)),
            // The group stands for the access list.
            Variant::Listed => (0o440, 0o550, None),
            Variant::Before247 => panic!("there is no LoadCredential="),
        };
        let directory = self.path(directory);
        fs::create_dir_all(&directory).unwrap();
        for source in sources {
            let (id, path) = source.split_once(':').expect("ID:PATH");
            let file = directory.join(id);
            fs::copy(self.path(path), &file).unwrap();
            set_mode(&file, of_file);
            give(&file, owner);
        }
        set_mode(&directory, of_directory);
        give(&directory, owner);
    }

    /// A command of a unit's as its user, with nothing that the unit does not give.
    fn command(
        &self,
        unit: &Unit,
        line: &CommandLine,
        variables: &BTreeMap<&str, String>,
    ) -> Command {
        assert!(!line.privileged && !line.may_fail, "{line:?}");
        let service = |name| unit.one("Service", name);
        let mut words = vec!["setpriv".to_owned()];
        if service("NoNewPrivileges") == Some("yes") {
            words.push("--no-new-privs".to_owned());
        }
        if geteuid().is_root() {
            let (user, group) = Self::user();
            words.extend([format!("--reuid={user}"), format!("--regid={group}")]);
            words.push("--clear-groups".to_owned());
            if service("CapabilityBoundingSet") == Some("") {
                words.extend(["--inh-caps=-all", "--bounding-set=-all"].map(str::to_owned));
            }
        }
        let umask = service("UMask").unwrap_or("0022");
        let core = service("LimitCORE").unwrap_or("unlimited");
        let script = format!("umask {umask} && ulimit -c {core} && exec \"$@\"");
        words.extend(["sh", "-c", &script, "sh"].map(str::to_owned));
        words.extend(runner().split_whitespace().map(str::to_owned));

        let ours = |word: &str| match word.strip_prefix('/') {
            Some(_) => self.path(word).display().to_string(),
            None => word.to_owned(),
        };
        let line = line.words(variables);
        assert_eq!(line[0], PROGRAM);
        words.extend(line.iter().map(|word| ours(word)));
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_clear();
        let keep = |name: &str| ["HOME", "PATH"].contains(&name);
        command.envs(variables.iter().map(|(name, value)| {
            let value = if keep(name) {
                value.clone()
            } else {
                ours(value)
            };
            (*name, value)
        }));
        command.current_dir(service("WorkingDirectory").unwrap_or("/"));
        command
    }

    /// Starts the engine with a drop-in: whether its own command would now run. `akv` is for what is fetched before.
    #[track_caller]
    pub fn engine_starts(&self, drop_in: &Unit, akv: Akv<'a>) -> bool {
        let commands = drop_in.commands("ExecStartPre");
        let [command] = &commands[..] else {
            panic!("the drop-in has not one command: {commands:?}");
        };
        // Only root may start a unit.
        let root = drop_in.one("Service", "PermissionsStartOnly") == Some("yes");
        assert!(command.privileged || root, "{command:?}");
        let words = command.words(&BTreeMap::new());
        assert_eq!(words[..2], ["/bin/systemctl", "start"]);
        let output = self.start(&words[2], akv);
        output.status == 0 || command.may_fail
    }
}

/// Gives a file to a user, or to root with a group that is the user's. Who is not root keeps it.
fn give(path: &Path, user: Option<u32>) {
    if geteuid().is_root() {
        let (_, group) = Host::user();
        chown(path, Some(user.unwrap_or(0)), Some(group)).unwrap();
    }
}
