//! What the relay counts, as a scraper sees it.

use crate::client::{Client, Heard, upgrade};
use crate::fixture::{Relay, accept, config, identity, listen};
use crate::http::request;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use towpath_relay::{Config, Listeners};
use towpath_shared::{DATA_WINDOW, Message, Reason, SUBPROTOCOL, StartTls, WINDOW_UNIT};

/// The samples, by name with labels.
pub(crate) async fn scrape(watch: SocketAddr) -> BTreeMap<String, f64> {
    let (head, body) = request(watch, "GET /metrics", "").await;
    assert!(head.starts_with("http/1.1 200") && head.contains("text/plain; version=0.0.4"), "{head}");
    let text = String::from_utf8(body).unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.into(), value.parse().unwrap()))
        .collect()
}

/// Scrapes until a sample has this value.
pub(crate) async fn until(watch: SocketAddr, name: &str, value: f64) -> BTreeMap<String, f64> {
    let patience = tokio::time::Instant::now() + crate::client::PATIENCE;
    loop {
        let samples = scrape(watch).await;
        if samples.get(name) == Some(&value) {
            return samples;
        }
        assert!(tokio::time::Instant::now() < patience, "{name} is not {value} but {:?}", samples.get(name));
    }
}

#[tokio::test]
async fn every_name_of_the_dashboards_is_there_and_no_label_names_anybody() {
    let (server, port) = listen().await;
    let (relay, watch) = Relay::watched(config(&[port])).await;
    let mut client = Client::connect(relay.address).await;
    let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut socket = accept(&server).await;
    socket.write_all(b"220 hello\r\n").await.unwrap();
    while !matches!(client.hear().await, Heard::Data(..)) {}
    client.data(control, b"USER me\r\n").await;
    let mut line = [0; 9];
    socket.read_exact(&mut line).await.unwrap();
    let denied = client.control("denied.example", 21, DATA_WINDOW).await.unwrap_err();
    assert_eq!(denied.reason, Reason::PolicyDenied);
    let samples = until(watch, "relay_bytes_total{direction=\"up\",leg=\"server\"}", 9.0).await;
    for (name, value) in [
        ("relay_sessions", 1.0),
        ("relay_streams{kind=\"control\"}", 1.0),
        ("relay_streams{kind=\"data\"}", 0.0),
        ("relay_streams{kind=\"listen\"}", 0.0),
        ("relay_stream_open_total{result=\"ok\"}", 1.0),
        ("relay_stream_open_total{result=\"policy_denied\"}", 1.0),
        ("relay_open_duration_seconds_count", 1.0),
        ("relay_bytes_total{direction=\"up\",leg=\"page\"}", 9.0),
        ("relay_bytes_total{direction=\"down\",leg=\"page\"}", 11.0),
        ("relay_bytes_total{direction=\"down\",leg=\"server\"}", 11.0),
        ("relay_frames_total{direction=\"up\",type=\"hello\"}", 1.0),
        ("relay_frames_total{direction=\"up\",type=\"open\"}", 2.0),
        ("relay_frames_total{direction=\"up\",type=\"data\"}", 1.0),
        ("relay_frames_total{direction=\"down\",type=\"welcome\"}", 1.0),
        ("relay_frames_total{direction=\"down\",type=\"opened\"}", 1.0),
        ("relay_frames_total{direction=\"up\",type=\"unknown\"}", 0.0),
        ("relay_policy_denied_total{reason=\"not_listed\"}", 1.0),
        ("relay_resets_total{reason=\"policy_denied\"}", 1.0),
        ("relay_resets_total{reason=\"quota\"}", 0.0),
        ("relay_send_queue_bytes", 0.0),
        ("relay_tls_resumption_missing_total", 0.0),
        ("relay_credit_stall_seconds_total{direction=\"up\"}", 0.0),
        ("relay_credit_stall_seconds_total{direction=\"down\"}", 0.0),
        ("relay_ws_rtt_seconds_count", samples["relay_ws_rtt_seconds_count"]),
        ("relay_draining", 0.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name} of {samples:#?}");
    }
    if cfg!(target_os = "linux") {
        assert!(samples["process_open_fds"] > 0.0 && samples["process_resident_memory_bytes"] > 0.0);
    }
    for name in samples.keys() {
        let words = ["example", "127.0.0.1", &port.to_string()];
        assert!(!words.iter().any(|word| name.contains(word)), "{name} names somebody");
    }
    drop(client);
    let samples = until(watch, "relay_sessions", 0.0).await;
    assert_eq!(samples["relay_streams{kind=\"control\"}"], 0.0);
    assert_eq!(samples["relay_sessions_total{result=\"lost\"}"], 1.0);
}

#[tokio::test]
async fn a_page_that_gives_no_credit_and_a_server_that_takes_nothing_are_seen_as_stalls() {
    let (server, port) = listen().await;
    let (relay, watch) = Relay::watched(config(&[port])).await;
    let mut client = Client::connect(relay.address).await;
    let (control, _) = client.control("127.0.0.1", port, WINDOW_UNIT).await.unwrap();
    let mut socket = accept(&server).await;
    // One window and no more is read of this.
    socket.write_all(&vec![b'x'; 256 * 1024]).await.unwrap();
    let name = "relay_bytes_total{direction=\"down\",leg=\"page\"}";
    let page = until(watch, name, WINDOW_UNIT as f64).await;
    assert_eq!(page["relay_bytes_total{direction=\"down\",leg=\"server\"}"], WINDOW_UNIT as f64);
    client.send(control, &Message::Credit(DATA_WINDOW)).await;
    let samples = until(watch, name, 256.0 * 1024.0).await;
    assert!(samples["relay_credit_stall_seconds_total{direction=\"down\"}"] > 0.0);
    assert_eq!(samples["relay_credit_stall_seconds_total{direction=\"up\"}"], 0.0);
}

#[tokio::test]
async fn handshakes_and_what_the_certificates_are_worth_are_counted() {
    let server = identity("127.0.0.1");
    let (listener, port) = listen().await;
    let (relay, watch) = Relay::watched(config(&[port])).await;
    let mut client = Client::connect(relay.address).await;
    let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let socket = accept(&listener).await;
    let request = StartTls {
        server_name: "127.0.0.1".into(),
        received: 0,
        max_version: None,
        client_certificate: None,
    };
    let (secured, _socket) =
        tokio::join!(client.start_tls(control, request.clone()), server.acceptor.accept(socket));
    secured.unwrap();
    let name = "relay_tls_handshakes_total{kind=\"full\",verdict=\"self_signed\",version=\"TLS1.3\"}";
    until(watch, name, 1.0).await;
    // A server that speaks no TLS.
    let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut socket = accept(&listener).await;
    client.send(control, &Message::StartTls(request)).await;
    let mut hello = [0; 1];
    socket.read_exact(&mut hello).await.unwrap();
    socket.write_all(b"500 what?\r\n").await.unwrap();
    let name = "relay_tls_handshakes_total{kind=\"failed\",verdict=\"tls_handshake\",version=\"none\"}";
    until(watch, name, 1.0).await;
}

#[tokio::test]
async fn refused_tunnels_are_counted_and_metrics_are_not_on_the_pages_listener() {
    let mut config = config(&[]);
    config.limits.sessions = 1;
    let (relay, watch) = Relay::watched(config).await;
    let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("origin", "https://evil.example")];
    assert_eq!(upgrade(relay.address, &headers).await.unwrap_err(), 403);
    let _first = Client::connect(relay.address).await;
    assert_eq!(upgrade(relay.address, &headers[..1]).await.unwrap_err(), 503);
    let samples = scrape(watch).await;
    assert_eq!(samples["relay_sessions_total{result=\"refused_origin\"}"], 1.0);
    assert_eq!(samples["relay_sessions_total{result=\"turned_away\"}"], 1.0);
    let (head, body) = request(relay.address, "GET /metrics", "").await;
    assert!(head.starts_with("http/1.1 404") && !body.starts_with(b"#"), "{head}");
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/", 404), ("/tunnel", 404)] {
        let (head, _) = request(watch, &format!("GET {path}"), "").await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{path}: {head}");
    }
}

