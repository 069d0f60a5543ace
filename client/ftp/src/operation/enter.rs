//! Stand in a directory: CWD, then PWD to learn its true path (RFC 959 section 4.1.1 and appendix II; rules P1, P3).

use crate::command::Command;
use crate::error::Stage;
use crate::link::{Link, Standing};
use crate::parse;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};

use super::{Operation, Report, Step, refused};

/// The directory to stand in before a command may name this path; none where full paths are safe (rule P4).
pub(crate) fn place(link: &Link, path: &RemotePath) -> Option<RemotePath> {
    if link.full_paths() { None } else { path.parent() }
}

/// The step to take before a command may name this path.
pub(crate) fn reach(link: &Link, path: &RemotePath) -> Option<Step> {
    place(link, path).map(|parent| Step::push(Enter::new(Some(parent))))
}

/// A command that names a path that was reached.
pub(crate) fn command(link: &Link, verb: &'static str, path: &RemotePath) -> Command {
    let here = link.server.standing.as_ref().and_then(|standing| standing.asked.as_ref());
    if here == path.parent().as_ref() { there(link, verb, path) } else { Command::path(verb, path) }
}

/// A command that names a path whose directory is being entered.
pub(crate) fn there(link: &Link, verb: &'static str, path: &RemotePath) -> Command {
    match path.name() {
        Some(name) if !link.full_paths() => Command::name(verb, &name),
        _ => Command::path(verb, path),
    }
}

#[derive(Clone, Copy)]
enum State {
    Cwd,
    Pwd,
}

/// Changes the directory.
pub(crate) struct Enter {
    /// Where to; `None` asks only where the session stands.
    path: Option<RemotePath>,
    /// Whether the true path matters.
    exact: bool,
    state: State,
}

impl Enter {
    /// Goes there, or stays, and learns the true path.
    pub(crate) fn new(path: Option<RemotePath>) -> Enter {
        Enter { path, exact: true, state: State::Cwd }
    }

    /// Goes there; what it is truly called does not matter.
    pub(crate) fn roughly(path: RemotePath) -> Enter {
        Enter { path: Some(path), exact: false, state: State::Cwd }
    }

    fn asked(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let told = if reply.class() == 2 { parse::pwd(reply) } else { None };
        let actual = match told.as_ref().map(RemotePath::new) {
            Some(Ok(path)) => path,
            _ => {
                // Rule P1: the path that was asked for is the best guess.
                let guess = self.path.clone().unwrap_or_else(RemotePath::root);
                let told =
                    told.map_or_else(|| "nothing".to_owned(), |bytes| format!("\"{}\"", escape(&bytes)));
                let shown = escape(guess.as_bytes());
                link.trace(format!("PWD told {told}; the directory is taken for \"{shown}\""));
                guess
            }
        };
        link.server.standing = Some(Standing { asked: self.path.clone(), actual: actual.clone() });
        Step::Done(Report::Directory(actual))
    }
}

impl Operation for Enter {
    fn start(&mut self, link: &mut Link) -> Step {
        if let Some(standing) = &link.server.standing {
            let here = match &self.path {
                None => true,
                Some(path) => standing.actual == *path || standing.asked.as_ref() == Some(path),
            };
            if here {
                let actual = standing.actual.clone();
                if self.path.is_some() {
                    link.server.standing =
                        Some(Standing { asked: self.path.clone(), actual: actual.clone() });
                }
                return Step::Done(Report::Directory(actual));
            }
        }
        self.state = State::Pwd;
        if let Some(path) = &self.path {
            self.state = State::Cwd;
            // Until its reply has come nobody knows where the session stands.
            link.server.standing = None;
            link.send(&Command::path("CWD", path));
        }
        if self.exact {
            link.send(&Command::bare("PWD"));
        }
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (self.state, reply.class(), &self.path) {
            (_, 1, _) => Step::Wait,
            (State::Pwd, _, _) => self.asked(link, reply),
            (State::Cwd, 2 | 3, Some(path)) if !self.exact => Step::Done(Report::Directory(path.clone())),
            (State::Cwd, 2 | 3, _) => {
                self.state = State::Pwd;
                Step::Wait
            }
            (State::Cwd, _, path) => {
                // The answer to PWD would be that of another place.
                link.disown();
                let shown = path.as_ref().map(|path| escape(path.as_bytes())).unwrap_or_default();
                Step::Fail(refused(
                    Stage::Server,
                    format!("The server refused to open the directory {shown}"),
                    reply,
                ))
            }
        }
    }
}
