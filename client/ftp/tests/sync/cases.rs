//! One decision each.

use towpath_ftp::conflict::Side;
use towpath_ftp::sync::{
    Action, ActionKind, Base, Criterion, MOST_DEPTH, Mode, Node, Plan, Reason, Resolution, Settings, Sides,
    Transfers, Tree, TreeError, plan,
};
use towpath_ftp::{EntryKind, Modified, RemotePath};

use crate::model::{at, digest, file, node, of_kind, time, tree};

fn lines(plan: &Plan) -> Vec<(String, ActionKind, Reason)> {
    plan.actions.iter().map(|Action { path, kind, reason, .. }| (path.to_string(), *kind, *reason)).collect()
}

fn line(path: &str, kind: ActionKind, reason: Reason) -> (String, ActionKind, Reason) {
    (path.to_owned(), kind, reason)
}

fn mirror() -> Settings {
    Settings { deletions: true, ..Settings::default() }
}

fn both() -> Settings {
    Settings { mode: Mode::Both, deletions: true, ..Settings::default() }
}

#[test]
fn a_plan_makes_parents_first_and_deletes_last() {
    let local = tree([file("new/deep/f", 10, 5), file("same", 1, 1), file("new/g", 20, 5)]);
    let remote = tree([file("same", 1, 1), file("old/deep/f", 1, 1), file("old/g", 1, 1)]);
    let made = plan(&local, &remote, None, &mirror());
    use ActionKind as A;
    use Reason as R;
    assert_eq!(
        lines(&made),
        [
            line("new", A::MakeRemoteDirectory, R::Needed),
            line("new/deep", A::MakeRemoteDirectory, R::Needed),
            line("new/deep/f", A::Upload, R::Missing),
            line("new/g", A::Upload, R::Missing),
            line("old/g", A::DeleteRemoteFile, R::Extra),
            line("old/deep/f", A::DeleteRemoteFile, R::Extra),
            line("old/deep", A::DeleteRemoteDirectory, R::Extra),
            line("old", A::DeleteRemoteDirectory, R::Extra),
        ]
    );
    assert_eq!(made.totals.uploads, Transfers { files: 2, bytes: 30, unknown: 0 });
    assert_eq!((made.totals.made.remote, made.totals.unchanged), (2, 1));
    assert_eq!((made.totals.deleted.remote.files, made.totals.deleted.remote.directories), (2, 2));
    // Whoever moves a file knows its time without asking.
    let source = local.get(&made.actions[2].path).unwrap();
    assert!(source.side.modified.is_some() && made.actions[2].modified == source.side.modified);
    assert_eq!(made.actions[4].modified, None);
    // Four of five.
    assert_eq!(made.deletes_most, Sides { local: false, remote: true });
}

#[test]
fn an_empty_source_is_conspicuous() {
    let remote = tree([file("a", 1, 1)]);
    let made = plan(&Tree::default(), &remote, None, &mirror());
    assert!(made.deletes_most.remote);
    let made = plan(&remote, &Tree::default(), None, &Settings { mode: Mode::ToLocal, ..mirror() });
    assert!(made.deletes_most.local);
    // Half is not more than half.
    let made = plan(&tree([file("a", 1, 1)]), &tree([file("a", 1, 1), file("b", 1, 1)]), None, &mirror());
    assert!(!made.deletes_most.remote && made.totals.deleted.remote.files == 1);
    assert_eq!(plan(&Tree::default(), &Tree::default(), None, &mirror()), Plan::default());
}

#[test]
fn a_newer_target_is_kept_unless_told_otherwise() {
    let (local, remote) = (tree([file("f", 10, 100)]), tree([file("f", 20, 200)]));
    let made = plan(&local, &remote, None, &Settings::default());
    assert_eq!(lines(&made), [line("f", ActionKind::Skip, Reason::TargetNewer)]);
    let made = plan(&local, &remote, None, &Settings { keep_newer: false, ..Settings::default() });
    assert_eq!(lines(&made), [line("f", ActionKind::Upload, Reason::SizeDiffers)]);
    let made = plan(&local, &remote, None, &Settings { mode: Mode::ToLocal, ..Settings::default() });
    assert_eq!(lines(&made), [line("f", ActionKind::Download, Reason::SizeDiffers)]);
}

