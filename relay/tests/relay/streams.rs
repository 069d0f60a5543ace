//! Bytes, credit and the ends of streams.

use crate::client::{Client, Heard, PATIENCE};
use crate::fixture::{Relay, accept, config, listen};
use futures_util::{SinkExt, StreamExt};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Carrier;
use towpath_shared::page::{Event, Link};
use towpath_shared::{
    DATA_WINDOW, Header, Hello, Kind, MAX_PAYLOAD, Message, Reason, StreamKind, WINDOW_UNIT,
};

const MIB: usize = 1024 * 1024;

/// Bytes that differ at every place where an error would show.
fn pattern(len: usize) -> Vec<u8> {
    (0..len as u64).map(|place| (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u8).collect()
}

#[tokio::test]
async fn both_directions_end_on_their_own() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;

    // The page ends first; the server answers afterwards.
    let (id, opened) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    assert_eq!(opened.peer, format!("127.0.0.1:{port}"));
    let mut server = accept(&listener).await;
    assert_eq!(opened.local, server.peer_addr().unwrap().to_string());
    client.data(id, b"hello ").await;
    client.data(id, b"server").await;
    client.finish(id).await;
    let mut heard = Vec::new();
    server.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"hello server");
    server.write_all(b"hello page").await.unwrap();
    drop(server);
    assert_eq!(client.read_to_end(id).await, (b"hello page".to_vec(), false));

    // The server ends first; the page goes on, and nothing of it is lost.
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    server.shutdown().await.unwrap();
    assert_eq!(client.read_to_end(id).await, (Vec::new(), false));
    client.data(id, &pattern(60_000)).await;
    client.finish(id).await;
    let mut heard = Vec::new();
    server.read_to_end(&mut heard).await.unwrap();
    assert!(heard == pattern(60_000));
}

/// 8 MiB there and back through the protocol's own page side, which grants credit as a page does.
#[tokio::test]
async fn eight_mebibytes_each_way_arrive_whole() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let echo = tokio::spawn(async move {
        let (mut reader, mut writer) = accept(&listener).await.into_split();
        tokio::io::copy(&mut reader, &mut writer).await.unwrap();
    });
    let mut socket = Client::connect(relay.address).await.socket;
    // The tunnel stands; a fresh link on top of it would say HELLO twice, so its first frame is taken off.
    let mut link = Link::new(Hello::default());
    link.poll_frame().unwrap();
    let welcome = Message::Welcome(towpath_shared::Welcome {
        max_payload: MAX_PAYLOAD,
        max_streams: 32,
        ..Default::default()
    });
    let frame = welcome.encode(towpath_shared::StreamId::LINK);
    let (header, payload) = Header::split(&frame).unwrap();
    link.receive(header, payload, 0).unwrap();

    let id = link.open(StreamKind::Control { host: "127.0.0.1".into(), port }).unwrap();
    let sent = pattern(8 * MIB);
    let (mut place, mut found, mut finished) = (0, Vec::new(), false);
    while !finished {
        while let Some(frame) = link.poll_frame() {
            socket.send(Carrier::binary(frame)).await.unwrap();
        }
        let len = (link.budget(id) as usize).min(MAX_PAYLOAD).min(sent.len() - place);
        if len > 0 {
            let mut frame = link.data_header(id, len).to_vec();
            frame.extend_from_slice(&sent[place..place + len]);
            socket.feed(Carrier::binary(frame)).await.unwrap();
            place += len;
            if place == sent.len() {
                link.finish(id);
            }
            continue;
        }
        socket.flush().await.unwrap();
        let carrier = timeout(PATIENCE, socket.next()).await.expect("stuck").unwrap().unwrap();
        let Carrier::Binary(frame) = carrier else { continue };
        let (header, payload) = Header::split(&frame).unwrap();
        if header.kind == Kind::Data {
            assert!(link.receive_data(header, payload.len()).unwrap());
            found.extend_from_slice(payload);
            link.consumed(id, payload.len() as u64, 0);
            continue;
        }
        match link.receive(header, payload, 0).unwrap() {
            Some(Event::Finished(_, unclean)) => {
                assert!(!unclean);
                finished = true;
            }
            Some(Event::Reset(_, reset)) => panic!("{reset:?}"),
            _ => {}
        }
    }
    assert_eq!(found.len(), sent.len());
    assert!(found == sent);
    echo.await.unwrap();
}

#[tokio::test]
async fn bytes_past_the_credit_cost_the_stream_and_not_the_link() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    // The server reads nothing, so no credit comes back; the sockets' buffers take a part of it.
    let chunk = vec![0; MAX_PAYLOAD];
    for _ in 0..1024 {
        client.data(id, &chunk).await;
    }
    assert_eq!(client.reset_of(id).await.reason, Reason::FlowControl);
    // A stream that was given up breaks its connection: what came so far must not look complete.
    let mut buffer = vec![0; MIB];
    let end = loop {
        match server.read(&mut buffer).await {
            Ok(0) => break None,
            Ok(_) => {}
            Err(error) => break Some(error.kind()),
        }
    };
    assert_eq!(end, Some(ErrorKind::ConnectionReset));
    // The link lives.
    let (_, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
}

#[tokio::test]
async fn a_reset_and_a_lost_page_break_the_connection_of_an_upload() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    for lost in [false, true] {
        let mut client = Client::connect(relay.address).await;
        let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
        let mut server = accept(&listener).await;
        client.data(id, b"half a file").await;
        let mut buffer = [0; 11];
        server.read_exact(&mut buffer).await.unwrap();
        if lost {
            drop(client);
        } else {
            let reset = towpath_shared::Reset::new(Reason::Cancelled, "");
            client.send(id, &Message::Reset(reset)).await;
        }
        let end = timeout(PATIENCE, server.read(&mut buffer)).await.expect("the connection goes on");
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset, "lost: {lost}");
    }
}

