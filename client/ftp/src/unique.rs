//! What the `unique` facts of a server are worth (RFC 3659 section 7.5.2). Two paths that have the same one are the same thing, which shows
//! loops; but servers exist that give the same one to everything. So they count only once different ones were seen, and
//! never again after two directories of one listing shared one.

use crate::entry::{Entry, EntryKind};

/// The fact of a directory.
pub(crate) type Unique = Option<Box<[u8]>>;

/// What was learned.
#[derive(Default, Debug)]
pub(crate) struct Uniques {
    /// One that was seen, to see another.
    seen: Unique,
    differ: bool,
    distrusted: bool,
}

impl Uniques {
    /// Learns from the rows of one listing.
    pub(crate) fn learn<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        let mut facts: Vec<&[u8]> = entries
            .filter(|entry| entry.kind == EntryKind::Directory)
            .filter_map(|entry| entry.unique.as_deref())
            .collect();
        for fact in &facts {
            match &self.seen {
                None => self.seen = Some((*fact).into()),
                Some(seen) => self.differ |= **seen != **fact,
            }
        }
        facts.sort_unstable();
        self.distrusted |= facts.windows(2).any(|pair| pair[0] == pair[1]);
    }

    /// Whether the same fact means the same thing.
    pub(crate) fn are_trusted(&self) -> bool {
        self.differ && !self.distrusted
    }
}
