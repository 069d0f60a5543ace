//! What a server can make the engine hold, in bytes: an allocator counts what lives, whatever the server does.
//!
//! One test in a binary of its own, since the allocator counts for all threads. The bounds, above what lived before:
//!
//! - [`REPLY`]: replies, greetings, FEAT and the log. A reply has at most 1 MiB in 10,000 lines; reading it, its lines and its parsed
//!   form live together for a moment.
//! - [`LISTING`]: listings that are told as they come, MLSD or LIST, whatever the lines are. Rows wait in batches; what waits for evidence
//!   of a dialect, and lines that cannot be read, have limits of their own.
//! - [`FAULTY`]: a whole session with one fault, at each step of it; half a mebibyte of rows is the most that it keeps.
//! - [`KEPT`]: a directory of as many rows as a listing may have, where all of them are kept, as walks and the doctor do.
//! - [`TREE`]: a walk over a tree that the server makes up. What waits for its turn is limited in rows and in bytes of paths; beside it lives one
//!   listing.
//! - [`PARSER`]: the parsers of replies, for a reply of 1 MiB.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod flood;
#[allow(dead_code, reason = "shared with the transcripts")]
#[path = "../engine/scripted.rs"]
mod scripted;
#[allow(dead_code, reason = "shared with the transcripts")]
#[path = "../engine/talk.rs"]
mod talk;

use flood::Flood;
use peak_alloc::PeakAlloc;
use scripted::{Scripted, Wrong, ends};
use towpath_ftp::reply::Reply;
use towpath_ftp::{Algorithm, Item, RemotePath, Request, Time, parse};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Replies of every kind.
const REPLY: usize = 2 * MIB;
/// Listings that are told as they come.
const LISTING: usize = 2 * MIB;
/// Sessions with a fault.
const FAULTY: usize = 24 * MIB;
/// A listing of two million rows that is kept: a row is some 300 bytes, and the list of them grows by doubling.
const KEPT: usize = 640 * MIB;
/// Walks over trees.
const TREE: usize = 384 * MIB;
/// Parsers.
const PARSER: usize = 8 * MIB;

/// Bytes of a flood: many times what may be held of it.
const ENDLESS: u64 = 32 * 1024 * 1024;

/// A flood that ends before so many bytes would prove nothing: the smallest limit is a listing's line of so many.
const LEAST: u64 = 10_000;

/// Runs it, prints the most that lived meanwhile above what lived before, and compares.
fn measure(what: &str, bound: usize, work: impl FnOnce() -> u64) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let fed = work();
    let peak = ALLOCATOR.peak_usage().saturating_sub(before);
    println!("{what:<44} {:>9} KiB fed, peak {:>7} KiB of {:>7}", fed / 1024, peak / KIB, bound / KIB);
    assert!(fed >= LEAST, "{what}: {fed} bytes prove nothing");
    assert!(peak <= bound, "{what}: {peak} bytes lived, {bound} may");
}

/// Pieces as they come from sockets.
fn piece(line: &[u8]) -> Vec<u8> {
    line.repeat((16 * KIB / line.len()).max(1))
}

fn replies() {
    let flood = |what: &str, verb: &str, start: &[u8], line: &[u8]| {
        let piece = piece(line);
        measure(what, REPLY, || {
            let mut flood = Flood::new(true, Request::List(None));
            if !verb.is_empty() {
                flood.until(verb);
            }
            flood.control(start);
            flood.endless(false, &piece, ENDLESS)
        });
    };
    flood("greeting without end", "", b"220-x\r\n", b"hello\r\n");
    flood("greeting of one line without end", "", b"220-", b"x");
    flood("greeting of short lines", "", b"220-x\r\n", b"x\n");
    flood("FEAT without end", "FEAT", b"211-x\r\n", b" MLST type*;size*;modify*;\r\n");
    flood("FEAT of hash algorithms", "FEAT", b"211-x\r\n", b" HASH SHA-1;SHA-256*;MD5;CRC32\r\n");
    flood("FEAT of new words", "FEAT", b"211-x\r\n", b" A B\r\n");
    flood("reply without end", "PWD", b"257-x\r\n", b"257-x\r\n");
    flood("preliminary replies without end", "PWD", b"", b"150 wait\r\n");
    flood("replies that nobody asked for", "PWD", b"257 \"/\"\r\n", b"299 so what?\r\n");
    flood("lines outside of replies", "PWD", b"", b"what is this?\r\n");
    flood("telnet commands without end", "PWD", b"", b"\xff\xfb\x01");
    flood("line ends without end", "PWD", b"", b"\r\n");
}

fn listings() {
    let flood = |what: &str, machine: bool, start: &[u8], line: &[u8]| {
        let piece = piece(line);
        measure(what, LISTING, || {
            let mut flood = Flood::new(machine, Request::List(None));
            flood.until(if machine { "MLSD" } else { "LIST" });
            flood.opened();
            flood.control(b"150 here\r\n");
            flood.data(start);
            flood.endless(true, &piece, ENDLESS)
        });
    };
    flood("MLSD without end", true, b"", b"type=file;size=1;modify=20240102030405; name\r\n");
    flood("MLSD of one line", true, b"type=file; ", b"x");
    flood("MLSD of long names", true, b"", &[b"type=dir; ".as_slice(), &[b'x'; 9_000], b"\r\n"].concat());
    flood("MLSD of lines that nobody reads", true, b"", b"what is this?\r\n");
    flood("LIST without end", false, b"", b"-rw-r--r-- 1 u g 40 Jan  1 2020 name\r\n");
    flood("LIST of one line", false, b"", b"x");
    flood("LIST of Windows", false, b"", b"01-02-24  03:04AM       5 name\r\n");
    flood("LIST of dates that wait for evidence", false, b"", b"-rw-r--r-- 1 u g 40 01.02.2020 name\r\n");
    flood("LIST of names", false, b"", b"name\r\n");
    flood("LIST of VMS without its second lines", false, b"", b"NAME.TXT;1\r\n");
    flood("LIST of lines that nobody reads", false, b"", b"what is this now?\r\n");
    flood("LIST of empty lines", false, b"", b"\r\n");
}

