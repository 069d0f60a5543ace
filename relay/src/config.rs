//! The relay's configuration: one TOML file with defaults for everything but the targets.
//!
//! Unknown keys are errors that name their line: a misspelt limit must not silently be no limit.

use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use towpath_shared::{Site, SiteEncryption};

/// What an administrator decides. `Config::default()` listens on loopback and allows no target.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address to listen on; [`crate::run`] takes a listener and does not look at it.
    pub listen: SocketAddr,
    /// Whether other machines may connect. Without it the relay refuses any address but loopback, since whoever
    /// reaches it can use every target below.
    pub open_to_network: bool,
    /// Origins of the page, such as `https://files.example.org`. Empty: the page must come from this relay.
    pub public_origin: Vec<String>,
    /// Whether a client without an Origin header may open a tunnel: native tools, never browsers.
    pub allow_missing_origin: bool,
    /// Origins that may show the page in a frame.
    pub frame_ancestors: Vec<String>,
    /// Directory of the page's files. Absent: the files that were built in.
    pub www: Option<PathBuf>,
    /// PEM files with certificates to trust besides the system's.
    pub extra_roots: Vec<PathBuf>,
    /// What may be reached. Nothing else is.
    #[serde(rename = "target")]
    pub targets: Vec<Target>,
    /// How much.
    pub limits: Limits,
    /// How long, in seconds.
    pub deadlines: Deadlines,
}

/// One control port that may be reached, shown in the page as a preset site.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Host name or literal address. Loopback, link-local and other special addresses are reached only where
    /// they are listed as addresses; a name that resolves to one is refused.
    pub host: String,
    /// Control port.
    #[serde(default = "ftp_port")]
    pub port: u16,
    /// What the card says; the host where absent.
    #[serde(default)]
    pub name: Option<String>,
    /// How the control connection is protected.
    #[serde(default)]
    pub encryption: SiteEncryption,
    /// User name to log in with.
    #[serde(default)]
    pub user: Option<String>,
    /// Start folder.
    #[serde(default)]
    pub path: Option<String>,
}

/// How much of everything. Each limit bounds memory, sockets or load on the targets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// HTTP connections at once. A connection that has become a tunnel counts as a session only.
    pub connections: usize,
    /// Tunnels at once.
    pub sessions: usize,
    /// Streams of one tunnel at once.
    pub streams: usize,
    /// Control connections that one tunnel may open in a minute. Data connections are not counted: they reach only a
    /// server that has already let the page in, and small files need many.
    pub opens_per_minute: u32,
}

/// How long to wait, in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deadlines {
    /// For the head of an HTTP request.
    pub header: u64,
    /// From the upgrade to HELLO.
    pub hello: u64,
    /// For name lookup and connection together.
    pub connect: u64,
    /// For a TLS handshake.
    pub tls: u64,
    /// For the page's word on a certificate.
    pub accept: u64,
    /// For a stream without a byte in either direction.
    pub idle: u64,
    /// For a write that makes no progress.
    pub write_stall: u64,
    /// Between pings of the WebSocket.
    pub ping: u64,
    /// Without any frame before a WebSocket counts as dead.
    pub dead: u64,
    /// From the order to stop until running streams are cut.
    pub drain: u64,
}

/// A configuration that cannot be used.
#[derive(Debug, Error)]
#[error("configuration: {0}")]
pub struct ConfigError(pub(crate) String);

