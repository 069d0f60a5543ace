//! Requests whose answer is words for a person, and those that change the session a little: HELP, STAT, SYST, SMNT, ACCT, ALLO (RFC 959 section 4.1),
//! FEAT (RFC 2389), LANG (RFC 2640 section 4). And how much room there is: AVBL, XQUOTA, SITE QUOTA.

use crate::command::Command;
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::habits::Form;
use crate::link::Link;
use crate::parse::{self, Features};
use crate::path::{Argument, RemotePath};
use crate::reply::{Reply, escape};

use super::line::Line;
use super::simple::{Simple, answer, done, moved};
use super::{Operation, Report, Step, refused};

impl Simple {
    /// HELP.
    pub(crate) fn help(topic: Option<&Argument>) -> Simple {
        Simple::new("The server gave no help").only(with(Line::new("HELP"), topic), answer)
    }

    /// STAT without an argument: of the session.
    pub(crate) fn server_status() -> Simple {
        Simple::new("The server did not tell its status").only(Line::new("STAT"), answer)
    }

    /// STAT of a path. Codes 211, 212 and 213 are the standard's; FileZilla Server answers 221 and libunftp 200, and none of them means more than
    /// that it is done (rule R10).
    pub(crate) fn status_of(path: &RemotePath) -> Simple {
        Simple::new(format!("The server did not tell the status of {}", escape(path.as_bytes())))
            .at(path)
            .only(Line::new("STAT").path(path), answer)
    }

    /// SYST.
    pub(crate) fn system_type() -> Simple {
        Simple::new("The server did not tell its system")
            .only(Line::new("SYST"), answer)
            .settling(|link, reply| link.server.system = reply.text())
    }

    /// FEAT, once more. What it says now counts.
    pub(crate) fn features() -> Simple {
        Simple::new("The server did not tell its features")
            .only(Line::new("FEAT"), |reply| Some(Outcome::Features(Box::new(parse::feat(reply)))))
            .settling(|link, reply| link.server.features = parse::feat(reply))
    }

    /// LANG; without a tag the server's own language. What FEAT does not list is asked for all the same: the list may be short.
    pub(crate) fn set_language(features: &Features, tag: Option<&Argument>) -> Simple {
        let shown = tag.map_or_else(|| "its own language".to_owned(), |tag| escape(tag.as_bytes()));
        let tags: Vec<&str> = features.languages.iter().map(|language| language.tag.as_str()).collect();
        let offered =
            if tags.is_empty() { String::new() } else { format!("; it offers {}", tags.join(", ")) };
        Simple::new(format!("The server refused to answer in {shown}{}", escape(offered.as_bytes())))
            .advice("The server has one language only")
            .only(with(Line::new("LANG"), tag), done)
    }

    /// SMNT: another file system takes the place of the present one.
    pub(crate) fn mount(path: &Argument) -> Simple {
        Simple::new(format!("The server refused to mount {}", escape(path.as_bytes())))
            .only(Line::new("SMNT").argument(path), done)
            .settling(moved)
    }

    /// ALLO. 202 is what those say that need no such thing.
    pub(crate) fn allocate(bytes: u64) -> Simple {
        Simple::new(format!("The server refused to allocate {bytes} bytes"))
            .only(Line::new("ALLO").word(bytes.to_string()), done)
    }

    /// AVBL, else the quotas. Where FEAT gives a list, only what is on it; SITE QUOTA is seldom on it.
    pub(crate) fn free_space(features: &Features, path: Option<&RemotePath>) -> Simple {
        let unknown = !features.known;
        let avbl = Line::new("AVBL");
        let (avbl, simple) = match path {
            Some(path) => (avbl.path(path), Simple::new(told_no_space()).at(path)),
            None => (avbl, Simple::new(told_no_space())),
        };
        simple
            .advice("The server cannot tell")
            .form_if(features.avbl || unknown, Form::Avbl, avbl, |reply| {
                parse::avbl(reply).map(Outcome::Space)
            })
            .form_if(features.xquota || unknown, Form::Xquota, Line::new("XQUOTA"), quota)
            .form(Form::SiteQuota, Line::new("SITE").word("QUOTA"), quota)
    }
}

fn told_no_space() -> &'static str {
    "The server did not tell how much space is free"
}

fn quota(reply: &Reply) -> Option<Outcome> {
    parse::quota(reply).map(Outcome::Space)
}

fn with(line: Line, argument: Option<&Argument>) -> Line {
    match argument {
        Some(argument) => line.argument(argument),
        None => line,
    }
}

/// ACCT with the site's account (RFC 959 section 4.1.1): some want it before they store, not at the login (532).
pub(crate) struct Account;

impl Operation for Account {
    fn start(&mut self, link: &mut Link) -> Step {
        let account = match &link.site.account {
            None => {
                let error = Error::new(Stage::Server, ErrorKind::Credentials, "The site has no account");
                return Step::fail(error.with_advice("Add the account to the site"));
            }
            Some(account) => link.credential(account.reveal()),
        };
        match account {
            Ok(account) => link.send(&Command::secret("ACCT", &account)),
            Err(error) => {
                let text = format!("The account cannot be sent: {error}");
                return Step::fail(Error::new(Stage::Server, ErrorKind::Argument, text));
            }
        }
        Step::Wait
    }

    fn reply(&mut self, _link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            1 => Step::Wait,
            2 => Step::Done(Report::Done(Outcome::Ok)),
            _ => Step::Fail(refused(Stage::Server, "The server refused the account", reply)),
        }
    }
}
