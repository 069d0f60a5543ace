//! Trees in memory, on which a plan is carried out as strictly as by a server: no parent, no file; no empty directory, no RMD.

use std::collections::BTreeMap;

use towpath_ftp::conflict::Side;
use towpath_ftp::sync::{ActionKind, Checksum, Node, Plan, RelativePath, Tree};
use towpath_ftp::{EntryKind, Modified, Name};

/// What stands at a path. A file's content is a number that its size and time follow from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Thing {
    Directory,
    File(u8),
    Link,
}

pub(crate) type Things = BTreeMap<RelativePath, Thing>;

pub(crate) fn at(path: &str) -> RelativePath {
    RelativePath::new(path.split('/').map(|name| Name::new(name).unwrap()).collect())
}

pub(crate) fn time(seconds: i64) -> Option<Modified> {
    Some(Modified { seconds, has_time: true, has_seconds: true, utc: true })
}

pub(crate) fn side(thing: Thing) -> Side {
    match thing {
        Thing::Directory => Side { kind: EntryKind::Directory, size: None, modified: time(7) },
        Thing::Link => Side { kind: EntryKind::Link, size: Some(3), modified: None },
        // Sizes agree more often than contents do; times do not.
        Thing::File(content) => Side {
            kind: EntryKind::File,
            size: Some(u64::from(content) / 16),
            modified: time(1_000_000 + i64::from(content) * 10),
        },
    }
}

pub(crate) fn node(path: &str, side: Side) -> Node {
    Node { path: at(path), side, checksum: None }
}

pub(crate) fn file(path: &str, size: u64, seconds: i64) -> Node {
    node(path, Side { kind: EntryKind::File, size: Some(size), modified: time(seconds) })
}

pub(crate) fn of_kind(path: &str, kind: EntryKind) -> Node {
    node(path, Side { kind, size: None, modified: None })
}

pub(crate) fn tree(nodes: impl IntoIterator<Item = Node>) -> Tree {
    Tree::new(nodes.into_iter().collect()).unwrap()
}

pub(crate) fn digest(content: u8) -> Option<Checksum> {
    Some(Checksum { algorithm: "SHA-256".into(), digest: vec![content] })
}

pub(crate) fn listed(things: &Things, digests: bool) -> Tree {
    tree(things.iter().map(|(path, thing)| {
        let checksum = match thing {
            Thing::File(content) if digests => digest(*content),
            _ => None,
        };
        Node { path: path.clone(), side: side(*thing), checksum }
    }))
}

/// Puts a thing at a path, with the directories above it; not below or in the place of something else.
pub(crate) fn put(things: &mut Things, path: &RelativePath, thing: Thing) {
    let names = path.names();
    for depth in 1..names.len() {
        let above = RelativePath::new(names[..depth].to_vec());
        if *things.entry(above).or_insert(Thing::Directory) != Thing::Directory {
            return;
        }
    }
    match things.get(path) {
        Some(Thing::Directory) => {}
        Some(_) if thing == Thing::Directory => {}
        _ => drop(things.insert(path.clone(), thing)),
    }
}

pub(crate) fn remove(things: &mut Things, path: &RelativePath) {
    things.retain(|other, _| other != path && !other.is_below(path));
}

/// Carries a plan out.
pub(crate) fn apply(plan: &Plan, local: &mut Things, remote: &mut Things) {
    use ActionKind as A;
    for action in &plan.actions {
        let path = &action.path;
        match action.kind {
            A::Upload => copy(local, remote, path),
            A::Download => copy(remote, local, path),
            A::MakeRemoteDirectory => make(remote, path),
            A::MakeLocalDirectory => make(local, path),
            A::DeleteRemoteFile => delete_file(remote, path),
            A::DeleteLocalFile => delete_file(local, path),
            A::DeleteRemoteDirectory => delete_directory(remote, path),
            A::DeleteLocalDirectory => delete_directory(local, path),
            A::Conflict | A::Skip => {}
        }
    }
}

fn held(things: &Things, path: &RelativePath) {
    let parent = path.parent().unwrap();
    let held = parent.names().is_empty() || things.get(&parent) == Some(&Thing::Directory);
    assert!(held, "{path} has no directory to be in");
}

fn copy(from: &Things, to: &mut Things, path: &RelativePath) {
    let thing = from[path];
    assert!(matches!(thing, Thing::File(_)), "{path} is no file");
    assert!(!matches!(to.get(path), Some(Thing::Directory | Thing::Link)), "{path} is taken");
    held(to, path);
    to.insert(path.clone(), thing);
}

fn make(things: &mut Things, path: &RelativePath) {
    held(things, path);
    assert_eq!(things.insert(path.clone(), Thing::Directory), None, "{path} exists");
}

fn delete_file(things: &mut Things, path: &RelativePath) {
    assert!(matches!(things.remove(path), Some(Thing::File(_))), "{path} is no file");
}

fn delete_directory(things: &mut Things, path: &RelativePath) {
    assert_eq!(things.remove(path), Some(Thing::Directory), "{path} is no directory");
    assert!(!things.keys().any(|other| other.is_below(path)), "{path} is not empty");
}
