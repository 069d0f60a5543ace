//! A server, its TLS and its certificate.

use serde::{Deserialize, Serialize};

/// What is known of a server after the login.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Server {
    /// Address and port.
    pub peer: String,
    /// Its software, as far as it says.
    pub software: String,
    /// TLS of the control connection.
    pub tls: Option<TlsSession>,
    /// Round trip of a command, in milliseconds.
    pub latency_ms: Option<u64>,
}

/// A decision that only a person can take.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Question {
    /// The certificate is not trusted.
    Certificate {
        /// What the server showed.
        tls: TlsSession,
        /// It used to show another key.
        changed: bool,
    },
    /// The server offers no TLS; going on sends the password in plain text.
    Plaintext,
}

/// A TLS session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TlsSession {
    /// What is wrong with the certificate; `None` where it is trusted.
    pub problem: Option<Problem>,
    /// Such as `TLS1.3`.
    pub version: String,
    /// Such as `X25519`.
    pub key_exchange: String,
    /// Such as `AES-256-GCM`.
    pub cipher: String,
    /// Chain, leaf first.
    pub chain: Vec<Certificate>,
}

impl TlsSession {
    /// Whether the version is one that can be broken (RFC 8996): a relay speaks it only with servers that its administrator has named for it.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        matches!(self.version.as_str(), "TLS1.0" | "TLS1.1")
    }
}

/// What is wrong with a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Problem {
    /// The leaf signed itself.
    SelfSigned,
    /// No way to a trusted root.
    UnknownIssuer,
    /// Past its end date.
    Expired,
    /// Before its start date.
    NotYetValid,
    /// For other names.
    WrongName,
    /// Anything else.
    Invalid(String),
}

/// What a person needs to see of a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Certificate {
    /// Holder.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Names it is for.
    pub names: Vec<String>,
    /// Start of validity, Unix seconds.
    pub not_before: i64,
    /// End of validity, Unix seconds.
    pub not_after: i64,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Key type and size.
    pub key: String,
    /// SHA-256 of the whole, lower-case hexadecimal.
    pub sha256: String,
    /// SHA-256 of the public key: what *Always trust* remembers.
    pub spki_sha256: String,
}
