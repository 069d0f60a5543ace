//! The relay's configuration: one TOML file with defaults for everything but the targets.
//!
//! Unknown keys are errors that name their line: a misspelt limit must not silently be no limit.

mod access;
mod environment;
mod limits;
mod log;
mod metrics;
mod proxies;
mod rule;
mod secret;
mod server_tls;
mod tls;

pub(crate) use access::is_user;
pub use access::{Access, Mode, TicketAlgorithm, TicketKey, Token, TokenHash};
pub use limits::{InAll, Limits, PerAddress, PerUser};
pub use log::{Log, LogFormat};
pub use metrics::Metrics;
pub use proxies::ProxiesConfig;
pub use rule::{Rule, Target, TlsRule};
pub use secret::{PasswordOver, SecretSource};
pub use server_tls::{ClientCertificate, Pin, PinError, TlsMin};
pub use tls::ListenerTls;

use crate::policy::Ports;
use crate::visitor::Grants;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use towpath_shared::Site;

/// What an administrator decides. `Config::default()` listens on loopback and allows no target.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address to listen on; [`crate::run`] takes a listener and does not look at it.
    pub listen: SocketAddr,
    /// Whether other machines may connect without showing anything. Without it the relay refuses any address but loopback where
    /// `access` has no mode, since whoever reaches it can use every target below.
    pub open_to_network: bool,
    /// This relay's name where several stand behind one proxy, which sends `/tunnel/NAME` to this one: a tunnel that lost its connection
    /// goes on only where it was.
    pub id: Option<String>,
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
    /// The oldest TLS with servers, where their target or rule does not say.
    pub tls_min: TlsMin,
    /// Servers that may be reached and that the page shows as cards.
    #[serde(rename = "target")]
    pub targets: Vec<Target>,
    /// What else may be reached. Nothing that neither these nor the targets list is.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// Where the relay listens for servers in active mode, if a target or rule allows that.
    pub active: Active,
    /// HTTPS on the page's listener.
    pub tls: ListenerTls,
    /// What it says.
    pub log: Log,
    /// Who watches the relay.
    pub metrics: Metrics,
    /// Who may come in.
    pub access: Access,
    /// Tokens that let people in.
    #[serde(rename = "token")]
    pub tokens: Vec<Token>,
    /// Keys of portals whose tickets let people in.
    #[serde(rename = "ticket_key")]
    pub ticket_keys: Vec<TicketKey>,
    /// Reverse proxies in front of the relay.
    pub proxies: ProxiesConfig,
    /// How much.
    pub limits: Limits,
    /// How long, in seconds.
    pub deadlines: Deadlines,
}

/// Active mode: where the relay listens for data connections, and what it tells servers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Active {
    /// Ports to listen on; a firewall must let the servers through to them. All unprivileged ones: any that is free.
    pub ports: Ports,
    /// Address that servers are told, where it is not the relay's own address of the control connection: behind NAT.
    pub address: Option<IpAddr>,
}

