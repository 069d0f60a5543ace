//! What waits for its turn in a walk. A server makes up names and depths as it likes, and every row that waits holds its whole path, so
//! their number alone would bound nothing: the bytes of the paths are counted too.

use super::Pending;

/// Most rows that wait for their turn on all levels together.
pub(super) const MAX_PENDING: usize = 2_000_000;
/// Most bytes of their paths.
pub(super) const MAX_PATHS: usize = 256 * 1024 * 1024;

/// The rows, the next last.
#[derive(Default)]
pub(super) struct Waiting {
    rows: Vec<Pending>,
    bytes: usize,
}

impl Waiting {
    pub(super) fn push(&mut self, row: Pending) {
        self.bytes = self.bytes.saturating_add(row.bytes());
        self.rows.push(row);
    }

    pub(super) fn pop(&mut self) -> Option<Pending> {
        let row = self.rows.pop()?;
        self.bytes = self.bytes.saturating_sub(row.bytes());
        Some(row)
    }

    pub(super) fn last(&self) -> Option<&Pending> {
        self.rows.last()
    }

    /// Whether so many rows more, with so many bytes of paths, may wait too.
    pub(super) fn has_room(&self, rows: usize, bytes: usize) -> bool {
        self.rows.len().saturating_add(rows) <= MAX_PENDING && self.bytes.saturating_add(bytes) <= MAX_PATHS
    }
}

impl Extend<Pending> for Waiting {
    fn extend<I: IntoIterator<Item = Pending>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.push(row));
    }
}

impl FromIterator<Pending> for Waiting {
    fn from_iter<I: IntoIterator<Item = Pending>>(rows: I) -> Waiting {
        let mut waiting = Waiting::default();
        waiting.extend(rows);
        waiting
    }
}
