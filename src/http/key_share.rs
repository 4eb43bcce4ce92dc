//! Which group the first key share is of.
//!
//! Entra ID's front ends take secp384r1 alone: whoever sends a share of another group is asked for it by a
//! HelloRetryRequest, which is a round trip. rustls lets what stores the sessions say which group a host chose.

use std::sync::Arc;

use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;

use crate::cloud;

/// As many as rustls keeps by itself.
const SESSIONS: usize = 256;

/// rustls's own store, which knows what authorities choose before they were asked.
#[derive(Debug)]
pub(super) struct Sessions(ClientSessionMemoryCache);

impl Sessions {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(ClientSessionMemoryCache::new(SESSIONS)))
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(server, group);
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        let chosen = self.0.kx_hint(server);
        let is_authority = || cloud::is_authority(&server.to_str());
        chosen.or_else(|| is_authority().then_some(NamedGroup::secp384r1))
    }

    fn set_tls12_session(&self, server: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.set_tls12_session(server, value);
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(server)
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.0.remove_tls12_session(server);
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(server, value);
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(server)
    }
}
