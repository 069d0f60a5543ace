//! Listings: directories, forms, emptiness.

use towpath_ftp::{Encryption, End, ErrorKind, Event, LogKind, Outcome, Request, RequestId, Stage};

use crate::talk::{Talk, path};

const FEATURES: &[&str] = &["EPSV", "MLST type*;size*;", "TVFS"];

/// Names of the rows that came for this request.
fn names(talk: &mut Talk, id: RequestId) -> Vec<String> {
    let mut names = Vec::new();
    talk.events.retain(|event| match event {
        Event::Listed { request, entries, .. } => {
            assert_eq!(*request, id);
            assert!(!entries.is_empty() && entries.len() <= 500);
            names.extend(entries.iter().map(|entry| entry.name.to_string()));
            false
        }
        _ => true,
    });
    names
}

/// Answers to the commands of a data connection, then its data and its end.
fn answer(talk: &mut Talk, data: &[u8]) {
    talk.data_opened();
    talk.server("150 go");
    if !data.is_empty() {
        talk.data(data);
    }
    talk.data_closed(End::Clean);
    talk.server("226 done");
}

#[test]
fn a_listing_of_a_path_reads_as_in_filezilla() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::List(Some(path("/www"))));
    talk.expect(&["send CWD /www"]);
    talk.server("250 OK. Current directory is /www");
    talk.expect(&["send PWD"]);
    talk.server("257 \"/data/www\" is your current location");
    talk.expect(&["send TYPE I"]);
    talk.server("200 TYPE is now 8-bit binary");
    talk.server("229 (|||50000|)");
    talk.expect(&["send EPSV", "open 2 data of 1 port 50000", "send MLSD"]);
    answer(&mut talk, b"type=cdir; .\r\ntype=file;size=3; a\r\ntype=dir; b\r\n");
    assert_eq!(
        talk.lines(&[LogKind::Status, LogKind::Command]),
        [
            "Status: Retrieving directory listing of \"/www\"...",
            "Command: CWD /www",
            "Command: PWD",
            "Command: TYPE I",
            "Command: EPSV",
            "Command: MLSD",
            "Status: Directory listing of \"/data/www\" successful",
        ]
    );
    assert!(matches!(&talk.events[0], Event::Listed { path: actual, .. } if *actual == path("/data/www")));
    assert_eq!(names(&mut talk, id), ["a", "b"]);
    let outcome =
        Outcome::Listing { path: path("/data/www"), entries: 2, unread: Vec::new(), truncated: None };
    assert_eq!(talk.ended(id), Ok(outcome));
    // By either name it stands there already.
    for name in ["/www", "/data/www"] {
        talk.request(Request::List(Some(path(name))));
        talk.expect(&["send EPSV"]);
        talk.server("229 (|||50001|)");
        talk.data_opened();
        talk.data_closed(End::Clean);
        talk.server("226 done");
        talk.says_last("send MLSD");
    }
}

#[test]
fn rows_come_while_the_data_flows_in_batches() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    talk.data(b"type=file; a\r\ntype=fi");
    assert_eq!(names(&mut talk, id), ["a"]);
    talk.data(b"le; b\r\ntype=file; c");
    assert_eq!(names(&mut talk, id), ["b"]);
    let many: String = (0..1_200).map(|n| format!("\r\ntype=file; f{n}")).collect();
    talk.data(many.as_bytes());
    assert_eq!(names(&mut talk, id).len(), 1_200);
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    assert_eq!(names(&mut talk, id), ["f1199"]);
    assert!(matches!(talk.ended(id), Ok(Outcome::Listing { entries: 1_203, .. })));
}

#[test]
fn a_directory_that_cannot_be_entered_is_an_error_that_names_it() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::List(Some(path("/no\x07pe"))));
    talk.expect(&["send CWD /no\x07pe"]);
    talk.server("550 No such directory");
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Server, ErrorKind::Refused));
    assert!(error.message.contains("/no\\x07pe"), "{error}");
    assert!(talk.logged("Error: Failed to retrieve directory listing"));
    talk.is_usable();
}