/// One fault at each step of a session that lists, downloads and uploads nothing special.
fn faults() {
    let mut wrongs = vec![
        Wrong::Silence,
        Wrong::Twice,
        Wrong::Missing,
        Wrong::EndlessReply,
        Wrong::EndlessLine,
        Wrong::EndlessData(piece(b"type=file; x\r\n"), 512 * KIB),
        Wrong::EndlessData(vec![b'x'; 16 * KIB], 512 * KIB),
        Wrong::Part(3, None),
    ];
    for end in ends() {
        wrongs.push(Wrong::Close(end.clone()));
        wrongs.push(Wrong::CloseData(end));
    }
    let item = || vec![Item { path: RemotePath::new("/d").unwrap(), directory: true }];
    let ask = |server: &mut Scripted| {
        server.request(Request::List(None));
        server.request(Request::Count(item()));
        server.request(Request::Examine);
        server.run(Time(1_000_000));
    };
    measure("one fault at each step", FAULTY, || {
        let mut fed = 0;
        for (secure, machine) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut good = Scripted::new(secure, machine, Wrong::Nothing, usize::MAX);
            ask(&mut good);
            for wrong in &wrongs {
                for at in 0..good.acts.len() {
                    let mut server = Scripted::new(secure, machine, wrong.clone(), at);
                    ask(&mut server);
                    fed += server.bytes as u64;
                }
            }
        }
        fed
    });
}

/// The largest listing that there may be, kept.
fn kept() {
    let piece = piece(b"type=file;size=1; name\r\n");
    measure("Count of one directory without end", KEPT, || {
        let item = Item { path: RemotePath::new("/d").unwrap(), directory: true };
        let mut flood = Flood::new(true, Request::Count(vec![item]));
        let mut fed = 0;
        flood.control(b"220 hello\r\n");
        flood.go_on("QUIT", |flood, _| {
            fed += flood.endless(true, &piece, 4 * ENDLESS);
            false
        });
        fed
    });
}

/// A tree of long names that gets deeper and deeper, with as many directories on each level: paths grow with the depth, and all of them wait.
fn trees() {
    let path = RemotePath::new("/d").unwrap();
    let item = || vec![Item { path: path.clone(), directory: true }];
    let requests = [
        ("Count", Request::Count(item())),
        ("ListTree", Request::ListTree(item())),
        ("DeleteTree", Request::DeleteTree(item())),
    ];
    for (name, request) in requests {
        measure(&format!("{name} of a tree without end"), TREE, || {
            let mut flood = Flood::new(true, request);
            let mut fed = 0;
            flood.control(b"220 hello\r\n");
            flood.go_on("QUIT", |flood, _| {
                let long = "x".repeat(900);
                for number in 0..2_000 {
                    let row = format!("type=dir; {number:04}{long}\r\n");
                    fed += row.len() as u64;
                    flood.data(row.as_bytes());
                }
                true
            });
            assert_eq!(flood.ended, Some(false), "it is given up, with an error");
            fed
        });
    }
}

fn parsers() {
    let lines = |start: &str, line: &[u8]| {
        let mut all = vec![start.as_bytes().to_vec()];
        all.extend(std::iter::repeat_n(line.to_vec(), (MIB / line.len()).min(10_000) - 2));
        all.push(b"end".to_vec());
        Reply::new(start.split('-').next().and_then(|code| code.parse().ok()).unwrap_or(200), all)
    };
    let hostile: [&[u8]; 6] = [
        b" HASH SHA-1;SHA-256*;MD5;CRC32;SHA-512",
        b" MLST type*;size*;modify*;x*;y*;z;UNIX.mode*;",
        b"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"",
        b"(((((((((1,2,3,4,5,6,7,8,9(|||50000|)(|||50000|)",
        b" type=file;size=1;modify=20200101000000; \"name\"",
        &[b'x'; 60_000],
    ];
    for line in hostile {
        let reply = lines("211-x", line);
        let what = String::from_utf8_lossy(&line[..line.len().min(20)]).into_owned();
        measure(&format!("parsers, of {what}"), PARSER, || {
            let kept = (
                parse::feat(&reply),
                parse::pwd(&reply),
                parse::mlst(&reply),
                parse::pasv(&reply),
                parse::epsv(&reply),
                parse::hash(&reply, Algorithm::Sha256),
                parse::checksum(&reply, Algorithm::Crc32),
                parse::software(&reply, "UNIX"),
                (parse::avbl(&reply), parse::quota(&reply), parse::stou(&reply), parse::truncated(&reply)),
                (parse::size(&reply), parse::mdtm(&reply), parse::announced(&reply), reply.text()),
            );
            drop(kept);
            MIB as u64
        });
    }
}

#[test]
fn r4_m11_live_bytes_stay_within_their_bounds() {
    replies();
    listings();
    faults();
    parsers();
    kept();
    trees();
}
