//! Counting and deleting trees.

use towpath_ftp::{Encryption, End, ErrorKind, Event, Item, LeftOut, Modes, Outcome, Request};

use crate::talk::{Talk, path, site};

/// ESTA: a server that shows links as what they are.
const FEATURES: &[&str] = &["EPSV", "MLST type*;size*;", "TVFS", "ESTA"];

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
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 4, directories: 3, bytes: 7, left_out: 0 }));
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
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 2, directories: 2, bytes: 0, left_out: 0 }));
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
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 1, directories: 1, bytes: 0, left_out: 0 }));
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
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 250, directories: 0, bytes: 0, left_out: 0 }));
}

#[test]
fn nothing_to_walk_is_done_at_once() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::DeleteTree(Vec::new()));
    assert_eq!(ended(&mut talk, id), Ok(Outcome::Tree { files: 0, directories: 0, bytes: 0, left_out: 0 }));
    talk.is_usable();
}

/// A session with a server that gets several commands at once.
fn pipelined(features: &str) -> Talk {
    let mut site = site(Encryption::None);
    site.quirks.lock_step = false;
    let mut talk = Talk::new(site);
    talk.connect();
    for line in ["220 hello", "331 password", "230 in", "215 UNIX Type: L8"] {
        talk.server(line);
    }
    talk.bytes(
        format!("211-x\r\n EPSV\r\n ESTA\r\n MLST type*;size*;unique*;\r\n{features} TVFS\r\n211 end\r\n")
            .as_bytes(),
    );
    talk.said();
    talk.log.clear();
    talk.events.clear();
    talk
}

/// The same as [`directory`] for such a server.
fn flight(talk: &mut Talk, asked: &str, actual: &str, rows: &str) {
    let said = talk.said();
    assert!(said.contains(&format!("send CWD {asked}")), "{said:?}");
    talk.server("250 ok");
    talk.server(&format!("257 \"{actual}\""));
    if said.iter().any(|says| says == "send TYPE I") {
        talk.server("200 ok");
    }
    talk.server("229 (|||50000|)");
    talk.data_opened();
    talk.data(rows.as_bytes());
    talk.data_closed(End::Clean);
    talk.said();
    talk.server("226 ok");
}

#[test]
fn deletions_are_in_flight_together_and_what_went_after_a_refusal_is_counted() {
    let mut talk = pipelined("");
    let id = talk.request(Request::DeleteTree(tree("/t")));
    let rows: String = (0..20).map(|n| format!("type=file; f{n}\r\n")).collect();
    flight(&mut talk, "/t", "/t", &rows);
    let sent = talk.said();
    assert_eq!(sent.len(), 16, "{sent:?}");
    assert_eq!(sent.last().map(String::as_str), Some("send DELE /t/f15"));
    talk.server("250 ok");
    talk.expect(&["send DELE /t/f16"]);
    talk.server("550 Permission denied");
    for n in 2..17 {
        // Another refusal does not hide the first.
        talk.server(if n == 5 { "450 busy" } else { "250 ok" });
    }
    let error = ended(&mut talk, id).unwrap_err();
    assert!(error.message.contains("/t/f1;"), "{error}");
    assert!(error.message.contains("15 files and 0 directories had been deleted before"), "{error}");
    assert!(talk.said().is_empty());
    talk.is_usable();
}