#[test]
fn times_are_compared_with_their_tolerance_and_precision() {
    let with = |modified| tree([node("f", Side { kind: EntryKind::File, size: Some(1), modified })]);
    let idle =
        |local, remote| plan(&with(local), &with(remote), None, &Settings::default()).actions.is_empty();
    assert!(idle(time(102), time(100)));
    assert!(!idle(time(103), time(100)));
    let minutes = Some(Modified { seconds: 60, has_time: true, has_seconds: false, utc: true });
    assert!(idle(time(119), minutes));
    assert!(!idle(time(122), minutes));
    let days = Some(Modified { seconds: 0, has_time: false, has_seconds: false, utc: true });
    assert!(idle(time(86_399), days));
    let made = plan(&with(time(5)), &with(None), None, &Settings::default());
    assert_eq!(lines(&made), [line("f", ActionKind::Conflict, Reason::TimeUnknown)]);
}

#[test]
fn unknown_sizes_are_conflicts_and_are_counted() {
    let unknown = |path: &str| node(path, Side { kind: EntryKind::File, size: None, modified: time(1) });
    let made =
        plan(&tree([unknown("f"), unknown("g")]), &tree([file("f", 1, 1)]), None, &Settings::default());
    assert_eq!(
        lines(&made),
        [
            line("f", ActionKind::Conflict, Reason::SizeUnknown),
            line("g", ActionKind::Upload, Reason::Missing),
        ]
    );
    assert_eq!(made.totals.uploads, Transfers { files: 1, bytes: 0, unknown: 1 });
}

#[test]
fn digests_are_asked_for_where_only_they_can_tell() {
    let with = |path: &str, size, checksum| Node { checksum, ..file(path, size, 1) };
    let settings = Settings { criterion: Criterion::Checksum, ..Settings::default() };
    let made = plan(
        &tree([with("f", 1, None), with("g", 1, digest(1)), with("h", 1, digest(1)), with("i", 1, None)]),
        &tree([with("f", 1, None), with("g", 1, digest(1)), with("h", 1, digest(2)), with("i", 2, None)]),
        None,
        &settings,
    );
    assert_eq!(made.needs_checksum, [at("f")]);
    assert_eq!(
        lines(&made),
        [
            line("h", ActionKind::Upload, Reason::ChecksumDiffers),
            line("i", ActionKind::Upload, Reason::SizeDiffers),
        ]
    );
    assert_eq!(made.totals.unchanged, 1);
}

#[test]
fn kinds_that_clash_are_left_alone_with_all_below() {
    let local = tree([file("x", 1, 1), file("y/f", 1, 1)]);
    let remote = tree([file("x/deep/f", 1, 1), file("y", 1, 1)]);
    let made = plan(&local, &remote, None, &mirror());
    assert_eq!(
        lines(&made),
        [
            line("x", ActionKind::Conflict, Reason::KindsClash),
            line("y", ActionKind::Conflict, Reason::KindsClash),
        ]
    );
    assert_eq!(made.totals.left_out, 3);
}

#[test]
fn m12_links_are_reported_and_keep_their_directory() {
    let remote = tree([of_kind("d/l", EntryKind::Link), of_kind("d/p", EntryKind::Other), file("d/f", 1, 1)]);
    let made = plan(&Tree::default(), &remote, None, &mirror());
    assert_eq!(
        lines(&made),
        [
            line("d/l", ActionKind::Skip, Reason::Link),
            line("d/p", ActionKind::Skip, Reason::Special),
            line("d/f", ActionKind::DeleteRemoteFile, Reason::Extra),
        ]
    );
    assert_eq!(made.totals.extra, 1);
}

#[test]
fn names_that_are_one_to_a_side_are_conflicts() {
    let local = tree([file("Ä/f", 1, 1), file("ä/g", 1, 1), file("ok", 1, 1)]);
    let remote = tree([file("OK", 9, 9)]);
    let settings = Settings { ignores_case: Sides { local: false, remote: true }, ..mirror() };
    let made = plan(&local, &remote, None, &settings);
    assert_eq!(made.totals.conflicts, 4);
    assert!(made.actions.iter().all(|action| action.reason == Reason::CaseClash));
    assert!(made.is_idle());
    let made = plan(&local, &remote, None, &mirror());
    assert_eq!((made.totals.conflicts, made.totals.uploads.files), (0, 3));
}

