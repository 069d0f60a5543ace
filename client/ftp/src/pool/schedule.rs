//! What every session does next. Runs after each input and leaves nothing undone that could be begun.

use crate::io::{Direction, JobId, Time};
use crate::request::{Request, RequestId, TransferOptions};

use super::io::{PoolEvent, PoolOutput, SlotId};
use super::job::{JobEvent, Offset};
use super::queue::{Leave, State};
use super::slot::{Role, Slot, Work};
use super::{DEFAULT_TRANSFERS, Pool, SMALL, SMALL_TRANSFERS};

/// Jobs at the head of the queue that tell whether files are small.
const WINDOW: usize = 16;

impl Pool {
    pub(super) fn schedule(&mut self) {
        self.queue.wake(self.now);
        if !self.halted {
            for index in 0..self.slots.len() {
                if let Some((job, offset)) = self.slots[index].then.take() {
                    self.start_file(index, job, offset);
                }
            }
            self.shed();
            self.browse();
            self.transfer();
            self.open();
        }
        self.keep_alive();
    }

    /// Sessions that are too many since the server or the user wants fewer; and one for browsing, if all of those that are granted
    /// transfer.
    fn shed(&mut self) {
        if self.browser().is_none() && self.transfers() >= self.most {
            let idle = self.slots.iter().position(Slot::is_idle);
            if let Some(slot) = self.slots.get_mut(idle.unwrap_or(0)) {
                slot.role = Role::Browse;
            }
        }
        while self.transfers() > self.most_transfers(true) {
            let idle = |slot: &Slot| slot.role == Role::Transfer && slot.is_idle();
            let Some(index) = self.slots.iter().position(idle) else { return };
            let slot = self.slots.remove(index);
            self.outputs.push_back(PoolOutput::Close(slot.id));
        }
    }

    fn browse(&mut self) {
        let Some(index) = self.browser().filter(|index| self.slots[*index].is_idle()) else { return };
        if let Some(ask) = self.asks.pop_front() {
            self.start(index, Work::User(ask.id), ask.request.clone());
            self.asked = Some(ask);
        } else if self.shared()
            && let Some(job) = self.next_job()
        {
            self.start_job(index, job);
        }
    }

    fn transfer(&mut self) {
        let most = self.most_transfers(false);
        let busy = |slot: &&Slot| slot.role == Role::Transfer && slot.work.is_some();
        while self.slots.iter().filter(busy).count() < most {
            let idle = |slot: &Slot| slot.role == Role::Transfer && slot.is_idle();
            let Some(index) = self.slots.iter().position(idle) else { return };
            let Some(job) = self.next_job() else { return };
            self.start_job(index, job);
        }
    }

    fn open(&mut self) {
        if let Some(role) = self.needed()
            && self.connect_after <= self.now
        {
            let id = SlotId(self.next_slot);
            self.next_slot = self.next_slot.wrapping_add(1);
            self.outputs.push_back(PoolOutput::Open(id));
            self.slots.push(Slot {
                id,
                role,
                work: None,
                then: None,
                ready: false,
                born: self.now,
                idle_since: self.now,
                alive_at: self.now,
                proven: false,
                quirks: self.quirks.clone(),
            });
            self.start(self.slots.len() - 1, Work::Connect, Request::Connect);
        }
    }

    /// What another session would be for, if one is needed and none is being made.
    fn needed(&self) -> Option<Role> {
        if self.halted || self.slots.len() >= self.most || self.slots.iter().any(|slot| !slot.ready) {
            return None;
        }
        let job = self.next_job().is_some();
        if self.browser().is_none() && (self.browsing || !self.asks.is_empty() || (job && self.shared())) {
            return Some(Role::Browse);
        }
        (job && self.transfers() < self.most_transfers(false)).then_some(Role::Transfer)
    }

    /// When something is to be done that no input brings.
    pub(super) fn deadline(&self) -> Option<Time> {
        let connect = self.needed().map(|_| self.connect_after);
        let job = if self.paused || self.halted { None } else { self.queue.next_wake(self.uploads) };
        [connect, job, self.idle_deadline()].into_iter().flatten().min()
    }

    /// Gives a slot something to do.
    pub(super) fn start(&mut self, index: usize, work: Work, request: Request) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let id = RequestId(self.next_request);
        self.next_request = self.next_request.wrapping_add(1);
        slot.work = Some((id, work));
        self.outputs.push_back(PoolOutput::Ask(slot.id, id, request));
    }

    fn start_job(&mut self, index: usize, id: JobId) {
        self.queue.change(id, |_, state| *state = State::Running(Leave::No));
        let Some(job) = self.queue.job(id) else { return };
        match job.offset {
            _ if job.no_resume => self.start_file(index, id, 0),
            Offset::AskServer { .. } if job.direction == Direction::Download => self.start_file(index, id, 0),
            // A download that has every byte, but not the server's word for it (rule K4).
            Offset::At(offset) if offset == 0 || job.size != Some(offset) => {
                self.start_file(index, id, offset)
            }
            Offset::AskServer { .. } | Offset::At(_) => {
                let path = job.target();
                self.start(index, Work::Size(id), Request::Size(path));
            }
        }
    }

    fn start_file(&mut self, index: usize, id: JobId, offset: u64) {
        let Some(job) = self.queue.job(id) else { return };
        let (path, size) = (job.path.clone(), job.size);
        let options = TransferOptions { compare: offset > 0, ..job.options.clone() };
        let request = match job.direction {
            Direction::Upload => Request::Upload { job: id, path, size, offset, options },
            Direction::Download | Direction::Compare => {
                Request::Download { job: id, path, size, offset, options }
            }
        };
        self.queue.begin(id, offset);
        self.tell(PoolEvent::Job(id, JobEvent::Started { offset }));
        self.start(index, Work::File { job: id, from: offset }, request);
    }

    pub(super) fn browser(&self) -> Option<usize> {
        self.slots.iter().position(|slot| slot.role == Role::Browse)
    }

    fn transfers(&self) -> usize {
        self.slots.iter().filter(|slot| slot.role == Role::Transfer).count()
    }

    /// The server grants a single connection.
    fn shared(&self) -> bool {
        self.most == 1
    }

    fn next_job(&self) -> Option<JobId> {
        if self.paused || self.halted {
            return None;
        }
        self.queue.ready(self.uploads).next().map(|job| job.id)
    }

    /// Most transfer sessions: those that may work now, or those that may stand. What stands is not shed as soon as a large file comes
    /// between small ones; it closes when it has been idle for long.
    fn most_transfers(&self, standing: bool) -> usize {
        let grows = self.limit >= DEFAULT_TRANSFERS && (standing || self.small());
        let wanted = if grows { self.limit.max(SMALL_TRANSFERS) } else { self.limit };
        wanted.min(self.most.saturating_sub(1))
    }

    fn small(&self) -> bool {
        let mut head = self.queue.ready(self.uploads).take(WINDOW).peekable();
        head.peek().is_some() && head.all(|job| job.size.is_some_and(|size| size < SMALL))
    }
}