/// How long to wait, in seconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// For a server to connect in active mode.
    pub listen: u64,
    /// For a stream without a byte in either direction.
    pub idle: u64,
    /// For a write that makes no progress.
    pub write_stall: u64,
    /// Between pings of the WebSocket.
    pub ping: u64,
    /// Without any frame before a WebSocket counts as dead.
    pub dead: u64,
    /// For a page to come back after its connection was lost, while its streams wait; 0 ends a session with its WebSocket.
    pub grace: u64,
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
    /// [`ConfigError`] with the line of the first thing that is wrong. It does not show the line: a password may stand there that does
    /// not belong in the file.
    pub fn from_toml(text: &str) -> Result<Config, ConfigError> {
        let config: Config = toml::from_str(text).map_err(|error| ConfigError(placed(&error, text)))?;
        config.check()?;
        Ok(config)
    }

    /// What a person is offered as one-click cards: the targets that they may use, in their order.
    pub(crate) fn sites(&self, grants: &Grants) -> Vec<Site> {
        let usable = self.targets.iter().filter(|target| grants.allow_target(target));
        usable.map(Target::site).collect()
    }

    /// What is in force, defaults included, as TOML that reads as this configuration again.
    ///
    /// # Errors
    /// [`ConfigError`] where a value has no form in TOML, such as a path that is not Unicode.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(|error| ConfigError(error.to_string()))
    }

    /// Finds contradictions that the types do not exclude. [`crate::run`] does it as well, for configurations
    /// that were built and not read.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let targets = self.targets.iter().map(Target::check);
        targets
            .chain(self.rules.iter().map(Rule::check))
            .collect::<Result<(), String>>()
            .and_then(|()| self.proxies.check())
            .and_then(|()| self.access.check(self))
            .map_err(ConfigError)?;
        for origin in self.public_origin.iter().chain(&self.frame_ancestors) {
            crate::origin::Origin::parse(origin).ok_or_else(|| {
                ConfigError(format!("{origin:?} is not an origin such as https://files.example.org"))
            })?;
        }
        self.limits.check().map_err(ConfigError)?;
        self.tls.check()?;
        self.metrics.check(self.listen)?;
        if let Some(id) = &self.id
            && (id.is_empty()
                || id.len() > 64
                || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)))
        {
            return Err(ConfigError(format!(
                "id {id:?}: 1 to 64 letters, digits and -_. are a name in a path"
            )));
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
            id: None,
            public_origin: Vec::new(),
            allow_missing_origin: false,
            frame_ancestors: Vec::new(),
            www: None,
            extra_roots: Vec::new(),
            tls_min: TlsMin::default(),
            targets: Vec::new(),
            rules: Vec::new(),
            active: Active::default(),
            tls: ListenerTls::default(),
            log: Log::default(),
            metrics: Metrics::default(),
            access: Access::default(),
            tokens: Vec::new(),
            ticket_keys: Vec::new(),
            proxies: ProxiesConfig::default(),
            limits: Limits::default(),
            deadlines: Deadlines::default(),
        }
    }
}

impl Default for Active {
    fn default() -> Active {
        Active { ports: Ports::UNPRIVILEGED, address: None }
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
            listen: 60,
            idle: 15 * 60,
            write_stall: 60,
            ping: 20,
            dead: 60,
            grace: 90,
            drain: 30 * 60,
        }
    }
}

/// An error with its place. The line itself is not shown, for these texts are logged: somebody may have written a secret there.
fn placed(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => format!("line {}: {}", before.matches('\n').count() + 1, error.message()),
        None => error.message().to_owned(),
    }
}

/// Clocks and timers are sure to hold this, in seconds.
const MAX_DEADLINE: u64 = 30 * 24 * 3600;

impl Deadlines {
    fn all(&self) -> [u64; 12] {
        let Deadlines {
            header,
            hello,
            connect,
            tls,
            accept,
            listen,
            idle,
            write_stall,
            ping,
            dead,
            grace,
            drain,
        } = *self;
        [header, hello, connect, tls, accept, listen, idle, write_stall, ping, dead, grace, drain]
    }
}

