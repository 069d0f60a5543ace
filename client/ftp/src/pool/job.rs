//! A transfer that waits or runs. Plain data: what the driver saves is what it gives back.

use crate::error::Error;
use crate::io::{Direction, JobId, Time};
use crate::path::RemotePath;
use crate::request::{TransferOptions, part};

/// Which jobs go first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Priority {
    /// After all others.
    Low,
    /// In its turn.
    #[default]
    Normal,
    /// Before all others.
    High,
}

/// Where a transfer goes on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Offset {
    /// At this byte: what the sink of a download has safely, or where the caller knows an upload to stand.
    At(u64),
    /// An upload broke off: only the server knows how much it has, so it is asked with SIZE just before (rule T4). If it
    /// has more than was ever sent, that is another file, and the upload begins anew.
    AskServer {
        /// Bytes of the file that were sent so far, those before an offset included.
        sent: u64,
    },
}

/// One file to transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The file on the driver's side. Unique among the jobs of a pool.
    pub id: JobId,
    /// Which way.
    pub direction: Direction,
    /// The file on the server.
    pub path: RemotePath,
    /// Its size in bytes, where known.
    pub size: Option<u64>,
    /// How. Whatever they say, the bytes before the place to go on are compared where the driver can (rule T5).
    pub options: TransferOptions,
    /// Where it goes on.
    pub offset: Offset,
    /// Which jobs go first.
    pub priority: Priority,
    /// It waits until a person lets it go on.
    pub paused: bool,
    /// Failures in a row, without a noteworthy part transferred between them.
    pub tries: u32,
    /// The server refused to resume it: from its beginning from now on.
    pub no_resume: bool,
}

impl Job {
    /// A whole file, with the defaults.
    #[must_use]
    pub fn new(id: JobId, direction: Direction, path: RemotePath, size: Option<u64>) -> Job {
        Job {
            id,
            direction,
            path,
            size,
            options: TransferOptions::default(),
            offset: Offset::At(0),
            priority: Priority::default(),
            paused: false,
            tries: 0,
            no_resume: false,
        }
    }

    /// What the file is called on the server while it moves.
    pub(super) fn target(&self) -> RemotePath {
        let temporary = self.direction == Direction::Upload && self.options.is_temporary();
        let part = if temporary { part(&self.path) } else { None };
        part.unwrap_or_else(|| self.path.clone())
    }
}

/// What a pool tells of a job. Each job ends in exactly one [`JobEvent::Ended`], after which the pool knows it no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobEvent {
    /// Its file begins to move from this byte on.
    Started {
        /// Bytes before it.
        offset: u64,
    },
    /// So many bytes of the file are done.
    Progressed {
        /// Those before the offset included.
        done: u64,
        /// All of them, where known.
        total: Option<u64>,
    },
    /// It broke off and is back in the queue.
    Waiting {
        /// When it is tried again; `None`: in its turn.
        until: Option<Time>,
        /// Why.
        error: Error,
    },
    /// The server refused to resume it; it goes on from its beginning, once.
    Restarting(Error),
    /// It is over.
    Ended(JobEnd),
}

/// How a job ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobEnd {
    /// Transferred.
    Done {
        /// Bytes that the last attempt moved.
        bytes: u64,
        /// The server said so. If not, its connection was lost when every byte had moved, and a later look at the file's size has
        /// shown that all is there (rule K4).
        confirmed: bool,
    },
    /// It failed for good.
    Failed(Error),
    /// A person did not want it any more.
    Cancelled,
}
