//! Towpath's relay: serves the page, and carries the page's streams to FTP servers over one WebSocket, TLS included.
//!
//! It never parses FTP, never stores a file and keeps no password but those that its administrator stores for preset sites. What it may reach is listed in its [`Config`];
//! all else is denied. [`run`] is the whole relay; the binary adds arguments, logging and signals.
//!
//! | module | purpose |
//! |--------|---------|
//! | `server`, `page`, `origin` | HTTP: the page, the upgrade, who may ask |
//! | `entry` | who may come in |
//! | `visitor` | who is at the other end |
//! | `limits` | who has how much, and whether there may be more |
//! | `session` | one WebSocket: reader, writer, a task for each stream |
//! | `secret` | stored passwords of preset sites |
//! | `door`, `policy`, `address` | the only way to a socket, and what it lets through |
//! | [`tls`] | handshakes, verdicts, resumption |
//! | [`demo`] | an FTP server to try it on |

pub mod config;
pub mod demo;
pub mod tls;

mod address;
mod door;
mod entry;
mod limits;
mod origin;
mod page;
mod policy;
mod refusal;
mod relay;
mod secret;
mod server;
mod session;
mod visitor;

pub use config::{
    Access, Active, ClientCertificate, Config, ConfigError, Mode, PasswordOver, Pin, PinError, ProxiesConfig,
    Rule, SecretSource, Target, TicketAlgorithm, TicketKey, TlsMin, TlsRule, Token, TokenHash,
};
pub use door::dial;
pub use entry::{new_ticket, new_token};
pub use policy::{HostPattern, PatternError, Ports, PortsError};

use config::seconds;
use relay::Relay;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Why the relay cannot run.
#[derive(Debug, Error)]
pub enum Error {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Additional roots cannot be used.
    #[error(transparent)]
    Roots(#[from] tls::RootsError),
    /// The page's files cannot be read.
    #[error("the page's files: {0}")]
    Page(#[source] io::Error),
    /// The listener does not work.
    #[error("listener: {0}")]
    Listener(#[source] io::Error),
    /// The demo's FTP server does not start.
    #[error("demo server: {0}")]
    Demo(#[source] io::Error),
}

/// What a configuration lets pages reach, in words: a line for each rule, and for each stored password where it stands.
///
/// # Errors
/// [`ConfigError`] where it contradicts itself.
pub fn policy(config: &Config) -> Result<String, ConfigError> {
    config.check()?;
    let passwords = config.targets.iter().filter_map(Target::password_in_words);
    Ok(policy::Policy::new(config, vec![config.listen]).to_string() + &passwords.collect::<String>())
}

/// From the end of the drain to the end of all tasks: close frames go out, sockets are broken.
const LAST_STEPS: Duration = Duration::from_secs(6);

/// Serves on `listener` until `shutdown` resolves, then lets running streams finish for as long as the configuration
/// says.
///
/// # Errors
/// [`Error`] where the configuration cannot be used or the listener fails.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let (_never, reloads) = mpsc::channel(1);
    run_with_reloads(listener, config, reloads, shutdown).await
}

/// The same, and each configuration that comes from `reloads` is put in force: for what begins from then on, while running streams go on
/// as they began. One that cannot be used is logged and changes nothing. The listener, the page's files, and the number of
/// connections in all stay as they are.
///
/// # Errors
/// As [`run`].
pub async fn run_with_reloads(
    listener: TcpListener,
    config: Config,
    mut reloads: mpsc::Receiver<Config>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let own = listener.local_addr().map_err(Error::Listener)?;
    let relay = Arc::new(Relay::new(config, own)?);
    tell(&relay, "relay listens");
    let accepting = tokio::spawn(server::accept(listener, relay.clone()));
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(config) = reloads.recv() => match relay.reload(config) {
                Ok(()) => tell(&relay, "configuration reloaded"),
                Err(error) => tracing::error!(%error, "configuration not reloaded, the old one stays in force"),
            },
        }
    }

    let drain = relay.rules().config.deadlines.drain;
    tracing::info!(seconds = drain, "relay drains");
    relay.draining.cancel();
    // The listener is closed with this task: who comes now is refused at once.
    let _ = accepting.await;
    relay.tasks.close();
    if timeout(seconds(drain), relay.tasks.wait()).await.is_err() {
        tracing::info!("streams are cut");
        relay.cut.cancel();
        let _ = timeout(LAST_STEPS, relay.tasks.wait()).await;
    }
    tracing::info!("relay stops");
    Ok(())
}

fn tell(relay: &Relay, what: &str) {
    let rules = relay.rules();
    let Config { targets, rules: more, .. } = &rules.config;
    tracing::info!(own = %relay.own(), targets = targets.len(), rules = more.len(), "{what}");
}
