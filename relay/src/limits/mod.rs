//! How much of everything: who has what at the moment, and whether there may be more.
//!
//! Everything is counted four times: for its tunnel, for its user, for its address, and for all together; each has a [`Quota`]. What
//! is counted is held by a value that gives it back when it is dropped, so nothing is forgotten on any way out.
//!
//! | module | purpose |
//! |--------|---------|
//! | `account` | the counts of one tunnel, user or address |
//! | `bucket` | what refills: connections a minute, bytes a second |
//! | `ledger` | all accounts, and the way to a place |
//! | `place` | a session's and a stream's place, and the pace of its bytes |
//! | `memory` | the budget of buffered bytes |

mod account;
mod bucket;
mod ledger;
mod memory;
mod place;

pub(crate) use ledger::{Connection, Ledger};
pub(crate) use memory::Stock;
pub(crate) use place::{StreamPlace, TunnelPlace};

use account::Countable;
use std::fmt;
use std::time::Duration;
use thiserror::Error;
use towpath_shared::{Reason, Reset};

/// For whom something is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    Tunnel,
    User,
    Address,
    All,
}

/// What one account may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    pub(crate) sessions: usize,
    pub(crate) streams: usize,
    pub(crate) opens_per_minute: u32,
    pub(crate) bytes_per_second: Option<u64>,
}

/// There is no more of something. The words are for the person at the page.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub(crate) enum Full {
    #[error("{scope} many HTTP connections at once, {most} are allowed")]
    Connections { scope: Scope, most: usize },
    #[error(
        "{scope} many tunnels at once, {most} are allowed: close other tabs of this page or try again later"
    )]
    Sessions { scope: Scope, most: usize },
    #[error("{scope} many connections to servers at once, {most} are allowed")]
    Streams { scope: Scope, most: usize },
    #[error("{scope} many connections to servers in a minute, {most} are allowed: try again in {} s", seconds(.wait))]
    Opens { scope: Scope, most: u32, wait: Duration },
    #[error("the relay's memory for transfers is used up: try again later")]
    Memory,
}

impl Full {
    /// Its name in the audit log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Full::Connections { .. } => "full_connections",
            Full::Sessions { .. } => "full_sessions",
            Full::Streams { .. } => "full_streams",
            Full::Opens { .. } => "full_opens",
            Full::Memory => "full_memory",
        }
    }

    fn of(scope: Scope, what: Countable, most: usize) -> Full {
        match what {
            Countable::Connection => Full::Connections { scope, most },
            Countable::Session => Full::Sessions { scope, most },
            Countable::Stream => Full::Streams { scope, most },
        }
    }
}

impl From<Full> for Reset {
    fn from(full: Full) -> Reset {
        Reset::new(Reason::Quota, full.to_string())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::Tunnel => "this page has too",
            Scope::User => "this user has too",
            Scope::Address => "this address has too",
            Scope::All => "the relay has too",
        })
    }
}

/// Whole seconds, rounded up.
fn seconds(wait: &Duration) -> u64 {
    wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}
