//! Trees down, up and across.

use towpath_ftp::conflict::Policy;
use towpath_ftp::tree::{
    CopyWay, Counts, FileEnd, LocalEntry, LocalKind, LocalPath, TreeEvent, TreeInput, TreeOutput,
    TreeSettings, TreeTransfer, Why,
};
use towpath_ftp::{ErrorKind, Request};

use crate::model::{Files, World, entry, error, path};

pub(crate) fn settings() -> TreeSettings {
    TreeSettings { policy: Policy::Overwrite, local: LocalKind::Unix, ..TreeSettings::default() }
}

fn sample() -> Files {
    Files::of(&["d/", "d/a=1", "d/e/", "d/e/f=22", "d/empty/", "x=333", "l@"])
}

pub(crate) fn download(remote: &Files, local: Files, settings: TreeSettings) -> World {
    let entries = remote.children(&[]).into_iter().map(|(name, node)| entry(name, node)).collect();
    let tree = TreeTransfer::download(path("/"), entries, LocalPath::default(), settings);
    World::tree(tree, remote.clone(), local)
}

pub(crate) fn upload(remote: Files, local: &Files, settings: TreeSettings) -> World {
    let rows = local.children(&[]).into_iter();
    let entries = rows.map(|(name, node)| {
        let entry = entry(name, node);
        LocalEntry { name: name.clone(), side: (&entry).into() }
    });
    let tree = TreeTransfer::upload(LocalPath::default(), entries.collect(), path("/up"), settings);
    World::tree(tree, remote, local.clone())
}

#[test]
fn a_tree_comes_down_breadth_first_and_files_move_at_once() {
    let mut world = download(&sample(), Files::default(), settings());
    world.begin();
    // What was chosen is listed already: its file needs no more than a look at its place.
    world.run();
    assert_eq!(
        world.log,
        [
            "list here ",
            "get /x",
            "list /d",
            "make here d",
            "get /d/a",
            "list /d/e",
            "list /d/empty",
            "make here d/e",
            "make here d/empty",
            "get /d/e/f",
        ]
    );
    let summary = world.summary.unwrap();
    assert_eq!(
        summary.counts,
        Counts { files: 3, directories: 3, bytes: 6, unknown: 0, skipped: 1, failed: 0 }
    );
    assert!(summary.is_whole());
    assert_eq!(world.local.lines(), ["d/", "d/a=1", "d/e/", "d/e/f=22", "d/empty/", "x=333"]);
}

#[test]
fn t12_a_tree_goes_up_and_directories_that_are_there_are_no_error() {
    let mut world = upload(Files::of(&["up/", "up/d/", "up/d/old=o"]), &sample(), settings());
    world.begin();
    assert!(world.end().is_whole());
    assert_eq!(
        world.remote.lines(),
        ["up/", "up/d/", "up/d/a=1", "up/d/e/", "up/d/e/f=22", "up/d/empty/", "up/d/old=o", "up/x=333"]
    );
    // A new directory need not be looked into.
    assert!(world.log.contains(&"list /up/d".to_owned()));
    assert!(!world.log.contains(&"list /up/d/e".to_owned()));
}

#[test]
fn counting_first_lists_twice_and_says_the_sums() {
    let mut world = download(&sample(), Files::default(), TreeSettings { count_first: true, ..settings() });
    world.begin();
    let whole = world.end();
    let counted = Counts { files: 3, directories: 3, bytes: 6, unknown: 0, skipped: 1, failed: 0 };
    assert!(world.events.contains(&TreeEvent::Counted(counted)), "{:?}", world.events);
    assert_eq!(world.log.iter().filter(|line| *line == "list /d").count(), 2);
    assert_eq!(whole.counts, counted);
    assert!(world.log.iter().position(|line| line.starts_with("make")) > Some(2));
}

fn copy(remote: &Files, to: &str, settings: TreeSettings) -> World {
    let entries = remote.children(&[]).into_iter().map(|(name, node)| entry(name, node)).collect();
    World::tree(
        TreeTransfer::copy(path("/"), entries, path(to), settings).unwrap(),
        remote.clone(),
        Files::default(),
    )
}

