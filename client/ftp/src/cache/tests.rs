use proptest::prelude::*;

use super::*;
use crate::entry::EntryKind;

fn path(text: &str) -> RemotePath {
    RemotePath::new(text).unwrap()
}

fn row(name: &str, kind: EntryKind, size: Option<u64>) -> Entry {
    let mut row = Entry::new(Name::new(name).unwrap(), kind);
    (row.size, row.mode) = (size, Some(0o644));
    row
}

fn file(name: &str) -> Entry {
    row(name, EntryKind::File, Some(1))
}

fn directory(name: &str) -> Entry {
    row(name, EntryKind::Directory, None)
}

fn names(cache: &mut Cache, directory: &str) -> Option<Vec<String>> {
    let cached = cache.get(Time(0), &path(directory))?;
    let mut names: Vec<String> = cached.entries.iter().map(|row| row.name.to_string()).collect();
    names.sort();
    Some(names)
}

/// `/` with `d` and `f`, `/d` with `e` and `g`, `/d/e` with `h`, and `/x/y/z`, whose parents were not listed.
fn cache() -> Cache {
    let mut cache = Cache::new();
    cache.put(Time(0), &path("/"), vec![directory("d"), file("f")]);
    cache.put(Time(0), &path("/d"), vec![directory("e"), file("g")]);
    cache.put(Time(0), &path("/d/e"), vec![file("h")]);
    cache.put(Time(0), &path("/x/y/z"), vec![file("i")]);
    cache
}

#[test]
fn a_listing_is_fresh_for_ten_minutes_and_shown_after() {
    let mut cache = cache();
    assert!(cache.get(Time(FRESH - 1), &path("/d")).unwrap().fresh);
    let old = cache.get(Time(FRESH), &path("/d")).unwrap();
    assert!(!old.fresh);
    assert_eq!(old.entries.len(), 2);
    cache.put(Time(FRESH), &path("/d"), vec![]);
    let new = cache.get(Time(FRESH), &path("/d")).unwrap();
    assert!(new.fresh && new.entries.is_empty());
    assert!(cache.get(Time(0), &path("/none")).is_none());
    cache.clear();
    assert!(cache.get(Time(0), &path("/")).is_none());
    assert_eq!(cache.rows(), 0);
}

#[test]
fn what_we_made_and_stored_is_there_at_once() {
    let mut cache = cache();
    cache.stored(&path("/d"), directory("new"));
    cache.stored(&path("/d"), row("up", EntryKind::File, Some(5)));
    cache.stored(&path("/d"), Entry { mode: None, ..row("g", EntryKind::File, Some(9)) });
    cache.stored(&path("/unseen"), file("a"));
    assert_eq!(names(&mut cache, "/d").unwrap(), ["e", "g", "new", "up"]);
    let (entry, fresh) = cache.entry(Time(0), &path("/d/g")).unwrap();
    assert_eq!((entry.size, entry.mode, fresh), (Some(9), Some(0o644), true));
    assert!(cache.entry(Time(0), &path("/d/none")).is_none());
    assert!(cache.get(Time(0), &path("/unseen")).is_none());
}

#[test]
fn what_we_removed_is_gone_with_all_below() {
    let mut cache = cache();
    cache.removed(&path("/f"));
    assert_eq!(names(&mut cache, "/").unwrap(), ["d"]);
    cache.removed(&path("/d"));
    assert_eq!(names(&mut cache, "/").unwrap(), Vec::<String>::new());
    assert_eq!(names(&mut cache, "/d"), None);
    assert_eq!(names(&mut cache, "/d/e"), None);
    cache.removed(&path("/x"));
    assert_eq!(names(&mut cache, "/x/y/z"), None);
    // The root's listing alone.
    assert_eq!((cache.rows(), cache.below.len(), cache.uses.len()), (1, 0, 1));
}

#[test]
fn what_we_renamed_has_its_new_name() {
    let mut cache = cache();
    cache.renamed(&path("/d"), &path("/n"));
    assert_eq!(names(&mut cache, "/").unwrap(), ["f", "n"]);
    assert_eq!(names(&mut cache, "/d/e"), None);
    cache.renamed(&path("/f"), &path("/n"));
    assert_eq!(names(&mut cache, "/").unwrap(), ["n"]);
    assert_eq!(cache.entry(Time(0), &path("/n")).unwrap().0.kind, EntryKind::File);
    cache.renamed(&path("/n"), &path("/n"));
    assert_eq!(names(&mut cache, "/").unwrap(), ["n"]);
    // Into a directory of which we have a listing, from one of which we have none.
    cache.renamed(&path("/unseen/a"), &path("/a"));
    assert!(!cache.get(Time(0), &path("/")).unwrap().fresh);
}

