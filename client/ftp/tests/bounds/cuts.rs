//! A hostile server at every step of a full session: it closes, falls silent, repeats, leaves out, swaps, or never
//! ends. Each request ends exactly once, within its deadlines, as a success or as an error that says where and what to do;
//! nothing stays open, nothing grows without bound, and the same session can connect again.

use towpath_ftp::{End, ErrorKind, Item, JobId, Modes, Outcome, Request, RequestId, Time, listing, reply};

use crate::bounded;
use crate::scripted::{Act, SIZE, Scripted, Wrong, ends};
use crate::talk::path;

/// No request needs longer than this, in virtual milliseconds, whatever the server does: an answer may take ten
/// minutes, an upload may then drain for five, and giving up takes a few answers more.
const LONGEST: u64 = 960_000;
/// No walk takes longer.
const REST: Time = Time(4_000_000);

fn session() -> Vec<Request> {
    let (job, size) = (JobId(1), Some(SIZE));
    vec![
        Request::Connect,
        Request::List(None),
        Request::List(Some(path("/d"))),
        Request::Download {
            job,
            path: path("/f"),
            size: None,
            offset: 0,
            options: towpath_ftp::TransferOptions::default(),
        },
        Request::Download {
            job,
            path: path("/f"),
            size,
            offset: 10,
            options: towpath_ftp::TransferOptions::default(),
        },
        Request::Upload {
            job,
            path: path("/f"),
            size,
            offset: 0,
            options: towpath_ftp::TransferOptions::default(),
        },
        Request::MakeDirectory(path("/new")),
        Request::Rename { from: path("/a"), to: path("/b") },
        Request::DeleteFile(path("/f")),
        Request::DeleteTree(vec![Item { path: path("/t"), directory: true }]),
        Request::ListTree(vec![Item { path: path("/t"), directory: true }]),
        Request::ChangeModeTree {
            items: vec![Item { path: path("/t"), directory: true }],
            modes: Modes { files: Some(0o644), directories: Some(0o755) },
        },
        Request::Disconnect,
    ]
}

/// What was seen over many walks.
#[derive(Default)]
struct Seen {
    walks: usize,
    failed: usize,
    longest: u64,
    bytes: usize,
}

/// A session of these kinds with this fault, to its end.
fn walk(seen: &mut Seen, kind: (bool, bool), wrong: &Wrong, at: usize) -> Scripted {
    let what = || format!("{kind:?} {wrong:?} at {at}");
    let mut server = Scripted::new(kind.0, kind.1, wrong.clone(), at);
    for request in session() {
        server.request(request);
    }
    server.run(REST);
    assert!(server.now() < REST, "{}: it never comes to rest; {:#?}", what(), server.log);
    let mut began = Time(0);
    assert_eq!(server.ended.len(), server.asked as usize, "{}: {:#?}", what(), server.log);
    // Requests may overlap; none ends twice.
    let mut ids: Vec<u32> = server.ended.iter().map(|(id, ..)| id.0).collect();
    ids.sort_unstable();
    assert!(ids.iter().copied().eq(1..=server.asked), "{}: {ids:?} {:#?}", what(), server.log);
    for (id, end, at) in &server.ended {
        seen.longest = seen.longest.max(at.since(began));
        assert!(at.since(began) < LONGEST, "{}: {id:?} took {} ms", what(), at.since(began));
        began = *at;
        match end {
            // A file is never taken for whole that is not.
            Ok(Outcome::Transferred(towpath_ftp::Transferred { bytes, .. })) => {
                let offset = if *id == RequestId(5) { 10 } else { 0 };
                assert_eq!(*bytes, SIZE - offset, "{}: {:#?}", what(), server.log);
            }
            Ok(_) => {}
            Err(error) => {
                seen.failed += 1;
                assert!(!error.message.is_empty(), "{}", what());
                assert_ne!(error.kind, ErrorKind::Cancelled, "{}: nobody did", what());
                let helps = !error.advice.is_empty() || error.reply.is_some();
                assert!(helps, "{}: {error:?}", what());
            }
        }
    }
    assert!(server.disconnected > 0, "{}", what());
    assert_eq!(server.standing(), 0, "{}: {:#?}", what(), server.log);
    // Lines of replies are shown once each, and of data no more than its rows.
    assert!(server.outputs < 2_000 + server.bytes, "{}: {} outputs", what(), server.outputs);
    assert!(server.logged < 100_000 + 4 * server.bytes, "{}: {} bytes of log", what(), server.logged);
    seen.bytes = seen.bytes.max(server.bytes);
    // The same session connects again.
    server.calm();
    let again = server.request(Request::Connect);
    server.run(server.now().after(LONGEST));
    assert_eq!(server.ended.last().map(|(id, end, _)| (*id, end.is_ok())), Some((again, true)), "{}", what());
    seen.walks += 1;
    server
}

/// Plain and with TLS, with MLSD and with LIST.
const KINDS: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