#[test]
fn a_copy_is_made_by_the_server_or_through_the_client() {
    let files = Files::of(&["d/", "d/a=1", "x=333"]);
    let inside = |world: &World| world.remote.lines().iter().filter(|line| line.starts_with("to/")).count();
    let entries =
        vec![entry("d", &crate::model::Node::Directory), entry("x", &files.0[&vec!["x".to_owned()]])];
    assert_eq!(
        TreeTransfer::copy(path("/"), entries.clone(), path("/d/e"), settings()).err(),
        Some(path("/d"))
    );

    let mut world = copy(&files, "/to", settings());
    world.begin();
    assert!(world.end().is_whole());
    assert_eq!(inside(&world), 4);
    assert!(!world.log.iter().any(|line| line.starts_with("get")));

    // The command turns out to be missing.
    let mut world = copy(&files, "/to", settings());
    world.begin();
    while let Some(id) = world.open.keys().next().copied() {
        match &world.open[&id] {
            TreeOutput::Ask(_, Request::CopyOnServer { .. }) => {
                world.fail(id, error(ErrorKind::Refused).with_reply("500 SITE CPFR not understood"));
            }
            _ => world.succeed(id),
        }
    }
    assert!(world.summary.as_ref().unwrap().is_whole());
    assert_eq!(inside(&world), 4);
    assert!(world.scratch.is_empty());

    let mut world = copy(&files, "/to", TreeSettings { copy: CopyWay::ThroughClient, ..settings() });
    world.begin();
    assert!(world.end().is_whole());
    assert_eq!(inside(&world), 4);
    assert!(!world.log.iter().any(|line| line.starts_with("copy")));
    assert!(world.scratch.is_empty());
}

/// ProFTPD's `mod_copy` loses quotes of a name, and vsftpd has no word of its own for what it does not know.
#[test]
fn a_copy_that_the_server_refuses_goes_through_the_client() {
    let files = Files::of(&["d/", "d/a=1", "d/b=2", "d/c=3", "d/e=4", "d/f=5", "x=333"]);
    let refused = |world: &mut World, which: &dyn Fn(&str) -> bool| {
        world.begin();
        while let Some(id) = world.open.keys().next().copied() {
            let line = crate::model::written(&world.open[&id]);
            match line.starts_with("copy") && which(&line) {
                true => world.fail(id, error(ErrorKind::Refused).with_reply("550 Permission denied.")),
                false => world.succeed(id),
            }
        }
    };
    let count = |world: &World, what: &str| world.log.iter().filter(|line| line.starts_with(what)).count();
    // One file.
    let mut world = copy(&files, "/to", settings());
    refused(&mut world, &|line| line.contains("/d/b"));
    assert!(world.summary.as_ref().unwrap().is_whole());
    assert_eq!((count(&world, "copy"), count(&world, "get"), count(&world, "put")), (6, 1, 1));
    // Every file: after some it is not asked any more.
    let mut files = Files::of(&["a/", "b/", "c/", "x=1", "y=2", "z=3"]);
    files.0.extend(Files::of(&["a/1=1", "b/1=1", "c/1=1"]).0);
    let mut world = copy(&files, "/to", settings());
    refused(&mut world, &|_| true);
    assert!(world.summary.as_ref().unwrap().is_whole());
    assert_eq!((count(&world, "copy"), count(&world, "get"), count(&world, "put")), (3, 6, 6));
    assert!(world.scratch.is_empty());
}

#[test]
fn nothing_is_copied_onto_itself() {
    let files = Files::of(&["d/", "d/a=1", "x=333"]);
    let entries = files.children(&[]).into_iter().map(|(name, node)| entry(name, node)).collect::<Vec<_>>();
    let alone = vec![entries[1].clone()];
    for (policy, copied) in [(Policy::Overwrite, 0), (Policy::Rename, 1)] {
        let settings = TreeSettings { policy, ..settings() };
        let tree = TreeTransfer::copy(path("/"), alone.clone(), path("/"), settings).unwrap();
        let mut world = World::tree(tree, files.clone(), Files::default());
        world.begin();
        assert_eq!(world.end().counts.files, copied);
        assert_eq!(world.remote.lines().contains(&"x (2)=333".to_owned()), copied == 1);
    }
}

