//! A model of a server and of a driver, in virtual time, with faults. It knows commands, not states of the engine.

use std::collections::{BTreeMap, BTreeSet};

use towpath_ftp::{
    ConnId, Direction, Encryption, End, Error, Event, Input, Outcome, Output, Request, RequestId, Session,
    Stage, Target, Time, Verdict,
};

use crate::talk::{broken, resumed, site, tls};

/// Bytes of the file behind every job.
pub(crate) const SIZE: u64 = 64;
/// The listing of every directory but `/t`, which holds two files and a directory.
pub(crate) const ROWS: &str = "type=file;size=64; f\r\ntype=file;size=2; g\r\n";
const LIST: &str = "-rw-r--r-- 1 u g 64 Jan  1 2020 f\r\n-rw-r--r-- 1 u g 2 Jan  1 2020 g\r\n";
/// Files of the directory `/many`.
pub(crate) const MANY: u64 = 100;
const TREE: &str = "type=file;size=64; f\r\ntype=dir; d\r\n";

/// When a preliminary reply comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Preliminary {
    Early,
    Late,
    Missing,
}

/// When the final reply comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Finale {
    BeforeEnd,
    AfterEnd,
    Never,
}

/// How the data connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DataEnd {
    Clean,
    Unclean,
    Reset,
}

/// Faults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Knobs {
    pub(crate) secure: bool,
    pub(crate) machine: bool,
    pub(crate) preliminary: Preliminary,
    pub(crate) finale: Finale,
    pub(crate) end: DataEnd,
    /// The data connection ends after so many bytes.
    pub(crate) cut: Option<u64>,
    /// The session knows the server as one that wants one command at a time.
    pub(crate) lock_step: bool,
    /// The server loses what it is sent while it has not answered.
    pub(crate) forgetful: bool,
    /// Milliseconds that every answer takes beside the few that set their order.
    pub(crate) trip: u64,
}

impl Knobs {
    pub(crate) const fn good() -> Knobs {
        Knobs {
            secure: true,
            machine: true,
            preliminary: Preliminary::Early,
            finale: Finale::AfterEnd,
            end: DataEnd::Clean,
            cut: None,
            lock_step: false,
            forgetful: false,
            trip: 0,
        }
    }
}

/// What becomes of the control connection in the middle.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// After so many inputs it ends.
    Cut(usize, End),
    /// After so many inputs nothing comes any more.
    Silence(usize),
    /// After so many inputs this request is cancelled.
    Cancel(usize, RequestId),
}

/// A data connection of the model.
struct Data {
    conn: ConnId,
    ready: bool,
    standing: bool,
    verb: Option<String>,
    splice: Option<(Direction, u64)>,
    started: bool,
}

/// Session, driver and server.
pub(crate) struct World {
    session: Session,
    knobs: Knobs,
    fault: Fault,
    now: Time,
    inputs: usize,
    inbox: BTreeMap<(Time, u64), Input>,
    serial: u64,
    control: Option<ConnId>,
    secured: bool,
    data: Option<Data>,
    restart: u64,
    directory: String,
    /// Until then it loses commands, if it is one of those.
    busy: Time,
    /// A transfer whose final reply has not been sent.
    active: bool,
    forgets_deletions: bool,
    pub(crate) ended: BTreeMap<RequestId, Vec<Result<Outcome, Error>>>,
    pub(crate) asked: BTreeSet<RequestId>,
    pub(crate) log: Vec<String>,
    pub(crate) rows: u64,
    pub(crate) disconnected: u32,
    /// Connections that stand for the driver.
    pub(crate) open: BTreeSet<ConnId>,
}

impl World {
    pub(crate) fn new(knobs: Knobs) -> World {
        World::with(knobs, Fault::None)
    }

