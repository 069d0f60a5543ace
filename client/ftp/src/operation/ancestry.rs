//! A directory and all that is missing above it (rule T12). Most of the time only the last is missing or nothing is, so the way goes up first: MKD,
//! and where that is refused CWD, until one of them works; then down again with MKD. What another session made in between is no error: a refusal counts only if
//! CWD is refused too, whatever its code (521, 550, 553).

use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::link::Link;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};

use super::enter::Enter;
use super::simple::Simple;
use super::{Failure, Operation, Report, Step};

/// More directories above each other than any server has.
const MAX_DEPTH: usize = 128;

/// Makes directories.
pub(crate) struct MakeDirectories {
    /// The directory, the one above it, and so on; never the root.
    levels: Vec<RemotePath>,
    /// The one whose turn it is.
    at: usize,
    /// What is above is there.
    descending: bool,
    /// Why MKD failed and CWD is tried.
    refused: Option<Failure>,
    /// Why the first MKD failed.
    first: Option<Failure>,
}

impl MakeDirectories {
    pub(crate) fn new(path: RemotePath) -> MakeDirectories {
        let above = std::iter::successors(Some(path), RemotePath::parent);
        let levels = above.filter(|path| !path.is_root()).take(MAX_DEPTH + 1).collect();
        MakeDirectories { levels, at: 0, descending: false, refused: None, first: None }
    }

    fn make(&self) -> Step {
        match self.levels.get(self.at) {
            Some(path) => Step::push(Simple::make_directory(path)),
            None => Step::Done(Report::Done(Outcome::Ok)),
        }
    }

    /// This one is there.
    fn next(&mut self) -> Step {
        self.descending = true;
        match self.at.checked_sub(1) {
            Some(below) => {
                self.at = below;
                self.make()
            }
            None => Step::Done(Report::Done(Outcome::Ok)),
        }
    }

    /// This one can neither be made nor entered.
    fn blocked(&mut self, refused: Failure) -> Step {
        if self.descending {
            return Step::Fail(refused);
        }
        let first = self.first.get_or_insert(refused);
        self.at += 1;
        if self.at < self.levels.len() {
            return self.make();
        }
        let Failure { error, code } = first;
        Step::Fail(Failure { error: error.clone(), code: *code })
    }
}

impl Operation for MakeDirectories {
    fn start(&mut self, _link: &mut Link) -> Step {
        if self.levels.len() > MAX_DEPTH {
            let shown = self.levels.first().map(|path| escape(path.as_bytes())).unwrap_or_default();
            let text = format!("{shown} is more than {MAX_DEPTH} directories deep");
            return Step::fail(Error::new(Stage::Server, ErrorKind::Argument, text));
        }
        self.make()
    }

    fn reply(&mut self, _link: &mut Link, _reply: &Reply) -> Step {
        Step::Wait
    }

    fn child(&mut self, _link: &mut Link, result: Result<Report, Failure>) -> Step {
        match (self.refused.take(), result) {
            (_, Ok(_)) => self.next(),
            (None, Err(failure)) if failure.error.kind == ErrorKind::Full => Step::Fail(failure),
            (None, Err(failure)) => {
                self.refused = Some(failure);
                match self.levels.get(self.at) {
                    Some(path) => Step::push(Enter::roughly(path.clone())),
                    None => Step::Done(Report::Done(Outcome::Ok)),
                }
            }
            (Some(refused), Err(_)) => self.blocked(refused),
        }
    }
}