/// A deadline as a duration.
pub(crate) fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use towpath_shared::SiteEncryption;

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
        let site = &config.sites(&Grants::default())[0];
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
            ("[[target]]\nhost = \"*.example.org\"", "one server"),
            ("[[target]]\nhost = \"169.254.169.254\"", "metadata"),
            (
                "[[target]]\nhost = \"a.example\"\nencryption = \"none\"\ntls = \"required\"",
                "TLS is required",
            ),
            ("[[target]]\nhost = \"a.example\"\ndata_ports = \"9-8\"", "line 3"),
            ("[[rule]]\nports = [21]", "line 1"),
            ("[[rule]]\nhosts = []", "lets nothing through"),
            ("[[rule]]\nhosts = [\n\"ftp.example.org\",\n\"10.20.0.1/16\"]", "line 2"),
            ("[[rule]]\nhosts = [\"ftp.example.org\"]\nports = [0]", "line 3"),
            ("[[rule]]\nhosts = [\"ftp.example.org\"]\nports = [\"21-\"]", "line 3"),
            ("[[rule]]\nhosts = [\"ftp.example.org\"]\nport = 21", "line 3"),
            ("[[target]]\nhost = \"a.example\"\npassword = { env = \"X\" }", "without its user"),
            (
                "[[target]]\nhost = \"a.example\"\nuser = \"me\"\npassword_over = \"tls\"",
                "without a password",
            ),
            (
                "[[target]]\nhost = \"a.example\"\nuser = \"me\"\npassword = { env = \"X\", file = \"Y\" }",
                "line 4: a secret has one place",
            ),
            ("[[target]]\nhost = \"a.example\"\nuser = \"me\"\npassword = { fil = \"Y\" }", "line 4"),
            (
                "[[target]]\nhost = \"a.example\"\nuser = \"me\"\npassword = { command = [] }",
                "command is empty",
            ),
            (
                "[[target]]\nhost = \"a.example\"\nuser = \"me\"\nencryption = \"none\"\n\
                 password = { env = \"X\" }\npassword_over = \"tls\"",
                "for TLS only",
            ),
            ("tls_min = \"1.1\"", "line 1"),
            (
                "[[target]]\nhost = \"a.example\"\nlegacy_tls = true\ntls_min = \"1.2\"",
                "contradict each other",
            ),
            #[cfg(not(feature = "legacy-tls"))]
            ("[[rule]]\nhosts = [\"a.example\"]\nlegacy_tls = true", "feature legacy-tls"),
            ("[[target]]\nhost = \"a.example\"\npins = [\"sha256/x\"]", "line 3"),
            ("[[target]]\nhost = \"a.example\"\nclient_certificate = { chain = \"a\" }", "line 3"),
            (
                "[[target]]\nhost = \"a.example\"\nencryption = \"none\"\ntls_min = \"1.3\"",
                "its encryption is none",
            ),
            ("public_origin = [\"example.org\"]", "example.org"),
            ("frame_ancestors = [\"https://a.example; script-src *\"]", "not an origin"),
            ("[proxies]\nnetworks = [\"proxy.example\"]", "address or network"),
            ("[proxies]\nnetworks = [\"10.0.0.1/8\"]", "line 2"),
            ("[proxies]\nproxy_protocol = true", "needs networks"),
            ("[limits]\nstreams = 0", "limit of 0"),
            ("[limits.address]\nconnections = 0", "limit of 0"),
            ("[limits.user]\nopens_per_minute = 0", "limit of 0"),
            ("[limits.all]\nsessions = 1", "line 2"),
            ("[limits]\nbytes_per_second = 0", "leave it out"),
            ("[limits.user]\nbytes_per_second = 1023", "leave it out"),
            ("[deadlines]\nping = 90", "ping"),
            ("[deadlines]\nconnect = 9223372036854775807", "30 days"),
        ] {
            let error = Config::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?} gave {error:?}");
        }
    }

    /// A password in the file itself is refused, and no error repeats it, neither its value nor its line.
    #[test]
    fn s3_a_literal_password_is_refused_without_repeating_it() {
        for value in [
            "\"canary\"",
            "\"canary",
            "canary",
            "[\"canary\"]",
            "{ canary = 1 }",
            "{ file = \"a\", canary = 2 }",
        ] {
            let text = format!("[[target]]\nhost = \"a.example\"\nuser = \"me\"\npassword = {value}\n");
            let error = Config::from_toml(&text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{value}: {error}");
        }
        let text = "[[target]]\nhost = \"a.example\"\nuser = \"me\"\npassword = \"canary\"\n";
        let error = Config::from_toml(text).unwrap_err().to_string();
        assert!(error.contains("does not belong in this file") && error.contains("a.example"), "{error}");
    }

    #[test]
    fn what_is_in_force_reads_as_the_same_again() {
        let text = "public_origin = [\"https://a.example\"]\n[[target]]\nhost = \"a.example\"\ntls = \"required\"\n\
                    user = \"me\"\npassword = { command = [\"pass\", \"show\"] }\n\
                    pins = [\"sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"]\n\
                    client_certificate = { chain = \"c\", key = \"k\" }\n\
                    [[rule]]\nhosts = [\"*.b.example\", \"10.20.0.0/16\"]\nports = [21, \"2100-2199\"]\ndata_ports = \"50000-50100\"\n";
        let config = Config::from_toml(text).unwrap();
        let effective = config.to_toml().unwrap();
        for part in [
            "ports = [21, \"2100-2199\"]",
            "tls = \"optional\"",
            "data_ports = \"1024-65535\"",
            "write_stall = 60",
        ] {
            assert!(effective.contains(part), "{part}: {effective}");
        }
        let again = Config::from_toml(&effective).unwrap();
        assert_eq!(again.to_toml().unwrap(), effective);
        assert_eq!(format!("{again:?}"), format!("{config:?}"));
    }
}
