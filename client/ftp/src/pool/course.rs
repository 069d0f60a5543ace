//! What the sessions say, and what follows from it for the pool as a whole.

use crate::error::{Error, ErrorKind, Stage};
use crate::event::{Event, Outcome};
use crate::io::JobId;
use crate::quirks::Quirks;
use crate::request::{Request, RequestId};

use super::class::{self, Class};
use super::io::{PoolEvent, PoolOutput, SlotId};
use super::job::JobEvent;
use super::slot::{Role, Work};
use super::{CONNECT_TRIES, EXTRA_TRIES, Pool};

impl Pool {
    pub(super) fn events(&mut self, id: SlotId, events: Vec<Event>) {
        let Some(index) = self.index(id) else { return };
        let at_work = self.slots[index].work.is_some_and(|(_, work)| work != Work::KeepAlive);
        for event in events {
            let Some(index) = self.index(id) else { return };
            match event {
                Event::Disconnected(error) => self.disconnected(index, error, at_work),
                Event::Learned(quirks) => self.learned(index, quirks),
                event => self.event(index, event),
            }
        }
    }

    fn event(&mut self, index: usize, event: Event) {
        let slot = &self.slots[index];
        let id = slot.id;
        let Some(request) = request_of(&event) else { return self.tell(PoolEvent::Session(id, event)) };
        let Some(work) = slot.does(request) else { return };
        match (event, work) {
            (Event::Done { outcome, .. }, work) => self.done(index, work, outcome),
            (Event::Failed { error, .. }, work) => self.failed(index, work, error),
            (Event::Progressed { done, total, .. }, Work::File { job, .. }) => {
                self.progressed(job, done, total)
            }
            (event, Work::User(user)) => {
                if let Some(ask) = &mut self.asked {
                    ask.spent |= matches!(event, Event::Listed { .. });
                }
                self.tell(PoolEvent::Request(renumbered(event, user)));
            }
            _ => {}
        }
    }

    /// A session has learned something; the limit is the pool's own matter.
    fn learned(&mut self, index: usize, now: Quirks) {
        let before = std::mem::replace(&mut self.slots[index].quirks, now.clone());
        let mut all = self.quirks.clone();
        all.take_over(&before, &Quirks { limit: before.limit, ..now });
        self.know(all);
    }

    /// So many connections are granted; `None`: it is not known any more.
    pub(super) fn granted(&mut self, limit: Option<usize>) {
        let limit = limit.map(|limit| u16::try_from(limit).unwrap_or(u16::MAX));
        self.know(Quirks { limit, ..self.quirks.clone() });
    }

    fn know(&mut self, quirks: Quirks) {
        if self.quirks != quirks {
            self.quirks = quirks.clone();
            self.tell(PoolEvent::Learned(quirks));
        }
    }

    fn progressed(&mut self, job: JobId, done: u64, total: Option<u64>) {
        self.queue.reach(job, done);
        self.tell(PoolEvent::Job(job, JobEvent::Progressed { done, total }));
    }

    fn done(&mut self, index: usize, work: Work, outcome: Outcome) {
        self.rest(index);
        if !matches!(work, Work::Connect | Work::KeepAlive) {
            self.failures = 0;
        }
        match work {
            Work::Connect => {
                self.slots[index].ready = true;
                self.extra_failures = 0;
            }
            Work::KeepAlive => {}
            Work::User(id) => {
                self.asked = None;
                self.user_since = self.now;
                self.data_proven |= matches!(outcome, Outcome::Listing { .. });
                self.tell(PoolEvent::Request(Event::Done { request: id, outcome }));
            }
            Work::Size(job) => {
                let size = if let Outcome::Size(size) = outcome { Some(size) } else { None };
                self.sized(index, job, size);
            }
            Work::File { job, .. } => self.arrived(index, job, &outcome),
        }
    }

    fn failed(&mut self, index: usize, work: Work, error: Error) {
        self.rest(index);
        match work {
            Work::Connect => self.not_connected(index, error),
            Work::KeepAlive => {}
            Work::User(id) => self.ask_failed(id, error),
            Work::Size(job) if class::transfer(&error) == Class::Item => self.sized(index, job, None),
            Work::Size(job) => self.job_failed(index, job, None, error),
            Work::File { job, from } => self.job_failed(index, job, Some(from), error),
        }
    }

    /// A request that only reads, and of whose answer nothing was passed on, is sent once more if the connection turns out to be
    /// dead: a server that closes idle sessions is found out by the next click.
    fn ask_failed(&mut self, id: RequestId, error: Error) {
        let Some(mut ask) = self.asked.take() else { return };
        let reads = matches!(ask.request, Request::List(_) | Request::Size(_) | Request::ModificationTime(_));
        let dead = error.kind == ErrorKind::Lost || class::is_limit(&error);
        if reads && dead && !ask.replayed && !ask.spent {
            ask.replayed = true;
            return self.asks.push_front(ask);
        }
        self.user_since = self.now;
        self.tell(PoolEvent::Request(Event::Failed { request: id, error }));
    }

