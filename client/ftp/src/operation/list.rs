//! List a directory: stand in it, then a bare MLSD (RFC 3659 section 7) or LIST (RFC 959 section 4.1.3); paths are never given
//! to them, since servers take blanks, brackets and dashes in those for options (rules P4, M1 to M3).

use crate::command::Command;
use crate::error::Error;
use crate::event::Outcome;
use crate::link::Link;
use crate::listing::Parser;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};
use crate::request::RequestId;

use super::enter::Enter;
use super::exchange::Exchange;
use super::purpose::Purpose;
use super::rows::Rows;
use super::{Failure, Operation, Report, Step};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// MLSD.
    Machine,
    /// `LIST -a`: names with a leading dot too.
    All,
    /// LIST.
    Plain,
}

/// Lists a directory.
pub(crate) struct List {
    path: Option<RemotePath>,
    /// Who is told of the rows as they come; nobody: they are kept.
    told: Option<RequestId>,
    /// The true path, once it is known.
    actual: RemotePath,
    form: Option<Form>,
}

impl List {
    /// For a person.
    pub(crate) fn show(request: RequestId, path: Option<RemotePath>) -> List {
        List { path, told: Some(request), actual: RemotePath::root(), form: None }
    }

    /// For an operation.
    pub(crate) fn keep(path: RemotePath) -> List {
        List { path: Some(path), told: None, actual: RemotePath::root(), form: None }
    }

    fn read(&mut self, link: &mut Link, form: Form) -> Step {
        self.form = Some(form);
        let (parser, command) = match form {
            Form::Machine => (Parser::mlsd(), Command::bare("MLSD")),
            Form::All => (Parser::list(link.wall_clock()), Command::word("LIST", "-a")),
            Form::Plain => (Parser::list(link.wall_clock()), Command::bare("LIST")),
        };
        let rows = match self.told {
            Some(request) => Rows::tell(parser, request, self.actual.clone()),
            None => Rows::keep(parser),
        };
        Step::push(Exchange::new(Purpose::Listing(rows), command))
    }

    fn listed(&mut self, link: &mut Link, form: Form, rows: Rows) -> Step {
        // Rule M2: some servers take `-a` for a name and find nothing.
        if form == Form::All && link.memory.list_all.is_none() {
            if rows.count() == 0 {
                link.trace("LIST -a showed nothing; LIST alone decides");
                return self.read(link, Form::Plain);
            }
            link.memory.list_all = Some(true);
        }
        if form == Form::Plain && link.memory.list_all.is_none() && rows.count() > 0 {
            link.memory.list_all = Some(false);
        }
        link.status(format!("Directory listing of \"{}\" successful", escape(self.actual.as_bytes())));
        let unread = rows.unread();
        if !unread.is_empty() {
            link.error(format!("{} lines of the listing could not be read", rows.unread_count()));
        }
        let (path, entries) = (self.actual.clone(), rows.count());
        match self.told {
            Some(_) => Step::Done(Report::Done(Outcome::Listing { path, entries, unread })),
            None => Step::Done(Report::Rows(path, rows)),
        }
    }

    fn failed(&mut self, link: &mut Link, form: Option<Form>, failure: Failure) -> Step {
        match form {
            Some(Form::Machine) if failure.unknown_command() => {
                link.server.refuses_mlsd = true;
                let form = old_form(link);
                self.read(link, form)
            }
            Some(Form::All) if failure.code >= 400 => {
                link.trace("LIST -a was refused; LIST alone decides");
                if failure.code >= 500 {
                    link.memory.list_all = Some(false);
                }
                self.read(link, Form::Plain)
            }
            _ => {
                link.error("Failed to retrieve directory listing");
                // Of many directories the one that failed must be named.
                let path = escape(self.actual.as_bytes());
                let message = match (self.told, form) {
                    (None, Some(_)) => format!("{path}: {}", failure.error.message),
                    _ => failure.error.message,
                };
                Step::fail(Failure { error: Error { message, ..failure.error }, ..failure })
            }
        }
    }
}

impl Operation for List {
    fn start(&mut self, link: &mut Link) -> Step {
        match &self.path {
            None => link.status("Retrieving directory listing..."),
            Some(path) => {
                let path = escape(path.as_bytes());
                link.status(format!("Retrieving directory listing of \"{path}\"..."));
            }
        }
        Step::push(Enter::new(self.path.clone()))
    }

    fn reply(&mut self, _link: &mut Link, _reply: &Reply) -> Step {
        Step::Wait
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match (result, self.form) {
            (Ok(Report::Directory(actual)), None) => {
                self.actual = actual;
                let machine = link.server.features.mlsd && !link.server.refuses_mlsd;
                let form = if machine { Form::Machine } else { old_form(link) };
                self.read(link, form)
            }
            (Ok(Report::Exchanged { rows: Some(rows), .. }), Some(form)) => self.listed(link, form, rows),
            (Ok(_), _) => Step::Wait,
            (Err(failure), form) => self.failed(link, form, failure),
        }
    }
}

fn old_form(link: &Link) -> Form {
    if link.memory.list_all == Some(false) { Form::Plain } else { Form::All }
}
