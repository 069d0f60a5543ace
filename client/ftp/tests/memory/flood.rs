//! A server that answers politely up to one point and then never stops. What comes out of the session is dropped at once, as a driver
//! does that shows it, so what lives is the engine's own.

use std::collections::{BTreeSet, VecDeque};

use towpath_ftp::{
    ConnId, Encryption, End, Event, Input, Output, Request, RequestId, Secret, Session, Site, Target, Time,
};

pub(crate) struct Flood {
    session: Session,
    now: Time,
    control: ConnId,
    data: ConnId,
    open: BTreeSet<ConnId>,
    /// Commands that were not answered yet.
    commands: VecDeque<String>,
    directory: String,
    machine: bool,
    /// What became of the last request: whether it worked.
    pub(crate) ended: Option<bool>,
}

impl Flood {
    /// A session that has asked for this, to a server with or without MLSD.
    pub(crate) fn new(machine: bool, request: Request) -> Flood {
        let mut site = Site::new("ftp.example.org", 21, "me", Secret::new("secret"));
        site.encryption = Encryption::None;
        site.quirks.lock_step = true;
        site.epoch = 1_700_000_000;
        let mut flood = Flood {
            session: Session::new(site),
            now: Time(0),
            control: ConnId(0),
            data: ConnId(0),
            open: BTreeSet::new(),
            commands: VecDeque::new(),
            directory: "/".into(),
            machine,
            ended: None,
        };
        flood.feed(Input::Request(RequestId(1), Request::Connect));
        flood.feed(Input::Request(RequestId(2), request));
        let conn = flood.control;
        flood.feed(Input::Opened { conn, peer: "192.0.2.7:21".into() });
        flood
    }

    fn feed(&mut self, input: Input) {
        self.session.handle(self.now, input);
        loop {
            match self.session.poll() {
                Output::Wait(_) => return,
                Output::Open(conn, Target::Control { .. }) => {
                    self.control = conn;
                    self.open.insert(conn);
                }
                Output::Open(conn, _) => {
                    self.data = conn;
                    self.open.insert(conn);
                }
                Output::Send(_, bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    self.commands.extend(text.lines().map(str::to_owned));
                }
                Output::Close(conn) | Output::Abort(conn) => drop(self.open.remove(&conn)),
                Output::Event(Event::Done { request: RequestId(2), .. }) => self.ended = Some(true),
                Output::Event(Event::Failed { request: RequestId(2), .. }) => self.ended = Some(false),
                _ => {}
            }
        }
    }

    /// Bytes on the control connection.
    pub(crate) fn control(&mut self, bytes: &[u8]) -> bool {
        let conn = self.control;
        self.bytes(conn, bytes)
    }

    /// Bytes on the data connection; whether it is still wanted.
    pub(crate) fn data(&mut self, bytes: &[u8]) -> bool {
        let conn = self.data;
        self.bytes(conn, bytes)
    }

    fn bytes(&mut self, conn: ConnId, bytes: &[u8]) -> bool {
        if self.open.contains(&conn) {
            self.feed(Input::Bytes(conn, bytes.to_vec()));
        }
        self.open.contains(&conn)
    }

    /// The same piece again and again, until the session has enough or so many bytes have come: how many.
    pub(crate) fn endless(&mut self, on_data: bool, piece: &[u8], most: u64) -> u64 {
        let mut sent = 0;
        while sent < most {
            sent += piece.len() as u64;
            if !(if on_data { self.data(piece) } else { self.control(piece) }) {
                break;
            }
        }
        sent
    }

    /// Greets, and answers every command before one with this verb, which stays without an answer.
    pub(crate) fn until(&mut self, verb: &str) {
        self.control(b"220 hello\r\n");
        self.go_on(verb, |_, _| false);
    }

    /// Answers every command up to one with this verb; `listing` sends the rows of a directory and says whether there are any more to come.
    pub(crate) fn go_on(&mut self, verb: &str, mut listing: impl FnMut(&mut Flood, &str) -> bool) {
        while let Some(line) = self.commands.pop_front() {
            let (word, argument) = line.split_once(' ').unwrap_or((&line, ""));
            if word == verb {
                return;
            }
            let reply = match word {
                "USER" => "331 password".to_owned(),
                "PASS" => "230 in".to_owned(),
                "SYST" => "215 UNIX Type: L8".to_owned(),
                "FEAT" if self.machine => {
                    "211-x\r\n MLST type*;size*;\r\n EPSV\r\n TVFS\r\n211 end".to_owned()
                }
                "FEAT" => "500 no".to_owned(),
                "PWD" => format!("257 \"{}\"", self.directory),
                "CWD" => {
                    self.directory = argument.to_owned();
                    "250 ok".to_owned()
                }
                "EPSV" => "229 ok (|||50000|)".to_owned(),
                "PASV" => "227 ok (192,0,2,7,195,80)".to_owned(),
                "DELE" => "550 a directory".to_owned(),
                "MLSD" | "LIST" => {
                    self.opened();
                    self.control(b"150 here\r\n");
                    let directory = self.directory.clone();
                    let more = listing(self, &directory);
                    self.close_data();
                    if !more {
                        return;
                    }
                    "226 done".to_owned()
                }
                _ => "200 ok".to_owned(),
            };
            self.control(format!("{reply}\r\n").as_bytes());
        }
    }

    /// The data connection stands.
    pub(crate) fn opened(&mut self) {
        let conn = self.data;
        self.feed(Input::Opened { conn, peer: "192.0.2.7:50000".into() });
    }

    fn close_data(&mut self) {
        let conn = self.data;
        if self.open.remove(&conn) {
            self.feed(Input::Closed { conn, end: End::Clean });
        }
    }
}
