//! Starting a stand-in that is to be something else than the usual.

use std::env;
use std::fs::{self, File, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use super::Standin;
use super::http::Listener;
use super::scratch::Scratch;
use super::serve::Shared;
use super::world::{Cloud, World};

/// What a stand-in is to be, before it starts.
#[must_use]
pub struct Builder {
    tls: Vec<SocketAddr>,
    local: SocketAddr,
    delay: Duration,
    hangs_up: bool,
    cloud: Cloud,
    log_file: Option<PathBuf>,
    assertion_file: Option<PathBuf>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            tls: Vec::new(),
            local: SocketAddr::from(([127, 0, 0, 1], 0)),
            delay: Duration::ZERO,
            hangs_up: env::var_os("AKV_XSOAR_STANDIN_HANGS_UP").is_some(),
            cloud: Cloud::default(),
            log_file: None,
            assertion_file: None,
        }
    }

    /// Listens for TLS at this address too; without any, at a free port of 127.0.0.1.
    pub fn tls_at(mut self, address: SocketAddr) -> Self {
        self.tls.push(address);
        self
    }

    /// Has the metadata endpoint at this address.
    pub fn metadata_at(mut self, address: SocketAddr) -> Self {
        self.local = address;
        self
    }

    /// Waits before every answer.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Closes what is connected to vaults before the first token is given out, right after the handshake. With
    /// `AKV_XSOAR_STANDIN_HANGS_UP` in the environment every stand-in does: no scenario may notice.
    pub fn hangs_up(mut self, does: bool) -> Self {
        self.hangs_up = does;
        self
    }

    /// Is another cloud than the public one; Resource Manager's host goes with the vaults' suffix.
    pub fn cloud(mut self, authority: &str, vault_suffix: &str) -> Self {
        self.cloud = Cloud::new(authority, vault_suffix);
        self
    }

    /// Has Resource Manager at this host.
    pub fn management(mut self, host: &str) -> Self {
        host.clone_into(&mut self.cloud.management);
        self
    }

    /// Writes each request to a file, a line each.
    pub fn log_to(mut self, file: &Path) -> Self {
        self.log_file = Some(file.to_owned());
        self
    }

    /// Writes each assertion's header and claims to a file, a line of JSON each.
    pub fn assertions_to(mut self, file: &Path) -> Self {
        self.assertion_file = Some(file.to_owned());
        self
    }

    /// Listens.
    pub fn start(mut self) -> Standin {
        if self.tls.is_empty() {
            self.tls.push(SocketAddr::from(([127, 0, 0, 1], 0)));
        }
        let shared = Shared::new(World::new(self.cloud));
        *shared.delay.lock().unwrap() = self.delay;
        *shared.hangs_up.lock().unwrap() = self.hangs_up;
        if let Some(file) = &self.log_file {
            let file = File::options().create(true).append(true).open(file);
            shared.log.lock().unwrap().file = Some(file.expect("a file for the log"));
        }
        if let Some(file) = &self.assertion_file {
            let file = File::options().create(true).append(true).open(file);
            let file = file.expect("a file for the assertions");
            shared.world.lock().unwrap().assertion_file = Some(file);
        }
        let directory = Scratch::new("standin");
        let ca_file = directory.write("ca.pem", shared.certificates.ca_pem());
        // Whatever the umask: certificates that a group may write are not trusted.
        fs::set_permissions(ca_file, Permissions::from_mode(0o644)).expect("a file of our own");
        let azure = Standin {
            shared,
            directory,
            doors: Mutex::default(),
            threads: Mutex::default(),
        };
        azure.open(self.local, Listener::Local);
        for address in self.tls {
            azure.open(address, Listener::Tls);
        }
        azure
    }
}
