//! What holds for all trees.

use proptest::prelude::*;
use towpath_ftp::Name;
use towpath_ftp::sync::{
    ActionKind, Base, Criterion, Mode, Node, Plan, RelativePath, Resolution, Settings, Sides, Tree, plan,
};

use crate::model::{Thing, Things, apply, at, listed, put, remove};

/// Names of directories and names of files differ, so that kinds do not clash.
fn clean_path(thing: Thing) -> impl Strategy<Value = RelativePath> {
    let last = if thing == Thing::Directory { ["a", "b", "c"] } else { ["f", "g", "h"] };
    (proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("c")], 0..3), 0..3usize).prop_map(
        move |(above, at)| {
            RelativePath::new(
                above.into_iter().chain([last[at]]).map(|name| Name::new(name).unwrap()).collect(),
            )
        },
    )
}

fn thing() -> impl Strategy<Value = Thing> {
    prop_oneof![Just(Thing::Directory), any::<u8>().prop_map(Thing::File)]
}

fn placed() -> impl Strategy<Value = (RelativePath, Thing)> {
    thing().prop_flat_map(|thing| (clean_path(thing), Just(thing)))
}

fn things() -> impl Strategy<Value = Things> {
    proptest::collection::vec(placed(), 0..14).prop_map(|placed| {
        let mut things = Things::new();
        for (path, thing) in placed {
            put(&mut things, &path, thing);
        }
        things
    })
}

/// The same names for everything, and links.
fn wild() -> impl Strategy<Value = Things> {
    let path = proptest::collection::vec(prop_oneof![Just("a"), Just("A"), Just("b")], 1..4);
    let thing = prop_oneof![4 => thing(), 1 => Just(Thing::Link)];
    proptest::collection::vec((path, thing), 0..14).prop_map(|placed| {
        let mut things = Things::new();
        for (names, thing) in placed {
            put(&mut things, &at(&names.join("/")), thing);
        }
        things
    })
}

#[derive(Clone, Debug)]
enum Edit {
    Put(RelativePath, Thing),
    Remove(RelativePath),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        placed().prop_map(|(path, thing)| Edit::Put(path, thing)),
        placed().prop_map(|(path, _)| Edit::Remove(path)),
    ];
    proptest::collection::vec(edit, 0..8)
}

fn edited(base: &Things, edits: Vec<Edit>) -> Things {
    let mut things = base.clone();
    for edit in edits {
        match edit {
            Edit::Put(path, thing) => put(&mut things, &path, thing),
            Edit::Remove(path) => remove(&mut things, &path),
        }
    }
    things
}

fn deletes(plan: &Plan) -> usize {
    plan.actions.iter().filter(|action| action.kind.is_deletion()).count()
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::ToRemote), Just(Mode::ToLocal), Just(Mode::Both)]
}

fn criteria() -> impl Strategy<Value = Criterion> {
    prop_oneof![Just(Criterion::SizeAndTime), Just(Criterion::Time), Just(Criterion::Checksum)]
}

