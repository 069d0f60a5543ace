//! Arbitrary inputs in arbitrary order: nothing panics, every drain ends, every request ends once.

use std::collections::BTreeMap;

use proptest::prelude::*;
use towpath_ftp::{
    Algorithm, ConnId, Encryption, End, Event, Input, Item, JobId, Modes, Output, Request, RequestId,
    Session, Stage, Time, TypedLine, Verdict,
};

use crate::talk::{broken, path, resumed, site, tls};

/// Lines that servers say; an engine gets further with them than with noise.
const LINES: &[&str] = &[
    "220 hi",
    "120 wait",
    "234 go",
    "331 password",
    "332 account",
    "230 in",
    "215 UNIX Type: L8",
    "215 VMS",
    "211-x\r\n EPSV\r\n MLST type*;\r\n UTF8\r\n CLNT\r\n TVFS\r\n211 end",
    "211 none",
    "200 ok",
    "257 \"/\"",
    "257 \"/d\"",
    "257 nothing",
    "250 ok",
    "227 (1,2,3,4,5,6)",
    "229 (|||7|)",
    "150 here",
    "125 here",
    "226 done",
    "350 go on",
    "213 5",
    "213 20200229000000",
    "213 SHA-1 1-3 da39a3ee5e6b4b0d3255bfef95601890afd80709 f",
    "211-x\r\n HASH SHA-1*;MD5\r\n RANG STREAM\r\n XSHA1\r\n MLST type*;\r\n211 end",
    "250-x\r\n type=file;size=1; f\r\n250 end",
    "221 bye",
    "421 bye",
    "425 no",
    "426 aborted",
    "450 no files found",
    "452 full",
    "500 what",
    "502 no",
    "522 reuse",
    "530 no",
    "550 no",
    "550-a\r\n b",
    "226-x\r\n250 y",
    "SSH-2.0-x",
    "230",
];

#[derive(Clone, Debug)]
enum Act {
    Ask(u8),
    Cancel(u8),
    Answer(bool),
    Opened(u8),
    Secured(u8, u8),
    Line(u8, u8),
    Bytes(u8, Vec<u8>),
    Rows(u8),
    Moved(u8, u64),
    Closed(u8, u8),
    Tick(u32),
}

fn act() -> impl Strategy<Value = Act> {
    // The newest connections are 0 and 1 here: most of what happens happens to them.
    let conn = prop_oneof![8 => 0..2u8, 1 => 2..6u8];
    prop_oneof![
        3 => any::<u8>().prop_map(Act::Ask),
        1 => any::<u8>().prop_map(Act::Cancel),
        1 => any::<bool>().prop_map(Act::Answer),
        4 => conn.clone().prop_map(Act::Opened),
        3 => (conn.clone(), any::<u8>()).prop_map(|(conn, kind)| Act::Secured(conn, kind)),
        20 => (conn.clone(), any::<u8>()).prop_map(|(conn, line)| Act::Line(conn, line)),
        1 => (conn.clone(), proptest::collection::vec(any::<u8>(), 0..50)).prop_map(|(c, b)| Act::Bytes(c, b)),
        2 => conn.clone().prop_map(Act::Rows),
        2 => (conn.clone(), 0..9u64).prop_map(|(conn, total)| Act::Moved(conn, total)),
        2 => (conn, any::<u8>()).prop_map(|(conn, end)| Act::Closed(conn, end)),
        1 => (0..100_000u32).prop_map(Act::Tick),
    ]
}

fn request(kind: u8) -> Request {
    let tree =
        || vec![Item { path: path("/t"), directory: true }, Item { path: path("/f"), directory: false }];
    let (job, size) = (JobId(1), (kind & 64 == 0).then_some(5));
    let offset = u64::from(kind & 128 != 0) * 3;
    match kind % 20 {
        0 | 1 => Request::Connect,
        2 => Request::Examine,
        3 => Request::List(None),
        4 => Request::List(Some(path("/d"))),
        5 => Request::Download {
            job,
            path: path("/f"),
            size,
            offset,
            options: towpath_ftp::TransferOptions::default(),
        },
        6 => Request::Upload {
            job,
            path: path("/f"),
            size,
            offset,
            options: towpath_ftp::TransferOptions::default(),
        },
        7 => Request::MakeDirectory(path("/new")),
        8 => Request::RemoveDirectory(path("/d")),
        9 => Request::Rename { from: path("/a"), to: path("/b") },
        10 => Request::Count(tree()),
        11 => Request::DeleteTree(tree()),
        12 => Request::Size(path("/f")),
        13 => Request::ModificationTime(path("/f")),
        14 => Request::KeepAlive,
        15 => Request::Disconnect,
        16 => Request::ListTree(tree()),
        17 => Request::ChangeModeTree {
            items: tree(),
            modes: Modes { files: Some(0o644), directories: Some(0o755) },
        },
        _ => command(kind / 20),
    }
}

