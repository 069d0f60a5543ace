//! TLS on the page's listener.

use crate::fixture::{Relay, config, listen};
use crate::metrics::{scrape, until};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message as Carrier};
use towpath_relay::Config;
use towpath_shared::{Header, Hello, Message, SUBPROTOCOL, StreamId};

/// A folder with a certificate and its key.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a new certificate that is good for so many days, and returns it.
    fn write(&self, days: i64) -> CertificateDer<'static> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let day = Duration::from_secs(24 * 3600);
        params.not_before = (SystemTime::now() - 1000 * day).into();
        let distance = day * u32::try_from(days.abs()).unwrap();
        let end = if days < 0 { SystemTime::now() - distance } else { SystemTime::now() + distance };
        params.not_after = end.into();
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(self.path("cert.pem"), certificate.pem()).unwrap();
        write_key(&self.path("key.pem"), &key);
        certificate.der().clone()
    }

    fn config(&self) -> Config {
        let mut config = config(&[]);
        config.tls.certificate = Some(self.path("cert.pem"));
        config.tls.key = Some(self.path("key.pem"));
        config
    }
}

fn write_key(path: &Path, key: &KeyPair) {
    std::fs::write(path, key.serialize_pem()).unwrap();
}

fn connector(
    root: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&[u8]],
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

/// A connection that trusts this certificate alone.
async fn connect(relay: SocketAddr, root: &CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    let connector = connector(root, rustls::ALL_VERSIONS, &[b"http/1.1"]);
    let socket = TcpStream::connect(relay).await.unwrap();
    connector.connect(ServerName::try_from("127.0.0.1").unwrap(), socket).await
}

