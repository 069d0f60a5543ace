//! Every deadline at its boundary: what goes on for ever, a little at a time, is ended all the same.

use crate::client::{Client, PATIENCE};
use crate::fixture::{Relay, accept, config, listen};
use crate::wire::{self, BINARY, CLOSE, CONTINUATION, frame, upgraded};
use std::future::pending;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use towpath_relay::Config;
use towpath_shared::{DATA_WINDOW, Message, Reason, StartTls};

/// Between two bytes of somebody slow: far below every deadline, so that none of them sees a pause.
const DRIP: Duration = Duration::from_millis(100);

/// Deadlines of a second where there is a choice.
fn short() -> Config {
    let mut config = config(&[]);
    (config.deadlines.header, config.deadlines.hello, config.deadlines.write_stall) = (1, 1, 1);
    config
}

/// Sends one byte after the other until the other side has had enough, and holds the socket open then.
async fn drip(mut socket: OwnedWriteHalf, bytes: impl IntoIterator<Item = u8>) {
    for byte in bytes {
        if socket.write_all(&[byte]).await.is_err() {
            break;
        }
        sleep(DRIP).await;
    }
    pending().await
}

/// Waits for the end while `bytes` go out slowly.
async fn ended_while_dripping(socket: TcpStream, bytes: impl IntoIterator<Item = u8>) {
    let (mut reader, writer) = socket.into_split();
    let reading = async {
        let mut buffer = [0; 4096];
        while reader.read(&mut buffer).await.is_ok_and(|len| len > 0) {}
    };
    let either = async {
        tokio::select! { () = reading => {}, () = drip(writer, bytes) => {} }
    };
    timeout(PATIENCE, either).await.expect("the connection goes on");
}

#[tokio::test]
async fn a_head_that_never_ends() {
    let relay = Relay::start(short()).await;
    let endless = b"GET / HTTP/1.1\r\nx: ".iter().copied().chain(std::iter::repeat(b'a'));
    let socket = TcpStream::connect(relay.address).await.unwrap();
    ended_while_dripping(socket, endless).await;
    // Nor one that never begins, or does not begin again after an answer.
    let mut silent = TcpStream::connect(relay.address).await.unwrap();
    wire::ended(&mut silent).await;
    silent = TcpStream::connect(relay.address).await.unwrap();
    let request = format!("GET /livez HTTP/1.1\r\nhost: {}\r\n\r\n", relay.address);
    silent.write_all(request.as_bytes()).await.unwrap();
    wire::ended(&mut silent).await;
}

#[tokio::test]
async fn a_body_that_never_ends() {
    let relay = Relay::start(short()).await;
    for (line, length) in
        [("POST /livez", "transfer-encoding: chunked"), ("GET /tunnel", "content-length: 1000000")]
    {
        let head = format!("{line} HTTP/1.1\r\nhost: {}\r\n{length}\r\n\r\n", relay.address);
        let mut socket = TcpStream::connect(relay.address).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        ended_while_dripping(
            socket,
            std::iter::repeat_n(b"ffffff\r\n", 1).flatten().copied().chain(std::iter::repeat(b'a')),
        )
        .await;
    }
}

#[tokio::test]
async fn a_hello_of_one_byte_fragments() {
    let relay = Relay::start(short()).await;
    let bytes = wire::hello();
    // Every fragment is whole and well formed, and pings in between keep the link busy.
    let first = frame(false, BINARY, &bytes[..1]);
    let more = bytes[1..].iter().cycle().flat_map(|byte| {
        let mut both = frame(false, CONTINUATION, &[*byte]);
        both.extend(frame(true, wire::PING, b""));
        both
    });
    ended_while_dripping(upgraded(relay.address).await, first.into_iter().chain(more)).await;
    // In time it is a HELLO, in however many pieces.
    let mut socket = upgraded(relay.address).await;
    for (index, byte) in bytes.iter().enumerate() {
        let opcode = if index == 0 { BINARY } else { CONTINUATION };
        socket.write_all(&frame(index + 1 == bytes.len(), opcode, &[*byte])).await.unwrap();
    }
    let mut welcome = [0; 64];
    assert!(timeout(PATIENCE, socket.read(&mut welcome)).await.unwrap().unwrap() > 0);
    assert_eq!(welcome[0], 0x80 | BINARY);
}

