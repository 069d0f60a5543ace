//! What an administrator's rules say of the streams of a server.

use crate::client::{Client, Heard};
use crate::fixture::{Relay, accept, config, identity, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use towpath_relay::{Config, Ports, Rule, TlsRule};
use towpath_shared::{DATA_WINDOW, Message, Reason, StartTls};

/// A relay with a rule for a port of loopback.
async fn relay(port: u16, change: impl FnOnce(&mut Rule)) -> Relay {
    let mut rule = Rule {
        hosts: vec!["127.0.0.0/8".parse().unwrap()],
        ports: vec![Ports::new(port, port).unwrap()],
        tls: TlsRule::Optional,
        tls_min: None,
        client_certificate: None,
        legacy_tls: false,
        data_ports: Ports::UNPRIVILEGED,
        active: false,
        users: None,
    };
    change(&mut rule);
    Relay::start(Config { rules: vec![rule], ..config(&[]) }).await
}

#[tokio::test]
async fn a_rule_lets_a_network_in_without_a_card() {
    let (listener, port) = listen().await;
    let relay = relay(port, |_| ()).await;
    let mut client = Client::connect(relay.address).await;
    assert!(client.welcome.sites.is_empty());
    client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    accept(&listener).await;
    for host in ["10.0.0.1", "localhost", "::1", "0.0.0.0"] {
        let reset = client.control(host, port, DATA_WINDOW).await.unwrap_err();
        assert_eq!(reset.reason, Reason::PolicyDenied, "{host}");
    }
}

#[tokio::test]
async fn data_ports_are_those_of_the_rule() {
    let (listener, port) = listen().await;
    let (passive, passive_port) = listen().await;
    let relay = relay(port, |rule| rule.data_ports = Ports::new(passive_port, passive_port).unwrap()).await;
    let mut client = Client::connect(relay.address).await;
    let (parent, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let _server = accept(&listener).await;
    client.passive(parent, passive_port, DATA_WINDOW).await.unwrap();
    accept(&passive).await;
    let reset = client.passive(parent, port, DATA_WINDOW).await.unwrap_err();
    assert_eq!(reset.reason, Reason::PolicyDenied);
    assert!(reset.text.contains(&passive_port.to_string()), "{reset:?}");
}

#[tokio::test]
async fn where_tls_is_required_nothing_passes_before_it_but_the_request_for_it() {
    let (listener, port) = listen().await;
    let (passive, passive_port) = listen().await;
    let identity = identity("ftp.example.org");
    let relay = relay(port, |rule| rule.tls = TlsRule::Required).await;
    let mut client = Client::connect(relay.address).await;

    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    client.data(id, b"USER me\r\n").await;
    assert_eq!(client.reset_of(id).await.reason, Reason::PolicyDenied);
    let mut heard = Vec::new();
    // The connection breaks or ends, and not a letter of the name has come.
    let _ = server.read_to_end(&mut heard).await;
    assert_eq!(heard, b"");

    let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    client.data(control, b"AUTH TLS\r\n").await;
    let mut line = [0; 10];
    server.read_exact(&mut line).await.unwrap();
    assert_eq!(&line, b"AUTH TLS\r\n");
    server.write_all(b"234 go on\r\n").await.unwrap();
    assert!(matches!(client.hear().await, Heard::Message(_, Message::Credit(_)) | Heard::Data(..)));
    let acceptor = identity.acceptor.clone();
    let accepting = tokio::spawn(async move { acceptor.accept(server).await.unwrap() });
    let request = StartTls {
        server_name: "ftp.example.org".into(),
        received: 11,
        max_version: None,
        client_certificate: None,
    };
    client.send(control, &Message::StartTls(request.clone())).await;
    let mut stream = loop {
        match client.hear().await {
            Heard::Message(found, Message::TlsInfo(_)) if found == control => break accepting.await.unwrap(),
            Heard::Message(_, Message::Reset(reset)) => panic!("{reset:?}"),
            _ => {}
        }
    };
    client.send(control, &Message::TlsAccept).await;
    client.data(control, b"USER me\r\n").await;
    let mut line = [0; 9];
    stream.read_exact(&mut line).await.unwrap();
    assert_eq!(&line, b"USER me\r\n");

    // An upload in plain text, an empty one, and a download: no byte either way.
    for bytes in [&b"secret"[..], b""] {
        let (id, _) = client.passive(control, passive_port, DATA_WINDOW).await.unwrap();
        let mut server = accept(&passive).await;
        server.write_all(b"a listing").await.unwrap();
        if !bytes.is_empty() {
            client.data(id, bytes).await;
        }
        client.finish(id).await;
        let reset = loop {
            match client.hear().await {
                Heard::Message(found, Message::Reset(reset)) if found == id => break reset,
                Heard::Data(found, _) if found == id => panic!("bytes in plain text"),
                _ => {}
            }
        };
        assert_eq!(reset.reason, Reason::PolicyDenied);
        let mut heard = Vec::new();
        let _ = server.read_to_end(&mut heard).await;
        assert_eq!(heard, b"");
    }
}