#[test]
fn p1_a_pwd_that_cannot_be_read_leaves_the_path_that_was_asked_for() {
    for answer in ["257 no idea", "550 no", "257 \"C:\\\\www\""] {
        let mut talk = Talk::plain(FEATURES);
        talk.request(Request::List(Some(path("/www"))));
        talk.server("250 ok");
        talk.server(answer);
        talk.says_last("send TYPE I");
        assert!(talk.logged("the directory is taken for \"/www\""), "{answer}: {:?}", talk.log);
    }
}

#[test]
fn m3_empty_directories_are_no_errors() {
    for end in ["226", "250"] {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.list();
        talk.data_closed(End::Clean);
        talk.server(&format!("{end} done"));
        assert!(matches!(talk.ended(id), Ok(Outcome::Listing { entries: 0, .. })));
    }
    for reply in
        ["550 No members found.", "550 No files found", "450 No files found", "550 No data sets found."]
    {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.list();
        talk.server(reply);
        talk.expect(&["close 2"]);
        assert!(matches!(talk.ended(id), Ok(Outcome::Listing { entries: 0, .. })), "{reply}");
        talk.is_usable();
    }
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    talk.server("550 Permission denied");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
}

#[test]
fn m1_a_listed_mlsd_that_is_refused_gives_way_to_list() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    talk.server("502 not implemented");
    talk.expect(&["close 2", "send EPSV"]);
    talk.server("229 (|||50001|)");
    talk.expect(&["open 3 data of 1 port 50001", "send LIST -a"]);
    answer(&mut talk, b"-rw-r--r-- 1 u g 3 Jan  1 2020 a\r\n");
    assert_eq!(names(&mut talk, id), ["a"]);
    assert!(talk.ended(id).is_ok());
    // It is not tried again.
    talk.request(Request::List(None));
    talk.server("229 (|||50002|)");
    talk.says_last("send LIST -a");
}

/// Up to the point where a data connection of LIST stands, and the command that was sent.
fn old(talk: &mut Talk) -> RequestId {
    let id = talk.request(Request::List(Some(path("/d"))));
    talk.server("250 ok");
    talk.server("257 \"/d\"");
    talk.server("200 ok");
    talk.server("227 (192,0,2,7,195,80)");
    talk.says_last("send LIST -a");
    id
}

#[test]
fn m2_list_a_is_tried_and_kept_if_it_shows_something() {
    let mut talk = Talk::plain(&[]);
    let id = old(&mut talk);
    answer(&mut talk, b"-rw-r--r-- 1 u g 3 Jan  1 2020 .a\r\n");
    assert_eq!(names(&mut talk, id), [".a"]);
    assert!(talk.ended(id).is_ok());
    // Kept: an empty answer is now an empty directory.
    let id = talk.request(Request::List(None));
    talk.server("227 (192,0,2,7,195,81)");
    answer(&mut talk, b"");
    assert!(matches!(talk.ended(id), Ok(Outcome::Listing { entries: 0, .. })));
}

#[test]
fn m2_list_a_that_shows_nothing_gives_way_to_list() {
    let mut talk = Talk::plain(&[]);
    let id = old(&mut talk);
    answer(&mut talk, b"ls: -a: No such file or directory\r\n");
    talk.expect(&["send PASV"]);
    talk.server("227 (192,0,2,7,195,81)");
    talk.says_last("send LIST");
    answer(&mut talk, b"-rw-r--r-- 1 u g 3 Jan  1 2020 a\r\n");
    assert_eq!(names(&mut talk, id), ["a"]);
    assert!(
        matches!(talk.ended(id), Ok(Outcome::Listing { entries: 1, ref unread, .. }) if unread.is_empty())
    );
    talk.request(Request::List(None));
    talk.server("227 (192,0,2,7,195,82)");
    talk.says_last("send LIST");
}

