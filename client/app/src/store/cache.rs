//! Folders seen lately, so that going back shows them at once. Bounded by folders and by rows.

use super::listing::Entries;
use super::shared::Shared;
use crate::protocol::Bytes;

/// Folders kept.
const FOLDERS: usize = 64;
/// Rows kept in all of them.
const ROWS: usize = 300_000;

/// The folders, the one used last at the end.
#[derive(Clone, Default)]
pub(crate) struct Cache {
    folders: Vec<(Bytes, Shared<Entries>)>,
}

impl Cache {
    /// The rows of a folder.
    pub(crate) fn get(&self, path: &Bytes) -> Option<Shared<Entries>> {
        self.folders.iter().find(|(known, _)| known == path).map(|(_, entries)| entries.clone())
    }

    /// Keeps a folder's rows.
    pub(crate) fn put(&mut self, path: Bytes, entries: Shared<Entries>) {
        self.folders.retain(|(known, _)| *known != path);
        self.folders.push((path, entries));
        let mut rows: usize = self.folders.iter().map(|(_, entries)| entries.len()).sum();
        while self.folders.len() > 1 && (self.folders.len() > FOLDERS || rows > ROWS) {
            let (_, oldest) = self.folders.remove(0);
            rows -= oldest.len();
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
            cache.put(Bytes::text(format!("/{number}")), Shared::default());
        }
        assert_eq!(cache.folders.len(), FOLDERS);
        assert!(cache.get(&Bytes::text("/0")).is_none() && cache.get(&Bytes::text("/199")).is_some());
        let many = vec![Entry::new(row("x", RowKind::File, 1)); ROWS + 1];
        cache.put(Bytes::text("/huge"), Shared::new(many));
        assert_eq!(cache.folders.len(), 1, "the newest stays, however large");
    }

    #[test]
    fn a_change_is_not_hidden_by_old_rows() {
        let mut cache = Cache::default();
        for path in ["/a", "/a/b", "/ab"] {
            cache.put(Bytes::text(path), Shared::default());
        }
        cache.forget_below(&Bytes::text("/a"));
        let left: Vec<_> = cache.folders.iter().map(|(path, _)| path.text.as_str()).collect();
        assert_eq!(left, ["/ab"]);
    }
}