    /// A session is over.
    fn disconnected(&mut self, index: usize, error: Option<Error>, at_work: bool) {
        let id = self.slots[index].id;
        let cause = error
            .clone()
            .unwrap_or_else(|| Error::new(Stage::Connection, ErrorKind::Lost, "The session has ended"));
        if let Some((_, work)) = self.slots[index].work {
            self.failed(index, work, cause.clone());
        }
        self.tell(PoolEvent::Session(id, Event::Disconnected(error)));
        let Some(index) = self.index(id) else { return };
        let slot = self.slots.remove(index);
        if let Some((job, _)) = slot.then {
            self.back(job);
        }
        let replay = slot.role == Role::Browse && self.asks.front().is_some_and(|ask| ask.replayed);
        if slot.role == Role::Browse {
            self.browsing = false;
        }
        let others = self.slots.len();
        if class::is_limit(&cause) && others > 0 {
            self.shrink(others);
        } else if at_work && !replay && self.connect_after <= self.now {
            // Sessions that end together are one failure.
            self.failures += 1;
            if self.failures >= CONNECT_TRIES && self.slots.is_empty() {
                self.halt(cause);
                self.unreachable = true;
                return;
            }
            self.connect_after = self.now.after(self.jitter.wait(self.failures));
        }
    }

    /// A login failed.
    fn not_connected(&mut self, index: usize, error: Error) {
        let slot = self.slots.remove(index);
        self.outputs.push_back(PoolOutput::Close(slot.id));
        let class = class::session(&error);
        // Logins are made one at a time, so all of these stand.
        let others = self.slots.len();
        if others > 0 {
            self.extra_failures += 1;
            let enough = class != Class::Again || self.extra_failures >= EXTRA_TRIES;
            let until = (!enough).then(|| self.now.after(self.jitter.wait(self.extra_failures)));
            self.connect_after = until.unwrap_or(self.connect_after);
            self.tell(PoolEvent::ConnectFailed { error, until });
            if enough {
                self.extra_failures = 0;
                self.shrink(others);
            }
            return;
        }
        self.failures += 1;
        if class == Class::Stop || self.failures >= CONNECT_TRIES {
            self.tell(PoolEvent::ConnectFailed { error: error.clone(), until: None });
            self.halt(error);
            self.unreachable = class != Class::Stop;
            return;
        }
        let until = self.now.after(self.jitter.wait(self.failures));
        self.connect_after = until;
        self.refuse_asks(&error);
        self.tell(PoolEvent::ConnectFailed { error, until: Some(until) });
    }

    /// The server grants no more than these connections. Says whether that is news.
    pub(super) fn shrink(&mut self, most: usize) -> bool {
        let most = most.max(1);
        let news = most < self.most;
        if news {
            self.most = most;
            self.tell(PoolEvent::Limited(most));
            self.granted(Some(most));
        }
        news
    }

    /// Nothing more without a person.
    pub(super) fn halt(&mut self, error: Error) {
        self.stop(&error);
        self.tell(PoolEvent::Halted(error));
    }

    /// Closes all sessions; jobs go back to the queue, requests fail.
    pub(super) fn stop(&mut self, error: &Error) {
        self.halted = true;
        self.unreachable = false;
        self.browsing = false;
        for slot in std::mem::take(&mut self.slots) {
            self.outputs.push_back(PoolOutput::Close(slot.id));
            let working = slot.work.and_then(|(_, work)| work.job());
            if let Some(job) = working.or(slot.then.map(|(job, _)| job)) {
                self.back(job);
            }
        }
        if let Some(ask) = self.asked.take() {
            self.tell(PoolEvent::Request(Event::Failed { request: ask.id, error: error.clone() }));
        }
        self.refuse_asks(error);
    }

    fn refuse_asks(&mut self, error: &Error) {
        for ask in std::mem::take(&mut self.asks) {
            self.tell(PoolEvent::Request(Event::Failed { request: ask.id, error: error.clone() }));
        }
    }

    pub(super) fn index(&self, id: SlotId) -> Option<usize> {
        self.slots.iter().position(|slot| slot.id == id)
    }
}

/// Whose event it is; `None` for those of the session as a whole.
fn request_of(event: &Event) -> Option<RequestId> {
    match event {
        Event::Listed { request, .. }
        | Event::Progressed { request, .. }
        | Event::Walked { request, .. }
        | Event::Examined { request, .. }
        | Event::LeftOut { request, .. }
        | Event::Done { request, .. }
        | Event::Failed { request, .. } => Some(*request),
        _ => None,
    }
}

/// The same event under the user's number.
fn renumbered(mut event: Event, user: RequestId) -> Event {
    match &mut event {
        Event::Listed { request, .. }
        | Event::Progressed { request, .. }
        | Event::Walked { request, .. }
        | Event::Examined { request, .. }
        | Event::LeftOut { request, .. }
        | Event::Done { request, .. }
        | Event::Failed { request, .. } => *request = user,
        _ => {}
    }
    event
}
