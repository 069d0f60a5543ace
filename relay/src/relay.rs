//! What every part of a running relay shares.

use crate::config::{Config, seconds};
use crate::door::Door;
use crate::origin::{Guard, Origin};
use crate::page::Page;
use crate::policy::Policy;
use crate::tls::Roots;
use crate::{ConfigError, Error};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A running relay.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) config: Config,
    pub(crate) door: Door,
    pub(crate) guard: Guard,
    pub(crate) roots: Roots,
    pub(crate) page: Page,
    /// Places for tunnels.
    pub(crate) sessions: Arc<Semaphore>,
    /// Tunnels and HTTP connections that are going on.
    pub(crate) tasks: TaskTracker,
    /// The relay takes nothing new.
    pub(crate) draining: CancellationToken,
    /// The time to drain is over.
    pub(crate) cut: CancellationToken,
}

impl Relay {
    /// Puts a relay together that listens on `own`.
    pub(crate) fn new(config: Config, own: SocketAddr) -> Result<Relay, Error> {
        config.check()?;
        let on_loopback = own.ip().to_canonical().is_loopback();
        if !on_loopback && !config.open_to_network {
            return Err(ConfigError(format!(
                "{own} can be reached by other machines, and whoever reaches the relay can use its targets; \
                 set open_to_network = true if that is meant"
            ))
            .into());
        }
        let origins = config.public_origin.iter().filter_map(|text| Origin::parse(text)).collect();
        let policy = Policy::new(&config, vec![own]);
        Ok(Relay {
            door: Door::new(policy, config.active.clone(), seconds(config.deadlines.connect)),
            guard: Guard::new(origins, config.allow_missing_origin, on_loopback),
            roots: Roots::system().with_files(&config.extra_roots)?,
            page: match &config.www {
                Some(directory) => Page::read(directory).map_err(Error::Page)?,
                None => Page::embedded(),
            },
            sessions: Arc::new(Semaphore::new(config.limits.sessions.min(Semaphore::MAX_PERMITS))),
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            cut: CancellationToken::new(),
            config,
        })
    }
}
