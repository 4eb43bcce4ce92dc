//! An instance of the integration, as its fields are filled in, and what a command of it comes to.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use serde_json::{Map, Value, json};

use crate::canary::shows;
use crate::command::{binary, runner};
use crate::files::set_mode;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

/// How long a run may take is nothing that a test waits for.
const GRACE: &str = "GRACE";

/// A file of the repository.
fn of_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The Pythons of this machine, the oldest first: VERSION and PATH.
fn pythons() -> &'static [(String, PathBuf)] {
    static FOUND: OnceLock<Vec<(String, PathBuf)>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let script = "set -eu; . scripts/lib; pythons";
        let output = Command::new("bash")
            .args(["-c", script])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("bash");
        let text = String::from_utf8(output.stdout).unwrap();
        let found: Vec<_> = text
            .lines()
            .map(|line| {
                let (version, path) = line.split_once(' ').unwrap();
                (version.to_owned(), PathBuf::from(path))
            })
            .collect();
        assert!(
            !found.is_empty(),
            "this needs a Python 3.6 or newer: `scripts/setup test` installs one"
        );
        found
    })
}

/// The oldest Python and the newest, of those that are here; `scripts/check-xsoar` says which are not.
pub fn every_python(mut test: impl FnMut(&Path)) {
    let (oldest, newest) = (pythons().first().unwrap(), pythons().last().unwrap());
    test(&oldest.1);
    if newest != oldest {
        test(&newest.1);
    }
}

/// Each of them.
pub fn every_python_there_is(mut test: impl FnMut(&Path)) {
    for (_, path) in pythons() {
        test(path);
    }
}

/// What XSOAR gets of one.
pub fn credential(name: &str, user: &str, password: &str) -> Value {
    json!({"user": user, "password": password, "name": name})
}

/// The integration with its fields.
#[derive(Clone)]
pub struct Instance<'a> {
    azure: Option<&'a Standin>,
    python: PathBuf,
    params: Map<String, Value>,
    options: Map<String, Value>,
    environment: Vec<(String, String)>,
    set: Map<String, Value>,
    canaries: Vec<String>,
}

/// Its fields.
impl<'a> Instance<'a> {
    /// As the stand-in's application: every field of the form, as a server hands them over.
    pub fn of(azure: &'a Standin, python: &Path) -> Self {
        let params = json!({
            "source": "Program", "azure_cloud": "Worldwide", "client_id": CLIENT_ID, "tenant_id": TENANT,
            "credentials": {"credential": "", "credentials": {"id": "", "name": ""}, "identifier": "", "password": CLIENT_SECRET, "passwordChanged": false},
            "certificate_thumbprint": "",
            "credentials_certificate_thumbprint": {"credential": "", "identifier": "", "password": "", "passwordChanged": false},
            "private_key": "", "use_managed_identities": "",
            "managed_identities_client_id": {"credential": "", "identifier": "", "password": "", "passwordChanged": false},
            "subscription_id": "", "resource_group_name": "",
            "isFetchCredentials": true, "credentials_fetch_mode": "Store in XSOAR",
            "key_vaults": "kv-prod", "secrets": "db,api",
            "program": "", "ca_file": azure.ca_file(), "timeout": "60",
            "file": "/run/xsoar/credentials.json", "status_file": "/run/xsoar/status.json", "max_age": "30",
            "insecure": false, "proxy": false,
            // What a server may add one day is nothing to the program.
            "integrationLogLevel": "", "someThingOfTheServer": {"x": 1},
        });
        let Value::Object(params) = params else {
            unreachable!()
        };
        let mut instance = Self {
            azure: Some(azure),
            python: python.to_owned(),
            params,
            options: Map::new(),
            environment: vec![(
                "AZURE_POD_IDENTITY_AUTHORITY_HOST".into(),
                azure.metadata_url(),
            )],
            set: Map::new(),
            canaries: vec![CLIENT_SECRET.into()],
        };
        instance.params.insert("program".into(), json!(program()));
        instance.option("connect_to", json!([azure.connect_to()]))
    }

    /// By the file, with nothing about Azure.
    pub fn by_file(python: &Path, folder: &Scratch) -> Self {
        let params = json!({
            "source": "File", "isFetchCredentials": true, "credentials_fetch_mode": "Store in XSOAR",
            "file": folder.join("credentials.json"), "status_file": folder.join("status.json"), "max_age": "30",
        });
        let Value::Object(params) = params else {
            unreachable!()
        };
        Self {
            azure: None,
            python: python.to_owned(),
            params,
            options: Map::new(),
            environment: Vec::new(),
            set: Map::new(),
            canaries: Vec::new(),
        }
    }

    /// With this in a field.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.params.insert(field.into(), value.into());
        self
    }

    /// With this among the further options.
    pub fn option(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.options.insert(key.into(), value.into());
        let text = Value::Object(self.options.clone()).to_string();
        self.with("options", text)
    }

    /// In a container with this variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// With something more that may be shown nowhere but in an answer with credentials.
    pub fn canary(mut self, secret: &str) -> Self {
        self.canaries.push(secret.into());
        self
    }

    /// Without the time that a program gets after its own timeout.
    pub fn impatient(mut self) -> Self {
        self.set.insert(GRACE.into(), json!(0));
        self
    }

    /// With this script in the program's place; in it `$AKV` is the program.
    pub fn script(self, folder: &Scratch, name: &str, script: &str) -> Self {
        let path = folder.write(name, format!("#!/bin/sh\nAKV='{}'\n{script}\n", program()));
        set_mode(&path, 0o755);
        self.with("program", path.to_str().unwrap())
    }
}

