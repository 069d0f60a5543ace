//! One directory that a tree is at, on both sides.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::conflict::Side;
use crate::entry::Entry;
use crate::path::{Name, RemotePath, display};
use crate::unique::Unique;

use super::io::{AskId, Listing, LocalEntry, LocalPath, Place};
use super::local::folded;

/// A name on one side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Title {
    Remote(Name),
    Local(String),
}

impl Title {
    /// What has to differ for two names to be two files.
    pub(super) fn key(&self, ignores_case: bool) -> Vec<u8> {
        match (self, ignores_case) {
            (Title::Remote(name), false) => name.as_bytes().to_vec(),
            (Title::Remote(name), true) => folded(&display(name.as_bytes())).into_bytes(),
            (Title::Local(name), false) => name.clone().into_bytes(),
            (Title::Local(name), true) => folded(name).into_bytes(),
        }
    }
}

impl Place {
    /// The place of a child. A name of the other side has none here; the tree never asks for that.
    pub(super) fn child(&self, title: &Title) -> Place {
        match (self, title) {
            (Place::Remote(path), Title::Remote(name)) => Place::Remote(path.join(name)),
            (Place::Local(path), Title::Local(name)) => Place::Local(path.join(name.clone())),
            (Place::Remote(_), Title::Local(_)) | (Place::Local(_), Title::Remote(_)) => self.clone(),
        }
    }

    /// Bytes that it takes, about.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Place::Remote(path) => path.as_bytes().len(),
            Place::Local(LocalPath(names)) => names.iter().map(|name| size_of::<String>() + name.len()).sum(),
        }
    }

    pub(super) fn remote(&self) -> Option<&RemotePath> {
        match self {
            Place::Remote(path) => Some(path),
            Place::Local(_) => None,
        }
    }

    pub(super) fn local(&self) -> Option<&LocalPath> {
        match self {
            Place::Local(path) => Some(path),
            Place::Remote(_) => None,
        }
    }
}

/// Something in a source directory.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) title: Title,
    pub(super) side: Side,
    pub(super) unique: Unique,
}

impl From<Entry> for Row {
    fn from(entry: Entry) -> Row {
        let side = Side::from(&entry);
        Row { title: Title::Remote(entry.name), side, unique: entry.unique }
    }
}

impl From<LocalEntry> for Row {
    fn from(entry: LocalEntry) -> Row {
        Row { title: Title::Local(entry.name), side: entry.side, unique: None }
    }
}

impl Listing {
    pub(super) fn into_rows(self) -> Vec<Row> {
        match self {
            Listing::Remote { entries, .. } => entries.into_iter().map(Row::from).collect(),
            Listing::Local(entries) => entries.into_iter().map(Row::from).collect(),
        }
    }
}

/// The `unique` facts of the directories above. At most [`super::MOST_LEVELS`] long, so that it can be dropped by recursion.
#[derive(Debug)]
pub(super) struct Lineage {
    pub(super) unique: Unique,
    pub(super) above: Option<Arc<Lineage>>,
}

impl Lineage {
    pub(super) fn has(&self, unique: &Unique) -> bool {
        let above = std::iter::successors(Some(self), |lineage| lineage.above.as_deref());
        unique.is_some() && above.into_iter().any(|lineage| lineage.unique == *unique)
    }
}

/// What comes next for a directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Its source is listed.
    Source,
    /// Its target is made.
    Make,
    /// Its target is listed.
    Target,
    /// What it holds is decided and given out.
    Feeding,
}

/// A name of the target directory that is not free.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taken {
    /// By this, which was there before.
    There(Side),
    /// By something that this tree puts there.
    Ours,
}

/// A directory.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) source: Place,
    pub(super) target: Place,
    /// Steps below what the user chose from; that itself is 0.
    pub(super) depth: usize,
    pub(super) lineage: Arc<Lineage>,
    /// Whether its target is there; `None` where nobody looked.
    pub(super) exists: Option<bool>,
    pub(super) stage: Stage,
    /// What is under way for it.
    pub(super) asked: Option<AskId>,
    /// How many times in a row that failed.
    pub(super) tries: u32,
    pub(super) rows: std::vec::IntoIter<Row>,
    pub(super) taken: BTreeMap<Vec<u8>, Taken>,
    /// Questions about what it holds.
    pub(super) doubts: usize,
}

impl Folder {
    pub(super) fn new(
        source: Place,
        target: Place,
        depth: usize,
        lineage: Arc<Lineage>,
        exists: Option<bool>,
    ) -> Folder {
        Folder {
            source,
            target,
            depth,
            lineage,
            exists,
            stage: Stage::Source,
            asked: None,
            tries: 0,
            rows: Vec::new().into_iter(),
            taken: BTreeMap::new(),
            doubts: 0,
        }
    }

    /// Bytes of its paths.
    pub(super) fn bytes(&self) -> usize {
        self.source.bytes().saturating_add(self.target.bytes())
    }

    /// Its source is known.
    pub(super) fn sourced(&mut self, rows: Vec<Row>, counting: bool) {
        self.rows = rows.into_iter();
        self.stage = match (counting, self.exists) {
            (true, _) => Stage::Feeding,
            (false, Some(true)) => Stage::Target,
            (false, _) => Stage::Make,
        };
    }
}
