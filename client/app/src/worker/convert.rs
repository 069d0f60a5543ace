//! Between the engine's types, the tunnel's and the page's. The engine has no serde and the page knows no engine: each may change
//! without the other.

use crate::protocol as page;
use towpath_ftp as ftp;
use towpath_shared as shared;

/// A site to connect to. `epoch` is the wall clock, Unix seconds, at time 0 of the worker's clock.
pub(super) fn site(connect: &page::Connect, epoch: i64) -> ftp::Site {
    let password = ftp::Secret::new(connect.password.clone());
    let mut site = ftp::Site::new(connect.host.clone(), connect.port, connect.user.clone(), password);
    site.encryption = match connect.encryption {
        page::Encryption::None => ftp::Encryption::None,
        page::Encryption::ExplicitIfOffered => ftp::Encryption::ExplicitIfOffered,
        page::Encryption::Explicit => ftp::Encryption::Explicit,
        page::Encryption::Implicit => ftp::Encryption::Implicit,
    };
    site.stored_password = connect.stored_password;
    site.pins.clone_from(&connect.pins);
    site.epoch = epoch;
    site
}

/// A path from the page.
///
/// # Errors
/// A failure for the page where the bytes cannot be sent.
pub(super) fn remote_path(path: &page::Bytes) -> Result<ftp::RemotePath, page::Failure> {
    ftp::RemotePath::new(path.as_bytes()).map_err(|error| {
        let message = format!("“{}” cannot be used: {error}", path.text);
        failure(&ftp::Error::new(ftp::Stage::Server, ftp::ErrorKind::Argument, message))
    })
}

/// Things to count or delete.
///
/// # Errors
/// As [`remote_path`]: one bad path stops the whole, so that nothing is done by halves.
pub(super) fn items(items: &[page::Item]) -> Result<Vec<ftp::Item>, page::Failure> {
    items
        .iter()
        .map(|item| Ok(ftp::Item { path: remote_path(&item.path)?, directory: item.directory }))
        .collect()
}

/// A preset site of the relay.
pub(super) fn preset(site: shared::Site) -> page::Preset {
    page::Preset {
        name: site.name,
        host: site.host,
        port: site.port,
        encryption: match site.encryption {
            shared::SiteEncryption::None => page::Encryption::None,
            shared::SiteEncryption::ExplicitIfOffered => page::Encryption::ExplicitIfOffered,
            shared::SiteEncryption::Explicit => page::Encryption::Explicit,
            shared::SiteEncryption::Implicit => page::Encryption::Implicit,
        },
        user: site.user,
        path: site.path,
        stored_password: site.stored_password,
    }
}

/// A TLS handshake that the relay has done.
pub(super) fn secured(info: shared::TlsInfo) -> ftp::TlsSession {
    ftp::TlsSession {
        verdict: match info.verdict {
            shared::Verdict::Trusted => ftp::Verdict::Trusted,
            shared::Verdict::SelfSigned => ftp::Verdict::SelfSigned,
            shared::Verdict::UnknownIssuer => ftp::Verdict::UnknownIssuer,
            shared::Verdict::Expired => ftp::Verdict::Expired,
            shared::Verdict::NotYetValid => ftp::Verdict::NotYetValid,
            shared::Verdict::WrongName => ftp::Verdict::WrongName,
            shared::Verdict::Invalid(text) => ftp::Verdict::Invalid(text),
        },
        version: info.version.name().to_owned(),
        key_exchange: info.key_exchange,
        cipher: info.cipher,
        resumed: info.resumed,
        chain: info.chain.into_iter().map(certificate_in).collect(),
    }
}

