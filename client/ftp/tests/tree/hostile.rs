//! Servers that lie.

use towpath_ftp::tree::{
    LOOK_AHEAD, Listing, LocalAsk, LocalKind, LocalPath, MOST_LEVELS, MOST_OPEN, MOST_PATHS, MOST_REPORTED,
    TreeEvent, TreeInput, TreeOutput, TreeSettings, TreeTransfer, Why,
};
use towpath_ftp::{Entry, EntryKind, Name, RemotePath, Request, Time};

use crate::model::{Files, Node, World, entry, path};
use crate::transfers::{download, settings};

fn from(entries: Vec<Entry>, lister: impl FnMut(&RemotePath) -> (RemotePath, Vec<Entry>) + 'static) -> World {
    let tree = TreeTransfer::download(path("/"), entries, LocalPath::default(), settings());
    let mut world = World::tree(tree, Files::default(), Files::default());
    world.lister = Some(Box::new(lister));
    world.begin();
    world
}

fn directory(name: &str) -> Entry {
    entry(name, &Node::Directory)
}

#[test]
fn m12_a_link_that_is_called_a_directory_is_not_followed() {
    let mut world = from(vec![directory("t")], |path| {
        let rows = match path.to_string().as_str() {
            // What the user chose may itself lie behind a link.
            "/t" => return (crate::model::path("/data/t"), vec![directory("etc"), directory("own")]),
            "/data/t/etc" => {
                return (crate::model::path("/etc"), vec![entry("passwd", &Node::File("x".into()))]);
            }
            "/data/t/own" => vec![entry("f", &Node::File("x".into()))],
            other => panic!("{other}"),
        };
        (path.clone(), rows)
    });
    let summary = world.end();
    assert_eq!(summary.left_out.len(), 1);
    assert_eq!(summary.left_out[0], (towpath_ftp::tree::Place::Remote(path("/data/t/etc")), Why::Link));
    assert_eq!(world.local.lines(), ["t/", "t/own/", "t/own/f=generated"]);
}

#[test]
fn a_directory_within_itself_ends_at_a_depth() {
    let mut world = from(vec![directory("d")], |path| (path.clone(), vec![directory("d")]));
    let summary = world.end();
    assert_eq!(summary.left_out.len(), 1);
    assert_eq!(summary.left_out[0].1, Why::TooDeep);
    assert_eq!(world.local.0.len(), MOST_LEVELS);
}

/// Long names on every level: what waits for its turn is bounded in bytes, not only in number.
#[test]
fn paths_that_wait_are_bounded_in_bytes() {
    let long = "n".repeat(200);
    let rows = |count: usize| (0..count).map(|n| directory(&format!("{n:04}{long}"))).collect::<Vec<_>>();
    let mut tree = TreeTransfer::download(path("/"), rows(600), LocalPath::default(), settings());
    tree.handle(Time(0), TreeInput::Tick);
    let (mut listed, mut left) = (0_usize, 0);
    // Breadth first: the second level alone has 600 times 600 directories.
    while left == 0 && listed < 600 {
        match tree.poll() {
            TreeOutput::Ask(ask, Request::List(Some(path))) => {
                listed += 1;
                let listing = Listing::Remote { path, entries: rows(600), truncated: false };
                tree.handle(Time(0), TreeInput::Listed(ask, Ok(listing)));
            }
            TreeOutput::Local(ask, LocalAsk::List(_)) => {
                tree.handle(Time(0), TreeInput::Listed(ask, Ok(Listing::Local(Vec::new()))));
            }
            TreeOutput::Local(ask, _) => tree.handle(Time(0), TreeInput::Done(ask, Ok(()))),
            TreeOutput::Event(TreeEvent::LeftOut(_, why)) => {
                assert_eq!(why, Why::TooMany);
                left += 1;
            }
            TreeOutput::Wait(_) => panic!("it waits after {listed} listings"),
            _ => {}
        }
    }
    // Two paths of some 450 bytes each.
    let waiting = listed * 600;
    assert!(left > 0 && waiting * 800 < 2 * MOST_PATHS, "{listed} directories were listed");
}

#[test]
fn m12_unique_facts_show_a_loop_at_once() {
    let unique = |name: &str, fact: &str| {
        let mut entry = directory(name);
        entry.unique = Some(fact.as_bytes().into());
        entry
    };
    let mut world = from(vec![directory("t")], move |path| {
        let rows = match path.to_string().as_str() {
            "/t" => vec![unique("a", "1"), unique("b", "2")],
            "/t/a" => vec![unique("again", "1")],
            _ => Vec::new(),
        };
        (path.clone(), rows)
    });
    let summary = world.end();
    assert_eq!(summary.left_out.len(), 1);
    assert_eq!(summary.left_out[0], (towpath_ftp::tree::Place::Remote(path("/t/a/again")), Why::Loop));
}

