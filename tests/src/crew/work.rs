//! A tree on its way, and what it has asked for.

use super::folder::Folder;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::sync::oneshot;
use towpath_ftp::tree::{AskId, Execution, LocalFile, Summary, TreeInput, TreeOutput, TreeTransfer};
use towpath_ftp::{Error, JobId, RequestId, Time};

/// What became of a tree.
#[derive(Debug, Default)]
pub struct TreeReport {
    /// What the engine says of it.
    pub summary: Summary,
    /// Files here whose names are no text, so that nothing could be done with them.
    pub unnamed: Vec<PathBuf>,
    /// What stopped it before its end: no connection that would stand, or a full disk on the server.
    pub stopped: Option<Error>,
}

impl TreeReport {
    /// Whether all that was wanted is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.summary.is_whole() && self.unnamed.is_empty() && self.stopped.is_none()
    }
}

/// Either machine of the engine.
pub(super) enum Machine {
    Tree(Box<TreeTransfer>),
    Plan(Box<Execution>),
}

impl Machine {
    pub(super) fn poll(&mut self) -> TreeOutput {
        match self {
            Machine::Tree(tree) => tree.poll(),
            Machine::Plan(plan) => plan.poll(),
        }
    }
}

/// What an ask of the tree has become.
#[derive(Clone, Copy)]
pub(super) enum Open {
    Request(RequestId),
    Job(JobId),
}

/// A tree.
pub(super) struct Work {
    pub(super) machine: Machine,
    pub(super) folder: Folder,
    pub(super) open: BTreeMap<AskId, Open>,
    pub(super) report: TreeReport,
    pub(super) reply: Option<oneshot::Sender<TreeReport>>,
    /// Files between the two halves of copies.
    scratch: Option<TempDir>,
}

impl Work {
    pub(super) fn new(machine: Machine, folder: Folder, reply: oneshot::Sender<TreeReport>) -> Work {
        let (open, report) = (BTreeMap::new(), TreeReport::default());
        Work { machine, folder, open, report, reply: Some(reply), scratch: None }
    }

    /// One input.
    pub(super) fn hear(&mut self, now: Time, input: TreeInput) {
        if let TreeInput::Listed(ask, _) | TreeInput::Done(ask, _) | TreeInput::Ended(ask, _) = &input {
            self.open.remove(ask);
        }
        match &mut self.machine {
            Machine::Tree(tree) => tree.handle(now, input),
            Machine::Plan(plan) => plan.handle(now, input),
        }
    }

    /// Where a transfer's file is.
    pub(super) fn path(&mut self, file: &LocalFile) -> io::Result<PathBuf> {
        match file {
            LocalFile::At(place) => self.folder.resolve(place),
            LocalFile::Scratch(id) => {
                let directory = match self.scratch.take() {
                    Some(directory) => directory,
                    None => tempfile::Builder::new().prefix("towpath-copy-").tempdir()?,
                };
                let path = directory.path().join(id.0.to_string());
                self.scratch = Some(directory);
                Ok(path)
            }
        }
    }

    /// A scratch file has done its work, or was never made.
    pub(super) fn discard(&mut self, id: AskId) {
        if let Ok(path) = self.path(&LocalFile::Scratch(id)) {
            // What stays goes with the directory.
            let _ = std::fs::remove_file(path);
        }
    }
}