#[test]
fn doubt_makes_stale_but_keeps() {
    let mut cache = cache();
    cache.doubt_tree(&path("/d"));
    assert!(cache.get(Time(0), &path("/")).unwrap().fresh);
    assert!(!cache.get(Time(0), &path("/d")).unwrap().fresh);
    assert!(!cache.get(Time(0), &path("/d/e")).unwrap().fresh);
}

#[test]
fn no_row_vanishes_that_is_listed_twice() {
    let mut cache = Cache::new();
    cache.put(Time(0), &path("/"), vec![file("a"), file("a"), file("b")]);
    assert_eq!(names(&mut cache, "/").unwrap(), ["a", "a", "b"]);
    cache.removed(&path("/a"));
    assert_eq!(names(&mut cache, "/").unwrap(), ["a", "b"]);
    assert!(!cache.get(Time(0), &path("/")).unwrap().fresh);
    cache.removed(&path("/b"));
    assert_eq!(names(&mut cache, "/").unwrap(), ["a"]);
}

#[test]
fn what_was_not_used_for_longest_goes() {
    let mut cache = Cache::new();
    let many = |rows: usize| (0..rows).map(|number| file(&format!("f{number}"))).collect::<Vec<_>>();
    for directory in ["/a", "/b", "/c"] {
        cache.put(Time(0), &path(directory), many(MOST_ROWS / 4));
    }
    assert!(cache.get(Time(0), &path("/a")).is_some());
    cache.put(Time(0), &path("/d"), many(MOST_ROWS / 4));
    assert!(cache.rows() <= MOST_ROWS);
    assert!(cache.get(Time(0), &path("/b")).is_none());
    assert!(cache.get(Time(0), &path("/a")).is_some());
    cache.put(Time(0), &path("/a"), many(MOST_ROWS));
    assert!(cache.get(Time(0), &path("/a")).is_none());
    let deep = path(&"/d".repeat(MOST_DEPTH + 1));
    cache.put(Time(0), &deep, vec![]);
    assert!(cache.get(Time(0), &deep).is_none());
}

#[derive(Clone, Debug)]
enum Act {
    Put(u8, Vec<u8>),
    Store(u8, u8),
    Remove(u8),
    Rename(u8, u8),
}

fn place(number: u8) -> RemotePath {
    let names = ["a", "b", "c"];
    let parts = (0..number % 4).map(|depth| names[usize::from(number >> (2 * depth)) % 3]);
    path(&parts.fold("/".to_owned(), |path, name| path + "/" + name))
}

proptest! {
    /// Whatever is done in whatever order: the sums hold, and no index points at nothing.
    #[test]
    fn the_sums_hold(acts in proptest::collection::vec(prop_oneof![
        (any::<u8>(), proptest::collection::vec(0..3u8, 0..4)).prop_map(|(at, rows)| Act::Put(at, rows)),
        any::<(u8, u8)>().prop_map(|(at, row)| Act::Store(at, row)),
        any::<u8>().prop_map(Act::Remove),
        any::<(u8, u8)>().prop_map(|(from, to)| Act::Rename(from, to)),
    ], 0..60)) {
        let mut cache = Cache::new();
        let named = |number: u8| file(["a", "b", "c"][usize::from(number % 3)]);
        for act in acts {
            match act {
                Act::Put(at, rows) => cache.put(Time(0), &place(at), rows.into_iter().map(named).collect()),
                Act::Store(at, row) => cache.stored(&place(at), named(row)),
                Act::Remove(at) => cache.removed(&place(at)),
                Act::Rename(from, to) => cache.renamed(&place(from), &place(to)),
            }
            let rows: usize = cache.listings.values().map(Listing::weight).sum();
            prop_assert_eq!(rows, cache.rows);
            prop_assert_eq!(cache.uses.len(), cache.listings.len());
            for listing in cache.listings.values() {
                for (name, at) in &listing.places {
                    prop_assert_eq!(&listing.rows[*at].name, name);
                }
            }
            // The tree below the root finds every listing, and nothing else is kept.
            prop_assert_eq!(cache.tree(&RemotePath::root()).len(), cache.listings.len());
            for (parent, children) in &cache.below {
                prop_assert!(!children.is_empty());
                for child in children {
                    prop_assert_eq!(child.parent(), Some(parent.clone()));
                    prop_assert!(cache.listings.contains_key(child) || cache.below.contains_key(child));
                }
            }
        }
    }
}