#[test]
fn cancelling_a_flight_of_deletions_says_what_is_gone() {
    let mut talk = pipelined("");
    let id = talk.request(Request::DeleteTree(tree("/t")));
    let rows: String = (0..20).map(|n| format!("type=file; f{n}\r\n")).collect();
    flight(&mut talk, "/t", "/t", &rows);
    for _ in 0..3 {
        talk.server("250 ok");
    }
    talk.said();
    talk.cancel(id);
    for n in 3..19 {
        assert!(!talk.events.iter().any(|event| matches!(event, Event::Failed { .. })), "{n}");
        talk.server(if n == 10 { "550 no" } else { "250 ok" });
    }
    let error = ended(&mut talk, id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert!(error.message.contains("18 files and 0 directories had been deleted before"), "{error}");
    assert!(talk.said().is_empty());
    talk.is_usable();
}

#[test]
fn a_flight_that_the_connection_does_not_survive_says_what_is_gone() {
    let mut talk = pipelined("");
    let id = talk.request(Request::DeleteTree(tree("/t")));
    flight(&mut talk, "/t", "/t", "type=file; a\r\ntype=file; b\r\ntype=file; c\r\n");
    talk.server("250 ok");
    talk.server("421 going down");
    let error = ended(&mut talk, id).unwrap_err();
    assert!(error.message.contains("1 file and 0 directories had been deleted before"), "{error}");
}

type Rows = Vec<(String, usize)>;

/// Paths and numbers of rows of the listings, and what was left out.
fn told(talk: &Talk) -> (Rows, Vec<(String, LeftOut)>) {
    let listed = talk.events.iter().filter_map(|event| match event {
        Event::Listed { path, entries, .. } => Some((path.to_string(), entries.len())),
        _ => None,
    });
    let left = talk.events.iter().filter_map(|event| match event {
        Event::LeftOut { path, reason, .. } => Some((path.to_string(), reason.clone())),
        _ => None,
    });
    (listed.collect(), left.collect())
}

#[track_caller]
fn ended_with(talk: &mut Talk, id: towpath_ftp::RequestId) -> Result<Outcome, towpath_ftp::Error> {
    talk.events.retain(|event| !matches!(event, Event::Listed { .. } | Event::LeftOut { .. }));
    ended(talk, id)
}

#[test]
fn a_tree_is_listed_directory_by_directory_and_what_cannot_be_read_is_reported() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::ListTree(tree("/t")));
    directory(
        &mut talk,
        "/t",
        "/t",
        "type=dir; a\r\ntype=file;size=3; x\r\ntype=dir; locked\r\ntype=dir; link\r\ntype=OS.unix=symlink; l\r\n",
    );
    directory(&mut talk, "/t/a", "/t/a", "");
    talk.says_last("send CWD /t/locked");
    talk.server("550 Permission denied");
    directory(&mut talk, "/t/link", "/etc", "type=file; passwd\r\ntype=dir; ssh\r\n");
    let (listed, left) = told(&talk);
    assert_eq!(listed, [("/t".to_owned(), 5), ("/t/a".to_owned(), 0)]);
    assert_eq!(left.len(), 2);
    assert!(
        matches!(&left[0], (path, LeftOut::Refused(error)) if path == "/t/locked" && error.kind == ErrorKind::Refused)
    );
    assert_eq!(left[1], ("/t/link".to_owned(), LeftOut::Link));
    let outcome = Outcome::Tree { files: 2, directories: 2, bytes: 3, left_out: 2 };
    assert_eq!(ended_with(&mut talk, id), Ok(outcome));
    talk.is_usable();
}

#[test]
fn a_tree_of_which_nothing_can_be_read_fails() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::ListTree(tree("/t")));
    talk.says_last("send CWD /t");
    talk.server("550 No such directory");
    assert_eq!(ended_with(&mut talk, id).unwrap_err().kind, ErrorKind::Refused);
    talk.is_usable();
}

#[test]
fn m12_a_directory_that_is_one_above_it_is_not_gone_into() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::ListTree(tree("/t")));
    directory(&mut talk, "/t", "/t", "type=dir;unique=1; a\r\ntype=dir;unique=2; b\r\n");
    directory(&mut talk, "/t/a", "/t/a", "type=dir;unique=3; c\r\ntype=dir;unique=1; again\r\n");
    directory(&mut talk, "/t/a/c", "/t/a/c", "");
    directory(&mut talk, "/t/b", "/t/b", "");
    assert_eq!(told(&talk).1, [("/t/a/again".to_owned(), LeftOut::Loop)]);
    let outcome = Outcome::Tree { files: 0, directories: 4, bytes: 0, left_out: 1 };
    assert_eq!(ended_with(&mut talk, id), Ok(outcome));
}

#[test]
fn a_loop_is_listed_down_to_a_depth_and_no_further() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::ListTree(tree("/t")));
    let mut here = "/t".to_owned();
    while !talk.events.iter().any(|event| matches!(event, Event::Done { .. })) {
        directory(&mut talk, &here, &here, "type=dir; t\r\n");
        here.push_str("/t");
        assert!(here.len() < 1_000);
    }
    assert_eq!(told(&talk).1.len(), 1);
    let outcome = Outcome::Tree { files: 0, directories: 129, bytes: 0, left_out: 1 };
    assert_eq!(ended_with(&mut talk, id), Ok(outcome));
}

fn modes(files: Option<u16>, directories: Option<u16>) -> Request {
    Request::ChangeModeTree { items: tree("/t"), modes: Modes { files, directories } }
}

