//! A group's session store that knows when it has run dry.
//!
//! rustls hands out each TLS 1.3 ticket once. A server that issues no new ones on uploads (ProFTPD 1.3.8 says so of itself)
//! leaves the store empty after a few, and the next data connection could only shake hands in full, which servers that demand resumption
//! refuse. A TLS 1.2 session can be resumed any number of times, so such a session does not run dry.

use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls_pki_types::ServerName;
use std::sync::Mutex;

/// Servers whose sessions the store can hold in rustls' accounting: it divides the number by the tickets kept for each.
const SESSIONS: usize = 64;
/// Tickets that rustls keeps for a server; the oldest go first.
const TICKETS: usize = 8;

/// The store of one group, that is of one server.
#[derive(Debug)]
pub(super) struct Tickets {
    store: ClientSessionMemoryCache,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// TLS 1.3 tickets in the store.
    left: usize,
    /// A TLS 1.3 session was resumed: this server does resume.
    resumed: bool,
}

impl Tickets {
    pub(super) fn new() -> Tickets {
        Tickets { store: ClientSessionMemoryCache::new(SESSIONS), state: Mutex::default() }
    }

    /// The server resumes TLS 1.3 sessions, and there is nothing left to resume with.
    pub(super) fn dry(&self) -> bool {
        let state = self.state();
        state.resumed && state.left == 0
    }

    /// A TLS 1.3 handshake resumed a session.
    pub(super) fn resumed(&self) {
        self.change(|state| state.resumed = true);
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl ClientSessionStore for Tickets {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.store.set_kx_hint(server, group);
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.store.kx_hint(server)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.store.set_tls12_session(server, value);
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.store.tls12_session(server)
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.store.remove_tls12_session(server);
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.store.insert_tls13_ticket(server, value);
        self.change(|state| state.left = (state.left + 1).min(TICKETS));
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let ticket = self.store.take_tls13_ticket(server);
        self.change(|state| {
            state.left = if ticket.is_some() { state.left.saturating_sub(1) } else { 0 };
        });
        ticket
    }
}
