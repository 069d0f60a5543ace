//! SIZE (RFC 3659 section 4), for what has to come: that the server does not tell is no failure.

use crate::link::Link;
use crate::parse;
use crate::path::RemotePath;
use crate::reply::Reply;

use super::{Operation, Report, Step, enter};

/// Asks for a file's size, in the directory that is entered in the same flight. TYPE I comes before (rule T6).
pub(crate) struct SizeProbe {
    path: RemotePath,
}

impl SizeProbe {
    pub(crate) fn new(path: RemotePath) -> SizeProbe {
        SizeProbe { path }
    }
}

impl Operation for SizeProbe {
    fn start(&mut self, link: &mut Link) -> Step {
        link.send(&enter::there(link, "SIZE", &self.path));
        Step::Wait
    }

    fn reply(&mut self, _link: &mut Link, reply: &Reply) -> Step {
        match (reply.class(), parse::size(reply)) {
            (1, _) => Step::Wait,
            (2, Some(size)) => Step::Done(Report::Size(size)),
            _ => Step::Done(Report::Nothing),
        }
    }
}
