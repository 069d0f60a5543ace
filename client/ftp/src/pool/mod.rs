//! Several sessions with one site: one for browsing, others for files. Sans-IO like [`crate::Session`], and one floor above it: the pool owns no
//! session, but tells its driver which to open, what to ask it, and when to close it.
//!
//! # The contract
//!
//! 1. [`Pool::handle`] with one [`PoolInput`] and the present [`Time`]: exactly one mutation.
//! 2. [`Pool::poll`] until it returns [`PoolOutput::Wait`], and do each output in order.
//! 3. Sleep until that time or until something happens, such as events of a slot's session, all of one drain at once.
//!
//! # Rules
//!
//! - Browsing never waits for a file, as long as the server grants two connections. If it grants one, both share it, and browsing goes
//!   first between files.
//! - One login at a time: an extra connection that is refused tells the limit exactly, a certificate is asked about once, and
//!   a wrong password is tried once (rule L11).
//! - A refused extra connection fails nothing: fewer are used from then on, and the job goes back to the queue. A login that is refused
//!   for its password while another session is in with the same password is such a refusal, in the words of a server that
//!   has no better ones.
//! - A job that broke off goes back to where it was, at the last byte that its sink has safely; an upload's place is the server's to say.
//! - Without a session, connecting is tried [`CONNECT_TRIES`] times (rule K5), then a person has to look; jobs stay.

mod backoff;
mod class;
mod course;
mod io;
mod job;
mod keepalive;
mod outcome;
mod queue;
mod schedule;
mod slot;

use std::collections::VecDeque;

pub use backoff::{LONGEST_WAIT, SHORTEST_WAIT};
pub use io::{PoolEvent, PoolInput, PoolOutput, SlotId};
pub use job::{Job, JobEnd, JobEvent, Offset, Priority};
pub use keepalive::{IDLE_CAP, KEEP_ALIVE, KEEP_ALIVE_SPREAD, TRANSFER_IDLE};
pub use queue::MOST_JOBS;

use crate::error::{Error, ErrorKind, Stage};
use crate::event::Event;
use crate::io::{JobId, Time};
use crate::quirks::Quirks;
use crate::request::{Request, RequestId};

use backoff::Jitter;
use queue::{Leave, Queue, State};
use slot::{Slot, Work};

/// Transfers at a time, if nobody says otherwise.
pub const DEFAULT_TRANSFERS: usize = 3;

/// Most transfers at a time that can be asked for.
pub const MOST_TRANSFERS: usize = 10;

/// Transfers at a time while files are small: then the round trips of each file count more than the line's speed. Not for who has lowered
/// the limit below [`DEFAULT_TRANSFERS`].
pub const SMALL_TRANSFERS: usize = 8;

/// A file below this size in bytes is small.
pub const SMALL: u64 = 1 << 20;

/// Times that a job is tried before it is given up.
pub const JOB_TRIES: u32 = 6;

/// The same while no data connection to this site has ever worked: then the network is at fault, not the moment (rule D11).
pub const UNPROVEN_TRIES: u32 = 3;

/// A job that moved so many bytes begins to count its tries anew.
pub const NOTEWORTHY: u64 = 1 << 20;

/// Times that connecting is tried in a row before the pool halts.
pub const CONNECT_TRIES: u32 = 10;

/// Times that an extra connection is tried beside others that stand, before their number is taken for the limit.
pub const EXTRA_TRIES: u32 = 3;

/// Requests that may wait for the browsing session.
pub const MOST_ASKS: usize = 1_000;

/// A request of the user's.
struct Ask {
    id: RequestId,
    request: Request,
    /// It was sent once and the connection was found dead.
    replayed: bool,
    /// Something of its answer was passed on, or it was cancelled: no second try.
    spent: bool,
}

/// The sessions with one site and the work for them.
pub struct Pool {
    now: Time,
    jitter: Jitter,
    queue: Queue,
    slots: Vec<Slot>,
    /// Requests that wait for the browsing session, and the one that it has.
    asks: VecDeque<Ask>,
    asked: Option<Ask>,
    outputs: VecDeque<PoolOutput>,
    next_slot: u32,
    next_request: u32,
    /// Transfers at a time, as the user wants it.
    limit: usize,
    /// Connections in all, as the server has taught it.
    most: usize,
    /// What all sessions have learned of the server.
    quirks: Quirks,
    /// Nobody has asked to connect so far: what was given with the quirks still counts.
    fresh: bool,
    /// The browsing session is to stand even if nobody asks.
    browsing: bool,
    paused: bool,
    uploads: bool,
    halted: bool,
    /// It halted only because no connection could be had.
    unreachable: bool,
    failures: u32,
    extra_failures: u32,
    connect_after: Time,
    /// When the user last did something.
    user_since: Time,
    idle_cap: u64,
    data_proven: bool,
}

