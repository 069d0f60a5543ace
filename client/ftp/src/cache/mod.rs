//! Listings that were seen, by path: shown again at once, and kept true through our own actions without listing anew.
//!
//! A listing is fresh for [`FRESH`]. After that it is still shown, while another is fetched. Our own actions change its rows in place;
//! where their effect on a row is not known, the listing is marked stale. Nothing here knows a path's syntax: paths and names are compared as
//! their types compare them.

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::Entry;
use crate::io::Time;
use crate::path::{Name, RemotePath};

/// How long a listing is fresh, in milliseconds: FileZilla's 600 s.
pub const FRESH: u64 = 600_000;

/// Rows of all listings together, each listing counting one more than it has. What was not used for longest goes.
pub const MOST_ROWS: usize = 500_000;

/// Most names of a path whose listing is kept.
pub const MOST_DEPTH: usize = 256;

/// A listing as it was seen.
struct Listing {
    rows: Vec<Entry>,
    /// Where each name stands. If a server lists a name twice, its last row.
    places: BTreeMap<Name, usize>,
    at: Time,
    stale: bool,
    used: u64,
}

impl Listing {
    fn weight(&self) -> usize {
        self.rows.len() + 1
    }

    fn row(&mut self, name: &Name) -> Option<&mut Entry> {
        let at = *self.places.get(name)?;
        self.rows.get_mut(at)
    }

    fn remove(&mut self, name: &Name) -> Option<Entry> {
        let at = self.places.remove(name)?;
        let row = self.rows.swap_remove(at);
        if let Some(moved) = self.rows.get(at)
            && let Some(place) = self.places.get_mut(&moved.name)
            && *place == self.rows.len()
        {
            *place = at;
        }
        // Another row of that name can no longer be found.
        self.stale |= self.places.len() != self.rows.len();
        Some(row)
    }

    fn push(&mut self, row: Entry) {
        self.places.insert(row.name.clone(), self.rows.len());
        self.rows.push(row);
    }
}

/// A listing, as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Cached<'a> {
    /// Its rows. Their order is the server's until our own actions have changed them.
    pub entries: &'a [Entry],
    /// When the server listed it.
    pub at: Time,
    /// Whether it may stand for a new one. If not, it is shown while another is fetched.
    pub fresh: bool,
}

/// Listings of one site.
#[derive(Default)]
pub struct Cache {
    listings: BTreeMap<RemotePath, Listing>,
    /// For each directory that has listings below it, the children that lead to them or are listed themselves.
    below: BTreeMap<RemotePath, BTreeSet<RemotePath>>,
    /// The listings by their last use.
    uses: BTreeMap<u64, RemotePath>,
    next_use: u64,
    rows: usize,
}

impl Cache {
    /// An empty one.
    #[must_use]
    pub fn new() -> Cache {
        Cache::default()
    }

    /// Rows that are kept, each listing counting one more.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Remembers a listing that has just come, in place of an older one. One that is larger than all the room, or too deep, is not
    /// kept, and neither is the older one.
    pub fn put(&mut self, now: Time, path: &RemotePath, entries: Vec<Entry>) {
        self.forget(path);
        let Some(chain) = chain(path) else { return };
        if entries.len() >= MOST_ROWS {
            return;
        }
        let places = entries.iter().enumerate().map(|(at, row)| (row.name.clone(), at)).collect();
        let listing = Listing { rows: entries, places, at: now, stale: false, used: self.next_use };
        self.uses.insert(self.next_use, path.clone());
        self.next_use += 1;
        self.rows += listing.weight();
        self.listings.insert(path.clone(), listing);
        for (parent, child) in chain {
            self.below.entry(parent).or_default().insert(child);
        }
        self.make_room();
    }

