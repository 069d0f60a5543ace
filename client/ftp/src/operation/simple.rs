//! Requests that are one command: MKD, RMD, DELE, NOOP (RFC 959 section 4.1.3), SIZE, MDTM (RFC 3659 sections 3 and 4).

use crate::command::Command;
use crate::error::Stage;
use crate::event::Outcome;
use crate::link::Link;
use crate::parse;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};

use super::enter::{self, Enter};
use super::kind::{SetType, Type};
use super::{Failure, Operation, Report, Step, refused};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    MakeDirectory,
    RemoveDirectory,
    DeleteFile,
    Size,
    ModificationTime,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Verb::MakeDirectory => "MKD",
            Verb::RemoveDirectory => "RMD",
            Verb::DeleteFile => "DELE",
            Verb::Size => "SIZE",
            Verb::ModificationTime => "MDTM",
        }
    }

    /// What the server refused to do.
    fn sentence(self) -> &'static str {
        match self {
            Verb::MakeDirectory => "The server refused to create the directory",
            Verb::RemoveDirectory => "The server refused to remove the directory",
            Verb::DeleteFile => "The server refused to delete the file",
            Verb::Size => "The server did not tell the size of",
            Verb::ModificationTime => "The server did not tell the modification time of",
        }
    }
}

/// What has to be so before the command.
#[derive(Clone, Copy)]
enum Before {
    /// The session stands where the path can be named, and not where it stands in the way.
    Place,
    /// SIZE counts bytes only in TYPE I (rule T6).
    Type,
}

/// One command. Without verb and path: NOOP.
pub(crate) struct Simple {
    subject: Option<(Verb, RemotePath)>,
    before: Before,
}

impl Simple {
    pub(crate) fn make_directory(path: RemotePath) -> Simple {
        Simple::new(Verb::MakeDirectory, path)
    }

    pub(crate) fn remove_directory(path: RemotePath) -> Simple {
        Simple::new(Verb::RemoveDirectory, path)
    }

    pub(crate) fn delete_file(path: RemotePath) -> Simple {
        Simple::new(Verb::DeleteFile, path)
    }

    pub(crate) fn size(path: RemotePath) -> Simple {
        Simple::new(Verb::Size, path)
    }

    pub(crate) fn modification_time(path: RemotePath) -> Simple {
        Simple::new(Verb::ModificationTime, path)
    }

    pub(crate) fn keep_alive() -> Simple {
        Simple { subject: None, before: Before::Place }
    }

    fn new(verb: Verb, path: RemotePath) -> Simple {
        Simple { subject: Some((verb, path)), before: Before::Place }
    }

    fn go(&mut self, link: &mut Link) -> Step {
        let command = match &self.subject {
            None => Command::bare("NOOP"),
            Some((Verb::Size, _)) if matches!(self.before, Before::Place) => {
                self.before = Before::Type;
                return Step::push(SetType::to(Type::Image));
            }
            Some((verb, path)) => enter::command(link, verb.word(), path),
        };
        link.send(&command);
        Step::Wait
    }
}

impl Operation for Simple {
    fn start(&mut self, link: &mut Link) -> Step {
        let Some((verb, path)) = &self.subject else { return self.go(link) };
        let shown = escape(path.as_bytes());
        match verb {
            Verb::MakeDirectory => link.status(format!("Creating directory '{shown}'...")),
            Verb::RemoveDirectory => link.status(format!("Removing directory '{shown}'...")),
            Verb::DeleteFile => link.status(format!("Deleting \"{shown}\"")),
            Verb::Size | Verb::ModificationTime => {}
        }
        // Some servers do not remove what a session stands in.
        if *verb == Verb::RemoveDirectory
            && link.server.standing.as_ref().is_some_and(|standing| is_within(&standing.actual, path))
            && let Some(parent) = path.parent()
        {
            return Step::push(Enter::roughly(parent));
        }
        enter::reach(link, path).unwrap_or_else(|| self.go(link))
    }

    fn reply(&mut self, _link: &mut Link, reply: &Reply) -> Step {
        if reply.class() == 1 {
            return Step::Wait;
        }
        let done = reply.class() == 2;
        let outcome = match &self.subject {
            Some((Verb::Size, _)) => parse::size(reply).map(Outcome::Size),
            Some((Verb::ModificationTime, _)) => parse::mdtm(reply).map(Outcome::Modified),
            // That NOOP is refused is a sign of life too.
            None => return Step::Done(Report::Done(Outcome::Ok)),
            Some(_) => Some(Outcome::Ok),
        };
        match (outcome, &self.subject) {
            (Some(outcome), _) if done => Step::Done(Report::Done(outcome)),
            (_, Some((verb, path))) => {
                let text = format!("{} {}", verb.sentence(), escape(path.as_bytes()));
                Step::Fail(refused(Stage::Server, text, reply))
            }
            (_, None) => Step::Done(Report::Done(Outcome::Ok)),
        }
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Ok(_) => self.go(link),
            Err(failure) => Step::Fail(failure),
        }
    }
}

/// Whether a directory is this one or below it.
fn is_within(directory: &RemotePath, path: &RemotePath) -> bool {
    let (directory, path) = (directory.as_bytes(), path.as_bytes());
    directory.strip_prefix(path).is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'/'))
}
