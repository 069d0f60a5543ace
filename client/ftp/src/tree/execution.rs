//! A synchronisation plan, done: directories first, then transfers, deletions last. The dry run is the plan itself ([`crate::sync::plan`]).
//!
//! The same inputs and outputs as a [`super::TreeTransfer`]; nothing is listed and nothing asked, for all was decided in the plan. A
//! deletion is only made if everything before it went well, or the caller allows it: where a transfer failed, what is to be deleted may be the
//! only copy.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::charset::Charset;
use crate::error::{Error, ErrorKind};
use crate::io::{Direction, Time};
use crate::path::RemotePath;
use crate::request::Request;
use crate::sync::{Action, ActionKind, Plan, RelativePath};

use super::io::{
    AskId, FileEnd, FileTransfer, LocalAsk, LocalFile, LocalPath, Place, TreeEvent, TreeInput, TreeOutput,
    Why,
};
use super::local::{LocalKind, Unfit, local_name};
use super::summary::{Counts, Summary};
use super::{ASK_TRIES, LOOK_AHEAD, PROGRESS_EVERY};

/// How a plan is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExecutionSettings {
    /// The root on the server.
    pub remote: RemotePath,
    /// The root here.
    pub local: LocalPath,
    /// How the server's names read, and those that the plan has for files here.
    pub charset: Charset,
    /// Where files are written here.
    pub kind: LocalKind,
    /// Delete even if something before has failed.
    pub delete_after_failures: bool,
}

/// What runs.
enum Running {
    /// Something that is asked: directories and deletions, one after the other.
    Step(Action, u32),
    /// A transfer.
    Move(Action),
}

/// A plan on its way.
pub struct Execution {
    settings: ExecutionSettings,
    directories: VecDeque<Action>,
    transfers: VecDeque<Action>,
    deletions: VecDeque<Action>,
    running: BTreeMap<AskId, Running>,
    /// A step that has to be sent again.
    again: Option<(Action, u32)>,
    /// Directories that could not be made, by side (`true`: on the server). Nothing goes into them.
    missing: BTreeSet<(bool, RelativePath)>,
    outputs: VecDeque<TreeOutput>,
    next: u64,
    now: Time,
    told: (Time, Counts),
    summary: Summary,
    paused: bool,
    held: bool,
    cancelled: bool,
    over: bool,
}

impl Execution {
    /// A plan to be done; [`TreeInput::Tick`] begins. Conflicts and what the plan skips stay as they are.
    #[must_use]
    pub fn new(plan: Plan, settings: ExecutionSettings) -> Execution {
        let mut execution = Execution {
            settings,
            directories: VecDeque::new(),
            transfers: VecDeque::new(),
            deletions: VecDeque::new(),
            running: BTreeMap::new(),
            again: None,
            missing: BTreeSet::new(),
            outputs: VecDeque::new(),
            next: 0,
            now: Time::default(),
            told: (Time::default(), Counts::default()),
            summary: Summary::default(),
            paused: false,
            held: false,
            cancelled: false,
            over: false,
        };
        for action in plan.actions {
            use ActionKind as A;
            match action.kind {
                A::MakeLocalDirectory | A::MakeRemoteDirectory => execution.directories.push_back(action),
                A::Upload | A::Download => execution.transfers.push_back(action),
                kind if kind.is_deletion() => execution.deletions.push_back(action),
                _ => {}
            }
        }
        execution
    }

    /// Takes one input: exactly one mutation. Drain [`Execution::poll`] afterwards.
    pub fn handle(&mut self, now: Time, input: TreeInput) {
        self.now = self.now.max(now);
        if self.over {
            return;
        }
        match input {
            TreeInput::Done(id, result) => self.done(id, result),
            TreeInput::Ended(id, end) => self.ended(id, end),
            TreeInput::Pause(paused) => self.pause(paused),
            TreeInput::Cancel => {
                if !std::mem::replace(&mut self.cancelled, true) {
                    self.outputs.extend(self.running.keys().map(|id| TreeOutput::Cancel(*id)));
                    self.again = None;
                }
            }
            // Nothing is listed and nobody is asked.
            TreeInput::Listed(..) | TreeInput::Answer(..) | TreeInput::Tick => {}
        }
        self.schedule();
    }

