//! Who may have how much: tunnels, streams, connections a minute, bytes a second, memory.

use crate::client::{Client, Heard, upgrade};
use crate::fixture::{Relay, accept, config, listen};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use towpath_relay::Config;
use towpath_shared::{
    CONTROL_WINDOW, DATA_WINDOW, Hello, Message, RESUME, Reason, Reset, SUBPROTOCOL, StreamId, StreamKind,
    WINDOW_UNIT,
};

const TUNNEL: &str = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
                      sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: towpath.v1\r\n";

/// One request, the whole answer.
async fn get(relay: SocketAddr, path: &str, headers: &str) -> String {
    let mut socket = TcpStream::connect(relay).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {relay}\r\n{headers}\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // An answer that ends in a break is cut off by what the assertions miss.
    let _ = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// A server that keeps whoever comes.
fn keeping(listener: TcpListener) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            kept.push(socket);
        }
    })
}

fn quota(outcome: Result<(StreamId, towpath_shared::Opened), Reset>) -> String {
    let reset = outcome.unwrap_err();
    assert_eq!(reset.reason, Reason::Quota, "{reset:?}");
    reset.text
}

#[tokio::test]
async fn an_address_has_so_many_tunnels_and_is_told_so() {
    let mut config = config(&[]);
    config.limits.address.sessions = 2;
    let relay = Relay::start(config).await;
    let first = Client::connect(relay.address).await;
    let _second = Client::connect(relay.address).await;
    let headers = [("sec-websocket-protocol", SUBPROTOCOL)];
    assert_eq!(upgrade(relay.address, &headers).await.map(drop), Err(503));
    let answer = get(relay.address, "/tunnel", &format!("{TUNNEL}connection: close\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("this address has too many tunnels at once, 2 are allowed"), "{answer}");
    // The page itself still comes, and a tunnel that ends makes room.
    assert!(get(relay.address, "/livez", "connection: close\r\n").await.starts_with("HTTP/1.1 200"));
    drop(first);
    while upgrade(relay.address, &headers).await.is_err() {}
}

#[tokio::test]
async fn an_address_has_so_many_streams_in_all_its_tunnels() {
    let (listener, port) = listen().await;
    let keeping = keeping(listener);
    let mut config = config(&[port]);
    (config.limits.streams, config.limits.address.streams) = (2, 3);
    let relay = Relay::start(config).await;
    let (mut one, mut two) = (Client::connect(relay.address).await, Client::connect(relay.address).await);
    let (first, _) = one.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    one.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let text = quota(one.control("127.0.0.1", port, DATA_WINDOW).await);
    assert!(text.starts_with("this page has too many connections to servers at once, 2"), "{text}");
    two.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let text = quota(two.control("127.0.0.1", port, DATA_WINDOW).await);
    assert!(text.starts_with("this address has too many connections to servers at once, 3"), "{text}");
    // A stream that ends makes room for one of another tunnel.
    one.send(first, &Message::Reset(Reset::new(Reason::Cancelled, ""))).await;
    while two.control("127.0.0.1", port, DATA_WINDOW).await.is_err() {}
    keeping.abort();
}

#[tokio::test]
async fn a_new_tunnel_does_not_begin_a_new_minute() {
    let (listener, port) = listen().await;
    let keeping = keeping(listener);
    let mut config = config(&[port]);
    config.limits.address.opens_per_minute = 5;
    let relay = Relay::start(config.clone()).await;
    for _ in 0..5 {
        let mut client = Client::connect(relay.address).await;
        client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    }
    let mut client = Client::connect(relay.address).await;
    let text = quota(client.control("127.0.0.1", port, DATA_WINDOW).await);
    assert!(text.starts_with("this address has too many connections to servers in a minute, 5"), "{text}");
    assert!(text.contains("try again in "), "{text}");

    // A reload lets more begin, and takes nothing from what runs.
    config.limits.address.opens_per_minute = 50_000;
    relay.reload(config).await;
    client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    keeping.abort();
}

#[tokio::test]
async fn an_address_has_so_many_http_connections() {
    let mut config = Config::default();
    config.limits.address.connections = 3;
    let relay = Relay::start(config).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut socket = TcpStream::connect(relay.address).await.unwrap();
        // Connections are accepted one after the other: once this one is answered, those before it count.
        socket
            .write_all(format!("GET /livez HTTP/1.1\r\nhost: {}\r\n\r\n", relay.address).as_bytes())
            .await
            .unwrap();
        assert!(socket.read(&mut [0; 1024]).await.unwrap() > 0);
        held.push(socket);
    }
    let answer = get(relay.address, "/livez", "").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 10"), "{answer}");
    assert!(
        answer.ends_with("this address has too many HTTP connections at once, 3 are allowed\n"),
        "{answer}"
    );
    // Whoever is refused and goes on without a word holds nothing up, and many of them neither.
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(relay.address).await.unwrap());
    }
    held.pop();
    while !get(relay.address, "/livez", "connection: close\r\n").await.starts_with("HTTP/1.1 200") {}
    // A connection that becomes a tunnel is one no more.
    let mut tunnels = Vec::new();
    let local = format!("http://{}", relay.address);
    for _ in 0..5 {
        let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("origin", local.as_str())];
        loop {
            match upgrade(relay.address, &headers).await {
                Ok(tunnel) => break tunnels.push(tunnel),
                Err(status) => assert_eq!(status, 503),
            }
        }
    }
}

