//! What a session can be asked to do.

use crate::io::JobId;
use crate::path::RemotePath;

/// A request's number, chosen by whoever asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u32);

/// Something to delete or to count: a path and whether it is a directory to descend into. A symbolic link is never
/// a directory here, whatever it points to (rule M12).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Where it is.
    pub path: RemotePath,
    /// Whether to descend.
    pub directory: bool,
}

/// Imperatives. All but [`Request::Connect`] fail with [`crate::ErrorKind::NotConnected`] on a session without a login.
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
    },
    /// Store a job's file on the server.
    Upload {
        /// The file on the driver's side.
        job: JobId,
        /// The file on the server.
        path: RemotePath,
        /// Its size, where known: what has to arrive.
        size: Option<u64>,
        /// Where to go on; sent as REST.
        offset: u64,
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
    /// Delete these and all below them, never following links.
    DeleteTree(Vec<Item>),
    /// SIZE.
    Size(RemotePath),
    /// MDTM.
    ModificationTime(RemotePath),
    /// NOOP: a sign of life.
    KeepAlive,
    /// QUIT, politely, within 2 s.
    Disconnect,
}
