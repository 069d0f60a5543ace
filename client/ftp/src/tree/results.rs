//! What comes of what was asked.

use crate::conflict::Policy;
use crate::error::{Error, ErrorKind, Stage as ErrorStage};

use super::copy::{CopyWay, cannot_copy};
use super::feed::File;
use super::folder::{Folder, Stage, Taken};
use super::io::{AskId, FileEnd, Listing, Place, TreeOutput, Why};
use super::{ASK_TRIES, COPY_REFUSALS, Pending, Phase, TreeTransfer};

/// What an error means for a request that could be sent again.
enum Verdict {
    /// It may pass by itself.
    Again,
    /// A person has to look after the connection.
    Stalled,
    /// It stands.
    Final,
}

fn verdict(error: &Error, tries: u32) -> Verdict {
    match error.kind {
        ErrorKind::NotConnected | ErrorKind::Credentials | ErrorKind::NotAccepted | ErrorKind::Limit => {
            Verdict::Stalled
        }
        ErrorKind::Lost | ErrorKind::Timeout | ErrorKind::Incomplete | ErrorKind::Transient
            if tries < ASK_TRIES =>
        {
            Verdict::Again
        }
        _ => Verdict::Final,
    }
}

impl TreeTransfer {
    pub(super) fn listed(&mut self, id: AskId, result: Result<Listing, Error>) {
        let Some((number, mut folder)) = self.folder(id) else { return };
        let listing = match result {
            Ok(listing) => listing,
            Err(error) => return self.step_failed(number, folder, error),
        };
        folder.tries = 0;
        match folder.stage {
            Stage::Source => self.sourced(number, folder, listing),
            Stage::Target => self.targeted(number, folder, listing),
            Stage::Make | Stage::Feeding => {
                self.open.insert(number, folder);
            }
        }
    }

    pub(super) fn done(&mut self, id: AskId, result: Result<(), Error>) {
        match self.pending.get(&id) {
            Some(Pending::Folder(_)) => {}
            Some(Pending::Copy(_)) => {
                if let Some(Pending::Copy(file)) = self.pending.remove(&id) {
                    self.copied(file, result);
                }
                return;
            }
            _ => return,
        }
        let Some((number, mut folder)) = self.folder(id) else { return };
        match result {
            Err(error) => self.step_failed(number, folder, error),
            Ok(()) => {
                folder.tries = 0;
                if folder.stage == Stage::Make {
                    // Where nobody has looked before, something may be there.
                    folder.stage = if folder.exists == Some(false) { Stage::Feeding } else { Stage::Target };
                    self.summary.counts.directories += u64::from(folder.exists == Some(false));
                }
                self.open.insert(number, folder);
            }
        }
    }

    pub(super) fn ended(&mut self, id: AskId, end: FileEnd) {
        match self.pending.get(&id) {
            None | Some(Pending::Folder(_) | Pending::Copy(_)) => return,
            Some(Pending::Move(_) | Pending::Fetch(_) | Pending::Store(..)) => {}
        }
        let result = match end {
            FileEnd::Done(bytes) => Ok(bytes),
            FileEnd::Failed(error) => Err(Why::Failed(error)),
            FileEnd::Cancelled => Err(Why::Cancelled),
        };
        match (self.pending.remove(&id), result) {
            (Some(Pending::Fetch(file)), Ok(_)) if !self.cancelled => self.store(id, file),
            (Some(Pending::Fetch(file)), result) => {
                self.outputs.push_back(TreeOutput::Discard(id));
                let why = result.err().unwrap_or(Why::Cancelled);
                self.end_file(&file, Err(why));
            }
            (Some(Pending::Store(file, scratch)), result) => {
                self.outputs.push_back(TreeOutput::Discard(scratch));
                self.end_file(&file, result);
            }
            (Some(Pending::Move(file)), result) => self.end_file(&file, result),
            (Some(Pending::Folder(_) | Pending::Copy(_)) | None, _) => {}
        }
    }

    /// A file that was given out has ended.
    pub(super) fn end_file(&mut self, file: &File, result: Result<u64, Why>) {
        self.files = self.files.saturating_sub(1);
        match result {
            Ok(bytes) => {
                let counts = &mut self.summary.counts;
                counts.files += 1;
                counts.bytes = counts.bytes.saturating_add(bytes);
            }
            Err(why) => self.leave(&file.source.clone(), why),
        }
    }

