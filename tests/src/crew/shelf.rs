//! What our own actions change in the listings that are known.

use towpath_ftp::cache::Cache;
use towpath_ftp::{Entry, EntryKind, Outcome, RemotePath, Request, Time};

/// A request has ended well.
pub(super) fn done(cache: &mut Cache, now: Time, request: &Request, outcome: &Outcome, rows: Vec<Entry>) {
    match request {
        Request::List(_) => {
            if let Outcome::Listing { path, unread, truncated, .. } = outcome {
                cache.put(now, path, rows);
                if truncated.is_some() || !unread.is_empty() {
                    cache.doubt(path);
                }
            }
        }
        Request::MakeDirectory(path) | Request::MakeDirectories(path) => made(cache, path),
        Request::RemoveDirectory(path) | Request::DeleteFile(path) | Request::RemoveTree(path) => {
            cache.removed(path);
        }
        Request::DeleteTree(items) => items.iter().for_each(|item| cache.removed(&item.path)),
        Request::Rename { from, to } => cache.renamed(from, to),
        other => touched(cache, other),
    }
}

/// A request has failed: what it has done before is not known.
pub(super) fn failed(cache: &mut Cache, request: &Request) {
    match request {
        Request::DeleteTree(items) => items.iter().for_each(|item| {
            cache.doubt_tree(&item.path);
            beside(cache, &item.path);
        }),
        Request::MakeDirectory(path)
        | Request::MakeDirectories(path)
        | Request::RemoveDirectory(path)
        | Request::DeleteFile(path)
        | Request::RemoveTree(path) => {
            std::iter::successors(Some(path.clone()), RemotePath::parent).for_each(|path| cache.doubt(&path));
        }
        Request::Rename { from, to } => {
            beside(cache, from);
            beside(cache, to);
        }
        other => touched(cache, other),
    }
}

/// A file was stored.
pub(super) fn stored(cache: &mut Cache, path: &RemotePath, size: Option<u64>) {
    let Some((parent, name)) = path.parent().zip(path.name()) else { return };
    let mut row = Entry::new(name, EntryKind::File);
    row.size = size;
    cache.stored(&parent, row);
    // When it was modified, only the server knows.
    cache.doubt(&parent);
}

fn made(cache: &mut Cache, path: &RemotePath) {
    // Those above it may have been made with it.
    let mut lower = Some(path.clone());
    while let Some(path) = lower {
        let known = cache.entry(Time::default(), &path).is_some();
        if let (Some((parent, name)), false) = (path.parent().zip(path.name()), known) {
            cache.stored(&parent, Entry::new(name, EntryKind::Directory));
        }
        lower = path.parent();
    }
}

/// Something has happened to what a request names, it is not known what.
fn touched(cache: &mut Cache, request: &Request) {
    match request {
        Request::SetModificationTime { path, .. }
        | Request::SetCreationTime { path, .. }
        | Request::ChangeMode { path, .. }
        | Request::ChangeGroup { path, .. }
        | Request::MakeLink { path, .. }
        | Request::CopyOnServer { to: path, .. } => beside(cache, path),
        Request::ChangeModeTree { items, .. } => items.iter().for_each(|item| {
            cache.doubt_tree(&item.path);
            beside(cache, &item.path);
        }),
        Request::Site(_) | Request::Raw(_) | Request::Reinitialize => cache.clear(),
        _ => {}
    }
}

fn beside(cache: &mut Cache, path: &RemotePath) {
    if let Some(parent) = path.parent() {
        cache.doubt(&parent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_actions_show_in_what_is_known() {
        let path = |text: &str| RemotePath::new(text).unwrap();
        let mut cache = Cache::new();
        let now = Time(1);
        let listing = Outcome::Listing { path: path("/"), entries: 0, unread: Vec::new(), truncated: None };
        done(&mut cache, now, &Request::List(None), &listing, Vec::new());
        done(&mut cache, now, &Request::MakeDirectories(path("/a/b")), &Outcome::Ok, Vec::new());
        let known = cache.get(now, &path("/")).unwrap();
        assert!(known.fresh && known.entries.len() == 1 && known.entries[0].kind == EntryKind::Directory);
        done(&mut cache, now, &Request::RemoveDirectory(path("/a")), &Outcome::Ok, Vec::new());
        assert!(cache.get(now, &path("/")).unwrap().entries.is_empty());
        stored(&mut cache, &path("/f"), Some(3));
        let known = cache.get(now, &path("/")).unwrap();
        assert!(!known.fresh && known.entries[0].size == Some(3));
    }
}
