//! What a control stream has found out about its server, shared with its data streams.

use crate::door::Server;
use crate::tls::TlsGroup;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Filled by the control stream's task, read by those of its data streams. Nothing in here but `asked` changes once it is set.
#[derive(Debug, Default)]
pub(super) struct Control {
    server: OnceLock<Server>,
    tls: OnceLock<(String, TlsGroup)>,
    accepted: OnceLock<Vec<u8>>,
    /// The page has said something that the server has not answered.
    asked: AtomicBool,
}

impl Control {
    /// The server that the control stream is connected to.
    pub(super) fn server(&self) -> Option<Server> {
        self.server.get().copied()
    }

    pub(super) fn connected(&self, server: Server) {
        let _ = self.server.set(server);
    }

    /// The page has said something on the control stream.
    pub(super) fn asked(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// The server has said something on the control stream.
    pub(super) fn answered(&self) {
        self.asked.store(false, Ordering::Relaxed);
    }

    /// Whether the page waits for an answer, as far as whoever does not read it can tell.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// The TLS group and the server name that it is for.
    pub(super) fn tls(&self) -> Option<&(String, TlsGroup)> {
        self.tls.get()
    }

    pub(super) fn set_tls(&self, server_name: String, group: TlsGroup) {
        let _ = self.tls.set((server_name, group));
    }

    /// The page accepted this leaf certificate on the control stream.
    pub(super) fn accept(&self, leaf: Vec<u8>) {
        let _ = self.accepted.set(leaf);
    }

    /// Whether this is the leaf that the page accepted on the control stream.
    pub(super) fn is_accepted(&self, leaf: Option<&Vec<u8>>) -> bool {
        leaf.is_some() && self.accepted.get() == leaf
    }
}
