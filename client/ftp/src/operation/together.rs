//! Small operations whose commands need not wait for each other's replies, such as CWD, PWD, TYPE and EPSV: sent in one
//! flight, one round trip for all of them.
//!
//! Each has a lane: the commands that it sends bear its number, and the replies find it by that. The parts know nothing
//! of each other. If one fails, the others' replies are nobody's. A server that does not answer commands which
//! are sent together is asked again one by one, over a new connection: what became of the first ones is not known.

use crate::control::REPLY_TIMEOUT;
use crate::io::Time;
use crate::link::Link;
use crate::reply::Reply;

use super::renew::Renew;
use super::{Failure, Operation, Report, Signal, Step, silence};

/// How long commands that were sent together may go unanswered.
const CROWD_PATIENCE: u64 = 10_000;

/// Does them all.
pub(crate) struct Together {
    parts: Vec<Box<dyn Operation>>,
    reports: Vec<Option<Report>>,
}

impl Together {
    /// Parts in the order in which their commands go out; none of them may have children. One that makes a data connection is
    /// the last.
    pub(crate) fn new(parts: Vec<Box<dyn Operation>>) -> Together {
        Together { parts, reports: Vec::new() }
    }

    /// A part has taken a step.
    fn took(&mut self, link: &mut Link, lane: usize, step: Step) -> Option<Step> {
        match step {
            Step::Wait => None,
            Step::Done(report) => {
                if let Some(place) = self.reports.get_mut(lane) {
                    *place = Some(report);
                }
                None
            }
            Step::Fail(failure) => {
                link.disown();
                Some(Step::Fail(failure))
            }
            step => Some(step),
        }
    }

    /// Everything is done, or not yet.
    fn look(&mut self) -> Step {
        if self.reports.iter().any(Option::is_none) {
            return Step::Wait;
        }
        Step::Done(Report::Together(std::mem::take(&mut self.reports).into_iter().flatten().collect()))
    }
}

impl Operation for Together {
    fn start(&mut self, link: &mut Link) -> Step {
        self.reports = self.parts.iter().map(|_| None).collect();
        for lane in 0..self.parts.len() {
            let Some(part) = self.parts.get_mut(lane) else { break };
            link.lane = u8::try_from(lane).unwrap_or(u8::MAX);
            let step = part.start(link);
            link.lane = 0;
            if let Some(step) = self.took(link, lane, step) {
                return step;
            }
        }
        self.look()
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let lane = usize::from(link.lane);
        let Some(part) = self.parts.get_mut(lane) else { return Step::Wait };
        let step = part.reply(link, reply);
        link.lane = 0;
        self.took(link, lane, step).unwrap_or_else(|| self.look())
    }

    /// What happens to the data connection is for whichever part makes one.
    fn signal(&mut self, link: &mut Link, signal: Signal) -> Step {
        let last = self.parts.len().saturating_sub(1);
        let open = self.reports.get(last).is_some_and(Option::is_none);
        let Some(part) = self.parts.last_mut().filter(|_| open) else {
            // It is made and others are not done: whoever uses it later finds its end.
            if let (Signal::Closed(end), Some(data)) = (signal, &mut link.data) {
                data.end = Some(end);
            }
            return Step::Wait;
        };
        link.lane = u8::try_from(last).unwrap_or(u8::MAX);
        let step = part.signal(link, signal);
        link.lane = 0;
        self.took(link, last, step).unwrap_or_else(|| self.look())
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            // The new login.
            Ok(_) => self.start(link),
            Err(failure) => Step::Fail(failure),
        }
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        let replies = link.deadline(if link.is_crowded() { CROWD_PATIENCE } else { REPLY_TIMEOUT });
        replies.or_else(|| self.parts.last().and_then(|part| part.deadline(link)))
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        if link.owed() == 0
            && let Some(last) = self.parts.len().checked_sub(1)
            && let Some(part) = self.parts.last_mut()
        {
            let step = part.timeout(link);
            return self.took(link, last, step).unwrap_or_else(|| self.look());
        }
        if link.lock_step() {
            link.server.crowded = false;
            return Step::push(Renew::plainly());
        }
        Step::lost(silence(link))
    }
}
