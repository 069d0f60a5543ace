//! MODE Z and MODE S (draft-preston-ftpext-deflate, RFC 959 section 3.4), sent only when it changes something. A server that refuses
//! to compress gets the bytes as they are.

use crate::command::Command;
use crate::link::Link;
use crate::reply::Reply;

use super::{Operation, Report, Step};

/// Sets the mode.
pub(crate) struct SetMode {
    deflate: bool,
}

impl SetMode {
    pub(crate) fn to(deflate: bool) -> SetMode {
        SetMode { deflate }
    }
}

impl Operation for SetMode {
    fn start(&mut self, link: &mut Link) -> Step {
        if link.server.deflating == self.deflate {
            return Step::Done(Report::Nothing);
        }
        link.send(&Command::word("MODE", if self.deflate { "Z" } else { "S" }));
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        if reply.class() == 1 {
            return Step::Wait;
        }
        if reply.class() == 2 {
            link.server.deflating = self.deflate;
        }
        Step::Done(Report::Nothing)
    }
}
