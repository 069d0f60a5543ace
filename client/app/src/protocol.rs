//! What the page and its worker say to each other. Two typed pipes: [`ToWorker`] down, [`FromWorker`] up, as JSON text in
//! `postMessage`; what JSON cannot carry (a `File`, a `FileSystemFileHandle`) travels beside the text in the same message, as
//! [`ToWorker::carries`] and [`FromWorker::carries`] say.
//!
//! The page knows nothing of FTP replies, frames or sockets: it sees rows, jobs, questions and errors.

use serde::{Deserialize, Serialize};

/// A tab of the page and its sessions in the worker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SessionId(pub u32);

/// A question of the page to the worker that is answered by one [`Update::Done`] or [`Update::Failed`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RequestId(pub u32);

/// A transfer, numbered by the page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct JobId(pub u32);

/// A remote path or name. `text` is for eyes; `raw` holds the bytes where they are not the UTF-8 of `text`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Bytes {
    /// What a person reads.
    pub text: String,
    /// The server's bytes, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Vec<u8>>,
}

impl Bytes {
    /// Text that is its own bytes.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Bytes {
        Bytes { text: text.into(), raw: None }
    }

    /// From a server's bytes: UTF-8 where they are, else shown as Latin-1 and kept.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Bytes {
        match std::str::from_utf8(bytes) {
            Ok(text) => Bytes::text(text),
            Err(_) => {
                Bytes { text: bytes.iter().map(|b| char::from(*b)).collect(), raw: Some(bytes.to_vec()) }
            }
        }
    }

    /// The bytes to send.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// The path of a child of this directory.
    #[must_use]
    pub fn join(&self, name: &Bytes) -> Bytes {
        let mut bytes = self.as_bytes().to_vec();
        if bytes.last() != Some(&b'/') {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name.as_bytes());
        Bytes::new(&bytes)
    }

    /// The directory that holds this path; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Bytes> {
        let bytes = self.as_bytes();
        if bytes.len() <= 1 {
            return None;
        }
        let cut = bytes.iter().rposition(|byte| *byte == b'/')?;
        Some(Bytes::new(&bytes[..cut.max(1)]))
    }
}

/// Page to worker. No `Debug`: [`Command::Connect`] holds a password.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// First message: where the relay is (`ws:` or `wss:` address of `/tunnel`). The worker connects at once, so that preset sites can be shown.
    Start {
        /// Address of the tunnel.
        tunnel: String,
        /// Wall clock, Unix seconds.
        now: i64,
    },
    /// Something for a session.
    Session(SessionId, Command),
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

/// What is known of a server after the login.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Server {
    /// Address and port.
    pub peer: String,
    /// Its software, as far as it says.
    pub software: String,
    /// TLS of the control connection.
    pub tls: Option<TlsSession>,
    /// Round trip of a command, in milliseconds.
    pub latency_ms: Option<u64>,
}

/// A decision that only a person can take.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Question {
    /// The certificate is not trusted.
    Certificate {
        /// What the server showed.
        tls: TlsSession,
        /// It used to show another key.
        changed: bool,
    },
    /// The server offers no TLS; going on sends the password in plain text.
    Plaintext,
}

/// A TLS session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TlsSession {
    /// What is wrong with the certificate; `None` where it is trusted.
    pub problem: Option<Problem>,
    /// Such as `TLS1.3`.
    pub version: String,
    /// Such as `X25519`.
    pub key_exchange: String,
    /// Such as `AES-256-GCM`.
    pub cipher: String,
    /// Chain, leaf first.
    pub chain: Vec<Certificate>,
}

/// What is wrong with a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Problem {
    /// The leaf signed itself.
    SelfSigned,
    /// No way to a trusted root.
    UnknownIssuer,
    /// Past its end date.
    Expired,
    /// Before its start date.
    NotYetValid,
    /// For other names.
    WrongName,
    /// Anything else.
    Invalid(String),
}

/// What a person needs to see of a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Certificate {
    /// Holder.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Names it is for.
    pub names: Vec<String>,
    /// Start of validity, Unix seconds.
    pub not_before: i64,
    /// End of validity, Unix seconds.
    pub not_after: i64,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Key type and size.
    pub key: String,
    /// SHA-256 of the whole, lower-case hexadecimal.
    pub sha256: String,
    /// SHA-256 of the public key: what *Always trust* remembers.
    pub spki_sha256: String,
}

/// Why something failed, for a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Where in the work.
    pub stage: Stage,
    /// It was the user's own wish.
    pub cancelled: bool,
    /// User or password is wrong: ask again.
    pub credentials: bool,
    /// What happened.
    pub message: String,
    /// The server's own words.
    pub reply: Option<String>,
    /// What to try next; may be empty.
    pub advice: String,
}

/// Where in the work something failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Stage {
    /// The way to the relay.
    Relay,
    /// The relay's policy.
    Policy,
    /// Name lookup.
    Lookup,
    /// TCP connection.
    Connection,
    /// TLS and certificates.
    Tls,
    /// Login.
    Login,
    /// The server refused.
    Server,
    /// The data connection.
    Data,
    /// The file on this side.
    File,
}

/// A line of the session log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogLine {
    /// Milliseconds since the worker started.
    pub at: u64,
    /// What kind of line.
    pub kind: LogKind,
    /// Its text.
    pub text: String,
}

/// The kinds of log line that FileZilla knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum LogKind {
    /// What the client is doing.
    Status,
    /// What it said.
    Command,
    /// What the server said.
    Response,
    /// Detail.
    Trace,
    /// What went wrong.
    Error,
}