impl Pool {
    /// A pool without sessions or jobs. The seed is any number that differs from page to page.
    #[must_use]
    pub fn new(seed: u64) -> Pool {
        Pool {
            now: Time::default(),
            jitter: Jitter::new(seed),
            queue: Queue::default(),
            slots: Vec::new(),
            asks: VecDeque::new(),
            asked: None,
            outputs: VecDeque::new(),
            next_slot: 0,
            next_request: 0,
            limit: DEFAULT_TRANSFERS,
            most: usize::MAX,
            quirks: Quirks::default(),
            fresh: true,
            browsing: false,
            paused: false,
            uploads: true,
            halted: false,
            unreachable: false,
            failures: 0,
            extra_failures: 0,
            connect_after: Time::default(),
            user_since: Time::default(),
            idle_cap: IDLE_CAP,
            data_proven: false,
        }
    }

    /// What earlier pools learned about the server; before the first input. With a limit among it, no more connections are tried than
    /// that, until [`PoolInput::Connect`] comes for the second time: a person who connects anew may have been granted more.
    pub fn set_quirks(&mut self, quirks: Quirks) {
        self.most = quirks.limit.map_or(usize::MAX, |limit| usize::from(limit).max(1));
        self.quirks = quirks;
    }

    /// What is known of the server by now, from all sessions: to be given to each new one as [`crate::Site::quirks`] at
    /// [`PoolOutput::Open`], and stored with the site. [`PoolEvent::Learned`] tells each change.
    #[must_use]
    pub fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    /// How long the browsing session is kept alive for a user who does nothing, in milliseconds; [`IDLE_CAP`] by default, not less
    /// than [`TRANSFER_IDLE`].
    pub fn set_idle_cap(&mut self, milliseconds: u64) {
        self.idle_cap = milliseconds.max(TRANSFER_IDLE);
    }

