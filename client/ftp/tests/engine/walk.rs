//! Counting and deleting trees.

use towpath_ftp::{End, ErrorKind, Event, Item, Outcome, Request};

use crate::talk::{Talk, path};

const FEATURES: &[&str] = &["EPSV", "MLST type*;size*;", "TVFS"];

fn tree(directory: &str) -> Vec<Item> {
    vec![Item { path: path(directory), directory: true }]
}

/// Answers the commands of one directory's listing; `commands` are those that the session sends for it.
fn directory(talk: &mut Talk, asked: &str, actual: &str, rows: &str) {
    let said = talk.said();
    assert_eq!(said.last().map(String::as_str), Some(format!("send CWD {asked}").as_str()), "{said:?}");
    talk.server("250 ok");
    talk.server(&format!("257 \"{actual}\""));
    if talk.said().last().is_some_and(|says| says == "send TYPE I") {
        talk.server("200 ok");
    }
    talk.server("229 (|||50000|)");
    talk.data_opened();
    if !rows.is_empty() {
        talk.data(rows.as_bytes());
    }
    talk.data_closed(End::Clean);
    talk.said();
    talk.server("226 ok");
}

/// The files and directories of the last [`Event::Walked`].
fn walked(talk: &Talk) -> Option<(u64, u64, u64)> {
    talk.events.iter().rev().find_map(|event| match event {
        Event::Walked { files, directories, bytes, .. } => Some((*files, *directories, *bytes)),
        _ => None,
    })
}

#[track_caller]
fn ended(talk: &mut Talk, id: towpath_ftp::RequestId) -> Result<Outcome, towpath_ftp::Error> {
    talk.events.retain(|event| !matches!(event, Event::Walked { .. }));
    talk.ended(id)
}

#[test]
fn counting_changes_nothing() {
    let mut talk = Talk::plain(FEATURES);
    let mut items = tree("/t");
    items.push(Item { path: path("/alone"), directory: false });
    let id = talk.request(Request::Count(items));
    directory(
        &mut talk,
        "/t",
        "/t",
        "type=file;size=3; a\r\ntype=dir; d\r\ntype=OS.unix=symlink; l\r\ntype=dir; e\r\ntype=cdir; .\r\n",
    );
    directory(&mut talk, "/t/d", "/t/d", "type=file;size=4; b\r\n");
    assert_eq!(walked(&talk), Some((2, 2, 3)));
    directory(&mut talk, "/t/e", "/t/e", "");
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 4, directories: 3, bytes: 7 }));
    assert!(!talk.log.iter().any(|line| line.contains("DELE") || line.contains("RMD")));
}

#[test]
fn deleting_takes_children_before_parents() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::DeleteTree(tree("/t")));
    directory(&mut talk, "/t", "/t", "type=file;size=3; a\r\ntype=dir; d\r\ntype=OS.unix=symlink; l\r\n");
    talk.expect(&["send DELE /t/a"]);
    talk.server("250 ok");
    talk.expect(&["send DELE /t/l"]);
    talk.server("250 ok");
    directory(&mut talk, "/t/d", "/t/d", "");
    // Nobody stands in what is removed.
    talk.expect(&["send CWD /t"]);
    talk.server("250 ok");
    talk.expect(&["send RMD /t/d"]);
    talk.server("250 ok");
    talk.expect(&["send RMD /t"]);
    talk.server("250 ok");
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 2, directories: 2, bytes: 0 }));
}

#[test]
fn m12_a_link_that_is_called_a_directory_is_deleted_and_not_followed() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::DeleteTree(tree("/t")));
    // What the user chose may itself lie behind a link.
    directory(&mut talk, "/t", "/data/t", "type=dir; etc\r\n");
    directory(&mut talk, "/data/t/etc", "/etc", "type=file; passwd\r\n");
    talk.expect(&["send DELE /data/t/etc"]);
    talk.server("250 ok");
    talk.says_last("send RMD /t");
    talk.server("250 ok");
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 1, directories: 1, bytes: 0 }));
    assert!(!talk.logged("DELE /etc"));
}

#[test]
fn an_error_stops_the_walk_and_says_what_is_gone() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::DeleteTree(tree("/t")));
    directory(&mut talk, "/t", "/t", "type=file; a\r\ntype=file; b\r\ntype=file; c\r\n");
    talk.server("250 ok");
    talk.server("550 Permission denied");
    let error = ended(&mut talk, id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("/t/b"), "{error}");
    assert!(error.message.contains("1 file and 0 directories had been deleted before"), "{error}");
    talk.says_last("send DELE /t/b");
    talk.is_usable();
}

#[test]
fn cancelling_stops_between_steps_and_says_what_is_gone() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::DeleteTree(tree("/t")));
    directory(&mut talk, "/t", "/t", "type=file; a\r\ntype=file; b\r\ntype=file; c\r\n");
    talk.server("250 ok");
    talk.says_last("send DELE /t/b");
    talk.cancel(id);
    talk.server("250 ok");
    let error = ended(&mut talk, id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert!(error.message.contains("deleted before"), "{error}");
    talk.is_usable();
    // In the middle of a listing.
    let id = talk.request(Request::Count(tree("/u")));
    talk.server("250 ok");
    talk.server("257 \"/u\"");
    talk.server("229 (|||50000|)");
    talk.data_opened();
    talk.cancel(id);
    talk.says_last("close 3");
    talk.server("426 aborted");
    assert_eq!(ended(&mut talk, id).unwrap_err().kind, ErrorKind::Cancelled);
    talk.is_usable();
}

#[test]
fn a_loop_ends_with_an_error() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::Count(tree("/t")));
    let mut here = "/t".to_owned();
    for _ in 0..200 {
        directory(&mut talk, &here, &here, "type=dir; t\r\n");
        here.push_str("/t");
        if talk.events.iter().any(|event| matches!(event, Event::Failed { .. })) {
            let error = ended(&mut talk, id).unwrap_err();
            assert!(error.message.contains("loop"), "{error}");
            assert_eq!(here.matches("/t").count(), 130);
            return talk.is_usable();
        }
    }
    panic!("no end");
}

#[test]
fn progress_is_told_every_hundred_files() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::DeleteTree(
        (0..250).map(|n| Item { path: path(&format!("/f{n}")), directory: false }).collect(),
    ));
    for _ in 0..250 {
        talk.server("250 ok");
    }
    talk.said();
    let told: Vec<u64> = talk
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Walked { files, .. } => Some(*files),
            _ => None,
        })
        .collect();
    assert_eq!(told, [100, 200, 250]);
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 250, directories: 0, bytes: 0 }));
}

#[test]
fn nothing_to_walk_is_done_at_once() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::DeleteTree(Vec::new()));
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 0, directories: 0, bytes: 0 }));
    talk.is_usable();
}
