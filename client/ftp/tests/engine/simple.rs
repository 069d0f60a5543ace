//! Requests of one or two commands, the queue, and the end of a session.

use towpath_ftp::{End, ErrorKind, Modified, Outcome, Request, Stage};

use crate::talk::{Talk, path};

#[test]
fn each_command_has_its_words() {
    let check = |request: Request, command: &str, reply: &str, outcome: Outcome| {
        let mut talk = Talk::plain(&[]);
        let id = talk.request(request);
        talk.expect(&[&format!("send {command}")]);
        talk.server(reply);
        assert_eq!(talk.ended(id), Ok(outcome));
        talk.is_usable();
    };
    check(Request::MakeDirectory(path("/a b")), "MKD /a b", "257 \"/a b\" created", Outcome::Ok);
    check(Request::MakeDirectory(path("/a")), "MKD /a", "250 whatever", Outcome::Ok);
    check(Request::RemoveDirectory(path("/a")), "RMD /a", "250 ok", Outcome::Ok);
    check(Request::DeleteFile(path("/-a")), "DELE /-a", "250 ok", Outcome::Ok);
    check(Request::KeepAlive, "NOOP", "200 zzz", Outcome::Ok);
    check(Request::KeepAlive, "NOOP", "500 what", Outcome::Ok);
    let modified = Modified { seconds: 1_582_934_400, has_time: true, has_seconds: true, utc: true };
    let reply = "213 20200229000000";
    check(Request::ModificationTime(path("/a")), "MDTM /a", reply, Outcome::Modified(modified));
}

#[test]
fn size_is_asked_in_type_i() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Size(path("/a")));
    talk.expect(&["send TYPE I"]);
    talk.server("200 ok");
    talk.expect(&["send SIZE /a"]);
    talk.server("213 18446744073709551615");
    assert_eq!(talk.ended(id), Ok(Outcome::Size(u64::MAX)));
    let id = talk.request(Request::Size(path("/a")));
    talk.expect(&["send SIZE /a"]);
    talk.server("213 huge");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Protocol);
}

#[test]
fn refusals_name_path_and_reply() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::MakeDirectory(path("/a")));
    talk.expect(&["send MKD /a"]);
    talk.bytes(b"550-Sorry\r\n550 /a exists\r\n");
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Server, ErrorKind::Refused));
    assert_eq!(error.message, "The server refused to create the directory /a");
    assert_eq!(error.reply.as_deref(), Some("550 Sorry /a exists"));
    talk.is_usable();
}

#[test]
fn a_rename_is_two_commands_and_the_first_must_be_accepted() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Rename { from: path("/a"), to: path("/b") });
    talk.expect(&["send RNFR /a"]);
    talk.server("350 ready");
    talk.expect(&["send RNTO /b"]);
    talk.server("250 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    let id = talk.request(Request::Rename { from: path("/a"), to: path("/b") });
    talk.server("550 none");
    talk.says_last("send RNFR /a");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
    talk.is_usable();
}

#[test]
fn a_directory_is_left_before_it_is_removed() {
    let mut talk = Talk::plain(&["EPSV", "MLST type*;"]);
    talk.request(Request::List(Some(path("/a/b"))));
    talk.server("250 ok");
    talk.server("257 \"/a/b\"");
    talk.server("200 ok");
    talk.server("229 (|||50000|)");
    talk.data_opened();
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    talk.says_last("send MLSD");
    talk.request(Request::RemoveDirectory(path("/a/bc")));
    talk.expect(&["send RMD /a/bc"]);
    talk.server("250 ok");
    talk.request(Request::RemoveDirectory(path("/a")));
    talk.expect(&["send CWD /"]);
    talk.server("250 ok");
    talk.expect(&["send RMD /a"]);
    talk.server("250 ok");
    // Nobody knows the true name of where it stands now.
    talk.request(Request::List(None));
    talk.expect(&["send PWD"]);
}

#[test]
fn requests_take_turns_and_keep_alive_makes_way() {
    let mut talk = Talk::plain(&[]);
    let first = talk.request(Request::MakeDirectory(path("/a")));
    let idle = talk.request(Request::KeepAlive);
    let second = talk.request(Request::MakeDirectory(path("/b")));
    talk.expect(&["send MKD /a"]);
    talk.server("257 ok");
    assert_eq!(talk.ended(first), Ok(Outcome::Ok));
    assert_eq!(talk.ended(idle), Ok(Outcome::Ok));
    talk.expect(&["send MKD /b"]);
    talk.server("257 ok");
    assert_eq!(talk.ended(second), Ok(Outcome::Ok));
}

