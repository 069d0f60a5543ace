//! What may be reached: `[[target]]`, a server that the page shows as a card, and `[[rule]]`, servers that a person may type.

use super::secret::{PasswordOver, SecretSource};
use super::server_tls::{ClientCertificate, Pin, TlsMin};
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
    /// Where that user's password stands, if the relay is to write it: the page then logs in without seeing it.
    #[serde(default)]
    pub password: Option<SecretSource>,
    /// What the password may be written over. Absent: TLS with a certificate that the relay trusts, or anything where `encryption` is `none`.
    #[serde(default)]
    pub password_over: Option<PasswordOver>,
    /// Start folder.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether the relay lets anything but TLS through.
    #[serde(default)]
    pub tls: TlsRule,
    /// The oldest TLS. Absent: what holds for all.
    #[serde(default)]
    pub tls_min: Option<TlsMin>,
    /// The keys that the server may show. They are trusted without a question, and no other is. Empty: the certificate decides.
    #[serde(default)]
    pub pins: Vec<Pin>,
    /// What the relay shows to a server that asks who it is.
    #[serde(default)]
    pub client_certificate: Option<ClientCertificate>,
    /// TLS 1.0 and 1.1 too: for a server that cannot be updated, and only in a relay that was built with the feature `legacy-tls`.
    #[serde(default)]
    pub legacy_tls: bool,
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
    /// The oldest TLS. Absent: what holds for all.
    #[serde(default)]
    pub tls_min: Option<TlsMin>,
    /// What the relay shows to a server that asks who it is.
    #[serde(default)]
    pub client_certificate: Option<ClientCertificate>,
    /// TLS 1.0 and 1.1 too: for a server that cannot be updated, and only in a relay that was built with the feature `legacy-tls`.
    #[serde(default)]
    pub legacy_tls: bool,
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
            password: None,
            password_over: None,
            path: None,
            tls: TlsRule::default(),
            tls_min: None,
            pins: Vec::new(),
            client_certificate: None,
            legacy_tls: false,
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
            stored_password: self.password.is_some(),
        }
    }

    /// What the password may be written over.
    pub(crate) fn password_over(&self) -> PasswordOver {
        self.password_over.unwrap_or(match self.encryption {
            SiteEncryption::None => PasswordOver::Plain,
            _ => PasswordOver::VerifiedTls,
        })
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
        self.check_password().map_err(|text| format!("target {host:?}: {text}"))?;
        let plain = matches!(self.encryption, SiteEncryption::None | SiteEncryption::ExplicitIfOffered);
        if self.tls == TlsRule::Required && plain {
            return Err(format!(
                "target {host:?}: TLS is required, but its encryption is not explicit or implicit"
            ));
        }
        if self.encryption == SiteEncryption::None && self.has_own_tls() {
            return Err(format!(
                "target {host:?}: tls_min, pins, client_certificate or legacy_tls, but its encryption is none"
            ));
        }
        check_legacy(self.legacy_tls, self.tls_min, self.client_certificate.as_ref())
            .map_err(|text| format!("target {host:?}: {text}"))
    }

    /// Whether anything is said of TLS with it that does not hold for all.
    pub(crate) fn has_own_tls(&self) -> bool {
        self.tls_min.is_some()
            || !self.pins.is_empty()
            || self.client_certificate.is_some()
            || self.legacy_tls
    }
}

impl Target {
    /// Where the password stands and what is wrong with it, for an administrator.
    pub(crate) fn password_in_words(&self) -> Option<String> {
        let (password, user) = (self.password.as_ref()?, self.user.as_deref()?);
        let over = match self.password_over() {
            PasswordOver::Plain => "any connection",
            PasswordOver::Tls => "TLS with any certificate that the page accepts",
            PasswordOver::VerifiedTls => "TLS with a certificate that the relay trusts",
        };
        let but = password.complaint().map_or(String::new(), |complaint| format!(" (warning: {complaint})"));
        let place = format!("{}:{}", self.host, self.port);
        Some(format!("write the password of {user:?} at {place} from {password}, over {over}{but}\n"))
    }

    fn check_password(&self) -> Result<(), &'static str> {
        let Some(password) = &self.password else {
            return match self.password_over {
                Some(_) => Err("password_over without a password"),
                None => Ok(()),
            };
        };
        password.check()?;
        match self.user.as_deref() {
            None | Some("") => Err("a password without its user"),
            Some(user) if user.contains(char::is_control) => Err("its user holds a control character"),
            Some(_)
                if self.encryption == SiteEncryption::None && self.password_over() != PasswordOver::Plain =>
            {
                Err("its password is for TLS only, but its encryption is none")
            }
            Some(_) => Ok(()),
        }
    }
}

impl Rule {
    /// Whether anything is said of TLS with its servers that does not hold for all.
    pub(crate) fn has_own_tls(&self) -> bool {
        self.tls_min.is_some() || self.client_certificate.is_some() || self.legacy_tls
    }

    /// What contradicts itself.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.hosts.is_empty() || self.ports.is_empty() {
            true => Err("a rule without hosts or ports lets nothing through".to_owned()),
            false => check_legacy(self.legacy_tls, self.tls_min, self.client_certificate.as_ref())
                .map_err(|text| format!("rule: {text}")),
        }
    }
}

/// What contradicts `legacy_tls`.
fn check_legacy(
    legacy: bool,
    min: Option<TlsMin>,
    certificate: Option<&ClientCertificate>,
) -> Result<(), &'static str> {
    match (legacy, min, certificate) {
        (false, _, _) => Ok(()),
        (true, Some(_), _) => Err("tls_min and legacy_tls contradict each other"),
        (true, _, Some(_)) => Err("legacy_tls cannot show a client_certificate"),
        (true, None, None) if cfg!(feature = "legacy-tls") => Ok(()),
        (true, None, None) => Err("legacy_tls needs a relay that was built with the feature legacy-tls"),
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
