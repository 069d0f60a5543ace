//! What is asked right after the login: SYST, FEAT, CLNT, OPTS UTF8 ON (RFC 959, RFC 2389, draft-ietf-ftpext-utf-8-option), and under TLS
//! PBSZ and PROT (RFC 4217 sections 8 and 9; rules L1, L2, L8). No answer but PROT's can end the session.

use crate::command::Command;
use crate::control::LOGIN_TIMEOUT;
use crate::error::{Error, ErrorKind, Stage};
use crate::io::Time;
use crate::link::Link;
use crate::parse::{self, Features};
use crate::reply::Reply;
use crate::site::Encryption;

use super::{Operation, Report, Step, cancelled, words};

#[derive(Clone, Copy)]
enum State {
    Syst,
    Feat,
    Clnt,
    Utf8,
    Pbsz,
    Prot,
    Mlst,
}

/// Facts that listings should carry (rule L9).
const WANTED: [&str; 8] =
    ["type", "size", "modify", "unix.mode", "unix.owner", "unix.group", "unique", "perm"];

/// The negotiation.
pub(crate) struct Negotiate {
    state: State,
}

impl Negotiate {
    pub(crate) fn new() -> Negotiate {
        Negotiate { state: State::Syst }
    }

    /// Sends the first command from this state on that makes sense here.
    fn ask(&mut self, link: &mut Link, mut state: State) -> Step {
        loop {
            self.state = state;
            let secure = link.server.tls.is_some();
            let (makes_sense, command, next) = match state {
                State::Syst => (true, Command::bare("SYST"), Some(State::Feat)),
                State::Feat => (true, Command::bare("FEAT"), Some(State::Clnt)),
                State::Clnt => {
                    (link.server.features.clnt, Command::word("CLNT", "Towpath"), Some(State::Utf8))
                }
                State::Utf8 => {
                    (link.server.features.utf8, Command::word("OPTS", "UTF8 ON"), Some(State::Pbsz))
                }
                State::Pbsz => (secure, Command::word("PBSZ", "0"), Some(State::Prot)),
                State::Prot => (secure, Command::word("PROT", "P"), Some(State::Mlst)),
                State::Mlst => {
                    let facts = facts(&link.server.features);
                    (facts.is_some(), Command::facts(&facts.unwrap_or_default()), None)
                }
            };
            match next {
                _ if makes_sense => {
                    link.send(&command);
                    return Step::Wait;
                }
                Some(next) => state = next,
                None => return Step::Done(Report::Nothing),
            }
        }
    }
}

impl Operation for Negotiate {
    fn start(&mut self, link: &mut Link) -> Step {
        self.ask(link, State::Syst)
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
        let done = reply.class() == 2;
        match self.state {
            State::Syst => {
                if done {
                    link.server.system = reply.text();
                }
                self.ask(link, State::Feat)
            }
            State::Feat => {
                link.server.features = parse::feat(reply);
                self.ask(link, State::Clnt)
            }
            State::Clnt => self.ask(link, State::Utf8),
            State::Utf8 => self.ask(link, State::Pbsz),
            State::Pbsz => self.ask(link, State::Prot),
            State::Prot if done => {
                link.server.protected = true;
                self.ask(link, State::Mlst)
            }
            State::Prot if link.site.encryption == Encryption::ExplicitIfOffered => {
                link.error("The server does not encrypt data connections: files and listings cross the network in plain text");
                self.ask(link, State::Mlst)
            }
            State::Mlst => Step::Done(Report::Nothing),
            State::Prot => Step::lost(
                Error::new(
                    Stage::Tls,
                    ErrorKind::NotAccepted,
                    "The server refused to encrypt data connections",
                )
                .with_reply(words(reply))
                .with_advice("Choose TLS if offered only if you trust the network"),
            ),
        }
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        link.deadline(LOGIN_TIMEOUT)
    }

    fn cancel(&mut self, _link: &mut Link) -> Option<Step> {
        Some(Step::lost(cancelled()))
    }
}

/// The wanted facts that the server has, if some of them are off; else there is nothing to ask for.
fn facts(features: &Features) -> Option<Vec<&'static str>> {
    let offered = |wanted: &&str| features.facts.iter().find(|fact| fact.name.eq_ignore_ascii_case(wanted));
    let off = WANTED.iter().filter_map(offered).any(|fact| !fact.on);
    off.then(|| WANTED.into_iter().filter(|wanted| offered(wanted).is_some()).collect())
}
