//! The jobs in their order. Everything but moving a job costs a logarithm: queues of 100,000 files are common.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::io::{Direction, JobId, Time};

use super::job::{Job, Offset, Priority};

/// Most jobs that a pool holds; more are not taken.
pub const MOST_JOBS: usize = 1_000_000;

/// What a job is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// May start in its turn.
    Ready,
    /// Failed; may start at this time.
    Delayed(Time),
    /// Waits for a person.
    Paused,
    /// A slot has it.
    Running(Leave),
}

/// What is to become of a running job that is being broken off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Leave {
    /// It runs on.
    No,
    /// Back to the queue.
    Queue,
    /// Out of it.
    Cancel,
}

struct Place {
    job: Job,
    state: State,
    order: i64,
    /// Bytes of the file that this attempt has reached.
    done: u64,
    /// An attempt of this pool has moved some: what is there is its work.
    ours: bool,
}

type Key = (Reverse<Priority>, i64, JobId);

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    places: BTreeMap<JobId, Place>,
    /// Ready jobs; uploads can be stopped by themselves.
    downloads: BTreeSet<Key>,
    uploads: BTreeSet<Key>,
    delayed: BTreeSet<(Time, JobId)>,
    next: i64,
}

impl Queue {
    /// Takes a job at the end; gives it back if there is no room. One whose number is in use is dropped.
    pub(crate) fn add(&mut self, job: Job) -> Result<(), JobId> {
        if self.places.contains_key(&job.id) {
            return Ok(());
        }
        if self.places.len() >= MOST_JOBS {
            return Err(job.id);
        }
        let (id, order) = (job.id, self.next);
        self.next += 1;
        let state = if job.paused { State::Paused } else { State::Ready };
        self.places.insert(id, Place { job, state, order, done: 0, ours: false });
        self.index(id, true);
        Ok(())
    }

    pub(crate) fn remove(&mut self, id: JobId) -> Option<Job> {
        self.index(id, false);
        self.places.remove(&id).map(|place| place.job)
    }

    pub(crate) fn job(&self, id: JobId) -> Option<&Job> {
        self.places.get(&id).map(|place| &place.job)
    }

    pub(crate) fn state(&self, id: JobId) -> Option<State> {
        self.places.get(&id).map(|place| place.state)
    }

    /// Changes a job. Its state and order follow from what the change leaves.
    pub(crate) fn change(&mut self, id: JobId, change: impl FnOnce(&mut Job, &mut State)) {
        self.index(id, false);
        if let Some(place) = self.places.get_mut(&id) {
            change(&mut place.job, &mut place.state);
        }
        self.index(id, true);
    }

    /// A running job's file begins at this byte.
    pub(crate) fn begin(&mut self, id: JobId, from: u64) {
        if let Some(place) = self.places.get_mut(&id) {
            place.done = from;
            if is_download(&place.job) {
                place.job.offset = Offset::At(from);
            }
        }
    }

    /// A running job has come so far. Of an upload nobody knows from now on how much the server has.
    pub(crate) fn reach(&mut self, id: JobId, done: u64) {
        let Some(place) = self.places.get_mut(&id) else { return };
        place.ours |= done > place.done;
        place.done = place.done.max(done);
        if !is_download(&place.job) {
            let before = match place.job.offset {
                Offset::AskServer { sent } => sent,
                Offset::At(_) => 0,
            };
            place.job.offset = Offset::AskServer { sent: before.max(place.done) };
        }
    }

    /// A running download's sink has so many bytes safely.
    pub(crate) fn safe(&mut self, id: JobId, offset: u64) {
        let Some(place) = self.places.get_mut(&id) else { return };
        let plausible = place.job.size.is_none_or(|size| offset <= size);
        if matches!(place.state, State::Running(_)) && is_download(&place.job) && plausible {
            place.job.offset = Offset::At(offset);
        }
    }

    /// The byte that a running job has reached.
    pub(crate) fn reached(&self, id: JobId) -> u64 {
        self.places.get(&id).map_or(0, |place| place.done)
    }

    /// Whether what there is of a job's file is this pool's work.
    pub(crate) fn is_ours(&self, id: JobId) -> bool {
        self.places.get(&id).is_some_and(|place| place.ours)
    }

    /// Puts a job before another, with its priority, or last among its own.
    pub(crate) fn reorder(&mut self, id: JobId, before: Option<JobId>) {
        if before == Some(id) || !self.places.contains_key(&id) {
            return;
        }
        let Some(before) = before else {
            self.index(id, false);
            if let Some(place) = self.places.get_mut(&id) {
                place.order = self.next;
                self.next += 1;
            }
            return self.index(id, true);
        };
        let Some(priority) = self.job(before).map(|job| job.priority) else { return };
        self.change(id, |job, _| job.priority = priority);
        let mut ids = self.in_order();
        ids.retain(|other| *other != id);
        let at = ids.iter().position(|other| *other == before).unwrap_or(ids.len());
        ids.insert(at, id);
        self.next = 0;
        for id in ids {
            self.index(id, false);
            if let Some(place) = self.places.get_mut(&id) {
                place.order = self.next;
                self.next += 1;
            }
            self.index(id, true);
        }
    }

    /// The jobs that may start now, first things first.
    pub(crate) fn ready(&self, uploads: bool) -> impl Iterator<Item = &Job> {
        let mut down = self.downloads.iter().peekable();
        let mut up = uploads.then(|| self.uploads.iter()).into_iter().flatten().peekable();
        std::iter::from_fn(move || {
            let from_up = match (down.peek(), up.peek()) {
                (Some(down), Some(up)) => up < down,
                (None, up) => up.is_some(),
                (Some(_), None) => false,
            };
            if from_up { up.next() } else { down.next() }
        })
        .filter_map(|(_, _, id)| self.job(*id))
    }

    /// Makes those ready whose time has come.
    pub(crate) fn wake(&mut self, now: Time) {
        while let Some((at, id)) = self.delayed.first().copied().filter(|(at, _)| *at <= now) {
            self.change(id, |_, state| *state = State::Ready);
            self.delayed.remove(&(at, id));
        }
    }

    /// When the next job becomes ready.
    pub(crate) fn next_wake(&self, uploads: bool) -> Option<Time> {
        let counts = |id: &JobId| uploads || self.job(*id).is_some_and(is_download);
        self.delayed.iter().find(|(_, id)| counts(id)).map(|(at, _)| *at)
    }

    /// All jobs, in the order in which they would start; those that run as if they waited, so that what is saved now is what
    /// can be gone on with.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        self.in_order().into_iter().filter_map(|id| self.job(id).cloned()).collect()
    }

    fn in_order(&self) -> Vec<JobId> {
        let mut keys: Vec<Key> = self.places.values().map(key).collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, _, id)| id).collect()
    }

    /// Enters a job into the sets that its state asks for, or takes it out.
    fn index(&mut self, id: JobId, enter: bool) {
        let Some(place) = self.places.get(&id) else { return };
        match place.state {
            State::Ready => {
                let set = if is_download(&place.job) { &mut self.downloads } else { &mut self.uploads };
                if enter {
                    set.insert(key(place))
                } else {
                    set.remove(&key(place))
                };
            }
            State::Delayed(at) => {
                if enter {
                    self.delayed.insert((at, id))
                } else {
                    self.delayed.remove(&(at, id))
                };
            }
            State::Paused | State::Running(_) => {}
        }
    }
}

fn key(place: &Place) -> Key {
    (Reverse(place.job.priority), place.order, place.job.id)
}

fn is_download(job: &Job) -> bool {
    job.direction == Direction::Download
}