#[tokio::test]
async fn a_server_that_breaks_the_connection_is_reported() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    server.write_all(b"421 Too many connections\r\n").await.unwrap();
    server.set_zero_linger().unwrap();
    // Wait for the line at the page, so that the break cannot overtake it in the sockets.
    match client.hear().await {
        Heard::Data(found, bytes) => {
            assert_eq!((found, &bytes[..]), (id, &b"421 Too many connections\r\n"[..]))
        }
        other => panic!("{other:?}"),
    }
    drop(server);
    assert_eq!(client.reset_of(id).await.reason, Reason::PeerReset);
}

/// Writes until the other side takes no more, and says how much it took.
async fn write_until_stalled(server: &mut tokio::net::TcpStream) -> usize {
    let chunk = vec![7; 64 * 1024];
    let mut total = 0;
    while let Ok(written) = timeout(Duration::from_millis(700), server.write(&chunk)).await {
        total += written.unwrap();
    }
    total
}

/// Room of the kernel's buffers on both ends of one loopback connection: sysctl tcp_wmem and tcp_rmem at their usual most.
const KERNEL: usize = 12 * MIB;

#[tokio::test]
async fn a_page_that_grants_nothing_gets_its_window_and_no_byte_more() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let window = 4 * WINDOW_UNIT;
    let (id, _) = client.control("127.0.0.1", port, window).await.unwrap();
    let mut server = accept(&listener).await;
    let taken = write_until_stalled(&mut server).await;
    assert!(
        taken <= window as usize + KERNEL,
        "{taken} bytes taken from a server whose reader allows {window}"
    );
    let mut received = 0;
    while received < window {
        match client.hear().await {
            Heard::Data(found, bytes) if found == id => received += bytes.len() as u64,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(received, window);
    // A PING is answered at once, and with nothing before it: not a byte more was sent.
    client.send(towpath_shared::StreamId::LINK, &Message::Ping(1)).await;
    assert!(matches!(client.hear().await, Heard::Message(_, Message::Pong(1))));
    // Credit is absolute: the same limit again changes nothing, a higher one lets exactly the difference through.
    client.send(id, &Message::Credit(window)).await;
    client.send(id, &Message::Credit(window + 5)).await;
    let mut more = Vec::new();
    while more.len() < 5 {
        match client.hear().await {
            Heard::Data(_, bytes) => more.extend_from_slice(&bytes),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(more, [7; 5]);
}

#[tokio::test]
async fn a_page_that_grants_everything_and_reads_nothing_fills_no_memory() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    client.send(id, &Message::Credit(u64::MAX)).await;
    let mut server = accept(&listener).await;
    let taken = write_until_stalled(&mut server).await;
    // Two loopback connections and a handful of frames; a relay that buffers would go on for ever.
    assert!(taken <= 2 * KERNEL + 2 * MIB, "{taken} bytes taken from a server whose reader sleeps");
    // The reader wakes up and everything is there.
    drop(server);
    let mut received = 0;
    loop {
        match client.hear().await {
            Heard::Data(_, bytes) => received += bytes.len(),
            Heard::Message(_, Message::Fin { unclean: false }) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(received, taken);
}

#[tokio::test]
async fn a_stalled_stream_does_not_hold_up_another() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (stalled, _) = client.control("127.0.0.1", port, WINDOW_UNIT).await.unwrap();
    let mut flood = accept(&listener).await;
    let flooding = tokio::spawn(async move { write_until_stalled(&mut flood).await });
    let (id, _) =
        client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap_or_else(|reset| panic!("{reset:?}"));
    let mut server = accept(&listener).await;
    server.write_all(&pattern(MIB / 2)).await.unwrap();
    drop(server);
    let mut found = Vec::new();
    loop {
        match client.hear().await {
            Heard::Data(from, bytes) if from == id => found.extend_from_slice(&bytes),
            Heard::Data(from, _) => assert_eq!(from, stalled),
            Heard::Message(from, Message::Fin { .. }) if from == id => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(found == pattern(MIB / 2));
    flooding.await.unwrap();
}

#[tokio::test]
async fn a_silent_stream_ends_and_so_does_a_server_that_takes_nothing() {
    let (listener, port) = listen().await;
    let mut config = config(&[port]);
    config.deadlines.idle = 1;
    let relay = Relay::start(config.clone()).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let _server = accept(&listener).await;
    assert_eq!(client.reset_of(id).await.reason, Reason::IdleTimeout);

    config.deadlines.idle = 60;
    config.deadlines.write_stall = 1;
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    let id = client.open(StreamKind::Control { host: "127.0.0.1".into(), port }, DATA_WINDOW).await;
    let _server = accept(&listener).await;
    let mut allowed;
    let mut sent = 0;
    let reset = loop {
        match client.hear().await {
            Heard::Message(_, Message::Opened { window, .. }) => allowed = window,
            Heard::Message(_, Message::Credit(limit)) => allowed = limit,
            Heard::Message(_, Message::Reset(reset)) => break reset,
            other => panic!("{other:?}"),
        }
        while sent < allowed {
            let len = (allowed - sent).min(MAX_PAYLOAD as u64);
            client.data(id, &vec![0; len as usize]).await;
            sent += len;
        }
    };
    assert_eq!(reset.reason, Reason::IdleTimeout);
}
