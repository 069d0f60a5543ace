//! A tunnel as bytes, for what no WebSocket library sends.

use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use towpath_shared::{Hello, Message, StreamId};

/// Opcodes, RFC 6455 section 5.2.
pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;

/// The request for a tunnel.
pub(crate) fn request(relay: SocketAddr) -> Vec<u8> {
    format!(
        "GET /tunnel HTTP/1.1\r\nhost: {relay}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         sec-websocket-protocol: towpath.v1\r\n\r\n"
    )
    .into_bytes()
}

/// A socket that has become a WebSocket.
pub(crate) async fn upgraded(relay: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(relay).await.unwrap();
    socket.write_all(&request(relay)).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    socket
}

/// The head of a masked frame that claims a length; the mask is zero, so that the payload stays as it is.
pub(crate) fn head(end: bool, opcode: u8, len: u64) -> Vec<u8> {
    let mut head = vec![u8::from(end) << 7 | opcode];
    match len {
        0..126 => head.push(0x80 | len as u8),
        126..65_536 => {
            head.push(0x80 | 126);
            head.extend_from_slice(&(len as u16).to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend_from_slice(&len.to_be_bytes());
        }
    }
    head.extend_from_slice(&[0; 4]);
    head
}

/// A whole masked frame.
pub(crate) fn frame(end: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(end, opcode, payload.len() as u64);
    frame.extend_from_slice(payload);
    frame
}

/// HELLO as a tunnel's first message.
pub(crate) fn hello() -> Vec<u8> {
    Message::Hello(Hello::default()).encode(StreamId::LINK)
}

/// Reads until the other side ends the connection, one way or another, and says how long that took.
pub(crate) async fn ended(socket: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let mut buffer = vec![0; 65_536];
    let reading = async { while socket.read(&mut buffer).await.is_ok_and(|len| len > 0) {} };
    timeout(Duration::from_secs(25), reading).await.expect("the connection goes on");
    start.elapsed()
}
