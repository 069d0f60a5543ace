//! What a session can be asked to do.

use std::ops::Range;

use crate::checksum::Algorithm;
use crate::io::JobId;
use crate::path::{Argument, Name, RemotePath};
use crate::typed::TypedLine;

/// A request's number, chosen by whoever asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u32);

/// Something to walk over: a path and whether it is a directory to descend into. A symbolic link is never
/// a directory here, whatever it points to (rule M12).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Where it is.
    pub path: RemotePath,
    /// Whether to descend.
    pub directory: bool,
}

/// Modes for a tree: Unix mode bits, the lower 12. `None` leaves them as they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Modes {
    /// Of files.
    pub files: Option<u16>,
    /// Of directories.
    pub directories: Option<u16>,
}

/// How a file is to be moved. The default moves it byte by byte, replaces what is there, and does nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct TransferOptions {
    /// As text, TYPE A: line ends are converted and no size is checked (rule T7). A transfer that goes on somewhere in the
    /// middle is never text. Needs [`crate::site::Abilities::text`].
    pub text: bool,
    /// Download: bytes that are wanted at most, from the offset on; for one file over several connections.
    pub length: Option<u64>,
    /// Before going on in the middle: whether the last [`crate::request::OVERLAP`] bytes before are the same on both sides
    /// (rule T5). Needs [`crate::site::Abilities::compare`]; without it nothing is compared.
    pub compare: bool,
    /// Upload: what becomes of a file that is there.
    pub placement: Placement,
    /// Upload: under a name with [`crate::request::PART`] behind it, which is taken off when all bytes have arrived. With an
    /// offset, it goes on in the file of that name.
    pub temporary: bool,
    /// Upload: make the directory if it is missing, and those above it (rule T12).
    pub directories: bool,
    /// Upload: say the size with ALLO first (RFC 959 section 4.1.3).
    pub allocate: bool,
    /// Upload: when the file is to have been modified, Unix seconds. Download: any value asks when it was.
    pub modified: Option<i64>,
    /// Compare checksums afterwards, where the server has a command for them. Needs [`crate::site::Abilities::digest`].
    pub checksum: bool,
    /// Compressed on the way, MODE Z, where the server has it. Needs [`crate::site::Abilities::deflate`].
    pub deflate: bool,
}

impl TransferOptions {
    /// Whether an upload goes under a temporary name: only what replaces a file does.
    pub(crate) fn is_temporary(&self) -> bool {
        self.temporary && self.placement == Placement::Replace
    }
}

/// The path of a file of which not all has arrived.
#[must_use]
pub fn part(path: &RemotePath) -> Option<RemotePath> {
    let name = [path.name()?.as_bytes(), PART.as_bytes()].concat();
    Some(path.parent()?.join(&Name::checked(path.syntax(), name).ok()?))
}

/// Bytes before the place to go on that are compared (rule T5).
pub const OVERLAP: u64 = 64 * 1024;

/// What a file is called until all of it has arrived, behind its name.
pub const PART: &str = ".part";

/// What becomes of a file that is there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Placement {
    /// STOR: it is replaced.
    #[default]
    Replace,
    /// APPE: the bytes come behind it.
    Append,
    /// STOU: it stays, and the server chooses another name in the same directory.
    Unique,
}

