//! Jobs of a tab, first come, first served, one at a time.

use crate::protocol::JobId;
use std::collections::VecDeque;

/// The order of jobs.
#[derive(Debug, Default)]
pub(super) struct JobQueue {
    waiting: VecDeque<JobId>,
    current: Option<JobId>,
}

impl JobQueue {
    /// Adds a job at the end.
    pub(super) fn push(&mut self, job: JobId) {
        self.waiting.push_back(job);
    }

    /// The job whose turn it is.
    pub(super) fn current(&self) -> Option<JobId> {
        self.current
    }

    /// Makes the next job the current one. `None` while there is a current one, or where none waits.
    pub(super) fn advance(&mut self) -> Option<JobId> {
        if self.current.is_some() {
            return None;
        }
        self.current = self.waiting.pop_front();
        self.current
    }

    /// Takes a job out, wherever it is.
    pub(super) fn remove(&mut self, job: JobId) {
        self.waiting.retain(|waiting| *waiting != job);
        self.current.take_if(|current| *current == job);
    }

    /// Whether nothing runs and nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.current.is_none() && self.waiting.is_empty()
    }

    /// Takes all jobs out, the current one first.
    pub(super) fn drain(&mut self) -> Vec<JobId> {
        self.current.take().into_iter().chain(self.waiting.drain(..)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_in_order() {
        let mut queue = JobQueue::default();
        for job in 1..=3 {
            queue.push(JobId(job));
        }
        assert_eq!(queue.advance(), Some(JobId(1)));
        assert_eq!(queue.advance(), None, "the first still runs");
        queue.remove(JobId(1));
        assert_eq!(queue.advance(), Some(JobId(2)));
        assert_eq!(queue.current(), Some(JobId(2)));
    }

    #[test]
    fn a_cancelled_job_never_gets_its_turn() {
        let mut queue = JobQueue::default();
        for job in 1..=3 {
            queue.push(JobId(job));
        }
        queue.remove(JobId(1));
        queue.remove(JobId(2));
        assert_eq!(queue.advance(), Some(JobId(3)));
        queue.remove(JobId(3));
        assert!(queue.is_empty());
        assert_eq!(queue.advance(), None);
    }

    #[test]
    fn draining_takes_the_running_job_first() {
        let mut queue = JobQueue::default();
        for job in 1..=3 {
            queue.push(JobId(job));
        }
        queue.advance();
        assert_eq!(queue.drain(), [JobId(1), JobId(2), JobId(3)]);
        assert!(queue.is_empty());
    }
}
