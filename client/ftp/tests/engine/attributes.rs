//! Times, modes and groups, by the form that the server has.

use towpath_ftp::{Argument, ErrorKind, Outcome, Request, RequestId};

use crate::talk::{Talk, path};

const TIME: &str = "20240229123456";

fn set_time(talk: &mut Talk, name: &str) -> RequestId {
    talk.request(Request::SetModificationTime { path: path(name), seconds: 1_709_210_096 })
}

#[test]
fn t11_the_chain_stops_at_the_first_success_and_is_remembered() {
    let mut talk = Talk::plain(&[]);
    let id = set_time(&mut talk, "/a b");
    // FEAT gave a list without MFF, so MFF is no part of it.
    for (command, reply) in [
        (format!("MFMT {TIME} /a b"), "500 What?"),
        (format!("SITE UTIME /a b {TIME} {TIME} {TIME} UTC"), "500 SITE UTIME not understood"),
        (format!("SITE UTIME {TIME} /a b"), "502 No"),
        (format!("MDTM {TIME} /a b"), "253 Date set"),
    ] {
        talk.expect(&[&format!("send {command}")]);
        talk.server(reply);
    }
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    let id = set_time(&mut talk, "/c");
    talk.expect(&[&format!("send MDTM {TIME} /c")]);
    talk.server("213 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.is_usable();
}

#[test]
fn t11_what_is_known_outlives_the_connection() {
    let mut talk = Talk::plain(&["MFF modify;UNIX.mode;"]);
    let id = set_time(&mut talk, "/a");
    talk.expect(&[&format!("send MFMT {TIME} /a")]);
    talk.server("502 No");
    talk.expect(&[&format!("send MFF modify={TIME}; /a")]);
    talk.server("213 modify set");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.server("421 bye");
    talk.events.clear();
    talk.said();
    talk.connect();
    talk.server("220 hi");
    talk.server("230 in");
    talk.said();
    talk.server("215 UNIX");
    talk.bytes(b"211-\r\n MFF modify;\r\n211 End\r\n");
    talk.said();
    set_time(&mut talk, "/a");
    talk.expect(&[&format!("send MFF modify={TIME}; /a")]);
}

#[test]
fn t11_a_refusal_about_the_file_is_no_missing_command() {
    let mut talk = Talk::plain(&["MFMT"]);
    for reply in ["550 No such file", "553 Not allowed", "450 Busy"] {
        let id = set_time(&mut talk, "/a");
        talk.expect(&[&format!("send MFMT {TIME} /a")]);
        talk.server(reply);
        let error = talk.ended(id).unwrap_err();
        assert_eq!(error.message, "The server refused to set the modification time of /a");
        assert_eq!(error.reply.as_deref(), Some(reply));
    }
    talk.is_usable();
}

/// vsftpd answers anonymous users so to every SITE that it does not have, and sets times by MDTM.
#[test]
fn t11_a_site_command_that_is_denied_may_be_none() {
    let mut talk = Talk::plain(&["MDTM"]);
    let id = set_time(&mut talk, "/a");
    for (command, reply) in [
        (format!("MFMT {TIME} /a"), "500 Unknown command."),
        (format!("SITE UTIME /a {TIME} {TIME} {TIME} UTC"), "550 Permission denied."),
        (format!("SITE UTIME {TIME} /a"), "550 Permission denied."),
        (format!("MDTM {TIME} /a"), "213 File modification time set."),
    ] {
        talk.expect(&[&format!("send {command}")]);
        talk.server(reply);
    }
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    // What works comes first, and its refusal is about the file.
    let id = set_time(&mut talk, "/b");
    talk.expect(&[&format!("send MDTM {TIME} /b")]);
    talk.server("550 Could not set file modification time.");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
    // A SITE that has worked is not doubted.
    let mut talk = Talk::plain(&["MDTM"]);
    let id = set_time(&mut talk, "/a");
    talk.server("500 Unknown command.");
    talk.server("200 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.said();
    let id = set_time(&mut talk, "/b");
    talk.server("550 No such file");
    assert_eq!(talk.ended(id).unwrap_err().reply.as_deref(), Some("550 No such file"));
    talk.said();
    talk.is_usable();
}

#[test]
fn t11_mdtm_writes_nothing_where_mfmt_is_listed() {
    let mut talk = Talk::plain(&["MFMT"]);
    let id = set_time(&mut talk, "/a");
    for reply in ["500 off", "500 off", "500 off"] {
        talk.server(reply);
    }
    assert!(talk.said().iter().all(|line| !line.contains("MDTM")));
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.kind, error.advice.as_str()), (ErrorKind::Refused, "The server cannot set times"));
    // None is left, and the server is not asked again.
    let id = set_time(&mut talk, "/b");
    talk.expect(&[]);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
}

