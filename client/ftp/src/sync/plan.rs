//! A plan, as a page shows it.

use crate::entry::Modified;

use super::decide::Verdict;
use super::path::RelativePath;
use super::rows::{Bar, Row};
use super::tree::{Node, Tree};

/// One value for each side.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Sides<T> {
    /// Ours.
    pub local: T,
    /// The server's.
    pub remote: T,
}

/// What is to be done at a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ActionKind {
    /// Transfer the file to the server.
    Upload,
    /// Transfer the file from the server.
    Download,
    /// MKD.
    MakeRemoteDirectory,
    /// Make a directory here.
    MakeLocalDirectory,
    /// DELE.
    DeleteRemoteFile,
    /// RMD; what it held is deleted by actions before this one.
    DeleteRemoteDirectory,
    /// Delete the file here.
    DeleteLocalFile,
    /// Remove the directory here; what it held is deleted by actions before this one.
    DeleteLocalDirectory,
    /// Nothing, until a person decides.
    Conflict,
    /// Nothing; it is said because somebody may wonder.
    Skip,
}

impl ActionKind {
    /// Whether something goes that is there.
    #[must_use]
    pub fn is_deletion(self) -> bool {
        use ActionKind as A;
        matches!(
            self,
            A::DeleteRemoteFile | A::DeleteRemoteDirectory | A::DeleteLocalFile | A::DeleteLocalDirectory
        )
    }
}

/// Why.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// The other side does not have it.
    Missing,
    /// Something that it is to hold goes there.
    Needed,
    /// Sizes differ.
    SizeDiffers,
    /// Times differ.
    TimeDiffers,
    /// Digests differ.
    ChecksumDiffers,
    /// It has changed on our side since the base.
    LocalChanged,
    /// It has changed on the server since the base.
    RemoteChanged,
    /// It has changed on both sides since the base, or differs and there is no base.
    BothChanged,
    /// It has changed on one side and was deleted on the other.
    ChangedAndDeleted,
    /// The leading side does not have it.
    Extra,
    /// Our side has deleted it since the base.
    LocalDeleted,
    /// The server's side has deleted it since the base.
    RemoteDeleted,
    /// The target is newer than the source.
    TargetNewer,
    /// A size is not known, so nothing can be said.
    SizeUnknown,
    /// A time or its zone is not known, so nothing can be said.
    TimeUnknown,
    /// A file on one side, a directory on the other. What the directory holds is left alone as well.
    KindsClash,
    /// Names that are one to a side which ignores case. What they hold is left alone as well.
    CaseClash,
    /// A link: not followed.
    Link,
    /// A device, socket or the like.
    Special,
}

/// One line of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// Where.
    pub path: RelativePath,
    /// What.
    pub kind: ActionKind,
    /// Why.
    pub reason: Reason,
    /// Bytes that it transfers, where known.
    pub bytes: Option<u64>,
    /// When the source of a transfer was modified, where known.
    pub modified: Option<Modified>,
}

/// Files that go one way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Transfers {
    /// How many.
    pub files: u64,
    /// Their sizes in all, as far as they are known.
    pub bytes: u64,
    /// Those whose size is not known.
    pub unknown: u64,
}

/// What goes on one side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Deletions {
    /// Files.
    pub files: u64,
    /// Directories.
    pub directories: u64,
}

/// Sums of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// To the server.
    pub uploads: Transfers,
    /// From the server.
    pub downloads: Transfers,
    /// Directories to be made.
    pub made: Sides<u64>,
    /// What is to be deleted.
    pub deleted: Sides<Deletions>,
    /// What a person has to decide.
    pub conflicts: u64,
    /// What is left alone and listed.
    pub skipped: u64,
    /// Files and directories that are the same already.
    pub unchanged: u64,
    /// What the following side has beyond the leading one, and keeps: deletions are off, or something there is not to be touched.
    pub extra: u64,
    /// What the filter leaves out, and what lies below something that is left alone.
    pub left_out: u64,
}

/// What would make two trees agree.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// In the order in which they are to be done.
    pub actions: Vec<Action>,
    /// Files of the same size whose digests the caller does not have yet on both sides, by path. Until a new plan knows them they are left alone.
    pub needs_checksum: Vec<RelativePath>,
    /// Sums.
    pub totals: Totals,
    /// Whether more than half of what a side has is to be deleted: to be confirmed by itself.
    pub deletes_most: Sides<bool>,
}

