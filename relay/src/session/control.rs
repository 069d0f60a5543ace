//! What a control stream has found out about its server, shared with its data streams.

use crate::door::Server;
use crate::tls::TlsGroup;
use std::sync::OnceLock;

/// Filled by the control stream's task, read by those of its data streams. Nothing in here changes once it is set.
#[derive(Debug, Default)]
pub(super) struct Control {
    server: OnceLock<Server>,
    tls: OnceLock<(String, TlsGroup)>,
    accepted: OnceLock<Vec<u8>>,
}

impl Control {
    /// The server that the control stream is connected to.
    pub(super) fn server(&self) -> Option<Server> {
        self.server.get().copied()
    }

    pub(super) fn connected(&self, server: Server) {
        let _ = self.server.set(server);
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
