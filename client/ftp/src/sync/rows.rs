//! Both trees side by side, and what stands in the way of deciding by contents.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::entry::EntryKind;
use crate::path::display;

use super::path::RelativePath;
use super::plan::Reason;
use super::tree::{Node, Tree};
use super::{Base, Settings};

/// Why a path is left alone, and all below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bar {
    /// By the filter, or because something above it is.
    LeftOut,
    /// It is reported.
    Skipped(Reason),
    /// A person has to look.
    Conflict(Reason),
}

/// A path and what is there.
pub(super) struct Row<'a> {
    pub(super) path: &'a RelativePath,
    /// The row of the directory that holds it.
    pub(super) parent: Option<usize>,
    pub(super) local: Option<&'a Node>,
    pub(super) remote: Option<&'a Node>,
    /// What was there when both sides agreed last.
    pub(super) base: Option<(&'a Node, &'a Node)>,
    pub(super) bar: Option<Bar>,
}

impl Row<'_> {
    /// Whether it is a directory on a side that has it. Where kinds clash there is a bar.
    pub(super) fn is_directory(&self) -> bool {
        self.nodes().any(|node| node.side.kind == EntryKind::Directory)
    }

    fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.local.into_iter().chain(self.remote)
    }
}

/// All paths of both trees, in order.
pub(super) fn rows<'a>(
    local: &'a Tree,
    remote: &'a Tree,
    base: Option<&'a Base>,
    settings: &Settings,
) -> Vec<Row<'a>> {
    let mut rows = merged(local, remote);
    let clashing = clashes(&rows, settings);
    for index in 0..rows.len() {
        let row = &rows[index];
        let bar = match row.parent.and_then(|parent| rows[parent].bar) {
            Some(_) => Some(Bar::LeftOut),
            None => bar(row, clashing[index], settings),
        };
        let both = base.and_then(|base| base.local.get(row.path).zip(base.remote.get(row.path)));
        let row = &mut rows[index];
        row.bar = bar;
        row.base = both.filter(|(local, remote)| local.side.kind == remote.side.kind);
    }
    rows
}

fn merged<'a>(local: &'a Tree, remote: &'a Tree) -> Vec<Row<'a>> {
    let (mut locals, mut remotes) = (local.nodes().iter().peekable(), remote.nodes().iter().peekable());
    let mut rows: Vec<Row<'a>> = Vec::with_capacity(local.nodes().len().max(remote.nodes().len()));
    // The last row and those above it: every directory that holds something is a row, so these are all.
    let mut open: Vec<usize> = Vec::new();
    loop {
        let order = match (locals.peek(), remotes.peek()) {
            (None, None) => return rows,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(local), Some(remote)) => local.path.cmp(&remote.path),
        };
        let local = if order.is_le() { locals.next() } else { None };
        let remote = if order.is_ge() { remotes.next() } else { None };
        let Some(path) = local.or(remote).map(|node| &node.path) else { return rows };
        while open.last().is_some_and(|last| !path.is_below(rows[*last].path)) {
            open.pop();
        }
        let parent = open.last().copied();
        open.push(rows.len());
        rows.push(Row { path, parent, local, remote, base: None, bar: None });
    }
}

/// For each row, whether a side that ignores case takes its name and another one of the same directory for one.
fn clashes(rows: &[Row<'_>], settings: &Settings) -> Vec<bool> {
    let mut clashing = vec![false; rows.len()];
    if !settings.ignores_case.local && !settings.ignores_case.remote {
        return clashing;
    }
    let mut seen: BTreeMap<(Option<usize>, String), usize> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let Some(name) = row.path.name() else { continue };
        let folded = display(name.as_bytes()).to_lowercase();
        if let Some(other) = seen.insert((row.parent, folded), index) {
            clashing[other] = true;
            clashing[index] = true;
        }
    }
    clashing
}

fn bar(row: &Row<'_>, clashes: bool, settings: &Settings) -> Option<Bar> {
    if !settings.filter.takes(row.path, row.is_directory())
        || row.nodes().any(|node| !settings.filter.fits(&node.side))
    {
        return Some(Bar::LeftOut);
    }
    let has = |kind| row.nodes().any(|node| node.side.kind == kind);
    if has(EntryKind::Link) {
        Some(Bar::Skipped(Reason::Link))
    } else if has(EntryKind::Other) {
        Some(Bar::Skipped(Reason::Special))
    } else if has(EntryKind::File) && has(EntryKind::Directory) {
        Some(Bar::Conflict(Reason::KindsClash))
    } else if clashes {
        Some(Bar::Conflict(Reason::CaseClash))
    } else {
        None
    }
}
