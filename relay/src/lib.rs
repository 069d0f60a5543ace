//! Towpath's relay: serves the page, and carries the page's streams to FTP servers over one WebSocket, TLS included.
//!
//! It never parses FTP, never stores a file and never keeps a password. What it may reach is listed in its [`Config`];
//! all else is denied. [`run`] is the whole relay; the binary adds arguments, logging and signals.
//!
//! | module | purpose |
//! |--------|---------|
//! | `listen`, `server`, `page`, `origin` | HTTP: the page, the upgrade, who may ask |
//! | [`log`], `audit`, `metrics` | what is said and counted |
//! | `entry` | who may come in |
//! | `visitor` | who is at the other end |
//! | `limits` | who has how much, and whether there may be more |
//! | `session` | one WebSocket: reader, writer, a task for each stream |
//! | `door`, `policy`, `address` | the only way to a socket, and what it lets through |
//! | [`tls`] | handshakes, verdicts, resumption |
//! | [`demo`] | an FTP server to try it on |

pub mod config;
pub mod demo;
pub mod log;
pub mod tls;

mod address;
mod audit;
mod door;
mod entry;
mod limits;
mod listen;
mod metrics;
mod origin;
mod page;
mod policy;
mod refusal;
mod relay;
mod server;
mod session;
mod visitor;

pub use config::{
    Access, Active, Config, ConfigError, Mode, ProxiesConfig, Rule, Target, TicketAlgorithm, TicketKey,
    TlsRule, Token, TokenHash,
};
pub use door::dial;
pub use entry::{new_ticket, new_token};
pub use listen::Listeners;
pub use policy::{HostPattern, PatternError, Ports, PortsError};
pub use server::IdentityError;

use config::seconds;
use relay::Relay;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

/// Why the relay cannot run.
#[derive(Debug, Error)]
pub enum Error {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The listener's certificate cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Additional roots cannot be used.
    #[error(transparent)]
    Roots(#[from] tls::RootsError),
    /// The page's files cannot be read.
    #[error("the page's files: {0}")]
    Page(#[source] io::Error),
    /// The listener does not work.
    #[error("listener: {0}")]
    Listener(#[source] io::Error),
    /// The listener for metrics does not work.
    #[error("metrics: {0}: {1}")]
    Metrics(SocketAddr, #[source] io::Error),
    /// A fault of the relay.
    #[error("a fault of the relay: {0}")]
    Internal(String),
    /// The demo's FTP server does not start.
    #[error("demo server: {0}")]
    Demo(#[source] io::Error),
}

/// Who may come in, in words: a line for each way.
#[must_use]
pub fn visitors(config: &Config) -> Vec<String> {
    config.access.in_words(config)
}

/// What a configuration lets pages reach, in words: a line for each rule.
///
/// # Errors
/// [`ConfigError`] where it contradicts itself.
pub fn policy(config: &Config) -> Result<String, ConfigError> {
    config.check()?;
    Ok(policy::Policy::new(config, vec![config.listen].into_iter().chain(config.metrics.listen).collect())
        .to_string())
}

/// How often the log says that the listener's certificate expires soon.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// From the end of the drain to the end of all tasks: close frames go out, sockets are broken.
const LAST_STEPS: Duration = Duration::from_secs(6);

/// Serves on `listeners` until `shutdown` resolves, then lets running streams finish for as long as the configuration
/// says.
///
/// # Errors
/// [`Error`] where the configuration cannot be used or the listener fails.
pub async fn run(
    listeners: impl Into<Listeners>,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let (_never, reloads) = mpsc::channel(1);
    run_with_reloads(listeners, config, reloads, shutdown).await
}

/// The same, and each configuration that comes from `reloads` is put in force: for what begins from then on, while running streams go on
/// as they began. One that cannot be used is logged and changes nothing. The listener, the page's files, and the number of
/// connections in all stay as they are.
///
/// # Errors
/// As [`run`].
pub async fn run_with_reloads(
    listeners: impl Into<Listeners>,
    config: Config,
    mut reloads: mpsc::Receiver<Config>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let (listener, watch, own) = listeners.into().open(&config).await?;
    let relay = Arc::new(Relay::new(config, own)?);
    tell(&relay, "relay listens");
    // Its tasks end with it, and it ends with this function.
    let mut watching = JoinSet::new();
    if let Some(source) = watch {
        watching.spawn(server::watch(source, relay.clone()));
    }
    let accepting = tokio::spawn(server::accept(listener, relay.clone()));
    let mut shutdown = pin!(shutdown);
    // The first tick comes at once.
    let mut daily = interval(DAY);
    loop {
        tokio::select! {
            _ = daily.tick() => relay.tell_certificate(),
            () = &mut shutdown => break,
            Some(config) = reloads.recv() => match relay.reload(config) {
                Ok(()) => {
                    relay.tell_certificate();
                    tell(&relay, "configuration reloaded");
                }
                Err(error) => tracing::error!(%error, "configuration not reloaded, the old one stays in force"),
            },
        }
    }

    let drain = relay.rules().config.deadlines.drain;
    tracing::info!(seconds = drain, "relay drains");
    relay.metrics.draining();
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
    let own = relay.own().first().map(ToString::to_string).unwrap_or_default();
    tracing::info!(%own, targets = targets.len(), rules = more.len(), "{what}");
}
