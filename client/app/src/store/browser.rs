//! One directory on the screen: its rows, order, selection, and where the person came from. Rows stream in; a folder
//! seen before shows at once and is replaced quietly when its fresh listing is complete.

use super::cache::{Cache, Folder};
use super::listing::{Column, Entries, Entry, Sort, arrange, find, in_places_of};
use super::selection::{Grip, Selection, Step};
use super::shared::Shared;
use crate::protocol::{Bytes, Failure, RequestId, Row, RowKind};
use std::rc::Rc;

/// Steps back kept.
const HISTORY: usize = 100;
/// Rows shown as soon as they are there; later ones come in growing portions, so that sorting stays cheap.
const FIRST_PORTION: usize = 256;

/// A listing under way.
#[derive(Clone)]
pub(crate) struct Loading {
    /// Whose rows are ours.
    pub(crate) request: RequestId,
    /// Whether an earlier listing stays on the screen until this one is complete.
    pub(crate) quiet: bool,
    incoming: Entries,
}

/// A row whose name is being changed.
#[derive(Clone, PartialEq)]
pub(crate) struct Renaming {
    /// The row.
    pub(crate) row: u32,
    /// The request, once it was sent, and the new name.
    pub(crate) sent: Option<(RequestId, String)>,
}

/// Where to go.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Go {
    /// Into a folder.
    To(Bytes),
    /// To the folder above.
    Up,
    /// Where the person was before.
    Back,
    /// Where they were before going back.
    Forward,
    /// The same again.
    Again,
}

/// What a way asks of the worker.
pub(crate) struct Departure {
    /// What to list; `None` is where the login led.
    pub(crate) list: Option<Bytes>,
    /// A listing that nobody waits for any more.
    pub(crate) abandoned: Option<RequestId>,
}

/// The directory on the screen.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    /// Where; `None` until the first listing has said so.
    pub(crate) path: Option<Bytes>,
    /// Its rows.
    pub(crate) entries: Shared<Entries>,
    /// The rows on the screen, in order.
    pub(crate) order: Shared<Vec<u32>>,
    /// By what they are sorted.
    pub(crate) sort: Sort,
    /// Text that names must hold.
    pub(crate) filter: String,
    /// Selected rows.
    pub(crate) selection: Selection,
    /// What is on its way.
    pub(crate) loading: Option<Loading>,
    /// Whether the rows are a whole listing.
    pub(crate) complete: bool,
    /// Lines that the engine could not read.
    pub(crate) unread: Vec<String>,
    /// Why there is no listing.
    pub(crate) failure: Option<Failure>,
    /// The row being renamed.
    pub(crate) renaming: Option<Renaming>,
    /// Counts up when the view must scroll to the cursor.
    pub(crate) reveal: u32,
    /// Counts up when another folder is shown, from its top.
    pub(crate) place: u32,
    back: Vec<Bytes>,
    forward: Vec<Bytes>,
    cache: Cache,
    wanted: Option<Bytes>,
}

impl Browser {
    /// A row.
    pub(crate) fn entry(&self, row: u32) -> Option<&Rc<Entry>> {
        self.entries.get(row as usize)
    }

    /// The row that has the keyboard.
    #[cfg(test)]
    pub(crate) fn cursor(&self) -> Option<&Rc<Entry>> {
        self.entry(self.selection.cursor()?)
    }

    /// The selected rows in the order of the screen.
    pub(crate) fn selected(&self) -> Vec<Rc<Entry>> {
        self.selection.rows(&self.order).filter_map(|row| self.entry(row).cloned()).collect()
    }

    /// Bytes of the selected files, where known: what a server says of a directory is not the size of what it holds.
    pub(crate) fn selected_bytes(&self) -> u64 {
        let rows = self.selection.rows(&self.order);
        rows.filter_map(|row| self.entry(row).map(|entry| &entry.row))
            .filter(|row| row.kind == RowKind::File)
            .filter_map(|row| row.size)
            .fold(0, u64::saturating_add)
    }

    /// Where a row is on the server.
    pub(crate) fn path_of(&self, entry: &Entry) -> Option<Bytes> {
        Some(self.path.as_ref()?.join(&entry.row.name))
    }