#[test]
fn m12_modes_change_below_before_above_and_never_through_links() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(modes(Some(0o644), Some(0o500)));
    let rows = "type=file; a\r\ntype=OS.unix=symlink; l\r\ntype=dir; d\r\ntype=file; b\r\n\
                type=OS.unix=chr-1/2; dev\r\ntype=dir; s\r\n";
    directory(&mut talk, "/t", "/t", rows);
    talk.expect(&["send SITE CHMOD 644 /t/a"]);
    talk.server("200 ok");
    talk.expect(&["send SITE CHMOD 644 /t/b"]);
    // A refusal of one file is that file's alone.
    talk.server("550 not yours");
    directory(&mut talk, "/t/d", "/t/d", "type=file; c\r\n");
    talk.expect(&["send SITE CHMOD 644 /t/d/c"]);
    talk.server("200 ok");
    talk.expect(&["send SITE CHMOD 500 /t/d"]);
    talk.server("200 ok");
    directory(&mut talk, "/t/s", "/etc", "type=file; passwd\r\n");
    talk.expect(&["send SITE CHMOD 500 /t"]);
    talk.server("200 ok");
    let left: Vec<String> = told(&talk).1.into_iter().map(|(path, _)| path).collect();
    assert_eq!(left, ["/t/b", "/t/s"]);
    let outcome = Outcome::Tree { files: 2, directories: 2, bytes: 0, left_out: 2 };
    assert_eq!(ended_with(&mut talk, id), Ok(outcome));
}

/// pyftpdlib again: before a mode is changed only LIST tells a link from a directory, and that it does says nothing of MLSD.
#[test]
fn m12_where_links_are_hidden_list_shows_them_before_modes_change() {
    let mut talk = Talk::plain(&["EPSV", "MLST type*;size*;", "TVFS"]);
    let id = talk.request(modes(None, Some(0o750)));
    talk.server("250 ok");
    talk.server("257 \"/t\"");
    talk.server("200 type");
    talk.server("229 (|||50000|)");
    talk.says_last("send LIST -a");
    talk.data_opened();
    talk.data(b"lrwxrwxrwx 1 a b 7 Jan 1 2020 link -> /beyond\r\ndrwxr-xr-x 1 a b 7 Jan 1 2020 real\r\n");
    talk.data_closed(End::Clean);
    talk.server("226 done");
    talk.said();
    talk.server("250 ok");
    talk.server("257 \"/t/real\"");
    talk.server("229 (|||50001|)");
    talk.says_last("send LIST -a");
    talk.data_opened();
    talk.data_closed(End::Clean);
    talk.server("226 done");
    talk.says_last("send SITE CHMOD 750 /t/real");
    talk.server("200 ok");
    talk.says_last("send SITE CHMOD 750 /t");
    talk.server("200 ok");
    let outcome = Outcome::Tree { files: 0, directories: 2, bytes: 0, left_out: 0 };
    assert_eq!(ended_with(&mut talk, id), Ok(outcome));
}

#[test]
fn modes_of_files_or_of_directories_alone() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(modes(None, Some(0o755)));
    directory(&mut talk, "/t", "/t", "type=file; a\r\n");
    talk.expect(&["send SITE CHMOD 755 /t"]);
    talk.server("200 ok");
    let outcome = Outcome::Tree { files: 0, directories: 1, bytes: 0, left_out: 0 };
    assert_eq!(ended_with(&mut talk, id), Ok(outcome));
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(modes(Some(0o600), None));
    directory(&mut talk, "/t", "/t", "type=file; a\r\n");
    talk.expect(&["send SITE CHMOD 600 /t/a"]);
    talk.server("200 ok");
    let outcome = Outcome::Tree { files: 1, directories: 0, bytes: 0, left_out: 0 };
    assert_eq!(ended_with(&mut talk, id), Ok(outcome));
}

#[test]
fn the_users_own_directory_is_opened_first_if_the_mode_lets_in() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(modes(None, Some(0o700)));
    talk.says_last("send CWD /t");
    talk.server("550 Permission denied");
    talk.expect(&["send SITE CHMOD 700 /t"]);
    talk.server("200 ok");
    directory(&mut talk, "/t", "/t", "type=file; a\r\n");
    talk.expect(&["send SITE CHMOD 700 /t"]);
    talk.server("200 ok");
    let outcome = Outcome::Tree { files: 0, directories: 1, bytes: 0, left_out: 0 };
    assert_eq!(ended_with(&mut talk, id), Ok(outcome));
}

