//! A whole session, whose driver and server do anything in any order: nothing panics, every drain ends, deadlines move forward,
//! no line holds two commands, and each request ends exactly once when all is over.

use std::collections::BTreeMap;
use towpath_ftp::{
    Abilities, ActiveMode, Algorithm, Argument, Certificate, Charset, ConnId, Encryption, End, Event, Input,
    Item, JobId, Modes, Output, PathSyntax, Placement, RemotePath, Request, RequestId, Secret, Session, Site,
    Stage, Time, TlsSession, TransferOptions, TypedLine, Verdict,
};

/// What servers say; the fuzzer finds the rest.
const LINES: &[&str] = &[
    "220 hi",
    "120 wait",
    "234 go",
    "331 password",
    "332 account",
    "230 in",
    "215 UNIX Type: L8",
    "215 VMS",
    "211-x\r\n EPSV\r\n MLST type*;\r\n UTF8\r\n CLNT\r\n TVFS\r\n MFMT\r\n REST STREAM\r\n SIZE\r\n MDTM\r\n211 end",
    "211-x\r\n HASH SHA-256*;MD5\r\n RANG STREAM\r\n XCRC\r\n MFF modify;UNIX.mode;\r\n MODE Z\r\n PRET\r\n AVBL\r\n CSID\r\n RMDA\r\n LANG EN*\r\n211 end",
    "211 none",
    "200 ok",
    "257 \"/\"",
    "257 \"/d\"",
    "250 ok",
    "227 (1,2,3,4,5,6)",
    "229 (|||7|)",
    "150 here",
    "226 done",
    "350 go on",
    "213 5",
    "213 20200229000000",
    "221 bye",
    "421 bye",
    "425 no",
    "426 aborted",
    "450 no files found",
    "500 what",
    "522 reuse",
    "530 no",
    "550 no",
    "550-a\r\n b",
    "226-x\r\n250 y",
    "215 OS/400",
    "257 \"D:[A]\"",
    "257 \"'A.'\"",
    "213 SHA-256 0-5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa f",
    "150 FILE: f (5 bytes)",
    "250- type=file;size=5; f\r\n250 end",
    "226 Output truncated to 5 matches",
    "502 no",
    "504 no",
    "552 full",
    "553 no",
];

/// Outputs of one drain: some for each request and each byte that ever came, and these.
const MOST_OUTPUTS: usize = 4_000;
/// Ticks at one point in time until the session waits for a later one.
const MOST_TICKS: usize = 200;

/// Takes inputs from the data until it ends, then ends all there is.
pub(crate) fn body(data: &[u8]) {
    let mut data = Data(data);
    let Some(first) = data.byte() else { return };
    let mut player = Player::new(first);
    player.feed(Input::Request(RequestId(1), Request::Connect));
    while let Some(input) = player.input(&mut data) {
        player.feed(input);
    }
    player.end();
}

struct Data<'a>(&'a [u8]);

impl Data<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let length = usize::from(self.byte()?).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(bytes.to_vec())
    }
}

struct Player {
    session: Session,
    now: Time,
    conns: Vec<ConnId>,
    asked: u32,
    received: usize,
    ended: BTreeMap<RequestId, u32>,
    wait: Option<Time>,
}

impl Player {
    fn new(mode: u8) -> Player {
        let mut site = Site::new("ftp.example.org", 21, "me", Secret::new("secret"));
        site.encryption = match mode % 4 {
            0 => Encryption::None,
            1 => Encryption::ExplicitIfOffered,
            2 => Encryption::Explicit,
            _ => Encryption::Implicit,
        };
        site.accept_any_certificate = mode & 4 != 0;
        site.tls12_only = mode & 8 != 0;
        site.epoch = 1_709_210_096;
        site.quirks.lock_step = mode & 16 != 0;
        if mode & 32 != 0 {
            site.abilities =
                Abilities { listen: true, compare: true, text: true, deflate: true, digest: true };
            site.active = if mode & 64 != 0 { ActiveMode::Preferred } else { ActiveMode::Fallback };
        }
        if mode & 128 != 0 {
            site.virtual_host = Some("host".into());
            site.user = "jürgen".into();
            site.language = Some("en".into());
            site.telnet = true;
            site.charset = Charset::from_label("windows-1251").unwrap_or_default();
            site.syntax = Some(PathSyntax::ALL[usize::from(mode & 7)]);
        }
        Player {
            session: Session::new(site),
            now: Time(0),
            conns: Vec::new(),
            asked: 1,
            received: 0,
            ended: BTreeMap::new(),
            wait: None,
        }
    }