    pub(crate) fn with(knobs: Knobs, fault: Fault) -> World {
        let encryption = if knobs.secure { Encryption::Explicit } else { Encryption::None };
        let mut site = site(encryption);
        site.quirks.lock_step = knobs.lock_step;
        World {
            session: Session::new(site),
            knobs,
            fault,
            now: Time(0),
            inputs: 0,
            inbox: BTreeMap::new(),
            serial: 0,
            control: None,
            secured: false,
            data: None,
            restart: 0,
            directory: "/".into(),
            busy: Time(0),
            active: false,
            forgets_deletions: false,
            ended: BTreeMap::new(),
            asked: BTreeSet::new(),
            log: Vec::new(),
            rows: 0,
            disconnected: 0,
            open: BTreeSet::new(),
        }
    }

    /// Hands a request in.
    pub(crate) fn request(&mut self, request: Request) -> RequestId {
        let id = RequestId(u32::try_from(self.asked.len()).expect("few requests"));
        self.asked.insert(id);
        self.feed(Input::Request(id, request));
        id
    }

    /// From here on there are no faults.
    pub(crate) fn calm(&mut self) {
        self.fault = Fault::None;
    }

    /// From here on the server loses what it is sent while it has not answered a DELE.
    pub(crate) fn forget(&mut self) {
        self.forgets_deletions = true;
    }

    /// How a request ended: it did so once.
    #[track_caller]
    pub(crate) fn ended(&self, id: RequestId) -> &Result<Outcome, Error> {
        match self.ended.get(&id).map(Vec::as_slice) {
            Some([end]) => end,
            other => panic!("{id:?} ended {other:?}; log: {:#?}", self.log),
        }
    }

    /// Lets things happen until nothing is left to happen.
    pub(crate) fn run(&mut self) {
        for _ in 0..100_000 {
            let wait = self.drain();
            let next = self.inbox.first_key_value().map(|((at, _), _)| *at);
            match (next, wait) {
                (None, None) => return,
                (Some(at), wait) if wait.is_none_or(|wait| at <= wait) => {
                    let Some((_, input)) = self.inbox.pop_first() else { return };
                    self.now = self.now.max(at);
                    self.deliver(input);
                }
                (_, Some(wait)) => {
                    self.now = self.now.max(wait);
                    self.feed(Input::Tick);
                }
                (Some(_), None) => unreachable!("covered by the guard"),
            }
        }
        panic!("it never comes to rest; log: {:#?}", self.log);
    }

    /// An input from the network: the fault may get in its way.
    fn deliver(&mut self, input: Input) {
        self.inputs += 1;
        match self.fault.clone() {
            Fault::Cut(after, end) if self.inputs > after => {
                self.fault = Fault::None;
                self.inbox.clear();
                if let Some(conn) = self.control.take() {
                    self.open.remove(&conn);
                    self.feed(Input::Closed { conn, end });
                }
            }
            Fault::Silence(after) if self.inputs > after => {}
            Fault::Cancel(after, id) if self.inputs > after => {
                self.fault = Fault::None;
                self.feed(Input::Cancel(id));
                self.drain();
                self.feed(input);
            }
            _ => self.feed(input),
        }
    }

    fn feed(&mut self, input: Input) {
        // The driver reports nothing of a connection that was closed.
        let conn = match &input {
            Input::Opened { conn, .. } | Input::Secured { conn, .. } | Input::Moved { conn, .. } => {
                Some(*conn)
            }
            Input::Bytes(conn, _) => Some(*conn),
            Input::Closed { conn, .. } => {
                self.open.remove(conn);
                None
            }
            _ => None,
        };
        if conn.is_none_or(|conn| self.open.contains(&conn)) {
            self.session.handle(self.now, input);
        }
    }

    fn drain(&mut self) -> Option<Time> {
        for _ in 0..10_000 {
            match self.session.poll() {
                Output::Wait(at) => return at,
                output => self.output(output),
            }
        }
        panic!("the session never waits");
    }

    fn later(&mut self, ms: u64, input: Input) {
        self.serial += 1;
        self.inbox.insert((self.now.after(self.knobs.trip + ms), self.serial), input);
    }

