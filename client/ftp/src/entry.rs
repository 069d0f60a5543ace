//! One row of a directory listing.

use crate::path::Name;

/// What a row stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link; what it leads to is not known.
    Link,
    /// A device, socket, pipe or something the server has no word for.
    Other,
}

/// A modification time with the precision that the listing gave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Modified {
    /// Unix seconds. UTC from MLSD and MDTM; from LIST the server's own zone taken for UTC.
    pub seconds: i64,
    /// Whether hours and minutes mean something.
    pub has_time: bool,
    /// Whether seconds mean something.
    pub has_seconds: bool,
    /// Whether the zone is known to be UTC.
    pub utc: bool,
}

/// A row. Absent means that the server did not say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: EntryKind,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Last modification.
    pub modified: Option<Modified>,
    /// Unix mode bits, the lower 12.
    pub mode: Option<u16>,
    /// Owner, as the server writes it.
    pub owner: Option<String>,
    /// Group, as the server writes it.
    pub group: Option<String>,
    /// Where a link leads, as the server writes it.
    pub target: Option<Vec<u8>>,
}
