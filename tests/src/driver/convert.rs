//! TLS facts, from the tunnel's words into the engine's. The two crates do not know each other.

use towpath_ftp::{Certificate, TlsSession, Verdict};
use towpath_shared::TlsInfo;

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
