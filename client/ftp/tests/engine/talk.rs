//! A transcript: a test plays driver and server by hand, byte by byte, and says what the session must do next.

use std::collections::VecDeque;

use towpath_ftp::{
    Certificate, ConnId, Direction, Encryption, End, Event, Input, JobId, LogKind, Output, Request,
    RequestId, Secret, Session, Site, Stage, Target, Time, TlsSession, Verdict,
};

/// The name of every control connection's peer.
pub(crate) const PEER: &str = "192.0.2.7:21";

/// Drains are finite: no test needs more outputs at once.
const MOST_OUTPUTS: usize = 100_000;

pub(crate) struct Talk {
    session: Session,
    pub(crate) now: Time,
    next_request: u32,
    control: Option<ConnId>,
    data: Option<ConnId>,
    /// Data connections are secured.
    secure: bool,
    says: VecDeque<String>,
    last_line: Vec<u8>,
    pub(crate) log: Vec<String>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) wait: Option<Time>,
}

/// A site with user `me`, password `secret`, and a server that gets one command at a time: a transcript reads best so.
pub(crate) fn site(encryption: Encryption) -> Site {
    let port = if encryption == Encryption::Implicit { 990 } else { 21 };
    let mut site = Site::new("ftp.example.org", port, "me", Secret::new("secret"));
    site.encryption = encryption;
    site.quirks.lock_step = true;
    site
}

/// A TLS session with this certificate.
pub(crate) fn tls(verdict: Verdict, certificate: &str) -> TlsSession {
    TlsSession {
        verdict,
        version: "TLS1.3".into(),
        key_exchange: "X25519".into(),
        cipher: "AES-256-GCM".into(),
        resumed: false,
        chain: vec![Certificate {
            sha256: format!("sha-{certificate}"),
            spki_sha256: format!("spki-{certificate}"),
            ..Certificate::default()
        }],
    }
}

/// The same, resumed.
pub(crate) fn resumed(certificate: &str) -> TlsSession {
    TlsSession { resumed: true, ..tls(Verdict::Trusted, certificate) }
}

pub(crate) fn broken(stage: Stage, text: &str) -> End {
    End::Failed { stage, text: text.into() }
}

impl Talk {
    pub(crate) fn new(site: Site) -> Talk {
        Talk {
            session: Session::new(site),
            now: Time(1_000),
            next_request: 0,
            control: None,
            data: None,
            secure: false,
            says: VecDeque::new(),
            last_line: Vec::new(),
            log: Vec::new(),
            events: VecDeque::new(),
            wait: None,
        }
    }

    /// Connected, with plain FTP, by a server that lists these features, and nothing left to assert.
    pub(crate) fn plain(features: &[&str]) -> Talk {
        Talk::plain_at(site(Encryption::None), features)
    }

    /// The same with this site.
    pub(crate) fn plain_at(site: Site, features: &[&str]) -> Talk {
        let mut talk = Talk::new(site);
        talk.connect();
        talk.server("220 Welcome");
        talk.expect(&["send USER me"]);
        talk.server("331 Password");
        talk.expect(&["send PASS secret"]);
        talk.server("230 In");
        talk.after_login(features, false);
        talk
    }

    /// Connected with explicit TLS and a trusted certificate named `a`.
    pub(crate) fn secure(features: &[&str]) -> Talk {
        let mut talk = Talk::new(site(Encryption::Explicit));
        talk.connect();
        talk.server("220 Welcome");
        talk.expect(&["send AUTH TLS"]);
        talk.server("234 Go");
        talk.expect(&["starttls 1 ftp.example.org group 1"]);
        talk.secured(tls(Verdict::Trusted, "a"));
        talk.expect(&["accept 1", "send USER me"]);
        talk.server("331 Password");
        talk.expect(&["send PASS secret"]);
        talk.server("230 In");
        talk.after_login(features, true);
        talk
    }

    /// A connect request whose connection stands.
    pub(crate) fn connect(&mut self) -> RequestId {
        let id = self.request(Request::Connect);
        let says = self.says.pop_back().unwrap_or_default();
        assert!(says.starts_with("open "), "{says}");
        self.says.clear();
        self.opened();
        id
    }

