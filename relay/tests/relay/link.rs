//! The tunnel as a whole: who may open one, how it ends.

use crate::client::{Client, Heard, upgrade};
use crate::fixture::{Relay, accept, config, listen};
use futures_util::SinkExt;
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Carrier;
use towpath_relay::Config;
use towpath_shared::{
    DATA_WINDOW, Header, Hello, Kind, MAX_PAYLOAD, Message, Open, Reason, SUBPROTOCOL, StreamId, StreamKind,
};

#[tokio::test]
async fn only_the_relays_own_page_may_open_a_tunnel() {
    let relay = Relay::start(Config::default()).await;
    let port = relay.address.port();
    let own = format!("http://127.0.0.1:{port}");
    for (origin, expected) in [
        (Some(own.as_str()), Ok(())),
        (Some(&format!("https://127.0.0.1:{port}")), Ok(())),
        (None, Err(403)),
        (Some("null"), Err(403)),
        (Some("http://evil.example"), Err(403)),
        (Some("http://127.0.0.1"), Err(403)),
        (Some(&format!("http://localhost:{port}")), Err(403)),
        (Some(&format!("{own}.evil.example")), Err(403)),
        (Some(&format!("http://evil-127.0.0.1:{port}")), Err(403)),
    ] {
        let mut headers = vec![("sec-websocket-protocol", SUBPROTOCOL)];
        headers.extend(origin.map(|origin| ("origin", origin)));
        assert_eq!(upgrade(relay.address, &headers).await.map(drop), expected, "{origin:?}");
    }
    // A name that was rebound to loopback, with the page's own origin to match.
    let rebound = format!("evil.example:{port}");
    let origin = format!("http://{rebound}");
    let headers =
        [("sec-websocket-protocol", SUBPROTOCOL), ("host", rebound.as_str()), ("origin", origin.as_str())];
    assert_eq!(upgrade(relay.address, &headers).await.map(drop), Err(403));
}

#[tokio::test]
async fn a_configured_origin_is_the_only_one() {
    let public_origin = vec!["https://files.example.org".to_owned()];
    let relay = Relay::start(Config { public_origin, ..Config::default() }).await;
    let own = format!("http://{}", relay.address);
    for (origin, expected) in [("https://files.example.org", Ok(())), (own.as_str(), Err(403))] {
        let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("origin", origin)];
        assert_eq!(upgrade(relay.address, &headers).await.map(drop), expected, "{origin}");
    }
}

#[tokio::test]
async fn the_subprotocol_is_required() {
    let relay = Relay::for_ports(&[]).await;
    assert_eq!(upgrade(relay.address, &[]).await.map(drop), Err(400));
    let other = [("sec-websocket-protocol", "towpath.v2, chat")];
    assert_eq!(upgrade(relay.address, &other).await.map(drop), Err(400));
    let both = [("sec-websocket-protocol", "towpath.v2, towpath.v1")];
    assert_eq!(upgrade(relay.address, &both).await.map(drop), Ok(()));
}

#[tokio::test]
async fn sessions_are_limited() {
    let mut config = config(&[]);
    config.limits.sessions = 1;
    let relay = Relay::start(config).await;
    let first = Client::connect(relay.address).await;
    let headers = [("sec-websocket-protocol", SUBPROTOCOL)];
    assert_eq!(upgrade(relay.address, &headers).await.map(drop), Err(503));
    drop(first);
    // The place comes free as soon as the relay has noticed.
    let start = Instant::now();
    while upgrade(relay.address, &headers).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "the place of a lost session stays taken");
    }
}

/// A tunnel that has not said HELLO.
async fn silent(relay: &Relay) -> Client {
    let mut client = Client::connect(relay.address).await;
    client.socket = upgrade(relay.address, &[("sec-websocket-protocol", SUBPROTOCOL)]).await.unwrap();
    client
}

