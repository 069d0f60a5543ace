//! What takes part, and what is left alone.

use towpath_ftp::sync::{ActionKind, Filter, Glob, Settings, plan};

use crate::model::{file, tree};

fn globs(patterns: &[&str]) -> Vec<Glob> {
    patterns.iter().map(|pattern| Glob::new(pattern).unwrap()).collect()
}

fn mirror(filter: Filter) -> Settings {
    Settings { deletions: true, filter, ..Settings::default() }
}

fn paths(made: &towpath_ftp::sync::Plan, kind: ActionKind) -> Vec<String> {
    made.actions.iter().filter(|action| action.kind == kind).map(|action| action.path.to_string()).collect()
}

#[test]
fn what_is_excluded_is_neither_transferred_nor_deleted() {
    let filter = Filter { exclude: globs(&[".git/", "*.tmp"]), ..Filter::default() };
    let local = tree([file(".git/config", 1, 1), file("a.tmp", 1, 1), file("a", 1, 1)]);
    let remote = tree([file("old/.git/config", 1, 1), file("old/f", 1, 1), file("cache/b.tmp", 1, 1)]);
    let made = plan(&local, &remote, None, &mirror(filter));
    assert_eq!(paths(&made, ActionKind::Upload), ["a"]);
    assert_eq!(paths(&made, ActionKind::DeleteRemoteFile), ["old/f"]);
    // Both hold something that stays.
    assert!(paths(&made, ActionKind::DeleteRemoteDirectory).is_empty());
    assert_eq!((made.totals.extra, made.totals.left_out), (2, 6));
}

#[test]
fn with_inclusions_directories_are_made_for_their_files_only() {
    let filter = Filter { include: globs(&["*.html"]), ..Filter::default() };
    let local = tree([file("a/x/i.html", 1, 1), file("b/x/i.css", 1, 1), file("i.html", 1, 1)]);
    let remote = tree([file("c/i.html", 1, 1), file("d/i.css", 1, 1)]);
    let made = plan(&local, &remote, None, &mirror(filter));
    assert_eq!(paths(&made, ActionKind::Upload), ["a/x/i.html", "i.html"]);
    assert_eq!(paths(&made, ActionKind::MakeRemoteDirectory), ["a", "a/x"]);
    assert_eq!(paths(&made, ActionKind::DeleteRemoteFile), ["c/i.html"]);
    assert!(paths(&made, ActionKind::DeleteRemoteDirectory).is_empty());
}

#[test]
fn sizes_have_limits() {
    let filter = Filter { smallest: Some(10), largest: Some(20), ..Filter::default() };
    let local =
        tree([file("a", 9, 1), file("b", 10, 1), file("c", 20, 1), file("d", 21, 1), file("e", 15, 9)]);
    // What is too large on one side is left alone on both.
    let remote = tree([file("e", 99, 1), file("f", 99, 1)]);
    let made = plan(&local, &remote, None, &mirror(filter));
    assert_eq!(paths(&made, ActionKind::Upload), ["b", "c"]);
    assert!(paths(&made, ActionKind::DeleteRemoteFile).is_empty());
    assert_eq!(made.totals.left_out, 4);
}