    /// SYST, FEAT and what follows, up to the login's end; forgets log and events.
    pub(crate) fn after_login(&mut self, features: &[&str], secure: bool) {
        self.expect(&["send SYST"]);
        self.server("215 UNIX Type: L8");
        self.expect(&["send FEAT"]);
        let lines: String = features.iter().map(|line| format!(" {line}\r\n")).collect();
        self.bytes(format!("211-Features\r\n{lines}211 End\r\n").as_bytes());
        if features.contains(&"UTF8") {
            self.expect(&["send OPTS UTF8 ON"]);
            self.server("200 ok");
        }
        if secure {
            self.expect(&["send PBSZ 0"]);
            self.server("200 ok");
            self.expect(&["send PROT P"]);
            self.server("200 ok");
        }
        self.secure = secure;
        self.expect(&[]);
        assert!(self.events.iter().any(|event| matches!(event, Event::LoggedIn(_))), "{:?}", self.log);
        self.events.clear();
        self.log.clear();
    }

    /// Up to the command of a download of `/f`, over EPSV; its data connection is 2 and stands.
    pub(crate) fn download(&mut self, size: Option<u64>, offset: u64) -> RequestId {
        let id = self.request(Request::Download {
            job: JobId(5),
            path: path("/f"),
            size,
            offset,
            options: towpath_ftp::TransferOptions::default(),
        });
        self.transfer("RETR /f", offset);
        id
    }

    /// The same of an upload.
    pub(crate) fn upload(&mut self, size: Option<u64>, offset: u64) -> RequestId {
        let id = self.request(Request::Upload {
            job: JobId(5),
            path: path("/f"),
            size,
            offset,
            options: towpath_ftp::TransferOptions::default(),
        });
        self.transfer("STOR /f", offset);
        id
    }

    fn transfer(&mut self, command: &str, offset: u64) {
        self.expect(&["send TYPE I"]);
        self.server("200 binary");
        self.expect(&["send EPSV"]);
        self.server("229 ok (|||50000|)");
        if offset > 0 {
            self.expect(&["open 2 data of 1 port 50000", &format!("send REST {offset}")]);
            self.server("350 go on");
        } else {
            let open = self.says.pop_front();
            assert_eq!(open.as_deref(), Some("open 2 data of 1 port 50000"));
        }
        let down = command.starts_with("RETR");
        let way = if down { "download" } else { "upload" };
        let (send, splice) = (format!("send {command}"), format!("splice 2 {way} job 5 at {offset}"));
        // Bytes of a download in plain text may come at once; TLS waits for this side.
        let first = down && !self.secure;
        self.expect_secured(&if first { [&splice, &send] } else { [&send, &splice] }.map(String::as_str));
        self.data_opened();
    }

    /// Up to the MLSD of `/`; its data connection is 2 and stands.
    pub(crate) fn list(&mut self) -> RequestId {
        let id = self.request(Request::List(None));
        self.expect(&["send PWD"]);
        self.server("257 \"/\"");
        self.expect(&["send TYPE I"]);
        self.server("200 binary");
        self.expect(&["send EPSV"]);
        self.server("229 ok (|||50000|)");
        self.expect_secured(&["open 2 data of 1 port 50000", "send MLSD"]);
        self.data_opened();
        id
    }

    /// The data connection.
    pub(crate) fn data_conn(&self) -> ConnId {
        self.data.expect("a data connection")
    }

    /// The last line that went out, byte by byte.
    pub(crate) fn sent(&self) -> &[u8] {
        &self.last_line
    }

    /// What the session has learned.
    pub(crate) fn quirks(&self) -> &towpath_ftp::Quirks {
        self.session.quirks()
    }

    /// Hands a request in and returns its number.
    pub(crate) fn request(&mut self, request: Request) -> RequestId {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        self.input(Input::Request(id, request));
        id
    }

    pub(crate) fn cancel(&mut self, id: RequestId) {
        self.input(Input::Cancel(id));
    }

    pub(crate) fn answer(&mut self, yes: bool) {
        self.input(Input::Answer(yes));
    }

    /// The control connection stands.
    pub(crate) fn opened(&mut self) {
        self.opened_as(PEER);
    }

