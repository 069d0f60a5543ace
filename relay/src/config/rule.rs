//! What may be reached: `[[target]]`, a server that the page shows as a card, and `[[rule]]`, servers that a person may type.

use crate::policy::{HostPattern, Ports};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use towpath_shared::{Site, SiteEncryption};

/// One control port that may be reached, shown in the page as a preset site.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// Whether the relay lets anything but TLS through.
    #[serde(default)]
    pub tls: TlsRule,
    /// Ports that data connections may go to.
    #[serde(default = "unprivileged")]
    pub data_ports: Ports,
    /// Whether the relay listens for the server where passive mode does not work.
    #[serde(default)]
    pub active: bool,
    /// Who may use it, by name. Absent: everybody who may come in.
    #[serde(default)]
    pub users: Option<Vec<String>>,
}

/// Hosts and ports that may be reached, without a card in the page.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Names, names below a domain (`*.example.org`), addresses, networks (`10.20.0.0/16`).
    pub hosts: Vec<HostPattern>,
    /// Control ports.
    #[serde(default = "ftp_ports")]
    pub ports: Vec<Ports>,
    /// Whether the relay lets anything but TLS through.
    #[serde(default)]
    pub tls: TlsRule,
    /// Ports that data connections may go to.
    #[serde(default = "unprivileged")]
    pub data_ports: Ports,
    /// Whether the relay listens for the servers where passive mode does not work.
    #[serde(default)]
    pub active: bool,
    /// Who may use them, by name. Absent: everybody who may come in.
    #[serde(default)]
    pub users: Option<Vec<String>>,
}

/// Whether the relay insists on TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsRule {
    /// The page and its user decide.
    #[default]
    Optional,
    /// Before TLS nothing passes but the request for it, and no data connection goes without.
    Required,
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
            tls: TlsRule::default(),
            data_ports: unprivileged(),
            active: false,
            users: None,
        }
    }

    /// What its card says.
    pub(crate) fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.host)
    }

    /// What the page is offered.
    pub(crate) fn site(&self) -> Site {
        Site {
            name: self.label().to_owned(),
            host: self.host.clone(),
            port: self.port,
            encryption: self.encryption,
            user: self.user.clone(),
            path: self.path.clone(),
        }
    }

    /// What contradicts itself.
    pub(crate) fn check(&self) -> Result<(), String> {
        let host = &self.host;
        if host.contains(['/', '*']) {
            return Err(format!("target {host:?}: a card leads to one server; a [[rule]] has patterns"));
        }
        host.parse::<HostPattern>().map_err(|error| format!("target: {error}"))?;
        if self.port == 0 {
            return Err(format!("target {host:?}: port 0 cannot be reached"));
        }
        let plain = matches!(self.encryption, SiteEncryption::None | SiteEncryption::ExplicitIfOffered);
        if self.tls == TlsRule::Required && plain {
            return Err(format!(
                "target {host:?}: TLS is required, but its encryption is not explicit or implicit"
            ));
        }
        Ok(())
    }
}

impl Rule {
    /// What contradicts itself.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.hosts.is_empty() || self.ports.is_empty() {
            true => Err("a rule without hosts or ports lets nothing through".to_owned()),
            false => Ok(()),
        }
    }
}

fn ftp_port() -> u16 {
    21
}

fn ftp_ports() -> Vec<Ports> {
    [21, 990].into_iter().filter_map(|port| Ports::new(port, port)).collect()
}

fn unprivileged() -> Ports {
    Ports::UNPRIVILEGED
}

impl Serialize for HostPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HostPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<HostPattern, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Ports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.only() {
            Some(port) => serializer.serialize_u16(port),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ports, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Ports;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port from 1 to 65535 or a range such as \"50000-50100\"")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Ports, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Ports, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Text)
    }
}
