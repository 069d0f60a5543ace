//! What becomes of each thing in a directory, decided while there is room for it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::conflict::{AskReason, Decision, Policy, Side, SkipReason, decide, unique_name};
use crate::entry::{EntryKind, Modified};
use crate::io::Direction;
use crate::path::Name;
use crate::request::Request;

use super::copy::CopyWay;
use super::folder::{Folder, Lineage, Row, Stage, Taken, Title};
use super::io::{
    Answer, AskId, FileTransfer, LocalFile, LocalPath, Place, Question, TreeEvent, TreeOutput, Why,
};
use super::local::local_name;
use super::{
    LOOK_AHEAD, MOST_DOUBTS, MOST_FOLDERS, MOST_LEVELS, MOST_PATHS, Pending, Phase, TreeTransfer, Way,
};

/// A file that is given out.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) source: Place,
    pub(super) target: Place,
    pub(super) size: Option<u64>,
    pub(super) modified: Option<Modified>,
    pub(super) offset: u64,
    pub(super) overwrite: bool,
    pub(super) tries: u32,
    /// The server would not copy it.
    pub(super) through_client: bool,
}

/// Something that a person is asked about.
pub(super) struct Doubt {
    folder: u64,
    row: Row,
    title: Title,
    there: Side,
    reason: AskReason,
}

impl TreeTransfer {
    pub(super) fn may_feed(&self) -> bool {
        self.phase == Phase::Counting || (self.files < LOOK_AHEAD && self.doubts.len() < MOST_DOUBTS)
    }