#[test]
fn a_base_tells_deletion_from_creation() {
    let then = tree([file("f", 1, 1), file("g", 1, 1)]);
    let base = Base { local: then.clone(), remote: then };
    let local = tree([file("f", 1, 1), file("new", 1, 1)]);
    let remote = tree([file("g", 1, 1)]);
    let expected = |deletes: bool| match deletes {
        true => [
            line("new", ActionKind::Upload, Reason::Missing),
            line("g", ActionKind::DeleteRemoteFile, Reason::LocalDeleted),
            line("f", ActionKind::DeleteLocalFile, Reason::RemoteDeleted),
        ],
        false => [
            line("f", ActionKind::Skip, Reason::RemoteDeleted),
            line("g", ActionKind::Skip, Reason::LocalDeleted),
            line("new", ActionKind::Upload, Reason::Missing),
        ],
    };
    for deletions in [true, false] {
        let settings = Settings { deletions, ..both() };
        assert_eq!(lines(&plan(&local, &remote, Some(&base), &settings)), expected(deletions));
    }
    let made = plan(&local, &remote, None, &both());
    assert_eq!((made.totals.uploads.files, made.totals.downloads.files), (2, 1));
}

#[test]
fn each_side_is_compared_with_its_own_past() {
    // The server gives uploads its own time: both sides agree although their times differ.
    let base = Base { local: tree([file("f", 1, 100)]), remote: tree([file("f", 1, 900)]) };
    assert!(plan(&base.local, &base.remote, Some(&base), &both()).actions.is_empty());
    let made = plan(&tree([file("f", 1, 200)]), &base.remote, Some(&base), &both());
    assert_eq!(lines(&made), [line("f", ActionKind::Upload, Reason::LocalChanged)]);
    let made = plan(&base.local, &tree([file("f", 2, 950)]), Some(&base), &both());
    assert_eq!(lines(&made), [line("f", ActionKind::Download, Reason::RemoteChanged)]);
}

#[test]
fn conflicts_are_reported_or_resolved() {
    let then = tree([file("both", 1, 1), file("gone", 1, 1)]);
    let base = Base { local: then.clone(), remote: then };
    let local = tree([file("both", 2, 500)]);
    let remote = tree([file("both", 3, 400), file("gone", 2, 400)]);
    let resolved =
        |resolution| lines(&plan(&local, &remote, Some(&base), &Settings { resolution, ..both() }));
    use ActionKind as A;
    for (resolution, first, second) in [
        (Resolution::Report, A::Conflict, A::Conflict),
        (Resolution::Newer, A::Upload, A::Download),
        (Resolution::Local, A::Upload, A::Download),
        (Resolution::Remote, A::Download, A::Download),
    ] {
        assert_eq!(
            resolved(resolution),
            [line("both", first, Reason::BothChanged), line("gone", second, Reason::ChangedAndDeleted)]
        );
    }
}

#[test]
fn what_cannot_be_told_is_not_deleted() {
    let blind = |path: &str| node(path, Side { kind: EntryKind::File, size: None, modified: None });
    let base = Base { local: tree([blind("f")]), remote: tree([blind("f")]) };
    let made = plan(&tree([blind("f")]), &Tree::default(), Some(&base), &both());
    assert_eq!(lines(&made), [line("f", ActionKind::Conflict, Reason::ChangedAndDeleted)]);
}

#[test]
fn a_listing_that_contradicts_itself_is_no_tree() {
    assert_eq!(Tree::new(vec![file("a", 1, 1), file("a", 2, 2)]), Err(TreeError::Twice(at("a"))));
    let below = Tree::new(vec![file("a/b/c", 1, 1), file("a", 2, 2)]);
    assert_eq!(below, Err(TreeError::NotADirectory(at("a/b/c"))));
    let link = Tree::new(vec![file("l/f", 1, 1), of_kind("l", EntryKind::Link)]);
    assert_eq!(link, Err(TreeError::NotADirectory(at("l/f"))));
    let deep = Tree::new(vec![file(&["d"; MOST_DEPTH + 1].join("/"), 1, 1)]);
    assert!(matches!(deep, Err(TreeError::TooDeep(_))));
    let tree = tree([file("a-b", 1, 1), file("a/x", 1, 1), file("b/y/z", 1, 1)]);
    let paths: Vec<String> = tree.nodes().iter().map(|node| node.path.to_string()).collect();
    assert_eq!(paths, ["a", "a/x", "a-b", "b", "b/y", "b/y/z"]);
    assert_eq!(at("a/x").under(&RemotePath::new("/srv").unwrap()), RemotePath::new("/srv/a/x").unwrap());
}