    /// What happens next.
    fn input(&mut self, data: &mut Data<'_>) -> Option<Input> {
        let what = data.byte()?;
        // The newest connections first: most of what happens happens to them.
        let conn = self.conn(what >> 5);
        Some(match what % 16 {
            0..=5 => {
                let line = LINES[usize::from(data.byte()?) % LINES.len()];
                Input::Bytes(conn, format!("{line}\r\n").into_bytes())
            }
            6 => Input::Bytes(conn, data.bytes()?),
            7 => Input::Bytes(conn, [&data.bytes()?[..], b"\r\n"].concat()),
            8 => {
                let request = request(data.byte()?, data.byte()?);
                self.asked += 1;
                Input::Request(RequestId(self.asked), request)
            }
            9 => Input::Cancel(RequestId(self.asked.saturating_sub(u32::from(data.byte()? % 4)))),
            10 => match what >> 5 {
                0..=3 => Input::Answer(what & 16 != 0),
                4 => Input::Listening { conn: self.conn(0), address: "192.0.2.9:40000".into() },
                5 => Input::Listening { conn: self.conn(0), address: "[2001:db8::9]:40000".into() },
                6 => Input::Digested { job: JobId(1), digest: Some("a".repeat(64)) },
                _ => Input::Digested { job: JobId(1), digest: None },
            },
            11 => Input::Opened { conn, peer: "192.0.2.7:21".into() },
            12 => Input::Secured { conn, tls: tls(data.byte()?) },
            13 => Input::Moved { conn, total: u64::from(data.byte()?) },
            14 => Input::Closed { conn, end: end(data.byte()?) },
            // Time alone: to the deadline, or so many tenths of a second.
            _ if what & 16 != 0 => {
                self.now = self.wait.unwrap_or(self.now).max(self.now);
                Input::Tick
            }
            _ => {
                self.now = self.now.after(u64::from(data.byte()?) * 100);
                Input::Tick
            }
        })
    }

    fn conn(&self, back: u8) -> ConnId {
        let place = self.conns.len().checked_sub(1 + usize::from(back));
        place.and_then(|place| self.conns.get(place)).copied().unwrap_or(ConnId(77))
    }

    /// One input and its outputs; time stands until the session waits for a later one.
    fn feed(&mut self, input: Input) {
        if let Input::Bytes(_, bytes) = &input {
            self.received += bytes.len();
        }
        self.session.handle(self.now, input);
        self.drain();
        for _ in 0..MOST_TICKS {
            if self.wait.is_none_or(|at| at > self.now) {
                return;
            }
            self.session.handle(self.now, Input::Tick);
            self.drain();
        }
        panic!("the session waits for the past");
    }

    fn drain(&mut self) {
        let most = MOST_OUTPUTS + 8 * (self.received + self.asked as usize);
        for _ in 0..most {
            match self.session.poll() {
                Output::Wait(at) => {
                    self.wait = at;
                    return;
                }
                Output::Open(conn, _) => {
                    assert!(!self.conns.contains(&conn), "a number is used again");
                    self.conns.push(conn);
                }
                Output::Send(_, bytes) => {
                    let line = bytes.strip_suffix(b"\r\n").expect("a whole line");
                    assert!(!line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "two commands");
                }
                Output::Event(Event::Done { request, .. }) => self.ended(request),
                Output::Event(Event::Failed { request, error }) => {
                    assert!(!error.message.is_empty());
                    self.ended(request);
                }
                Output::Event(Event::Log(line)) => {
                    assert!(!line.text.contains(|c: char| c.is_control() && c != '\t'));
                    assert!(!line.text.contains("secret"));
                }
                _ => {}
            }
        }
        panic!("the session never waits");
    }

    fn ended(&mut self, request: RequestId) {
        let times = self.ended.entry(request).or_default();
        *times += 1;
        assert_eq!(*times, 1, "{request:?} ended again");
    }

    /// All connections close and all questions are answered until nothing is left to end.
    fn end(&mut self) {
        for round in 0..=self.asked {
            for conn in self.conns.clone() {
                self.feed(Input::Closed { conn, end: End::Clean });
            }
            self.feed(Input::Answer(round % 2 == 0));
            self.now = self.wait.unwrap_or(self.now).max(self.now);
            self.feed(Input::Tick);
        }
        assert_eq!(self.ended.len(), self.asked as usize, "a request never ended");
    }
}

fn path(text: &str) -> RemotePath {
    RemotePath::new(text).expect("an absolute path")
}

fn argument(text: &str) -> Argument {
    Argument::new(text).expect("no control bytes")
}

