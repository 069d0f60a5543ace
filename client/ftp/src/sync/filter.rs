//! What takes part. What does not is left alone on both sides: neither transferred nor deleted, and neither is a directory that holds it.

use crate::conflict::Side;
use crate::entry::EntryKind;

use super::glob::Glob;
use super::path::RelativePath;

/// Which nodes take part.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// If there are any: files that match none of these do not take part, and directories are made only for files that do.
    pub include: Vec<Glob>,
    /// What matches one of these does not take part, nor does what it holds.
    pub exclude: Vec<Glob>,
    /// Smallest size of a file, in bytes.
    pub smallest: Option<u64>,
    /// Largest size of a file, in bytes.
    pub largest: Option<u64>,
}

impl Filter {
    /// Whether a node takes part, by its path.
    pub(crate) fn takes(&self, path: &RelativePath, directory: bool) -> bool {
        if self.include.is_empty() && self.exclude.is_empty() {
            return true;
        }
        let text = path.text();
        let any = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(&text, directory));
        !any(&self.exclude) && (directory || self.include.is_empty() || any(&self.include))
    }

    /// Whether a file takes part, by its size on one side; an unknown size is no reason to leave it out.
    pub(crate) fn fits(&self, side: &Side) -> bool {
        let Some(size) = side.size.filter(|_| side.kind == EntryKind::File) else { return true };
        self.smallest.is_none_or(|smallest| size >= smallest)
            && self.largest.is_none_or(|largest| size <= largest)
    }

    /// Whether a directory by itself takes part: with inclusions, only what it holds does.
    pub(crate) fn takes_bare_directories(&self) -> bool {
        self.include.is_empty()
    }
}
