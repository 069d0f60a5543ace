//! SIZE and MDTM (RFC 3659 sections 3 and 4), for what has to come, and ALLO (RFC 959 section 4.1.3), for what will: that the server
//! does not answer well is no failure.

use crate::command::Command;
use crate::error::Stage;
use crate::link::Link;
use crate::parse;
use crate::path::RemotePath;
use crate::reply::Reply;

use super::{Operation, Report, Step, enter, refused};

/// What to ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Question {
    Size,
    Time,
    /// Room for so many bytes.
    Room(u64),
}

/// Asks about a file in the directory that is entered in the same flight.
pub(crate) struct Probe {
    question: Question,
    path: RemotePath,
}

impl Probe {
    /// Its size. TYPE I comes before (rule T6).
    pub(crate) fn size(path: RemotePath) -> Probe {
        Probe { question: Question::Size, path }
    }

    /// Whether there is room for so many bytes.
    pub(crate) fn room(path: RemotePath, bytes: u64) -> Probe {
        Probe { question: Question::Room(bytes), path }
    }

    /// When it was modified.
    pub(crate) fn time(path: RemotePath) -> Probe {
        Probe { question: Question::Time, path }
    }
}

impl Operation for Probe {
    fn start(&mut self, link: &mut Link) -> Step {
        let command = match self.question {
            Question::Size => enter::there(link, "SIZE", &self.path),
            Question::Time => enter::there(link, "MDTM", &self.path),
            Question::Room(bytes) => Command::number("ALLO", bytes),
        };
        link.send(&command);
        Step::Wait
    }

    fn reply(&mut self, _link: &mut Link, reply: &Reply) -> Step {
        let told = match (reply.class(), self.question) {
            (1, _) => return Step::Wait,
            // Better now than at the last byte.
            (_, Question::Room(_)) if reply.code == 552 => {
                return Step::Fail(refused(Stage::Server, "The server has no room for the file", reply));
            }
            (2, Question::Size) => parse::size(reply).map(Report::Size),
            (2, Question::Time) => parse::mdtm(reply).map(Report::Modified),
            _ => None,
        };
        Step::Done(told.unwrap_or(Report::Nothing))
    }
}
