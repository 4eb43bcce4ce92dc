//! The stand-in for Azure as a program, for the demo, the benchmark and Microsoft's own client.
//!
//!     standin --dir DIR [--delay MS] [--vault NAME=COUNT]... [--at ADDRESS] [--demo] [--identities]
//!         [--xsoar 6|8|8-advanced]
//!
//! With `--at` it is where clients look for Azure: at port 443 of that address, and at its port 53 is a name server that
//! leads them there.
//!
//! All vaults are in one subscription and resource group, where Resource Manager lists them; with `--demo` there is one
//! more, which the public network does not reach.
//!
//! Writes the authority's certificate, the client secret and, when everything is ready, `DIR/env` with what a
//! shell script needs to know. Each request becomes a line of `DIR/requests.log`. Ends when its stdin does.
//!
//! With `--identities` the application has certificates and trusts a federated token, and there are Arc's agent and
//! App Service's endpoint. Header and claims of each assertion become a line of `DIR/assertions.jsonl`.
//!
//! With `--xsoar` there is an XSOAR server of that version. What is in its credential store is in `DIR/store.json`
//! when the stand-in has ended, passwords too. A line on stdin changes it meanwhile and says where to show it:
//!
//!     {"drop": ["NAME", …], "add": [{"name": …, "user": …, "password": …, "comment": …}, …], "show": "FILE"}

#[path = "mod.rs"]
mod standin;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use standin::keys::{Certificate, Key};
use standin::names::{Names, Reply};
use standin::{Credential, Secret, Standin, Xsoar};

struct Options {
    directory: PathBuf,
    delay: Duration,
    vaults: Vec<(String, usize)>,
    at: Option<IpAddr>,
    demo: bool,
    identities: bool,
    xsoar: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    fs::create_dir_all(&options.directory)?;
    let directory = fs::canonicalize(&options.directory)?;
    let mut azure = Standin::builder()
        .delay(options.delay)
        .log_to(&directory.join("requests.log"))
        .assertions_to(&directory.join("assertions.jsonl"));
    if let Some(address) = options.at {
        azure = azure.tls_at(SocketAddr::from((address, 443)));
    }
    let azure = azure.start();
    azure.ignore_log();
    for (vault, count) in &options.vaults {
        azure.secrets(vault, *count);
    }
    if options.demo {
        demo(&azure);
    }
    for vault in options.vaults.iter().map(|(vault, _)| vault.as_str()) {
        azure.list_vault(vault);
    }
    let _names = options.at.map(|address| names(&options, address));
    let mut env = describe(&azure, &directory)?;
    env.extend(options.at.map(|address| ("ADDRESS", address.to_string())));
    if options.identities {
        env.extend(identities(&azure, &directory)?);
    }
    if let Some(version) = &options.xsoar {
        env.extend(xsoar(&azure, version, &directory)?);
    }
    publish(&env, &directory)?;
    for line in io::stdin().lines() {
        change(&azure, &serde_json::from_str(&line?)?)?;
    }
    if options.xsoar.is_some() {
        private(&directory, "store.json", &stored(&azure).to_string())?;
    }
    for violation in azure.take_violations() {
        writeln!(
            io::stderr(),
            "standin: no client should do this: {violation}"
        )?;
    }
    Ok(())
}

