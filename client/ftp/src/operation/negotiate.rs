//! What is asked right after the login: SYST and FEAT, then what they say makes sense: CLNT, OPTS UTF8 ON (RFC 959, RFC 2389,
//! draft-ietf-ftpext-utf-8-option), under TLS PBSZ and PROT (RFC 4217 sections 8 and 9), OPTS MLST (RFC 3659 section 7.9;
//! rules L1, L2, L8, L9).
//!
//! Two round trips: SYST and FEAT go together, and nobody waits for the replies to the rest, so that the first listing's
//! commands go with them. No answer but PROT's can end the session, and that one comes before any data command is
//! sent, since those wait for EPSV or PASV, which is answered after it.

use crate::command::Command;
use crate::control::{Consequence, LOGIN_TIMEOUT};
use crate::error::{Error, ErrorKind, Stage};
use crate::io::Time;
use crate::link::Link;
use crate::parse::{self, Features};
use crate::path::Argument;
use crate::reply::Reply;
use crate::site::Encryption;

use super::{Operation, Report, Step, cancelled, silence, words};

/// How long commands that were sent together may go unanswered, once the server has let the session in.
const CROWD_PATIENCE: u64 = 15_000;

/// Facts that listings should carry (rule L9).
const WANTED: [&str; 8] =
    ["type", "size", "modify", "unix.mode", "unix.owner", "unix.group", "unique", "perm"];

/// The negotiation.
pub(crate) struct Negotiate {
    /// SYST was answered; FEAT is next.
    named: bool,
}

impl Negotiate {
    pub(crate) fn new() -> Negotiate {
        Negotiate { named: false }
    }

    /// Asks for what the server offers; nobody waits for the answers.
    fn settle(link: &mut Link) -> Step {
        let secure = link.server.tls.is_some();
        let facts = facts(&link.server.features);
        // CSID says the same as CLNT and more (draft-peterson-streamlined-ftp-command-extensions).
        if link.server.features.csid {
            let text = concat!("Name=Towpath; Version=", env!("CARGO_PKG_VERSION"), ";");
            link.send_loose(&Command::word("CSID", text), Consequence::Nothing);
        } else if link.server.features.clnt {
            link.send_loose(&Command::word("CLNT", "Towpath"), Consequence::Nothing);
        }
        let language = link.site.language.as_ref().filter(|_| !link.server.features.languages.is_empty());
        if let Some(Ok(tag)) = language.map(|tag| Argument::new(tag.as_bytes())) {
            link.send_loose(&Command::argument("LANG", &tag), Consequence::Nothing);
        }
        if link.server.features.utf8 {
            link.send_loose(&Command::word("OPTS", "UTF8 ON"), Consequence::Nothing);
        }
        if secure {
            link.send_loose(&Command::word("PBSZ", "0"), Consequence::Nothing);
            link.send_loose(&Command::word("PROT", "P"), Consequence::Protection);
        }
        if let Some(facts) = facts {
            link.send_loose(&Command::facts(&facts), Consequence::Nothing);
        }
        Step::Done(Report::Nothing)
    }
}

impl Operation for Negotiate {
    fn start(&mut self, link: &mut Link) -> Step {
        link.send(&Command::bare("SYST"));
        link.send(&Command::bare("FEAT"));
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        if reply.class() == 1 {
            return Step::Wait;
        }
        if reply.code == 421 {
            return Step::lost(
                Error::new(Stage::Login, ErrorKind::Lost, "The server closed the session")
                    .with_reply(words(reply))
                    .with_advice("Connect again"),
            );
        }
        if std::mem::replace(&mut self.named, true) {
            link.server.features = parse::feat(reply);
            link.memory.quirks.offered(&link.server.features);
            return Negotiate::settle(link);
        }
        if reply.class() == 2 {
            link.server.system = reply.text();
        }
        Step::Wait
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        link.deadline(if link.is_crowded() { CROWD_PATIENCE } else { LOGIN_TIMEOUT })
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        let error = silence(link);
        // The logon begins again, one command at a time.
        if link.lock_step() { Step::fail(error) } else { Step::lost(error) }
    }

    fn cancel(&mut self, _link: &mut Link) -> Option<Step> {
        Some(Step::lost(cancelled()))
    }
}

/// The answer to PROT P: whether the session may go on.
pub(crate) fn protected(link: &mut Link, reply: &Reply) -> Result<(), Error> {
    if reply.class() == 2 {
        link.server.protected = true;
        return Ok(());
    }
    if link.site.encryption == Encryption::ExplicitIfOffered {
        link.error(
            "The server does not encrypt data connections: files and listings cross the network in plain text",
        );
        return Ok(());
    }
    Err(Error::new(Stage::Tls, ErrorKind::NotAccepted, "The server refused to encrypt data connections")
        .with_reply(words(reply))
        .with_advice("Choose TLS if offered only if you trust the network"))
}

/// The wanted facts that the server has, if some of them are off; else there is nothing to ask for.
fn facts(features: &Features) -> Option<Vec<&'static str>> {
    let offered = |wanted: &&str| features.facts.iter().find(|fact| fact.name.eq_ignore_ascii_case(wanted));
    let off = WANTED.iter().filter_map(offered).any(|fact| !fact.on);
    off.then(|| WANTED.into_iter().filter(|wanted| offered(wanted).is_some()).collect())
}