#[test]
fn a_server_without_modes_fails_at_the_first_file() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(modes(Some(0o600), None));
    directory(&mut talk, "/t", "/t", "type=file; a\r\ntype=file; b\r\n");
    talk.expect(&["send SITE CHMOD 600 /t/a"]);
    talk.server("502 not implemented");
    assert_eq!(ended_with(&mut talk, id).unwrap_err().kind, ErrorKind::Refused);
    talk.is_usable();
}

#[test]
fn modes_go_in_flights_once_the_form_is_known() {
    let mut talk = pipelined(" MFF UNIX.mode;\r\n");
    let id = talk.request(modes(Some(0o600), None));
    flight(&mut talk, "/t", "/t", "type=file; a\r\ntype=file; b\r\ntype=file; c\r\n");
    talk.expect(&["send MFF UNIX.mode=0600; /t/a"]);
    talk.server("213 ok");
    talk.expect(&["send MFF UNIX.mode=0600; /t/b", "send MFF UNIX.mode=0600; /t/c"]);
    talk.server("213 ok");
    talk.server("213 ok");
    let outcome = Outcome::Tree { files: 3, directories: 0, bytes: 0, left_out: 0 };
    assert_eq!(ended_with(&mut talk, id), Ok(outcome));
}

/// The server did what it was told and lost the answers: what is gone already is no refusal, anything else is.
#[test]
fn after_a_flight_without_answers_each_is_sent_again_alone() {
    for (answer, whole) in [("550 b: No such file or directory", true), ("550 Permission denied", false)] {
        let mut talk = pipelined("");
        let id = talk.request(Request::DeleteTree(tree("/t")));
        flight(&mut talk, "/t", "/t", "type=file; a\r\ntype=file; b\r\ntype=file; c\r\n");
        talk.server("250 ok");
        talk.said();
        talk.pass(20_000);
        talk.opened();
        for line in ["220 hello", "331 password", "230 in", "215 UNIX Type: L8", "211 none"] {
            talk.server(line);
        }
        talk.says_last("send CWD /t");
        talk.server("250 ok");
        talk.server("257 \"/t\"");
        talk.says_last("send DELE /t/b");
        talk.server(answer);
        if whole {
            talk.expect(&["send DELE /t/c"]);
            talk.server("250 ok");
            talk.says_last("send CWD /");
            talk.server("250 ok");
            talk.server("250 removed");
            let outcome = Outcome::Tree { files: 3, directories: 1, bytes: 0, left_out: 0 };
            talk.said();
            assert_eq!(ended_after(&mut talk, id), Ok(outcome));
        } else {
            let error = ended_after(&mut talk, id).unwrap_err();
            assert!(error.message.contains("1 file and 0 directories had been deleted before"), "{error}");
        }
    }
}

#[track_caller]
fn ended_after(talk: &mut Talk, id: towpath_ftp::RequestId) -> Result<Outcome, towpath_ftp::Error> {
    talk.events.retain(|event| !matches!(event, Event::Walked { .. } | Event::LoggedIn(_)));
    talk.ended(id)
}

/// pyftpdlib: MLSD calls a link a directory, and PWD tells the link's own name.
#[test]
fn m12_where_links_are_hidden_dele_shows_them_before_a_directory_is_gone_into() {
    let mut talk = Talk::plain(&["EPSV", "MLST type*;size*;", "TVFS"]);
    let id = talk.request(Request::DeleteTree(tree("/t")));
    talk.expect(&["send DELE /t"]);
    talk.server("550 is a directory");
    directory(&mut talk, "/t", "/t", "type=dir; link\r\ntype=dir; real\r\n");
    talk.says_last("send DELE /t/link");
    talk.server("250 gone");
    talk.says_last("send DELE /t/real");
    talk.server("550 is a directory");
    // One that shows links needs no proof any more.
    directory(&mut talk, "/t/real", "/t/real", "type=OS.unix=slink:/x; l\r\ntype=dir; deep\r\n");
    talk.expect(&["send DELE /t/real/l"]);
    talk.server("250 gone");
    directory(&mut talk, "/t/real/deep", "/t/real/deep", "");
    for command in ["RMD /t/real/deep", "RMD /t/real", "RMD /t"] {
        let said = talk.said();
        assert!(
            said.last().is_some_and(|said| said.starts_with("send CWD") || said.ends_with(command)),
            "{said:?}"
        );
        if said.last().is_some_and(|said| said.starts_with("send CWD")) {
            talk.server("250 ok");
        }
        talk.server("250 gone");
    }
    let tree = Outcome::Tree { files: 2, directories: 3, bytes: 0, left_out: 0 };
    assert_eq!(ended(&mut talk, id), Ok(tree), "{:#?}", talk.log);
}