    /// The row of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&Rc<Entry>> {
        self.entries.iter().find(|entry| entry.row.name.as_bytes() == name.as_bytes())
    }

    /// Whether there is such a way.
    pub(crate) fn can_go(&self, to: &Go) -> bool {
        match to {
            Go::To(_) | Go::Again => true,
            Go::Up => self.path.as_ref().is_some_and(|path| path.parent().is_some()),
            Go::Back => !self.back.is_empty(),
            Go::Forward => !self.forward.is_empty(),
        }
    }

    /// Goes there; the listing comes under this request's number.
    pub(crate) fn go(&mut self, to: Go, request: RequestId) -> Option<Departure> {
        let here = self.path.clone();
        let target = match &to {
            Go::Again => here.clone(),
            Go::To(path) => Some(path.clone()),
            Go::Up => Some(here.as_ref()?.parent()?),
            Go::Back => Some(self.back.pop()?),
            Go::Forward => Some(self.forward.pop()?),
        };
        let moved = target != here;
        if let (true, Some(here)) = (moved, here) {
            self.wanted = target.as_ref().and_then(|target| child_towards(target, &here));
            match to {
                Go::Back => self.forward.push(here),
                Go::Forward => self.back.push(here),
                Go::To(_) | Go::Up | Go::Again => {
                    self.back.push(here);
                    self.forward.clear();
                }
            }
            if self.back.len() > HISTORY {
                self.back.remove(0);
            }
        }
        let abandoned = self.loading.take().map(|loading| loading.request);
        let quiet = if moved { self.show_cached(target.clone()) } else { self.complete };
        self.failure = None;
        self.renaming = None;
        self.loading = Some(Loading { request, quiet, incoming: Vec::new() });
        Some(Departure { list: target, abandoned })
    }

    /// Leaves the old rows and shows what is known of another folder. Says whether anything is.
    fn show_cached(&mut self, path: Option<Bytes>) -> bool {
        let known = path.as_ref().and_then(|path| self.cache.get(path));
        let found = known.is_some();
        let known = known.unwrap_or_default();
        self.path = path;
        self.entries = known.entries;
        self.complete = found;
        self.unread.clear();
        self.filter.clear();
        self.selection = Selection::default();
        self.place += 1;
        match known.order.filter(|(sort, _)| *sort == self.sort) {
            Some((_, order)) => self.order = order,
            None => self.arrange(None),
        }
        self.take_wanted();
        found
    }

    /// Rows have come.
    pub(crate) fn rows(&mut self, request: RequestId, path: Bytes, rows: Vec<Row>) {
        let Some(loading) = self.loading.as_mut().filter(|loading| loading.request == request) else {
            return;
        };
        loading.incoming.extend(rows.into_iter().map(Entry::new));
        if loading.quiet {
            return;
        }
        self.path = Some(path);
        if loading.incoming.len() >= FIRST_PORTION.max(self.entries.len() / 4) || self.entries.is_empty() {
            self.take_incoming();
        }
    }

    /// The listing is complete.
    pub(crate) fn listed(&mut self, request: RequestId, path: Bytes, unread: Vec<String>) {
        let Some(loading) = self.loading.as_ref().filter(|loading| loading.request == request) else {
            return;
        };
        if loading.quiet {
            self.replace();
        } else {
            self.take_incoming();
            if self.wanted.is_some() {
                self.take_wanted();
            }
        }
        self.loading = None;
        self.complete = true;
        self.unread = unread;
        self.path = Some(path);
        self.keep();
    }

    /// Keeps the complete listing on the screen for the next visit.
    fn keep(&mut self) {
        if let (true, Some(path)) = (self.complete, &self.path) {
            let order = self.filter.is_empty().then(|| (self.sort, self.order.clone()));
            self.cache.put(path.clone(), Folder { entries: self.entries.clone(), order });
        }
    }

    /// The listing failed. A quiet one leaves the old rows; what is said then is the caller's.
    pub(crate) fn list_failed(&mut self, request: RequestId, failure: &Failure) -> bool {
        match self.loading.take_if(|loading| loading.request == request) {
            None => false,
            Some(loading) => {
                if !loading.quiet {
                    self.failure = Some(failure.clone());
                }
                true
            }
        }
    }

    fn take_incoming(&mut self) {
        let Some(loading) = &mut self.loading else { return };
        let incoming = std::mem::take(&mut loading.incoming);
        let rows = self.entries.len();
        self.entries.edit().extend(incoming);
        self.arrange(Some(rows));
    }

    /// A fresh listing takes the place of the old one: selection and cursor follow their names.
    fn replace(&mut self) {
        let Some(loading) = &mut self.loading else { return };
        let fresh = in_places_of(&self.entries, std::mem::take(&mut loading.incoming));
        if fresh == *self.entries {
            return self.take_wanted();
        }
        let rows = std::mem::replace(&mut self.entries, Shared::new(fresh));
        let selected: std::collections::HashSet<&Bytes> = self
            .selection
            .rows(&self.order)
            .filter_map(|row| Some(&rows.get(row as usize)?.row.name))
            .collect();
        let place = self.selection.cursor().and_then(|row| self.order.iter().position(|shown| *shown == row));
        let cursor = self.selection.cursor().and_then(|row| rows.get(row as usize));
        let cursor = cursor.and_then(|entry| find(&self.entries, &entry.row.name));
        let kept = self.entries.iter().enumerate().filter(|(_, entry)| selected.contains(&entry.row.name));
        let kept: Vec<u32> = kept.filter_map(|(row, _)| u32::try_from(row).ok()).collect();
        let renamed = self.renaming.as_ref().and_then(|renaming| rows.get(renaming.row as usize));
        let renamed = renamed.and_then(|entry| find(&self.entries, &entry.row.name));
        self.renaming = self.renaming.take().and_then(|old| Some(Renaming { row: renamed?, ..old }));
        self.selection.restore(kept, cursor);
        self.arrange(None);
        // Its row is gone: the keyboard goes on where it was.
        if let (None, Some(place)) = (cursor, place) {
            self.selection.place(self.order.get(place).or(self.order.last()).copied());
        }
        self.take_wanted();
    }

    fn arrange(&mut self, appended_after: Option<usize>) {
        let earlier = appended_after.map(|rows| (self.order.as_slice(), rows));
        self.order = Shared::new(arrange(&self.entries, self.sort, &self.filter, earlier));
    }

    /// The row that the person came from, or has just made, gets the cursor.
    fn take_wanted(&mut self) {
        let found = self.wanted.as_ref().and_then(|wanted| find(&self.entries, wanted));
        if let Some(row) = found {
            self.wanted = None;
            self.selection.only(row);
            self.reveal += 1;
        }
    }

    /// Puts the cursor on this name when it appears.
    pub(crate) fn want(&mut self, name: Bytes) {
        self.wanted = Some(name);
    }

    /// A header was clicked.
    pub(crate) fn sort_by(&mut self, column: Column) {
        self.sort = self.sort.clicked(column);
        self.arrange(None);
        self.reveal += 1;
    }

    /// Names must hold this text. Rows that vanish are no longer selected.
    pub(crate) fn filter_by(&mut self, filter: String) {
        self.filter = filter;
        self.arrange(None);
        let left: Vec<u32> = self.selection.rows(&self.order).collect();
        let cursor = self.selection.cursor().filter(|row| self.order.contains(row));
        self.selection.restore(left, cursor);
    }

    /// A row was clicked.
    pub(crate) fn grip(&mut self, row: u32, grip: Grip) {
        self.selection.grip(row, grip, &self.order);
    }

    /// A key moves the cursor.
    pub(crate) fn step(&mut self, step: Step, grip: Grip) {
        self.selection.step(step, grip, &self.order);
        self.reveal += 1;
    }

    /// Type-ahead: the next row whose name begins like this. `advance` looks past the present row first.
    pub(crate) fn seek(&mut self, prefix: &str, advance: bool) {
        let folded = prefix.to_lowercase();
        let at = self.selection.cursor().and_then(|cursor| self.order.iter().position(|row| *row == cursor));
        let start = at.map_or(0, |at| at + usize::from(advance));
        let (before, after) = self.order.split_at(start.min(self.order.len()));
        let fits =
            |row: &&u32| self.entry(**row).is_some_and(|entry| entry.key.folded().starts_with(&folded));
        if let Some(row) = after.iter().chain(before).find(fits).copied() {
            self.selection.only(row);
            self.reveal += 1;
        }
    }

    /// An upload ended here: its row stands before the next listing says so.
    pub(crate) fn put(&mut self, row: Row) {
        let found = find(&self.entries, &row.name);
        let entry = Entry::new(row);
        let entries = self.entries.edit();
        match found.and_then(|index| entries.get_mut(index as usize)) {
            Some(old) => *old = entry,
            None => entries.push(entry),
        }
        self.arrange(None);
        self.keep();
    }

    /// Something at or below this path is not what it was.
    pub(crate) fn forget_below(&mut self, path: &Bytes) {
        self.cache.forget_below(path);
    }
}

/// The component of `here` that lies directly in `folder`, where `here` is somewhere below it.
fn child_towards(folder: &Bytes, here: &Bytes) -> Option<Bytes> {
    let rest = here.as_bytes().strip_prefix(folder.as_bytes())?;
    let rest = if folder.as_bytes() == b"/" { rest } else { rest.strip_prefix(b"/")? };
    let name = rest.split(|byte| *byte == b'/').next()?;
    (!name.is_empty()).then(|| Bytes::new(name))
}

#[cfg(test)]
#[path = "browser_tests.rs"]
mod tests;
