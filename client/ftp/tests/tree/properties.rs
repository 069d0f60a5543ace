//! Whatever fails in whatever order: the target has the right tree, or what is missing is said.

use proptest::prelude::*;
use towpath_ftp::ErrorKind;
use towpath_ftp::conflict::Policy;
use towpath_ftp::tree::{Answer, CopyWay, TreeInput, TreeOutput, TreeSettings};

use crate::model::{Files, Node, World, error};
use crate::transfers::{download, settings, upload};

/// A tree from numbers: each node is below an earlier directory.
fn files(numbers: &[(u8, u8)]) -> Files {
    let mut files = Files::default();
    let mut directories: Vec<Vec<String>> = vec![Vec::new()];
    for (at, (parent, kind)) in numbers.iter().enumerate() {
        let mut path = directories[usize::from(*parent) % directories.len()].clone();
        path.push(format!("n{at}"));
        let node = match kind % 8 {
            0..=2 => Node::Directory,
            3 => Node::Link,
            _ => Node::File("x".repeat(usize::from(*kind))),
        };
        if node == Node::Directory {
            directories.push(path.clone());
        }
        files.0.insert(path, node);
    }
    files
}

fn wanted(files: &Files) -> Vec<(&Vec<String>, &Node)> {
    files.0.iter().filter(|(_, node)| **node != Node::Link).collect()
}

/// Acts that are failures.
const FAILURES: std::ops::RangeInclusive<u8> = 30..=99;

const KINDS: [ErrorKind; 6] = [
    ErrorKind::Refused,
    ErrorKind::Lost,
    ErrorKind::Timeout,
    ErrorKind::NotConnected,
    ErrorKind::Full,
    ErrorKind::File,
];

