//! Floods: rows of the research, section 5, and of advisories. What a page sends too much of costs it its stream or its link, and costs the relay
//! next to no memory; whoever works meanwhile goes on.

use crate::client::{Client, Heard};
use crate::fixture::config;
use crate::process::{Process, Use, echo, flood, silent};
use crate::wire::{self, BINARY, CONTINUATION, PING, TEXT, frame, upgraded};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use towpath_shared::{
    DATA_WINDOW, Header, Kind, Message, Open, Reason, Reset, StartTls, StreamId, StreamKind,
};

/// A relay in a process of its own with somebody who works there.
struct Stage {
    relay: Process,
    client: Client,
    id: StreamId,
    before: Use,
    echoed: u64,
}

impl Stage {
    async fn with(ports: &[u16]) -> Stage {
        let echo = echo().await;
        let mut config = config(&[&[echo], ports].concat());
        config.limits.opens_per_minute = 10_000;
        config.limits.address.opens_per_minute = 100_000;
        config.limits.all.opens_per_minute = 100_000;
        let relay = Process::start(&config);
        let mut client = Client::connect(relay.address).await;
        let (id, _) = client.control("127.0.0.1", echo, 1 << 40).await.unwrap();
        let mut stage = Stage { before: relay.uses(), relay, client, id, echoed: 0 };
        stage.works().await;
        stage.before = stage.relay.uses();
        stage
    }

