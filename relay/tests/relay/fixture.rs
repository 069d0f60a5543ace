//! A relay on a free port, and servers for it to talk to.

use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use towpath_relay::{Config, Error, Listeners, Order, Target};

pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<Result<(), Error>>,
}

impl Relay {
    pub(crate) async fn start(config: Config) -> Relay {
        Relay::with(TcpListener::bind("127.0.0.1:0").await.unwrap().into(), config)
    }

    /// A relay that is watched, and the address for that.
    pub(crate) async fn watched(config: Config) -> (Relay, SocketAddr) {
        let (page, metrics) = (listen().await.0, listen().await.0);
        let watch = metrics.local_addr().unwrap();
        (Relay::with(Listeners { page, metrics: Some(metrics) }, config), watch)
    }

    pub(crate) fn with(listeners: Listeners, config: Config) -> Relay {
        let address = listeners.page.local_addr().unwrap();
        let (orders, receiver) = mpsc::channel(1);
        let task = tokio::spawn(towpath_relay::run_with_orders(listeners, config, receiver));
        Relay { address, orders, task }
    }

    /// Puts another configuration in force; returns when it is, or was refused.
    pub(crate) async fn reload(&self, config: Config) {
        self.orders.send(Order::Reload(Box::new(config))).await.unwrap();
        // The one place of the channel is free again once the relay has taken it, and the relay acts before it takes another.
        let refused = Config { targets: vec![Target::new("127.1", 1)], ..Config::default() };
        self.orders.send(Order::Reload(Box::new(refused))).await.unwrap();
        drop(self.orders.reserve().await.unwrap());
    }

    /// A relay for clients without Origin that reaches these ports of 127.0.0.1.
    pub(crate) async fn for_ports(ports: &[u16]) -> Relay {
        Relay::start(config(ports)).await
    }

    pub(crate) fn stop(&self) {
        self.orders.try_send(Order::Drain).unwrap();
    }

    /// Resolves when `run` has returned.
    pub(crate) async fn stopped(self) {
        timeout(Duration::from_secs(20), self.task).await.expect("the relay goes on").unwrap().unwrap();
    }
}

pub(crate) fn config(ports: &[u16]) -> Config {
    let targets = ports.iter().map(|port| Target::new("127.0.0.1", *port)).collect();
    Config { allow_missing_origin: true, targets, ..Config::default() }
}

/// A listener on a free port of loopback.
pub(crate) async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    timeout(Duration::from_secs(20), listener.accept()).await.expect("nobody connects").unwrap().0
}

/// A self-signed certificate for a name or address, and what serves it.
pub(crate) struct Identity {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) pem: String,
    /// SHA-256 of its key, hexadecimal.
    pub(crate) key_hash: String,
    pub(crate) acceptor: TlsAcceptor,
}

pub(crate) fn identity(name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &key.subject_public_key_info());
    let key_hash = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let (der, pem) = (certificate.der().clone(), certificate.pem());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], key)
        .unwrap();
    Identity { der, pem, key_hash, acceptor: TlsAcceptor::from(Arc::new(config)) }
}
