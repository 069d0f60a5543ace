//! A driver without sessions. It checks what every driver may rely on: nothing is asked of a session that works or is closed, a
//! login comes first, each job and each request ends once.

use std::collections::{BTreeMap, BTreeSet};

use towpath_ftp::pool::{Job, JobEnd, JobEvent, Pool, PoolEvent, PoolInput, PoolOutput, SlotId};
use towpath_ftp::{
    Direction, Error, ErrorKind, Event, JobId, Outcome, RemotePath, Request, RequestId, ServerInfo, Stage,
    Time,
};

/// A session as its driver sees it.
#[derive(Default, Debug)]
pub(crate) struct Seat {
    pub(crate) work: Option<(RequestId, Request)>,
    pub(crate) cancelled: bool,
    pub(crate) logged_in: bool,
}

pub(crate) struct Model {
    pub(crate) pool: Pool,
    pub(crate) now: Time,
    pub(crate) seats: BTreeMap<SlotId, Seat>,
    pub(crate) events: Vec<PoolEvent>,
    pub(crate) ended: BTreeMap<JobId, JobEnd>,
    pub(crate) answered: BTreeSet<RequestId>,
    pub(crate) opened: usize,
    pub(crate) most_open: usize,
    pub(crate) wait: Option<Time>,
    /// The session that died with the events of this drain: it may be closed all the same.
    dead: Option<SlotId>,
}

impl Model {
    pub(crate) fn new() -> Model {
        Model {
            pool: Pool::new(1),
            now: Time(1_000),
            seats: BTreeMap::new(),
            events: Vec::new(),
            ended: BTreeMap::new(),
            answered: BTreeSet::new(),
            opened: 0,
            most_open: 0,
            wait: None,
            dead: None,
        }
    }

    /// One input and its drain.
    pub(crate) fn give(&mut self, input: PoolInput) {
        self.pool.handle(self.now, input);
        loop {
            match self.pool.poll() {
                PoolOutput::Open(slot) => {
                    assert!(self.seats.insert(slot, Seat::default()).is_none(), "{slot:?} is named twice");
                    self.opened += 1;
                }
                PoolOutput::Ask(slot, id, request) => {
                    let seat = self.seats.get_mut(&slot).expect("a request for a closed session");
                    assert!(seat.work.is_none(), "{slot:?} works: {:?}", seat.work);
                    assert_eq!(seat.logged_in, request != Request::Connect, "{request:?}");
                    seat.work = Some((id, request));
                }
                PoolOutput::Cancel(slot, id) => {
                    let seat = self.seats.get_mut(&slot).expect("a cancel for a closed session");
                    assert_eq!(seat.work.as_ref().map(|(id, _)| *id), Some(id));
                    assert!(!seat.cancelled, "cancelled twice");
                    seat.cancelled = true;
                }
                PoolOutput::Close(slot) => {
                    let open = self.seats.remove(&slot).is_some() || self.dead.take() == Some(slot);
                    assert!(open, "{slot:?} closed twice");
                }
                PoolOutput::Event(event) => self.event(event),
                PoolOutput::Wait(until) => {
                    assert!(until.is_none_or(|until| until > self.now), "a wait for the past");
                    self.wait = until;
                    break;
                }
            }
        }
        assert_eq!(self.seats.len(), self.pool.open_slots());
        self.most_open = self.most_open.max(self.seats.len());
    }

    fn event(&mut self, event: PoolEvent) {
        match &event {
            PoolEvent::Job(job, JobEvent::Ended(end)) => {
                assert!(self.ended.insert(*job, end.clone()).is_none(), "{job:?} ended twice");
            }
            PoolEvent::Request(Event::Done { request, .. } | Event::Failed { request, .. }) => {
                assert!(self.answered.insert(*request), "{request:?} answered twice");
            }
            _ => {}
        }
        self.events.push(event);
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        self.now = self.now.after(milliseconds);
        self.give(PoolInput::Tick);
    }

    /// Time passes until the pool wants something.
    pub(crate) fn pass_until_wanted(&mut self) {
        self.now = self.wait.expect("nothing is awaited");
        self.give(PoolInput::Tick);
    }

    /// The session that has this request.
    pub(crate) fn seat(&self, which: impl Fn(&Request) -> bool) -> SlotId {
        self.find(which).expect("no session has such a request")
    }

    pub(crate) fn find(&self, which: impl Fn(&Request) -> bool) -> Option<SlotId> {
        let has = |seat: &Seat| seat.work.as_ref().is_some_and(|(_, request)| which(request));
        self.seats.iter().find(|(_, seat)| has(seat)).map(|(slot, _)| *slot)
    }

