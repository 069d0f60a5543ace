//! TYPE I and TYPE A (RFC 959 section 3.1.1), sent only when it changes something (rule D6).

use crate::command::Command;
use crate::error::Stage;
use crate::link::Link;
use crate::reply::Reply;

use super::{Operation, Report, Step, refused};

/// The representation types in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    /// Bytes as they are.
    Image,
    /// Text with CR LF.
    Ascii,
}

/// Sets the type.
pub(crate) struct SetType {
    wanted: Type,
    /// That it is refused does not matter.
    lenient: bool,
}

impl SetType {
    /// For files and their sizes.
    pub(crate) fn to(wanted: Type) -> SetType {
        SetType { wanted, lenient: false }
    }

    /// For listings, which read the same in either type.
    pub(crate) fn for_listings() -> SetType {
        SetType { wanted: Type::Image, lenient: true }
    }
}

impl Operation for SetType {
    fn start(&mut self, link: &mut Link) -> Step {
        if link.server.kind == Some(self.wanted) {
            return Step::Done(Report::Nothing);
        }
        // Until its reply has come nobody knows.
        link.server.kind = None;
        let word = match self.wanted {
            Type::Image => "I",
            Type::Ascii => "A",
        };
        link.send(&Command::word("TYPE", word));
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (reply.class(), self.wanted) {
            (1, _) => Step::Wait,
            (2, wanted) => {
                link.server.kind = Some(wanted);
                Step::Done(Report::Nothing)
            }
            _ if self.lenient => Step::Done(Report::Nothing),
            (_, Type::Image) => Step::Fail(refused(
                Stage::Server,
                "The server refused to send files as they are (TYPE I)",
                reply,
            )),
            (_, Type::Ascii) => {
                Step::Fail(refused(Stage::Server, "The server refused to send files as text (TYPE A)", reply))
            }
        }
    }
}
