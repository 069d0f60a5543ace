//! A request that is one command, or the first that the server understands of several. What can be asked so is a table in the files beside
//! this one ([`super::directory`], [`super::attributes`], [`super::inquiry`]); here is how it is asked.
//!
//! 500, 502 and 504 say that a form is missing: it is never sent again (`link.memory.quirks.habits`). 501 and 503 may concern this argument alone, so
//! the next form is tried and nothing is learned. Any other refusal is about the file and ends the request (rule T11).

use std::collections::VecDeque;

use crate::control::REPLY_TIMEOUT;
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::habits::{Form, Habit};
use crate::io::Time;
use crate::link::Link;
use crate::path::RemotePath;
use crate::reply::Reply;

use super::enter::{self, Enter};
use super::kind::{SetType, Type};
use super::line::Line;
use super::{Failure, Operation, Report, Step, refused};

/// What a success means; `None`: it is none.
pub(crate) type Read = fn(&Reply) -> Option<Outcome>;

/// What a success changes.
pub(crate) type Settle = fn(&mut Link, &Reply);

/// One way to ask. All lines but the last must be answered with 2yz or 3yz.
struct Attempt {
    form: Option<Form>,
    lines: Vec<Line>,
    read: Read,
}

/// What has to be so before the command.
enum Before {
    /// The session stands outside of this directory: some servers do not remove what a session stands in.
    Outside(RemotePath),
    /// The session stands where this path can be named.
    Reach(RemotePath),
    /// TYPE I.
    Binary,
}

/// Asks.
pub(crate) struct Simple {
    status: Option<String>,
    /// What the server refused, if it does.
    refusal: String,
    /// What to do where no form is understood.
    advice: &'static str,
    before: VecDeque<Before>,
    /// Those that are left, the next first.
    attempts: VecDeque<Attempt>,
    /// Place of the line that was sent.
    line: usize,
    /// Forms that were not understood.
    tried: Vec<Form>,
    /// What the last of them was answered.
    failure: Option<Failure>,
    settle: Option<Settle>,
    patience: u64,
}

impl Simple {
    /// Something that the server may refuse, which is then said so.
    pub(crate) fn new(refusal: impl Into<String>) -> Simple {
        Simple {
            status: None,
            refusal: refusal.into(),
            advice: "The server has no command for it",
            before: VecDeque::new(),
            attempts: VecDeque::new(),
            line: 0,
            tried: Vec::new(),
            failure: None,
            settle: None,
            patience: REPLY_TIMEOUT,
        }
    }

    /// A line for the log before it begins.
    pub(crate) fn status(mut self, text: String) -> Simple {
        self.status = Some(text);
        self
    }

    /// What to try where the server has none of the commands.
    pub(crate) fn advice(mut self, text: &'static str) -> Simple {
        self.advice = text;
        self
    }

    /// The session must not stand in this directory.
    pub(crate) fn outside(mut self, path: &RemotePath) -> Simple {
        self.before.push_back(Before::Outside(path.clone()));
        self
    }

    /// This path is named.
    pub(crate) fn at(mut self, path: &RemotePath) -> Simple {
        self.before.push_back(Before::Reach(path.clone()));
        self
    }

    /// It counts bytes (rule T6).
    pub(crate) fn binary(mut self) -> Simple {
        self.before.push_back(Before::Binary);
        self
    }

    /// A form of one line.
    pub(crate) fn form(self, form: Form, line: Line, read: Read) -> Simple {
        self.lines(Some(form), vec![line], read)
    }

    /// The same where there is a condition.
    pub(crate) fn form_if(self, condition: bool, form: Form, line: Line, read: Read) -> Simple {
        if condition { self.form(form, line, read) } else { self }
    }

    /// The only way there is.
    pub(crate) fn only(self, line: Line, read: Read) -> Simple {
        self.lines(None, vec![line], read)
    }

    /// A form of several lines, one right after the other.
    pub(crate) fn lines(mut self, form: Option<Form>, lines: Vec<Line>, read: Read) -> Simple {
        self.attempts.push_back(Attempt { form, lines, read });
        self
    }

    /// What a success changes in what is known of the session.
    pub(crate) fn settling(mut self, settle: Settle) -> Simple {
        self.settle = Some(settle);
        self
    }

    /// How long the server may be silent, in milliseconds.
    pub(crate) fn patience(mut self, milliseconds: u64) -> Simple {
        self.patience = milliseconds;
        self
    }

    /// Does what has to come first, then sends.
    fn go(&mut self, link: &mut Link) -> Step {
        while let Some(before) = self.before.pop_front() {
            let step = match before {
                Before::Outside(path) => outside(link, &path),
                Before::Reach(path) => enter::reach(link, &path),
                Before::Binary => Some(Step::push(SetType::to(Type::Image))),
            };
            if let Some(step) = step {
                return step;
            }
        }
        self.send(link)
    }