    pub(crate) fn connecting(&self) -> Option<SlotId> {
        self.find(|request| *request == Request::Connect)
    }

    /// The jobs whose files move, in the order of their sessions.
    pub(crate) fn running(&self) -> Vec<u32> {
        let job = |seat: &Seat| seat.work.as_ref().and_then(|(_, request)| job_of(request));
        self.seats.values().filter_map(job).map(|job| job.0).collect()
    }

    pub(crate) fn of_job(&self, job: u32) -> SlotId {
        self.seat(|request| job_of(request) == Some(JobId(job)))
    }

    fn take(&mut self, slot: SlotId) -> (RequestId, Request) {
        let seat = self.seats.get_mut(&slot).expect("the session is closed");
        seat.cancelled = false;
        seat.work.take().expect("the session has nothing to do")
    }

    /// Its request ends well.
    pub(crate) fn succeed(&mut self, slot: SlotId, outcome: Outcome) {
        let (request, asked) = self.take(slot);
        let mut events = Vec::new();
        if asked == Request::Connect {
            self.seats.get_mut(&slot).unwrap().logged_in = true;
            events.push(Event::LoggedIn(ServerInfo::default()));
        }
        events.push(Event::Done { request, outcome });
        self.give(PoolInput::Events(slot, events));
    }

    /// Its request fails; the session lives.
    pub(crate) fn fail(&mut self, slot: SlotId, error: Error) {
        let (request, _) = self.take(slot);
        self.give(PoolInput::Events(slot, vec![Event::Failed { request, error }]));
    }

    /// The session dies, and its request with it.
    pub(crate) fn die(&mut self, slot: SlotId, error: Error) {
        let seat = self.seats.remove(&slot).expect("the session is closed");
        let failed = seat.work.map(|(request, _)| Event::Failed { request, error: error.clone() });
        let events = failed.into_iter().chain([Event::Disconnected(Some(error))]).collect();
        self.dead = Some(slot);
        self.give(PoolInput::Events(slot, events));
        self.dead = None;
    }

    /// Its request ends well, and the session with it, in one drain.
    pub(crate) fn succeed_and_die(&mut self, slot: SlotId, outcome: Outcome, error: Error) {
        let (request, _) = self.take(slot);
        self.seats.remove(&slot);
        self.dead = Some(slot);
        let events = vec![Event::Done { request, outcome }, Event::Disconnected(Some(error))];
        self.give(PoolInput::Events(slot, events));
        self.dead = None;
    }

    /// Logs in whatever asks for it, until nothing does.
    pub(crate) fn log_in(&mut self) {
        while let Some(slot) = self.connecting() {
            self.succeed(slot, Outcome::Ok);
        }
    }

    pub(crate) fn progress(&mut self, slot: SlotId, done: u64) {
        let (request, _) =
            *self.seats[&slot].work.as_ref().map(|(id, request)| (*id, request)).as_ref().unwrap();
        self.give(PoolInput::Events(slot, vec![Event::Progressed { request, done, total: None }]));
    }

    /// Jobs of so many bytes, numbered from 1.
    pub(crate) fn add(&mut self, jobs: u32, direction: Direction, size: u64) {
        self.give(PoolInput::Add((1..=jobs).map(|id| job(id, direction, size)).collect()));
    }
}

pub(crate) fn job_of(request: &Request) -> Option<JobId> {
    match request {
        Request::Download { job, .. } | Request::Upload { job, .. } => Some(*job),
        _ => None,
    }
}

pub(crate) fn offset_of(request: &Request) -> Option<u64> {
    match request {
        Request::Download { offset, .. } | Request::Upload { offset, .. } => Some(*offset),
        _ => None,
    }
}

pub(crate) fn job(id: u32, direction: Direction, size: u64) -> Job {
    Job::new(JobId(id), direction, RemotePath::new(format!("/f{id}")).unwrap(), Some(size))
}

pub(crate) fn moved(bytes: u64) -> Outcome {
    Outcome::Transferred(towpath_ftp::Transferred::of(bytes))
}

pub(crate) fn lost() -> Error {
    Error::new(Stage::Connection, ErrorKind::Lost, "The connection was lost")
}

pub(crate) fn error(stage: Stage, kind: ErrorKind) -> Error {
    Error::new(stage, kind, "It failed")
}

pub(crate) fn too_many() -> Error {
    Error::new(Stage::Login, ErrorKind::Limit, "Too many").with_reply("421 Too many connections")
}

pub(crate) fn list() -> Request {
    Request::List(None)
}