fn typed(text: &str) -> TypedLine {
    TypedLine::new(text).expect("a line")
}

fn options(how: u8) -> TransferOptions {
    TransferOptions {
        text: how & 1 != 0,
        compare: how & 2 != 0,
        temporary: how & 4 != 0,
        deflate: how & 8 != 0,
        checksum: how & 16 != 0,
        directories: how & 32 != 0,
        allocate: how & 32 != 0,
        modified: (how & 64 != 0).then_some(1_709_210_096),
        length: (how & 128 != 0).then_some(2),
        placement: match how % 5 {
            0 => Placement::Append,
            1 => Placement::Unique,
            _ => Placement::Replace,
        },
    }
}

fn request(kind: u8, how: u8) -> Request {
    let tree =
        || vec![Item { path: path("/t"), directory: true }, Item { path: path("/f"), directory: false }];
    let (job, size) = (JobId(1), (kind & 64 == 0).then_some(5));
    let offset = u64::from(kind & 128 != 0) * 3;
    let f = || path("/d/f");
    match kind % 64 % 46 {
        0 | 1 => Request::Connect,
        2 => Request::List(None),
        3 | 4 => Request::List(Some(path("/d"))),
        5 => Request::Download { job, path: f(), size, offset, options: options(how) },
        6 => Request::Upload { job, path: f(), size, offset, options: options(how) },
        7 => Request::MakeDirectory(path("/new")),
        8 => Request::RemoveDirectory(path("/d")),
        9 => Request::Rename { from: path("/a"), to: path("/b") },
        10 => Request::Count(tree()),
        11 => Request::DeleteTree(tree()),
        12 => Request::Size(f()),
        13 => Request::ModificationTime(f()),
        14 => Request::KeepAlive,
        15 => Request::Disconnect,
        16 => Request::MakeDirectories(path("/a/b/c")),
        17 => Request::RemoveTree(path("/d")),
        18 => Request::ChangeToParent,
        19 => Request::SetModificationTime { path: f(), seconds: i64::from(how) << 30 },
        20 => Request::SetCreationTime { path: f(), seconds: 0 },
        21 => Request::ChangeMode { path: f(), mode: u16::from(how) },
        22 => Request::ChangeGroup { path: f(), group: argument("staff") },
        23 => Request::Facts(f()),
        24 => Request::Checksum { path: f(), algorithm: None, range: (how & 1 != 0).then_some(1..4) },
        25 => Request::Checksum { path: f(), algorithm: Some(Algorithm::Crc32), range: None },
        26 => Request::FreeSpace(Some(path("/"))),
        27 => Request::DirectorySize(path("/d")),
        28 => Request::MakeLink { target: path("/t"), path: path("/l") },
        29 => Request::CopyOnServer { from: path("/a"), to: path("/b") },
        30 => Request::Help(None),
        31 => Request::ServerStatus,
        32 => Request::StatusOf(path("/d")),
        33 => Request::SystemType,
        34 => Request::Features,
        35 => Request::SetLanguage(Some(argument("fr"))),
        36 => Request::Mount(argument("m")),
        37 => Request::Account,
        38 => Request::Allocate(u64::from(how)),
        39 => Request::Reinitialize,
        40 => Request::Site(typed("CHMOD 644 f")),
        41 => Request::Raw(typed("NOOP")),
        42 => Request::Examine,
        43 => Request::ListTree(tree()),
        44 => Request::ChangeModeTree {
            items: tree(),
            modes: Modes { files: Some(0o644), directories: Some(0o755) },
        },
        _ => Request::Raw(typed("PASS secret")),
    }
}

fn tls(kind: u8) -> TlsSession {
    let name = if kind & 4 == 0 { "a" } else { "b" };
    TlsSession {
        verdict: if kind & 1 == 0 { Verdict::Trusted } else { Verdict::SelfSigned },
        version: if kind & 8 == 0 { "TLS1.3" } else { "TLS1.2" }.into(),
        key_exchange: String::new(),
        cipher: "AES-256-GCM".into(),
        resumed: kind & 2 != 0,
        chain: vec![Certificate { sha256: name.into(), spki_sha256: name.into(), ..Certificate::default() }],
    }
}

fn end(kind: u8) -> End {
    let stage = [Stage::File, Stage::Tls, Stage::Connection, Stage::Policy][usize::from(kind / 64)];
    match kind % 8 {
        0..=2 => End::Clean,
        3 => End::Unclean,
        4 => End::NoTicket,
        _ => End::Failed { stage, text: "text".into() },
    }
}
