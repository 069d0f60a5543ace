//! NOOP several times: one after the other, each for itself, or all in one flight.

use crate::command::Command;
use crate::control::REPLY_TIMEOUT;
use crate::io::Time;
use crate::link::Link;
use crate::reply::Reply;

use crate::operation::{Operation, Report, Step, silence};

/// How many.
pub(super) const COUNT: usize = 8;
/// How long commands that were sent together may go unanswered.
const CROWD_PATIENCE: u64 = 10_000;

/// Sends them and takes the time.
pub(super) struct Trips {
    flight: bool,
    since: Time,
    samples: Vec<u64>,
}

impl Trips {
    /// One after the other: [`Report::Trips`] has the milliseconds of each.
    pub(super) fn single() -> Trips {
        Trips { flight: false, since: Time::default(), samples: Vec::new() }
    }

    /// All at once: the milliseconds from the first command to each answer.
    pub(super) fn flight() -> Trips {
        Trips { flight: true, ..Trips::single() }
    }
}

impl Operation for Trips {
    fn start(&mut self, link: &mut Link) -> Step {
        self.since = link.now;
        for _ in 0..if self.flight { COUNT } else { 1 } {
            link.send(&Command::bare("NOOP"));
        }
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        // A refusal takes as long as an answer.
        if reply.class() == 1 {
            return Step::Wait;
        }
        self.samples.push(link.now.since(self.since));
        if self.samples.len() >= COUNT {
            return Step::Done(Report::Trips(std::mem::take(&mut self.samples)));
        }
        if !self.flight {
            self.since = link.now;
            link.send(&Command::bare("NOOP"));
        }
        Step::Wait
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        link.deadline(if link.is_crowded() { CROWD_PATIENCE } else { REPLY_TIMEOUT })
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        let error = silence(link);
        link.lock_step();
        Step::lost(error)
    }
}
