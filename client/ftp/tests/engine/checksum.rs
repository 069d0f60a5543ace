//! Checksums that the server computes.

use towpath_ftp::{Algorithm, Checksum, ErrorKind, Outcome, Request, RequestId};

use crate::talk::{Talk, path};

const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

fn ask(talk: &mut Talk, algorithm: Option<Algorithm>, range: Option<std::ops::Range<u64>>) -> RequestId {
    let id = talk.request(Request::Checksum { path: path("/a b"), algorithm, range });
    if talk.said().last().is_some_and(|line| line == "send TYPE I") {
        talk.server("200 ok");
    }
    id
}

/// The last command that was sent.
#[track_caller]
fn sent(talk: &mut Talk, line: &str) {
    talk.says_last(&format!("send {line}"));
}

fn of(algorithm: Algorithm, hex: &str) -> Outcome {
    Outcome::Checksum(Checksum { algorithm, hex: hex.to_owned() })
}

/// A session that has set TYPE I, with nothing left to assert.
fn talk(features: &[&str]) -> Talk {
    let mut talk = Talk::plain(features);
    let id = talk.request(Request::Size(path("/x")));
    talk.server("200 ok");
    talk.server("213 1");
    talk.said();
    assert_eq!(talk.ended(id), Ok(Outcome::Size(1)));
    talk
}

fn begin(talk: &mut Talk, algorithm: Option<Algorithm>, range: Option<std::ops::Range<u64>>) -> RequestId {
    talk.request(Request::Checksum { path: path("/a b"), algorithm, range })
}

#[test]
fn hash_chooses_the_strongest_algorithm_once() {
    let mut talk = talk(&["HASH CRC32;MD5;SHA-1*;SHA-256;X-NEW"]);
    let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let id = begin(&mut talk, None, None);
    talk.expect(&["send OPTS HASH SHA-256"]);
    talk.server("200 SHA-256");
    talk.expect(&["send HASH /a b"]);
    talk.bytes(format!("213-Computing SHA-256 digest\r\n213 SHA-256 0-0 {hex} /a b\r\n").as_bytes());
    assert_eq!(talk.ended(id), Ok(of(Algorithm::Sha256, hex)));
    // It stands now.
    let id = begin(&mut talk, Some(Algorithm::Sha256), None);
    talk.expect(&["send HASH /a b"]);
    talk.server(&format!("213 SHA-1 {SHA1} /a b"));
    // Of another algorithm than was asked for: worth nothing.
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Protocol);
    talk.is_usable();
}

#[test]
fn the_x_forms_quote_names_with_blanks_and_answer_in_any_case() {
    let mut talk = talk(&["XMD5", "XCRC filename;start;end", "XSHA1"]);
    let id = begin(&mut talk, None, None);
    talk.expect(&["send XSHA1 \"/a b\""]);
    talk.server("502 not any more");
    talk.expect(&["send XMD5 \"/a b\""]);
    talk.server("251 D41D8CD98F00B204E9800998ECF8427E");
    assert_eq!(talk.ended(id), Ok(of(Algorithm::Md5, MD5)));
    let id = begin(&mut talk, Some(Algorithm::Crc32), Some(5..10));
    talk.expect(&["send XCRC \"/a b\" 5 10"]);
    talk.server("250 XCRC DEADBEEF");
    assert_eq!(talk.ended(id), Ok(of(Algorithm::Crc32, "deadbeef")));
    // What has been refused once is not asked again.
    begin(&mut talk, None, None);
    talk.expect(&["send XMD5 \"/a b\""]);
}

#[test]
fn digits_must_be_as_many_as_the_algorithm_has() {
    let mut talk = talk(&["XSHA256"]);
    for reply in [&format!("250 {SHA1}"), "250 done", "250", &format!("250 {SHA1}{MD5}")] {
        let id = begin(&mut talk, None, None);
        talk.server(reply);
        talk.said();
        assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Protocol);
    }
    talk.is_usable();
}