fn resolutions() -> impl Strategy<Value = Resolution> {
    prop_oneof![Just(Resolution::Local), Just(Resolution::Remote), Just(Resolution::Newer)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_mirror_equals_its_source(
        mut local in things(),
        mut remote in things(),
        to_remote in any::<bool>(),
        criterion in criteria(),
    ) {
        let settings = Settings {
            mode: if to_remote { Mode::ToRemote } else { Mode::ToLocal },
            criterion,
            deletions: true,
            keep_newer: false,
            ..Settings::default()
        };
        let source = if to_remote { local.clone() } else { remote.clone() };
        let made = plan(&listed(&local, true), &listed(&remote, true), None, &settings);
        apply(&made, &mut local, &mut remote);
        prop_assert_eq!(&local, &source);
        prop_assert_eq!(&remote, &source);
        let again = plan(&listed(&local, true), &listed(&remote, true), None, &settings);
        prop_assert!(again.actions.is_empty(), "{:?}", again);
        prop_assert_eq!(again.totals.unchanged as usize, source.len());
    }

    #[test]
    fn one_way_without_deletions_only_adds(mut local in things(), mut remote in things()) {
        let settings = Settings { keep_newer: false, ..Settings::default() };
        let (source, before) = (local.clone(), remote.clone());
        let made = plan(&listed(&local, false), &listed(&remote, false), None, &settings);
        prop_assert_eq!(deletes(&made), 0);
        apply(&made, &mut local, &mut remote);
        prop_assert_eq!(&local, &source);
        for (path, thing) in &source {
            prop_assert_eq!(&remote[path], thing);
        }
        for (path, thing) in before.iter().filter(|(path, _)| !source.contains_key(*path)) {
            prop_assert_eq!(&remote[path], thing);
        }
        prop_assert_eq!(made.totals.extra as usize, before.keys().filter(|path| !source.contains_key(*path)).count());
    }

    #[test]
    fn both_sides_converge(
        base in things(),
        local_edits in edits(),
        remote_edits in edits(),
        resolution in resolutions(),
        criterion in criteria(),
    ) {
        let settings = Settings { mode: Mode::Both, criterion, deletions: true, resolution, ..Settings::default() };
        let (mut local, mut remote) = (edited(&base, local_edits), edited(&base, remote_edits));
        let remembered = Base { local: listed(&base, true), remote: listed(&base, true) };
        let made = plan(&listed(&local, true), &listed(&remote, true), Some(&remembered), &settings);
        apply(&made, &mut local, &mut remote);
        prop_assert_eq!(&local, &remote);
        prop_assert_eq!(made.totals.conflicts, 0);
        let remembered = Base { local: listed(&local, true), remote: listed(&remote, true) };
        let again = plan(&listed(&local, true), &listed(&remote, true), Some(&remembered), &settings);
        prop_assert!(again.actions.is_empty(), "{:?}", again);
    }

    #[test]
    fn a_change_on_one_side_alone_is_taken_over_as_it_is(base in things(), changes in edits(), ours in any::<bool>()) {
        let settings = Settings { mode: Mode::Both, deletions: true, ..Settings::default() };
        let wanted = edited(&base, changes);
        let (mut local, mut remote) = (base.clone(), base.clone());
        *(if ours { &mut local } else { &mut remote }) = wanted.clone();
        let remembered = Base { local: listed(&base, false), remote: listed(&base, false) };
        let made = plan(&listed(&local, false), &listed(&remote, false), Some(&remembered), &settings);
        prop_assert_eq!(made.totals.conflicts, 0);
        apply(&made, &mut local, &mut remote);
        prop_assert_eq!(&local, &wanted);
        prop_assert_eq!(&remote, &wanted);
    }

    #[test]
    fn without_a_base_both_ways_delete_nothing_and_converge(
        mut local in things(),
        mut remote in things(),
        resolution in resolutions(),
    ) {
        let settings = Settings { mode: Mode::Both, deletions: true, resolution, ..Settings::default() };
        let all: Vec<RelativePath> = local.keys().chain(remote.keys()).cloned().collect();
        let made = plan(&listed(&local, false), &listed(&remote, false), None, &settings);
        prop_assert_eq!(deletes(&made), 0);
        apply(&made, &mut local, &mut remote);
        prop_assert_eq!(&local, &remote);
        prop_assert!(all.iter().all(|path| local.contains_key(path)));
    }

    /// Clashes of kinds and of case, links: whatever the plan says can be done, and once it is done nothing is left to do.
    #[test]
    fn any_plan_can_be_carried_out_and_leaves_nothing(
        mut local in wild(),
        mut remote in wild(),
        base in proptest::option::of(wild()),
        mode in modes(),
        deletions in any::<bool>(),
        case in any::<(bool, bool)>(),
        resolution in prop_oneof![resolutions(), Just(Resolution::Report)],
    ) {
        let settings = Settings {
            mode,
            deletions,
            keep_newer: false,
            resolution,
            ignores_case: Sides { local: case.0, remote: case.1 },
            ..Settings::default()
        };
        let remembered = base.map(|base| Base { local: listed(&base, false), remote: listed(&base, false) });
        let (local_tree, remote_tree) = (listed(&local, false), listed(&remote, false));
        let made = plan(&local_tree, &remote_tree, remembered.as_ref(), &settings);
        if !deletions || (mode == Mode::Both && remembered.is_none()) {
            prop_assert_eq!(deletes(&made), 0);
        }
        for tree in [&local_tree, &remote_tree] {
            for link in tree.nodes().iter().filter(|node| node.side.kind == towpath_ftp::EntryKind::Link) {
                let idle = |kind| matches!(kind, ActionKind::Skip | ActionKind::Conflict);
                prop_assert!(made.actions.iter().all(|action| action.path != link.path || idle(action.kind)));
            }
        }
        // Input in another order is the same input.
        let backwards = |tree: &Tree| {
            let nodes: Vec<Node> = tree.nodes().iter().rev().cloned().collect();
            Tree::new(nodes).unwrap()
        };
        let other = plan(&backwards(&local_tree), &backwards(&remote_tree), remembered.as_ref(), &settings);
        prop_assert_eq!(&other, &made);
        apply(&made, &mut local, &mut remote);
        let again = plan(&listed(&local, false), &listed(&remote, false), remembered.as_ref(), &settings);
        prop_assert_eq!(deletes(&again), 0);
        prop_assert!(again.is_idle(), "{:?}", again);
    }
}
