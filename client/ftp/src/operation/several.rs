//! One command for each of many paths, without waiting for each reply (DELE, SITE CHMOD, MFF): up to as many are unanswered as the
//! control connection lets out. A directory of a hundred files goes in about seven round trips instead of a hundred.
//!
//! What was sent cannot be taken back. After a refusal, or when it is cancelled, no more is sent, the replies owed are awaited, and what they
//! say is counted. A server that answers none of what came together gets the same again one by one, over a new connection: then a
//! file may be gone already, which is no refusal.

use std::collections::VecDeque;

use crate::control::{DEPTH, REPLY_TIMEOUT};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::LeftOut;
use crate::habits::Form;
use crate::link::Link;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};

use super::enter::{self, Enter};
use super::line::Line;
use super::renew::Renew;
use super::walk::Tally;
use super::{Failure, Operation, Report, Step, cancelled, refused, silence, words};

/// What is done to each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// DELE.
    Delete,
    /// Another mode, in the form that this server is known to have.
    Mode(Form, u16),
}

impl Deed {
    fn line(self, path: &RemotePath) -> Line {
        match self {
            Deed::Delete => Line::new("DELE").path(path),
            Deed::Mode(Form::MffMode, mode) => {
                Line::new("MFF").word(format!("UNIX.mode={mode:04o};")).path(path)
            }
            Deed::Mode(_, mode) => Line::new("SITE").word("CHMOD").word(format!("{mode:03o}")).path(path),
        }
    }

    fn status(self, path: &RemotePath) -> String {
        let shown = escape(path.as_bytes());
        match self {
            Deed::Delete => format!("Deleting \"{shown}\""),
            Deed::Mode(_, mode) => format!("Setting permissions of '{shown}' to '{mode:03o}'"),
        }
    }

    fn refusal(self, path: &RemotePath) -> String {
        let shown = escape(path.as_bytes());
        match self {
            Deed::Delete => format!("The server refused to delete the file {shown}"),
            Deed::Mode(..) => format!("The server refused to change the permissions of {shown}"),
        }
    }
}

/// A path whose turn will come.
struct Waiting {
    path: RemotePath,
    /// It was sent once and what became of it is not known.
    doubtful: bool,
}

/// Does it to all of them.
pub(crate) struct Several {
    deed: Deed,
    waiting: VecDeque<Waiting>,
    sent: VecDeque<Waiting>,
    tally: Option<Tally>,
    /// Why no more is sent.
    failure: Option<Failure>,
    cancelled: bool,
}

impl Several {
    pub(crate) fn new(deed: Deed, paths: VecDeque<RemotePath>, tally: Tally) -> Several {
        let waiting = paths.into_iter().map(|path| Waiting { path, doubtful: false }).collect();
        Several { deed, waiting, sent: VecDeque::new(), tally: Some(tally), failure: None, cancelled: false }
    }

    fn go(&mut self, link: &mut Link) -> Step {
        let window = if link.memory.quirks.lock_step { 1 } else { DEPTH };
        while self.failure.is_none()
            && !self.cancelled
            && self.sent.len() < window
            && let Some(next) = self.waiting.front()
        {
            if let Some(place) = enter::place(link, &next.path) {
                let here = link.server.standing.as_ref().and_then(|standing| standing.asked.as_ref());
                if here != Some(&place) {
                    if self.sent.is_empty() {
                        return Step::push(Enter::new(Some(place)));
                    }
                    break;
                }
            }
            match self.deed.line(&next.path).command(link) {
                Ok(command) => {
                    let Some(next) = self.waiting.pop_front() else { break };
                    if self.sent.is_empty() {
                        link.status(self.deed.status(&next.path));
                    }
                    self.sent.push_back(next);
                    link.send(&command);
                }
                Err(name) => {
                    let text = format!("{name} cannot be named in this command");
                    self.failure = Some(Error::new(Stage::Server, ErrorKind::Argument, text).into());
                }
            }
        }
        if !self.sent.is_empty() {
            return Step::Wait;
        }
        match (self.failure.take(), self.tally.take()) {
            (_, tally) if self.cancelled => {
                self.tally = tally;
                Step::fail(cancelled())
            }
            (Some(failure), tally) => {
                self.tally = tally;
                Step::Fail(failure)
            }
            (None, Some(tally)) => Step::Done(Report::Walked(tally)),
            (None, None) => Step::Done(Report::Nothing),
        }
    }

    fn answered(&mut self, link: &mut Link, done: Waiting, reply: &Reply) {
        let Some(tally) = &mut self.tally else { return };
        let gone = self.deed == Deed::Delete && done.doubtful && is_missing(reply);
        if reply.class() == 2 || gone {
            return tally.file(link);
        }
        let failure = refused(Stage::Server, self.deed.refusal(&done.path), reply);
        if self.deed != Deed::Delete && failure.concerns_path() {
            tally.leave_out(link, done.path, LeftOut::Refused(failure.error));
        } else {
            self.failure.get_or_insert(failure);
        }
    }
}

impl Operation for Several {
    fn start(&mut self, link: &mut Link) -> Step {
        self.go(link)
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        if reply.class() == 1 {
            return Step::Wait;
        }
        if let Some(done) = self.sent.pop_front() {
            self.answered(link, done, reply);
        }
        if let Some(next) = self.sent.front() {
            link.status(self.deed.status(&next.path));
        }
        self.go(link)
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Ok(_) => self.go(link),
            Err(failure) => Step::Fail(failure),
        }
    }

    fn deadline(&self, link: &Link) -> Option<crate::io::Time> {
        link.deadline(REPLY_TIMEOUT)
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        if self.cancelled || self.failure.is_some() || !link.lock_step() {
            return Step::lost(silence(link));
        }
        link.server.crowded = false;
        while let Some(sent) = self.sent.pop_back() {
            self.waiting.push_front(Waiting { doubtful: true, ..sent });
        }
        Step::push(Renew::plainly())
    }

    fn cancel(&mut self, link: &mut Link) -> Option<Step> {
        self.cancelled = true;
        Some(self.go(link))
    }

    fn explain(&self, error: Error) -> Error {
        match &self.tally {
            Some(tally) => tally.explain(error),
            None => error,
        }
    }
}

/// Whether a refusal says that there is no such file.
fn is_missing(reply: &Reply) -> bool {
    const WORDS: [&str; 4] = ["no such", "not found", "not exist", "cannot find"];
    let text = words(reply).to_ascii_lowercase();
    reply.code == 550 && WORDS.iter().any(|words| text.contains(words))
}
