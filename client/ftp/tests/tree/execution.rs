//! Plans that are done.

use towpath_ftp::conflict::Side;
use towpath_ftp::sync::{self, Node as SyncNode, RelativePath, Settings, Tree};
use towpath_ftp::tree::{
    Execution, ExecutionSettings, LocalKind, LocalPath, TreeEvent, TreeInput, TreeOutput, Why,
};
use towpath_ftp::{Charset, EntryKind, ErrorKind, Name};

use crate::model::{Files, Machine, Node, World, error, path};

fn tree(files: &Files, below: &[String]) -> Tree {
    let inside = files.0.iter().filter(|(path, _)| path.starts_with(below) && path.len() > below.len());
    let nodes = inside.map(|(path, node)| {
        let names = path[below.len()..].iter().map(|name| Name::new(name.as_str()).unwrap()).collect();
        let (kind, size) = match node {
            Node::Directory => (EntryKind::Directory, None),
            Node::File(text) => (EntryKind::File, Some(text.len() as u64)),
            Node::Link => (EntryKind::Link, None),
        };
        SyncNode { path: RelativePath::new(names), side: Side { kind, size, modified: None }, checksum: None }
    });
    Tree::new(nodes.collect()).unwrap()
}

fn world(delete_after_failures: bool) -> World {
    let local = Files::of(&["a/", "a/b/", "a/b/c=123", "a/x=1", "same=s", "z=22"]);
    let remote = Files::of(&["r/", "r/old/", "r/old/o=1", "r/same=s", "r/z=1"]);
    let settings = Settings { deletions: true, criterion: sync::Criterion::Size, ..Settings::default() };
    let plan = sync::plan(&tree(&local, &[]), &tree(&remote, &["r".to_owned()]), None, &settings);
    let settings = ExecutionSettings {
        remote: path("/r"),
        local: LocalPath::default(),
        charset: Charset::default(),
        kind: LocalKind::Unix,
        delete_after_failures,
    };
    World::new(Machine::Plan(Box::new(Execution::new(plan, settings))), remote, local)
}

fn mirrored(world: &World) -> Vec<String> {
    let below = |line: &String| line.strip_prefix("r/").filter(|line| !line.is_empty()).map(str::to_owned);
    world.remote.lines().iter().filter_map(below).collect()
}

#[test]
fn a_plan_makes_directories_then_transfers_then_deletes() {
    let mut world = world(false);
    world.begin();
    let summary = world.end();
    assert!(summary.is_whole(), "{summary:?}");
    assert_eq!(mirrored(&world), world.local.lines());
    assert_eq!(
        world.log,
        [
            "make /r/a",
            "make /r/a/b",
            "put /r/a/b/c",
            "put /r/a/x",
            "put /r/z",
            "delete /r/old/o",
            "remove /r/old"
        ]
    );
}

#[test]
fn after_a_failure_nothing_is_deleted_unless_it_is_allowed() {
    for allowed in [false, true] {
        let mut world = world(allowed);
        world.begin();
        while let Some(id) = world.open.keys().next().copied() {
            match &world.open[&id] {
                TreeOutput::Transfer(_, transfer) if transfer.remote == path("/r/z") => {
                    world.fail(id, error(ErrorKind::Refused));
                }
                _ => world.succeed(id),
            }
        }
        let summary = world.summary.clone().unwrap();
        assert!(!summary.is_whole());
        assert_eq!(mirrored(&world).contains(&"old/o=1".to_owned()), !allowed);
        let blocked = summary.left_out.iter().filter(|(_, why)| *why == Why::Blocked).count();
        assert_eq!(blocked, if allowed { 0 } else { 2 });
    }
}

#[test]
fn what_belongs_into_a_directory_that_could_not_be_made_is_reported() {
    let mut world = world(false);
    world.begin();
    let id = *world.open.keys().next().unwrap();
    world.fail(id, error(ErrorKind::Refused));
    let summary = world.end();
    assert_eq!(World::left(&summary), ["/r/a", "/r/a/b", "/r/a/b/c", "/r/a/x", "/r/old/o", "/r/old"]);
    assert!(mirrored(&world).contains(&"z=22".to_owned()));
}

#[test]
fn without_a_connection_it_pauses_and_goes_on() {
    let mut world = world(false);
    world.begin();
    let id = *world.open.keys().next().unwrap();
    world.fail(id, error(ErrorKind::NotConnected));
    assert!(world.open.is_empty() && world.summary.is_none());
    assert!(matches!(world.events.last(), Some(TreeEvent::Stalled(_))));
    world.give(TreeInput::Pause(false));
    assert!(world.end().is_whole());
    assert_eq!(mirrored(&world), world.local.lines());
}

#[test]
fn it_ends_when_it_is_cancelled() {
    for steps in 0..8 {
        let mut world = world(false);
        world.begin();
        for _ in 0..steps {
            if let Some(id) = world.open.keys().next().copied() {
                world.succeed(id);
            }
        }
        if world.summary.is_none() {
            world.give(TreeInput::Cancel);
        }
        while let Some(id) = world.open.keys().next().copied() {
            world.fail(id, error(ErrorKind::Cancelled));
        }
        assert_eq!(world.summary.unwrap().cancelled, steps < 7);
    }
}

#[test]
fn t14_names_of_a_plan_are_looked_at_again() {
    let remote = Files::of(&["ok=1"]);
    let mut nodes = tree(&remote, &[]).nodes().to_vec();
    let side = nodes[0].side;
    nodes.push(SyncNode {
        path: RelativePath::new(vec![Name::new("..\\evil").unwrap()]),
        side,
        checksum: None,
    });
    let settings = Settings { mode: sync::Mode::ToLocal, ..Settings::default() };
    let plan = sync::plan(&Tree::default(), &Tree::new(nodes).unwrap(), None, &settings);
    let settings = ExecutionSettings {
        remote: path("/"),
        local: LocalPath::default(),
        charset: Charset::default(),
        kind: LocalKind::Unknown,
        delete_after_failures: false,
    };
    let machine = Machine::Plan(Box::new(Execution::new(plan, settings)));
    let mut world = World::new(machine, remote, Files::default());
    world.give(TreeInput::Tick);
    let summary = world.end();
    assert_eq!(world.local.lines(), ["ok=1"]);
    assert!(matches!(summary.left_out[0].1, Why::Name(_)));
}
