//! What comes of a job: done, back to the queue, or given up.

use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::io::{Direction, JobId, Time};

use super::class::{self, Class};
use super::io::{PoolEvent, PoolOutput};
use super::job::{Job, JobEnd, JobEvent, Offset};
use super::queue::{Leave, State};
use super::{JOB_TRIES, NOTEWORTHY, Pool, UNPROVEN_TRIES};

impl Pool {
    pub(super) fn arrived(&mut self, index: usize, job: JobId, outcome: &Outcome) {
        self.slots[index].proven = true;
        self.data_proven = true;
        let bytes = if let Outcome::Transferred(moved) = outcome { moved.bytes } else { 0 };
        self.end(job, JobEnd::Done { bytes, confirmed: true });
    }

    /// The server said how large a file is that broke off; `None`: it has none, or does not say.
    pub(super) fn sized(&mut self, index: usize, id: JobId, size: Option<u64>) {
        match self.queue.state(id) {
            Some(State::Running(Leave::No)) => {}
            Some(State::Running(leave)) => return self.left(id, leave),
            _ => return,
        }
        let Some(job) = self.queue.job(id) else { return };
        let there = size.unwrap_or(0);
        // More than was sent is no part of this file: somebody else wrote it, or the upload never began and this is the old
        // file. The user wanted the whole file there.
        let (ours, reached) = match job.offset {
            Offset::AskServer { sent } => (there <= sent && job.size.is_none_or(|size| there <= size), sent),
            Offset::At(offset) => (size == Some(offset), offset),
        };
        if ours && reached == there && job.size == size {
            return self.end(id, JobEnd::Done { bytes: 0, confirmed: false });
        }
        self.slots[index].then = Some((id, if ours { there } else { 0 }));
    }

    /// A job's SIZE (`from` is `None`) or its transfer failed.
    pub(super) fn job_failed(&mut self, index: usize, id: JobId, from: Option<u64>, error: Error) {
        match self.queue.state(id) {
            Some(State::Running(Leave::No)) => {}
            Some(State::Running(leave)) => return self.left(id, leave),
            _ => return,
        }
        let Some(job) = self.queue.job(id) else { return };
        let moved = from.map_or(0, |from| self.queue.reached(id).saturating_sub(from));
        let resumed = from.is_some_and(|from| from > 0) && !job.no_resume;
        if resumed && moved == 0 && refuses_resume(&error) {
            // What is there is another file, and nobody has said that it may be replaced.
            let differs = error.stage == Stage::File && error.kind == ErrorKind::Incomplete;
            if differs && !self.queue.is_ours(id) {
                return self.end(id, JobEnd::Failed(error));
            }
            return self.restart(id, error);
        }
        if from.is_some() && not_begun(&error) {
            self.unsay(id, from.unwrap_or(0));
        }
        let direction = self.queue.job(id).map(|job| job.direction);
        match class::transfer(&error) {
            Class::Stop => {
                self.back(id);
                self.halt(error);
            }
            Class::Limit => {
                let others = self.slots.len() - 1;
                if others > 0 && self.shrink(others) {
                    let slot = self.slots.remove(index);
                    self.outputs.push_back(PoolOutput::Close(slot.id));
                    self.wait(id, None, error);
                } else {
                    self.again(id, moved, error);
                }
            }
            Class::Full if direction == Some(Direction::Upload) => {
                self.wait(id, None, error.clone());
                if self.uploads {
                    self.uploads = false;
                    self.tell(PoolEvent::UploadsStopped(error));
                }
            }
            Class::Full | Class::Item => self.end(id, JobEnd::Failed(error)),
            Class::Again => {
                // A file may have grown since it was listed, and some servers list a link's own length.
                if error.kind == ErrorKind::Incomplete && direction == Some(Direction::Download) {
                    self.queue.change(id, |job, _| job.size = None);
                }
                // Rule D11: data connections worked here, so this session has gone bad: another is made for the rest.
                if error.stage == Stage::Data && self.slots[index].proven {
                    let slot = self.slots.remove(index);
                    self.outputs.push_back(PoolOutput::Close(slot.id));
                }
                self.again(id, moved, error);
            }
        }
    }

    /// Tried again later, if it was not tried too often.
    fn again(&mut self, id: JobId, moved: u64, error: Error) {
        let unproven = error.stage == Stage::Data && !self.data_proven;
        let most = if unproven { UNPROVEN_TRIES } else { JOB_TRIES };
        self.queue.change(id, |job, _| job.tries = if moved >= NOTEWORTHY { 1 } else { job.tries + 1 });
        let tries = self.queue.job(id).map_or(0, |job| job.tries);
        if tries >= most {
            return self.end(id, JobEnd::Failed(error));
        }
        let until = self.now.after(self.jitter.wait(tries));
        self.wait(id, Some(until), error);
    }

    fn wait(&mut self, id: JobId, until: Option<Time>, error: Error) {
        self.queue.change(id, |job, state| {
            *state = match until {
                _ if job.paused => State::Paused,
                Some(at) => State::Delayed(at),
                None => State::Ready,
            };
        });
        let until = until.filter(|_| !self.queue.job(id).is_some_and(|job| job.paused));
        self.tell(PoolEvent::Job(id, JobEvent::Waiting { until, error }));
    }

    fn restart(&mut self, id: JobId, error: Error) {
        self.queue.change(id, |job, state| {
            job.no_resume = true;
            job.offset = Offset::At(0);
            *state = if job.paused { State::Paused } else { State::Ready };
        });
        self.tell(PoolEvent::Job(id, JobEvent::Restarting(error)));
    }

    /// A job that was broken off has stopped.
    fn left(&mut self, id: JobId, leave: Leave) {
        match leave {
            Leave::Cancel => self.end(id, JobEnd::Cancelled),
            Leave::Queue | Leave::No => self.back(id),
        }
    }

    /// Back to the queue, through no fault of its own.
    pub(super) fn back(&mut self, id: JobId) {
        if self.queue.state(id) == Some(State::Running(Leave::Cancel)) {
            return self.end(id, JobEnd::Cancelled);
        }
        self.queue.change(id, |job, state| {
            *state = if job.paused { State::Paused } else { State::Ready };
        });
    }

    /// An upload that the server never began: what was pumped into a connection went nowhere, and what the server has is the file
    /// of before.
    fn unsay(&mut self, id: JobId, from: u64) {
        let upload = |job: &Job| job.direction == Direction::Upload;
        if self.queue.job(id).is_some_and(upload) {
            self.queue.change(id, |job, _| {
                job.offset = if from == 0 { Offset::At(0) } else { Offset::AskServer { sent: from } };
            });
        }
    }
}

/// Whether an error says that a transfer cannot go on from its middle: a refusal of REST or of what follows it (rule T4), or a file
/// that is smaller than its part.
fn refuses_resume(error: &Error) -> bool {
    match error.kind {
        ErrorKind::Refused | ErrorKind::Incomplete => true,
        ErrorKind::Transient => error.reply.as_deref().is_some_and(|reply| !reply.starts_with("42")),
        _ => false,
    }
}

/// Whether the server refused before it touched the file: 425 (no data connection) and 450 (file busy).
fn not_begun(error: &Error) -> bool {
    error.reply.as_deref().is_some_and(|reply| reply.starts_with("425") || reply.starts_with("450"))
}
