//! A relay without a listener: its connections come from memory. For the fuzzer and the tests that play its corpus; no interface that stays.

use crate::config::Config;
use crate::entry::Sender;
use crate::relay::{Relay, Rules};
use crate::{Error, server};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// Where the machine says it listens, and where its pages come from.
const OWN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// What relays of one configuration share: certificates are read once.
#[derive(Debug)]
pub struct Machine {
    rules: Arc<Rules>,
}

/// A relay.
#[derive(Debug)]
pub struct Running {
    relay: Arc<Relay>,
}

impl Machine {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`Error`] where it cannot be used.
    pub fn new(config: Config) -> Result<Machine, Error> {
        Ok(Machine { rules: Arc::new(Rules::new(config, &[OWN])?) })
    }

    /// A relay that nobody has used.
    ///
    /// # Errors
    /// [`Error`] where the page's files cannot be read.
    pub fn start(&self) -> Result<Running, Error> {
        Ok(Running { relay: Arc::new(Relay::with(self.rules.clone(), vec![OWN])?) })
    }
}

impl Running {
    /// Serves one connection; what becomes of it goes on by itself.
    pub fn connect<S>(&self, socket: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let sender = Sender { address: OWN.ip(), is_believed: false };
        let router = server::router(self.relay.clone()).layer(axum::Extension(sender));
        let connection = http1::Builder::new()
            .serve_connection(TokioIo::new(socket), TowerToHyperService::new(router))
            .with_upgrades();
        self.relay.tasks.spawn(async move {
            // A connection that breaks is one of the things that happen.
            let _ = connection.await;
        });
    }

    /// Bytes that are promised to streams at the moment.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.relay.ledger.memory_used()
    }

    /// Cuts everything, and resolves when nothing goes on any more.
    pub async fn stop(&self) {
        self.relay.draining.cancel();
        self.relay.cut.cancel();
        self.relay.tasks.close();
        self.relay.tasks.wait().await;
    }
}