    /// Decides what there is room for. Says whether a directory was done with.
    pub(super) fn feed(&mut self) -> bool {
        let ready: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, folder)| folder.stage == Stage::Feeding)
            .map(|(id, _)| *id)
            .collect();
        let mut done = false;
        for id in ready {
            let Some(mut folder) = self.open.remove(&id) else { continue };
            while self.may_feed()
                && let Some(row) = folder.rows.next()
            {
                self.entry(id, &mut folder, row);
            }
            if folder.rows.len() > 0 {
                self.open.insert(id, folder);
                continue;
            }
            done = true;
            if folder.doubts > 0 {
                self.parked.insert(id, folder);
            }
        }
        done
    }

    fn entry(&mut self, id: u64, folder: &mut Folder, mut row: Row) {
        if row.side.kind == EntryKind::Link && self.settings.links_as_files {
            // Its size is the link's own, if anything.
            row.side = Side { kind: EntryKind::File, size: None, modified: None };
        }
        let source = folder.source.child(&row.title);
        match row.side.kind {
            EntryKind::Link => return self.leave(&source, Why::Link),
            EntryKind::Other => return self.leave(&source, Why::Special),
            EntryKind::File | EntryKind::Directory => {}
        }
        if self.phase == Phase::Counting {
            return self.count(folder, row, source);
        }
        let title = match self.title(folder, &row.title) {
            Ok(title) => title,
            Err(why) => return self.leave(&source, why),
        };
        let there = match folder.taken.get(&title.key(self.ignores_case)) {
            Some(Taken::Ours) => return self.leave(&source, Why::Clash),
            Some(Taken::There(side)) => Some(*side),
            None => None,
        };
        match decide(self.settings.policy, &row.side, there.as_ref(), self.settings.tolerance) {
            Decision::Skip(SkipReason::DirectoryExists) => self.go_into(folder, row, &title, Some(true)),
            Decision::Skip(reason) => self.leave(&source, Why::Exists(reason)),
            Decision::Transfer { overwrite } => self.put(folder, row, &title, 0, overwrite),
            Decision::Resume { offset } => self.put(folder, row, &title, offset, true),
            Decision::Rename => self.rename(folder, row, &title),
            Decision::Ask(reason) => {
                let Some(there) = there else { return self.put(folder, row, &title, 0, false) };
                match self.rules.iter().find(|(known, _)| *known == reason) {
                    Some((_, answer)) => self.settle(folder, row, &title, there, reason, *answer),
                    None => {
                        // Nothing else takes the place meanwhile.
                        self.claim(folder, &title);
                        folder.doubts += 1;
                        self.doubts.push_back(Doubt { folder: id, row, title, there, reason });
                    }
                }
            }
        }
    }

    fn count(&mut self, folder: &Folder, row: Row, source: Place) {
        if row.side.kind == EntryKind::Directory {
            self.counted.directories += 1;
            // Nothing is made, so it does not matter where it would go.
            let target = folder.target.clone();
            return self.push(folder, row, source, target, None);
        }
        self.counted.files += 1;
        self.counted.bytes = self.counted.bytes.saturating_add(row.side.size.unwrap_or(0));
        self.counted.unknown += u64::from(row.side.size.is_none());
    }

    /// What it is called on the other side.
    fn title(&self, folder: &Folder, title: &Title) -> Result<Title, Why> {
        match (title, &folder.target) {
            (Title::Remote(name), Place::Local(_)) => {
                let decoded = self.settings.charset.decode(name.as_bytes());
                local_name(&decoded.text, decoded.exact, self.settings.local, self.settings.unfit)
                    .map(Title::Local)
                    .map_err(Why::Name)
            }
            (Title::Remote(name), Place::Remote(path)) => {
                Name::checked(path.syntax(), name.as_bytes()).map(Title::Remote).map_err(|_| Why::Unsendable)
            }
            (Title::Local(name), Place::Remote(path)) => {
                let bytes = self.settings.charset.encode(name).map_err(|_| Why::Unsendable)?;
                Name::checked(path.syntax(), bytes).map(Title::Remote).map_err(|_| Why::Unsendable)
            }
            (Title::Local(_), Place::Local(_)) => Ok(title.clone()),
        }
    }

    fn claim(&self, folder: &mut Folder, title: &Title) {
        folder.taken.insert(title.key(self.ignores_case), Taken::Ours);
    }

    /// Puts it there: a file is given out, a directory waits for its turn.
    fn put(&mut self, folder: &mut Folder, row: Row, title: &Title, offset: u64, overwrite: bool) {
        if row.side.kind == EntryKind::Directory {
            return self.go_into(folder, row, title, Some(false));
        }
        self.claim(folder, title);
        let source = folder.source.child(&row.title);
        let target = folder.target.child(title);
        if source == target {
            return self.leave(&source, Why::Clash);
        }
        self.files += 1;
        let Side { size, modified, .. } = row.side;
        // A copy on the server cannot go on in the middle; what is there is a part of what replaces it.
        let offset = if self.way == Way::Copy { 0 } else { offset };
        self.send(File {
            source,
            target,
            size,
            modified,
            offset,
            overwrite,
            tries: 0,
            through_client: false,
        });
    }

    fn go_into(&mut self, folder: &mut Folder, row: Row, title: &Title, exists: Option<bool>) {
        self.claim(folder, title);
        let source = folder.source.child(&row.title);
        let target = folder.target.child(title);
        if source == target {
            return self.leave(&source, Why::Clash);
        }
        self.push(folder, row, source, target, exists);
    }

    fn push(&mut self, folder: &Folder, row: Row, source: Place, target: Place, exists: Option<bool>) {
        let depth = folder.depth + 1;
        if depth > MOST_LEVELS {
            return self.leave(&source, Why::TooDeep);
        }
        if self.uniques.are_trusted() && folder.lineage.has(&row.unique) {
            return self.leave(&source, Why::Loop);
        }
        let bytes = self.waiting_bytes.saturating_add(source.bytes()).saturating_add(target.bytes());
        if self.waiting.len() >= MOST_FOLDERS || bytes > MOST_PATHS {
            return self.leave(&source, Why::TooMany);
        }
        let lineage = Arc::new(Lineage { unique: row.unique, above: Some(Arc::clone(&folder.lineage)) });
        self.waiting_bytes = bytes;
        self.waiting.push_back(Folder::new(source, target, depth, lineage, exists));
    }

    fn rename(&mut self, folder: &mut Folder, row: Row, title: &Title) {
        let ignores_case = self.ignores_case;
        let new = match title {
            Title::Remote(name) => unique_name(name, |name| {
                folder.taken.contains_key(&Title::Remote(name.clone()).key(ignores_case))
            })
            .map(Title::Remote),
            Title::Local(name) => Name::new(name.clone()).ok().and_then(|name| {
                let text = |name: &Name| String::from_utf8(name.as_bytes().to_vec()).ok();
                let free = unique_name(&name, |name| {
                    text(name)
                        .is_none_or(|text| folder.taken.contains_key(&Title::Local(text).key(ignores_case)))
                })?;
                text(&free).map(Title::Local)
            }),
        };
        match new {
            Some(title) => self.put(folder, row, &title, 0, false),
            None => self.leave(&folder.source.child(&row.title), Why::NoName),
        }
    }

    /// A person has decided.
    fn settle(
        &mut self,
        folder: &mut Folder,
        row: Row,
        title: &Title,
        there: Side,
        reason: AskReason,
        answer: Answer,
    ) {
        let source = folder.source.child(&row.title);
        match (answer, row.side.kind, there.kind) {
            (Answer::Skip, ..) => self.leave(&source, Why::Exists(SkipReason::Exists)),
            (Answer::Rename, ..) => self.rename(folder, row, title),
            (Answer::Overwrite, EntryKind::File, EntryKind::File | EntryKind::Link) => {
                self.put(folder, row, title, 0, true);
            }
            // What the link leads to is the person's word.
            (Answer::Overwrite, EntryKind::Directory, EntryKind::Link) => {
                self.go_into(folder, row, title, Some(true));
            }
            (Answer::Resume, EntryKind::File, EntryKind::File) => {
                let decided = decide(Policy::Resume, &row.side, Some(&there), self.settings.tolerance);
                match (decided, row.side.size.zip(there.size)) {
                    (Decision::Resume { offset }, _) => self.put(folder, row, title, offset, true),
                    (Decision::Transfer { overwrite }, _) => self.put(folder, row, title, 0, overwrite),
                    // It was asked because the source is newer, and the person knows better.
                    (Decision::Ask(AskReason::SourceChanged), Some((size, offset))) if offset < size => {
                        self.put(folder, row, title, offset, true);
                    }
                    (Decision::Skip(reason), _) => self.leave(&source, Why::Exists(reason)),
                    _ => self.leave(&source, Why::CannotResume),
                }
            }
            (Answer::Overwrite | Answer::Resume, ..) => self.leave(&source, Why::InPlace(reason)),
        }
    }

    /// Asks about the first doubt.
    pub(super) fn question(&mut self) {
        while self.asked.is_none()
            && let Some(doubt) = self.doubts.front()
        {
            let Some(folder) = self.open.get(&doubt.folder).or_else(|| self.parked.get(&doubt.folder)) else {
                self.doubts.pop_front();
                continue;
            };
            let question = Question {
                source: folder.source.child(&doubt.row.title),
                from: doubt.row.side,
                target: folder.target.child(&doubt.title),
                there: doubt.there,
                reason: doubt.reason,
            };
            let id = AskId(self.number());
            self.asked = Some(id);
            self.tell(TreeEvent::Asked(id, question));
        }
    }

    pub(super) fn answer(&mut self, id: AskId, answer: Answer, all: bool) {
        if self.asked != Some(id) {
            return;
        }
        self.asked = None;
        let Some(first) = self.doubts.pop_front() else { return };
        let reason = first.reason;
        let mut settled = vec![first];
        if all {
            self.rules.push((reason, answer));
            let (same, others) =
                std::mem::take(&mut self.doubts).into_iter().partition(|doubt| doubt.reason == reason);
            self.doubts = others;
            settled.extend::<VecDeque<Doubt>>(same);
        }
        for doubt in settled {
            let Doubt { folder: id, row, title, there, reason } = doubt;
            let (mut folder, parked) = match (self.open.remove(&id), self.parked.remove(&id)) {
                (Some(folder), _) => (folder, false),
                (None, Some(folder)) => (folder, true),
                (None, None) => continue,
            };
            folder.doubts = folder.doubts.saturating_sub(1);
            self.settle(&mut folder, row, &title, there, reason, answer);
            if !parked {
                self.open.insert(id, folder);
            } else if folder.doubts > 0 {
                self.parked.insert(id, folder);
            }
        }
    }

    /// Gives a file out.
    pub(super) fn send(&mut self, file: File) {
        let id = AskId(self.number());
        let FileEnds { remote, local } = match ends(&file) {
            Some(ends) => ends,
            None => {
                if let (Place::Remote(from), Place::Remote(to)) = (&file.source, &file.target)
                    && self.settings.copy == CopyWay::OnServer
                    && !file.through_client
                {
                    let request = Request::CopyOnServer { from: from.clone(), to: to.clone() };
                    self.outputs.push_back(TreeOutput::Ask(id, request));
                    self.pending.insert(id, Pending::Copy(file));
                } else {
                    self.fetch(id, file);
                }
                return;
            }
        };
        let direction = if self.way == Way::Upload { Direction::Upload } else { Direction::Download };
        let transfer = FileTransfer {
            direction,
            remote,
            local: LocalFile::At(local),
            size: file.size,
            offset: file.offset,
            modified: file.modified,
            overwrite: file.overwrite,
        };
        self.outputs.push_back(TreeOutput::Transfer(id, transfer));
        self.pending.insert(id, Pending::Move(file));
    }

    /// The first half of a copy through the client.
    fn fetch(&mut self, id: AskId, file: File) {
        let Some(remote) = file.source.remote().cloned() else { return };
        self.scratch(id, id, Direction::Download, remote, &file);
        self.pending.insert(id, Pending::Fetch(file));
    }

    /// The second.
    pub(super) fn store(&mut self, scratch: AskId, file: File) {
        let id = AskId(self.number());
        let Some(remote) = file.target.remote().cloned() else { return };
        self.scratch(id, scratch, Direction::Upload, remote, &file);
        self.pending.insert(id, Pending::Store(file, scratch));
    }

    fn scratch(
        &mut self,
        id: AskId,
        scratch: AskId,
        direction: Direction,
        remote: crate::path::RemotePath,
        file: &File,
    ) {
        let transfer = FileTransfer {
            direction,
            remote,
            local: LocalFile::Scratch(scratch),
            size: file.size,
            offset: 0,
            modified: file.modified,
            overwrite: file.overwrite,
        };
        self.outputs.push_back(TreeOutput::Transfer(id, transfer));
    }
}

struct FileEnds {
    remote: crate::path::RemotePath,
    local: LocalPath,
}

/// The two ends of a transfer; `None` where both are on the server.
fn ends(file: &File) -> Option<FileEnds> {
    let remote = file.source.remote().or(file.target.remote())?.clone();
    let local = file.source.local().or(file.target.local())?.clone();
    Some(FileEnds { remote, local })
}