    /// All jobs, in the order in which they would start, those that run included: to be saved, and given back to another
    /// pool with [`PoolInput::Add`].
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        self.queue.jobs()
    }

    /// Number of sessions that are open or being opened.
    #[must_use]
    pub fn open_slots(&self) -> usize {
        self.slots.len()
    }

    /// Takes one input: exactly one mutation. Drain [`Pool::poll`] afterwards.
    pub fn handle(&mut self, now: Time, input: PoolInput) {
        self.now = self.now.max(now);
        match input {
            PoolInput::Connect => self.connect(),
            PoolInput::Disconnect => self.disconnect(),
            PoolInput::Ask(id, request) => self.ask(id, request),
            PoolInput::CancelAsk(id) => self.cancel_ask(id),
            PoolInput::Add(jobs) => self.add(jobs),
            PoolInput::Cancel(job) => self.cancel(job),
            PoolInput::Pause(job, paused) => self.pause(job, paused),
            PoolInput::PauseAll(paused) => self.pause_all(paused),
            PoolInput::AllowUploads => self.uploads = true,
            PoolInput::Prioritise(job, priority) => self.queue.change(job, |job, _| job.priority = priority),
            PoolInput::Move(job, before) => self.queue.reorder(job, before),
            PoolInput::Limit(limit) => self.limit = limit.clamp(1, MOST_TRANSFERS),
            PoolInput::Safe(job, offset) => self.queue.safe(job, offset),
            PoolInput::Events(slot, events) => self.events(slot, events),
            PoolInput::Reachable => self.reachable(),
            PoolInput::Tick => {}
        }
        self.schedule();
    }

    /// What is to be done next; [`PoolOutput::Wait`] is the last of a drain.
    pub fn poll(&mut self) -> PoolOutput {
        match self.outputs.pop_front() {
            Some(output) => output,
            None => PoolOutput::Wait(self.deadline()),
        }
    }

    fn connect(&mut self) {
        self.halted = false;
        self.unreachable = false;
        self.browsing = true;
        if !std::mem::replace(&mut self.fresh, false) {
            self.most = usize::MAX;
            self.granted(None);
        }
        self.failures = 0;
        self.extra_failures = 0;
        self.connect_after = self.now;
        self.user_since = self.now;
    }

    fn reachable(&mut self) {
        if self.unreachable {
            self.halted = false;
            self.unreachable = false;
        }
        self.failures = 0;
        self.connect_after = self.now;
        self.queue.wake(Time(u64::MAX));
    }

    fn disconnect(&mut self) {
        self.stop(&Error::new(Stage::Server, ErrorKind::Cancelled, "Cancelled"));
    }

    fn ask(&mut self, id: RequestId, request: Request) {
        let error = match request {
            Request::Download { .. } | Request::Upload { .. } | Request::Connect | Request::Disconnect => {
                Some(Error::new(Stage::Server, ErrorKind::Argument, "This is no request for browsing"))
            }
            _ if self.halted => Some(
                Error::new(
                    Stage::Connection,
                    ErrorKind::NotConnected,
                    "There is no connection to the server",
                )
                .with_advice("Connect first"),
            ),
            _ if self.asks.len() >= MOST_ASKS => {
                Some(Error::new(Stage::Server, ErrorKind::Transient, "Too many requests wait already"))
            }
            _ => None,
        };
        self.user_since = self.now;
        match error {
            Some(error) => self.tell(PoolEvent::Request(Event::Failed { request: id, error })),
            None => self.asks.push_back(Ask { id, request, replayed: false, spent: false }),
        }
    }

    fn cancel_ask(&mut self, id: RequestId) {
        if let Some(at) = self.asks.iter().position(|ask| ask.id == id) {
            self.asks.remove(at);
            let error = Error::new(Stage::Server, ErrorKind::Cancelled, "Cancelled");
            return self.tell(PoolEvent::Request(Event::Failed { request: id, error }));
        }
        let Some(ask) = self.asked.as_mut().filter(|ask| ask.id == id && !ask.spent) else { return };
        ask.spent = true;
        self.cancel_work(|work| work == Work::User(id));
    }

    fn add(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            if let Err(id) = self.queue.add(job) {
                let error = Error::new(Stage::File, ErrorKind::Argument, "The queue is full");
                self.tell(PoolEvent::Job(id, JobEvent::Ended(JobEnd::Failed(error))));
            }
        }
    }

    fn cancel(&mut self, job: JobId) {
        match self.queue.state(job) {
            None | Some(State::Running(Leave::Cancel)) => {}
            Some(State::Running(_)) => self.leave(job, Leave::Cancel),
            Some(_) => self.end(job, JobEnd::Cancelled),
        }
    }

    fn pause(&mut self, job: JobId, paused: bool) {
        self.queue.change(job, |job, state| {
            job.paused = paused;
            match (*state, paused) {
                (State::Ready | State::Delayed(_), true) => *state = State::Paused,
                (State::Paused, false) => *state = State::Ready,
                _ => {}
            }
        });
        if paused && self.queue.state(job) == Some(State::Running(Leave::No)) {
            self.leave(job, Leave::Queue);
        }
    }

    fn pause_all(&mut self, paused: bool) {
        self.paused = paused;
        if paused {
            let running: Vec<JobId> =
                self.slots.iter().filter_map(|slot| slot.work).filter_map(|(_, work)| work.job()).collect();
            for job in running {
                if self.queue.state(job) == Some(State::Running(Leave::No)) {
                    self.leave(job, Leave::Queue);
                }
            }
        }
    }

    /// Breaks a running job off; its slot says when it has ended.
    fn leave(&mut self, job: JobId, leave: Leave) {
        let first = self.queue.state(job) == Some(State::Running(Leave::No));
        self.queue.change(job, |_, state| *state = State::Running(leave));
        if first {
            self.cancel_work(|work| work.job() == Some(job));
        }
    }

    fn cancel_work(&mut self, which: impl Fn(Work) -> bool) {
        let found = self.slots.iter().find_map(|slot| {
            slot.work.filter(|(_, work)| which(*work)).map(|(request, _)| (slot.id, request))
        });
        if let Some((slot, request)) = found {
            self.outputs.push_back(PoolOutput::Cancel(slot, request));
        }
    }

    fn end(&mut self, job: JobId, end: JobEnd) {
        if self.queue.remove(job).is_some() {
            self.tell(PoolEvent::Job(job, JobEvent::Ended(end)));
        }
    }

    fn tell(&mut self, event: PoolEvent) {
        self.outputs.push_back(PoolOutput::Event(event));
    }
}
