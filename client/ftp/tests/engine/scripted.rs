//! A server by script: it answers commands as they come, one after the other or many at once, and at one step of the
//! session does what no server should. Time is virtual.

use std::collections::{BTreeMap, BTreeSet};

use towpath_ftp::{
    ConnId, Encryption, End, Error, Event, Input, Outcome, Output, Request, RequestId, Session, Stage,
    Target, Time, Verdict,
};

use crate::talk::{broken, resumed, site, tls};

/// Bytes of every file.
pub(crate) const SIZE: u64 = 40;
const MLSD: &str = "type=file;size=40; f\r\ntype=file;size=2; g\r\n";
const LIST: &str = "-rw-r--r-- 1 u g 40 Jan  1 2020 f\r\n-rw-r--r-- 1 u g 2 Jan  1 2020 g\r\n";
const FEATURES: &str = "211-list\r\n EPSV\r\n MLST type*;size*;\r\n UTF8\r\n REST STREAM\r\n SIZE\r\n211 end";

/// What comes from the network, a step of the script.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Act {
    Opened(ConnId),
    Secured(ConnId),
    Reply(String),
    Rows(ConnId, Vec<u8>),
    Moved(ConnId, u64),
    Ended(ConnId, End),
}

/// What happens instead of, or beside, one step.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Wrong {
    Nothing,
    /// The control connection ends, and with it the data connection.
    Close(End),
    /// The data connection ends; the server goes on as if it had not.
    CloseData(End),
    /// Nothing comes any more.
    Silence,
    /// So many bytes of a reply come, and then this end or silence.
    Part(usize, Option<End>),
    Twice,
    Missing,
    /// It changes places with the next reply of a session without faults; what is no reply comes after the next step.
    Swapped(Option<String>),
    /// A reply of lines without end.
    EndlessReply,
    /// A line without end.
    EndlessLine,
    /// A data connection without end: the same bytes again and again, at most so many.
    EndlessData(Vec<u8>, usize),
    /// This again and again, after so many milliseconds each.
    Drip(&'static str, u64),
}

struct Data {
    conn: ConnId,
    ready: bool,
    verb: Option<String>,
    spliced: bool,
    started: bool,
}