#[tokio::test]
async fn what_is_not_the_protocol_ends_the_link() {
    let mut config = config(&[]);
    config.deadlines.hello = 1;
    let relay = Relay::start(config).await;
    let mut client = silent(&relay).await;
    assert_eq!(client.close_code().await, Some(1002), "no HELLO");

    let mut client = silent(&relay).await;
    let kind = StreamKind::Control { host: "127.0.0.1".into(), port: 21 };
    client.open(kind.clone(), DATA_WINDOW).await;
    assert_eq!(client.close_code().await, Some(1002), "OPEN before HELLO");

    let mut client = Client::connect(relay.address).await;
    client.socket.send(Carrier::text("hello")).await.unwrap();
    assert_eq!(client.close_code().await, Some(1003), "text");

    let open =
        |number: u32| Message::Open { open: Open { kind: kind.clone() }, window: 0 }.encode(StreamId(number));
    let ignorable = [0x7f, 0x80, 0, 0, 0, 0, 0, 0].to_vec();
    for (frame, why) in [
        (vec![1, 2, 3], "short"),
        ([0x7f, 0, 0, 0, 0, 0, 0, 0].to_vec(), "unknown"),
        (Message::Hello(Hello::default()).encode(StreamId::LINK), "HELLO twice"),
        (Message::Fin { unclean: false }.encode(StreamId(1)), "FIN of a stream that never was"),
        (Header::new(Kind::Data, StreamId::LINK).to_bytes().to_vec(), "DATA on the link"),
        (open(2), "an even number"),
        (Header::new(Kind::Open, StreamId(1)).to_bytes().to_vec(), "OPEN without JSON"),
    ] {
        let mut client = Client::connect(relay.address).await;
        client.socket.send(Carrier::binary(ignorable.clone())).await.unwrap();
        client.socket.send(Carrier::binary(frame)).await.unwrap();
        assert_eq!(client.close_code().await, Some(1002), "{why}");
    }

    // Numbers must rise, also past refused ones.
    let mut client = Client::connect(relay.address).await;
    client.socket.send(Carrier::binary(open(5))).await.unwrap();
    assert_eq!(client.reset_of(StreamId(5)).await.reason, Reason::PolicyDenied);
    client.finish(StreamId(5)).await;
    client.socket.send(Carrier::binary(open(5))).await.unwrap();
    assert_eq!(client.close_code().await, Some(1002), "a number twice");

    // Past the limit of a message the WebSocket itself gives up.
    let mut client = Client::connect(relay.address).await;
    let _ = client.socket.send(Carrier::binary(vec![0x20; MAX_PAYLOAD + Header::LEN + 1])).await;
    assert!(matches!(client.hear().await, Heard::Closed(_)));
}

#[tokio::test]
async fn a_thousand_hostile_frames_hurt_nobody_else() {
    let (listener, port) = listen().await;
    let sink = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            open.push(socket);
        }
    });
    let mut config = config(&[port]);
    config.limits.opens_per_minute = 10_000;
    let relay = Relay::start(config).await;
    // xorshift64: the same frames each time.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let open = StreamKind::Control { host: "127.0.0.1".into(), port };
    for _ in 0..60 {
        let mut client = Client::connect(relay.address).await;
        let mut highest = 0;
        for _ in 0..40 {
            let id = StreamId((next(highest + 3)) as u32);
            let frame = match next(10) {
                // Half of them make sense, so that the rest meets streams in every state.
                0..5 => {
                    highest += 2;
                    let id = StreamId(highest as u32 - 1);
                    Message::Open { open: Open { kind: open.clone() }, window: 1 << 20 }.encode(id)
                }
                5 => Message::Credit(next(u64::MAX)).encode(id),
                6 => Message::Fin { unclean: next(2) == 0 }.encode(id),
                7 => Message::StartTls(towpath_shared::StartTls {
                    server_name: "a.example".into(),
                    received: next(3),
                    max_version: None,
                    client_certificate: None,
                })
                .encode(id),
                8 => {
                    let mut frame = Header::new(Kind::Data, id).to_bytes().to_vec();
                    frame.resize(Header::LEN + next(4096) as usize, 0);
                    frame
                }
                _ => (0..next(40)).map(|_| next(256) as u8).collect(),
            };
            // The relay may have closed the link by now, as it should.
            if client.socket.send(Carrier::binary(frame)).await.is_err() {
                break;
            }
        }
    }
    let mut client = Client::connect(relay.address).await;
    client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    sink.abort();
}

#[tokio::test]
async fn a_page_that_answers_no_ping_is_given_up() {
    let mut config = config(&[]);
    (config.deadlines.ping, config.deadlines.dead) = (1, 4);
    let relay = Relay::start(config).await;
    // A living page answers pings while it is read, and stays.
    let mut living = Client::connect(relay.address).await;
    let dead = Client::connect(relay.address).await;
    let start = Instant::now();
    let reading = async {
        while start.elapsed() < Duration::from_secs(7) {
            let message = tokio::time::timeout(Duration::from_secs(1), living.hear()).await;
            assert!(message.is_err(), "{message:?}");
        }
    };
    reading.await;
    let mut dead = dead;
    assert_eq!(dead.close_code().await, Some(1011));
}

#[tokio::test]
async fn a_stop_lets_streams_finish() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    let address = relay.address;
    relay.stop();
    assert_eq!(client.go_away().await.drain_ms, 1_800_000);
    // Nothing new.
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap_err().reason, Reason::Draining);
    // The old goes on.
    server.write_all(b"the last bytes").await.unwrap();
    drop(server);
    assert_eq!(client.read_to_end(id).await, (b"the last bytes".to_vec(), false));
    client.finish(id).await;
    assert_eq!(client.close_code().await, Some(1001));
    let start = Instant::now();
    relay.stopped().await;
    assert!(start.elapsed() < Duration::from_secs(10), "the drain waits for nothing");
}

#[tokio::test]
async fn a_stop_cuts_what_does_not_finish_and_not_cleanly() {
    let (listener, port) = listen().await;
    let mut config = config(&[port]);
    config.deadlines.drain = 1;
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    client.data(id, b"half").await;
    let mut buffer = [0; 4];
    server.read_exact(&mut buffer).await.unwrap();
    relay.stop();
    assert_eq!(client.close_code().await, Some(1001));
    relay.stopped().await;
    assert_eq!(server.read(&mut buffer).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}
