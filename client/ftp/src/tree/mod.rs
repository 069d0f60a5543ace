//! Whole trees: down, up, and from one place on a server to another. Sans-IO, and one floor above [`crate::pool`]: a tree knows no
//! session and no job, but tells its driver which directory to list, which to make, and which file to move.
//!
//! # The contract
//!
//! 1. [`TreeTransfer::handle`] with one [`TreeInput`] and the present [`Time`]; [`TreeInput::Tick`] begins.
//! 2. [`TreeTransfer::poll`] until it returns [`TreeOutput::Wait`], and do each output in order. Requests go to the pool's browsing session,
//!    transfers to its queue; each ends once, cancelled or not.
//! 3. After [`TreeEvent::Ended`] nothing comes any more.
//!
//! # Rules
//!
//! - Breadth first and lazily: the first directory's files move while the second is not listed yet, and the walk stands still while
//!   [`LOOK_AHEAD`] files wait. No more than [`MOST_OPEN`] listings are held.
//! - Links are never followed (rule M12). A directory that does not call itself by the name that it was found under is one; what the
//!   user chose may lie behind one. So every directory that is gone into has a true path of its own, and none can be met twice; a
//!   server that lies about even that runs into [`MOST_LEVELS`], and `unique` facts show loops earlier.
//! - A directory is made before what it holds; that it is there is no error (rule T12). Its target is listed once, if it was there, and each
//!   conflict is decided by [`crate::conflict::decide`]. Where the target cannot be listed in full, nothing is put into it.
//! - Names that cannot be written here are reported (rule T14), and so are two names that would become one file: the second never overwrites
//!   the first.
//! - What fails is reported, counted and left; the rest goes on.

mod copy;
mod execution;
mod feed;
mod folder;
mod io;
mod local;
mod results;
mod settings;
mod summary;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use copy::{CopyWay, cannot_copy, copy_way, may_copy};
pub use execution::{Execution, ExecutionSettings};
pub use io::{
    Answer, AskId, FileEnd, FileTransfer, Listing, LocalAsk, LocalEntry, LocalFile, LocalPath, Place,
    Question, TreeEvent, TreeInput, TreeOutput, Why,
};
pub use local::{LocalKind, LocalNameError, MOST_LOCAL_NAME, Unfit, folded, local_name};
pub use settings::TreeSettings;
pub use summary::{Counts, MOST_REPORTED, Summary};

use crate::conflict::AskReason;
use crate::entry::Entry;
use crate::error::Error;
use crate::io::Time;
use crate::path::{PathSyntax, RemotePath};
use crate::request::Request;
use crate::unique::Uniques;
use feed::{Doubt, File};
use folder::{Folder, Lineage, Row, Stage};

/// Files that may be under way or wait in the pool's queue; the walk stands still meanwhile.
pub const LOOK_AHEAD: usize = 1_000;

/// Directories that are listed, or whose rows are given out, at a time.
pub const MOST_OPEN: usize = 3;

/// Directories that may wait for their turn.
pub const MOST_FOLDERS: usize = 1_000_000;

/// Bytes of their paths, on both sides. A server makes up names and depths as it likes, and each that waits holds its whole path.
pub const MOST_PATHS: usize = 256 << 20;

/// Directories below each other: past it a tree is taken for a loop.
pub const MOST_LEVELS: usize = 128;

/// Conflicts that may wait for a person; the walk stands still at that number.
pub const MOST_DOUBTS: usize = 1_000;

/// Times that a request is tried whose connection was lost.
pub const ASK_TRIES: u32 = 3;

/// Copies that a server may refuse, with whatever words, before all go through the client. Not for one that has made any.
pub const COPY_REFUSALS: u32 = 3;

/// Milliseconds between two reports of progress.
pub const PROGRESS_EVERY: u64 = 250;

/// From where to where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Download,
    Upload,
    Copy,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Fresh,
    Counting,
    Working,
    Over,
}

/// What an answer will be for.
enum Pending {
    /// A step of this open directory.
    Folder(u64),
    /// A copy that the server makes.
    Copy(File),
    /// A transfer.
    Move(File),
    /// The first half of a copy through the client.
    Fetch(File),
    /// The second, from this scratch file.
    Store(File, AskId),
}

/// A tree on its way.
pub struct TreeTransfer {
    way: Way,
    settings: TreeSettings,
    /// The target does.
    ignores_case: bool,
    now: Time,
    outputs: VecDeque<TreeOutput>,
    next: u64,
    phase: Phase,
    /// What the user chose, and where it is to go.
    root: (Place, Place, Vec<Row>),
    waiting: VecDeque<Folder>,
    /// Bytes of their paths.
    waiting_bytes: usize,
    open: BTreeMap<u64, Folder>,
    /// Those of which all is given out but what somebody is asked about.
    parked: BTreeMap<u64, Folder>,
    pending: BTreeMap<AskId, Pending>,
    /// Files that were given out and have not ended.
    files: usize,
    /// Those of them that have to be given out again.
    again: VecDeque<File>,
    doubts: VecDeque<Doubt>,
    /// The question about the first doubt.
    asked: Option<AskId>,
    rules: Vec<(AskReason, Answer)>,
    /// Copies that the server has refused, until it has made one.
    copies_refused: Option<u32>,
    uniques: Uniques,
    /// While counting.
    counted: Counts,
    summary: Summary,
    told: (Time, Counts),
    paused: bool,
    held: bool,
    cancelled: bool,
}

