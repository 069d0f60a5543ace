//! Entries that wait until the listing shows which number of a date is the month. The first line whose day is past 12 tells; in a listing
//! without one, the end or the limit.

use super::order::{Choice, Orders};
use crate::calendar::DAY;
use crate::entry::Entry;

/// Most entries that wait.
const MOST: usize = 1_000;

/// An entry, what its date can mean, and the day that it was read as.
type Waiting = (Entry, Option<(Choice, Option<i64>)>);

/// Entries that wait, in their order.
#[derive(Debug, Default)]
pub(super) struct Held {
    entries: Vec<Waiting>,
    /// Nothing waits any more: the limit was reached once.
    settled: bool,
}

impl Held {
    /// Takes an entry and what its date can mean, narrows the orders that the listing allows, and gives `out` what need not wait.
    pub(super) fn add(
        &mut self,
        entry: Entry,
        choice: Option<Choice>,
        orders: &mut Orders,
        mut out: impl FnMut(Entry),
    ) {
        let before = *orders;
        let waits = choice.is_some_and(|choice| {
            *orders = orders.narrowed(choice.possible());
            choice.is_open(*orders)
        });
        if self.entries.is_empty() && (!waits || self.settled) {
            out(entry);
            return;
        }
        // The day as it was read, so that it can be put right.
        self.entries.push((entry, choice.map(|choice| (choice, choice.day(before)))));
        let narrowed = *orders != before;
        let open = |(_, choice): &Waiting| choice.is_some_and(|(choice, _)| choice.is_open(*orders));
        if narrowed && !self.entries.iter().any(open) {
            self.give(*orders, out);
        } else if self.entries.len() >= MOST {
            // What nothing contradicted is what it is read as, for the rest too.
            let order = self
                .entries
                .iter()
                .find_map(|(_, choice)| choice.and_then(|(choice, _)| choice.order(*orders)));
            *orders = order.map_or(*orders, Orders::one);
            self.settled = true;
            self.give(*orders, out);
        }
    }

    /// Gives all.
    pub(super) fn give(&mut self, orders: Orders, mut out: impl FnMut(Entry)) {
        for (mut entry, choice) in self.entries.drain(..) {
            if let (Some((choice, Some(read))), Some(modified)) = (choice, &mut entry.modified) {
                modified.seconds += (choice.day(orders).unwrap_or(read) - read) * DAY;
            }
            out(entry);
        }
    }
}