    /// Virtual time in whole trips.
    pub(crate) fn trips(&self) -> u64 {
        self.now.0 / self.knobs.trip
    }

    /// What the session has learned.
    pub(crate) fn quirks(&self) -> &towpath_ftp::Quirks {
        self.session.quirks()
    }

    fn reply(&mut self, ms: u64, line: &str) {
        if let Some(conn) = self.control {
            self.later(ms, Input::Bytes(conn, format!("{line}\r\n").into_bytes()));
        }
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Open(conn, Target::Control { .. }) => {
                self.control = Some(conn);
                self.open.insert(conn);
                self.secured = false;
                self.directory = "/".into();
                self.restart = 0;
                self.active = false;
                self.data = None;
                self.later(5, Input::Opened { conn, peer: "192.0.2.7:21".into() });
                self.reply(10, "220 model");
            }
            Output::Open(conn, Target::Data { .. }) => {
                self.open.insert(conn);
                self.data = Some(Data {
                    conn,
                    ready: false,
                    standing: false,
                    verb: None,
                    splice: None,
                    started: false,
                });
                self.later(5, Input::Opened { conn, peer: "192.0.2.7:50000".into() });
                if let Some(data) = &mut self.data {
                    data.standing = true;
                    data.ready = !self.secured;
                }
            }
            Output::StartTls { conn, .. } => {
                let tls = if self.control == Some(conn) { tls(Verdict::Trusted, "a") } else { resumed("a") };
                self.later(10, Input::Secured { conn, tls });
                // The relay opens the gate of a data stream by itself: no trip is spent on that.
                if self.knobs.trip > 0 && self.control != Some(conn) {
                    if let Some(data) = &mut self.data {
                        data.ready = true;
                    }
                    self.start();
                }
            }
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
                self.log.push(text.trim_end().to_owned());
                self.command(text.trim_end());
            }
            // The model's driver can do neither, and is not asked.
            Output::Listen { .. } | Output::Digest { .. } => unreachable!("not among its abilities"),
            Output::Splice { direction, offset, .. } => {
                if let Some(data) = &mut self.data {
                    data.splice = Some((direction, offset));
                }
                self.start();
            }
            Output::Close(conn) | Output::Abort(conn) => self.gone(conn),
            Output::Event(event) => self.event(event),
            Output::Wait(_) => unreachable!("handled by drain"),
        }
    }

    fn gone(&mut self, conn: ConnId) {
        self.open.remove(&conn);
        if self.control == Some(conn) {
            self.control = None;
        }
        if self.data.as_ref().is_some_and(|data| data.conn == conn) {
            self.data = None;
            if self.active {
                self.active = false;
                // What was on its way of the transfer never comes.
                self.inbox
                    .retain(|_, input| !matches!(input, Input::Bytes(_, bytes) if bytes.starts_with(b"226")));
                self.reply(5, "426 data connection closed");
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Log(line) => self.log.push(format!("{}: {}", line.kind.label(), line.text)),
            Event::Done { request, outcome } => self.ended.entry(request).or_default().push(Ok(outcome)),
            Event::Failed { request, error } => self.ended.entry(request).or_default().push(Err(error)),
            Event::Listed { entries, .. } => self.rows += entries.len() as u64,
            Event::Disconnected(_) => self.disconnected += 1,
            _ => {}
        }
    }

    fn command(&mut self, line: &str) {
        let forgetful = self.knobs.forgetful || (self.forgets_deletions && line.starts_with("DELE"));
        if forgetful && self.now < self.busy {
            return;
        }
        self.busy = self.now.after(self.knobs.trip + 5);
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let features = if self.knobs.machine {
            " EPSV\r\n MLST type*;size*;\r\n UTF8\r\n MFMT\r\n ESTA"
        } else {
            " SIZE"
        };
        let text = match verb {
            "AUTH" => "234 go".to_owned(),
            "USER" => "331 password".to_owned(),
            "PASS" => "230 in".to_owned(),
            "SYST" => "215 UNIX Type: L8".to_owned(),
            "FEAT" => format!("211-list\r\n{features}\r\n211 end"),
            "PWD" => format!("257 \"{}\"", self.directory),
            "CWD" => {
                self.directory = argument.to_owned();
                "250 ok".to_owned()
            }
            "EPSV" => "229 (|||50000|)".to_owned(),
            "PASV" => "227 (192,0,2,7,195,80)".to_owned(),
            "SIZE" => format!("213 {SIZE}"),
            "MDTM" => "213 20200229000000".to_owned(),
            "REST" => {
                self.restart = argument.parse().expect("a number");
                "350 ok".to_owned()
            }
            "RNFR" => "350 ok".to_owned(),
            "QUIT" => "221 bye".to_owned(),
            "MLSD" | "LIST" | "RETR" | "STOR" => {
                self.active = true;
                if self.knobs.preliminary == Preliminary::Early {
                    self.reply(3, "150 here");
                }
                if let Some(data) = &mut self.data {
                    data.verb = Some(verb.to_owned());
                }
                return self.start();
            }
            "ABOR" if self.active => {
                self.active = false;
                self.reply(5, "426 aborted");
                "226 ok".to_owned()
            }
            "ABOR" => "225 nothing to do".to_owned(),
            _ => "200 ok".to_owned(),
        };
        self.reply(5, &text);
    }

    /// Data flows once the connection is ready and the command is there.
    fn start(&mut self) {
        let Knobs { preliminary, finale, end, cut, .. } = self.knobs;
        let Some(data) = &mut self.data else { return };
        let Some(verb) = data.verb.clone() else { return };
        let listing = matches!(verb.as_str(), "MLSD" | "LIST");
        if data.started || !data.ready || !data.standing || (data.splice.is_none() && !listing) {
            return;
        }
        data.started = true;
        let conn = data.conn;
        let offset = std::mem::take(&mut self.restart);
        let rows = match (verb.as_str(), self.directory.as_str()) {
            ("MLSD", "/t") => TREE.to_owned(),
            ("MLSD", "/many") => (0..MANY).map(|n| format!("type=file;size=1; {n}\r\n")).collect(),
            ("MLSD", _) => ROWS.to_owned(),
            _ => LIST.to_owned(),
        };
        let whole = if listing { rows.len() as u64 } else { SIZE - offset };
        let moved = cut.map_or(whole, |cut| cut.min(whole));
        let mut at = 10;
        for part in 1..=4 {
            at += 5;
            if listing {
                let from = usize::try_from(moved * (part - 1) / 4).expect("few bytes");
                let to = usize::try_from(moved * part / 4).expect("few bytes");
                self.later(at, Input::Bytes(conn, rows.as_bytes()[from..to].to_vec()));
            } else {
                self.later(at, Input::Moved { conn, total: moved * part / 4 });
            }
        }
        let end = match end {
            // An upload ends well only if all of it was sent.
            DataEnd::Clean | DataEnd::Unclean if verb == "STOR" && moved < whole => {
                broken(Stage::Data, "broken pipe")
            }
            DataEnd::Clean => End::Clean,
            DataEnd::Unclean => End::Unclean,
            DataEnd::Reset => broken(Stage::Data, "connection reset"),
        };
        if finale == Finale::BeforeEnd {
            if preliminary == Preliminary::Late {
                self.reply(at + 1, "150 late");
            }
            self.reply(at + 2, "226 done");
        }
        self.later(at + 3, Input::Closed { conn, end });
        if finale != Finale::BeforeEnd && preliminary == Preliminary::Late {
            self.reply(at + 4, "150 late");
        }
        match finale {
            Finale::AfterEnd => self.reply(at + 5, "226 done"),
            Finale::BeforeEnd => {}
            Finale::Never => return,
        }
        self.active = false;
    }
}