    /// What is known of a directory, fresh or not.
    pub fn get(&mut self, now: Time, path: &RemotePath) -> Option<Cached<'_>> {
        let listing = self.listings.get_mut(path)?;
        self.uses.remove(&listing.used);
        listing.used = self.next_use;
        self.uses.insert(self.next_use, path.clone());
        self.next_use += 1;
        let fresh = !listing.stale && now.since(listing.at) < FRESH;
        Some(Cached { entries: &listing.rows, at: listing.at, fresh })
    }

    /// What is known of one file or directory, from the listing that holds it: its size, and so no SIZE before its
    /// download, if that listing is fresh.
    pub fn entry(&mut self, now: Time, path: &RemotePath) -> Option<(&Entry, bool)> {
        let (parent, name) = path.parent().zip(path.name())?;
        let fresh = self.get(now, &parent)?.fresh;
        self.listings.get_mut(&parent)?.row(&name).map(|row| (&*row, fresh))
    }

    /// We have made a directory, or stored a file: its row as far as it is known. Of a file that was there the new size and
    /// time are taken, and the rest stays.
    pub fn stored(&mut self, directory: &RemotePath, row: Entry) {
        let Some(listing) = self.listings.get_mut(directory) else { return };
        match listing.row(&row.name) {
            Some(old) if old.kind == row.kind => {
                old.size = row.size;
                old.modified = row.modified;
            }
            Some(old) => *old = row,
            None => {
                listing.push(row);
                self.rows += 1;
                self.make_room();
            }
        }
    }

    /// We have removed a file, or a directory with all below it.
    pub fn removed(&mut self, path: &RemotePath) {
        self.take(path);
        self.forget_tree(path);
    }

    /// We have renamed something. What was below either name is forgotten.
    pub fn renamed(&mut self, from: &RemotePath, to: &RemotePath) {
        if from == to {
            return;
        }
        let row = self.take(from);
        self.forget_tree(from);
        self.forget_tree(to);
        let Some((parent, name)) = to.parent().zip(to.name()) else { return };
        match row {
            Some(row) => {
                // The row that was there is another file's.
                self.take(to);
                self.stored(&parent, Entry { name, ..row });
            }
            None => self.doubt(&parent),
        }
    }

    /// Something has happened in this directory, we do not know what.
    pub fn doubt(&mut self, directory: &RemotePath) {
        if let Some(listing) = self.listings.get_mut(directory) {
            listing.stale = true;
        }
    }

    /// Something has happened in or below this directory, such as a command typed by hand.
    pub fn doubt_tree(&mut self, directory: &RemotePath) {
        for path in self.tree(directory) {
            self.doubt(&path);
        }
    }

    /// Forgets everything: another login, another site.
    pub fn clear(&mut self) {
        *self = Cache::default();
    }

    /// Takes a row out of the listing that holds it.
    fn take(&mut self, path: &RemotePath) -> Option<Entry> {
        let (parent, name) = path.parent().zip(path.name())?;
        let row = self.listings.get_mut(&parent)?.remove(&name)?;
        self.rows -= 1;
        Some(row)
    }

    fn make_room(&mut self) {
        while self.rows > MOST_ROWS
            && let Some(path) = self.uses.first_key_value().map(|(_, path)| path.clone())
        {
            self.forget(&path);
        }
    }

    fn forget(&mut self, path: &RemotePath) {
        let Some(listing) = self.listings.remove(path) else { return };
        self.uses.remove(&listing.used);
        self.rows -= listing.weight();
        // Directories that led only here lead nowhere.
        let mut child = path.clone();
        while !self.listings.contains_key(&child)
            && !self.below.contains_key(&child)
            && let Some(parent) = child.parent()
        {
            let Some(children) = self.below.get_mut(&parent) else { return };
            children.remove(&child);
            if !children.is_empty() {
                return;
            }
            self.below.remove(&parent);
            child = parent;
        }
    }

    fn forget_tree(&mut self, path: &RemotePath) {
        for path in self.tree(path) {
            self.forget(&path);
        }
    }

    /// The listings of a directory and of all below it.
    fn tree(&self, path: &RemotePath) -> Vec<RemotePath> {
        let mut open = vec![path.clone()];
        let mut found = Vec::new();
        while let Some(path) = open.pop() {
            open.extend(self.below.get(&path).into_iter().flatten().cloned());
            if self.listings.contains_key(&path) {
                found.push(path);
            }
        }
        found
    }
}

/// Each directory above a path with the child that leads to it; `None` if it lies too deep.
fn chain(path: &RemotePath) -> Option<Vec<(RemotePath, RemotePath)>> {
    let mut chain = Vec::new();
    let mut child = path.clone();
    while let Some(parent) = child.parent() {
        if chain.len() == MOST_DEPTH {
            return None;
        }
        chain.push((parent.clone(), child));
        child = parent;
    }
    Some(chain)
}

#[cfg(test)]
mod tests;