/// Imperatives. All but [`Request::Connect`] and [`Request::Examine`] fail with [`crate::ErrorKind::NotConnected`] on a session without a login.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// Connect, secure and log in.
    Connect,
    /// List a directory; `None` is where the session stands (after login: where the server put it).
    List(Option<RemotePath>),
    /// Fetch a file into a job's file.
    Download {
        /// The file on the driver's side.
        job: JobId,
        /// The file on the server.
        path: RemotePath,
        /// Its size from a fresh listing; asked for with SIZE where absent.
        size: Option<u64>,
        /// Bytes that the job's file has already; sent as REST.
        offset: u64,
        /// How.
        options: TransferOptions,
    },
    /// Store a job's file on the server.
    Upload {
        /// The file on the driver's side.
        job: JobId,
        /// The file on the server.
        path: RemotePath,
        /// Its size, where known: what has to arrive.
        size: Option<u64>,
        /// Where to go on; sent as REST, or with APPE where the server has no REST for uploads.
        offset: u64,
        /// How.
        options: TransferOptions,
    },
    /// MKD.
    MakeDirectory(RemotePath),
    /// RMD: an empty directory.
    RemoveDirectory(RemotePath),
    /// DELE.
    DeleteFile(RemotePath),
    /// RNFR and RNTO.
    Rename {
        /// What it is called.
        from: RemotePath,
        /// What it is to be called.
        to: RemotePath,
    },
    /// Walk these and say how many files, directories and bytes there are. Changes nothing.
    Count(Vec<Item>),
    /// Delete these and all below them, never following links. Stops at the first refusal.
    DeleteTree(Vec<Item>),
    /// List these directories and all below them, never following links: [`crate::Event::Listed`] for each directory as the walk comes to it
    /// (a directory before what it holds, an empty one too), [`crate::Event::LeftOut`] for what could not be read. Items that are no
    /// directories are only counted.
    ListTree(Vec<Item>),
    /// Change the modes of these and of all below them, never those of links. A refusal that concerns one of them is
    /// reported as [`crate::Event::LeftOut`], and the walk goes on.
    ChangeModeTree {
        /// Where to begin.
        items: Vec<Item>,
        /// To what.
        modes: Modes,
    },
    /// SIZE.
    Size(RemotePath),
    /// MDTM.
    ModificationTime(RemotePath),
    /// MKD, and the directories above it that are missing (rule T12).
    MakeDirectories(RemotePath),
    /// RMDA: the server deletes a directory and all below it at once. Only where FEAT lists it; ask the person first, for
    /// there is no count and no way back.
    RemoveTree(RemotePath),
    /// CDUP, or `CWD ..`.
    ChangeToParent,
    /// MFMT or what the server has instead (rule T11).
    SetModificationTime {
        /// The file.
        path: RemotePath,
        /// Unix seconds, UTC.
        seconds: i64,
    },
    /// MFCT or MFF.
    SetCreationTime {
        /// The file.
        path: RemotePath,
        /// Unix seconds, UTC.
        seconds: i64,
    },
    /// MFF or SITE CHMOD.
    ChangeMode {
        /// The file or directory.
        path: RemotePath,
        /// Unix mode bits, the lower 12.
        mode: u16,
    },
    /// MFF or SITE CHGRP.
    ChangeGroup {
        /// The file or directory.
        path: RemotePath,
        /// Name or number of the group.
        group: Argument,
    },
    /// MLST, or CWD, SIZE and MDTM.
    Facts(RemotePath),
    /// A checksum that the server computes: HASH, XSHA512 and the like.
    Checksum {
        /// The file.
        path: RemotePath,
        /// How; `None`: the strongest that the server has.
        algorithm: Option<Algorithm>,
        /// Which bytes, the end not counted; `None`: all.
        range: Option<Range<u64>>,
    },
    /// AVBL, XQUOTA or SITE QUOTA; `None` is where the session stands.
    FreeSpace(Option<RemotePath>),
    /// DSIZ.
    DirectorySize(RemotePath),
    /// SITE SYMLINK.
    MakeLink {
        /// Where it leads.
        target: RemotePath,
        /// The link.
        path: RemotePath,
    },
    /// SITE CPFR and SITE CPTO.
    CopyOnServer {
        /// The file.
        from: RemotePath,
        /// Its copy.
        to: RemotePath,
    },
    /// HELP, of a command or in general.
    Help(Option<Argument>),
    /// STAT: of the session.
    ServerStatus,
    /// STAT of a path.
    StatusOf(RemotePath),
    /// SYST, once more.
    SystemType,
    /// FEAT, once more.
    Features,
    /// LANG: the language of replies; `None` is the server's own.
    SetLanguage(Option<Argument>),
    /// SMNT.
    Mount(Argument),
    /// ACCT with the site's account.
    Account,
    /// ALLO: room for so many bytes.
    Allocate(u64),
    /// REIN; the session logs in again, on a new connection.
    Reinitialize,
    /// What follows SITE.
    Site(TypedLine),
    /// A command line that a person typed. What would confuse the session is refused with what to use instead.
    Raw(TypedLine),
    /// Test the server in all that matters and report in plain words ([`crate::doctor`]); connects if there is no login. It
    /// changes nothing on the server, and ends well whatever it finds; ends the session if there is no connection in the end.
    Examine,
    /// A sign of life: NOOP, PWD and TYPE in turn (rule K2).
    KeepAlive,
    /// QUIT, politely, within 2 s.
    Disconnect,
}