/// The steps of a session without faults.
fn script(kind: (bool, bool)) -> Vec<Act> {
    let server = walk(&mut Seen::default(), kind, &Wrong::Nothing, usize::MAX);
    let failed: Vec<_> = server.ended.iter().filter(|(_, end, _)| end.is_err()).collect();
    assert!(failed.is_empty(), "{failed:?}; {:#?}", server.log);
    // The last steps are those of the second login.
    let bye = server.acts.iter().position(|act| matches!(act, Act::Reply(text) if text.starts_with("221")));
    server.acts[..=bye.expect("a farewell")].to_vec()
}

/// The same fault at every step of every kind of session.
fn everywhere(name: &str, wrong: impl Fn(&[Act], usize) -> Wrong) -> Seen {
    let mut seen = Seen::default();
    for kind in KINDS {
        let script = script(kind);
        assert!(script.len() > 50, "the session has steps: {}", script.len());
        for at in 0..script.len() {
            walk(&mut seen, kind, &wrong(&script, at), at);
        }
    }
    let Seen { walks, failed, longest, bytes } = &seen;
    println!("{name}: {walks} walks, {failed} requests failed, longest {longest} ms, most bytes {bytes}");
    bounded(name);
    seen
}

#[test]
fn the_server_closes() {
    for end in ends() {
        everywhere(&format!("closes, {end:?}"), |_, _| Wrong::Close(end.clone()));
    }
}

#[test]
fn the_data_connection_closes() {
    for end in ends() {
        everywhere(&format!("closes data, {end:?}"), |_, _| Wrong::CloseData(end.clone()));
    }
}

#[test]
fn the_server_falls_silent() {
    let seen = everywhere("silence", |_, _| Wrong::Silence);
    assert!(seen.failed >= seen.walks, "silence is always noticed");
}

/// Within each reply, byte by byte.
#[test]
fn the_server_stops_at_every_byte() {
    for end in [Some(End::Clean), None] {
        let mut seen = Seen::default();
        for kind in KINDS {
            for (at, act) in script(kind).iter().enumerate() {
                let Act::Reply(text) = act else { continue };
                for count in 0..text.len() + 2 {
                    walk(&mut seen, kind, &Wrong::Part(count, end.clone()), at);
                }
            }
        }
        println!("stops at a byte, {end:?}: {} walks, longest {} ms", seen.walks, seen.longest);
        assert!(seen.walks > 1_500 && seen.failed >= seen.walks);
    }
}

#[test]
fn a_step_comes_twice() {
    everywhere("twice", |_, _| Wrong::Twice);
}

#[test]
fn a_step_is_left_out() {
    everywhere("missing", |_, _| Wrong::Missing);
}

#[test]
fn a_step_changes_places_with_the_next() {
    everywhere("swapped", |script, at| {
        let next = script[at + 1..].iter().find_map(|act| match act {
            Act::Reply(text) => Some(text.clone()),
            _ => None,
        });
        Wrong::Swapped(next)
    });
}

#[test]
fn a_reply_never_ends() {
    let most = reply::MAX_REPLY + reply::MAX_LINE;
    let seen = everywhere("endless reply", |_, _| Wrong::EndlessReply);
    assert!(seen.failed >= seen.walks && seen.bytes < most, "{} bytes", seen.bytes);
    let seen = everywhere("endless line", |_, _| Wrong::EndlessLine);
    assert!(seen.failed >= seen.walks && seen.bytes < most, "{} bytes", seen.bytes);
}

#[test]
fn a_line_of_a_listing_never_ends() {
    let seen = everywhere("endless row", |_, _| Wrong::EndlessData(vec![b'x'; 1_000], 1_000_000));
    assert!(seen.bytes < 10 * listing::MAX_LINE, "{} bytes", seen.bytes);
    everywhere("endless empty rows", |_, _| Wrong::EndlessData(b"\r\n".repeat(500), 100_000));
}

/// At one step of each kind: two million rows take their time.
#[test]
fn a_listing_never_ends() {
    let mut seen = Seen::default();
    for kind in KINDS {
        let script = script(kind);
        let at = script.iter().position(|act| matches!(act, Act::Rows(..))).expect("a listing");
        let rows = if kind.1 { &b"type=file; a\r\n"[..] } else { b"-rw-r--r-- 1 o g 1 Jan 1 2020 a\r\n" };
        let wrong = Wrong::EndlessData(rows.repeat(400), usize::MAX);
        let server = walk(&mut seen, kind, &wrong, at);
        let list = server.ended.iter().find(|(id, ..)| *id == RequestId(2)).expect("it ended");
        let error = list.1.as_ref().expect_err("the limit");
        assert_eq!(error.kind, ErrorKind::Protocol, "{error:?}");
    }
    println!("endless listing: {} walks, {} bytes", seen.walks, seen.bytes);
    bounded("endless listing");
}

/// A server that says something every few seconds, and never what it should: silence alone would not end it.
#[test]
fn a_server_that_only_drips() {
    for line in ["x", "x\r\n", "150 wait\r\n", "220-x\r\n", "200 ok\r\n", "500 no\r\n"] {
        let seen = everywhere(&format!("drips {line:?}"), |_, _| Wrong::Drip(line, 15_000));
        assert!(seen.failed >= seen.walks || line.starts_with(['2', '5']), "{line:?}");
    }
}