fn options() -> Result<Options, Box<dyn Error>> {
    use lexopt::prelude::*;

    let mut options = Options {
        directory: PathBuf::new(),
        delay: Duration::ZERO,
        vaults: Vec::new(),
        at: None,
        demo: false,
        identities: false,
        xsoar: None,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("dir") => options.directory = parser.value()?.into(),
            Long("delay") => options.delay = Duration::from_millis(parser.value()?.parse()?),
            Long("vault") => {
                let value = parser.value()?.string()?;
                let (name, count) = value.split_once('=').ok_or("--vault wants NAME=COUNT")?;
                options.vaults.push((name.to_owned(), count.parse()?));
            }
            Long("at") => options.at = Some(parser.value()?.parse()?),
            Long("demo") => options.demo = true,
            Long("identities") => options.identities = true,
            Long("xsoar") => options.xsoar = Some(parser.value()?.string()?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    if options.directory.as_os_str().is_empty() {
        return Err("--dir is missing".into());
    }
    Ok(options)
}

/// Where clients learn the address of everything.
fn names(options: &Options, address: IpAddr) -> Names {
    let names = Names::start_at(SocketAddr::from((address, 53)));
    let vaults = options.vaults.iter();
    let hosts = vaults.map(|(vault, _)| format!("{vault}.vault.azure.net"));
    for host in hosts.chain(["login.microsoftonline.com".to_owned()]) {
        names.reply(&host, Reply::Addresses(vec![address]));
    }
    names
}

/// A vault as it might be.
fn demo(azure: &Standin) {
    let vault = "kv-prod";
    azure.secret(vault, "db-password", "old, and replaced since");
    azure.put(
        vault,
        Secret::new("db-password", r#"p@ss "word" with \ and 'quotes'"#).tag("user", "xsoar_db"),
    );
    azure.put(
        vault,
        Secret::new("mail-relay", "Grüße-aus-Zürich-€42 日本").content_type("text/plain"),
    );
    azure.secret(
        vault,
        "siem-api-key",
        "c2llbS1hcGkta2V5LWZvci10aGUtZGVtbw==",
    );
    let key = "-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5LCBidXQgaXQgaGFzIHRoZSBsb29rIG9m\nIG9uZTogdHdvIGxpbmVzLCBhbmQgYSB0aGlyZA==\n-----END PRIVATE KEY-----\n";
    azure.put(
        vault,
        Secret::new("sftp-key", key).content_type("application/x-pem-file"),
    );
    azure.put(
        vault,
        Secret::new("tls-cert", "bm90IGEgUEZY")
            .content_type("application/x-pkcs12")
            .managed(),
    );
    azure.put(vault, Secret::new("retired", "never to be read").disabled());
    azure.list_vault(vault);
    azure.list_in_subscription(
        "kv-backup",
        standin::SUBSCRIPTION,
        standin::RESOURCE_GROUP,
        "westeurope",
        Some(false),
    );
}

/// What a shell script needs to know: variables, their values as a shell reads them.
type Env = Vec<(&'static str, String)>;

/// Where everything is, and who asks.
fn describe(azure: &Standin, directory: &Path) -> io::Result<Env> {
    let ca_file = directory.join("ca.pem");
    fs::copy(azure.ca_file(), &ca_file)?;
    let secret = format!("{}\n", standin::CLIENT_SECRET);
    let secret_file = private(directory, "client-secret", &secret)?;
    Ok(vec![
        ("PORT", azure.tls_port().to_string()),
        ("METADATA", azure.metadata_url()),
        ("CA_FILE", quoted(&ca_file)),
        ("TENANT_ID", standin::TENANT.to_owned()),
        ("SUBSCRIPTION_ID", standin::SUBSCRIPTION.to_owned()),
        ("RESOURCE_GROUP", standin::RESOURCE_GROUP.to_owned()),
        ("CLIENT_ID", standin::CLIENT_ID.to_owned()),
        ("CLIENT_SECRET_FILE", quoted(&secret_file)),
        (
            "USER_ASSIGNED_CLIENT_ID",
            standin::USER_CLIENT_ID.to_owned(),
        ),
        (
            "USER_ASSIGNED_OBJECT_ID",
            standin::USER_OBJECT_ID.to_owned(),
        ),
        (
            "USER_ASSIGNED_RESOURCE_ID",
            standin::USER_RESOURCE_ID.to_owned(),
        ),
    ])
}

/// The other ways to be somebody.
fn identities(azure: &Standin, directory: &Path) -> io::Result<Env> {
    let (own, issued) = (
        Certificate::self_signed(Key::usual()),
        Certificate::of(Key::other()),
    );
    azure.register_certificate(&own);
    azure.register_certificate(&issued);
    let own = own.pem() + Key::usual().pkcs8();
    let chain = issued.chain() + Key::other().pkcs8();
    let assertions = directory.join("assertions.jsonl");
    let (arc, app_service) = (azure.arc(), azure.app_service());
    let file = |name, content: &str| private(directory, name, content).map(|path| quoted(&path));
    Ok(vec![
        ("CERTIFICATE_FILE", file("certificate.pem", &own)?),
        ("CHAIN_FILE", file("chain.pem", &chain)?),
        (
            "FEDERATED_TOKEN_FILE",
            file("federated-token", &azure.federate())?,
        ),
        ("ASSERTIONS_FILE", quoted(&assertions)),
        ("APP_SERVICE_ENDPOINT", app_service.endpoint),
        ("APP_SERVICE_HEADER", app_service.header),
        ("ARC_IDENTITY_ENDPOINT", arc.identity_endpoint),
        ("ARC_IMDS_ENDPOINT", arc.imds_endpoint),
    ])
}

/// The XSOAR server, and who may use it.
fn xsoar(azure: &Standin, version: &str, directory: &Path) -> Result<Env, Box<dyn Error>> {
    let url = azure.xsoar(match version {
        "6" => Xsoar::six(),
        "8" => Xsoar::eight(),
        "8-advanced" => Xsoar::eight().advanced(),
        _ => return Err("--xsoar wants 6, 8 or 8-advanced".into()),
    });
    let key = format!("{}\n", standin::XSOAR_KEY);
    let key = private(directory, "xsoar-key", &key)?;
    Ok(vec![
        ("XSOAR_VERSION", version.to_owned()),
        ("XSOAR_URL", url),
        ("XSOAR_PLAIN_URL", azure.xsoar_without_tls()),
        ("XSOAR_KEY_FILE", quoted(&key)),
        ("XSOAR_KEY_ID", standin::XSOAR_KEY_ID.to_owned()),
        ("XSOAR_STORE", quoted(&directory.join("store.json"))),
    ])
}

/// Does to the server's store what a line on stdin says.
fn change(azure: &Standin, line: &Value) -> io::Result<()> {
    let each = |key: &str| line[key].as_array().into_iter().flatten();
    for name in each("drop").filter_map(Value::as_str) {
        azure.xsoar_drop(name);
    }
    for one in each("add") {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        let credential = Credential::new(text("name"), text("user"), text("password"));
        azure.xsoar_credential(credential.comment(text("comment")));
    }
    if let Some(file) = line["show"].as_str() {
        appear(Path::new(file), &stored(azure).to_string())?;
    }
    Ok(())
}

/// What is in the server's store.
fn stored(azure: &Standin) -> Value {
    let credentials = azure.store().into_iter();
    let one = |credential: Credential| {
        json!({
            "name": credential.name, "user": credential.user, "password": credential.password,
            "comment": credential.comment, "version": credential.version,
        })
    };
    credentials.map(one).collect()
}

/// Writes a file that nobody else can read.
fn private(directory: &Path, name: &str, content: &str) -> io::Result<PathBuf> {
    let path = directory.join(name);
    let _ = fs::remove_file(&path);
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(content.as_bytes())?;
    Ok(path)
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Writes the file that others wait for: last, and at once.
fn publish(env: &Env, directory: &Path) -> io::Result<()> {
    let lines = env.iter().map(|(name, value)| format!("{name}={value}\n"));
    let lines: Vec<_> = lines.collect();
    appear(&directory.join("env"), &lines.concat())
}

/// Writes a file that is whole as soon as it is there.
fn appear(path: &Path, content: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, content)?;
    fs::rename(unfinished, path)
}
