//! What every part of a running relay shares.

use crate::config::{Config, SecretSource, seconds};
use crate::door::Door;
use crate::entry::{Access, Entry, Proxies};
use crate::limits::Ledger;
use crate::metrics::Metrics;
use crate::origin::{Guard, Origin};
use crate::page::Page;
use crate::policy::{Policy, Terms};
use crate::secret::others_may_read;
use crate::server::Identity;
use crate::session::Registry;
use crate::tls::{Roots, ServerTls};
use crate::{ConfigError, Error};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A running relay.
#[derive(Debug)]
pub(crate) struct Relay {
    /// What holds for whatever begins now.
    rules: RwLock<Arc<Rules>>,
    /// The page's listener first.
    own: Vec<SocketAddr>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) page: Page,
    /// What is remembered of those who come in.
    pub(crate) entry: Entry,
    /// Who has how much.
    pub(crate) ledger: Ledger,
    /// Places for tunnels without their page.
    pub(crate) waiting: Semaphore,
    /// Tunnels that can be resumed.
    pub(crate) registry: Arc<Registry>,
    /// This relay's name among several behind one proxy: a tunnel can be resumed only here.
    pub(crate) id: String,
    /// Tunnels and HTTP connections that are going on.
    pub(crate) tasks: TaskTracker,
    /// The relay takes nothing new.
    pub(crate) draining: CancellationToken,
    /// The time to drain is over.
    pub(crate) cut: CancellationToken,
}

/// A configuration and what follows from it. A stream keeps those that it began with.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) config: Config,
    pub(crate) door: Door,
    pub(crate) guard: Guard,
    pub(crate) proxies: Proxies,
    pub(crate) access: Access,
    pub(crate) roots: Roots,
    /// The listener's, where it speaks TLS.
    pub(crate) identity: Option<Identity>,
    /// TLS settings, as [`crate::policy::Terms`] numbers them.
    tls: Vec<ServerTls>,
}

impl Rules {
    /// `listeners` are the relay's own: the page's first.
    pub(crate) fn new(config: Config, listeners: &[SocketAddr]) -> Result<Rules, Error> {
        config.check()?;
        let own = listeners.first().copied().unwrap_or(config.listen);
        let on_loopback = own.ip().to_canonical().is_loopback();
        let access = Access::new(&config)?;
        if !on_loopback && access.is_open() && !config.open_to_network {
            return Err(ConfigError(format!(
                "{own} can be reached by other machines, and whoever reaches the relay can use its targets; \
                 say in [access] modes who may come in, or set open_to_network = true if that is meant"
            ))
            .into());
        }
        let origins = config.public_origin.iter().filter_map(|text| Origin::parse(text)).collect();
        for target in &config.targets {
            if let Some(complaint) = target.password.as_ref().and_then(SecretSource::complaint) {
                tracing::warn!(host = target.host, port = target.port, complaint, "stored password");
            }
        }
        let of_targets = config.targets.iter().filter_map(|target| target.client_certificate.as_ref());
        let of_rules = config.rules.iter().filter_map(|rule| rule.client_certificate.as_ref());
        for key in of_targets.chain(of_rules).map(|certificate| &certificate.key) {
            if others_may_read(key) {
                tracing::warn!(file = %key.display(), "others than its owner may read the key of a client certificate");
            }
        }
        let policy = Policy::new(&config, listeners.to_vec());
        Ok(Rules {
            door: Door::new(policy, config.active.clone(), seconds(config.deadlines.connect)),
            guard: Guard::new(origins, config.allow_missing_origin, on_loopback)
                .over_tls(config.tls.certificate.is_some()),
            identity: Identity::read(&config.tls)?,
            access,
            proxies: Proxies::new(&config.proxies),
            roots: Roots::system().with_files(&config.extra_roots)?,
            tls: ServerTls::of_config(&config).map_err(|error| ConfigError(error.to_string()))?,
            config,
        })
    }
}

impl Rules {
    /// TLS settings for a server that is reached on these terms.
    pub(crate) fn tls(&self, terms: Terms) -> ServerTls {
        self.tls.get(terms.tls).cloned().unwrap_or_default()
    }
}

impl Relay {
    /// Puts a relay together that listens on `own`: the page's listener first.
    pub(crate) fn new(config: Config, own: Vec<SocketAddr>) -> Result<Relay, Error> {
        Relay::with(Arc::new(Rules::new(config, &own)?), own)
    }

    /// The same by rules that are known already.
    pub(crate) fn with(rules: Arc<Rules>, own: Vec<SocketAddr>) -> Result<Relay, Error> {
        Ok(Relay {
            page: match &rules.config.www {
                Some(directory) => Page::read(directory).map_err(Error::Page)?,
                None => Page::embedded(),
            },
            ledger: Ledger::new(),
            waiting: Semaphore::new(rules.config.limits.waiting.min(Semaphore::MAX_PERMITS)),
            registry: Arc::default(),
            id: rules.config.id.clone().unwrap_or_else(|| "relay".to_owned()),
            entry: Entry::new(),
            rules: RwLock::new(rules),
            own,
            metrics: Arc::new(Metrics::new().map_err(|error| Error::Internal(error.to_string()))?),
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            cut: CancellationToken::new(),
        })
    }

    /// The addresses that it listens on, the page's first.
    pub(crate) fn own(&self) -> &[SocketAddr] {
        &self.own
    }

    /// Says until when the listener's certificate is good, where it has one.
    pub(crate) fn tell_certificate(&self) {
        if let Some(identity) = &self.rules().identity {
            self.metrics.certificate(identity.not_after);
            identity.tell();
        }
    }

    /// The rules in force.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        // Whoever panicked with it has left a whole value: it is only ever replaced.
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another configuration in force, for whatever begins from now on. One that cannot be used changes nothing.
    pub(crate) fn reload(&self, config: Config) -> Result<(), Error> {
        let rules = Arc::new(Rules::new(config, &self.own)?);
        if rules.identity.is_some() != self.rules().identity.is_some() {
            return Err(ConfigError("tls: to begin or to cease speaking TLS takes a restart".into()).into());
        }
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules.clone();
        self.entry.review(&rules.access);
        Ok(())
    }
}