impl TreeTransfer {
    /// Entries of a directory on the server, to come into a directory here, which is there.
    #[must_use]
    pub fn download(
        from: RemotePath,
        entries: Vec<Entry>,
        to: LocalPath,
        settings: TreeSettings,
    ) -> TreeTransfer {
        let rows = entries.into_iter().map(Row::from).collect();
        TreeTransfer::new(Way::Download, (Place::Remote(from), Place::Local(to), rows), settings)
    }

    /// Entries of a directory here, to go into a directory on the server, which is made if it is missing.
    #[must_use]
    pub fn upload(
        from: LocalPath,
        entries: Vec<LocalEntry>,
        to: RemotePath,
        settings: TreeSettings,
    ) -> TreeTransfer {
        let rows = entries.into_iter().map(Row::from).collect();
        TreeTransfer::new(Way::Upload, (Place::Local(from), Place::Remote(to), rows), settings)
    }

    /// Entries of a directory on the server, to be copied into another one there, which is made if it is missing.
    ///
    /// # Errors
    /// The first directory that would be copied into itself.
    pub fn copy(
        from: RemotePath,
        entries: Vec<Entry>,
        to: RemotePath,
        settings: TreeSettings,
    ) -> Result<TreeTransfer, RemotePath> {
        let itself = entries
            .iter()
            .filter(|entry| entry.kind == crate::entry::EntryKind::Directory)
            .map(|entry| from.join(&entry.name))
            .find(|directory| !may_copy(directory, &to));
        if let Some(directory) = itself {
            return Err(directory);
        }
        let rows = entries.into_iter().map(Row::from).collect();
        Ok(TreeTransfer::new(Way::Copy, (Place::Remote(from), Place::Remote(to), rows), settings))
    }

    fn new(way: Way, root: (Place, Place, Vec<Row>), settings: TreeSettings) -> TreeTransfer {
        let ignores_case = settings.ignores_case.unwrap_or(match &root.1 {
            Place::Remote(path) => path.syntax() != PathSyntax::Unix,
            Place::Local(_) => settings.local != LocalKind::Unix,
        });
        TreeTransfer {
            way,
            settings,
            ignores_case,
            now: Time::default(),
            outputs: VecDeque::new(),
            next: 0,
            phase: Phase::Fresh,
            root,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            open: BTreeMap::new(),
            parked: BTreeMap::new(),
            pending: BTreeMap::new(),
            files: 0,
            again: VecDeque::new(),
            doubts: VecDeque::new(),
            asked: None,
            rules: Vec::new(),
            copies_refused: Some(0),
            uniques: Uniques::default(),
            counted: Counts::default(),
            summary: Summary::default(),
            told: (Time::default(), Counts::default()),
            paused: false,
            held: false,
            cancelled: false,
        }
    }

    /// Takes one input: exactly one mutation. Drain [`TreeTransfer::poll`] afterwards.
    pub fn handle(&mut self, now: Time, input: TreeInput) {
        self.now = self.now.max(now);
        if self.phase == Phase::Over {
            return;
        }
        match input {
            TreeInput::Listed(id, result) => self.listed(id, result),
            TreeInput::Done(id, result) => self.done(id, result),
            TreeInput::Ended(id, end) => self.ended(id, end),
            TreeInput::Answer(id, answer, all) => self.answer(id, answer, all),
            TreeInput::Pause(paused) => self.pause(paused),
            TreeInput::Cancel => self.cancel(),
            TreeInput::Tick => {}
        }
        self.schedule();
    }

    /// What is to be done next; [`TreeOutput::Wait`] is the last of a drain.
    pub fn poll(&mut self) -> TreeOutput {
        self.outputs.pop_front().unwrap_or(TreeOutput::Wait(None))
    }

    /// Files that were given out and have not ended: never more than [`LOOK_AHEAD`].
    #[must_use]
    pub fn files_ahead(&self) -> usize {
        self.files
    }

