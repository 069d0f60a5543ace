//! Failed handshakes in words for a person.

use rustls::{AlertDescription, Error};
use std::io;
use thiserror::Error;
use towpath_shared::Reason;

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
            io::ErrorKind::UnexpectedEof => TlsFailure::new(
                Reason::TlsHandshake,
                "the server closed the connection during the TLS handshake",
            ),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                TlsFailure::new(Reason::PeerReset, "the server broke the connection during the TLS handshake")
            }
            _ => TlsFailure::new(Reason::TlsHandshake, error.to_string()),
        }
    }

    fn from_rustls(error: &Error) -> TlsFailure {
        use AlertDescription as Alert;
        const NOTHING_IN_COMMON: &str = "the server and the relay have no TLS version or cipher in common; \
             the relay speaks TLS 1.2 and 1.3 with forward secrecy only";
        let alert = match error {
            Error::AlertReceived(alert) => u16::from(u8::from(*alert)),
            _ => 0,
        };
        let (reason, text) = match error {
            Error::PeerIncompatible(_)
            | Error::AlertReceived(
                Alert::ProtocolVersion | Alert::HandshakeFailure | Alert::InsufficientSecurity,
            ) => (Reason::TlsVersion, format!("{NOTHING_IN_COMMON} ({error})")),
            Error::InvalidMessage(_) => {
                (Reason::TlsHandshake, format!("the server's answer is not TLS ({error})"))
            }
            _ => (Reason::TlsHandshake, error.to_string()),
        };
        TlsFailure { reason, alert, text }
    }
}
