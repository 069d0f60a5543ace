//! What became of a tree.

use super::io::{Place, Why};

/// Most that is listed of what was left out; all of it is counted.
pub const MOST_REPORTED: usize = 1_000;

/// Numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Files.
    pub files: u64,
    /// Directories: those that were made, or while counting all.
    pub directories: u64,
    /// Bytes: those that were moved, or while counting the sizes that are known.
    pub bytes: u64,
    /// Files whose size is not known, while counting.
    pub unknown: u64,
    /// Left out by a rule.
    pub skipped: u64,
    /// Left out although it was wanted.
    pub failed: u64,
}

/// The end of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Numbers.
    pub counts: Counts,
    /// What was left out and why, the first [`MOST_REPORTED`].
    pub left_out: Vec<(Place, Why)>,
    /// It was cancelled.
    pub cancelled: bool,
}

impl Summary {
    /// Takes note of something that was left out.
    pub(super) fn leave(&mut self, place: &Place, why: &Why) {
        match why.is_failure() {
            true => self.counts.failed += 1,
            false => self.counts.skipped += 1,
        }
        if self.left_out.len() < MOST_REPORTED {
            self.left_out.push((place.clone(), why.clone()));
        }
    }

    /// Whether all that was wanted is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.counts.failed == 0 && !self.cancelled
    }
}
