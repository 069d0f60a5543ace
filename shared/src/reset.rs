//! RESET: why a stream was given up. Payload: reason u16, detail u16, UTF-8 text of at most 256 bytes.

use crate::frame::{FrameError, Kind};

/// Longest text of a RESET, in bytes.
pub const MAX_TEXT: usize = 256;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Reasons of a RESET. An unknown code is read as [`Reason::Internal`].
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Reason { $($(#[$doc])* $name = $code,)* }
        impl Reason {
            /// All reasons, for tables and tests.
            pub const ALL: &[Reason] = &[$(Reason::$name,)*];
            /// The reason of a code on the wire.
            #[must_use]
            pub fn from_code(code: u16) -> Reason {
                match code { $($code => Reason::$name,)* _ => Reason::Internal }
            }
        }
    };
}

reasons! {
    /// Its owner has no more use for it.
    Cancelled = 1,
    /// The server refused the connection.
    Refused = 2,
    /// No route to the server.
    Unreachable = 3,
    /// The server did not answer in time.
    ConnectTimeout = 4,
    /// The name has no address, or the lookup failed.
    NameNotFound = 5,
    /// The relay's policy does not allow the target.
    PolicyDenied = 6,
    /// The server broke the connection.
    PeerReset = 7,
    /// No byte for too long.
    IdleTimeout = 8,
    /// More bytes than the credit allowed.
    FlowControl = 9,
    /// The TLS handshake failed.
    TlsHandshake = 10,
    /// The page did not accept the certificate, or a data connection showed another one.
    TlsUntrusted = 11,
    /// No TLS version or cipher in common.
    TlsVersion = 12,
    /// Bytes came in plain text after the answer to AUTH TLS.
    PlaintextAfterStartTls = 13,
    /// Too many streams, or too many opened in a short time.
    Quota = 16,
    /// The relay is stopping.
    Draining = 17,
    /// The frames on this stream made no sense.
    Protocol = 18,
    /// A fault of the relay.
    Internal = 19,
    /// The server resumed this session's TLS before, and there is no ticket left to do so again: no handshake was tried.
    NoTicket = 20,
    /// The stored password could not be written, or must not be here.
    Secret = 21,
    /// The server shows another key than those that the relay's administrator has pinned.
    TlsPin = 22,
    /// The server wants a client certificate, or refuses the one it was shown.
    ClientCertificate = 23,
}

/// A decoded RESET.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reset {
    /// Why.
    pub reason: Reason,
    /// A number that says more, such as a TLS alert; 0 for none.
    pub detail: u16,
    /// Words for a person, at most [`MAX_TEXT`] bytes.
    pub text: String,
}

impl Reset {
    /// A reset with words; text past [`MAX_TEXT`] bytes is cut at a character.
    #[must_use]
    pub fn new(reason: Reason, text: impl Into<String>) -> Reset {
        let mut text = text.into();
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        Reset { reason, detail: 0, text }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.reason as u16).to_le_bytes());
        out.extend_from_slice(&self.detail.to_le_bytes());
        let end = self.text.floor_char_boundary(MAX_TEXT);
        out.extend_from_slice(&self.text.as_bytes()[..end]);
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<Reset, FrameError> {
        let wrong = FrameError::Length { kind: Kind::Reset, len: payload.len() };
        let Some((&[r0, r1, d0, d1], text)) = payload.split_first_chunk::<4>() else { return Err(wrong) };
        if text.len() > MAX_TEXT {
            return Err(wrong);
        }
        // A byte that is no text may be shown by three: the constructor cuts it again.
        let reset =
            Reset::new(Reason::from_code(u16::from_le_bytes([r0, r1])), String::from_utf8_lossy(text));
        Ok(Reset { detail: u16::from_le_bytes([d0, d1]), ..reset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_their_own_inverse_and_the_unknown_are_internal() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(*reason as u16), *reason);
        }
        for code in [0, 14, 15, 24, u16::MAX] {
            assert_eq!(Reason::from_code(code), Reason::Internal);
        }
    }

    #[test]
    fn text_is_cut_at_a_character() {
        let reset = Reset::new(Reason::Internal, "é".repeat(MAX_TEXT));
        assert_eq!(reset.text.len(), MAX_TEXT);
        let reset = Reset::new(Reason::Internal, format!("x{}", "é".repeat(MAX_TEXT)));
        assert_eq!(reset.text.len(), MAX_TEXT - 1);
        // A text that was set past the constructor is cut on the wire.
        let long = Reset { text: "y".repeat(1000), ..reset };
        let mut out = Vec::new();
        long.encode(&mut out);
        assert_eq!(out.len(), 4 + MAX_TEXT);
    }

    #[test]
    fn text_that_is_no_utf8_is_shown_as_far_as_it_goes() {
        let reset = Reset::decode(&[6, 0, 1, 0, b'a', 0xff, b'b']).unwrap();
        assert_eq!(reset, Reset { reason: Reason::PolicyDenied, detail: 1, text: "a\u{fffd}b".into() });
        let reset = Reset::decode(&[0xff; 4 + MAX_TEXT]).unwrap();
        assert_eq!(reset.text, "\u{fffd}".repeat(MAX_TEXT / 3));
    }
}
