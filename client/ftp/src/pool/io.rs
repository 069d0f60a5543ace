//! The pool's contract with its driver: what goes in, what comes out.

use crate::error::Error;
use crate::event::Event;
use crate::io::{JobId, Time};
use crate::quirks::Quirks;
use crate::request::{Request, RequestId};

use super::job::{Job, JobEvent, Priority};

/// One session of the pool, named by the pool; never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SlotId(pub u32);

/// What a driver tells the pool.
#[derive(Debug)]
pub enum PoolInput {
    /// Connect for browsing. Also the way out of [`PoolEvent::Halted`]: what was learned of limits is forgotten.
    Connect,
    /// Close every session, and open none until [`PoolInput::Connect`]. Jobs stay in the queue.
    Disconnect,
    /// Somebody browses. Requests run one after the other on the browsing session; each ends in exactly one [`Event::Done`] or
    /// [`Event::Failed`] under the same number. Transfers are jobs, not requests: they are refused here.
    Ask(RequestId, Request),
    /// A request is no longer wanted.
    CancelAsk(RequestId),
    /// Jobs for the end of the queue: new ones, or those that were saved. A job whose number is in use is ignored.
    Add(Vec<Job>),
    /// A job is no longer wanted.
    Cancel(JobId),
    /// A job waits (`true`) or may go on. One that runs is broken off and keeps what it has.
    Pause(JobId, bool),
    /// The whole queue waits (`true`) or may go on.
    PauseAll(bool),
    /// Uploads may go on after [`PoolEvent::UploadsStopped`].
    AllowUploads,
    /// Another priority.
    Prioritise(JobId, Priority),
    /// Another place: before this job, taking over its priority, or last among its own.
    Move(JobId, Option<JobId>),
    /// Most transfers at a time, from 1 to [`super::MOST_TRANSFERS`].
    Limit(usize),
    /// The sink of a running download has so many bytes of the file safely. To be said before the events that end the transfer.
    Safe(JobId, u64),
    /// All events of one drain of a slot's session, in their order. Those of slots that were closed are ignored.
    Events(SlotId, Vec<Event>),
    /// The network or the relay is back: what waits for a next try is tried now, and a pool that has halted because no connection
    /// could be had goes on.
    Reachable,
    /// Only time has passed.
    Tick,
}

/// What the pool tells its driver.
#[derive(Debug)]
#[must_use = "an output that is not done stalls the pool"]
pub enum PoolOutput {
    /// Make a session, with [`super::Pool::quirks`] as its site's. [`PoolOutput::Ask`] with [`Request::Connect`] follows.
    Open(SlotId),
    /// Give the slot's session this request.
    Ask(SlotId, RequestId, Request),
    /// The slot's session is to cancel this request.
    Cancel(SlotId, RequestId),
    /// Be done with the slot's session: QUIT if nothing runs, else break it off. The driver reports nothing more of it. If
    /// the session has ended by itself with the same drain, there is nothing left to do.
    Close(SlotId),
    /// Tell whoever is interested.
    Event(PoolEvent),
    /// Nothing more to do until an input comes or this time has come. Always the last of a drain.
    Wait(Option<Time>),
}

/// What a pool tells its user. Past tense.
#[derive(Clone, PartialEq, Debug)]
pub enum PoolEvent {
    /// An event of one session that belongs to no request: log, login, question (the driver answers to that slot), end.
    Session(SlotId, Event),
    /// An event of a request, under the number that its asker chose.
    Request(Event),
    /// An event of a job.
    Job(JobId, JobEvent),
    /// A connection could not be made.
    ConnectFailed {
        /// Why.
        error: Error,
        /// When the next try is made; `None` where none is.
        until: Option<Time>,
    },
    /// The server lets us have only so many connections, for browsing and transfers together; fewer are used from now on.
    Limited(usize),
    /// What is known of the server has changed, the limit of [`PoolEvent::Limited`] included: to be stored with the site, and given back with
    /// [`super::Pool::set_quirks`].
    Learned(Quirks),
    /// The server's disk or the quota is full: no upload starts until [`PoolInput::AllowUploads`].
    UploadsStopped(Error),
    /// Nothing is tried any more until [`PoolInput::Connect`]: a person has to look. Jobs stay in the queue. Where the cause was
    /// that no connection could be had, [`PoolInput::Reachable`] will do as well.
    Halted(Error),
    /// The browsing session was idle for as long as it may be, and was closed. The next request opens another.
    ClosedIdle,
}