impl Config {
    /// Reads TOML.
    ///
    /// # Errors
    /// [`ConfigError`] with the line of the first thing that is wrong.
    pub fn from_toml(text: &str) -> Result<Config, ConfigError> {
        let config: Config = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// What the page is offered as one-click cards: the targets, in their order.
    pub(crate) fn sites(&self) -> Vec<Site> {
        let site = |target: &Target| Site {
            name: target.name.clone().unwrap_or_else(|| target.host.clone()),
            host: target.host.clone(),
            port: target.port,
            encryption: target.encryption,
            user: target.user.clone(),
            path: target.path.clone(),
        };
        self.targets.iter().map(site).collect()
    }

    /// Finds contradictions that the types do not exclude. [`crate::run`] does it as well, for configurations
    /// that were built and not read.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        for target in &self.targets {
            let host = &target.host;
            crate::address::Host::parse(host)
                .map_err(|error| ConfigError(format!("target {host:?}: {error}")))?;
            if target.port == 0 {
                return Err(ConfigError(format!("target {host:?}: port 0 cannot be reached")));
            }
        }
        for origin in self.public_origin.iter().chain(&self.frame_ancestors) {
            crate::origin::Origin::parse(origin).ok_or_else(|| {
                ConfigError(format!("{origin:?} is not an origin such as https://files.example.org"))
            })?;
        }
        let limits = [self.limits.connections, self.limits.sessions, self.limits.streams];
        if limits.contains(&0) || self.limits.opens_per_minute == 0 {
            return Err(ConfigError("a limit of 0 lets nothing through".into()));
        }
        if self.deadlines.all().iter().any(|seconds| *seconds > MAX_DEADLINE) {
            return Err(ConfigError("a deadline is longer than 30 days".into()));
        }
        if self.deadlines.ping == 0 || self.deadlines.ping >= self.deadlines.dead {
            return Err(ConfigError("deadlines: ping must be above 0 and below dead".into()));
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            open_to_network: false,
            public_origin: Vec::new(),
            allow_missing_origin: false,
            frame_ancestors: Vec::new(),
            www: None,
            extra_roots: Vec::new(),
            targets: Vec::new(),
            limits: Limits::default(),
            deadlines: Deadlines::default(),
        }
    }
}

impl Target {
    /// A target without a preset beyond its host and port.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Target {
        Target {
            host: host.into(),
            port,
            name: None,
            encryption: SiteEncryption::default(),
            user: None,
            path: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connections: 1024, sessions: 256, streams: 32, opens_per_minute: 60 }
    }
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            header: 10,
            hello: 5,
            connect: 10,
            tls: 15,
            accept: 60,
            idle: 15 * 60,
            write_stall: 60,
            ping: 20,
            dead: 60,
            drain: 30,
        }
    }
}

/// Clocks and timers are sure to hold this, in seconds.
const MAX_DEADLINE: u64 = 30 * 24 * 3600;

impl Deadlines {
    fn all(&self) -> [u64; 10] {
        let Deadlines { header, hello, connect, tls, accept, idle, write_stall, ping, dead, drain } = *self;
        [header, hello, connect, tls, accept, idle, write_stall, ping, dead, drain]
    }
}

/// A deadline as a duration.
pub(crate) fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn ftp_port() -> u16 {
    21
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_target_keeps_every_other_default() {
        let config = Config::from_toml(
            "[[target]]\nhost = \"ftp.example.org\"\nname = \"Mirror\"\nencryption = \"explicit-if-offered\"\nuser = \"anonymous\"\n\n[deadlines]\ndrain = 5\n",
        )
        .unwrap();
        assert_eq!(config.targets[0].port, 21);
        assert_eq!(config.deadlines.drain, 5);
        assert_eq!(config.deadlines.hello, 5);
        assert!(config.listen.ip().is_loopback() && !config.allow_missing_origin);
        let site = &config.sites()[0];
        assert_eq!((site.name.as_str(), site.encryption), ("Mirror", SiteEncryption::ExplicitIfOffered));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, expected) in [
            ("allow_missing_orign = true", "line 1"),
            ("\n\n[limits]\nstream = 3", "line 4"),
            ("[[target]]\nhost = \"a.example\"\ntls = true", "line 3"),
            ("[[target]]\nhost = \"127.1\"", "127.1"),
            ("[[target]]\nhost = \"a.example\"\nport = 0", "port 0"),
            ("public_origin = [\"example.org\"]", "example.org"),
            ("frame_ancestors = [\"https://a.example; script-src *\"]", "not an origin"),
            ("[limits]\nstreams = 0", "limit of 0"),
            ("[deadlines]\nping = 90", "ping"),
            ("[deadlines]\nconnect = 9223372036854775807", "30 days"),
        ] {
            let error = Config::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?} gave {error:?}");
        }
    }
}
