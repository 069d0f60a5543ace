//! A session of the relay, whose page and servers do anything in any order: nothing panics, what the page hears is in order and within the credit
//! that it gave, bytes of a server come whole and in their order, and when all is over nothing goes on and nothing is held.

#[path = "../../../shared/fuzz/bodies/program.rs"]
mod program;

use program::Program;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tokio::time::timeout;
use towpath_relay::machine::{Machine, Running};
use towpath_relay::{Config, Target};
use towpath_shared::{
    Header, Hello, Kind, LISTEN, MAX_PAYLOAD, Message, Open, RESUME, Reason, Reset, Resume, ResumeToken,
    StartTls, StreamId, StreamKind,
};

/// Everything that has to end does so long before, on any machine.
const PATIENCE: Duration = Duration::from_secs(8);

/// Bytes that pages and the relay may have under way in memory.
const PIPE: usize = 64 * 1024;

impl Program<'_> {
    /// Small numbers mostly, and those at the edges.
    fn number(&mut self) -> u64 {
        let byte = self.byte();
        match byte {
            0..200 => u64::from(byte),
            200..248 => 1 << (byte - 200),
            _ => u64::MAX - u64::from(byte - 248),
        }
    }

    fn stream(&mut self) -> StreamId {
        StreamId(u32::from(self.byte() % 10))
    }
}

/// What lasts longer than one input.
struct Stage {
    runtime: Runtime,
    machine: Machine,
    port: u16,
    /// The servers' sockets, in the order in which they were connected, and how much each has sent.
    servers: Arc<Mutex<Vec<(TcpStream, u64)>>>,
}

impl Stage {
    fn new() -> Stage {
        // The sockets are looked at between any two steps.
        let runtime =
            Builder::new_current_thread().enable_all().event_interval(1).build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let mut target = Target::new("127.0.0.1", port);
        target.active = true;
        let mut config = Config { allow_missing_origin: true, targets: vec![target], ..Config::default() };
        config.limits.streams = 4;
        config.limits.memory_mib = 1;
        config.limits.opens_per_minute = 100_000;
        config.limits.address.opens_per_minute = 1_000_000;
        config.limits.all.opens_per_minute = 1_000_000;
        let servers = Arc::new(Mutex::new(Vec::new()));
        let accepted = servers.clone();
        runtime.spawn(async move {
            loop {
                if let Ok((socket, _)) = listener.accept().await {
                    accepted.lock().expect("no panic").push((socket, 0));
                }
            }
        });
        Stage { machine: Machine::new(config).expect("a configuration"), runtime, port, servers }
    }
}

/// What the page has allowed, and what it must hear.
#[derive(Default)]
struct Strict {
    allowed: BTreeMap<StreamId, u64>,
    heard: BTreeMap<StreamId, u64>,
    opened: BTreeMap<StreamId, u64>,
    over: BTreeMap<StreamId, Kind>,
    token: Option<ResumeToken>,
    closed: bool,
}

impl Strict {
    fn hears(&mut self, frame: &[u8]) {
        let (header, payload) = Header::split(frame).expect("the relay sends frames");
        let id = header.stream;
        let over = self.over.get(&id);
        if header.kind == Kind::Data {
            assert!(over.is_none() && self.opened.contains_key(&id), "DATA of {id:?} out of place");
            assert!(payload.len() <= MAX_PAYLOAD);
            let heard = self.heard.entry(id).or_default();
            for byte in payload {
                assert_eq!(*byte, (*heard % 251) as u8, "byte {heard} of {id:?}");
                *heard += 1;
            }
            assert!(*heard <= self.allowed[&id], "{heard} bytes of {}", self.allowed[&id]);
            return;
        }
        let message = Message::decode(header, payload).expect("the relay sends messages");
        if id != StreamId::LINK {
            let after_fin = matches!(message, Message::Credit(_) | Message::Reset(_));
            assert!(over.is_none() || (over == Some(&Kind::Fin) && after_fin), "{message:?} after {over:?}");
        }
        match message {
            Message::Opened { window, .. } => {
                assert!(self.opened.insert(id, window).is_none(), "OPENED twice");
            }
            Message::Credit(limit) => {
                let before = self.opened.insert(id, limit).expect("CREDIT after OPENED");
                assert!(limit > before, "CREDIT that allows nothing");
            }
            Message::Fin { .. } => drop(self.over.insert(id, Kind::Fin)),
            Message::Reset(_) => drop(self.over.insert(id, Kind::Reset)),
            Message::Welcome(welcome) => self.token = welcome.resumption.map(|resumption| resumption.token),
            _ => {}
        }
    }
}

