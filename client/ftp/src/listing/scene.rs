//! What the lines of a listing share: the clock, the order of numbers in dates, and names of owners.

use super::order::{Choice, DAY_FIRST, Order, Orders, parts};
use crate::calendar::DAY;
use crate::path::display;
use std::sync::Arc;

/// What one line tells the next.
#[derive(Debug)]
pub(super) struct Scene {
    /// Unix seconds, to guess the year of dates that have none (rule M10).
    pub(super) now: i64,
    /// The orders that all numeric dates so far allow.
    pub(super) orders: Orders,
    /// The date of the line that is being read, where its numbers can mean more than one day.
    pub(super) choice: Option<Choice>,
    /// The directory that is listed, with its last slash; empty where it is not known.
    directory: Vec<u8>,
    owners: Shared,
    groups: Shared,
}

impl Scene {
    pub(super) fn new(now: i64) -> Scene {
        Scene {
            now,
            orders: Orders::ALL,
            choice: None,
            directory: Vec::new(),
            owners: Shared(None),
            groups: Shared(None),
        }
    }

    /// A date of three numbers, in seconds.
    pub(super) fn numeric(&mut self, word: &[u8], preference: [Order; 3]) -> Option<i64> {
        let (parts, separator) = parts(word)?;
        // With points the day comes first, nearly everywhere.
        let preference = if separator == b'.' { DAY_FIRST } else { preference };
        let choice = Choice::new(parts, preference, self.now)?;
        let day = choice.day(self.orders)?;
        // Four digits in front say what they are.
        self.choice = (parts[0].len() < 4).then_some(choice);
        Some(day * DAY)
    }

    pub(super) fn set_directory(&mut self, path: &[u8]) {
        self.directory = path.strip_suffix(b"/").unwrap_or(path).to_vec();
        self.directory.push(b'/');
    }

    /// The name in what a server put in its place: some write `./name`, and some the path of the name. Only that of the directory
    /// itself is taken off; any other path is no name.
    pub(super) fn own<'a>(&self, name: &'a [u8]) -> &'a [u8] {
        let inner = name.strip_prefix(&self.directory[..]).filter(|_| !self.directory.is_empty());
        inner.or_else(|| name.strip_prefix(b"./")).filter(|name| !name.is_empty()).unwrap_or(name)
    }

    pub(super) fn owner(&mut self, bytes: &[u8]) -> Option<Arc<str>> {
        self.owners.get(bytes)
    }

    pub(super) fn group(&mut self, bytes: &[u8]) -> Option<Arc<str>> {
        self.groups.get(bytes)
    }
}

/// The text that the line before had too: most files of a directory have one owner, and a listing of millions is to hold it once.
#[derive(Debug)]
struct Shared(Option<Arc<str>>);

impl Shared {
    fn get(&mut self, bytes: &[u8]) -> Option<Arc<str>> {
        if bytes.is_empty() {
            return None;
        }
        if self.0.as_deref().is_none_or(|last| last.as_bytes() != bytes) {
            self.0 = Some(display(bytes).into());
        }
        self.0.clone()
    }
}
