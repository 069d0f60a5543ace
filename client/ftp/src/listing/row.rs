//! What a line of a listing can be.

use crate::entry::{Entry, EntryKind};
use crate::path::Name;

/// A line that was understood. A line that was not is `None` where this is an option.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all are entries, and none is kept")]
pub(crate) enum Row {
    /// An entry.
    Entry(Entry),
    /// A line that stands for no entry: `total 12`, `.`, `..`.
    Nothing,
}

impl Row {
    /// The row of a name, of which `fill` tells more; `None` where the name is none.
    pub(super) fn of(name: &[u8], kind: EntryKind, fill: impl FnOnce(&mut Entry)) -> Option<Row> {
        if matches!(name, b"." | b"..") {
            return Some(Row::Nothing);
        }
        let mut entry = Entry::new(Name::new(name).ok()?, kind);
        fill(&mut entry);
        Some(Row::Entry(entry))
    }
}
