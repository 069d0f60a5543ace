//! What there is to know of one path: MLST (RFC 3659 section 7), else whether CWD works, SIZE and MDTM.

use crate::control::REPLY_TIMEOUT;
use crate::entry::EntryKind;
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::habits::{Form, Habit};
use crate::io::Time;
use crate::link::Link;
use crate::parse::{self, Facts};
use crate::path::RemotePath;
use crate::reply::{Reply, escape};

use super::enter::{self, Enter};
use super::simple::Simple;
use super::{Failure, Operation, Report, Step, refused};

/// How long MLST may take: uftpd never answers it (rule M6).
const MLST_TIMEOUT: u64 = 8_000;

enum State {
    /// [`Enter`] goes to where the path can be named.
    Reaching,
    /// MLST was sent.
    Asked,
    /// [`Enter`] tries whether it is a directory: the only command that tells without doubt.
    Probing,
    /// [`Simple`] asks for the size.
    Sizing,
    /// [`Simple`] asks for the time.
    Dating,
}

/// Asks.
pub(crate) struct Inspect {
    path: RemotePath,
    state: State,
    facts: Facts,
    /// Why it is not known to be there.
    failure: Option<Failure>,
}

impl Inspect {
    pub(crate) fn new(path: RemotePath) -> Inspect {
        Inspect { path, state: State::Reaching, facts: Facts::default(), failure: None }
    }

    fn ask(&mut self, link: &mut Link) -> Step {
        let features = &link.server.features;
        let listed = features.mlsd || !features.known;
        if !listed || link.memory.quirks.habits.rank(Form::Mlst).is_none() {
            return self.probe();
        }
        self.state = State::Asked;
        let command = enter::command(link, "MLST", &self.path);
        link.send(&command);
        Step::Wait
    }

    fn probe(&mut self) -> Step {
        self.state = State::Probing;
        Step::push(Enter::roughly(self.path.clone()))
    }

    fn date(&mut self) -> Step {
        self.state = State::Dating;
        Step::push(Simple::modification_time(&self.path))
    }

    fn done(&mut self) -> Step {
        let facts = std::mem::take(&mut self.facts);
        Step::Done(Report::Done(Outcome::Facts(Box::new(facts))))
    }

    fn sentence(&self) -> String {
        format!("The server did not tell what {} is", escape(self.path.as_bytes()))
    }
}

impl Operation for Inspect {
    fn start(&mut self, link: &mut Link) -> Step {
        enter::reach(link, &self.path).unwrap_or_else(|| self.ask(link))
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (reply.class(), parse::mlst(reply)) {
            (1, _) => Step::Wait,
            (2, Some(facts)) => {
                link.memory.quirks.habits.learn(Form::Mlst, Habit::Works);
                self.facts = facts;
                self.done()
            }
            (2, None) => {
                link.trace("The answer to MLST holds no facts");
                self.probe()
            }
            _ => {
                let failure = refused(Stage::Server, self.sentence(), reply);
                if !failure.unknown_command() {
                    return Step::Fail(failure);
                }
                if matches!(reply.code, 500 | 502 | 504) {
                    link.memory.quirks.habits.learn(Form::Mlst, Habit::Missing);
                }
                self.probe()
            }
        }
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match (&self.state, result) {
            (State::Reaching, Ok(_)) => self.ask(link),
            (State::Reaching, Err(failure)) => Step::Fail(failure),
            (State::Probing, Ok(_)) => {
                self.facts.kind = Some(EntryKind::Directory);
                self.date()
            }
            (State::Probing, Err(_)) => {
                self.state = State::Sizing;
                Step::push(Simple::size(&self.path))
            }
            (State::Sizing, Ok(Report::Done(Outcome::Size(size)))) => {
                (self.facts.kind, self.facts.size) = (Some(EntryKind::File), Some(size));
                self.date()
            }
            (State::Sizing, Err(failure)) => {
                self.failure = Some(failure);
                self.date()
            }
            (State::Dating, Ok(Report::Done(Outcome::Modified(modified)))) => {
                self.facts.modified = Some(modified);
                self.done()
            }
            // Many do not tell the time of a directory.
            (State::Dating, Err(_)) => match self.failure.take() {
                None => self.done(),
                Some(failure) => Step::Fail(Failure {
                    error: Error { message: self.sentence(), ..failure.error },
                    ..failure
                }),
            },
            (State::Asked | State::Sizing | State::Dating, _) => Step::Wait,
        }
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        link.deadline(if matches!(self.state, State::Asked) { MLST_TIMEOUT } else { REPLY_TIMEOUT })
    }

    /// A reply that came later would be taken for that to another command, so the connection is of no use any more; the next one does
    /// without MLST.
    fn timeout(&mut self, link: &mut Link) -> Step {
        if !matches!(self.state, State::Asked) {
            return Step::lost(super::silence(link));
        }
        link.memory.quirks.habits.learn(Form::Mlst, Habit::Missing);
        let seconds = MLST_TIMEOUT / 1_000;
        let text =
            format!("The server has not answered MLST for {seconds} seconds; the connection was closed");
        Step::lost(
            Error::new(Stage::Connection, ErrorKind::Timeout, text)
                .with_advice("Connect again: MLST is not used then"),
        )
    }
}