/// The page's end of a WebSocket.
struct Page {
    writer: WriteHalf<DuplexStream>,
}

impl Page {
    async fn connect(relay: &Running, strict: Arc<Mutex<Strict>>) -> Page {
        let (own, its) = duplex(PIPE);
        relay.connect(its);
        let (reader, writer) = split(own);
        let mut page = Page { writer };
        page.write(request("/tunnel").as_bytes()).await;
        tokio::spawn(listen(reader, strict));
        page
    }

    /// A page that is not heard waits for nothing: its reader empties the pipe all the time.
    async fn write(&mut self, bytes: &[u8]) {
        let _ = timeout(PATIENCE, self.writer.write_all(bytes)).await.expect("the relay stops reading");
    }

    async fn leave(&mut self) {
        let _ = timeout(PATIENCE, self.writer.shutdown()).await.expect("the relay stops reading");
    }

    /// A masked WebSocket frame.
    async fn frame(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match payload.len() {
            len @ 0..126 => frame.push(0x80 | len as u8),
            len @ 126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&(len as u16).to_be_bytes());
            }
            len => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&(len as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(payload);
        self.write(&frame).await;
    }

    async fn send(&mut self, id: StreamId, message: &Message) {
        self.frame(0x82, &message.encode(id)).await;
    }
}

fn request(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         sec-websocket-protocol: towpath.v1\r\n\r\n"
    )
}

/// Hears what the relay sends over one WebSocket.
async fn listen(mut reader: ReadHalf<DuplexStream>, strict: Arc<Mutex<Strict>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match reader.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    if !head.starts_with(b"HTTP/1.1 101") {
        return;
    }
    loop {
        let Ok(first) = reader.read_u8().await else { return };
        let Ok(second) = reader.read_u8().await else { return };
        assert!(first & 0x70 == 0 && second < 128, "no extension, no mask");
        let len = match second {
            126 => reader.read_u16().await.map(u64::from),
            127 => reader.read_u64().await,
            len => Ok(u64::from(len)),
        };
        let Ok(len) = len else { return };
        assert!(len <= (MAX_PAYLOAD + Header::LEN) as u64, "{len} bytes in a frame");
        let mut payload = vec![0; len as usize];
        if reader.read_exact(&mut payload).await.is_err() {
            return;
        }
        let mut strict = strict.lock().expect("no panic");
        assert!(!strict.closed, "a frame after the close frame");
        match first & 0x0f {
            2 => strict.hears(&payload),
            8 => strict.closed = true,
            9 | 10 => assert!(len < 126),
            opcode => panic!("opcode {opcode}"),
        }
    }
}

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

pub(crate) fn body(data: &[u8]) {
    STAGE.with_borrow_mut(|stage| {
        let stage = stage.get_or_insert_with(Stage::new);
        stage.runtime.block_on(play(stage, data));
    });
}

async fn play(stage: &Stage, data: &[u8]) {
    let mut program = Program(data);
    stage.servers.lock().expect("no panic").clear();
    let relay = stage.machine.start().expect("a relay");
    let strict = Arc::new(Mutex::new(Strict::default()));
    let mut page = Page::connect(&relay, strict.clone()).await;
    let resumes = program.byte() % 2 == 0;
    let features = if resumes { vec![LISTEN.to_owned(), RESUME.to_owned()] } else { vec![LISTEN.to_owned()] };
    if program.byte() != 255 {
        page.send(StreamId::LINK, &Message::Hello(Hello { features, ..Hello::default() })).await;
    }
    while !program.0.is_empty() {
        step(stage, &relay, &mut program, &mut page, &strict).await;
        assert!(relay.memory() <= 1 << 20, "{} bytes promised", relay.memory());
    }
    if data.len().is_multiple_of(2) {
        page.frame(0x88, &1000_u16.to_be_bytes()).await;
    }
    // A page that stays would be waited for, which costs seconds and finds nothing.
    page.leave().await;
    timeout(PATIENCE, relay.stop()).await.expect("something goes on for ever");
    stage.servers.lock().expect("no panic").clear();
    // Tasks give back what they hold as they end, some a moment after they count as ended.
    for _ in 0..1000 {
        if relay.memory() == 0 {
            return;
        }
        yield_now().await;
    }
    panic!("{} bytes are held for nobody", relay.memory());
}

