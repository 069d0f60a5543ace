//! What a browser gets besides the tunnel, the demo, and configurations that must not run.

use crate::client::Client;
use crate::fixture::Relay;
use std::fs;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use towpath_relay::{Config, demo};
use towpath_shared::{CONTROL_WINDOW, DATA_WINDOW, Message, StreamId};

/// One request, the whole answer, lower-case head.
pub(crate) async fn request(relay: SocketAddr, line: &str, headers: &str) -> (String, Vec<u8>) {
    let mut socket = TcpStream::connect(relay).await.unwrap();
    let request = format!("{line} HTTP/1.1\r\nhost: {relay}\r\nconnection: close\r\n{headers}\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase(), answer[end + 4..].to_vec())
}

#[tokio::test]
async fn the_page_comes_from_a_directory_with_strict_headers() {
    let www = tempfile::tempdir().unwrap();
    fs::write(www.path().join("index.html"), "<!doctype html>page").unwrap();
    fs::write(www.path().join("app-0123456789abcdef.wasm"), "plain").unwrap();
    fs::write(www.path().join("app-0123456789abcdef.wasm.br"), "brotli").unwrap();
    let secret = www.path().with_extension("secret");
    fs::write(&secret, "secret").unwrap();
    let config = Config {
        www: Some(www.path().to_owned()),
        frame_ancestors: vec!["https://portal.example.org".into()],
        ..Config::default()
    };
    let relay = Relay::start(config).await;
    let (head, body) = request(relay.address, "GET /", "").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, b"<!doctype html>page");
    let (wasm, body) =
        request(relay.address, "GET /app-0123456789abcdef.wasm", "accept-encoding: gzip, br\r\n").await;
    assert_eq!(body, b"brotli");
    for line in
        ["content-type: application/wasm", "content-encoding: br", "immutable", "vary: accept-encoding"]
    {
        assert!(wasm.contains(line), "{line} is not in {wasm}");
    }
    let climb = format!("GET /../{}", secret.file_name().unwrap().to_str().unwrap());
    let (missing, body) = request(relay.address, &climb, "").await;
    assert!(missing.starts_with("http/1.1 404") && !body.ends_with(b"secret"), "{missing}");
    let (post, _) = request(relay.address, "POST /", "content-length: 0\r\n").await;
    assert!(post.starts_with("http/1.1 405"));
    let (rebound, _) = {
        let mut socket = TcpStream::connect(relay.address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        (answer.to_lowercase(), ())
    };
    assert!(rebound.starts_with("http/1.1 403"));
    // Every answer carries them, errors as well.
    for head in [head, wasm, missing, post, rebound] {
        for line in [
            "content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
             style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
             manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors https://portal.example.org",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-opener-policy: same-origin",
            "permissions-policy: ",
        ] {
            assert!(head.contains(line), "{line} is not in {head}");
        }
    }
    fs::remove_file(secret).unwrap();
}

#[tokio::test]
async fn without_a_page_the_relay_still_answers() {
    let www = tempfile::tempdir().unwrap();
    let relay = Relay::start(Config { www: Some(www.path().to_owned()), ..Config::default() }).await;
    let (head, body) = request(relay.address, "GET /", "").await;
    assert!(head.starts_with("http/1.1 200") && head.contains("frame-ancestors 'none'"));
    assert!(String::from_utf8(body).unwrap().contains("without the page"));
    for path in ["/livez", "/readyz"] {
        let (head, body) = request(relay.address, &format!("GET {path}"), "").await;
        assert!(head.starts_with("http/1.1 200") && body == b"ok\n", "{path}");
    }
}

#[tokio::test]
async fn a_slow_request_is_cut() {
    let mut config = Config::default();
    config.deadlines.header = 1;
    let relay = Relay::start(config).await;
    let mut socket = TcpStream::connect(relay.address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: 127").await.unwrap();
    let mut answer = Vec::new();
    let end = tokio::time::timeout(crate::client::PATIENCE, socket.read_to_end(&mut answer)).await;
    assert!(end.is_ok(), "the connection stays open");
}

#[tokio::test]
async fn a_relay_that_others_could_reach_must_say_so() {
    for (open_to_network, works) in [(false, false), (true, true)] {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let config = Config { open_to_network, ..Config::default() };
        let run = towpath_relay::run(listener, config, async {}).await;
        assert_eq!(run.is_ok(), works, "{run:?}");
        if let Err(error) = run {
            assert!(error.to_string().contains("open_to_network"), "{error}");
        }
    }
}

/// Sends a command on the control stream and returns all that the relay says until a line begins with `reply`.
async fn command(client: &mut Client, id: StreamId, command: &str, reply: &str) -> String {
    if !command.is_empty() {
        client.data(id, format!("{command}\r\n").as_bytes()).await;
    }
    let mut text = String::new();
    while !text.lines().any(|line| line.starts_with(reply)) || !text.ends_with("\r\n") {
        match client.hear().await {
            crate::client::Heard::Data(found, bytes) if found == id => {
                text.push_str(std::str::from_utf8(&bytes).unwrap());
            }
            crate::client::Heard::Message(_, Message::Credit(_)) => {}
            other => panic!("{command}: {text:?} and then {other:?}"),
        }
    }
    text
}

#[tokio::test]
async fn the_demo_server_can_be_browsed_through_the_relay() {
    let server = demo::Server::start().await.unwrap();
    let config = Config { allow_missing_origin: true, ..server.config() };
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    let site = client.welcome.sites[0].clone();
    assert_eq!(site.port, server.port());
    let (control, _) = client.control(&site.host, site.port, CONTROL_WINDOW).await.unwrap();
    command(&mut client, control, "", "220 ").await;
    command(&mut client, control, "USER anonymous", "331 ").await;
    command(&mut client, control, "PASS guest", "230 ").await;
    command(&mut client, control, "TYPE I", "200 ").await;
    for (request, expected) in
        [("NLST names", "Übersicht – März.txt"), ("RETR welcome.txt", "Welcome to Towpath")]
    {
        let passive = command(&mut client, control, "EPSV", "229 ").await;
        let port = passive.split('|').nth(3).unwrap().parse().unwrap();
        let (data, _) = client.passive(control, port, DATA_WINDOW).await.unwrap();
        client.data(control, format!("{request}\r\n").as_bytes()).await;
        let (mut bytes, mut replies) = (Vec::new(), String::new());
        let mut finished = false;
        while !finished || !replies.contains("226 ") {
            match client.hear().await {
                crate::client::Heard::Data(id, more) if id == data => bytes.extend_from_slice(&more),
                crate::client::Heard::Data(_, more) => replies.push_str(std::str::from_utf8(&more).unwrap()),
                crate::client::Heard::Message(id, Message::Fin { unclean: false }) if id == data => {
                    finished = true
                }
                crate::client::Heard::Message(_, Message::Credit(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        client.finish(data).await;
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(expected), "{request}: {text}");
    }
    let root = server.root().to_owned();
    assert!(root.join("large/five-megabytes.bin").is_file());
    drop(server);
    assert!(!root.exists(), "the demo's files stay behind");
}