#[test]
fn two_hundred_levels_are_too_many_and_nothing_hangs() {
    let mut world = from(vec![directory("0")], |path| {
        let depth = path.depth();
        let rows = if depth < 200 { vec![directory(&depth.to_string())] } else { Vec::new() };
        (path.clone(), rows)
    });
    assert_eq!(world.end().counts.failed, 1);
}

#[test]
fn a_hundred_thousand_files_are_given_out_a_thousand_at_a_time() {
    let mut world = from(vec![directory("d")], |path| {
        let rows = (0..100_000).map(|n| entry(&n.to_string(), &Node::File(String::new()))).collect();
        (path.clone(), rows)
    });
    let mut most = 0;
    while let Some(id) = world.open.keys().next().copied() {
        most = most.max(world.open.len());
        world.succeed(id);
    }
    assert_eq!(world.summary.as_ref().unwrap().counts.files, 100_000);
    assert_eq!(world.most_files, LOOK_AHEAD);
    assert_eq!(most, LOOK_AHEAD);
}

#[test]
fn the_walk_stands_still_while_files_wait() {
    let rows = |from: usize| (from..from + 400).map(|n| entry(&format!("f{n}"), &Node::File(String::new())));
    let mut world = from((0..50).map(|n| directory(&format!("d{n}"))).collect(), move |path| {
        (path.clone(), rows(0).collect())
    });
    // Everything but transfers is answered.
    loop {
        let quick = |output: &TreeOutput| !matches!(output, TreeOutput::Transfer(..));
        let Some(id) = world.open.iter().find(|(_, output)| quick(output)).map(|(id, _)| *id) else { break };
        world.succeed(id);
    }
    let listed = world.log.iter().filter(|line| line.starts_with("list /")).count();
    assert!(listed <= 3 + MOST_OPEN, "{listed} directories were listed for a thousand files");
    assert_eq!(world.most_files, LOOK_AHEAD);
    assert_eq!(world.end().counts.files, 20_000);
}

#[test]
fn t14_names_with_tricks_are_reported_and_never_written() {
    let tricks = ["..\\x", "C:", "nul", "COM1.txt", "a.", "b ", "a\u{7}", "x:y", "\u{ff}?"];
    let mut entries: Vec<Entry> =
        tricks.iter().map(|name| Entry::new(Name::new(*name).unwrap(), EntryKind::File)).collect();
    entries.push(Entry::new(Name::new("good").unwrap(), EntryKind::File));
    let settings = TreeSettings { local: LocalKind::Unknown, ..settings() };
    let tree = TreeTransfer::download(path("/"), entries, LocalPath::default(), settings);
    let mut world = World::tree(tree, Files::default(), Files::default());
    world.lister = Some(Box::new(|path| (path.clone(), Vec::new())));
    world.begin();
    let summary = world.end();
    assert_eq!(summary.counts.failed, tricks.len() as u64);
    assert!(summary.left_out.iter().all(|(_, why)| matches!(why, Why::Name(_))));
    assert_eq!(world.local.lines(), ["good=generated"]);
}

#[test]
fn t14_names_that_become_one_never_overwrite_each_other() {
    let files = Files::of(&["README=1", "Readme=2", "readme/", "readme/x=3"]);
    let mut world =
        download(&files, Files::default(), TreeSettings { local: LocalKind::Unknown, ..settings() });
    world.begin();
    let summary = world.end();
    assert_eq!(world.local.lines(), ["README=1"]);
    assert_eq!(World::left(&summary), ["/Readme", "/readme"]);
    assert!(summary.left_out.iter().all(|(_, why)| *why == Why::Clash));
    // The same name twice in a listing, where case counts.
    let twice = vec![entry("a", &Node::File("1".into())), entry("a", &Node::File("2".into()))];
    let mut world = from(twice, |path| (path.clone(), Vec::new()));
    assert_eq!(world.end().counts.files, 1);
}

#[test]
fn what_is_left_out_is_listed_up_to_a_limit_and_counted_beyond() {
    let links = (0..5_000).map(|n| entry(&n.to_string(), &Node::Link)).collect();
    let mut world = from(links, |path| (path.clone(), Vec::new()));
    let summary = world.end();
    assert_eq!((summary.left_out.len(), summary.counts.skipped), (MOST_REPORTED, 5_000));
}

#[test]
fn a_target_that_is_not_listed_in_full_gets_nothing() {
    let local = Files::of(&["a=1"]);
    let settings = TreeSettings { policy: towpath_ftp::conflict::Policy::Skip, ..settings() };
    let mut world = crate::transfers::upload(Files::of(&["up/", "up/a=old"]), &local, settings);
    world.begin();
    let id = *world.open.keys().next().unwrap();
    world.succeed(id);
    let id = *world.open.keys().next().unwrap();
    world.open.remove(&id);
    let listing =
        towpath_ftp::tree::Listing::Remote { path: path("/up"), entries: Vec::new(), truncated: true };
    world.give(TreeInput::Listed(id, Ok(listing)));
    assert_eq!(world.end().counts.failed, 2);
    assert_eq!(world.remote.lines(), ["up/", "up/a=old"]);
}
