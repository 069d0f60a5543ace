//! Towpath's relay: serves the page, and carries the page's streams to FTP servers over one WebSocket, TLS included.
//!
//! It never parses FTP, never stores a file and keeps no password but those that its administrator stores for preset sites. What it may reach is listed in its [`Config`];
//! all else is denied. [`run`] is the whole relay; the binary adds arguments, logging and signals.
//!
//! | module | purpose |
//! |--------|---------|
//! | `listen`, `server`, `page`, `origin` | HTTP: the page, the upgrade, who may ask |
//! | [`log`], `audit`, `metrics` | what is said and counted |
//! | `entry` | who may come in |
//! | `life`, `supervisor` | start, orders, drain; what systemd is told |
//! | `visitor` | who is at the other end |
//! | `limits` | who has how much, and whether there may be more |
//! | `session` | one WebSocket: reader, writer, a task for each stream |
//! | `secret` | stored passwords of preset sites |
//! | `door`, `policy`, `address` | the only way to a socket, and what it lets through |
//! | [`tls`] | handshakes, verdicts, resumption |
//! | [`demo`] | an FTP server to try it on |

pub mod config;
pub mod demo;
pub mod log;
#[doc(hidden)]
pub mod machine;
pub mod tls;

mod address;
mod audit;
mod door;
mod entry;
mod life;
mod limits;
mod listen;
mod metrics;
mod origin;
mod page;
mod policy;
mod refusal;
mod relay;
mod secret;
mod server;
mod session;
mod supervisor;
mod visitor;

pub use config::{
    Access, Active, ClientCertificate, Config, ConfigError, Mode, PasswordOver, Pin, PinError, ProxiesConfig,
    Rule, SecretSource, Target, TicketAlgorithm, TicketKey, TlsMin, TlsRule, Token, TokenHash,
};
pub use door::dial;
pub use entry::{new_ticket, new_token};
pub use life::{Order, run, run_with_orders};
pub use listen::Listeners;
pub use policy::{HostPattern, PatternError, Ports, PortsError};
pub use server::IdentityError;

use std::io;
use std::net::SocketAddr;
use thiserror::Error;

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
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Bind(SocketAddr, #[source] io::Error),
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

/// What a configuration lets pages reach, in words: a line for each rule, and for each stored password where it stands.
///
/// # Errors
/// [`ConfigError`] where it contradicts itself, or where a client certificate cannot be used.
pub fn policy(config: &Config) -> Result<String, ConfigError> {
    config.check()?;
    tls::ServerTls::of_config(config).map_err(|error| ConfigError(error.to_string()))?;
    let own = vec![config.listen].into_iter().chain(config.metrics.listen).collect();
    let passwords = config.targets.iter().filter_map(Target::password_in_words);
    Ok(policy::Policy::new(config, own).to_string() + &passwords.collect::<String>())
}
