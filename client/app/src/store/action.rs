//! What can happen to the state, and what the state wants done in the world.

use super::browser::Go;
use super::dialog::{Choice, NewUpload};
use super::listing::Column;
use super::memory::{Memory, Theme};
use super::selection::{Grip, Step};
use super::site::Site;
use crate::protocol::{Bytes, Credential, FromWorker, JobId, Sink, ToWorker};

/// Something happened, or a person wants something. No `Debug`: one of them holds a password.
pub(crate) enum Action {
    /// The worker said something, at this time (milliseconds on a steady clock).
    Heard(Box<FromWorker>, u64),
    /// The worker cannot run, in the browser's words.
    WorkerFailed(String),
    /// Start the tunnel again.
    RetryRelay,
    /// Start it with this access token.
    ShowToken(String),
    /// Connect with this password.
    SignIn(Site, String),
    /// The answer to the session's question.
    Answer(Answer),
    /// Connect to the same again.
    Reconnect,
    /// Close the session.
    Disconnect,
    /// Go to a folder.
    Go(Go),
    /// Open a row that may be a folder.
    Enter(u32),
    /// A row was clicked.
    Grip(u32, Grip),
    /// A key moves the cursor.
    Step(Step, Grip),
    /// Turns the cursor's row over.
    ToggleCursor,
    /// Select everything shown.
    SelectAll,
    /// Select nothing.
    SelectNone,
    /// Type-ahead; `true` looks past the present row first.
    Seek(String, bool),
    /// A header was clicked.
    SortBy(Column),
    /// Names must hold this.
    FilterBy(String),
    /// Ask for a folder's name.
    AskNewFolder,
    /// Make it.
    NewFolder(String),
    /// Change the cursor's name in place.
    StartRename,
    /// To this.
    Rename(String),
    /// Leave the name.
    StopRename,
    /// Count and ask.
    AskDelete,
    /// Delete what was counted.
    Delete,
    /// Esc, or a dialog's safe button; stops what the dialog is doing.
    CloseDialog,
    /// Upload into the folder on the screen.
    Upload(Vec<NewUpload>),
    /// About the taken name; `true` for all that wait.
    Resolve(Choice, bool),
    /// Fetch files.
    Download(Vec<NewDownload>),
    /// Stop a transfer.
    StopJob(JobId),
    /// Try a failed one again.
    RetryJob(JobId),
    /// Take a finished one off the list.
    ForgetJob(JobId),
    /// Take all confirmed ones off the list.
    ForgetDone,
    /// Look at another part of the dock.
    ShowTab(Tab),
    /// Open or close the dock.
    OpenDock(bool),
    /// Its height in pixels.
    ResizeDock(u32),
    /// Light or dark.
    SetTheme(Theme),
    /// The card with this number was read.
    Dismiss(u32),
    /// Say this to those who listen.
    Announce(String),
}

/// The answer to a session's question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// Go on, this time.
    Once,
    /// Go on, and remember the key.
    Always,
    /// Stop.
    No,
}

/// A file to fetch. Its picked handle, if any, waits beside the store under the job's number.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct NewDownload {
    /// Its number.
    pub(crate) job: JobId,
    /// Its name.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: Bytes,
    /// Its size by the listing.
    pub(crate) size: Option<u64>,
    /// Where it goes.
    pub(crate) sink: Sink,
}

/// The parts of the dock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Tab {
    /// Waiting and running.
    Transfers,
    /// Failed.
    Failed,
    /// Confirmed.
    Done,
    /// The session log.
    #[default]
    Log,
}

impl Tab {
    /// Left to right.
    pub(crate) const ALL: [Tab; 4] = [Tab::Transfers, Tab::Failed, Tab::Done, Tab::Log];
}

/// What the state wants done. No `Debug`: one of them holds a password.
#[derive(Clone, PartialEq)]
pub(crate) enum Effect {
    /// Tell the worker; what travels beside is found by the job's number.
    Send(ToWorker),
    /// Start the tunnel, with what lets the page in: the runtime knows its address.
    StartTunnel(Option<Credential>),
    /// Hand the file that came with this job to the person, under this name.
    Save(JobId, String),
    /// What was held for this job is not needed any more.
    Release(JobId),
    /// Store it in the browser.
    Remember(Memory),
}