async fn tunnel(
    relay: SocketAddr,
    root: &CertificateDer<'static>,
    origin: &str,
) -> Result<WebSocketStream<TlsStream<TcpStream>>, u16> {
    let mut request = format!("wss://{relay}/tunnel").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    request.headers_mut().insert("origin", origin.parse().unwrap());
    let stream = connect(relay, root).await.unwrap();
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// Sends a message and waits for the first one that comes back.
async fn ask(socket: &mut WebSocketStream<TlsStream<TcpStream>>, message: &Message) -> Message {
    socket.send(Carrier::binary(message.encode(StreamId::LINK))).await.unwrap();
    loop {
        let next = timeout(crate::client::PATIENCE, socket.next()).await.expect("no answer");
        let Carrier::Binary(frame) = next.unwrap().unwrap() else { continue };
        let frame: Bytes = frame;
        let (header, payload) = Header::split(&frame).unwrap();
        return Message::decode(header, payload).unwrap();
    }
}

#[tokio::test]
async fn the_page_and_its_tunnels_come_over_tls_and_no_other_origin_gets_in() {
    let files = Files::new();
    let root = files.write(100);
    let mut config = files.config();
    config.tls.hsts = 3600;
    let (relay, watch) = Relay::watched(config).await;
    let mut stream = connect(relay.address, &root).await.unwrap();
    let request = format!("GET /livez HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", relay.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // To the end, which is close_notify: without it this fails.
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=3600\r\n"), "{answer}");

    let own = format!("https://{}", relay.address);
    let mut socket = tunnel(relay.address, &root, &own).await.unwrap();
    assert!(matches!(ask(&mut socket, &Message::Hello(Hello::default())).await, Message::Welcome(_)));
    // Whoever sits between a browser and the relay can show it a page of this origin.
    let plain = format!("http://{}", relay.address);
    assert_eq!(tunnel(relay.address, &root, &plain).await.unwrap_err(), 403);

    for (versions, protocols, works) in [
        (&[&rustls::version::TLS12][..], &[&b"http/1.1"[..]][..], true),
        (&[&rustls::version::TLS13], &[], true),
        (&[&rustls::version::TLS13], &[b"h2"], false),
    ] {
        let socket = TcpStream::connect(relay.address).await.unwrap();
        let connected = connector(&root, versions, protocols)
            .connect(ServerName::try_from("127.0.0.1").unwrap(), socket)
            .await;
        assert_eq!(connected.is_ok(), works, "{protocols:?}: {connected:?}");
    }
    let samples =
        until(watch, "relay_listener_handshakes_total{result=\"failed\",version=\"none\"}", 1.0).await;
    assert_eq!(samples["relay_listener_handshakes_total{result=\"ok\",version=\"TLS1.2\"}"], 1.0);
}

#[tokio::test]
async fn a_certificate_is_replaced_while_a_session_runs_and_a_broken_one_changes_nothing() {
    let files = Files::new();
    let first = files.write(100);
    let (relay, watch) = Relay::watched(files.config()).await;
    let own = format!("https://{}", relay.address);
    let mut socket = tunnel(relay.address, &first, &own).await.unwrap();
    assert!(matches!(ask(&mut socket, &Message::Hello(Hello::default())).await, Message::Welcome(_)));
    let until_first = scrape(watch).await["relay_certificate_not_after_timestamp_seconds"];

    let second = files.write(200);
    relay.reload(files.config()).await;
    assert!(connect(relay.address, &first).await.is_err(), "the old certificate is still shown");
    connect(relay.address, &second).await.unwrap();
    assert_eq!(ask(&mut socket, &Message::Ping(1)).await, Message::Pong(1));
    let samples = scrape(watch).await;
    let days = (samples["relay_certificate_not_after_timestamp_seconds"] - until_first) / 86400.0;
    assert!((days - 100.0).abs() < 1.0, "{days}");

    for damage in [
        |files: &Files| std::fs::write(files.path("cert.pem"), "not a certificate").unwrap(),
        |files: &Files| std::fs::remove_file(files.path("key.pem")).unwrap(),
        |files: &Files| write_key(&files.path("key.pem"), &KeyPair::generate().unwrap()),
    ] {
        let good = files.path("good");
        std::fs::copy(files.path("cert.pem"), &good).unwrap();
        let key = std::fs::read(files.path("key.pem")).unwrap();
        damage(&files);
        relay.reload(files.config()).await;
        connect(relay.address, &second).await.unwrap();
        std::fs::copy(&good, files.path("cert.pem")).unwrap();
        std::fs::write(files.path("key.pem"), key).unwrap();
    }
    // A file that lost its [tls] must not turn the listener into one for plain text.
    relay.reload(config(&[])).await;
    connect(relay.address, &second).await.unwrap();
}

#[tokio::test]
async fn a_key_of_another_certificate_stops_the_start_and_is_not_in_the_error() {
    let files = Files::new();
    files.write(100);
    let other = KeyPair::generate().unwrap();
    write_key(&files.path("key.pem"), &other);
    let run = towpath_relay::run(listen().await.0, files.config(), async {}).await;
    let error = run.unwrap_err().to_string();
    assert!(error.contains("key.pem") && error.contains("cert.pem"), "{error}");
    std::fs::write(files.path("cert.pem"), "").unwrap();
    let run = towpath_relay::run(listen().await.0, files.config(), async {}).await;
    assert!(run.unwrap_err().to_string().contains("cert.pem"));
}

#[tokio::test]
async fn plain_http_is_told_so_and_ends() {
    let files = Files::new();
    files.write(100);
    let (relay, watch) = Relay::watched(files.config()).await;
    let mut socket = TcpStream::connect(relay.address).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nhost: {}\r\n\r\n", relay.address);
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = socket.read_to_string(&mut answer);
    // Long before any deadline: the relay ends its side by itself.
    timeout(crate::client::PATIENCE, read).await.expect("it stays open").unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 400") && head.contains(&format!("content-length: {}", body.len())));
    assert!(body.contains("https"), "{body}");
    drop(socket);
    until(watch, "relay_listener_handshakes_total{result=\"plain_http\",version=\"none\"}", 1.0).await;
}

/// Whoever connects and says nothing, or half a handshake, keeps nobody else out and is cut.
#[tokio::test]
async fn a_handshake_that_goes_nowhere_stalls_nobody() {
    let files = Files::new();
    let root = files.write(100);
    let mut config = files.config();
    config.deadlines.tls = 1;
    let (relay, watch) = Relay::watched(config).await;
    let mut silent = Vec::new();
    for index in 0..50 {
        let mut socket = TcpStream::connect(relay.address).await.unwrap();
        if index % 2 == 0 {
            socket.write_all(&[22, 3, 1]).await.unwrap();
        }
        silent.push(socket);
    }
    connect(relay.address, &root).await.unwrap();
    for socket in &mut silent {
        let mut rest = Vec::new();
        let end = timeout(crate::client::PATIENCE, socket.read_to_end(&mut rest)).await;
        // A reset is an end as well.
        assert!(end.is_ok(), "it stays open");
    }
    until(watch, "relay_listener_handshakes_total{result=\"too_slow\",version=\"none\"}", 50.0).await;
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn the_log_warns_before_and_after_a_certificate_expires() {
    let files = Files::new();
    let file = files.path("towpath.toml");
    let text =
        format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", files.path("cert.pem"), files.path("key.pem"));
    std::fs::write(&file, text).unwrap();
    files.write(5);
    let mut relay = crate::program::Program::start(&file);
    let line = relay.heard("expires soon");
    assert!(
        line.contains(" WARN ")
            && (line.contains("days=4") || line.contains("days=5"))
            && line.contains("cert.pem"),
        "{line}"
    );
    files.write(-1);
    relay.signal("HUP");
    let line = relay.heard("has expired");
    assert!(line.contains("ERROR"), "{line}");
    let renewed = files.write(90);
    relay.signal("HUP");
    relay.heard("is good");
    connect(relay.address, &renewed).await.unwrap();
}
