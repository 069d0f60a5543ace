//! What a relay must not do, asked for over a real WebSocket: reach what is not listed, under any name of it, and serve
//! pages of other origins.

use crate::setup::{RelayProcess, Way};
use tokio::net::TcpListener;
use towpath_ftp::{Secret, Site, Stage};
use towpath_relay::Config;
use towpath_relay::config::{Target, TlsRule};
use towpath_tests::driver::{Client, Relay, RelayError, Sink, Source, Transport};
use towpath_tests::server::{Security, Server, Software};

async fn login(relay: &Relay, host: &str, port: u16) -> Result<Client, towpath_ftp::Error> {
    let mut site = Site::new(host, port, "tester", Secret::new("x"));
    site.encryption = towpath_ftp::Encryption::None;
    Client::connect(Transport::Relay(relay.clone()), site).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_only_what_is_listed_can_be_reached() {
    let listed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listed.local_addr().unwrap().port();
    // Listed by an address that is not this machine's: names and forms of loopback must not lead here.
    let mut config = Config::default();
    config.targets.push(Target::new("192.0.2.1", port));
    config.targets.push(Target::new("localhost", port));
    let relay = RelayProcess::with(config).await;
    let link = Relay::connect(&relay.address()).await.unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",
        "127.8.8.8",
        "::1",
        "[::1]",
        "::ffff:127.0.0.1",
        "[::ffff:127.0.0.1]",
        "::ffff:7f00:1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%lo",
        "10.0.0.1",
        "192.0.2.2",
        "example.org",
        "LOCALHOST.",
        "localhost",
        "",
        "a b",
        "127.0.0.1:21",
    ] {
        let error = login(&link, host, port).await.map(drop).unwrap_err();
        assert_eq!(error.stage, Stage::Policy, "{host:?}: {error:?}");
    }
    // The right host, but a port that is not listed.
    let port = other.local_addr().unwrap().port();
    let error = login(&link, "192.0.2.1", port).await.map(drop).unwrap_err();
    assert_eq!(error.stage, Stage::Policy, "{error:?}");
    // Nobody came, neither to the listed port nor to the other.
    for listener in [listed, other] {
        let waited = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
        assert!(waited.is_err(), "somebody connected: {waited:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denied_address_stays_denied_in_every_form_while_another_is_listed() {
    let server = Server::start(Software::PureFtpd, Security::Plain).unwrap();
    let (transport, relay) = Way::Relay.open(&[server.port()]).await;
    let client = Client::connect(transport, server.site()).await.unwrap();
    client.list(None).await.expect("what is listed works");
    let relay = relay.unwrap();
    let link = Relay::connect(&relay.address()).await.unwrap();
    for host in ["127.0.0.2", "::1", "::ffff:127.0.0.2", "localhost", "169.254.1.1", "fe80::1"] {
        let error = login(&link, host, server.port()).await.map(drop).unwrap_err();
        assert_eq!(error.stage, Stage::Policy, "{host:?}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_origin_or_none_gets_no_tunnel() {
    let relay = RelayProcess::start(&[]).await;
    let address = relay.address();
    let port = relay.port;
    for origin in [
        None,
        Some("null".to_owned()),
        Some("https://evil.example".to_owned()),
        Some(format!("ftp://127.0.0.1:{port}")),
        Some(format!("http://127.0.0.1:{}", port.wrapping_add(1).max(1))),
        Some("http://127.0.0.1".to_owned()),
        Some(format!("http://127.0.0.1:{port}.evil.example")),
        Some(format!("http://evil.example:{port}")),
    ] {
        let refused = Relay::connect_as(&address, origin.as_deref()).await.map(drop);
        let Err(RelayError::Socket(error)) = refused else { panic!("{origin:?} got in") };
        let tokio_tungstenite::tungstenite::Error::Http(response) = *error else {
            panic!("{origin:?}: {error}")
        };
        assert_eq!(response.status(), 403, "{origin:?}");
    }
    Relay::connect(&address).await.expect("the relay's own page gets in");
}

/// The engine asks for nothing in plain text that such a relay would stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_requires_tls_serves_sessions_with_it_and_stops_those_without() {
    for software in [Software::PureFtpd, Software::Vsftpd, Software::ProFtpd] {
        for security in [Security::Tls12, Security::Tls13] {
            let server = Server::start(software, security).unwrap();
            let mut config = Config::default();
            let target = Target::new("127.0.0.1", server.port());
            config.targets.push(Target { tls: TlsRule::Required, ..target });
            let relay = RelayProcess::with(config).await;
            let link = Relay::connect(&relay.address()).await.unwrap();
            let client = Client::connect(Transport::Relay(link.clone()), server.site()).await.unwrap();
            client.list(None).await.unwrap();
            let path = crate::setup::child(&server.base(), "over-tls");
            client.put(Source::pattern(100_000), &path).await.unwrap();
            assert_eq!(client.get(&path, Sink::nowhere()).await.unwrap().bytes, 100_000);
            let _ = client.quit().await;
            let error = login(&link, "127.0.0.1", server.port()).await.map(drop).unwrap_err();
            assert_eq!(error.stage, Stage::Policy, "{error:?}");
            assert!(error.message.contains("requires TLS"), "{error:?}");
        }
    }
}
