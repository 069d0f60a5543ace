//! Transfers as the page knows them.

use super::shared::Shared;
use crate::protocol::{Bytes, Failure, JobId, LogLine, Sink};
use std::collections::VecDeque;

/// Finished rows kept, each of done and failed.
const KEPT: usize = 1_000;
/// The speed is that of the last so many milliseconds.
const SPEED_WINDOW: u64 = 5_000;
/// Progress reports kept for it.
const SAMPLES: usize = 64;

/// Which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// From the server.
    Download,
    /// To the server.
    Upload,
}

/// How far.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Progress {
    /// Waits for its turn.
    Waiting,
    /// Moves bytes.
    Running,
    /// The person wants it stopped, the worker has not said so yet.
    Stopping,
    /// The server has confirmed it.
    Done,
    /// It failed; the last log lines then.
    Failed(Failure, Vec<LogLine>),
}

/// A transfer.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Job {
    /// Its number.
    pub(crate) id: JobId,
    /// Which way.
    pub(crate) direction: Direction,
    /// Name of the file.
    pub(crate) name: String,
    /// Where it is, or is to be, on the server.
    pub(crate) path: Bytes,
    /// Where a download goes.
    pub(crate) sink: Sink,
    /// Its size, where known.
    pub(crate) total: Option<u64>,
    /// Bytes done.
    pub(crate) done: u64,
    /// How far.
    pub(crate) progress: Progress,
    samples: VecDeque<(u64, u64)>,
}

impl Job {
    /// A transfer that waits.
    pub(crate) fn new(id: JobId, direction: Direction, name: String, path: Bytes, total: Option<u64>) -> Job {
        Job {
            id,
            direction,
            name,
            path,
            sink: Sink::Private,
            total,
            done: 0,
            progress: Progress::Waiting,
            samples: VecDeque::new(),
        }
    }

    /// Waiting or under way.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.progress, Progress::Waiting | Progress::Running | Progress::Stopping)
    }

    /// Back to the queue.
    pub(crate) fn restart(&mut self) {
        self.progress = Progress::Waiting;
        self.done = 0;
        self.samples.clear();
    }

    /// So many bytes at this time (milliseconds).
    pub(crate) fn moved(&mut self, done: u64, total: Option<u64>, now: u64) {
        if self.progress == Progress::Waiting {
            self.progress = Progress::Running;
        }
        self.done = done;
        self.total = total.or(self.total);
        self.samples.push_back((now, done));
        while self.samples.len() > SAMPLES
            || self.samples.front().is_some_and(|(at, _)| now.saturating_sub(*at) > SPEED_WINDOW)
        {
            self.samples.pop_front();
        }
    }

    /// Bytes a second, once two reports have come.
    pub(crate) fn speed(&self) -> Option<f64> {
        let ((from, before), (to, after)) = (self.samples.front()?, self.samples.back()?);
        let elapsed = to.saturating_sub(*from);
        (elapsed >= 200).then(|| after.saturating_sub(*before) as f64 * 1000.0 / elapsed as f64)
    }

    /// Seconds left at this speed.
    pub(crate) fn left(&self) -> Option<u64> {
        let speed = self.speed().filter(|speed| *speed > 0.0)?;
        Some((self.total?.saturating_sub(self.done) as f64 / speed).ceil() as u64)
    }

    /// Hundredths done; `None` where the size is not known.
    pub(crate) fn percent(&self) -> Option<u8> {
        let total = self.total?;
        if total == 0 {
            return Some(if self.progress == Progress::Done { 100 } else { 0 });
        }
        u8::try_from((u128::from(self.done) * 100 / u128::from(total)).min(100)).ok()
    }
}

/// All transfers, oldest first.
#[derive(Clone, Default)]
pub(crate) struct Jobs {
    rows: Vec<Shared<Job>>,
}

impl Jobs {
    /// A new one, at the end.
    pub(crate) fn push(&mut self, job: Job) {
        self.rows.push(Shared::new(job));
    }

    /// One of them.
    pub(crate) fn get(&self, id: JobId) -> Option<&Job> {
        self.rows.iter().find(|job| job.id == id).map(|job| &**job)
    }

    /// To change it.
    pub(crate) fn edit(&mut self, id: JobId) -> Option<&mut Job> {
        self.rows.iter_mut().find(|job| job.id == id).map(Shared::edit)
    }

    /// Takes a row away.
    pub(crate) fn remove(&mut self, id: JobId) {
        self.rows.retain(|job| job.id != id);
    }

    /// Waiting or under way.
    pub(crate) fn active(&self) -> impl Iterator<Item = &Shared<Job>> {
        self.rows.iter().filter(|job| job.is_active())
    }

    /// Failed, the newest first.
    pub(crate) fn failed(&self) -> impl Iterator<Item = &Shared<Job>> {
        self.rows.iter().rev().filter(|job| matches!(job.progress, Progress::Failed(..)))
    }

    /// Confirmed by the server, the newest first.
    pub(crate) fn done(&self) -> impl Iterator<Item = &Shared<Job>> {
        self.rows.iter().rev().filter(|job| job.progress == Progress::Done)
    }

    /// Takes the oldest finished rows away where there are too many. Returns their numbers.
    pub(crate) fn trim(&mut self) -> Vec<JobId> {
        let mut surplus: Vec<JobId> = self.done().skip(KEPT).map(|job| job.id).collect();
        surplus.extend(self.failed().skip(KEPT).map(|job| job.id));
        self.rows.retain(|job| !surplus.contains(&job.id));
        surplus
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: u32, total: Option<u64>) -> Job {
        Job::new(JobId(id), Direction::Download, "f".into(), Bytes::text("/f"), total)
    }

    #[test]
    fn speed_is_that_of_the_last_seconds() {
        let mut job = job(1, Some(10_000_000));
        job.moved(0, None, 0);
        assert_eq!((job.speed(), job.left()), (None, None));
        for second in 1..=20 {
            job.moved(second * 100_000, None, second * 1000);
        }
        assert_eq!(job.speed(), Some(100_000.0));
        assert_eq!(job.left(), Some(80));
        assert_eq!(job.percent(), Some(20));
        for second in 21..=40 {
            job.moved(2_000_000, None, second * 1000);
        }
        assert_eq!(
            (job.speed(), job.left()),
            (Some(0.0), None),
            "a stalled transfer has no time left to name"
        );
    }

    #[test]
    fn percent_never_lies() {
        let mut job = job(1, Some(0));
        assert_eq!(job.percent(), Some(0));
        job.progress = Progress::Done;
        assert_eq!(job.percent(), Some(100));
        job.total = Some(u64::MAX);
        job.done = u64::MAX - 1;
        assert_eq!(job.percent(), Some(99));
        job.total = None;
        assert_eq!(job.percent(), None);
    }

    #[test]
    fn finished_rows_are_bounded() {
        let mut jobs = Jobs::default();
        for id in 0..1_100 {
            jobs.push(Job { progress: Progress::Done, ..job(id, None) });
        }
        jobs.push(job(9_999, None));
        assert_eq!(jobs.trim().len(), 100);
        assert!(jobs.get(JobId(0)).is_none() && jobs.get(JobId(1_099)).is_some());
        assert_eq!((jobs.done().count(), jobs.active().count()), (1_000, 1));
    }
}
