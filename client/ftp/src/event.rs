//! What a session tells its user. Past tense.

use crate::checksum::Algorithm;
use crate::checksum::Checksum;
use crate::doctor::Finding;
use crate::entry::{Entry, Modified};
use crate::error::Error;
use crate::io::{Time, TlsSession};
use crate::parse::{Facts, Features};
use crate::path::{Name, RemotePath};
use crate::quirks::Quirks;
use crate::request::RequestId;

/// Something happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A line for the session log.
    Log(LogLine),
    /// The login is complete.
    LoggedIn(ServerInfo),
    /// A person must decide; [`crate::Input::Answer`] follows. The session waits, without a deadline of its own.
    Asked(Question),
    /// A data connection was secured; whether it resumed the control connection's TLS session.
    DataSecured {
        /// Whether it was resumed.
        resumed: bool,
    },
    /// What is known of the server has changed: to be stored with the site and given back as [`crate::Site::quirks`]. Told at most once a
    /// request, before its end, or at once where no request runs; never kept back.
    Learned(Quirks),
    /// Rows of a listing, as they come. All rows of a request name the same path.
    Listed {
        /// Whose.
        request: RequestId,
        /// The directory's true path, as PWD said it.
        path: RemotePath,
        /// Some of its rows, `.` and `..` left out.
        entries: Vec<Entry>,
    },
    /// A transfer has come so far.
    Progressed {
        /// Whose.
        request: RequestId,
        /// Bytes of the file done, those before the offset included.
        done: u64,
        /// Its whole size, where known.
        total: Option<u64>,
    },
    /// A walk over a tree has come so far.
    Walked {
        /// Whose.
        request: RequestId,
        /// Files and links counted, deleted or changed.
        files: u64,
        /// Directories counted, deleted or changed.
        directories: u64,
        /// Bytes of the files counted; 0 while deleting.
        bytes: u64,
    },
    /// An examination has found something; the report will hold it too.
    Examined {
        /// Whose.
        request: RequestId,
        /// What.
        finding: Finding,
    },
    /// A walk over a tree leaves something out and goes on.
    LeftOut {
        /// Whose.
        request: RequestId,
        /// What.
        path: RemotePath,
        /// Why.
        reason: LeftOut,
    },
    /// A request ended well.
    Done {
        /// Which.
        request: RequestId,
        /// What came of it.
        outcome: Outcome,
    },
    /// A request failed or was cancelled.
    Failed {
        /// Which.
        request: RequestId,
        /// Why.
        error: Error,
    },
    /// The session is over; a new [`crate::Request::Connect`] starts again. Requests that were under way or waiting
    /// have failed before this. `None` after QUIT.
    Disconnected(Option<Error>),
}

/// Why a walk leaves something out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeftOut {
    /// The server calls it a directory, but it is a link to one: not followed (rule M12).
    Link,
    /// It is one of the directories above it.
    Loop,
    /// It lies deeper than trees do.
    TooDeep,
    /// The server refused it.
    Refused(Error),
    /// Not all that this directory holds is known: the server cut its listing short (rule M7), or lines of it could not be read. What was
    /// read counts.
    Partial,
}

/// What came of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing to say beyond that.
    Ok,
    /// A listing is complete.
    Listing {
        /// The directory's true path.
        path: RemotePath,
        /// Rows in all.
        entries: u64,
        /// Lines that could not be read, as text for display; none is dropped silently.
        unread: Vec<String>,
        /// The server left rows out and said so (Pure-FTPd does after 10,000; rule M7): after how many, 0 where it does not
        /// tell.
        truncated: Option<u64>,
    },
    /// A transfer is complete and the server said so.
    Transferred(Transferred),
    /// A tree was counted, listed, deleted or changed.
    Tree {
        /// Files and links.
        files: u64,
        /// Directories.
        directories: u64,
        /// Bytes of the files, where they were listed.
        bytes: u64,
        /// How many times [`Event::LeftOut`] was said.
        left_out: u64,
    },
    /// SIZE answered.
    Size(u64),
    /// MDTM answered.
    Modified(Modified),
    /// What there is to know of a path.
    Facts(Box<Facts>),
    /// A checksum.
    Checksum(Checksum),
    /// Bytes that are free.
    Space(u64),
    /// What the examination of a server found: every [`crate::doctor::Subject`] once, in their order.
    Report(Vec<Finding>),
    /// FEAT answered.
    Features(Box<Features>),
    /// The server's words, for display: all lines with their codes, control characters escaped.
    Answer {
        /// The reply's code; after a raw command it may be a refusal.
        code: u16,
        /// Its lines.
        lines: Vec<String>,
    },
}

/// What came of a transfer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transferred {
    /// Bytes of the file that moved in this transfer.
    pub bytes: u64,
    /// Download: when the server's file was modified, where that was asked and the server told it.
    pub modified: Option<Modified>,
    /// Upload: whether the time that was wished was set; `None` where none was wished.
    pub dated: Option<bool>,
    /// The checksum that both sides have in common; `None` where none was asked for, or none could be had.
    pub checksum: Option<Algorithm>,
    /// The name that the server chose (STOU), where it told one.
    pub name: Option<Name>,
}

impl Transferred {
    /// So many bytes, and nothing else to say.
    #[must_use]
    pub fn of(bytes: u64) -> Transferred {
        Transferred { bytes, ..Transferred::default() }
    }
}

/// A decision that only a person can take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// The server's certificate is not trusted and not among the site's pins.
    Certificate {
        /// What the server showed.
        tls: TlsSession,
        /// The site has pins and none of them fits: the server shows another key than it used to.
        changed: bool,
    },
    /// The server offers no TLS; going on means that the password crosses the network in plain text (rule L6).
    Plaintext,
}

/// What is known of the server after the login.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ServerInfo {
    /// Address and port of the control connection's peer.
    pub peer: String,
    /// Text of SYST, empty if there is none.
    pub system: String,
    /// Server software, as far as its greeting says, such as `Pure-FTPd`.
    pub software: String,
    /// TLS of the control connection.
    pub tls: Option<TlsSession>,
    /// Round trip of a command, in milliseconds.
    pub latency_ms: Option<u64>,
    /// Whether listings carry exact facts (MLSD).
    pub machine_listing: bool,
}

/// The kinds of log line that FileZilla knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LogKind {
    /// What the client is doing.
    Status,
    /// What it said; secrets are masked.
    Command,
    /// What the server said.
    Response,
    /// Detail for those who look for it.
    Trace,
    /// What went wrong.
    Error,
}

impl LogKind {
    /// The word before the colon.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            LogKind::Status => "Status",
            LogKind::Command => "Command",
            LogKind::Response => "Response",
            LogKind::Trace => "Trace",
            LogKind::Error => "Error",
        }
    }
}

/// A line of the session log. Server text is as the server sent it, control characters escaped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// When.
    pub at: Time,
    /// What kind of line.
    pub kind: LogKind,
    /// Its text, without the kind's word.
    pub text: String,
}