#[test]
fn what_cannot_be_listed_or_made_is_reported_and_the_rest_goes_on() {
    let files = Files::of(&["a/", "a/1=1", "b/", "b/2=2", "c/", "c/3=3"]);
    let mut world = download(&files, Files::default(), settings());
    world.begin();
    while let Some(id) = world.open.keys().next().copied() {
        let line = crate::model::written(&world.open[&id]);
        match matches!(line.as_str(), "list /a" | "make here b") {
            true => world.fail(id, error(ErrorKind::Refused)),
            false => world.succeed(id),
        }
    }
    let summary = world.summary.clone().unwrap();
    // Both places, and the file that cannot go into a directory which is not there.
    assert_eq!(summary.counts.failed, 3, "{:?}", summary.left_out);
    assert!(summary.left_out.iter().any(|(place, why)| place.to_string() == "/b/2" && *why == Why::Blocked));
    assert_eq!(world.local.lines(), ["c/", "c/3=3"]);
}

#[test]
fn a_lost_connection_is_tried_again_and_none_at_all_pauses_the_tree() {
    let mut world = download(&Files::of(&["a/", "a/1=1"]), Files::default(), settings());
    world.begin();
    let first = |world: &World| world.open.keys().next().copied().unwrap();
    let id = first(&world);
    world.succeed(id);
    for _ in 0..2 {
        let id = first(&world);
        world.fail(id, error(ErrorKind::Lost));
    }
    let id = first(&world);
    world.fail(id, error(ErrorKind::NotConnected));
    assert!(world.open.is_empty() && world.summary.is_none());
    assert!(matches!(world.events.last(), Some(TreeEvent::Stalled(_))), "{:?}", world.events);
    world.give(TreeInput::Pause(false));
    assert!(world.end().is_whole());
    assert_eq!(world.log.iter().filter(|line| *line == "list /a").count(), 4);
}

#[test]
fn pausing_begins_nothing_and_holds_what_runs() {
    let mut world = download(&sample(), Files::default(), settings());
    world.begin();
    let id = *world.open.keys().next().unwrap();
    world.succeed(id);
    let before = world.log.len();
    world.give(TreeInput::Pause(true));
    world.run();
    assert_eq!(world.log.len(), before);
    assert!(world.summary.is_none());
    world.give(TreeInput::Pause(false));
    assert!(world.end().is_whole());
}

#[test]
fn cancelling_awaits_what_runs_and_says_what_is_there() {
    let mut world = download(&sample(), Files::default(), settings());
    world.begin();
    while world.log.len() < 5 {
        let id = *world.open.keys().next().unwrap();
        world.succeed(id);
    }
    world.give(TreeInput::Cancel);
    world.give(TreeInput::Cancel);
    assert!(world.summary.is_none());
    assert_eq!(world.cancelled.len(), world.open.len());
    while let Some(id) = world.open.keys().next().copied() {
        world.fail(id, error(ErrorKind::Cancelled));
    }
    let summary = world.summary.clone().unwrap();
    assert!(summary.cancelled && !summary.is_whole());
    let files = world.local.lines().iter().filter(|line| line.contains('=')).count();
    assert_eq!(summary.counts.files, files as u64);
    // What comes after the end is nothing.
    world.give(TreeInput::Ended(towpath_ftp::tree::AskId(1), FileEnd::Done(1)));
}

#[test]
fn links_are_files_only_if_the_caller_says_so() {
    let files = Files::of(&["l@", "x=1"]);
    let mut world = download(&files, Files::default(), TreeSettings { links_as_files: true, ..settings() });
    world.begin();
    assert!(world.end().is_whole());
    assert_eq!(world.local.lines(), ["l=linked", "x=1"]);
}