    fn schedule(&mut self) {
        if self.phase == Phase::Fresh {
            self.begin(if self.settings.count_first { Phase::Counting } else { Phase::Working });
        }
        if !self.paused && !self.cancelled {
            while let Some(file) = self.again.pop_front() {
                self.send(file);
            }
            loop {
                let fed = self.feed();
                if !self.open_next() && !fed {
                    break;
                }
            }
            self.question();
        }
        self.progress();
        let idle = self.pending.is_empty() && self.again.is_empty() && self.doubts.is_empty();
        if !idle || !self.waiting.is_empty() || !self.open.is_empty() {
            return;
        }
        if self.phase == Phase::Counting && !self.cancelled {
            self.tell(TreeEvent::Counted(self.counted));
            self.begin(Phase::Working);
            return self.schedule();
        }
        self.phase = Phase::Over;
        self.summary.cancelled = self.cancelled;
        let summary = std::mem::take(&mut self.summary);
        self.tell(TreeEvent::Ended(summary));
    }

    fn begin(&mut self, phase: Phase) {
        self.phase = phase;
        let (source, target, rows) = &self.root;
        let exists = (self.way == Way::Download).then_some(true);
        let lineage = Arc::new(Lineage { unique: None, above: None });
        let mut root = Folder::new(source.clone(), target.clone(), 0, lineage, exists);
        let rows = if phase == Phase::Counting { rows.clone() } else { std::mem::take(&mut self.root.2) };
        root.sourced(rows, phase == Phase::Counting);
        let id = self.number();
        self.open.insert(id, root);
    }

    /// Takes up directories that wait, and asks what comes next for those that are open. Says whether something changed.
    fn open_next(&mut self) -> bool {
        let mut changed = false;
        while self.open.len() < MOST_OPEN
            && self.may_feed()
            && let Some(folder) = self.waiting.pop_front()
        {
            self.waiting_bytes = self.waiting_bytes.saturating_sub(folder.bytes());
            let id = self.number();
            self.open.insert(id, folder);
            changed = true;
        }
        let next: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, folder)| folder.asked.is_none() && folder.stage != Stage::Feeding)
            .map(|(id, _)| *id)
            .collect();
        for id in next {
            self.ask(id);
        }
        changed
    }

    fn ask(&mut self, id: u64) {
        let ask = AskId(self.number());
        let Some(folder) = self.open.get_mut(&id) else { return };
        let (place, make) = match folder.stage {
            Stage::Source => (&folder.source, false),
            Stage::Make => (&folder.target, true),
            Stage::Target => (&folder.target, false),
            Stage::Feeding => return,
        };
        let output = match (place.clone(), make) {
            (Place::Remote(path), false) => TreeOutput::Ask(ask, Request::List(Some(path))),
            (Place::Remote(path), true) => TreeOutput::Ask(ask, Request::MakeDirectories(path)),
            (Place::Local(path), false) => TreeOutput::Local(ask, LocalAsk::List(path)),
            (Place::Local(path), true) => TreeOutput::Local(ask, LocalAsk::MakeDirectory(path)),
        };
        folder.asked = Some(ask);
        self.pending.insert(ask, Pending::Folder(id));
        self.outputs.push_back(output);
    }

    fn pause(&mut self, paused: bool) {
        self.paused = paused;
        if self.held != paused {
            self.held = paused;
            let moves = |pending: &Pending| !matches!(pending, Pending::Folder(_) | Pending::Copy(_));
            let held = self.pending.iter().filter(|(_, pending)| moves(pending)).map(|(id, _)| *id);
            self.outputs.extend(held.map(|id| TreeOutput::Hold(id, paused)));
        }
    }

    fn cancel(&mut self) {
        if std::mem::replace(&mut self.cancelled, true) {
            return;
        }
        self.outputs.extend(self.pending.keys().map(|id| TreeOutput::Cancel(*id)));
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.open.clear();
        self.parked.clear();
        self.doubts.clear();
        self.asked = None;
        for file in std::mem::take(&mut self.again) {
            self.end_file(&file, Err(Why::Cancelled));
        }
    }

    /// There is no connection.
    fn stall(&mut self, error: Error) {
        if !std::mem::replace(&mut self.paused, true) {
            self.tell(TreeEvent::Stalled(error));
        }
    }

    fn progress(&mut self) {
        let counting = self.phase == Phase::Counting;
        let counts = if counting { self.counted } else { self.summary.counts };
        let (at, told) = self.told;
        if counts != told && self.now >= at.after(PROGRESS_EVERY) {
            self.told = (self.now, counts);
            self.tell(match counting {
                true => TreeEvent::Counting(counts),
                false => TreeEvent::Progressed(counts),
            });
        }
    }

    /// Leaves something out.
    fn leave(&mut self, place: &Place, why: Why) {
        if self.phase == Phase::Counting {
            match why.is_failure() {
                true => self.counted.failed += 1,
                false => self.counted.skipped += 1,
            }
            return;
        }
        self.summary.leave(place, &why);
        self.tell(TreeEvent::LeftOut(place.clone(), why));
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn tell(&mut self, event: TreeEvent) {
        self.outputs.push_back(TreeOutput::Event(event));
    }
}