async fn step(
    stage: &Stage,
    relay: &Running,
    program: &mut Program<'_>,
    page: &mut Page,
    strict: &Arc<Mutex<Strict>>,
) {
    let id = program.stream();
    let allow = |limit: u64| {
        let mut strict = strict.lock().expect("no panic");
        let allowed = strict.allowed.entry(id).or_default();
        *allowed = limit.max(*allowed);
    };
    let message = match program.byte() % 20 {
        0 | 1 => {
            let parent = program.stream().0;
            let (kind, window) = (program.byte(), program.number().min(1000) << 14);
            let port = if kind < 230 { stage.port } else { 1 };
            let kind = match kind % 4 {
                0 | 1 => StreamKind::Control { host: "127.0.0.1".into(), port },
                2 => StreamKind::Data { parent, port },
                _ => StreamKind::Listen { parent },
            };
            allow(window);
            Message::Open { open: Open { kind }, window }
        }
        2 => {
            let limit = program.number();
            allow(limit);
            Message::Credit(limit)
        }
        3 => Message::Fin { unclean: false },
        4 => Message::Reset(Reset::new(Reason::Cancelled, "")),
        5 => {
            let received = program.number();
            Message::StartTls(StartTls {
                server_name: "127.0.0.1".into(),
                received,
                max_version: None,
                client_certificate: None,
            })
        }
        6 => Message::TlsAccept,
        7 => return page.send(StreamId::LINK, &Message::Ping(7)).await,
        8 => return page.send(StreamId::LINK, &Message::Ack(program.number())).await,
        9 | 10 => {
            let len = usize::try_from(program.number()).unwrap_or(usize::MAX).min(MAX_PAYLOAD);
            let mut frame = Header::new(Kind::Data, id).to_bytes().to_vec();
            frame.resize(Header::LEN + len, 1);
            return page.frame(0x82, &frame).await;
        }
        11 => return page.frame(0x82, &program.bytes()).await,
        12 => {
            // Fragments, control frames of the WebSocket, text, reserved bits.
            let first = program.byte();
            let bytes = program.bytes();
            return page.frame(first, &bytes).await;
        }
        13 => return page.write(&program.bytes()).await,
        14 => return serve(stage, program),
        15 if program.byte().is_multiple_of(4) => {
            // The WebSocket is lost, and another comes, with the right token or any. What is sent again is told by nobody here: the
            // ledger of `shared` has tests of its own.
            let (token, received) = (strict.lock().expect("no panic").token.clone(), program.number());
            let token = token.unwrap_or_else(|| ResumeToken("x".into()));
            let (own, its) = duplex(PIPE);
            relay.connect(its);
            let (mut reader, writer) = split(own);
            page.leave().await;
            *page = Page { writer };
            tokio::spawn(async move { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await });
            page.write(request("/tunnel/relay").as_bytes()).await;
            return page.send(StreamId::LINK, &Message::Resume(Resume { token, received })).await;
        }
        _ => {
            for _ in 0..program.byte() {
                yield_now().await;
            }
            return;
        }
    };
    page.send(id, &message).await;
}

/// A server does something.
fn serve(stage: &Stage, program: &mut Program<'_>) {
    let mut servers = stage.servers.lock().expect("no panic");
    let index = usize::from(program.byte());
    if servers.is_empty() {
        return;
    }
    let index = index % servers.len();
    match program.byte() % 6 {
        0..3 => {
            let (socket, sent) = &mut servers[index];
            let len = program.number().min(200_000);
            let bytes: Vec<u8> = (*sent..*sent + len).map(|place| (place % 251) as u8).collect();
            *sent += socket.try_write(&bytes).unwrap_or(0) as u64;
        }
        3 => {
            let _ = servers[index].0.try_read(&mut [0; 65_536]);
        }
        4 => {
            let _ = socket2::SockRef::from(&servers[index].0).shutdown(std::net::Shutdown::Write);
        }
        _ => {
            let (socket, _) = servers.remove(index);
            let _ = socket.set_zero_linger();
        }
    }
}