/// Answers everything in an order and with errors that come from the numbers; then calmly.
fn play(world: &mut World, acts: &[(u8, u8)]) {
    world.begin();
    let mut acts = acts.iter().copied();
    for _ in 0..100_000 {
        if world.summary.is_some() {
            return;
        }
        let (at, what) = acts.next().unwrap_or((0, 255));
        match what {
            0..=9 => world.give(TreeInput::Pause(true)),
            10..=29 => world.give(TreeInput::Pause(false)),
            _ => {}
        }
        if what >= 250 || world.open.is_empty() {
            // No run waits for ever for somebody who lets it go on.
            world.give(TreeInput::Pause(false));
            while !world.questions.is_empty() {
                let answer =
                    [Answer::Overwrite, Answer::Skip, Answer::Rename, Answer::Resume][usize::from(at) % 4];
                world.answer(answer, what % 2 == 0);
            }
        }
        let ids: Vec<_> = world.open.keys().copied().collect();
        let Some(id) = ids.get(usize::from(at) % ids.len().max(1)).copied() else {
            assert!(
                world.summary.is_some() || !world.questions.is_empty() || what < 250,
                "it hangs: {:?}",
                world.log
            );
            continue;
        };
        match what {
            what if FAILURES.contains(&what) => world.fail(id, error(KINDS[usize::from(what) % KINDS.len()])),
            _ => world.succeed(id),
        }
    }
    panic!("no end: {:?}", world.log);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_download_ends_with_the_tree_or_says_what_is_missing(
        numbers in prop::collection::vec(any::<(u8, u8)>(), 0..40),
        acts in prop::collection::vec(any::<(u8, u8)>(), 0..120),
        count_first: bool,
    ) {
        let remote = files(&numbers);
        let mut world = download(&remote, Files::default(), TreeSettings { count_first, ..settings() });
        play(&mut world, &acts);
        verify(&remote, &world.local, &world, &[], "/");
        if !acts.iter().any(|(_, what)| FAILURES.contains(what)) {
            prop_assert!(world.summary.as_ref().unwrap().is_whole(), "nothing failed");
        }
    }

    #[test]
    fn an_upload_ends_with_the_tree_or_says_what_is_missing(
        numbers in prop::collection::vec(any::<(u8, u8)>(), 0..40),
        acts in prop::collection::vec(any::<(u8, u8)>(), 0..120),
    ) {
        let local = files(&numbers);
        let mut world = upload(Files::default(), &local, settings());
        play(&mut world, &acts);
        verify(&local, &world.remote, &world, &["up".to_owned()], "");
        if !acts.iter().any(|(_, what)| FAILURES.contains(what)) {
            prop_assert!(world.summary.as_ref().unwrap().is_whole(), "nothing failed");
        }
    }

    #[test]
    fn conflicts_of_every_policy_end_and_overwrite_nothing_unsaid(
        numbers in prop::collection::vec(any::<(u8, u8)>(), 0..30),
        there in prop::collection::vec(any::<(u8, u8)>(), 0..30),
        acts in prop::collection::vec(any::<(u8, u8)>(), 0..80),
        policy in 0..8usize,
    ) {
        let (remote, local) = (files(&numbers), files(&there));
        let policy = Policy::ALL[policy];
        let mut world = download(&remote, local.clone(), TreeSettings { policy, ..settings() });
        play(&mut world, &acts);
        if matches!(policy, Policy::Skip | Policy::Rename) {
            for (path, node) in &local.0 {
                prop_assert_eq!(world.local.0.get(path), Some(node), "it was there and stays");
            }
        }
    }

    #[test]
    fn a_cancelled_tree_ends_whenever_that_is(
        numbers in prop::collection::vec(any::<(u8, u8)>(), 0..30), steps in 0..40usize, through: bool,
    ) {
        let remote = files(&numbers);
        let entries = remote.children(&[]).into_iter().map(|(name, node)| crate::model::entry(name, node));
        let copy = if through { CopyWay::ThroughClient } else { CopyWay::OnServer };
        let tree = towpath_ftp::tree::TreeTransfer::copy(
            crate::model::path("/"), entries.collect(), crate::model::path("/to"), TreeSettings { copy, ..settings() },
        );
        let mut world = World::tree(tree.unwrap(), remote, Files::default());
        world.begin();
        for _ in 0..steps {
            if let Some(id) = world.open.keys().next().copied() {
                world.succeed(id);
            }
        }
        if world.summary.is_none() {
            world.give(TreeInput::Cancel);
        }
        let mut first = true;
        while let Some(id) = world.open.keys().next().copied() {
            // Some were done all the same.
            if std::mem::take(&mut first) { world.succeed(id) } else { world.fail(id, error(ErrorKind::Cancelled)) }
        }
        prop_assert!(world.summary.is_some());
        prop_assert!(world.scratch.is_empty());
    }
}

/// What is not there, and nothing above it either, was reported.
fn verify(source: &Files, target: &Files, world: &World, below: &[String], root: &str) {
    let summary = world.summary.as_ref().expect("it ended");
    let left: Vec<String> = World::left(summary);
    let mut missing = 0;
    for (path, node) in wanted(source) {
        let at = [below, path].concat();
        if target.0.get(&at) == Some(node) {
            continue;
        }
        missing += 1;
        let said = (1..=path.len()).any(|end| {
            let text = path[..end].join("/");
            let target = [below, &path[..end]].concat().join("/");
            [format!("{root}{text}"), target.clone(), format!("/{target}")]
                .iter()
                .any(|name| left.contains(name))
        });
        let whole_root = left.iter().any(|place| place.is_empty() || place == "/up");
        assert!(said || whole_root, "{path:?} is missing and nobody says so: {left:?}");
    }
    assert!(missing == 0 || !summary.is_whole(), "{missing} missing, {:?}", summary.left_out);
    let files = wanted(source).into_iter().filter(|(path, node)| {
        matches!(node, Node::File(_)) && target.0.contains_key(&[below, path.as_slice()].concat())
    });
    assert_eq!(summary.counts.files, files.count() as u64);
    assert!(!world.open.values().any(|output| matches!(output, TreeOutput::Transfer(..))));
}
