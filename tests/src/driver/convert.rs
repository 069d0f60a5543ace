//! TLS facts and ends of connections, from the tunnel's words into the engine's. The two crates do not know each other.

use towpath_ftp::{Certificate, End, Stage, TlsSession, Verdict};
use towpath_shared::{Reason, Reset, TlsInfo};

/// What the engine needs to know of a handshake.
pub(crate) fn tls_session(info: TlsInfo) -> TlsSession {
    TlsSession {
        verdict: verdict(info.verdict),
        version: info.version.name().to_owned(),
        key_exchange: info.key_exchange,
        cipher: info.cipher,
        resumed: info.resumed,
        chain: info.chain.into_iter().map(certificate).collect(),
    }
}

fn verdict(verdict: towpath_shared::Verdict) -> Verdict {
    use towpath_shared::Verdict as From;
    match verdict {
        From::Trusted => Verdict::Trusted,
        From::SelfSigned => Verdict::SelfSigned,
        From::UnknownIssuer => Verdict::UnknownIssuer,
        From::Expired => Verdict::Expired,
        From::NotYetValid => Verdict::NotYetValid,
        From::WrongName => Verdict::WrongName,
        From::Invalid(text) => Verdict::Invalid(text),
    }
}

fn certificate(certificate: towpath_shared::Certificate) -> Certificate {
    Certificate {
        subject: certificate.subject,
        issuer: certificate.issuer,
        names: certificate.names,
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        serial: certificate.serial,
        key: certificate.key,
        sha256: certificate.sha256,
        spki_sha256: certificate.spki_sha256,
    }
}

/// What a RESET means for the engine.
pub(crate) fn ended(reset: &Reset) -> End {
    if reset.reason == Reason::NoTicket {
        return End::NoTicket;
    }
    let stage = match reset.reason {
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
        Reason::FlowControl | Reason::Quota | Reason::Draining | Reason::Protocol | Reason::Internal => {
            Stage::Relay
        }
        Reason::Cancelled
        | Reason::Refused
        | Reason::Unreachable
        | Reason::ConnectTimeout
        | Reason::PeerReset
        | Reason::IdleTimeout => Stage::Connection,
    };
    let text = if reset.text.is_empty() { format!("{:?}", reset.reason) } else { reset.text.clone() };
    End::Failed { stage, text }
}
