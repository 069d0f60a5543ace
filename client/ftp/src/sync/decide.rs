//! What becomes of one path.

use crate::conflict::{Age, age};

use super::compare::{Likeness, changed, compare};
use super::plan::{ActionKind, Reason, Sides};
use super::rows::Row;
use super::tree::Node;
use super::{Mode, Resolution, Settings};

/// The decision about a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Both sides agree.
    Unchanged,
    /// The following side has it beyond the leading one, and keeps it.
    Extra,
    /// It does not take part.
    LeftOut,
    /// Its digests are to be had first.
    NeedsChecksum,
    /// Something is done or said.
    Act(ActionKind, Reason),
}

/// A side, seen from the path that it has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Has {
    Local,
    Remote,
}

impl Has {
    /// Transfer to the side that lacks it.
    fn copy(self) -> ActionKind {
        match self {
            Has::Local => ActionKind::Upload,
            Has::Remote => ActionKind::Download,
        }
    }

    /// Make the directory on the side that lacks it.
    fn make(self) -> ActionKind {
        match self {
            Has::Local => ActionKind::MakeRemoteDirectory,
            Has::Remote => ActionKind::MakeLocalDirectory,
        }
    }

    fn delete(self, directory: bool) -> ActionKind {
        match (self, directory) {
            (Has::Local, false) => ActionKind::DeleteLocalFile,
            (Has::Local, true) => ActionKind::DeleteLocalDirectory,
            (Has::Remote, false) => ActionKind::DeleteRemoteFile,
            (Has::Remote, true) => ActionKind::DeleteRemoteDirectory,
        }
    }

    /// The side that lacks it has deleted it.
    fn deleted(self) -> Reason {
        match self {
            Has::Local => Reason::RemoteDeleted,
            Has::Remote => Reason::LocalDeleted,
        }
    }
}

/// Decides about a path; `needed` says on which sides something below it will be.
pub(super) fn decide(row: &Row<'_>, needed: Sides<bool>, settings: &Settings) -> Verdict {
    if let Some(bar) = row.bar {
        return bar.verdict();
    }
    match (row.local, row.remote) {
        (Some(_), Some(_)) if row.is_directory() => Verdict::Unchanged,
        (Some(local), Some(remote)) if settings.mode == Mode::Both => changes(row, local, remote, settings),
        (Some(local), Some(remote)) => follow(local, remote, settings),
        (Some(local), None) => alone(row, Has::Local, local, needed, settings),
        (None, Some(remote)) => alone(row, Has::Remote, remote, needed, settings),
        (None, None) => Verdict::Unchanged,
    }
}

/// A file that both sides have, one-way.
fn follow(local: &Node, remote: &Node, settings: &Settings) -> Verdict {
    let (source, target, has) = match settings.mode {
        Mode::ToLocal => (remote, local, Has::Remote),
        Mode::ToRemote | Mode::Both => (local, remote, Has::Local),
    };
    match compare(local, remote, settings.criterion, settings.tolerance) {
        Likeness::Same => Verdict::Unchanged,
        Likeness::NeedsChecksum => Verdict::NeedsChecksum,
        Likeness::Unknown(reason) => Verdict::Act(ActionKind::Conflict, reason),
        Likeness::Differs(reason) => {
            let age = age(source.side.modified, target.side.modified, settings.tolerance);
            if settings.keep_newer && age == Age::Older {
                return Verdict::Act(ActionKind::Skip, Reason::TargetNewer);
            }
            Verdict::Act(has.copy(), reason)
        }
    }
}

/// A file that both sides have, two-way.
fn changes(row: &Row<'_>, local: &Node, remote: &Node, settings: &Settings) -> Verdict {
    if let Some((local_base, remote_base)) = row.base {
        let local_changed = changed(local, local_base, settings.criterion);
        let remote_changed = changed(remote, remote_base, settings.criterion);
        match (local_changed, remote_changed) {
            (false, false) => return Verdict::Unchanged,
            (true, false) => return Verdict::Act(ActionKind::Upload, Reason::LocalChanged),
            (false, true) => return Verdict::Act(ActionKind::Download, Reason::RemoteChanged),
            (true, true) => {}
        }
    }
    let age = age(local.side.modified, remote.side.modified, settings.tolerance);
    let reason = match compare(local, remote, settings.criterion, settings.tolerance) {
        Likeness::Same => return Verdict::Unchanged,
        Likeness::NeedsChecksum => return Verdict::NeedsChecksum,
        Likeness::Unknown(reason) => reason,
        Likeness::Differs(_) => Reason::BothChanged,
    };
    let kind = match (settings.resolution, age) {
        (Resolution::Local, _) | (Resolution::Newer, Age::Newer) => ActionKind::Upload,
        (Resolution::Remote, _) | (Resolution::Newer, Age::Older) => ActionKind::Download,
        (Resolution::Report, _) | (Resolution::Newer, Age::Same | Age::Unknown) => ActionKind::Conflict,
    };
    Verdict::Act(kind, reason)
}

/// What one side has and the other lacks.
fn alone(row: &Row<'_>, has: Has, node: &Node, needed: Sides<bool>, settings: &Settings) -> Verdict {
    let directory = row.is_directory();
    let (here, there) = match has {
        Has::Local => (needed.local, needed.remote),
        Has::Remote => (needed.remote, needed.local),
    };
    let bare = settings.filter.takes_bare_directories();
    let copy = || match (directory, there) {
        (false, _) => Verdict::Act(has.copy(), Reason::Missing),
        (true, true) => Verdict::Act(has.make(), Reason::Needed),
        (true, false) if bare => Verdict::Act(has.make(), Reason::Missing),
        (true, false) => Verdict::LeftOut,
    };
    let leads = match settings.mode {
        Mode::ToRemote => has == Has::Local,
        Mode::ToLocal => has == Has::Remote,
        Mode::Both => return since(row, has, node, (here, there), settings).unwrap_or_else(copy),
    };
    if leads {
        return copy();
    }
    // With inclusions a directory by itself does not take part, so it is not deleted either.
    let goes = settings.deletions && (!directory || (!here && bare));
    if goes { Verdict::Act(has.delete(directory), Reason::Extra) } else { Verdict::Extra }
}

/// Two-way, what one side lacks and the base has: it was deleted there. `None` where there is no base.
fn since(
    row: &Row<'_>,
    has: Has,
    node: &Node,
    (here, there): (bool, bool),
    settings: &Settings,
) -> Option<Verdict> {
    let (local, remote) = row.base?;
    let base = if has == Has::Local { local } else { remote };
    let directory = row.is_directory();
    if base.side.kind != node.side.kind {
        // What was deleted there is not what is here now.
        return None;
    }
    if directory && there {
        return Some(Verdict::Act(has.make(), Reason::Needed));
    }
    if !directory && changed(node, base, settings.criterion) {
        let kind = if settings.resolution == Resolution::Report { ActionKind::Conflict } else { has.copy() };
        return Some(Verdict::Act(kind, Reason::ChangedAndDeleted));
    }
    let bare = settings.filter.takes_bare_directories();
    Some(match (settings.deletions, directory && (here || !bare)) {
        (true, false) => Verdict::Act(has.delete(directory), has.deleted()),
        // It holds something that stays.
        (true, true) => Verdict::Extra,
        (false, _) => Verdict::Act(ActionKind::Skip, has.deleted()),
    })
}