impl Plan {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.actions.iter().all(|action| matches!(action.kind, ActionKind::Conflict | ActionKind::Skip))
    }
}

/// A plan in the making, from its end.
pub(super) struct Draft {
    plan: Plan,
    deletions: Vec<Action>,
    /// For each row, whether something below it will be there afterwards.
    needed: Vec<Sides<bool>>,
}

impl Draft {
    pub(super) fn new(rows: usize) -> Draft {
        Draft { plan: Plan::default(), deletions: Vec::new(), needed: vec![Sides::default(); rows] }
    }

    pub(super) fn needed(&self, index: usize) -> Sides<bool> {
        self.needed.get(index).copied().unwrap_or_default()
    }

    pub(super) fn take(&mut self, row: &Row<'_>, verdict: Verdict) {
        let mut after = Sides { local: row.local.is_some(), remote: row.remote.is_some() };
        match verdict {
            Verdict::Unchanged => self.plan.totals.unchanged += 1,
            Verdict::Extra => self.plan.totals.extra += 1,
            Verdict::LeftOut => self.plan.totals.left_out += 1,
            Verdict::NeedsChecksum => self.plan.needs_checksum.push(row.path.clone()),
            Verdict::Act(kind, reason) => {
                use ActionKind as A;
                match kind {
                    A::Upload | A::MakeRemoteDirectory => after.remote = true,
                    A::Download | A::MakeLocalDirectory => after.local = true,
                    A::DeleteRemoteFile | A::DeleteRemoteDirectory => after.remote = false,
                    A::DeleteLocalFile | A::DeleteLocalDirectory => after.local = false,
                    A::Conflict | A::Skip => {}
                }
                self.act(row, kind, reason);
            }
        }
        if let Some(parent) = row.parent.and_then(|parent| self.needed.get_mut(parent)) {
            parent.local |= after.local;
            parent.remote |= after.remote;
        }
    }

    fn act(&mut self, row: &Row<'_>, kind: ActionKind, reason: Reason) {
        use ActionKind as A;
        let totals = &mut self.plan.totals;
        let (mut bytes, mut modified) = (None, None);
        let mut transfer = |transfers: &mut Transfers, source: Option<&Node>| {
            let size = source.and_then(|node| node.side.size);
            modified = source.and_then(|node| node.side.modified);
            transfers.files += 1;
            transfers.bytes = transfers.bytes.saturating_add(size.unwrap_or(0));
            transfers.unknown += u64::from(size.is_none());
            bytes = size;
        };
        match kind {
            A::Upload => transfer(&mut totals.uploads, row.local),
            A::Download => transfer(&mut totals.downloads, row.remote),
            A::MakeRemoteDirectory => totals.made.remote += 1,
            A::MakeLocalDirectory => totals.made.local += 1,
            A::DeleteRemoteFile => totals.deleted.remote.files += 1,
            A::DeleteRemoteDirectory => totals.deleted.remote.directories += 1,
            A::DeleteLocalFile => totals.deleted.local.files += 1,
            A::DeleteLocalDirectory => totals.deleted.local.directories += 1,
            A::Conflict => totals.conflicts += 1,
            A::Skip => totals.skipped += 1,
        }
        let action = Action { path: row.path.clone(), kind, reason, bytes, modified };
        if kind.is_deletion() { self.deletions.push(action) } else { self.plan.actions.push(action) }
    }

    pub(super) fn finish(mut self, local: &Tree, remote: &Tree) -> Plan {
        let most = |deleted: Deletions, tree: &Tree| {
            (deleted.files + deleted.directories).saturating_mul(2) > tree.nodes().len() as u64
        };
        let deleted = self.plan.totals.deleted;
        self.plan.deletes_most =
            Sides { local: most(deleted.local, local), remote: most(deleted.remote, remote) };
        self.plan.actions.reverse();
        self.plan.needs_checksum.reverse();
        // These are in the order in which they were found: what a directory holds before the directory.
        self.plan.actions.append(&mut self.deletions);
        self.plan
    }
}

impl Bar {
    /// What a plan says of it.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Bar::LeftOut => Verdict::LeftOut,
            Bar::Skipped(reason) => Verdict::Act(ActionKind::Skip, reason),
            Bar::Conflict(reason) => Verdict::Act(ActionKind::Conflict, reason),
        }
    }
}