#[tokio::test]
async fn the_relay_does_not_connect_to_its_own_metrics() {
    let metrics = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = metrics.local_addr().unwrap().port();
    let (page, _) = listen().await;
    let relay = Relay::with(Listeners { page, metrics: Some(metrics) }, config(&[port]));
    let mut client = Client::connect(relay.address).await;
    let denied = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap_err();
    assert_eq!(denied.reason, Reason::PolicyDenied);
}

/// While a relay drains, the next one already runs: it has the page's address at once, and this one when it is free.
#[tokio::test]
async fn an_address_for_metrics_that_is_taken_is_waited_for() {
    let (taken, _) = listen().await;
    let address = taken.local_addr().unwrap();
    let mut config = Config::default();
    config.metrics.listen = Some(address);
    let relay = Relay::start(config).await;
    let (head, _) = request(relay.address, "GET /readyz", "").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    drop(taken);
    let patience = tokio::time::Instant::now() + crate::client::PATIENCE;
    while tokio::net::TcpStream::connect(address).await.is_err() {
        assert!(tokio::time::Instant::now() < patience, "nobody listens");
        tokio::task::yield_now().await;
    }
    assert!(scrape(address).await.contains_key("relay_sessions"));
}

#[tokio::test]
async fn metrics_that_others_could_reach_must_be_meant() {
    for (open_to_network, works) in [(false, false), (true, true)] {
        let (page, _) = listen().await;
        let mut config = Config::default();
        config.metrics.listen = Some("0.0.0.0:0".parse().unwrap());
        config.metrics.open_to_network = open_to_network;
        let run = towpath_relay::run(page, config, async {}).await;
        assert_eq!(run.is_ok(), works, "{run:?}");
    }
}
