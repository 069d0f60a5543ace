//! Proxies in front of the relay.

use crate::client::PATIENCE;
use crate::fixture::Relay;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use towpath_relay::{Config, ProxiesConfig};

const PREAMBLE: &[u8] = b"PROXY TCP4 198.51.100.1 127.0.0.1 50000 443\r\n";
const PROBE: &[u8] = b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

async fn relay(network: &str) -> Relay {
    let proxies = ProxiesConfig { networks: vec![network.parse().unwrap()], proxy_protocol: true };
    let mut config = Config { proxies, ..Config::default() };
    config.deadlines.header = 1;
    Relay::start(config).await
}

/// All that comes back.
async fn answer(relay: SocketAddr, parts: &[&[u8]]) -> String {
    let mut socket = TcpStream::connect(relay).await.unwrap();
    for part in parts {
        socket.write_all(part).await.unwrap();
        socket.flush().await.unwrap();
    }
    let mut answer = String::new();
    // A connection that is broken has said what it had to say.
    let _ = timeout(PATIENCE, socket.read_to_string(&mut answer)).await.expect("the relay says nothing");
    answer
}

#[tokio::test]
async fn a_listed_proxy_must_send_its_header_and_in_time() {
    let relay = relay("127.0.0.1").await;
    assert!(answer(relay.address, &[PREAMBLE, PROBE]).await.starts_with("HTTP/1.1 200"));
    let together = [PREAMBLE, PROBE].concat();
    assert!(answer(relay.address, &[&together]).await.starts_with("HTTP/1.1 200"));
    let bytewise: Vec<&[u8]> = together.chunks(1).collect();
    assert!(answer(relay.address, &bytewise).await.starts_with("HTTP/1.1 200"));
    let v2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x01\x7f\0\0\x01\xc3\x50\x01\xbb";
    assert!(answer(relay.address, &[v2, PROBE]).await.starts_with("HTTP/1.1 200"));
    let probe: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    assert!(answer(relay.address, &[probe, PROBE]).await.starts_with("HTTP/1.1 200"));
    for wrong in [PROBE, b"", b"PROXY TCP4 198.51", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"] {
        assert_eq!(answer(relay.address, &[wrong]).await, "", "{}", wrong.escape_ascii());
    }
}

#[tokio::test]
async fn a_proxy_header_from_an_unlisted_address_is_no_request() {
    let relay = relay("10.0.0.0/8").await;
    assert!(answer(relay.address, &[PROBE]).await.starts_with("HTTP/1.1 200"));
    assert!(answer(relay.address, &[PREAMBLE, PROBE]).await.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn connections_that_send_no_header_do_not_hold_up_the_others() {
    let relay = relay("127.0.0.1").await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(relay.address).await.unwrap());
    }
    assert!(answer(relay.address, &[PREAMBLE, PROBE]).await.starts_with("HTTP/1.1 200"));
    for mut socket in silent {
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, socket.read_to_end(&mut rest)).await.expect("the connection stays open");
        assert_eq!(rest, b"");
    }
}