#[test]
fn t11_501_goes_on_but_teaches_nothing() {
    let mut talk = Talk::plain(&[]);
    let id = set_time(&mut talk, "/a");
    talk.server("501 Bad argument");
    talk.server("200 ok");
    talk.said();
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    // What works comes first, and MFMT is not held for missing: it would be next.
    set_time(&mut talk, "/b");
    talk.expect(&[&format!("send SITE UTIME /b {TIME} {TIME} {TIME} UTC")]);
    talk.server("501 Bad argument");
    talk.expect(&[&format!("send MFMT {TIME} /b")]);
}

#[test]
fn t11_times_that_cannot_be_written_are_not_sent() {
    let mut talk = Talk::plain(&["MFMT"]);
    for seconds in [i64::MAX, i64::MIN, 253_402_300_800] {
        let id = talk.request(Request::SetModificationTime { path: path("/a"), seconds });
        assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Argument);
        let id = talk.request(Request::SetCreationTime { path: path("/a"), seconds });
        assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Argument);
    }
    talk.is_usable();
}

#[test]
fn t11_421_within_the_chain_ends_the_session() {
    let mut talk = Talk::plain(&[]);
    let id = set_time(&mut talk, "/a");
    talk.server("500 What?");
    talk.server("421 Timeout");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Lost);
    assert!(talk.disconnected().is_some());
}

#[test]
fn t11_silence_within_the_chain_ends_the_session() {
    let mut talk = Talk::plain(&[]);
    let id = set_time(&mut talk, "/a");
    talk.server("500 What?");
    talk.pass(20_000);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Timeout);
    assert!(talk.disconnected().is_some());
}

#[test]
fn creation_times_by_mfct_or_mff() {
    let mut talk = Talk::plain(&["MFF Create;Modify;"]);
    let id = talk.request(Request::SetCreationTime { path: path("/a"), seconds: 0 });
    talk.expect(&["send MFCT 19700101000000 /a"]);
    talk.server("500 no");
    talk.expect(&["send MFF create=19700101000000; /a"]);
    talk.server("213 Create=19700101000000; /a");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
}

#[test]
fn modes_by_mff_where_it_is_listed_else_by_site_chmod() {
    let mut talk = Talk::plain(&["MFF UNIX.mode;"]);
    let id = talk.request(Request::ChangeMode { path: path("/-a"), mode: 0o104_755 });
    talk.expect(&["send MFF UNIX.mode=4755; /-a"]);
    talk.server("504 not that fact");
    talk.expect(&["send SITE CHMOD 4755 /-a"]);
    talk.server("200 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    assert!(talk.logged("Status: Setting permissions of '/-a' to '4755'"));
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::ChangeMode { path: path("/a"), mode: 0o44 });
    talk.expect(&["send SITE CHMOD 044 /a"]);
    talk.server("550 not yours");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
    // That was about the file.
    talk.request(Request::ChangeMode { path: path("/b"), mode: 0o600 });
    talk.expect(&["send SITE CHMOD 600 /b"]);
}

#[test]
fn groups_are_one_word() {
    let group = |text: &str| Argument::new(text).unwrap();
    let mut talk = Talk::plain(&["MFF UNIX.group;"]);
    let id = talk.request(Request::ChangeGroup { path: path("/a"), group: group("staff") });
    talk.expect(&["send MFF UNIX.group=staff; /a"]);
    talk.server("502 no");
    talk.expect(&["send SITE CHGRP staff /a"]);
    talk.server("200 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    for wrong in ["", "a b", "x;UNIX.mode=777"] {
        let id = talk.request(Request::ChangeGroup { path: path("/a"), group: group(wrong) });
        assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Argument);
    }
    talk.is_usable();
}

#[test]
fn t10_mdtm_that_says_nothing() {
    let mut talk = Talk::plain(&[]);
    for reply in ["213 00010101000000", "213 yesterday", "250"] {
        let id = talk.request(Request::ModificationTime(path("/a")));
        talk.expect(&["send MDTM /a"]);
        talk.server(reply);
        assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Protocol);
    }
    talk.is_usable();
}

#[test]
fn f3_size_and_mdtm_are_asked_without_a_line_in_feat() {
    let mut talk = Talk::plain(&["UTF8"]);
    let id = talk.request(Request::ModificationTime(path("/a")));
    talk.expect(&["send MDTM /a"]);
    talk.server("500 What?");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
    // A basic command is never given up: 500 may have meant anything.
    talk.request(Request::ModificationTime(path("/a")));
    talk.expect(&["send MDTM /a"]);
}
