//! Active mode: the relay listens for a server, for it alone, and only where the administrator said so.

use crate::client::{Client, Heard, PATIENCE};
use crate::fixture::{Relay, accept, config, identity, listen};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use towpath_relay::{Config, Target};
use towpath_shared::{DATA_WINDOW, LISTEN, Message, Reason, Reset, StartTls, StreamId, StreamKind};

fn listening_config(port: u16) -> Config {
    let target = Target { active: true, ..Target::new("127.0.0.1", port) };
    Config { targets: vec![target], ..config(&[]) }
}

/// Asks for a listener: its stream and where the server is to come to.
async fn listener(client: &mut Client, parent: StreamId) -> Result<(StreamId, SocketAddr), Reset> {
    let id = client.open(StreamKind::Listen { parent: parent.0 }, DATA_WINDOW).await;
    loop {
        match client.hear().await {
            Heard::Message(found, Message::Listening(listening)) if found == id => {
                return Ok((id, listening.address.parse().unwrap()));
            }
            Heard::Message(found, Message::Reset(reset)) if found == id => return Err(reset),
            Heard::Closed(code) => panic!("closed with {code:?}"),
            _ => {}
        }
    }
}

async fn opened(client: &mut Client, id: StreamId) -> String {
    loop {
        match client.hear().await {
            Heard::Message(found, Message::Opened { opened, .. }) if found == id => return opened.peer,
            Heard::Message(found, Message::Reset(reset)) if found == id => panic!("{reset:?}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_server_comes_to_the_listener_and_bytes_flow_both_ways() {
    let (control, port) = listen().await;
    let relay = Relay::start(listening_config(port)).await;
    let mut client = Client::connect(relay.address).await;
    assert_eq!(client.welcome.features, [LISTEN]);
    let (parent, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let _control = accept(&control).await;
    for upload in [false, true] {
        let (id, address) = listener(&mut client, parent).await.unwrap();
        let mut server = TcpStream::connect(address).await.unwrap();
        assert_eq!(opened(&mut client, id).await, server.local_addr().unwrap().to_string());
        if upload {
            client.data(id, b"a file").await;
            client.finish(id).await;
            let mut heard = Vec::new();
            server.read_to_end(&mut heard).await.unwrap();
            assert_eq!(heard, b"a file");
        } else {
            server.write_all(b"a listing").await.unwrap();
            server.shutdown().await.unwrap();
            assert_eq!(client.read_to_end(id).await.0, b"a listing");
            client.finish(id).await;
        }
        // One connection, then nobody listens any more.
        assert!(TcpStream::connect(address).await.is_err(), "somebody listens on");
    }
}

#[tokio::test]
async fn whoever_comes_from_another_address_changes_nothing() {
    let (control, port) = listen().await;
    let relay = Relay::start(listening_config(port)).await;
    let mut client = Client::connect(relay.address).await;
    let (parent, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let _control = accept(&control).await;
    let (id, address) = listener(&mut client, parent).await.unwrap();
    for last in 2..12 {
        let stranger = TcpSocket::new_v4().unwrap();
        stranger.bind(SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
        let mut stranger = stranger.connect(address).await.unwrap();
        let _ = stranger.write_all(b"not a file of yours").await;
        let mut heard = Vec::new();
        let _ = stranger.read_to_end(&mut heard).await;
        assert_eq!(heard, b"", "127.0.0.{last}");
    }
    let mut server = TcpStream::connect(address).await.unwrap();
    opened(&mut client, id).await;
    server.write_all(b"mine").await.unwrap();
    server.shutdown().await.unwrap();
    assert_eq!(client.read_to_end(id).await.0, b"mine");
}

#[tokio::test]
async fn tls_on_a_connection_that_came_is_that_of_the_control_connection() {
    let (control, port) = listen().await;
    let identity = identity("ftp.example.org");
    let relay = Relay::start(listening_config(port)).await;
    let mut client = Client::connect(relay.address).await;
    let request = StartTls {
        server_name: "ftp.example.org".into(),
        received: 0,
        max_version: None,
        client_certificate: None,
    };
    let (parent, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let socket = accept(&control).await;
    let acceptor = identity.acceptor.clone();
    let server = tokio::spawn(async move {
        let mut stream = acceptor.accept(socket).await.unwrap();
        stream.write_all(b"220 hello\r\n").await.unwrap();
        stream.flush().await.unwrap();
        stream
    });
    client.start_tls(parent, request.clone()).await.unwrap();
    client.send(parent, &Message::TlsAccept).await;
    assert!(matches!(client.hear().await, Heard::Data(..)));
    let _control = server.await.unwrap();

    let (id, address) = listener(&mut client, parent).await.unwrap();
    // Asked for before anybody has come, as the engine does it.
    client.send(id, &Message::StartTls(request)).await;
    let acceptor = identity.acceptor.clone();
    let server = tokio::spawn(async move {
        let mut stream = acceptor.accept(TcpStream::connect(address).await.unwrap()).await.unwrap();
        stream.write_all(b"listing").await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let (info, chain) = client.secured(id).await.unwrap();
    assert!(info.gate_open && info.resumed && chain.is_empty(), "{info:?}");
    assert_eq!(client.read_to_end(id).await, (b"listing".to_vec(), false));
    server.await.unwrap();
}

#[tokio::test]
async fn nobody_is_listened_for_unasked_or_for_ever() {
    let (control, port) = listen().await;
    // Off by default.
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    assert!(client.welcome.features.is_empty());
    let (parent, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let _control = accept(&control).await;
    assert_eq!(listener(&mut client, parent).await.unwrap_err().reason, Reason::PolicyDenied);
    assert_eq!(listener(&mut client, StreamId(99)).await.unwrap_err().reason, Reason::Protocol);

    let mut config = listening_config(port);
    config.deadlines.listen = 1;
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    let (parent, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let _control = accept(&control).await;
    let (id, address) = listener(&mut client, parent).await.unwrap();
    assert_eq!(client.reset_of(id).await.reason, Reason::ConnectTimeout);
    assert!(TcpStream::connect(address).await.is_err(), "somebody listens on");
    // A listener that the page gives up is closed.
    let (id, address) = listener(&mut client, parent).await.unwrap();
    client.send(id, &Message::Reset(Reset::new(Reason::Cancelled, ""))).await;
    let closed = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, closed).await.expect("somebody listens on");
}
