//! Whose a connection is.

use crate::protocol::SessionId;
use towpath_ftp::ConnId;

/// What an engine session of a tab is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Role {
    /// Listings and changes: what a person waits for.
    Browsing,
    /// Uploads and downloads, so that browsing never waits for them.
    Transfer,
}

/// A connection of an engine session. The generation tells apart sessions that followed each other in the same place, whose
/// engines number their connections from the start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Owner {
    /// The tab.
    pub(super) session: SessionId,
    /// Which of its engine sessions.
    pub(super) role: Role,
    /// Which of those that followed each other.
    pub(super) generation: u32,
    /// The connection.
    pub(super) conn: ConnId,
}