fn certificate_in(certificate: shared::Certificate) -> ftp::Certificate {
    ftp::Certificate {
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

fn certificate_out(certificate: ftp::Certificate) -> page::Certificate {
    page::Certificate {
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

fn tls(tls: ftp::TlsSession) -> page::TlsSession {
    page::TlsSession {
        problem: match tls.verdict {
            ftp::Verdict::Trusted => None,
            ftp::Verdict::SelfSigned => Some(page::Problem::SelfSigned),
            ftp::Verdict::UnknownIssuer => Some(page::Problem::UnknownIssuer),
            ftp::Verdict::Expired => Some(page::Problem::Expired),
            ftp::Verdict::NotYetValid => Some(page::Problem::NotYetValid),
            ftp::Verdict::WrongName => Some(page::Problem::WrongName),
            ftp::Verdict::Invalid(text) => Some(page::Problem::Invalid(text)),
        },
        version: tls.version,
        key_exchange: tls.key_exchange,
        cipher: tls.cipher,
        chain: tls.chain.into_iter().map(certificate_out).collect(),
    }
}

/// What is known of a server.
pub(super) fn server(info: ftp::ServerInfo) -> page::Server {
    page::Server {
        peer: info.peer,
        software: if info.software.is_empty() { info.system } else { info.software },
        tls: info.tls.map(tls),
        latency_ms: info.latency_ms,
    }
}

/// A question for a person.
pub(super) fn question(question: ftp::Question) -> page::Question {
    match question {
        ftp::Question::Certificate { tls: session, changed } => {
            page::Question::Certificate { tls: tls(session), changed }
        }
        ftp::Question::Plaintext => page::Question::Plaintext,
    }
}

/// A line of the log.
pub(super) fn log_line(line: ftp::LogLine) -> page::LogLine {
    page::LogLine {
        at: line.at.0,
        kind: match line.kind {
            ftp::LogKind::Status => page::LogKind::Status,
            ftp::LogKind::Command => page::LogKind::Command,
            ftp::LogKind::Response => page::LogKind::Response,
            ftp::LogKind::Trace => page::LogKind::Trace,
            ftp::LogKind::Error => page::LogKind::Error,
        },
        text: line.text,
    }
}

/// A row of a listing.
pub(super) fn row(entry: ftp::Entry) -> page::Row {
    page::Row {
        name: page::Bytes::new(entry.name.as_bytes()),
        kind: match entry.kind {
            ftp::EntryKind::File => page::RowKind::File,
            ftp::EntryKind::Directory => page::RowKind::Directory,
            ftp::EntryKind::Link => page::RowKind::Link,
            ftp::EntryKind::Other => page::RowKind::Other,
        },
        size: entry.size,
        modified: entry.modified.map(|modified| page::Modified {
            seconds: modified.seconds,
            has_time: modified.has_time,
            utc: modified.utc,
        }),
        mode: entry.mode,
        owner: entry.owner.as_deref().map(str::to_owned),
        group: entry.group.as_deref().map(str::to_owned),
        target: entry.target.map(|target| ftp::path::display(&target)),
    }
}

/// What came of a request. Those that the page never makes say no more than that they ended well.
pub(super) fn outcome(outcome: ftp::Outcome) -> page::Outcome {
    match outcome {
        ftp::Outcome::Listing { path, entries, unread, .. } => {
            page::Outcome::Listing { path: page::Bytes::new(path.as_bytes()), rows: entries, unread }
        }
        ftp::Outcome::Tree { files, directories, bytes, .. } => {
            page::Outcome::Tree(page::Tree { files, directories, bytes })
        }
        ftp::Outcome::Ok
        | ftp::Outcome::Transferred(_)
        | ftp::Outcome::Size(_)
        | ftp::Outcome::Modified(_)
        | ftp::Outcome::Facts(_)
        | ftp::Outcome::Checksum(_)
        | ftp::Outcome::Space(_)
        | ftp::Outcome::Features(_)
        | ftp::Outcome::Report(_)
        | ftp::Outcome::Answer { .. } => page::Outcome::Ok,
    }
}

/// Why something failed.
pub(super) fn failure(error: &ftp::Error) -> page::Failure {
    page::Failure {
        stage: match error.stage {
            ftp::Stage::Relay => page::Stage::Relay,
            ftp::Stage::Policy => page::Stage::Policy,
            ftp::Stage::Lookup => page::Stage::Lookup,
            ftp::Stage::Connection => page::Stage::Connection,
            ftp::Stage::Tls => page::Stage::Tls,
            ftp::Stage::Login => page::Stage::Login,
            ftp::Stage::Server => page::Stage::Server,
            ftp::Stage::Data => page::Stage::Data,
            ftp::Stage::File => page::Stage::File,
        },
        cancelled: error.kind == ftp::ErrorKind::Cancelled,
        credentials: error.kind == ftp::ErrorKind::Credentials,
        message: error.message.clone(),
        reply: error.reply.clone(),
        advice: error.advice.clone(),
    }
}

/// A failure that is the worker's own finding.
pub(super) fn fault(stage: page::Stage, message: impl Into<String>, advice: &str) -> page::Failure {
    page::Failure {
        stage,
        cancelled: false,
        credentials: false,
        message: message.into(),
        reply: None,
        advice: advice.to_owned(),
    }
}

/// What lets the page in.
pub(super) fn credential(credential: page::Credential) -> towpath_shared::Credential {
    match credential {
        page::Credential::Token(text) => towpath_shared::Credential::token(text),
        page::Credential::Ticket(text) => towpath_shared::Credential::ticket(text),
    }
}

/// The user's own wish.
pub(super) fn cancelled(stage: page::Stage) -> page::Failure {
    page::Failure { cancelled: true, ..fault(stage, "Cancelled", "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect() -> page::Connect {
        page::Connect {
            host: "ftp.example.org".to_owned(),
            port: 2121,
            user: "u".to_owned(),
            password: "geheim".to_owned(),
            stored_password: false,
            encryption: page::Encryption::Implicit,
            path: None,
            pins: vec!["ab".to_owned()],
        }
    }

    #[test]
    fn a_site_keeps_everything_and_never_accepts_any_certificate() {
        let site = site(&connect(), 1_700_000_000);
        assert_eq!((site.host.as_str(), site.port, site.user.as_str()), ("ftp.example.org", 2121, "u"));
        assert_eq!(site.password.reveal(), "geheim");
        assert_eq!(site.encryption, ftp::Encryption::Implicit);
        assert_eq!(site.pins, ["ab"]);
        assert_eq!(site.epoch, 1_700_000_000);
        assert!(!site.accept_any_certificate);
    }

    #[test]
    fn a_path_that_would_be_two_commands_is_refused_with_words() {
        let failure = remote_path(&page::Bytes::text("/a\r\nDELE /b")).unwrap_err();
        assert_eq!(failure.stage, page::Stage::Server);
        assert!(failure.message.contains("line end"), "{}", failure.message);
        assert!(remote_path(&page::Bytes::text("a")).is_err());
    }

    #[test]
    fn a_path_that_is_not_utf8_goes_back_as_its_own_bytes() {
        let name = ftp::Name::new(b"caf\xe9".to_vec()).unwrap();
        let mut entry = ftp::Entry::new(name, ftp::EntryKind::Link);
        entry.size = Some(u64::MAX);
        entry.mode = Some(0o755);
        entry.target = Some(b"\xe9t\xe9".as_slice().into());
        let row = row(entry);
        assert_eq!(row.name.text, "café");
        assert_eq!(row.target.as_deref(), Some("été"));
        let path = page::Bytes::text("/dir").join(&row.name);
        assert_eq!(remote_path(&path).unwrap().as_bytes(), b"/dir/caf\xe9");
    }

    #[test]
    fn one_bad_item_stops_a_deletion() {
        let good = page::Item { path: page::Bytes::text("/a"), directory: true };
        let bad = page::Item { path: page::Bytes::text("/b\n"), directory: false };
        assert!(items(&[good.clone(), bad]).is_err());
        assert_eq!(items(&[good]).unwrap().len(), 1);
    }

    #[test]
    fn credentials_and_cancellation_are_told_apart() {
        let error =
            ftp::Error::new(ftp::Stage::Login, ftp::ErrorKind::Credentials, "no").with_reply("530 no");
        let wrong = failure(&error);
        assert!(wrong.credentials && !wrong.cancelled);
        assert_eq!(wrong.reply.as_deref(), Some("530 no"));
        let error = ftp::Error::new(ftp::Stage::Data, ftp::ErrorKind::Cancelled, "stopped");
        assert!(failure(&error).cancelled);
    }

    #[test]
    fn a_handshake_crosses_unchanged() {
        let info = shared::TlsInfo {
            verdict: shared::Verdict::SelfSigned,
            version: shared::TlsVersion::Tls13,
            key_exchange: "X25519".to_owned(),
            cipher: "AES-256-GCM".to_owned(),
            resumed: true,
            gate_open: false,
            chain: vec![shared::Certificate { spki_sha256: "cd".to_owned(), ..Default::default() }],
        };
        let session = secured(info);
        assert!(session.resumed);
        let shown = tls(session);
        assert_eq!(shown.problem, Some(page::Problem::SelfSigned));
        assert_eq!(shown.version, "TLS1.3");
        assert_eq!(shown.chain[0].spki_sha256, "cd");
    }
}
