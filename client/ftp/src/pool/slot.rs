//! One session as the pool sees it.

use crate::io::{JobId, Time};
use crate::quirks::Quirks;
use crate::request::RequestId;

use super::io::SlotId;

/// What a session is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Listings and simple commands; files only if the server grants no second connection.
    Browse,
    /// Files.
    Transfer,
}

/// What a session does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    /// It logs in.
    Connect,
    /// A request of the user's, under its own number.
    User(RequestId),
    /// A sign of life.
    KeepAlive,
    /// The size of a job's file on the server is asked for.
    Size(JobId),
    /// A job's file moves, from this byte on.
    File { job: JobId, from: u64 },
}

impl Work {
    /// The job, if it is one.
    pub(crate) fn job(self) -> Option<JobId> {
        match self {
            Work::Size(job) | Work::File { job, .. } => Some(job),
            Work::Connect | Work::User(_) | Work::KeepAlive => None,
        }
    }
}

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) id: SlotId,
    pub(crate) role: Role,
    /// What runs, under which of the pool's numbers.
    pub(crate) work: Option<(RequestId, Work)>,
    /// A job whose place is known now and whose file comes next, from this byte on. Not begun at once: the same drain may end
    /// the session.
    pub(crate) then: Option<(JobId, u64)>,
    /// Its login is complete.
    pub(crate) ready: bool,
    /// When it was opened.
    pub(crate) born: Time,
    /// Since when nothing runs.
    pub(crate) idle_since: Time,
    /// When the next sign of life is due.
    pub(crate) alive_at: Time,
    /// A file went through: a data connection that fails now is this session's fault (rule D11).
    pub(crate) proven: bool,
    /// What it knew of the server when it last said so.
    pub(crate) quirks: Quirks,
}

impl Slot {
    pub(crate) fn is_idle(&self) -> bool {
        self.ready && self.work.is_none() && self.then.is_none()
    }

    pub(crate) fn does(&self, request: RequestId) -> Option<Work> {
        self.work.filter(|(id, _)| *id == request).map(|(_, work)| work)
    }
}
