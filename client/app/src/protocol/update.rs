//! Worker to page.

use super::command::Encryption;
use super::report::{Failure, LogLine};
use super::row::Row;
use super::server::{Question, Server};
use super::{Bytes, JobId, RequestId, SessionId};
use serde::{Deserialize, Serialize};

/// Worker to page.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum FromWorker {
    /// The way to the relay.
    Tunnel(Tunnel),
    /// Something about a session.
    Session(SessionId, Update),
}

/// The way to the relay.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Tunnel {
    /// On the way.
    Connecting,
    /// Up.
    Ready {
        /// The relay's name and version.
        relay: String,
        /// Preset sites.
        sites: Vec<Preset>,
    },
    /// The round trip to the relay, in milliseconds.
    RoundTrip(u64),
    /// The connection broke. Sessions and transfers wait; the worker tries to come back by itself.
    Interrupted,
    /// It is back, and everything goes on.
    Resumed,
    /// The relay will stop, in its words.
    Leaving(String),
    /// Lost, or never up. Sessions have been told on their own. The worker tries again by itself when a session connects.
    Lost(Failure),
}

/// A site that the relay offers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Preset {
    /// What its card says.
    pub name: String,
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Use of TLS.
    pub encryption: Encryption,
    /// User, where the relay names one.
    pub user: Option<String>,
    /// Start folder.
    pub path: Option<String>,
    /// The relay has the password: nobody needs to be asked.
    pub stored_password: bool,
}

/// What happened in a session.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Update {
    /// Lines for the session log, in order, batched.
    Log(Vec<LogLine>),
    /// Logged in.
    Connected(Server),
    /// A person must decide; [`Command::Answer`] follows.
    Asked(Question),
    /// Over. `None` where the user wished it.
    Disconnected(Option<Failure>),
    /// Rows of a listing, as they come.
    Rows {
        /// Whose.
        request: RequestId,
        /// The directory.
        path: Bytes,
        /// Some rows.
        rows: Vec<Row>,
    },
    /// A count or deletion has come so far.
    Walked {
        /// Whose.
        request: RequestId,
        /// What it found.
        tree: Tree,
    },
    /// A request ended well.
    Done {
        /// Which.
        request: RequestId,
        /// What came of it.
        outcome: Outcome,
    },
    /// A request failed or was stopped.
    Failed {
        /// Which.
        request: RequestId,
        /// Why.
        failure: Failure,
    },
    /// A job began to move bytes or has come so far; at most ten times a second.
    JobProgress {
        /// Which.
        job: JobId,
        /// Bytes done.
        done: u64,
        /// Size, where known.
        total: Option<u64>,
    },
    /// A job is complete: the server has confirmed it and the file is written. For [`Sink::Private`] the `File` travels beside.
    JobDone {
        /// Which.
        job: JobId,
        /// Its bytes.
        bytes: u64,
        /// Whether a `File` travels beside.
        file: bool,
    },
    /// A job failed or was stopped.
    JobFailed {
        /// Which.
        job: JobId,
        /// Why.
        failure: Failure,
    },
}

impl FromWorker {
    /// How many objects travel beside this message.
    #[must_use]
    pub fn carries(&self) -> usize {
        usize::from(matches!(self, FromWorker::Session(_, Update::JobDone { file: true, .. })))
    }
}

/// What came of a request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// Nothing beyond that.
    Ok,
    /// A listing is complete.
    Listing {
        /// The directory's true path.
        path: Bytes,
        /// Rows in all.
        rows: u64,
        /// Lines that could not be read.
        unread: Vec<String>,
    },
    /// A tree was counted or deleted.
    Tree(Tree),
}

/// What a walk over a tree found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tree {
    /// Files and links.
    pub files: u64,
    /// Directories.
    pub directories: u64,
    /// Bytes of the files, where known.
    pub bytes: u64,
}
