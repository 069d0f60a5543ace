//! List a directory: stand in it, then a bare MLSD (RFC 3659 section 7) or LIST (RFC 959 section 4.1.3); paths are never given
//! to them, since servers take blanks, brackets and dashes in those for options (rules P4, M1 to M3).

use crate::command::Command;
use crate::error::Error;
use crate::event::Outcome;
use crate::link::Link;
use crate::listing::Parser;
use crate::parse;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};
use crate::request::RequestId;

use super::clock;
use super::exchange::{Exchange, Purpose};
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
    form: Form,
    /// LIST, even where there is MLSD.
    old: bool,
    /// The server has left rows out (rule M7): of how many it sent, 0 where it does not say.
    truncated: Option<u64>,
}

impl List {
    /// For a person.
    pub(crate) fn show(request: RequestId, path: Option<RemotePath>) -> List {
        List { path, told: Some(request), form: Form::Machine, old: false, truncated: None }
    }

    /// For an operation.
    pub(crate) fn keep(path: RemotePath) -> List {
        List { path: Some(path), told: None, form: Form::Machine, old: false, truncated: None }
    }

    /// For an operation that must know links from directories, with a server whose MLSD may not tell: by LIST, whose first letter does.
    pub(crate) fn keep_old(path: RemotePath) -> List {
        List { old: true, ..List::keep(path) }
    }

    fn read(&mut self, link: &mut Link, form: Form) -> Step {
        self.form = form;
        let (parser, command) = match form {
            Form::Machine => (Parser::mlsd(), Command::bare("MLSD")),
            Form::All => (link.listing_parser(), Command::word("LIST", "-a")),
            Form::Plain => (link.listing_parser(), Command::bare("LIST")),
        };
        let rows = match self.told {
            Some(request) => Rows::tell(parser, request),
            None => Rows::keep(parser),
        };
        Step::push(Exchange::listing(Purpose::Listing(rows), command, self.path.clone()))
    }

    fn listed(&mut self, link: &mut Link, rows: Rows) -> Step {
        let form = self.form;
        let actual = rows.directory().cloned().unwrap_or_else(RemotePath::root);
        // Rule M2: some servers take `-a` for a name and find nothing.
        if form == Form::All && link.memory.quirks.list_all.is_none() {
            if rows.count() == 0 {
                link.trace("LIST -a showed nothing; LIST alone decides");
                return self.read(link, Form::Plain);
            }
            link.memory.quirks.list_all = Some(true);
        }
        if form == Form::Plain && link.memory.quirks.list_all.is_none() && rows.count() > 0 {
            link.memory.quirks.list_all = Some(false);
        }
        link.status(format!("Directory listing of \"{}\" successful", escape(actual.as_bytes())));
        let unread = rows.unread();
        if !unread.is_empty() {
            link.error(format!("{} lines of the listing could not be read", rows.unread_count()));
        }
        if self.truncated.is_some() {
            link.error("Warning: the server has not listed everything that is there");
        }
        clock::ask(link, &actual, rows.sample());
        let (path, entries, truncated) = (actual, rows.count(), self.truncated);
        match self.told {
            Some(_) => Step::Done(Report::Done(Outcome::Listing { path, entries, unread, truncated })),
            None => Step::Done(Report::Rows(path, rows)),
        }
    }

    fn failed(&mut self, link: &mut Link, failure: Failure) -> Step {
        match self.form {
            Form::Machine if failure.unknown_command() => {
                link.memory.quirks.no_mlsd = true;
                let form = old_form(link);
                self.read(link, form)
            }
            Form::All if failure.code >= 400 => {
                link.trace("LIST -a was refused; LIST alone decides");
                if failure.code >= 500 {
                    link.memory.quirks.list_all = Some(false);
                }
                self.read(link, Form::Plain)
            }
            _ => {
                link.error("Failed to retrieve directory listing");
                // Of many directories the one that failed must be named.
                let message = match (&self.path, self.told) {
                    (Some(path), None) if failure.code != 0 => {
                        format!("{}: {}", escape(path.as_bytes()), failure.error.message)
                    }
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
        let machine = !self.old && link.server.features.mlsd && !link.memory.quirks.no_mlsd;
        let form = if machine { Form::Machine } else { old_form(link) };
        self.read(link, form)
    }

    fn reply(&mut self, _link: &mut Link, _reply: &Reply) -> Step {
        Step::Wait
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Ok(Report::Exchanged { rows: Some(rows), reply, .. }) => {
                self.truncated = reply.as_ref().and_then(parse::truncated);
                self.listed(link, rows)
            }
            Ok(_) => Step::Wait,
            Err(failure) => self.failed(link, failure),
        }
    }
}

fn old_form(link: &Link) -> Form {
    if link.memory.quirks.list_all == Some(false) { Form::Plain } else { Form::All }
}