#[test]
fn m2_list_a_that_is_refused_gives_way_to_list() {
    let mut talk = Talk::plain(&[]);
    let id = old(&mut talk);
    talk.data_opened();
    talk.server("550 -a: no such directory");
    talk.expect(&["close 2", "send PASV"]);
    talk.server("227 (192,0,2,7,195,81)");
    talk.says_last("send LIST");
    answer(&mut talk, b"");
    assert!(matches!(talk.ended(id), Ok(Outcome::Listing { entries: 0, .. })));
}

#[test]
fn m11_lines_that_cannot_be_read_are_shown() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    answer(&mut talk, b"type=file; a\r\nwhat \x1b[31mis this\r\n");
    names(&mut talk, id);
    let Ok(Outcome::Listing { entries: 1, unread, .. }) = talk.ended(id) else { panic!("{:?}", talk.log) };
    assert_eq!(unread.len(), 1);
    assert!(!unread[0].contains('\x1b'), "{unread:?}");
}

#[test]
fn m11_names_that_come_with_the_path_of_the_directory() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    answer(&mut talk, b"type=file; /a\r\ntype=file; /you/b\r\n");
    assert_eq!(names(&mut talk, id), ["a"]);
    assert!(
        matches!(talk.ended(id), Ok(Outcome::Listing { entries: 1, ref unread, .. }) if unread.len() == 1)
    );
}

#[test]
fn a_listing_that_is_cut_is_not_taken_for_whole() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    talk.data(b"type=file; a\r\n");
    talk.data_closed(crate::talk::broken(Stage::Data, "reset"));
    talk.server("226 ok");
    names(&mut talk, id);
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Incomplete);
    talk.is_usable();
    // Without close_notify the reply decides.
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    talk.data_closed(End::Unclean);
    talk.server("226 ok");
    assert!(talk.ended(id).is_ok());
    assert!(talk.logged("Warning"));
}

/// What other users of the server see in other ways: SITE DIRSTYLE of IIS is a switch that the next session finds thrown, and SITE SBD and
/// FILETYPE of z/OS change what files are.
#[test]
fn m13_no_site_command_is_sent_to_change_how_a_server_lists() {
    for (system, line) in [
        ("215 Windows_NT", &b"01-31-24  09:05PM       <DIR>          a\r\n"[..]),
        (
            "215 MVS is the operating system of this server",
            b"WPTA01 3290   2004/03/04  1    3  FB      80  3125  PO  A\r\n",
        ),
        ("215 UNIX Type: L8", b"drwxr-xr-x   2 o g 512 Apr  8  1994 a\r\n"),
    ] {
        let mut talk = Talk::new(crate::talk::site(Encryption::None));
        talk.connect();
        talk.server("220 hi");
        talk.expect(&["send USER me"]);
        talk.server("331 go on");
        talk.expect(&["send PASS secret"]);
        talk.server("230 in");
        talk.request(Request::List(None));
        let mut sent = Vec::new();
        for _ in 0..20 {
            for said in talk.said() {
                if let Some(command) = said.strip_prefix("send ") {
                    let reply = match command.split(' ').next().unwrap() {
                        "SYST" => system,
                        "PWD" => "257 \"/\"",
                        "EPSV" => "502 no",
                        "PASV" => "227 ok (192,0,2,7,195,80)",
                        "TYPE" => "200 ok",
                        "LIST" => {
                            talk.data_opened();
                            talk.data(line);
                            talk.data_closed(End::Clean);
                            "226 done"
                        }
                        _ => "500 no",
                    };
                    sent.push(command.to_owned());
                    talk.server(reply);
                }
            }
        }
        assert!(sent.iter().any(|command| command.starts_with("LIST")), "{sent:?}");
        assert!(!sent.iter().any(|command| command.starts_with("SITE")), "{sent:?}");
    }
}
