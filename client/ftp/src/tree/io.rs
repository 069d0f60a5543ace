//! A tree's contract with its driver: what goes in, what comes out.

use std::fmt;

use crate::conflict::{AskReason, Side, SkipReason};
use crate::entry::{Entry, Modified};
use crate::error::Error;
use crate::io::{Direction, JobId, Time};
use crate::path::RemotePath;
use crate::pool::{Job, Offset};
use crate::request::Request;

use super::local::LocalNameError;
use super::summary::{Counts, Summary};

/// Something that was asked of the driver, or of a person through it. Chosen by the tree, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AskId(pub u64);

/// A place on our side: names below a directory that the driver knows. Each is one component that [`super::local_name`] let pass, or
/// came from the driver itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct LocalPath(pub Vec<String>);

impl LocalPath {
    /// The place of a child.
    #[must_use]
    pub fn join(&self, name: impl Into<String>) -> LocalPath {
        let mut names = self.0.clone();
        names.push(name.into());
        LocalPath(names)
    }
}

/// A place on either side.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// On the server.
    Remote(RemotePath),
    /// Here.
    Local(LocalPath),
}

impl fmt::Display for Place {
    /// For eyes only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Remote(path) => path.fmt(f),
            Place::Local(path) => f.write_str(&path.0.join("/")),
        }
    }
}

/// Something in a directory of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalEntry {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub side: Side,
}

/// What a directory holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listing {
    /// One on the server.
    Remote {
        /// Its true path, as [`crate::Outcome::Listing`] says it.
        path: RemotePath,
        /// All its rows.
        entries: Vec<Entry>,
        /// The server left rows out (rule M7).
        truncated: bool,
    },
    /// One of ours.
    Local(Vec<LocalEntry>),
}

/// What a driver tells a tree.
#[derive(Debug)]
pub enum TreeInput {
    /// A directory was listed: the end of a [`Request::List`] or [`LocalAsk::List`].
    Listed(AskId, Result<Listing, Error>),
    /// Any other request or local ask has ended.
    Done(AskId, Result<(), Error>),
    /// A transfer has ended.
    Ended(AskId, FileEnd),
    /// A person's answer to a question; `true`: and to all questions for the same reason from now on.
    Answer(AskId, Answer, bool),
    /// Nothing more is begun and transfers are held (`true`), or all goes on.
    Pause(bool),
    /// It is no longer wanted. What runs is broken off; what is done stays.
    Cancel,
    /// Begin, or only time has passed.
    Tick,
}

/// How a file's transfer ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileEnd {
    /// Well, with so many bytes moved.
    Done(u64),
    /// For good, after all tries of the pool.
    Failed(Error),
    /// A person did not want it.
    Cancelled,
}

/// What a person says of a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// Replace what is there. Never a directory by a file or the reverse: that is reported as failed.
    Overwrite,
    /// Go on where it ends.
    Resume,
    /// Use another name.
    Rename,
    /// Leave it.
    Skip,
}

/// What a tree tells its driver.
#[derive(Clone, PartialEq, Debug)]
#[must_use = "an output that is not done stalls the tree"]
pub enum TreeOutput {
    /// Ask the server, as [`crate::pool::PoolInput::Ask`] does. It ends in one [`TreeInput::Listed`] or [`TreeInput::Done`].
    Ask(AskId, Request),
    /// Do this here. It ends likewise.
    Local(AskId, LocalAsk),
    /// Transfer a file, as a job of the pool. It ends in one [`TreeInput::Ended`].
    Transfer(AskId, FileTransfer),
    /// This is no longer wanted, whatever it is; it ends all the same.
    Cancel(AskId),
    /// This transfer waits (`true`) or may go on.
    Hold(AskId, bool),
    /// A scratch file is no longer needed.
    Discard(AskId),
    /// Tell whoever is interested.
    Event(TreeEvent),
    /// Nothing more to do until an input comes. Always the last of a drain.
    Wait(Option<Time>),
}

/// Something to be done on our side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LocalAsk {
    /// List a directory.
    List(LocalPath),
    /// Make a directory; that it is there is no error.
    MakeDirectory(LocalPath),
    /// Delete a file.
    DeleteFile(LocalPath),
    /// Delete an empty directory.
    RemoveDirectory(LocalPath),
}

/// The end of a transfer that is not the server's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LocalFile {
    /// A file.
    At(LocalPath),
    /// A scratch file between a download and an upload, until [`TreeOutput::Discard`].
    Scratch(AskId),
}

/// One file to move.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileTransfer {
    /// Which way.
    pub direction: Direction,
    /// The file on the server.
    pub remote: RemotePath,
    /// The file here.
    pub local: LocalFile,
    /// Bytes of the source, where known.
    pub size: Option<u64>,
    /// Bytes that the target has and keeps.
    pub offset: u64,
    /// When the source was modified.
    pub modified: Option<Modified>,
    /// Something is there and is replaced.
    pub overwrite: bool,
}

impl FileTransfer {
    /// The pool's job for it, with the default options.
    #[must_use]
    pub fn job(&self, id: JobId) -> Job {
        let job = Job::new(id, self.direction, self.remote.clone(), self.size);
        Job { offset: Offset::At(self.offset), ..job }
    }
}

/// What a tree tells its user. Past tense.
#[derive(Clone, PartialEq, Debug)]
pub enum TreeEvent {
    /// Counting has come so far.
    Counting(Counts),
    /// All is counted, and the work begins.
    Counted(Counts),
    /// The work has come so far; at most every [`super::PROGRESS_EVERY`] milliseconds.
    Progressed(Counts),
    /// A person must decide; [`TreeInput::Answer`] follows. The rest goes on meanwhile, as far as it can.
    Asked(AskId, Question),
    /// Something was left out.
    LeftOut(Place, Why),
    /// There is no connection to go on with: the tree has paused itself.
    Stalled(Error),
    /// It is over.
    Ended(Summary),
}

/// A conflict that a person has to decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// What is to be transferred.
    pub source: Place,
    /// What is known of it.
    pub from: Side,
    /// Its place, which is taken.
    pub target: Place,
    /// By this.
    pub there: Side,
    /// Why it is asked.
    pub reason: AskReason,
}

/// Why something was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// It is there already, by the policy or a person's word.
    Exists(SkipReason),
    /// A link: not followed (rule M12). Some are called directories and show what they are only when they are listed.
    Link,
    /// A device, socket or the like.
    Special,
    /// A directory that is one of those above it.
    Loop,
    /// It lies deeper than [`super::MOST_LEVELS`].
    TooDeep,
    /// More directories wait than [`super::MOST_FOLDERS`], or their paths are longer than [`super::MOST_PATHS`].
    TooMany,
    /// Its name cannot be written here.
    Name(LocalNameError),
    /// Its name cannot be sent to this server.
    Unsendable,
    /// Something else of the same directory has this name on the other side.
    Clash,
    /// A directory, link or device is in the place of a file or the reverse, and cannot be replaced.
    InPlace(AskReason),
    /// What is there is no part of it.
    CannotResume,
    /// No name is free.
    NoName,
    /// The server did not list all of this directory (rule M7); what it listed was taken.
    Truncated,
    /// The directory that it belongs in could not be made, or something before it failed.
    Blocked,
    /// It was cancelled.
    Cancelled,
    /// It failed.
    Failed(Error),
}

impl Why {
    /// Whether something is missing that was wanted: else it was left out by a rule.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        !matches!(self, Why::Exists(_) | Why::Link | Why::Special)
    }
}
