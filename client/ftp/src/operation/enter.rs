//! Stand in a directory: CWD, then PWD to learn its true path (RFC 959 section 4.1.1 and appendix II; rules P1, P3), in one
//! flight. The first PWD tells how the server writes paths (rules P6, P7). Servers of old have XCWD and XPWD (RFC 775).

use crate::command::Command;
use crate::error::Stage;
use crate::habits::{Form, Habit};
use crate::link::{Link, Standing};
use crate::parse;
use crate::path::{PathSyntax, RemotePath, needs_name_format};
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

/// A command that names a path whose directory is being entered. VMS and MVS write a directory and a file of one name
/// differently (rule P6).
pub(crate) fn there(link: &Link, verb: &'static str, path: &RemotePath) -> Command {
    let directory = matches!(verb, "MKD" | "XMKD" | "RMD" | "XRMD" | "RMDA" | "CWD" | "XCWD");
    match (link.full_paths(), directory) {
        (false, true) if path.syntax() != PathSyntax::Unix => Command::path(verb, path),
        (false, _) if path.name().is_some() => Command::with(verb, path.operand()),
        (_, true) => Command::path(verb, path),
        (_, false) => Command::with(verb, path.file_bytes()),
    }
}

/// The words of a server of old, where its own are not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Modern,
    Old,
}

impl Words {
    /// Those that are known to work, or the modern ones.
    fn best(link: &Link, modern: Form, old: Form) -> Words {
        let habits = &link.memory.quirks.habits;
        if habits.rank(old) < habits.rank(modern) { Words::Old } else { Words::Modern }
    }
}

#[derive(Clone, Copy)]
enum State {
    Cwd,
    Pwd,
    /// SITE NAMEFMT 1 was sent, and PWD once more.
    Format,
}

/// Changes the directory.
pub(crate) struct Enter {
    /// Where to; `None` asks only where the session stands.
    path: Option<RemotePath>,
    /// Whether the true path matters.
    exact: bool,
    state: State,
    cwd: Words,
    pwd: Words,
}

impl Enter {
    /// Goes there, or stays, and learns the true path.
    pub(crate) fn new(path: Option<RemotePath>) -> Enter {
        Enter { path, exact: true, state: State::Cwd, cwd: Words::Modern, pwd: Words::Modern }
    }

    /// Goes there; what it is truly called does not matter.
    pub(crate) fn roughly(path: RemotePath) -> Enter {
        Enter { exact: false, ..Enter::new(Some(path)) }
    }

    fn change(&mut self, link: &mut Link) {
        if let Some(path) = &self.path {
            self.state = State::Cwd;
            let verb = if self.cwd == Words::Modern { "CWD" } else { "XCWD" };
            link.send(&Command::path(verb, path));
        }
        if self.exact {
            self.ask(link);
        }
    }

    fn ask(&mut self, link: &mut Link) {
        link.send(&Command::bare(if self.pwd == Words::Modern { "PWD" } else { "XPWD" }));
    }

    fn asked(&mut self, link: &mut Link, reply: &Reply) -> Step {
        if self.pwd == Words::Modern && matches!(reply.code, 500 | 502) {
            self.pwd = Words::Old;
            self.ask(link);
            return Step::Wait;
        }
        let told = if reply.class() == 2 { parse::pwd(reply) } else { None };
        if told.is_some() && self.pwd == Words::Old {
            link.memory.quirks.habits.learn(Form::Xpwd, Habit::Works);
            link.memory.quirks.habits.learn(Form::Pwd, Habit::Missing);
        }
        if let Some(told) = &told
            && !std::mem::replace(&mut link.server.named, true)
            && needs_name_format(&link.server.system, told)
        {
            self.state = State::Format;
            link.send(&Command::word("SITE", "NAMEFMT 1"));
            self.ask(link);
            return Step::Wait;
        }
        let syntax = told.as_ref().map(|told| link.syntax(told));
        let actual = told.as_ref().zip(syntax).map(|(told, syntax)| RemotePath::parse(syntax, told));
        let actual = match actual {
            Some(Ok(path)) => path,
            _ => {
                // Rule P1: the path that was asked for is the best guess.
                let root = || syntax.and_then(PathSyntax::root).unwrap_or_else(RemotePath::root);
                let guess = self.path.clone().unwrap_or_else(root);
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

    fn changed(&mut self, link: &mut Link, path: &RemotePath) -> Step {
        if self.cwd == Words::Old {
            link.memory.quirks.habits.learn(Form::Xcwd, Habit::Works);
            link.memory.quirks.habits.learn(Form::Cwd, Habit::Missing);
        }
        if !self.exact {
            return Step::Done(Report::Directory(path.clone()));
        }
        self.state = State::Pwd;
        Step::Wait
    }

    fn refused(&mut self, link: &mut Link, path: &RemotePath, reply: &Reply) -> Step {
        // The answer to PWD would be that of another place.
        link.disown_own();
        if self.cwd == Words::Modern && matches!(reply.code, 500 | 502) {
            self.cwd = Words::Old;
            self.change(link);
            return Step::Wait;
        }
        let shown = escape(path.as_bytes());
        Step::Fail(refused(Stage::Server, format!("The server refused to open the directory {shown}"), reply))
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
        self.cwd = Words::best(link, Form::Cwd, Form::Xcwd);
        self.pwd = Words::best(link, Form::Pwd, Form::Xpwd);
        self.state = State::Pwd;
        if self.path.is_some() {
            // Until its reply has come nobody knows where the session stands.
            link.server.standing = None;
        }
        self.change(link);
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (self.state, reply.class(), self.path.clone()) {
            (_, 1, _) => Step::Wait,
            // Whatever it says, PWD tells.
            (State::Format, _, _) => {
                self.state = State::Pwd;
                Step::Wait
            }
            (State::Cwd, 2 | 3, Some(path)) => self.changed(link, &path),
            (State::Cwd, _, Some(path)) => self.refused(link, &path, reply),
            (State::Pwd | State::Cwd, _, _) => self.asked(link, reply),
        }
    }
}