    fn send(&mut self, link: &mut Link) -> Step {
        let Some(line) = self.attempts.front().and_then(|attempt| attempt.lines.get(self.line)) else {
            return self.missing();
        };
        match line.command(link) {
            Ok(command) => {
                link.send(&command);
                Step::Wait
            }
            Err(name) => {
                let text =
                    format!("{name} cannot be named in this command: it holds a blank and a quotation mark");
                Step::fail(
                    Error::new(Stage::Server, ErrorKind::Argument, text).with_advice("Rename it first"),
                )
            }
        }
    }

    /// No form is left.
    fn missing(&mut self) -> Step {
        match self.failure.take() {
            // A fault of this argument is not for want of a command.
            Some(failure) if matches!(failure.code, 501 | 503) => Step::Fail(failure),
            Some(Failure { error, code }) => {
                Step::Fail(Failure { error: error.with_advice(self.advice), code })
            }
            None => {
                let error = Error::new(Stage::Server, ErrorKind::Refused, self.refusal.clone());
                Step::Fail(Failure { error: error.with_advice(self.advice), code: 502 })
            }
        }
    }

    fn done(&mut self, link: &mut Link, form: Option<Form>, reply: &Reply, outcome: Outcome) -> Step {
        if let Some(form) = form {
            for missing in self.tried.drain(..) {
                link.memory.quirks.habits.learn(missing, Habit::Missing);
            }
            link.memory.quirks.habits.learn(form, Habit::Works);
        }
        if let Some(settle) = self.settle {
            settle(link, reply);
        }
        Step::Done(Report::Done(outcome))
    }

    /// Whether a refusal may be for want of the command: vsftpd denies anonymous users whatever it does not have of SITE. Another form then
    /// tells, if there is one.
    fn may_be_none(&self, link: &Link, form: Option<Form>, reply: &Reply) -> bool {
        let site = form.filter(|form| matches!(form, Form::SiteUtimeUtc | Form::SiteUtime));
        let unproven = site.is_some_and(|form| link.memory.quirks.habits.of(form) != Some(Habit::Works));
        unproven && reply.code == 550 && self.attempts.len() > 1
    }

    fn refuse(&mut self, link: &mut Link, form: Option<Form>, reply: &Reply) -> Step {
        let failure = refused(Stage::Server, self.refusal.clone(), reply);
        if !failure.unknown_command() && !self.may_be_none(link, form, reply) {
            return Step::Fail(failure);
        }
        if let Some(form) = form
            && matches!(reply.code, 500 | 502 | 504)
        {
            // What every server should have may be refused so for another reason: that it is missing counts once another form works.
            if form.is_basic() {
                self.tried.push(form);
            } else {
                link.memory.quirks.habits.learn(form, Habit::Missing);
            }
        }
        self.failure = Some(failure);
        self.attempts.pop_front();
        self.line = 0;
        self.send(link)
    }
}

impl Operation for Simple {
    fn start(&mut self, link: &mut Link) -> Step {
        if let Some(status) = self.status.take() {
            link.status(status);
        }
        let rank =
            |attempt: &Attempt| attempt.form.map_or(Some(1), |form| link.memory.quirks.habits.rank(form));
        self.attempts.retain(|attempt| rank(attempt).is_some());
        self.attempts.make_contiguous().sort_by_key(rank);
        if self.attempts.is_empty() {
            return self.missing();
        }
        self.go(link)
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let Some(attempt) = self.attempts.front() else { return self.missing() };
        let (form, last) = (attempt.form, self.line + 1 >= attempt.lines.len());
        match reply.class() {
            1 => Step::Wait,
            2 | 3 if !last => {
                self.line += 1;
                self.send(link)
            }
            2 => match (attempt.read)(reply) {
                Some(outcome) => self.done(link, form, reply, outcome),
                None => {
                    let error = Error::new(Stage::Server, ErrorKind::Protocol, self.refusal.clone());
                    Step::fail(error.with_reply(super::words(reply)))
                }
            },
            _ => self.refuse(link, form, reply),
        }
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Ok(_) => self.go(link),
            Err(failure) => Step::Fail(failure),
        }
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        link.deadline(self.patience)
    }
}

/// A success that says no more.
pub(crate) fn done(_reply: &Reply) -> Option<Outcome> {
    Some(Outcome::Ok)
}

/// A success whose words are the answer.
pub(crate) fn answer(reply: &Reply) -> Option<Outcome> {
    Some(Outcome::Answer { code: reply.code, lines: reply.display_lines() })
}

/// The session may stand somewhere else now, or under another name.
pub(crate) fn moved(link: &mut Link, _reply: &Reply) {
    link.server.standing = None;
}

fn outside(link: &Link, path: &RemotePath) -> Option<Step> {
    let inside = link.server.standing.as_ref().is_some_and(|standing| is_within(&standing.actual, path));
    path.parent().filter(|_| inside).map(|parent| Step::push(Enter::roughly(parent)))
}

/// Whether a directory is this one or below it.
fn is_within(directory: &RemotePath, path: &RemotePath) -> bool {
    directory == path || directory.is_below(path)
}