pub(crate) struct Scripted {
    session: Session,
    machine: bool,
    wrong: Wrong,
    at: usize,
    now: Time,
    due: BTreeMap<(Time, u64), Act>,
    serial: u64,
    /// A step that comes later than it should.
    held: Option<Act>,
    drip: Option<(&'static str, u64)>,
    control: Option<ConnId>,
    secured: bool,
    data: Option<Data>,
    directory: String,
    offset: u64,
    open: BTreeSet<ConnId>,
    /// All steps that came, faults apart.
    pub(crate) acts: Vec<Act>,
    pub(crate) ended: Vec<(RequestId, Result<Outcome, Error>, Time)>,
    pub(crate) asked: u32,
    pub(crate) disconnected: u32,
    /// Bytes that went into the session, and outputs that came out.
    pub(crate) bytes: usize,
    pub(crate) outputs: usize,
    pub(crate) logged: usize,
    pub(crate) log: Vec<String>,
}

/// Lines of the log that are kept to explain a failure.
const KEPT: usize = 200;

impl Scripted {
    pub(crate) fn new(secure: bool, machine: bool, wrong: Wrong, at: usize) -> Scripted {
        let encryption = if secure { Encryption::Explicit } else { Encryption::None };
        Scripted {
            session: Session::new(site(encryption)),
            machine,
            wrong,
            at,
            now: Time(0),
            due: BTreeMap::new(),
            serial: 0,
            held: None,
            drip: None,
            control: None,
            secured: false,
            data: None,
            directory: "/".into(),
            offset: 0,
            open: BTreeSet::new(),
            acts: Vec::new(),
            ended: Vec::new(),
            asked: 0,
            disconnected: 0,
            bytes: 0,
            outputs: 0,
            logged: 0,
            log: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// Connections that stand for the driver.
    pub(crate) fn standing(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn request(&mut self, request: Request) -> RequestId {
        self.asked += 1;
        let id = RequestId(self.asked);
        self.feed(Input::Request(id, request));
        id
    }

    /// From here on the server is a good one.
    pub(crate) fn calm(&mut self) {
        (self.wrong, self.held, self.drip) = (Wrong::Nothing, None, None);
    }

    /// Lets things happen until nothing is left to happen, or until then.
    pub(crate) fn run(&mut self, until: Time) {
        let mut wait = self.drain();
        while self.now < until {
            let next = self.due.first_key_value().map(|((at, _), _)| *at);
            match (next, wait) {
                (None, None) => return,
                (Some(at), wait) if wait.is_none_or(|wait| at <= wait) => {
                    let Some((_, act)) = self.due.pop_first() else { return };
                    self.now = self.now.max(at);
                    self.step(act);
                }
                (_, Some(at)) => {
                    self.now = self.now.max(at);
                    self.feed(Input::Tick);
                }
                (Some(_), None) => unreachable!("covered by the guard"),
            }
            wait = self.drain();
        }
    }

    /// The next step of the script, or what goes wrong with it.
    fn step(&mut self, act: Act) {
        let here = self.acts.len() == self.at;
        self.acts.push(act.clone());
        if let Some((line, ms)) = self.drip {
            // There is nothing else any more.
            if let Some(conn) = self.control {
                self.feed(Input::Bytes(conn, line.as_bytes().to_vec()));
                self.later(ms, Act::Reply(String::new()));
            }
            return;
        }
        if !here {
            let held = self.held.take();
            return match (act, held) {
                (Act::Reply(text), Some(Act::Reply(earlier))) => {
                    drop(text);
                    self.play(Act::Reply(earlier));
                }
                (act, held) => {
                    self.play(act);
                    if let Some(held) = held {
                        self.play(held);
                    }
                }
            };
        }
        match self.wrong.clone() {
            Wrong::Nothing => self.play(act),
            Wrong::Close(end) => self.close(&end),
            Wrong::CloseData(end) => {
                if let Some(conn) = self.data.take().map(|data| data.conn) {
                    self.feed(Input::Closed { conn, end });
                    self.drain();
                }
                self.play(act);
            }
            Wrong::Silence => self.fall_silent(),
            Wrong::Part(count, end) => {
                if let (Act::Reply(text), Some(conn)) = (act, self.control) {
                    let bytes = format!("{text}\r\n").into_bytes();
                    self.feed(Input::Bytes(conn, bytes[..count.min(bytes.len())].to_vec()));
                    self.drain();
                }
                match end {
                    Some(end) => self.close(&end),
                    None => self.fall_silent(),
                }
            }
            Wrong::Twice => {
                self.play(act.clone());
                self.drain();
                self.play(act);
            }
            Wrong::Missing => {}
            Wrong::Swapped(next) => match (&act, next) {
                (Act::Reply(_), Some(next)) => {
                    self.held = Some(act);
                    self.play(Act::Reply(next));
                }
                _ => self.held = Some(act),
            },
            Wrong::EndlessReply => self.endless(b"220-x\r\n", &b"x\r\n".repeat(500)),
            Wrong::EndlessLine => self.endless(b"2", &[b'2'; 4_096]),
            Wrong::EndlessData(piece, most) => {
                let data = self.data.as_ref().filter(|data| !data.spliced).map(|data| data.conn);
                let mut sent = 0;
                while let Some(conn) = data.filter(|conn| self.open.contains(conn) && sent < most) {
                    sent += piece.len();
                    self.feed(Input::Bytes(conn, piece.clone()));
                    self.drain();
                }
                self.play(act);
            }
            Wrong::Drip(line, ms) => {
                self.due.clear();
                self.drip = Some((line, ms));
                self.later(ms, Act::Reply(String::new()));
            }
        }
    }

    fn close(&mut self, end: &End) {
        self.due.clear();
        let data = self.data.take().map(|data| data.conn);
        for conn in self.control.take().into_iter().chain(data) {
            self.feed(Input::Closed { conn, end: end.clone() });
            self.drain();
        }
    }

    fn fall_silent(&mut self) {
        self.due.clear();
        // Nothing is as good as something that never comes.
        self.drip = Some(("", u64::MAX / 2));
    }

    /// Bytes on the control connection for as long as it is there; the limits of replies are far below this one.
    fn endless(&mut self, start: &[u8], piece: &[u8]) {
        let Some(conn) = self.control else { return };
        self.feed(Input::Bytes(conn, start.to_vec()));
        self.drain();
        for _ in 0..4_000_000 / piece.len() {
            if !self.open.contains(&conn) {
                return;
            }
            self.feed(Input::Bytes(conn, piece.to_vec()));
            self.drain();
        }
        panic!("a reply without end is read for ever");
    }

    fn play(&mut self, act: Act) {
        let input = match act {
            Act::Opened(conn) => Input::Opened { conn, peer: "192.0.2.7:21".into() },
            Act::Secured(conn) => {
                let tls = if self.control == Some(conn) { tls(Verdict::Trusted, "a") } else { resumed("a") };
                Input::Secured { conn, tls }
            }
            Act::Reply(text) => match self.control {
                Some(conn) => Input::Bytes(conn, format!("{text}\r\n").into_bytes()),
                None => return,
            },
            Act::Rows(conn, rows) => Input::Bytes(conn, rows),
            Act::Moved(conn, total) => Input::Moved { conn, total },
            Act::Ended(conn, end) => Input::Closed { conn, end },
        };
        self.feed(input);
    }

    /// The driver reports nothing of a connection that is gone.
    fn feed(&mut self, input: Input) {
        let conn = match &input {
            Input::Opened { conn, .. } | Input::Secured { conn, .. } | Input::Moved { conn, .. } => {
                Some(*conn)
            }
            Input::Closed { conn, .. } | Input::Bytes(conn, _) => Some(*conn),
            _ => None,
        };
        if conn.is_some_and(|conn| !self.open.contains(&conn)) {
            return;
        }
        match &input {
            Input::Bytes(_, bytes) => self.bytes += bytes.len(),
            Input::Closed { conn, .. } => drop(self.open.remove(conn)),
            _ => {}
        }
        self.session.handle(self.now, input);
    }

    fn drain(&mut self) -> Option<Time> {
        for _ in 0..20_000 {
            match self.session.poll() {
                Output::Wait(at) => return at,
                output => self.output(output),
            }
        }
        panic!("the session never waits; log: {:#?}", self.log);
    }

    fn later(&mut self, ms: u64, act: Act) {
        self.serial += 1;
        self.due.insert((self.now.after(ms), self.serial), act);
    }

    fn output(&mut self, output: Output) {
        self.outputs += 1;
        let mute = self.drip.is_some();
        match output {
            Output::Open(conn, target) => {
                self.open.insert(conn);
                if let Target::Control { .. } = target {
                    self.control = Some(conn);
                    (self.secured, self.offset, self.data) = (false, 0, None);
                    self.directory = "/".into();
                } else {
                    let ready = !self.secured;
                    self.data = Some(Data { conn, ready, verb: None, spliced: false, started: false });
                }
                if !mute {
                    self.later(5, Act::Opened(conn));
                    if self.control == Some(conn) {
                        self.later(10, Act::Reply("220 hello".into()));
                    }
                }
            }
            Output::StartTls { conn, .. } if !mute => self.later(10, Act::Secured(conn)),
            Output::SendPassword(_) => panic!("the site has its password"),
            Output::AcceptTls(conn) if self.control == Some(conn) => self.secured = true,
            Output::AcceptTls(_) => {
                if let Some(data) = &mut self.data {
                    data.ready = true;
                }
                self.start();
            }
            Output::Send(_, bytes) => {
                let text = String::from_utf8(bytes).expect("text");
                text.lines().for_each(|line| self.keep(line.to_owned()));
                if !mute {
                    text.lines().for_each(|line| self.command(line));
                }
            }
            Output::Splice { offset, .. } => {
                self.offset = offset;
                if let Some(data) = &mut self.data {
                    data.spliced = true;
                }
                self.start();
            }
            Output::Close(conn) | Output::Abort(conn) => {
                self.open.remove(&conn);
                if self.control == Some(conn) {
                    self.control = None;
                    self.due.clear();
                }
                self.data.take_if(|data| data.conn == conn);
            }
            Output::Event(Event::Done { request, outcome }) => {
                self.ended.push((request, Ok(outcome), self.now))
            }
            Output::Event(Event::Failed { request, error }) => {
                self.ended.push((request, Err(error), self.now))
            }
            Output::Event(Event::Disconnected(_)) => self.disconnected += 1,
            Output::Event(Event::Log(line)) => {
                self.logged += line.text.len();
                self.keep(format!("{}: {}", line.kind.label(), line.text));
            }
            _ => {}
        }
    }

    fn keep(&mut self, line: String) {
        if self.log.len() == KEPT {
            self.log.drain(..KEPT / 2);
        }
        self.log.push(line);
    }

    /// Answers come in the order of the commands, each a little later than the one before.
    fn command(&mut self, line: &str) {
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let text = match verb {
            "AUTH" => "234 go".to_owned(),
            "USER" => "331 password".to_owned(),
            "PASS" => "230 in".to_owned(),
            "SYST" => "215 UNIX Type: L8".to_owned(),
            "FEAT" if self.machine => FEATURES.to_owned(),
            "FEAT" => "500 what?".to_owned(),
            "PWD" => format!("257 \"{}\"", self.directory),
            "CWD" => {
                self.directory = argument.to_owned();
                "250 ok".to_owned()
            }
            "EPSV" => "229 (|||50000|)".to_owned(),
            "PASV" => "227 (192,0,2,7,195,80)".to_owned(),
            "SIZE" => format!("213 {SIZE}"),
            "MDTM" => "213 20200229000000".to_owned(),
            "REST" | "RNFR" => "350 ok".to_owned(),
            "QUIT" => "221 bye".to_owned(),
            "ABOR" => "226 ok".to_owned(),
            "MLSD" | "LIST" | "RETR" | "STOR" => {
                self.later(5, Act::Reply("150 here".into()));
                if let Some(data) = &mut self.data {
                    data.verb = Some(verb.to_owned());
                }
                return self.start();
            }
            _ => "200 ok".to_owned(),
        };
        self.later(5, Act::Reply(text));
    }

    /// Data flows once the connection is ready and the command is there.
    fn start(&mut self) {
        let Some(data) = &mut self.data else { return };
        let Some(verb) = data.verb.clone() else { return };
        let listing = matches!(verb.as_str(), "MLSD" | "LIST");
        if data.started || !data.ready || !(data.spliced || listing) || self.drip.is_some() {
            return;
        }
        data.started = true;
        let conn = data.conn;
        let rows = if verb == "MLSD" { MLSD } else { LIST };
        for part in [1, 2] {
            let act = if listing {
                let half = rows.len() / 2;
                Act::Rows(conn, rows.as_bytes()[half * (part - 1)..half * part].to_vec())
            } else {
                Act::Moved(conn, (SIZE - self.offset) * part as u64 / 2)
            };
            self.later(10 + 5 * part as u64, act);
        }
        self.later(25, Act::Ended(conn, End::Clean));
        self.later(30, Act::Reply("226 done".into()));
    }
}

/// The ways in which a connection can end before its time.
pub(crate) fn ends() -> [End; 3] {
    [End::Clean, End::Unclean, broken(Stage::Connection, "connection reset")]
}
