//! What the relay refuses to connect to.

use crate::client::Client;
use crate::fixture::{Relay, accept, config, listen};
use tokio::io::AsyncWriteExt;
use towpath_relay::Target;
use towpath_shared::{DATA_WINDOW, Reason};

#[tokio::test]
async fn only_what_is_listed_can_be_reached() {
    let (listener, port) = listen().await;
    let (_other, other_port) = listen().await;
    let mut config = config(&[port]);
    config.targets.push(Target::new("localhost", other_port));
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    for (host, port) in [
        // Not listed at all.
        ("127.0.0.1", other_port),
        ("localhost", port),
        ("127.0.0.2", port),
        ("::1", port),
        ("169.254.169.254", 80),
        ("0.0.0.0", port),
        ("::", port),
        // Other spellings of what is not listed, mapped and translated.
        ("::ffff:127.0.0.1", other_port),
        ("[::ffff:7f00:1]", other_port),
        ("::127.0.0.1", port),
        ("64:ff9b::7f00:1", port),
        ("2002:7f00:1::", port),
        // Spellings that resolvers take for 127.0.0.1.
        ("127.1", port),
        ("2130706433", port),
        ("0x7f.1", port),
        ("0177.0.0.1", port),
        ("127.0.0.1%lo", port),
        ("127.0.0.1\0", port),
        ("", port),
        // Listed by name, but the name leads to loopback, which must be listed as an address.
        ("localhost", other_port),
        ("LOCALHOST.", other_port),
        // The relay itself.
        ("127.0.0.1", relay.address.port()),
    ] {
        let reset = client.control(host, port, DATA_WINDOW).await.unwrap_err();
        assert_eq!(reset.reason, Reason::PolicyDenied, "{host}:{port} gave {reset:?}");
        assert!(!reset.text.is_empty());
    }
    // One address has one meaning, however it is written.
    for host in ["127.0.0.1", "::ffff:127.0.0.1", "[::ffff:7f00:1]"] {
        let (_, opened) = client.control(host, port, DATA_WINDOW).await.unwrap();
        assert_eq!(opened.peer, format!("127.0.0.1:{port}"), "{host}");
        accept(&listener).await;
    }
}

#[tokio::test]
async fn a_relay_does_not_reach_itself_even_where_it_is_listed() {
    let (listener, port) = listen().await;
    drop(listener);
    let mut config = config(&[]);
    config.targets.push(Target::new("127.0.0.1", port));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(towpath_relay::run(listener, config, stop.clone().cancelled_owned()));
    let mut client = Client::connect(([127, 0, 0, 1], port).into()).await;
    let reset = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap_err();
    assert_eq!(reset.reason, Reason::PolicyDenied);
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn s5_a_data_stream_reaches_its_parents_server_and_nothing_else() {
    let (listener, port) = listen().await;
    let (passive, passive_port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (parent, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let _server = accept(&listener).await;

    let (id, opened) = client.passive(parent, passive_port, DATA_WINDOW).await.unwrap();
    assert_eq!(opened.peer, format!("127.0.0.1:{passive_port}"));
    accept(&passive).await.write_all(b"listing").await.unwrap();
    assert_eq!(client.read_to_end(id).await.0, b"listing");

    for (parent, port, reason) in [
        (parent, 22, Reason::PolicyDenied),
        (parent, 1023, Reason::PolicyDenied),
        (parent, 0, Reason::PolicyDenied),
        (parent, relay.address.port(), Reason::PolicyDenied),
        // No such stream; a data stream, which is none's parent.
        (towpath_shared::StreamId(999), passive_port, Reason::Protocol),
        (id, passive_port, Reason::Protocol),
    ] {
        let reset = client.passive(parent, port, DATA_WINDOW).await.unwrap_err();
        assert_eq!(reset.reason, reason, "{parent:?} {port}");
    }
}

#[tokio::test]
async fn limits_are_quotas() {
    let (_listener, port) = listen().await;
    let mut config = config(&[port]);
    config.limits.streams = 2;
    config.limits.opens_per_minute = 3;
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    assert_eq!(client.welcome.max_streams, 2);
    let (first, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let reset = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap_err();
    assert_eq!(reset.reason, Reason::Quota);
    // A place comes free, then the minute's opens are used up.
    let cancelled = towpath_shared::Reset::new(Reason::Cancelled, "");
    client.send(first, &towpath_shared::Message::Reset(cancelled.clone())).await;
    let (third, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    client.send(third, &towpath_shared::Message::Reset(cancelled)).await;
    let reset = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap_err();
    assert_eq!(reset.reason, Reason::Quota);
}
