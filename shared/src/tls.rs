//! TLS of a stream: done by the relay, decided by the page.
//!
//! START_TLS → handshake → TLS_CERT… → TLS_INFO → (TLS_ACCEPT) → bytes flow. Nothing flows before the gate is open. The gate
//! of a data stream opens by itself when its server shows the leaf certificate that the page accepted on the control
//! stream; TLS_INFO then says `gate_open`. START_TLS may follow OPEN at once: the handshake begins when the connection stands, and
//! a data stream costs one round trip in all.

use serde::{Deserialize, Serialize};
use std::fmt;

/// START_TLS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StartTls {
    /// Name to verify and to send as SNI; data streams must use their control stream's.
    pub server_name: String,
    /// Plaintext bytes that the page has received on this stream. If the relay has read more, something was said
    /// in plain text after AUTH TLS was answered, and the stream is reset.
    pub received: u64,
    /// Newest version to offer; absent means 1.3.
    #[serde(default)]
    pub max_version: Option<TlsVersion>,
    /// What to show to a server that asks who this is. On control streams; their data streams show the same.
    #[serde(default)]
    pub client_certificate: Option<ClientCertificate>,
}

/// A certificate and its key, for one session. No `Debug` of it shows anything.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// PEM: the certificate, those that lead to its authority, and the private key, not encrypted.
    pub pem: String,
}

/// Longest [`ClientCertificate::pem`], in bytes: with the rest of START_TLS it fits a frame.
pub const MAX_CLIENT_CERTIFICATE: usize = 12 * 1024;

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate(****)")
    }
}

/// TLS protocol versions that the relay speaks; those below 1.2 only where it was built for that, and its administrator named the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum TlsVersion {
    /// RFC 2246, deprecated by RFC 8996.
    #[serde(rename = "TLS1.0")]
    Tls10,
    /// RFC 4346, deprecated by RFC 8996.
    #[serde(rename = "TLS1.1")]
    Tls11,
    /// RFC 5246.
    #[serde(rename = "TLS1.2")]
    Tls12,
    /// RFC 8446.
    #[serde(rename = "TLS1.3")]
    Tls13,
}

impl TlsVersion {
    /// The name as it stands in the session log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TlsVersion::Tls10 => "TLS1.0",
            TlsVersion::Tls11 => "TLS1.1",
            TlsVersion::Tls12 => "TLS1.2",
            TlsVersion::Tls13 => "TLS1.3",
        }
    }
}

/// TLS_INFO: the outcome of a handshake.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TlsInfo {
    /// What the verification of the chain said. Signatures of the handshake itself are always verified.
    pub verdict: Verdict,
    /// Protocol version.
    pub version: TlsVersion,
    /// Key exchange group, such as `X25519`; empty where a resumed session had none.
    pub key_exchange: String,
    /// Cipher, such as `AES-256-GCM`.
    pub cipher: String,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// Whether bytes flow already, because the page accepted this certificate on the control stream.
    pub gate_open: bool,
    /// The server's chain, leaf first, as the relay reads it; TLS_CERT frames carry the DER of a closed gate's chain.
    pub chain: Vec<Certificate>,
}

/// What is wrong with a certificate chain, the first thing found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "text", rename_all = "snake_case")]
pub enum Verdict {
    /// It leads to a root that the relay trusts, it is in date and it names the server.
    Trusted,
    /// The leaf signed itself.
    SelfSigned,
    /// No way from the leaf to a trusted root.
    UnknownIssuer,
    /// Past its end date.
    Expired,
    /// Before its start date.
    NotYetValid,
    /// In order, but for other names.
    WrongName,
    /// Anything else, in the verifier's words.
    Invalid(String),
}

/// What a person needs to see of a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Certificate {
    /// Distinguished name of its holder.
    pub subject: String,
    /// Distinguished name of its issuer.
    pub issuer: String,
    /// DNS names and addresses it is for.
    pub names: Vec<String>,
    /// Start of validity, Unix seconds.
    pub not_before: i64,
    /// End of validity, Unix seconds.
    pub not_after: i64,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Key type and size, such as `RSA 2048`.
    pub key: String,
    /// SHA-256 of the DER, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// SHA-256 of the subject public key info, 64 lower-case hexadecimal digits: what a pin remembers.
    pub spki_sha256: String,
}
