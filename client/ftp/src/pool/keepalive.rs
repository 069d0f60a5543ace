//! Signs of life and idle ends (rules K1 to K3). Nothing is sent on a session that transfers: its own rules keep that connection.

use crate::request::Request;

use super::io::PoolEvent;
use super::slot::{Role, Work};
use super::{Pool, PoolOutput, Time};

/// Shortest time between two signs of life, in milliseconds (rule K2).
pub const KEEP_ALIVE: u64 = 30_000;

/// So much later at most, by chance: 30 to 45 s in all.
pub const KEEP_ALIVE_SPREAD: u64 = 15_000;

/// How long a browsing session is kept alive for a user who does nothing, in milliseconds, unless the user says otherwise.
pub const IDLE_CAP: u64 = 30 * 60 * 1000;

/// A transfer session without a file closes after so many milliseconds.
pub const TRANSFER_IDLE: u64 = 60_000;

impl Pool {
    /// Nothing runs on this slot any more.
    pub(super) fn rest(&mut self, index: usize) {
        let alive_at = self.now.after(KEEP_ALIVE + self.jitter.up_to(KEEP_ALIVE_SPREAD));
        if let Some(slot) = self.slots.get_mut(index) {
            slot.work = None;
            slot.idle_since = self.now;
            slot.alive_at = alive_at;
        }
    }

    pub(super) fn keep_alive(&mut self) {
        let mut index = 0;
        while let Some(slot) = self.slots.get(index) {
            let (role, due) = (slot.role, self.idle_end(slot).is_some_and(|at| at <= self.now));
            if due {
                if role == Role::Browse {
                    self.browsing = false;
                    self.tell(PoolEvent::ClosedIdle);
                }
                let slot = self.slots.remove(index);
                self.outputs.push_back(PoolOutput::Close(slot.id));
                continue;
            }
            if role == Role::Browse && slot.is_idle() && slot.alive_at <= self.now {
                self.start(index, Work::KeepAlive, Request::KeepAlive);
            }
            index += 1;
        }
    }

    /// When an idle slot is to be closed.
    fn idle_end(&self, slot: &super::Slot) -> Option<Time> {
        slot.is_idle().then(|| match slot.role {
            Role::Browse => self.user_since.max(slot.born).after(self.idle_cap),
            Role::Transfer => slot.idle_since.after(TRANSFER_IDLE),
        })
    }

    /// When an idle slot needs something.
    pub(super) fn idle_deadline(&self) -> Option<Time> {
        let ends = self.slots.iter().filter_map(|slot| self.idle_end(slot));
        let signs = self
            .slots
            .iter()
            .filter(|slot| slot.is_idle() && slot.role == Role::Browse)
            .map(|slot| slot.alive_at);
        ends.chain(signs).min()
    }
}