    /// The session that has nothing to do with it still works.
    async fn works(&mut self) -> Duration {
        let start = Instant::now();
        self.client.data(self.id, &[9; 4096]).await;
        let mut back = 0;
        while back < 4096 {
            match self.client.hear().await {
                Heard::Data(_, bytes) => back += bytes.len(),
                Heard::Message(_, Message::Credit(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        self.echoed += 4096;
        start.elapsed()
    }

    /// A socket after the upgrade and HELLO.
    async fn page(&self) -> TcpStream {
        let mut socket = upgraded(self.relay.address).await;
        socket.write_all(&frame(true, BINARY, &wire::hello())).await.unwrap();
        socket
    }

    /// What it cost, at the worst moment. `most` is in KiB.
    async fn cost(&mut self, name: &str, most: u64) {
        let (longest, uses) = (self.works().await, self.relay.uses());
        let growth = uses.peak.saturating_sub(self.before.memory);
        println!(
            "{name}: {} KiB before, {growth} KiB more at most; answer after {longest:?}",
            self.before.memory
        );
        assert!(growth <= most, "{name}: grew by {growth} KiB, {most} are bearable");
        assert!(longest < Duration::from_secs(5), "{name}: the other session waited for {longest:?}");
    }
}

/// Sends until the other side has had enough or all is said. Answers are read and thrown away if `reads`.
async fn pour(socket: TcpStream, bytes: &[u8], times: usize, reads: bool) {
    let (mut reader, mut writer) = socket.into_split();
    let writing = async {
        for _ in 0..times {
            match timeout(Duration::from_secs(3), writer.write_all(bytes)).await {
                Ok(Ok(())) => {}
                // Closed, or nobody takes any more.
                Ok(Err(_)) | Err(_) => return,
            }
        }
    };
    let reading = async {
        let mut buffer = vec![0; 65_536];
        if !reads {
            std::future::pending::<()>().await;
        }
        while reader.read(&mut buffer).await.is_ok_and(|len| len > 0) {}
    };
    tokio::select! { () = writing => {}, () = reading => {} }
}

fn open(id: u32, kind: StreamKind) -> Vec<u8> {
    frame(true, BINARY, &Message::Open { open: Open { kind }, window: DATA_WINDOW }.encode(StreamId(id)))
}

fn control(id: u32, port: u16) -> Vec<u8> {
    open(id, StreamKind::Control { host: "127.0.0.1".into(), port })
}

/// Java-WebSocket#1507: a length that is only claimed must not be reserved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn java_websocket_1507_a_frame_that_claims_16_mib() {
    let mut stage = Stage::with(&[]).await;
    let mut pages = Vec::new();
    for turn in 0..60 {
        // Before HELLO and after it.
        let mut page = if turn % 2 == 0 { upgraded(stage.relay.address).await } else { stage.page().await };
        let claim = if turn % 3 == 0 { u64::MAX >> 1 } else { 16 << 20 };
        page.write_all(&wire::head(true, BINARY, claim)).await.unwrap();
        pages.push(page);
    }
    stage.cost("60 claims of 16 MiB and more", 8 * 1024).await;
    for mut page in pages {
        wire::ended(&mut page).await;
    }
}

/// ttyd PR#1544: fragments of a message that never ends must not pile up, whoever sends them and however small they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ttyd_1544_fragments_without_end() {
    let mut stage = Stage::with(&[]).await;
    let first = frame(false, BINARY, &[0x20]);
    let mut more = frame(false, CONTINUATION, &[0; 1000]).repeat(40);
    more.extend(frame(false, CONTINUATION, b"").repeat(100));
    more.extend(frame(false, CONTINUATION, &[0]).repeat(100));
    let mut pages = JoinSet::new();
    for turn in 0..40 {
        let mut page = if turn % 2 == 0 { upgraded(stage.relay.address).await } else { stage.page().await };
        page.write_all(&first).await.unwrap();
        let more = more.clone();
        // 40 KB at a time: the second goes past the limit.
        pages.spawn(async move { pour(page, &more, 100, true).await });
    }
    pages.join_all().await;
    // Fragments that say nothing at all never reach it, and weigh nothing.
    let mut page = stage.page().await;
    page.write_all(&first).await.unwrap();
    pour(page, &frame(false, CONTINUATION, b"").repeat(1000), 100, true).await;
    stage.cost("fragments without end", 8 * 1024).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_frames_end_the_link() {
    let mut stage = Stage::with(&[]).await;
    let mut pages = Vec::new();
    for turn in 0..40 {
        let mut page = if turn % 2 == 0 { upgraded(stage.relay.address).await } else { stage.page().await };
        page.write_all(&frame(true, TEXT, "täxt".repeat(1000).as_bytes())).await.unwrap();
        pages.push(page);
    }
    for mut page in pages {
        wire::ended(&mut page).await;
    }
    stage.cost("text", 4 * 1024).await;
}

/// 32 streams whose servers send without end, to a page that allows everything and reads nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_streams_never_read() {
    let flood = flood().await;
    let mut stage = Stage::with(&[flood]).await;
    let mut page = stage.page().await;
    for number in 0..32_u32 {
        let id = 2 * number + 1;
        page.write_all(&control(id, flood)).await.unwrap();
        page.write_all(&frame(true, BINARY, &Message::Credit(u64::MAX).encode(StreamId(id)))).await.unwrap();
    }
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(4) {
        stage.works().await;
    }
    // Three frames of 64 KiB each, and the buffers of one WebSocket.
    stage.cost("32 streams never read", 12 * 1024).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_without_end() {
    let mut stage = Stage::with(&[]).await;
    let websocket = frame(true, PING, &[1; 125]).repeat(1000);
    let tunnel = frame(true, BINARY, &Message::Ping(7).encode(StreamId::LINK)).repeat(1000);
    for reads in [true, false] {
        for pings in [&websocket, &tunnel] {
            tokio::join!(
                pour(stage.page().await, pings, 100, reads),
                pour(stage.page().await, pings, 100, reads),
            );
        }
    }
    stage.cost("pings, read and unread", 8 * 1024).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credit_without_end() {
    let silent = silent().await;
    let mut stage = Stage::with(&[silent]).await;
    let mut page = stage.page().await;
    page.write_all(&control(1, silent)).await.unwrap();
    let mut credit = Vec::new();
    for limit in 0..1000_u64 {
        credit.extend(frame(true, BINARY, &Message::Credit(limit << 30).encode(StreamId(1))));
    }
    pour(page, &credit, 300, true).await;
    stage.cost("300,000 times CREDIT", 6 * 1024).await;
}

/// CVE-2023-44487, HTTP/2 rapid reset: streams that are opened to be given up at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cve_2023_44487_streams_opened_to_be_given_up() {
    let silent = silent().await;
    let mut stage = Stage::with(&[silent]).await;
    let mut client = Client::connect(stage.relay.address).await;
    let (parent, _) = client.control("127.0.0.1", silent, DATA_WINDOW).await.unwrap();
    let mut tries = 0;
    let code = loop {
        let id = client.open(StreamKind::Data { parent: parent.0, port: silent }, DATA_WINDOW).await;
        client.send(id, &Message::Reset(Reset::new(Reason::Cancelled, ""))).await;
        tries += 1;
        assert!(tries < 100_000, "the relay goes on with it for ever");
        if tries % 50 == 0 {
            // A stream may stand before it is given up; then it was one.
            match timeout(Duration::from_millis(50), client.close_code()).await {
                Ok(code) => break code,
                Err(_) => stage.works().await,
            };
        }
    };
    println!("closed with {code:?} after {tries} streams");
    assert_eq!(code, Some(1008));
    stage.cost("OPEN and RESET", 6 * 1024).await;
    stage.relay.released(stage.before.descriptors).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_tls_without_end() {
    let silent = silent().await;
    let mut stage = Stage::with(&[silent]).await;
    let request = StartTls {
        server_name: "a.example".into(),
        received: 0,
        max_version: None,
        client_certificate: None,
    };
    let mut page = stage.page().await;
    let mut frames = Vec::new();
    for number in 0..32_u32 {
        let id = 2 * number + 1;
        page.write_all(&control(id, silent)).await.unwrap();
        frames.extend(frame(true, BINARY, &Message::StartTls(request.clone()).encode(StreamId(id))));
    }
    pour(page, &frames, 3000, true).await;
    stage.cost("96,000 times START_TLS", 8 * 1024).await;
    stage.relay.released(stage.before.descriptors).await;
}

/// Frames of kinds that this version does not know and may skip, and data for streams that are over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_for_nobody() {
    let silent = silent().await;
    let mut stage = Stage::with(&[silent]).await;
    let mut page = stage.page().await;
    page.write_all(&control(1, silent)).await.unwrap();
    page.write_all(&frame(
        true,
        BINARY,
        &Message::Reset(Reset::new(Reason::Cancelled, "")).encode(StreamId(1)),
    ))
    .await
    .unwrap();
    let mut frames = Vec::new();
    let mut late = Header::new(Kind::Data, StreamId(1)).to_bytes().to_vec();
    late.resize(4096, 1);
    for _ in 0..200 {
        frames.extend(frame(true, BINARY, &[0x7f, 0x80, 0, 0, 0, 0, 0, 0]));
        frames.extend(frame(true, BINARY, &late));
        frames.extend(frame(
            true,
            BINARY,
            &Message::Reset(Reset::new(Reason::Cancelled, "")).encode(StreamId(1)),
        ));
    }
    pour(page, &frames, 100, true).await;
    stage.cost("60,000 frames for nobody", 6 * 1024).await;
}
