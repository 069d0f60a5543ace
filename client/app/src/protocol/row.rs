//! Rows of a listing.

use super::Bytes;
use serde::{Deserialize, Serialize};

/// A row of a listing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub name: Bytes,
    /// What it is.
    pub kind: RowKind,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Last modification.
    pub modified: Option<Modified>,
    /// Unix mode bits.
    pub mode: Option<u16>,
    /// Owner.
    pub owner: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// Where a link leads.
    pub target: Option<String>,
}

/// What a row stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum RowKind {
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A regular file.
    File,
    /// A device or something unknown.
    Other,
}

/// A modification time with the precision that the listing gave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Modified {
    /// Unix seconds.
    pub seconds: i64,
    /// Whether hours and minutes mean something.
    pub has_time: bool,
    /// Whether the zone is known to be UTC; else it is the server's own.
    pub utc: bool,
}
