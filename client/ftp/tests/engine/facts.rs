//! What there is to know of one path.

use towpath_ftp::parse::Facts;
use towpath_ftp::{EntryKind, ErrorKind, Outcome, Request, RequestId};

use crate::talk::{Talk, path};

fn facts(talk: &mut Talk, id: RequestId) -> Facts {
    match talk.ended(id) {
        Ok(Outcome::Facts(facts)) => *facts,
        other => panic!("no facts: {other:?}"),
    }
}

#[test]
fn m6_mlst_with_noise() {
    let mut talk = Talk::plain(&["MLST type*;size*;"]);
    for reply in [
        "250-Begin\r\n type=file;size=5;perm=r; /a\r\n250 End\r\n",
        "250-Listing /a\r\n250-Type=file;Size=5;perm=r; /a\r\n250 End\r\n",
        "250 type=file;size=5;perm=r; /a\r\n",
    ] {
        let id = talk.request(Request::Facts(path("/a")));
        talk.expect(&["send MLST /a"]);
        talk.bytes(reply.as_bytes());
        let facts = facts(&mut talk, id);
        assert_eq!((facts.kind, facts.size), (Some(EntryKind::File), Some(5)));
        assert_eq!(facts.perm.map(|perm| perm.to_string()).as_deref(), Some("r"));
    }
    let id = talk.request(Request::Facts(path("/a")));
    talk.expect(&["send MLST /a"]);
    talk.server("550 No such file");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
    talk.is_usable();
}

#[test]
fn m6_a_server_that_never_answers_mlst_is_left_and_not_asked_again() {
    let mut talk = Talk::plain(&["MLST type*;"]);
    let id = talk.request(Request::Facts(path("/a")));
    talk.expect(&["send MLST /a"]);
    talk.pass(7_999);
    assert!(talk.ended_yet().is_none());
    talk.pass(1);
    talk.expect(&["close 1"]);
    let error = talk.ended(id).unwrap_err();
    assert_eq!(
        (error.kind, error.advice.as_str()),
        (ErrorKind::Timeout, "Connect again: MLST is not used then")
    );
    assert!(talk.disconnected().is_some());
    talk.connect();
    for line in ["220 hi", "230 in", "215 UNIX", "211-\r\n MLST type*;\r\n211 End"] {
        talk.server(line);
    }
    talk.said();
    talk.events.clear();
    talk.request(Request::Facts(path("/a")));
    talk.expect(&["send CWD /a"]);
}

#[test]
fn without_mlst_cwd_size_and_mdtm_tell() {
    let mut talk = Talk::plain(&["SIZE"]);
    let id = talk.request(Request::Facts(path("/f")));
    talk.expect(&["send CWD /f"]);
    talk.server("550 not a directory");
    talk.expect(&["send TYPE I"]);
    talk.server("200 ok");
    talk.expect(&["send SIZE /f"]);
    talk.server("213 7");
    talk.expect(&["send MDTM /f"]);
    talk.server("213 20200229000000");
    let file = facts(&mut talk, id);
    assert_eq!((file.kind, file.size), (Some(EntryKind::File), Some(7)));
    assert_eq!(file.modified.map(|modified| modified.seconds), Some(1_582_934_400));
    // A directory, whose time the server does not tell.
    let id = talk.request(Request::Facts(path("/d")));
    talk.expect(&["send CWD /d"]);
    talk.server("250 ok");
    talk.expect(&["send MDTM /d"]);
    talk.server("550 not a plain file");
    let directory = facts(&mut talk, id);
    assert_eq!((directory.kind, directory.modified), (Some(EntryKind::Directory), None));
    // Where the session stands has to be asked for anew.
    let id = talk.request(Request::Facts(path("/none")));
    for reply in ["550 none", "550 none", "550 none"] {
        talk.server(reply);
    }
    talk.said();
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.message, "The server did not tell what /none is");
    assert_eq!(error.kind, ErrorKind::Refused);
    talk.request(Request::List(None));
    talk.expect(&["send PWD"]);
}

#[test]
fn an_mlst_that_is_missing_or_says_nothing_is_made_up_for() {
    let mut talk = Talk::plain(&["MLST type*;"]);
    let id = talk.request(Request::Facts(path("/d")));
    talk.expect(&["send MLST /d"]);
    talk.server("250 nothing to say");
    talk.expect(&["send CWD /d"]);
    talk.server("250 ok");
    talk.server("550 no");
    talk.said();
    assert_eq!(facts(&mut talk, id).kind, Some(EntryKind::Directory));
    let id = talk.request(Request::Facts(path("/d")));
    talk.expect(&["send MLST /d"]);
    talk.server("502 Disabled");
    talk.server("250 ok");
    talk.server("421 bye");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Lost);
}

#[test]
fn p4_where_paths_are_not_unix_the_name_is_asked_for_in_its_directory() {
    let mut talk = Talk::new(crate::talk::site(towpath_ftp::Encryption::None));
    talk.connect();
    for line in ["220 hi", "230 in", "215 VMS", "211-\r\n MLST type*;\r\n211 End"] {
        talk.server(line);
    }
    talk.said();
    talk.events.clear();
    let id = talk.request(Request::Facts(path("/d/-f")));
    talk.expect(&["send CWD /d"]);
    talk.server("250 ok");
    talk.expect(&["send PWD"]);
    talk.server("257 \"/d\"");
    talk.expect(&["send MLST ./-f"]);
    talk.server("250 type=file; -f");
    assert_eq!(facts(&mut talk, id).kind, Some(EntryKind::File));
    // The same for words that stand before and behind a path.
    talk.request(Request::ChangeMode { path: path("/d/f"), mode: 0o600 });
    talk.expect(&["send SITE CHMOD 600 f"]);
}