#[test]
fn quit_is_polite_and_short() {
    // Answered.
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Disconnect);
    let late = talk.request(Request::KeepAlive);
    talk.expect(&["send QUIT"]);
    talk.server("221 bye");
    talk.expect(&["close 1"]);
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    assert_eq!(talk.ended(late).unwrap_err().kind, ErrorKind::NotConnected);
    assert_eq!(talk.disconnected(), None);
    // Closed without a word.
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Disconnect);
    talk.closed(End::Clean);
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    assert_eq!(talk.disconnected(), None);
    // Not answered.
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Disconnect);
    talk.pass(1_999);
    assert!(talk.events.is_empty());
    talk.pass(1);
    talk.says_last("close 1");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    assert_eq!(talk.disconnected(), None);
    // And it can connect again.
    talk.connect();
}

#[test]
fn r8_421_at_any_time_is_the_end() {
    // Idle.
    let mut talk = Talk::plain(&[]);
    talk.server("421 Timeout");
    talk.expect(&["close 1"]);
    let error = talk.disconnected().expect("an error");
    assert_eq!((error.kind, error.reply.as_deref()), (ErrorKind::Lost, Some("421 Timeout")));
    // As an answer, with others waiting.
    let mut talk = Talk::plain(&[]);
    let first = talk.request(Request::KeepAlive);
    let second = talk.request(Request::Size(path("/a")));
    talk.server("421 Shutting down");
    assert_eq!(talk.ended(first).unwrap_err().kind, ErrorKind::Lost);
    assert_eq!(talk.ended(second).unwrap_err().kind, ErrorKind::Lost);
    assert!(talk.disconnected().is_some());
    // In the middle of an upload, which breaks.
    let mut talk = Talk::plain(&["EPSV"]);
    let id = talk.upload(Some(9), 0);
    talk.server("421 Idle");
    talk.expect(&["abort 2", "close 1"]);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Lost);
}

#[test]
fn r7_replies_that_nobody_asked_for_are_logged_and_ignored() {
    let mut talk = Talk::plain(&[]);
    talk.server("226 Transfer complete.");
    assert!(talk.logged("Response: 226 Transfer complete."));
    talk.is_usable();
}

#[test]
fn silence_ends_the_session_after_20_seconds_without_any_byte() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::MakeDirectory(path("/a")));
    talk.pass(19_000);
    talk.bytes(b"257-I am");
    talk.pass(19_000);
    talk.bytes(b" slow\r\n");
    talk.pass(19_999);
    assert!(talk.events.is_empty());
    talk.pass(1);
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("MKD"), "{error}");
    assert!(talk.disconnected().is_some());
}

#[test]
fn r2_a_reply_that_ends_with_another_code_ends_after_two_seconds() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::MakeDirectory(path("/a")));
    talk.expect(&["send MKD /a"]);
    talk.bytes(b"257-made\r\n250 done\r\n");
    assert!(talk.events.is_empty());
    talk.pass(1_999);
    assert!(talk.events.is_empty());
    talk.wake();
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.is_usable();
}

#[test]
fn latency_is_smoothed_over_plain_commands_only() {
    let mut talk = Talk::plain(&["EPSV"]);
    talk.closed(End::Clean);
    let mut talk = Talk::new(crate::talk::site(towpath_ftp::Encryption::None));
    talk.connect();
    talk.now = talk.now.after(900);
    talk.server("220 hi");
    talk.now = talk.now.after(5_000);
    talk.server("331 slow");
    talk.now = talk.now.after(5_000);
    talk.server("230 slower");
    talk.now = talk.now.after(80);
    talk.server("215 UNIX");
    talk.now = talk.now.after(40);
    talk.server("211 none");
    assert!(talk.logged("Trace: Measured latency of 70 ms"), "{:?}", talk.log);
}

#[test]
fn r10_p2_any_2yz_is_a_success_and_its_words_are_not_relied_on() {
    for reply in
        ["200 ok", "202 fine", "226 done", "231 good", "250 made", "257 made", "257 \"/elsewhere\" is it"]
    {
        let mut talk = Talk::plain(&[]);
        let id = talk.request(Request::MakeDirectory(path("/new")));
        talk.server(reply);
        assert_eq!(talk.ended(id), Ok(Outcome::Ok), "{reply}");
        // Where it is said to be is not where anything goes.
        talk.said();
        talk.request(Request::List(Some(path("/new"))));
        talk.expect(&["send CWD /new"]);
    }
}