    /// What is to be done next; [`TreeOutput::Wait`] is the last of a drain.
    pub fn poll(&mut self) -> TreeOutput {
        self.outputs.pop_front().unwrap_or(TreeOutput::Wait(None))
    }

    fn schedule(&mut self) {
        if !self.paused && !self.cancelled {
            self.steps();
        }
        let (at, told) = self.told;
        let counts = self.summary.counts;
        if counts != told && self.now >= at.after(PROGRESS_EVERY) {
            self.told = (self.now, counts);
            self.outputs.push_back(TreeOutput::Event(TreeEvent::Progressed(counts)));
        }
        let left = self.directories.len() + self.transfers.len() + self.deletions.len();
        let waits = self.again.is_some() || (left > 0 && !self.cancelled);
        if self.running.is_empty() && !waits {
            self.over = true;
            self.summary.cancelled = self.cancelled;
            let summary = std::mem::take(&mut self.summary);
            self.outputs.push_back(TreeOutput::Event(TreeEvent::Ended(summary)));
        }
    }

    /// Begins what may begin.
    fn steps(&mut self) {
        if let Some((action, tries)) = self.again.take() {
            self.step(action, tries);
        }
        while self.running.is_empty()
            && let Some(action) = self.directories.pop_front()
        {
            self.step(action, 0);
        }
        if !self.directories.is_empty()
            || self.running.values().any(|running| matches!(running, Running::Step(..)))
        {
            return;
        }
        while self.running.len() < LOOK_AHEAD
            && let Some(action) = self.transfers.pop_front()
        {
            self.transfer(action);
        }
        while self.running.is_empty()
            && let Some(action) = self.deletions.pop_front()
        {
            if self.summary.counts.failed > 0 && !self.settings.delete_after_failures {
                self.leave(&action, Why::Blocked);
                continue;
            }
            self.step(action, 0);
        }
    }

    /// A directory to make or something to delete.
    fn step(&mut self, action: Action, tries: u32) {
        use ActionKind as A;
        let remote =
            matches!(action.kind, A::MakeRemoteDirectory | A::DeleteRemoteFile | A::DeleteRemoteDirectory);
        if self.is_blocked(&action, remote) {
            self.missing.insert((remote, action.path.clone()));
            return self.leave(&action, Why::Blocked);
        }
        self.next += 1;
        let id = AskId(self.next);
        let output = if remote {
            let path = action.path.under(&self.settings.remote);
            TreeOutput::Ask(
                id,
                match action.kind {
                    A::DeleteRemoteFile => Request::DeleteFile(path),
                    A::DeleteRemoteDirectory => Request::RemoveDirectory(path),
                    _ => Request::MakeDirectories(path),
                },
            )
        } else {
            let path = match self.local(&action.path) {
                Ok(path) => path,
                Err(why) => {
                    self.missing.insert((false, action.path.clone()));
                    return self.leave(&action, why);
                }
            };
            TreeOutput::Local(
                id,
                match action.kind {
                    A::DeleteLocalFile => LocalAsk::DeleteFile(path),
                    A::DeleteLocalDirectory => LocalAsk::RemoveDirectory(path),
                    _ => LocalAsk::MakeDirectory(path),
                },
            )
        };
        self.outputs.push_back(output);
        self.running.insert(id, Running::Step(action, tries));
    }

