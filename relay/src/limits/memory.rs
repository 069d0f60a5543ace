//! The budget of bytes that all sessions may have buffered together.
//!
//! What counts is what was promised: a page may fill the whole window that it was granted, so the window is what must fit, and not
//! what happens to lie in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bytes that are promised.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    used: AtomicU64,
}

/// A part of the budget; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Held {
    memory: Arc<Memory>,
    bytes: u64,
}

impl Memory {
    /// Takes this much of a budget, or nothing.
    pub(crate) fn hold(self: &Arc<Self>, bytes: u64, budget: u64) -> Option<Held> {
        self.take(bytes, bytes, budget).map(|bytes| Held { memory: self.clone(), bytes })
    }

    /// Bytes that are promised.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes as much as there is, between `least` and `most`.
    fn take(&self, least: u64, most: u64, budget: u64) -> Option<u64> {
        let mut taken = 0;
        let take = |used: u64| {
            taken = most.min(budget.saturating_sub(used));
            (taken >= least).then(|| used.saturating_add(taken))
        };
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok().map(|_| taken)
    }
}

impl Held {
    /// Takes up to `most` bytes more of a budget, and returns how many.
    pub(crate) fn grow(&mut self, most: u64, budget: u64) -> u64 {
        let more = self.memory.take(0, most, budget).unwrap_or(0);
        self.bytes += more;
        more
    }

    /// Gives bytes back.
    pub(crate) fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        // Nobody gives back what was not taken.
        self.memory.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// What is left of a budget.
    pub(crate) fn left(&self, budget: u64) -> u64 {
        budget.saturating_sub(self.memory.used())
    }
}

/// Memory for something that comes and goes all the time: it is taken and given back in large steps.
#[derive(Debug)]
pub(crate) struct Stock {
    held: Held,
    least: u64,
    budget: u64,
}

impl Stock {
    /// Of what is a part of `held` already: as much as that may lie in it always.
    pub(crate) fn new(held: Held, budget: u64) -> Stock {
        Stock { least: held.bytes, held, budget }
    }

    /// Whether there is room for more than `weight`, which is what lies in it.
    pub(crate) fn has_room(&mut self, weight: u64) -> bool {
        weight < self.held.bytes || self.held.grow(self.least, self.budget) > 0
    }

    /// What lies in it has become less.
    pub(crate) fn settle(&mut self, weight: u64) {
        let wanted = weight.saturating_add(self.least);
        if self.held.bytes >= wanted.saturating_add(self.least) {
            self.held.shrink(self.held.bytes - wanted);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_promised_than_there_is() {
        let memory = Arc::new(Memory::default());
        let mut first = memory.hold(60, 100).unwrap();
        assert!(memory.hold(41, 100).is_none());
        let second = memory.hold(30, 100).unwrap();
        assert_eq!((first.grow(50, 100), first.grow(50, 100), memory.used()), (10, 0, 100));
        drop(second);
        assert_eq!(first.left(100), 30);
        first.shrink(1000);
        assert_eq!(memory.used(), 0);
    }

    /// A reload may make the budget smaller than what is promised already.
    #[test]
    fn a_smaller_budget_waits_until_enough_came_back() {
        let memory = Arc::new(Memory::default());
        let mut held = memory.hold(100, 100).unwrap();
        assert!(memory.hold(1, 50).is_none());
        assert_eq!((held.grow(1, 50), held.left(50)), (0, 0));
        held.shrink(60);
        assert!(memory.hold(10, 50).is_some());
    }

    #[test]
    fn a_stock_grows_and_shrinks_in_steps_and_never_below_its_least() {
        let memory = Arc::new(Memory::default());
        let mut stock = Stock::new(memory.hold(10, 35).unwrap(), 35);
        assert!(stock.has_room(9) && memory.used() == 10);
        assert!(stock.has_room(10) && memory.used() == 20);
        assert!(stock.has_room(34) && memory.used() == 30, "one step at a time");
        assert!(stock.has_room(30) && memory.used() == 35);
        assert!(!stock.has_room(35));
        stock.settle(16);
        assert_eq!(memory.used(), 35);
        stock.settle(5);
        assert_eq!(memory.used(), 15);
        stock.settle(0);
        assert_eq!(memory.used(), 15);
        stock.has_room(15);
        stock.settle(0);
        assert_eq!(memory.used(), 10);
        drop(stock);
        assert_eq!(memory.used(), 0);
    }

    #[test]
    fn threads_that_race_never_pass_the_budget() {
        let memory = Arc::new(Memory::default());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for turn in 0..10_000 {
                        let Some(mut held) = memory.hold(7 + turn % 5, 30) else { continue };
                        held.grow(9, 30);
                        assert!(memory.used() <= 30);
                    }
                });
            }
        });
        assert_eq!(memory.used(), 0);
    }
}