#[test]
fn a_range_is_sent_with_hash_and_taken_back() {
    let mut talk = talk(&["HASH SHA-1*", "RANG STREAM"]);
    let id = begin(&mut talk, None, Some(5..10));
    talk.expect(&["send RANG 5 9"]);
    talk.server("350 go on");
    talk.expect(&["send HASH /a b"]);
    talk.server(&format!("213 SHA-1 5-9 {SHA1} /a b"));
    talk.expect(&["send RANG 1 0"]);
    assert!(talk.ended_yet().is_none());
    talk.server("350 reset");
    assert_eq!(talk.ended(id), Ok(of(Algorithm::Sha1, SHA1)));
    // ProFTPD computes the whole file, and says so.
    let id = begin(&mut talk, None, Some(5..10));
    talk.server("350 go on");
    talk.server(&format!("213 SHA-1 0-100 {SHA1} /a b"));
    talk.says_last("send RANG 1 0");
    talk.server("501 what");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Protocol);
    // A refusal takes it back as well.
    let id = begin(&mut talk, None, Some(5..10));
    talk.server("350 go on");
    talk.server("550 no such file");
    talk.says_last("send RANG 1 0");
    talk.server("350 reset");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
    talk.is_usable();
}

#[test]
fn of_a_part_the_x_forms_come_first() {
    let mut talk = talk(&["HASH SHA-1*", "RANG STREAM", "XSHA1"]);
    let id = begin(&mut talk, None, Some(0..10));
    talk.expect(&["send XSHA1 \"/a b\" 0 10"]);
    talk.server(&format!("250 {SHA1}"));
    assert_eq!(talk.ended(id), Ok(of(Algorithm::Sha1, SHA1)));
    // A range past the end is a fault of the range, not of the command.
    let id = begin(&mut talk, Some(Algorithm::Sha1), Some(0..10));
    talk.server("501 end exceeds file size");
    talk.server("501 nor that");
    talk.said();
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.kind, error.advice.as_str()), (ErrorKind::Refused, ""));
    let id = begin(&mut talk, None, Some(10..10));
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Argument);
    talk.is_usable();
}

#[test]
fn without_a_command_nothing_is_sent() {
    let mut talk = talk(&["XMD5"]);
    let id = begin(&mut talk, Some(Algorithm::Sha256), None);
    talk.expect(&[]);
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.message, "The server did not tell the SHA-256 checksum of /a b");
    assert_eq!(error.advice, "The server has no command for it");
    talk.is_usable();
}

#[test]
fn f1_where_feat_is_unknown_all_are_tried_once() {
    let mut talk = Talk::new(crate::talk::site(towpath_ftp::Encryption::None));
    talk.connect();
    for line in ["220 hi", "230 in", "215 UNIX", "500 What?"] {
        talk.server(line);
    }
    talk.events.clear();
    talk.said();
    let id = ask(&mut talk, Some(Algorithm::Md5), None);
    sent(&mut talk, "OPTS HASH MD5");
    talk.server("500 What?");
    sent(&mut talk, "XMD5 \"/a b\"");
    talk.server("500 What?");
    sent(&mut talk, "MD5 /a b");
    talk.server("500 What?");
    sent(&mut talk, "SITE MD5 /a b");
    talk.server(&format!("200 {MD5}  a b"));
    assert_eq!(talk.ended(id), Ok(of(Algorithm::Md5, MD5)));
    let id = ask(&mut talk, Some(Algorithm::Md5), None);
    talk.server(&format!("200 {MD5}"));
    assert_eq!(talk.ended(id), Ok(of(Algorithm::Md5, MD5)));
}

#[test]
fn a_large_file_takes_minutes() {
    let mut talk = talk(&["HASH SHA-1*"]);
    let id = begin(&mut talk, None, None);
    talk.said();
    talk.pass(599_999);
    assert!(talk.ended_yet().is_none());
    talk.server(&format!("213 SHA-1 {SHA1} /a b"));
    assert_eq!(talk.ended(id), Ok(of(Algorithm::Sha1, SHA1)));
    let id = begin(&mut talk, None, None);
    talk.said();
    talk.pass(600_000);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Timeout);
}

#[test]
fn a_name_that_cannot_be_quoted_is_not_sent() {
    let mut talk = talk(&["XMD5"]);
    let request = Request::Checksum { path: path("/a \"b\" 0"), algorithm: None, range: None };
    let id = talk.request(request);
    talk.expect(&[]);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Argument);
    talk.is_usable();
}