/// The program as one file, which it is not where an emulator runs it.
fn program() -> String {
    static WRAPPED: OnceLock<String> = OnceLock::new();
    let binary = binary().into_string().unwrap();
    if runner().is_empty() {
        return binary;
    }
    let wrapped = WRAPPED.get_or_init(|| {
        let folder = env::temp_dir().join(format!("akv-xsoar-wrapped-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("akv-xsoar");
        fs::write(
            &path,
            format!("#!/bin/sh\nexec {} '{binary}' \"$@\"\n", runner()),
        )
        .unwrap();
        set_mode(&path, 0o755);
        path.into_os_string().into_string().unwrap()
    });
    wrapped.clone()
}

/// What a command came to.
#[derive(Debug)]
pub struct Said {
    answers: Vec<Value>,
    raised: Option<String>,
    pub log: Vec<String>,
}

/// The commands.
impl Instance<'_> {
    /// One without arguments, whose answer may have values in it.
    #[track_caller]
    pub fn run(&self, command: &str) -> Said {
        self.command(command, &json!({}), true)
    }

    /// One without arguments, whose answer must not.
    #[track_caller]
    pub fn run_without_values(&self, command: &str) -> Said {
        self.command(command, &json!({}), false)
    }

    /// The one credential of this name, or whatever is given as one.
    #[track_caller]
    pub fn fetch(&self, identifier: impl Into<Value>) -> Said {
        let args = json!({"identifier": identifier.into()});
        self.command("fetch-credentials", &args, true)
    }

    #[track_caller]
    fn command(&self, command: &str, args: &Value, values_due: bool) -> Said {
        let request =
            json!({"command": command, "params": self.params, "args": args, "set": self.set});
        let mut child = Command::new(&self.python)
            .arg(of_repository("tests/it/xsoar/demisto.py"))
            .arg(of_repository(
                "scripts/xsoar/Packs/AkvXsoar/Integrations/AkvXsoar/AkvXsoar.py",
            ))
            // Neither a locale nor anything else: an image has little more.
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(request.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let python = self.python.display();
        assert!(output.status.success(), "{python}, {command}: {stderr}");
        assert_eq!(stderr, "", "{python}, {command}");
        let Value::Object(mut said) = serde_json::from_slice(&output.stdout).unwrap() else {
            panic!("{python}: no object")
        };
        let Some(Value::Array(answers)) = said.remove("answers") else {
            panic!("{python}: no answers")
        };
        self.assert_secret(&answers, values_due);
        self.assert_secret(&[Value::Object(said.clone())], false);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Said {
            answers,
            raised: said.get("raised").map(text),
            log: said["log"].as_array().unwrap().iter().map(text).collect(),
        }
    }

    /// Panics where something shows what it must not.
    #[track_caller]
    fn assert_secret(&self, said: &[Value], values_due: bool) {
        let azure = self.azure;
        let mut secrets = azure.map(Standin::canaries).unwrap_or_default();
        if !values_due {
            secrets.extend(azure.map(Standin::values).unwrap_or_default());
            secrets.extend(self.canaries.iter().cloned());
        }
        for said in said {
            let bytes = said.to_string().into_bytes();
            let shown = secrets.iter().find(|secret| shows(&bytes, secret));
            assert!(shown.is_none(), "{said} shows {shown:?}");
        }
    }
}

/// What is expected of it.
impl Said {
    #[track_caller]
    fn answer(&self, kind: &str) -> Value {
        let answer = self.answers.first().map(|answer| answer[kind].clone());
        let answer = answer.unwrap_or_else(|| panic!("no answer: {self:?}"));
        assert!(!answer.is_null(), "no {kind}: {self:?}");
        answer
    }

    /// The list of credentials.
    #[track_caller]
    pub fn credentials(&self) -> Value {
        self.answer("credentials")
    }

    /// What goes to the war room.
    #[track_caller]
    pub fn results(&self) -> Value {
        self.answer("results")
    }

    /// A note in the war room.
    #[track_caller]
    pub fn entry(&self) -> Value {
        let entry = self.results();
        assert_eq!(entry["Type"], 1, "{self:?}");
        entry
    }

    /// An error in the war room, or behind the button: its text.
    #[track_caller]
    pub fn error(&self) -> String {
        let entry = self.results();
        assert_eq!(entry["Type"], 4, "{self:?}");
        entry["Contents"].as_str().unwrap().to_owned()
    }

    /// Nothing but an error that begins like this.
    #[track_caller]
    pub fn raises(&self, start: &str) {
        let raised = self.raised.as_deref().unwrap_or_default();
        assert!(raised.starts_with(start), "not `{start}`: {self:?}");
    }

    /// An empty list, and in the log why.
    #[track_caller]
    pub fn nothing_because(&self, start: &str) {
        assert_eq!(self.credentials(), json!([]), "{self:?}");
        let start = format!("error: AkvXsoar: {start}");
        let lines = &self.log;
        assert!(
            lines.len() == 1 && lines[0].starts_with(&start),
            "not `{start}`: {self:?}"
        );
    }
}