/// Whoever says that it closes and then does not, and whoever is told to and does not either.
#[tokio::test]
async fn a_close_that_never_ends() {
    let relay = Relay::start(short()).await;
    let (said, told) = (upgraded(relay.address).await, upgraded(relay.address).await);
    let (mut said, mut told) = (said, told);
    said.write_all(&frame(true, BINARY, &wire::hello())).await.unwrap();
    said.write_all(&frame(true, CLOSE, &1000_u16.to_be_bytes())).await.unwrap();
    told.write_all(&frame(true, wire::TEXT, b"hello")).await.unwrap();
    let after = std::iter::repeat_with(|| frame(true, wire::PING, b"x"));
    tokio::join!(ended_while_dripping(said, after.flatten()), ended_while_dripping(told, after.flatten()),);
    // Both have left their places.
    let mut config = short();
    config.limits.sessions = 1;
    let relay = Relay::start(config).await;
    let mut first = upgraded(relay.address).await;
    first.write_all(&frame(true, CLOSE, &1000_u16.to_be_bytes())).await.unwrap();
    wire::ended(&mut first).await;
    upgraded(relay.address).await;
}

/// A page that is gone without a word, while a server has much to say to it.
#[tokio::test]
async fn a_half_open_socket_after_the_upgrade() {
    let (listener, port) = listen().await;
    let mut config = config(&[port]);
    config.deadlines.write_stall = 1;
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    client.send(id, &Message::Credit(u64::MAX)).await;
    let mut server = accept(&listener).await;
    // The socket stays open and is never read again, as if its machine had gone.
    let chunk = vec![7; 64 * 1024];
    let broken = async {
        loop {
            match server.write(&chunk).await {
                Ok(_) => {}
                Err(error) => break error.kind(),
            }
        }
    };
    let broken = timeout(PATIENCE, broken).await.expect("the relay goes on with a page that is gone");
    assert!(matches!(broken, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{broken:?}");

    // One that has ended its half only: nothing more can come of it.
    let mut half = upgraded(relay.address).await;
    half.write_all(&frame(true, BINARY, &wire::hello())).await.unwrap();
    half.shutdown().await.unwrap();
    wire::ended(&mut half).await;
}

#[tokio::test]
async fn a_handshake_that_never_ends() {
    let (listener, port) = listen().await;
    let mut config = config(&[port]);
    config.deadlines.tls = 1;
    let relay = Relay::start(config).await;
    // A record of 16 KiB is announced and comes byte by byte.
    let record = [22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc].into_iter().chain(std::iter::repeat(0));
    for slow in [false, true] {
        let mut client = Client::connect(relay.address).await;
        let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
        let server = accept(&listener).await;
        let request = StartTls {
            server_name: "a.example".into(),
            received: 0,
            max_version: None,
            client_certificate: None,
        };
        client.send(id, &Message::StartTls(request)).await;
        let (mut reader, writer) = server.into_split();
        // The handshake has begun.
        assert_eq!(reader.read_u8().await.unwrap(), 22);
        let bytes = record.clone().take(if slow { usize::MAX } else { 0 });
        let reset = tokio::select! {
            outcome = client.secured(id) => outcome.unwrap_err(),
            () = drip(writer, bytes) => unreachable!(),
        };
        assert_eq!(
            (reset.reason, reset.text.as_str()),
            (Reason::TlsHandshake, "the TLS handshake took too long")
        );
    }
}

/// A server whose queue of connections is full answers nothing at all.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_connection_that_is_never_answered() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(connected) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        queue.push(connected.unwrap());
    }
    let mut config = config(&[address.port()]);
    config.deadlines.connect = 1;
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    let reset = client.control("127.0.0.1", address.port(), DATA_WINDOW).await.unwrap_err();
    assert_eq!(reset.reason, Reason::ConnectTimeout);
}