    /// The same, with this peer.
    pub(crate) fn opened_as(&mut self, peer: &str) {
        let conn = self.control.expect("a control connection");
        self.input(Input::Opened { conn, peer: peer.into() });
    }

    /// The data connection stands.
    pub(crate) fn data_opened(&mut self) {
        let conn = self.data.expect("a data connection");
        self.input(Input::Opened { conn, peer: "192.0.2.7:50000".into() });
    }

    pub(crate) fn secured(&mut self, tls: TlsSession) {
        let conn = self.control.expect("a control connection");
        self.input(Input::Secured { conn, tls });
    }

    pub(crate) fn data_secured(&mut self, tls: TlsSession) {
        let conn = self.data.expect("a data connection");
        self.input(Input::Secured { conn, tls });
    }

    /// A line of the server on the control connection.
    pub(crate) fn server(&mut self, line: &str) {
        self.bytes(format!("{line}\r\n").as_bytes());
    }

    /// Bytes on the control connection.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let conn = self.control.expect("a control connection");
        self.input(Input::Bytes(conn, bytes.to_vec()));
    }

    /// Bytes on the data connection.
    pub(crate) fn data(&mut self, bytes: &[u8]) {
        let conn = self.data.expect("a data connection");
        self.input(Input::Bytes(conn, bytes.to_vec()));
    }

    pub(crate) fn moved(&mut self, total: u64) {
        let conn = self.data.expect("a data connection");
        self.input(Input::Moved { conn, total });
    }

    pub(crate) fn data_closed(&mut self, end: End) {
        let conn = self.data.expect("a data connection");
        self.input(Input::Closed { conn, end });
    }

    pub(crate) fn closed(&mut self, end: End) {
        let conn = self.control.expect("a control connection");
        self.input(Input::Closed { conn, end });
    }

    /// Time passes, in one step.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.now = self.now.after(ms);
        self.input(Input::Tick);
    }

    /// Time passes until the session wants to be woken.
    pub(crate) fn wake(&mut self) {
        self.now = self.wait.expect("a deadline");
        self.input(Input::Tick);
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.session.handle(self.now, input);
        for _ in 0..MOST_OUTPUTS {
            match self.session.poll() {
                Output::Wait(at) => {
                    self.wait = at;
                    return;
                }
                Output::Event(Event::Log(line)) => {
                    assert_eq!(line.at, self.now);
                    self.log.push(format!("{}: {}", line.kind.label(), line.text));
                }
                Output::Event(event) => self.events.push_back(event),
                output => {
                    let text = self.describe(output);
                    self.says.push_back(text);
                }
            }
        }
        panic!("the session never waits");
    }

    fn describe(&mut self, output: Output) -> String {
        match output {
            Output::Open(conn, Target::Control { host, port }) => {
                self.control = Some(conn);
                format!("open {} {host}:{port}", conn.0)
            }
            Output::Open(conn, Target::Data { control, port }) => {
                self.data = Some(conn);
                format!("open {} data of {} port {port}", conn.0, control.0)
            }
            Output::StartTls { conn, server_name, group, tls12_only } => {
                let only = if tls12_only { " TLS 1.2 only" } else { "" };
                format!("starttls {} {server_name} group {}{only}", conn.0, group.0)
            }
            Output::AcceptTls(conn) => format!("accept {}", conn.0),
            Output::SendPassword(conn) => format!("password {}", conn.0),
            Output::Send(_, bytes) => {
                self.last_line.clone_from(&bytes);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let line = text.strip_suffix("\r\n").expect("a whole line");
                assert!(!line.contains(['\r', '\n', '\0']), "more than one line: {line:?}");
                format!("send {line}")
            }
            Output::Listen { conn, control } => {
                self.data = Some(conn);
                format!("listen {} for {}", conn.0, control.0)
            }
            Output::Digest { job, algorithm, length } => {
                format!("digest {algorithm:?} of job {} to {length}", job.0)
            }
            Output::Splice { conn, job, direction, offset, limit, coding } => {
                let way = match direction {
                    Direction::Download => "download",
                    Direction::Upload => "upload",
                    Direction::Compare => "compare",
                };
                let limit = limit.map(|limit| format!(" limit {limit}")).unwrap_or_default();
                let text = if coding.text { " as text" } else { "" };
                let deflate = if coding.deflate { " deflated" } else { "" };
                format!("splice {} {way} job {} at {offset}{limit}{text}{deflate}", conn.0, job.0)
            }
            Output::Close(conn) => format!("close {}", conn.0),
            Output::Abort(conn) => format!("abort {}", conn.0),
            Output::Event(_) | Output::Wait(_) => unreachable!("handled by input"),
        }
    }

    /// What the session has said since the last time, exactly.
    #[track_caller]
    pub(crate) fn expect(&mut self, says: &[&str]) {
        let said: Vec<String> = self.says.drain(..).collect();
        assert_eq!(said, says, "log: {:#?}", self.log);
    }

    /// The same, and where data connections are secured the wish for TLS on connection 2.
    #[track_caller]
    pub(crate) fn expect_secured(&mut self, says: &[&str]) {
        let tls = self.secure.then_some("starttls 2 ftp.example.org group 1");
        let says: Vec<&str> = says.iter().copied().chain(tls).collect();
        self.expect(&says);
    }

    /// What the session has said since the last time.
    pub(crate) fn said(&mut self) -> Vec<String> {
        self.says.drain(..).collect()
    }

    /// How some request ended, if one has.
    pub(crate) fn ended_yet(&self) -> Option<&Event> {
        self.events.iter().find(|event| matches!(event, Event::Done { .. } | Event::Failed { .. }))
    }

    /// The last thing that the session has said; what came before is forgotten.
    #[track_caller]
    pub(crate) fn says_last(&mut self, says: &str) {
        let last = self.says.drain(..).next_back();
        assert_eq!(last.as_deref(), Some(says), "log: {:#?}", self.log);
    }

    /// How the request ended, after others.
    #[track_caller]
    pub(crate) fn ended_after(&mut self, id: RequestId) -> Result<towpath_ftp::Outcome, towpath_ftp::Error> {
        self.events.retain(|event| match event {
            Event::Done { request, .. } | Event::Failed { request, .. } => *request == id,
            _ => true,
        });
        self.ended(id)
    }

    /// How the request ended; it is the next such event, and there was one.
    #[track_caller]
    pub(crate) fn ended(&mut self, id: RequestId) -> Result<towpath_ftp::Outcome, towpath_ftp::Error> {
        let place = self
            .events
            .iter()
            .position(|event| matches!(event, Event::Done { .. } | Event::Failed { .. }))
            .unwrap_or_else(|| panic!("nothing ended; log: {:#?}", self.log));
        match self.events.remove(place).expect("the place exists") {
            Event::Done { request, outcome } if request == id => Ok(outcome),
            Event::Failed { request, error } if request == id => Err(error),
            event => panic!("another ended: {event:?}"),
        }
    }

    /// Whether the session said that it is over, and why.
    #[track_caller]
    pub(crate) fn disconnected(&mut self) -> Option<towpath_ftp::Error> {
        match self.events.pop_back() {
            Some(Event::Disconnected(error)) => error,
            event => panic!("not disconnected: {event:?}"),
        }
    }

    /// Whether a line with this text is in the log.
    pub(crate) fn logged(&self, text: &str) -> bool {
        self.log.iter().any(|line| line.contains(text))
    }

    /// The log's lines of some kinds.
    pub(crate) fn lines(&self, kinds: &[LogKind]) -> Vec<&str> {
        self.log
            .iter()
            .filter(|line| kinds.iter().any(|kind| line.starts_with(kind.label())))
            .map(String::as_str)
            .collect()
    }

    /// The session still works: a directory can be made.
    #[track_caller]
    pub(crate) fn is_usable(&mut self) {
        self.expect(&[]);
        let id = self.request(Request::MakeDirectory(path("/usable")));
        self.expect(&["send MKD /usable"]);
        self.server("257 created");
        assert_eq!(self.ended(id), Ok(towpath_ftp::Outcome::Ok));
    }
}

pub(crate) fn path(text: &str) -> towpath_ftp::RemotePath {
    towpath_ftp::RemotePath::new(text).expect("an absolute path")
}
