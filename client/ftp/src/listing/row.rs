//! What a line of a listing can be.

use crate::entry::Entry;

/// A line that was understood. A line that was not is `None` where this is an option.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all are entries, and none is kept")]
pub(crate) enum Row {
    /// An entry.
    Entry(Entry),
    /// A line that stands for no entry: `total 12`, `.`, `..`.
    Nothing,
}