    fn copied(&mut self, mut file: File, result: Result<(), Error>) {
        let error = match result {
            Ok(()) => {
                self.copies_refused = None;
                return self.end_file(&file, Ok(file.size.unwrap_or(0)));
            }
            Err(error) => error,
        };
        if self.cancelled {
            return self.end_file(&file, Err(Why::Failed(error)));
        }
        if cannot_copy(&error) {
            self.settings.copy = CopyWay::ThroughClient;
            return self.again.push_back(file);
        }
        // It may read a name otherwise than it is written, or have no better word for a command that it does not know: then the way through
        // the client is open, and says the better what is wrong with the file if something is.
        if error.kind == ErrorKind::Refused {
            self.copies_refused = self.copies_refused.map(|refused| refused + 1);
            if self.copies_refused == Some(COPY_REFUSALS) {
                self.settings.copy = CopyWay::ThroughClient;
            }
            file.through_client = true;
            return self.again.push_back(file);
        }
        file.tries += 1;
        match verdict(&error, file.tries) {
            Verdict::Again => self.again.push_back(file),
            Verdict::Stalled => {
                self.again.push_back(file);
                self.stall(error);
            }
            Verdict::Final => self.end_file(&file, Err(Why::Failed(error))),
        }
    }

    /// The open directory that was asked about; `None` where nobody wants to know any more.
    fn folder(&mut self, id: AskId) -> Option<(u64, Folder)> {
        let Some(Pending::Folder(number)) = self.pending.get(&id) else { return None };
        let number = *number;
        self.pending.remove(&id);
        let mut folder = self.open.remove(&number)?;
        folder.asked = None;
        Some((number, folder))
    }

    fn step_failed(&mut self, number: u64, mut folder: Folder, error: Error) {
        folder.tries += 1;
        match verdict(&error, folder.tries) {
            Verdict::Again => {
                self.open.insert(number, folder);
            }
            Verdict::Stalled => {
                self.open.insert(number, folder);
                self.stall(error);
            }
            Verdict::Final => {
                let place = if folder.stage == Stage::Source { &folder.source } else { &folder.target };
                self.leave(place, Why::Failed(error));
                if folder.stage != Stage::Source {
                    // It holds something, which stays where it is.
                    self.block(&mut folder);
                }
            }
        }
    }

    /// What a directory holds cannot go anywhere.
    fn block(&mut self, folder: &mut Folder) {
        for row in std::mem::take(&mut folder.rows) {
            self.leave(&folder.source.child(&row.title), Why::Blocked);
        }
    }

    fn sourced(&mut self, number: u64, mut folder: Folder, listing: Listing) {
        if let Listing::Remote { path, entries, truncated } = &listing {
            let found = folder.source.remote();
            let same = found.is_some_and(|found| found.as_bytes().eq_ignore_ascii_case(path.as_bytes()));
            // What the user chose, one level below the root, may lie behind a link.
            if folder.depth > 1 && !same {
                return self.leave(&folder.source, Why::Link);
            }
            self.uniques.learn(entries.iter());
            if *truncated {
                self.leave(&folder.source, Why::Truncated);
            }
            folder.source = Place::Remote(path.clone());
        }
        let rows = listing.into_rows();
        folder.sourced(rows, self.phase == Phase::Counting);
        self.open.insert(number, folder);
    }

    fn targeted(&mut self, number: u64, mut folder: Folder, listing: Listing) {
        let truncated = matches!(&listing, Listing::Remote { truncated: true, .. });
        if truncated && self.settings.policy != Policy::Overwrite {
            // What is there is not known, so nothing may be put beside it.
            let text =
                "The server does not list all that is there, so what would be overwritten is not known";
            let error = Error::new(ErrorStage::Server, ErrorKind::Incomplete, text);
            self.leave(&folder.target, Why::Failed(error));
            return self.block(&mut folder);
        }
        folder.taken = listing
            .into_rows()
            .into_iter()
            .map(|row| (row.title.key(self.ignores_case), Taken::There(row.side)))
            .collect();
        folder.stage = Stage::Feeding;
        self.open.insert(number, folder);
    }
}
