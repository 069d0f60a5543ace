//! What the relay's RESET of a stream means to the engine and to a person.

use towpath_ftp::{End, Stage};
use towpath_shared::{Reason, Reset};

/// What a stream was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// A control connection.
    Control,
    /// A data connection.
    Data,
}

/// The end of a connection whose stream was reset.
pub(super) fn end(reset: &Reset, purpose: Purpose) -> End {
    if reset.reason == Reason::NoTicket && purpose == Purpose::Data {
        return End::NoTicket;
    }
    let text = sentence(reset, purpose);
    End::Failed { stage: stage(reset.reason, purpose), text }
}

fn stage(reason: Reason, purpose: Purpose) -> Stage {
    match reason {
        Reason::PolicyDenied => Stage::Policy,
        Reason::NameNotFound => Stage::Lookup,
        Reason::Secret => Stage::Login,
        Reason::TlsHandshake
        | Reason::TlsUntrusted
        | Reason::TlsPin
        | Reason::ClientCertificate
        | Reason::TlsVersion
        | Reason::NoTicket
        | Reason::PlaintextAfterStartTls => Stage::Tls,
        Reason::Quota | Reason::Draining | Reason::Protocol | Reason::Internal | Reason::FlowControl => {
            Stage::Relay
        }
        Reason::Cancelled
        | Reason::Refused
        | Reason::Unreachable
        | Reason::ConnectTimeout
        | Reason::PeerReset
        | Reason::IdleTimeout => match purpose {
            Purpose::Control => Stage::Connection,
            Purpose::Data => Stage::Data,
        },
    }
}

/// A sentence without its full stop, the relay's own words in brackets behind it. Those words come over the wire and are
/// cut and cleaned by the tunnel's decoder only in length, so control characters go here.
fn sentence(reset: &Reset, purpose: Purpose) -> String {
    let port = match purpose {
        Purpose::Control => "the server",
        Purpose::Data => "the server's data port",
    };
    let connection = match purpose {
        Purpose::Control => "the connection",
        Purpose::Data => "the data connection",
    };
    let what = match reset.reason {
        Reason::Cancelled => format!("The relay gave up {connection}"),
        Reason::Refused => format!("Connection refused by {port}"),
        Reason::Unreachable => format!("There is no way from the relay to {port}"),
        Reason::ConnectTimeout => format!("No answer from {port} in time"),
        Reason::NameNotFound => "The host name has no address".to_owned(),
        Reason::PolicyDenied => "The relay does not allow connections to this server".to_owned(),
        Reason::PeerReset => format!("The server broke {connection}"),
        Reason::IdleTimeout => format!("Nothing came over {connection} for too long"),
        Reason::FlowControl => format!("More arrived on {connection} than was allowed"),
        Reason::TlsHandshake => "The TLS handshake failed".to_owned(),
        Reason::TlsUntrusted => match purpose {
            Purpose::Control => "The certificate was not accepted".to_owned(),
            Purpose::Data => "The data connection showed another certificate".to_owned(),
        },
        Reason::TlsPin => {
            "The server is not the one whose key the relay's administrator has pinned".to_owned()
        }
        Reason::ClientCertificate => "The server asks for a client certificate that it trusts".to_owned(),
        Reason::TlsVersion => "The server has no TLS version or cipher in common with the relay".to_owned(),
        Reason::PlaintextAfterStartTls => {
            "Something came in plain text after TLS was agreed; somebody may be tampering with the connection"
                .to_owned()
        }
        Reason::NoTicket => "The TLS session could not be resumed".to_owned(),
        Reason::Secret => "The relay did not write the stored password".to_owned(),
        Reason::Quota => "The relay has no room for another connection".to_owned(),
        Reason::Draining => "The relay is stopping".to_owned(),
        Reason::Protocol => "The relay did not understand the page".to_owned(),
        Reason::Internal => "The relay failed".to_owned(),
    };
    let words: String = reset.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match words.trim() {
        "" => what,
        words => format!("{what} ({words})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage_of(reason: Reason, purpose: Purpose) -> Stage {
        match end(&Reset::new(reason, ""), purpose) {
            End::Failed { stage, .. } => stage,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_stage_tells_where_to_look() {
        assert_eq!(stage_of(Reason::Refused, Purpose::Control), Stage::Connection);
        assert_eq!(stage_of(Reason::Refused, Purpose::Data), Stage::Data);
        assert_eq!(stage_of(Reason::ConnectTimeout, Purpose::Data), Stage::Data);
        assert_eq!(stage_of(Reason::NameNotFound, Purpose::Control), Stage::Lookup);
        assert_eq!(stage_of(Reason::PolicyDenied, Purpose::Data), Stage::Policy);
        assert_eq!(stage_of(Reason::TlsVersion, Purpose::Control), Stage::Tls);
        assert_eq!(stage_of(Reason::Draining, Purpose::Control), Stage::Relay);
    }

    #[test]
    fn every_reason_has_its_own_sentence() {
        for purpose in [Purpose::Control, Purpose::Data] {
            let texts: std::collections::BTreeSet<String> =
                Reason::ALL.iter().map(|reason| sentence(&Reset::new(*reason, ""), purpose)).collect();
            assert_eq!(texts.len(), Reason::ALL.len());
        }
    }

    #[test]
    fn the_relays_words_follow_without_control_characters() {
        let reset = Reset::new(Reason::TlsHandshake, "alert\r\n\u{1b}[31mhandshake_failure");
        assert_eq!(
            sentence(&reset, Purpose::Control),
            "The TLS handshake failed (alert   [31mhandshake_failure)"
        );
    }
}
