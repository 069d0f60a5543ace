//! Failed handshakes in words for a person: what happened, and what can be done about it. A RESET has room for 256 bytes of them.

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};
use std::io;
use thiserror::Error;
use towpath_shared::Reason;

const OLD: &str = "the server offers only TLS 1.0 or 1.1, which can be broken and which the relay does not speak; \
     the server needs TLS 1.2 or newer";
const NOTHING_IN_COMMON: &str = "the server and the relay have no cipher in common; the relay has those with forward secrecy \
     (ECDHE with AES-GCM or ChaCha20) only, and the server needs one of them";
const WANTS_CERTIFICATE: &str = "the server wants a client certificate, and there is none for it";
const DECRYPT: &str = "the server says that a signature or a check sum is wrong";
pub(super) const NO_TLS: &str =
    "what the server says is not TLS; the port may be one without TLS, or that of the other TLS mode";
pub(super) const CLOSED: &str = "the server closed the connection during the TLS handshake without saying why; it may have no TLS on this \
     port, no version of it that the relay speaks, or not like where the connection comes from";

/// Why there is no TLS.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{text}")]
pub struct TlsFailure {
    /// For the program.
    pub reason: Reason,
    /// The number of a TLS alert, 0 where there was none.
    pub alert: u16,
    /// For a person.
    pub text: String,
}

impl TlsFailure {
    pub(crate) fn new(reason: Reason, text: impl Into<String>) -> TlsFailure {
        TlsFailure { reason, alert: 0, text: text.into() }
    }

    pub(crate) fn from_io(error: &io::Error) -> TlsFailure {
        if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            return TlsFailure::from_rustls(error);
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => TlsFailure::new(Reason::TlsHandshake, CLOSED),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                TlsFailure::new(Reason::PeerReset, "the server broke the connection during the TLS handshake")
            }
            _ => TlsFailure::new(Reason::TlsHandshake, error.to_string()),
        }
    }

    fn from_rustls(error: &Error) -> TlsFailure {
        use PeerIncompatible::{ServerDoesNotSupportTls12Or13, ServerTlsVersionIsDisabledByOurConfig};
        let (reason, text) = match error {
            Error::AlertReceived(alert) => return TlsFailure::from_alert(*alert),
            Error::PeerIncompatible(ServerDoesNotSupportTls12Or13 | ServerTlsVersionIsDisabledByOurConfig) => {
                (Reason::TlsVersion, OLD.to_owned())
            }
            Error::PeerIncompatible(what) => (Reason::TlsVersion, format!("{NOTHING_IN_COMMON} ({what:?})")),
            Error::InvalidMessage(_) => (Reason::TlsHandshake, NO_TLS.to_owned()),
            Error::InvalidCertificate(CertificateError::BadSignature) => (
                Reason::TlsHandshake,
                "the server does not have the key of the certificate that it shows; somebody may stand in between".to_owned(),
            ),
            Error::PeerMisbehaved(what) => {
                (Reason::TlsHandshake, format!("the server breaks the rules of TLS ({what:?}); it needs an update"))
            }
            _ => (Reason::TlsHandshake, error.to_string()),
        };
        TlsFailure { reason, alert: 0, text }
    }

    /// The server's own reason, by its number (RFC 8446 section 6.2).
    fn from_alert(alert: AlertDescription) -> TlsFailure {
        use AlertDescription as Alert;
        let (reason, text) = match alert {
            Alert::ProtocolVersion => (Reason::TlsVersion, OLD),
            Alert::HandshakeFailure | Alert::InsufficientSecurity => (Reason::TlsVersion, NOTHING_IN_COMMON),
            Alert::NoApplicationProtocol => (
                Reason::TlsHandshake,
                "the server speaks another protocol than FTP on this port; check the port",
            ),
            Alert::UnrecognisedName => {
                (Reason::TlsHandshake, "the server does not know itself by this name; check the host name")
            }
            Alert::CertificateRequired => (Reason::ClientCertificate, WANTS_CERTIFICATE),
            Alert::BadCertificate | Alert::UnsupportedCertificate | Alert::CertificateUnknown => {
                (Reason::ClientCertificate, "the server does not like the client certificate")
            }
            Alert::CertificateRevoked => (Reason::ClientCertificate, "the client certificate was revoked"),
            Alert::CertificateExpired => (Reason::ClientCertificate, "the client certificate has expired"),
            Alert::DecryptError => (Reason::TlsHandshake, DECRYPT),
            Alert::UnknownCA => (
                Reason::ClientCertificate,
                "the server does not know the authority that signed the client certificate",
            ),
            Alert::AccessDenied => (
                Reason::ClientCertificate,
                "the server does not let in who this client certificate stands for",
            ),
            _ => (Reason::TlsHandshake, "the server gave the TLS handshake up"),
        };
        let number = u8::from(alert);
        TlsFailure { reason, alert: u16::from(number), text: format!("{text} (alert {number}, {alert:?})") }
    }

    /// The same where only TLS 1.3 was offered.
    pub(super) fn for_tls13_only(self) -> TlsFailure {
        if self.reason != Reason::TlsVersion {
            return self;
        }
        let text =
            "the server has no TLS 1.3, without which this relay's administrator allows no connection to it";
        TlsFailure { text: text.into(), ..self }
    }

    /// The same after the server has asked for a client certificate. In TLS 1.2 there is no alert for its absence, so OpenSSL's servers
    /// say `handshake_failure`.
    pub(super) fn after_asking(self, answered: bool) -> TlsFailure {
        let vague =
            self.reason == Reason::TlsVersion || self.text == CLOSED || self.text.starts_with(DECRYPT);
        match (vague, answered) {
            (false, _) => self,
            (true, false) => {
                TlsFailure { reason: Reason::ClientCertificate, text: WANTS_CERTIFICATE.into(), ..self }
            }
            (true, true) => TlsFailure {
                reason: Reason::ClientCertificate,
                text: "the server gave the TLS handshake up after it was shown the client certificate".into(),
                ..self
            },
        }
    }
}
