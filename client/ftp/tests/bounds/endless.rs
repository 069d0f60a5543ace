//! Servers that never stop, each against the part that has to hear them: gigabytes go in, and what lives stays small.

use towpath_ftp::listing::Parser;
use towpath_ftp::reply::Reader;
use towpath_ftp::{Encryption, Event, Item, Request};

use crate::talk::{Talk, path, site};
use crate::{HEAP, bounded};

/// Bytes that a listing has, in pieces as a driver gives them.
const LISTING: usize = 64 << 20;

/// What goes into a parser and comes out of it at once.
fn list(mut parser: Parser, piece: &[u8]) -> (u64, u64) {
    let mut out = Vec::new();
    let mut read = 0;
    while read < LISTING {
        if parser.push(piece, &mut out).is_err() {
            break;
        }
        out.clear();
        read += piece.len();
    }
    (parser.count(), parser.unread_count())
}

#[test]
fn listings_of_every_kind() {
    for (name, line) in [
        ("facts", &b"type=file;size=1;modify=20200101000000; a name of some length\r\n"[..]),
        ("Unix", b"-rw-r--r-- 1 owner group 1 Jan  1  2020 a name of some length\r\n"),
        ("DOS", b"01-02-20  09:05PM  1 a name of some length\r\n"),
        ("names", b"a-name-of-some-length\r\n"),
        ("what nobody reads", b"this is no row of any listing that there ever was, or is it\r\n"),
        ("empty lines", b"\r\n"),
        ("VMS names without their rest", b"A.B;1\r\n"),
        ("owners", b"-rw-r--r-- 1 owner-of-a-very-long-name group 1 Jan  1  2020 a\r\n"),
        ("one line", b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ] {
        let piece = line.repeat(16 * 1024 / line.len());
        for parser in [Parser::mlsd(), Parser::list(0), Parser::list_for("VMS", 0)] {
            let (rows, unread) = list(parser, &piece);
            assert!(rows > 0 || unread > 0 || matches!(name, "one line" | "empty lines"), "{name}");
        }
        bounded(name);
    }
}

#[test]
fn replies_of_every_kind() {
    for piece in
        [&b"220-x\r\n"[..], b"220 ok\r\n", b"x", b"\r\n", b"\xff\xfb\x01", b"200", b"227-(1,2,3,4,5,6)\r\n"]
    {
        let piece = piece.repeat(16 * 1024 / piece.len());
        let mut reader = Reader::new();
        let mut read = 0;
        while read < LISTING {
            if reader.push(&piece).is_err() {
                break;
            }
            read += piece.len();
            while reader.next().is_some() {}
            reader.strays();
        }
        bounded("replies");
    }
}

/// Words that nobody asked for, at every moment of a session. What a page would show is dropped as it comes, as a page drops its oldest lines.
#[test]
fn words_without_end() {
    for line in
        [&b"200 well\r\n"[..], b"150 wait\r\n", b"211-x\r\n", b" MDTM\r\n", b"noise\r\n", b"421 bye\r\n"]
    {
        let piece = line.repeat(4 * 1024 / line.len());
        for logged_in in [false, true] {
            let mut talk =
                if logged_in { Talk::plain(&["MLST type*;"]) } else { Talk::new(site(Encryption::None)) };
            if !logged_in {
                talk.connect();
            }
            for _ in 0..2_000 {
                talk.bytes(&piece);
                talk.log.clear();
                talk.events.clear();
                talk.said();
            }
        }
        bounded("words");
    }
}

/// Rows of a listing that is shown leave the engine as they come, whatever their number.
#[test]
fn rows_that_are_shown_do_not_stay() {
    let mut talk = Talk::plain(&["EPSV", "MLST type*;"]);
    let id = talk.list();
    let piece = b"type=file;size=1; a name of some length\r\n".repeat(400);
    let mut rows = 0;
    for _ in 0..4_000 {
        talk.data(&piece);
        rows += talk.events.drain(..).filter(|event| matches!(event, Event::Listed { .. })).count();
        talk.log.clear();
    }
    assert!(rows > 3_000);
    bounded("rows");
    assert!(talk.ended_yet().is_none(), "{id:?} goes on");
}

/// Requests that wait are refused past a number, not kept.
#[test]
fn requests_without_end() {
    let mut talk = Talk::plain(&[]);
    let mut refused = 0;
    for _ in 0..200_000 {
        talk.request(Request::KeepAlive);
        refused += talk.events.drain(..).filter(|event| matches!(event, Event::Failed { .. })).count();
    }
    println!("{refused} of 200000 requests were refused");
    bounded("requests");
    assert!(refused > 150_000, "{refused}");
}

/// A tree that is deleted keeps the rows of one directory until they are deleted: no more than it must of each.
#[test]
fn rows_that_are_kept_are_small() {
    const ROWS: usize = 20_000;
    let mut talk = Talk::plain(&["EPSV", "MLST type*;size*;", "TVFS", "ESTA"]);
    talk.request(Request::DeleteTree(vec![Item { path: path("/t"), directory: true }]));
    for reply in ["250 ok", "257 \"/t\"", "200 ok", "229 ok (|||50000|)"] {
        talk.server(reply);
    }
    talk.data_opened();
    let before = HEAP.current_usage();
    for row in 0..ROWS {
        talk.data(format!("type=file;size=1;modify=20200101000000; name-{row:08}\r\n").as_bytes());
    }
    let each = HEAP.current_usage().saturating_sub(before) / ROWS;
    println!("{each} bytes for each row that is kept");
    bounded("kept rows");
    assert!((20..400).contains(&each), "{each} bytes");
}
