//! Folders seen lately, so that going back shows them at once. Bounded by folders and by rows.

use super::listing::{Entries, Sort};
use super::shared::Shared;
use crate::protocol::Bytes;

/// Folders kept.
const FOLDERS: usize = 64;
/// Rows kept in all of them.
const ROWS: usize = 300_000;

/// A folder as it was.
#[derive(Clone, Default)]
pub(crate) struct Folder {
    /// Its rows.
    pub(crate) entries: Shared<Entries>,
    /// Their order, and by what: sorting a huge folder again would be felt.
    pub(crate) order: Option<(Sort, Shared<Vec<u32>>)>,
}

/// The folders, the one used last at the end.
#[derive(Clone, Default)]
pub(crate) struct Cache {
    folders: Vec<(Bytes, Folder)>,
}

impl Cache {
    /// The rows of a folder.
    pub(crate) fn get(&self, path: &Bytes) -> Option<Folder> {
        self.folders.iter().find(|(known, _)| known == path).map(|(_, folder)| folder.clone())
    }

    /// Keeps a folder's rows.
    pub(crate) fn put(&mut self, path: Bytes, folder: Folder) {
        self.folders.retain(|(known, _)| *known != path);
        self.folders.push((path, folder));
        let mut rows: usize = self.folders.iter().map(|(_, folder)| folder.entries.len()).sum();
        while self.folders.len() > 1 && (self.folders.len() > FOLDERS || rows > ROWS) {
            let (_, oldest) = self.folders.remove(0);
            rows -= oldest.entries.len();
        }
    }

    /// Something below this path, or it itself, was changed.
    pub(crate) fn forget_below(&mut self, path: &Bytes) {
        let path = path.as_bytes();
        self.folders.retain(|(known, _)| {
            let below = known.as_bytes().strip_prefix(path);
            !below.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::listing::{Entry, row};
    use super::*;
    use crate::protocol::RowKind;

    #[test]
    fn it_is_bounded() {
        let mut cache = Cache::default();
        for number in 0..200 {
            cache.put(Bytes::text(format!("/{number}")), Folder::default());
        }
        assert_eq!(cache.folders.len(), FOLDERS);
        assert!(cache.get(&Bytes::text("/0")).is_none() && cache.get(&Bytes::text("/199")).is_some());
        let many = vec![Entry::new(row("x", RowKind::File, 1)); ROWS + 1];
        cache.put(Bytes::text("/huge"), Folder { entries: Shared::new(many), order: None });
        assert_eq!(cache.folders.len(), 1, "the newest stays, however large");
    }

    #[test]
    fn a_change_is_not_hidden_by_old_rows() {
        let mut cache = Cache::default();
        for path in ["/a", "/a/b", "/ab"] {
            cache.put(Bytes::text(path), Folder::default());
        }
        cache.forget_below(&Bytes::text("/a"));
        let left: Vec<_> = cache.folders.iter().map(|(path, _)| path.text.as_str()).collect();
        assert_eq!(left, ["/ab"]);
    }
}