/// The window of OPENED, or the RESET.
async fn window(client: &mut Client, kind: StreamKind) -> Result<u64, Reset> {
    let id = client.open(kind, DATA_WINDOW).await;
    match client.hear().await {
        Heard::Message(found, Message::Opened { window, .. }) if found == id => Ok(window),
        Heard::Message(found, Message::Reset(reset)) if found == id => Err(reset),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn windows_shrink_as_memory_runs_out_and_then_streams_are_refused() {
    let (listener, port) = listen().await;
    let keeping = keeping(listener);
    let mut config = config(&[port]);
    config.limits.memory_mib = 4;
    let relay = Relay::start(config).await;
    let mut windows = Vec::new();
    let mut clients = Vec::new();
    let refused = loop {
        let mut client = Client::connect(relay.address).await;
        let (control, _) = match client.control("127.0.0.1", port, DATA_WINDOW).await {
            Ok(control) => control,
            Err(reset) => break reset,
        };
        windows.push(CONTROL_WINDOW);
        match window(&mut client, StreamKind::Data { parent: control.0, port }).await {
            Ok(window) => windows.push(window),
            Err(reset) => break reset,
        }
        clients.push(client);
    };
    assert_eq!(refused.reason, Reason::Quota);
    assert_eq!(refused.text, "the relay's memory for transfers is used up: try again later");
    // A tunnel has as much as a control stream for itself.
    let promised: u64 = windows.iter().sum::<u64>() + clients.len() as u64 * CONTROL_WINDOW;
    println!("{} streams were promised {promised} bytes of 4 MiB", windows.len());
    assert!(promised <= 4 << 20 && promised > 3 << 20, "{promised}");
    let data: Vec<u64> = windows.into_iter().skip(1).step_by(2).collect();
    assert!(data.is_sorted_by(|one, next| one >= next), "{data:?}");
    assert!(data[0] > 4 * CONTROL_WINDOW && data.iter().all(|window| window % WINDOW_UNIT == 0), "{data:?}");
    assert!(data.len() >= 8 && *data.last().unwrap() < 2 * CONTROL_WINDOW, "{data:?}");
    // What ends gives it back.
    drop(clients);
    let mut client = Client::connect(relay.address).await;
    while client.control("127.0.0.1", port, DATA_WINDOW).await.is_err() {}
    keeping.abort();
}

/// What a page has not acknowledged is kept for it, and weighs on the budget as well: it holds up that page, and nobody else for ever.
#[tokio::test]
async fn what_is_not_acknowledged_is_part_of_the_budget() {
    const SENT: u64 = 4 << 20;
    let (listener, port) = listen().await;
    let mut config = config(&[port]);
    config.limits.memory_mib = 1;
    let relay = Relay::start(config).await;
    let hello = Hello { features: vec![RESUME.to_owned()], ..Hello::default() };
    let mut client = Client::connect_as(relay.address, hello).await;
    let (id, _) = client.control("127.0.0.1", port, 1 << 40).await.unwrap();
    let mut server = accept(&listener).await;
    let sending = tokio::spawn(async move {
        server.write_all(&vec![1; SENT as usize]).await.unwrap();
        server
    });
    // OPENED is the first of the frames that are counted.
    let (mut bytes, mut frames, mut quiet, mut number) = (0, 1, 0, 0);
    let (mut acknowledged, mut kept) = (0, 0);
    while bytes < SENT {
        number += 1;
        client.send(StreamId::LINK, &Message::Ping(number)).await;
        let before = bytes;
        loop {
            match client.hear().await {
                Heard::Data(found, more) if found == id => {
                    bytes += more.len() as u64;
                    frames += 1;
                }
                Heard::Message(_, Message::Pong(found)) if found == number => break,
                Heard::Message(StreamId::LINK, Message::Ack(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        // Nothing more comes, however often it is asked.
        quiet = if bytes == before { quiet + 1 } else { 0 };
        if quiet >= 20 {
            kept = kept.max(bytes - acknowledged);
            acknowledged = bytes;
            client.send(StreamId::LINK, &Message::Ack(frames)).await;
            quiet = 0;
        }
        if quiet > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    println!("{kept} bytes came unacknowledged at most, of 1 MiB");
    assert!(kept > 128 << 10 && kept <= (1 << 20) + (128 << 10), "{kept}");
    sending.await.unwrap();
}

/// Both directions, and both by a tunnel's own limit and by that of its address: never faster than they say.
#[tokio::test]
async fn bytes_a_second_are_kept() {
    const SPEED: u64 = 512 * 1024;
    const LEN: usize = 768 * 1024;
    let (listener, port) = listen().await;
    for of_address in [false, true] {
        let mut config = config(&[port]);
        let limit = if of_address {
            &mut config.limits.address.bytes_per_second
        } else {
            &mut config.limits.bytes_per_second
        };
        *limit = Some(SPEED);
        let relay = Relay::start(config).await;
        let mut client = Client::connect(relay.address).await;
        let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
        let mut server = accept(&listener).await;
        let start = Instant::now();
        server.write_all(&vec![1; LEN]).await.unwrap();
        server.shutdown().await.unwrap();
        let (bytes, _) = client.read_to_end(id).await;
        let down = start.elapsed();
        assert_eq!(bytes.len(), LEN);
        // What may pass at once, and what a control stream may pass ahead of others.
        let least = Duration::from_secs_f64((LEN as f64 - SPEED as f64 / 4.0 - 32_768.0) / SPEED as f64);
        assert!(down >= least, "{down:?}, at least {least:?}");

        let (start, mut sent, mut got) = (Instant::now(), 0, 0);
        let mut allowed = CONTROL_WINDOW as usize;
        let mut buffer = vec![0; 64 * 1024];
        while got < LEN {
            while sent < allowed.min(LEN) {
                let len = (allowed.min(LEN) - sent).min(32 * 1024);
                client.data(id, &vec![2; len]).await;
                sent += len;
            }
            tokio::select! {
                read = server.read(&mut buffer) => got += read.unwrap(),
                heard = client.hear() => match heard {
                    Heard::Message(_, Message::Credit(limit)) => allowed = limit as usize,
                    other => panic!("{other:?}"),
                },
            }
        }
        let up = start.elapsed();
        println!("{LEN} bytes at {SPEED} a second: {down:?} down, {up:?} up");
        assert!(up >= least, "{up:?}, at least {least:?}");
    }
}

/// Four streams that want all there is, and a control stream that says a word: everybody has his turn, and the word does
/// not wait.
#[tokio::test]
async fn a_limited_tunnel_shares_its_bytes_fairly_and_control_goes_first() {
    const SPEED: u64 = 64 * 1024;
    let (listener, port) = listen().await;
    let mut config = config(&[port]);
    config.limits.bytes_per_second = Some(SPEED);
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut word = accept(&listener).await;
    let mut streams = Vec::new();
    for _ in 0..4 {
        let (id, _) = client.passive(control, port, DATA_WINDOW).await.unwrap();
        let mut server = accept(&listener).await;
        tokio::spawn(async move { while server.write_all(&[3; 8192]).await.is_ok() {} });
        streams.push((id, 0_u64));
    }
    // The bulk is under way and waits for its turns.
    let mut heard = 0;
    let mut at_word = None;
    while heard < 5 * SPEED {
        match client.hear().await {
            Heard::Data(id, bytes) if id == control => {
                assert_eq!(&bytes[..], b"226 done\r\n");
                let sent: u64 = at_word.expect("after it was said");
                // In the order of asking, a turn of each of the four would have gone first, each of an eighth of a second.
                println!("{} bytes of bulk passed before the word", heard - sent);
                assert!(heard - sent < SPEED, "{} bytes of bulk passed first", heard - sent);
            }
            Heard::Data(id, bytes) => {
                let stream = streams.iter_mut().find(|(stream, _)| *stream == id).unwrap();
                stream.1 += bytes.len() as u64;
                heard += bytes.len() as u64;
                if heard > 2 * SPEED && at_word.is_none() {
                    word.write_all(b"226 done\r\n").await.unwrap();
                    at_word = Some(heard);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    let (least, most) =
        streams.iter().fold((u64::MAX, 0), |(least, most), (_, bytes)| (least.min(*bytes), most.max(*bytes)));
    println!("of {heard} bytes the streams had {least} to {most}");
    assert!(least * 3 >= most * 2, "{streams:?}");
}
