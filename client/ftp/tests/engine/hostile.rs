//! Servers that mean harm, or might as well.

use towpath_ftp::{End, ErrorKind, Event, Outcome, Request};

use crate::talk::Talk;

const FEATURES: &[&str] = &["EPSV", "MLST type*;size*;", "TVFS"];

#[test]
fn a_reply_line_of_1_mib_ends_the_session_with_a_clear_error() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::KeepAlive);
    talk.expect(&["send NOOP"]);
    let line = [b"200 ", vec![b'x'; 1 << 20].as_slice(), b"\r\n"].concat();
    for piece in line.chunks(16 * 1024) {
        talk.bytes(piece);
    }
    talk.expect(&["close 1"]);
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert!(error.message.contains("64 KiB"), "{error}");
    assert!(talk.disconnected().is_some());
    assert!(talk.log.iter().all(|line| line.len() < 1_000));
}

#[test]
fn a_reply_without_end_ends_the_session() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::KeepAlive);
    talk.bytes(b"200-\r\n");
    for _ in 0..200 {
        talk.bytes(b"x\r\n".repeat(100).as_slice());
    }
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Protocol);
    assert!(talk.disconnected().is_some());
}

#[test]
fn a_passive_reply_that_names_another_host_is_not_followed() {
    let mut talk = Talk::plain(&["MLST type*;"]);
    talk.request(Request::List(None));
    talk.server("257 \"/\"");
    talk.server("200 ok");
    talk.server("227 Entering Passive Mode (127,0,0,1,0,22)");
    talk.expect(&["send PWD", "send TYPE I", "send PASV", "open 2 data of 1 port 22", "send MLSD"]);
    assert!(talk.logged("Using server address instead."));
}

#[test]
fn names_with_paths_or_markup_stay_names_or_are_not_read() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    talk.data(b"type=file; ../../x\r\ntype=file; <img src=x onerror=alert(1)>\r\ntype=file; a\x1b]0;b\r\n");
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    let Some(Event::Listed { entries, .. }) = talk.events.pop_front() else { panic!("{:?}", talk.events) };
    let names: Vec<&[u8]> = entries.iter().map(|entry| entry.name.as_bytes()).collect();
    assert_eq!(names, [b"<img src=x onerror=alert(1)>".as_slice(), b"a\x1b]0;b"]);
    let Ok(Outcome::Listing { entries: 2, unread, .. }) = talk.ended(id) else { panic!("{:?}", talk.log) };
    assert!(unread.iter().any(|line| line.contains("../../x")), "{unread:?}");
}

#[test]
fn control_characters_of_the_server_do_not_reach_the_log() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::MakeDirectory(crate::talk::path("/a")));
    talk.bytes(b"550-\x1b[2J\x07\r\n\x08\x9b31m\r\n550 \xe2\x80\xae gnp.exe\r\n");
    let error = talk.ended(id).unwrap_err();
    let bad = |c: char| c.is_control() || c == '\u{202e}';
    assert!(!error.to_string().contains(bad), "{error:?}");
    assert!(!talk.log.iter().any(|line| line.contains(bad)), "{:?}", talk.log);
}

#[test]
fn a_listing_past_the_limits_is_an_error_and_the_session_goes_on() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    let rows = b"type=file; a\r\n".repeat(100_000);
    for _ in 0..20 {
        talk.data(&rows);
        talk.events.clear();
    }
    talk.expect(&[]);
    talk.data(b"type=file; one too many\r\n");
    talk.expect(&["close 2"]);
    talk.server("426 aborted");
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert!(error.message.contains("2000000"), "{error}");
    talk.is_usable();
}

#[test]
fn bytes_of_connections_that_are_not_ours_are_ignored() {
    use towpath_ftp::{ConnId, Input};
    let mut talk = Talk::plain(FEATURES);
    for conn in [0, 2, 99] {
        talk.input(Input::Bytes(ConnId(conn), b"421 bye\r\n".to_vec()));
        talk.input(Input::Closed { conn: ConnId(conn), end: End::Clean });
        talk.input(Input::Moved { conn: ConnId(conn), total: u64::MAX });
    }
    talk.answer(true);
    assert!(talk.events.is_empty());
    talk.is_usable();
}

#[test]
fn secrets_stand_nowhere() {
    let mut talk = Talk::plain(FEATURES);
    let mut fresh = Talk::new(crate::talk::site(towpath_ftp::Encryption::None));
    let id = fresh.connect();
    fresh.server("220 hi");
    fresh.server("331 password");
    fresh.server("530 no");
    assert!(!fresh.ended(id).unwrap_err().to_string().contains("secret"));
    assert!(!fresh.log.iter().any(|line| line.contains("secret")));
    talk.is_usable();
}
