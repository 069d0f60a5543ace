//! Page to worker.

use super::{Bytes, JobId, RequestId, SessionId};
use serde::{Deserialize, Serialize};

/// Page to worker. No `Debug`: [`Command::Connect`] holds a password.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// First message: where the relay is (`ws:` or `wss:` address of `/tunnel`). The worker connects at once, so that preset sites can be shown.
    Start {
        /// Address of the tunnel.
        tunnel: String,
        /// Wall clock, Unix seconds.
        now: i64,
        /// What lets the page in. The worker keeps it while it runs; without one, what it has.
        credential: Option<Credential>,
    },
    /// The page is seen again, or the network is back: a connection that stood still is looked after at once.
    Awake,
    /// Something for a session.
    Session(SessionId, Command),
}

/// What a relay asks for before it lets a page in. No `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Credential {
    /// An access token that a person has typed.
    Token(String),
    /// A ticket of the portal that the page was opened from; good for one time.
    Ticket(String),
}

/// What a tab wants.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Connect and log in; a session id is used for one connect at a time.
    Connect(Connect),
    /// The answer to the open [`Update::Asked`].
    Answer(bool),
    /// Log out and forget the session.
    Disconnect,
    /// List a directory; `None` is where the login led.
    List(RequestId, Option<Bytes>),
    /// Make a directory.
    MakeDirectory(RequestId, Bytes),
    /// Rename or move.
    Rename {
        /// The request.
        request: RequestId,
        /// Old path.
        from: Bytes,
        /// New path.
        to: Bytes,
    },
    /// Count what a deletion would touch.
    Count(RequestId, Vec<Item>),
    /// Delete these and all below them.
    Delete(RequestId, Vec<Item>),
    /// Stop a request.
    Cancel(RequestId),
    /// Fetch a file. With [`Sink::Picked`] a `FileSystemFileHandle` travels beside.
    Download {
        /// The transfer.
        job: JobId,
        /// What to fetch.
        path: Bytes,
        /// Its size by the listing.
        size: Option<u64>,
        /// Where to.
        sink: Sink,
    },
    /// Store a file. A `File` travels beside.
    Upload {
        /// The transfer.
        job: JobId,
        /// Where to.
        path: Bytes,
        /// Its size.
        size: u64,
    },
    /// Stop a transfer.
    CancelJob(JobId),
}

impl ToWorker {
    /// How many objects travel beside this message.
    #[must_use]
    pub fn carries(&self) -> usize {
        match self {
            ToWorker::Session(_, Command::Upload { .. } | Command::Download { sink: Sink::Picked, .. }) => 1,
            _ => 0,
        }
    }
}

/// How to get in.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Connect {
    /// Host name or address.
    pub host: String,
    /// Control port.
    pub port: u16,
    /// User.
    pub user: String,
    /// Password.
    pub password: String,
    /// The relay has the password and writes it itself.
    pub stored_password: bool,
    /// Use of TLS.
    pub encryption: Encryption,
    /// Start folder.
    pub path: Option<String>,
    /// SHA-256 of public keys accepted for this server earlier.
    pub pins: Vec<String>,
}

/// The four ways of FTP and TLS.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Encryption {
    /// Plain FTP.
    None,
    /// AUTH TLS if the server offers it.
    ExplicitIfOffered,
    /// AUTH TLS or nothing.
    #[default]
    Explicit,
    /// TLS from the first byte.
    Implicit,
}

/// Where a download goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Sink {
    /// Into the file that the user picked; its handle travels beside.
    Picked,
    /// Into the origin's private file system; the finished `File` comes back with [`Update::JobDone`], and the page saves it.
    Private,
}

/// Something to count or delete.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Where it is.
    pub path: Bytes,
    /// Whether to descend. Never true for links.
    pub directory: bool,
}
