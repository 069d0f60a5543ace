//! QUIT (RFC 959 section 4.1.1): politely, but not for ever.

use crate::command::Command;
use crate::io::{End, Time};
use crate::link::Link;
use crate::reply::Reply;

use super::{Operation, Step};

/// How long the farewell may take.
const QUIT_TIMEOUT: u64 = 2_000;

/// Leaves.
pub(crate) struct Quit {
    since: Time,
}

impl Quit {
    pub(crate) fn new() -> Quit {
        Quit { since: Time::default() }
    }
}

impl Operation for Quit {
    fn start(&mut self, link: &mut Link) -> Step {
        self.since = link.now;
        link.send(&Command::bare("QUIT").untimed());
        Step::Wait
    }

    fn reply(&mut self, _link: &mut Link, reply: &Reply) -> Step {
        if reply.class() == 1 { Step::Wait } else { Step::Left }
    }

    fn deadline(&self, _link: &Link) -> Option<Time> {
        Some(self.since.after(QUIT_TIMEOUT))
    }

    fn timeout(&mut self, _link: &mut Link) -> Step {
        Step::Left
    }

    /// Leaving cannot be taken back.
    fn cancel(&mut self, _link: &mut Link) -> Option<Step> {
        Some(Step::Wait)
    }

    /// Some servers close without a word.
    fn lost(&mut self, _link: &mut Link, _end: &End) -> Step {
        Step::Left
    }
}