/// The rarer commands.
fn command(kind: u8) -> Request {
    let f = || path("/f");
    match kind {
        0 => Request::SetModificationTime { path: f(), seconds: 0 },
        1 => Request::ChangeMode { path: f(), mode: 0o644 },
        2 => Request::Facts(f()),
        3 => Request::Checksum { path: f(), algorithm: None, range: None },
        4 => Request::Checksum { path: f(), algorithm: Some(Algorithm::Sha1), range: Some(1..3) },
        5 => Request::FreeSpace(None),
        6 => Request::CopyOnServer { from: f(), to: path("/g") },
        7 => Request::MakeDirectories(path("/a/b/c")),
        8 => Request::Reinitialize,
        9 => Request::Features,
        10 => Request::StatusOf(path("/d")),
        11 => Request::ChangeToParent,
        _ => Request::Raw(TypedLine::new("SITE CHMOD 644 /f").expect("a command")),
    }
}

fn end(kind: u8) -> End {
    match kind % 4 {
        0 | 1 => End::Clean,
        2 => End::Unclean,
        _ => broken(
            [Stage::File, Stage::Tls, Stage::Connection, Stage::Policy][usize::from(kind / 64)],
            "text",
        ),
    }
}

struct Player {
    session: Session,
    now: Time,
    conns: Vec<ConnId>,
    asked: u32,
    ended: BTreeMap<RequestId, u32>,
}

impl Player {
    fn feed(&mut self, input: Input) {
        self.session.handle(self.now, input);
        // Nobody can make a session say more than it has to.
        for _ in 0..20_000 {
            match self.session.poll() {
                Output::Wait(_) => return,
                Output::Open(conn, _) => self.conns.push(conn),
                Output::Event(Event::Done { request, .. } | Event::Failed { request, .. }) => {
                    *self.ended.entry(request).or_default() += 1;
                }
                Output::Event(Event::Log(line)) => {
                    assert!(!line.text.contains(|c: char| c.is_control() && c != '\t'), "{line:?}")
                }
                Output::Send(_, bytes) => {
                    let line = bytes.strip_suffix(b"\r\n").expect("a whole line");
                    assert!(!line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
                }
                _ => {}
            }
        }
        panic!("the session never waits");
    }

    /// The connection that was opened so many before the last.
    fn conn(&self, back: u8) -> ConnId {
        let place = self.conns.len().checked_sub(1 + usize::from(back));
        place.and_then(|place| self.conns.get(place)).copied().unwrap_or(ConnId(77))
    }

    fn play(&mut self, act: &Act) {
        let input = match act {
            Act::Ask(kind) => {
                self.asked += 1;
                Input::Request(RequestId(self.asked), request(*kind))
            }
            Act::Cancel(back) => Input::Cancel(RequestId(self.asked.saturating_sub(u32::from(*back % 4)))),
            Act::Answer(yes) => Input::Answer(*yes),
            Act::Opened(back) => Input::Opened { conn: self.conn(*back), peer: "192.0.2.7:21".into() },
            Act::Secured(back, kind) => {
                let tls = match kind % 4 {
                    0 | 1 => tls(Verdict::Trusted, "a"),
                    2 => resumed("a"),
                    _ => tls(Verdict::SelfSigned, "b"),
                };
                Input::Secured { conn: self.conn(*back), tls }
            }
            Act::Line(back, line) => {
                let line = LINES[usize::from(*line) % LINES.len()];
                Input::Bytes(self.conn(*back), format!("{line}\r\n").into_bytes())
            }
            Act::Bytes(back, bytes) => Input::Bytes(self.conn(*back), bytes.clone()),
            Act::Rows(back) => {
                Input::Bytes(self.conn(*back), b"type=file; f\r\ntype=dir; d\r\nwhat\r\n".to_vec())
            }
            Act::Moved(back, total) => Input::Moved { conn: self.conn(*back), total: *total },
            Act::Closed(back, kind) => Input::Closed { conn: self.conn(*back), end: end(*kind) },
            Act::Tick(ms) => {
                self.now = self.now.after(u64::from(*ms));
                Input::Tick
            }
        };
        self.feed(input);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_the_session(mode in 0..4u8, logged_in: bool, acts in proptest::collection::vec(act(), 1..200)) {
        let encryption = match mode {
            _ if logged_in => Encryption::None,
            0 => Encryption::None,
            1 => Encryption::ExplicitIfOffered,
            2 => Encryption::Explicit,
            _ => Encryption::Implicit,
        };
        let mut player = Player {
            session: Session::new(site(encryption)),
            now: Time(0),
            conns: Vec::new(),
            asked: 0,
            ended: BTreeMap::new(),
        };
        player.play(&Act::Ask(0));
        if logged_in {
            player.play(&Act::Opened(0));
            for line in ["220 hi", "230 in", "215 UNIX", "211-x\r\n EPSV\r\n MLST type*;\r\n211 end"] {
                player.feed(Input::Bytes(player.conn(0), format!("{line}\r\n").into_bytes()));
            }
            prop_assert_eq!(player.ended.len(), 1);
        }
        for act in &acts {
            player.play(act);
        }
        // Whatever is still open ends now, and so does every request.
        for round in 0..=player.asked {
            let conns = player.conns.clone();
            for conn in conns {
                player.feed(Input::Closed { conn, end: End::Clean });
            }
            player.feed(Input::Answer(round % 2 == 0));
        }
        prop_assert_eq!(player.ended.len(), player.asked as usize);
        prop_assert!(player.ended.values().all(|times| *times == 1), "{:?}", player.ended);
    }
}