    fn transfer(&mut self, action: Action) {
        let upload = action.kind == ActionKind::Upload;
        if self.is_blocked(&action, upload) {
            return self.leave(&action, Why::Blocked);
        }
        let local = match self.local(&action.path) {
            Ok(local) => local,
            Err(why) => return self.leave(&action, why),
        };
        self.next += 1;
        let id = AskId(self.next);
        let transfer = FileTransfer {
            direction: if upload { Direction::Upload } else { Direction::Download },
            remote: action.path.under(&self.settings.remote),
            local: LocalFile::At(local),
            size: action.bytes,
            offset: 0,
            modified: action.modified,
            overwrite: action.reason != crate::sync::Reason::Missing,
        };
        self.outputs.push_back(TreeOutput::Transfer(id, transfer));
        self.running.insert(id, Running::Move(action));
    }

    fn done(&mut self, id: AskId, result: Result<(), Error>) {
        if !matches!(self.running.get(&id), Some(Running::Step(..))) {
            return;
        }
        let Some(Running::Step(action, tries)) = self.running.remove(&id) else { return };
        use ActionKind as A;
        let error = match result {
            Ok(()) => {
                let counts = &mut self.summary.counts;
                match action.kind {
                    A::DeleteLocalFile | A::DeleteRemoteFile => counts.files += 1,
                    _ => counts.directories += 1,
                }
                return;
            }
            Err(error) => error,
        };
        let passing = matches!(error.kind, ErrorKind::Lost | ErrorKind::Timeout | ErrorKind::Transient);
        // What was deleted twice is refused the second time: only what makes directories can be sent again.
        let repeats = matches!(action.kind, A::MakeLocalDirectory | A::MakeRemoteDirectory);
        if !self.cancelled {
            if error.kind == ErrorKind::NotConnected {
                self.again = Some((action, tries));
                self.paused = true;
                return self.outputs.push_back(TreeOutput::Event(TreeEvent::Stalled(error)));
            }
            if passing && repeats && tries + 1 < ASK_TRIES {
                self.again = Some((action, tries + 1));
                return;
            }
        }
        if repeats {
            self.missing.insert((action.kind == A::MakeRemoteDirectory, action.path.clone()));
        }
        self.leave(&action, Why::Failed(error));
    }

    fn ended(&mut self, id: AskId, end: FileEnd) {
        if !matches!(self.running.get(&id), Some(Running::Move(_))) {
            return;
        }
        let Some(Running::Move(action)) = self.running.remove(&id) else { return };
        match end {
            FileEnd::Done(bytes) => {
                let counts = &mut self.summary.counts;
                counts.files += 1;
                counts.bytes = counts.bytes.saturating_add(bytes);
            }
            FileEnd::Failed(error) => self.leave(&action, Why::Failed(error)),
            FileEnd::Cancelled => self.leave(&action, Why::Cancelled),
        }
    }

    fn pause(&mut self, paused: bool) {
        self.paused = paused;
        if self.held != paused {
            self.held = paused;
            let moves = self.running.iter().filter(|(_, running)| matches!(running, Running::Move(_)));
            self.outputs.extend(moves.map(|(id, _)| TreeOutput::Hold(*id, paused)));
        }
    }

    /// Whether a directory above could not be made on the side where this goes.
    fn is_blocked(&self, action: &Action, remote: bool) -> bool {
        if self.missing.is_empty() {
            return false;
        }
        let above = std::iter::successors(action.path.parent(), RelativePath::parent);
        above.into_iter().any(|path| self.missing.contains(&(remote, path)))
    }

    /// A path here. Names were read from one of the two sides, so each is looked at again (rule T14).
    fn local(&self, path: &RelativePath) -> Result<LocalPath, Why> {
        path.names().iter().try_fold(self.settings.local.clone(), |place, name| {
            let decoded = self.settings.charset.decode(name.as_bytes());
            let name = local_name(&decoded.text, decoded.exact, self.settings.kind, Unfit::Refuse);
            Ok(place.join(name.map_err(Why::Name)?))
        })
    }

    fn leave(&mut self, action: &Action, why: Why) {
        let place = Place::Remote(action.path.under(&self.settings.remote));
        self.summary.leave(&place, &why);
        self.outputs.push_back(TreeOutput::Event(TreeEvent::LeftOut(place, why)));
    }
}
