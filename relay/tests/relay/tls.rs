//! START_TLS, the gate, and resumption.

use crate::client::{Client, Heard};
use crate::fixture::{Relay, accept, identity, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use towpath_shared::{
    DATA_WINDOW, Message, Reason, StartTls, StreamId, StreamKind, TlsVersion, Verdict, WINDOW_UNIT,
};

fn request(received: u64) -> StartTls {
    StartTls { server_name: "ftp.example.org".into(), received, max_version: None, client_certificate: None }
}

#[tokio::test]
async fn no_byte_flows_before_the_page_accepts() {
    let (listener, port) = listen().await;
    let identity = identity("ftp.example.org");
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let socket = accept(&listener).await;
    let acceptor = identity.acceptor.clone();
    let server = tokio::spawn(async move {
        let mut stream = acceptor.accept(socket).await.unwrap();
        stream.write_all(b"220 at once\r\n").await.unwrap();
        stream.flush().await.unwrap();
        let mut command = [0; 6];
        stream.read_exact(&mut command).await.unwrap();
        stream.shutdown().await.unwrap();
        command
    });
    let (info, chain) = client.start_tls(id, request(0)).await.unwrap();
    assert_eq!(chain, [identity.der.to_vec()]);
    assert_eq!(info.verdict, Verdict::SelfSigned);
    assert_eq!((info.version, info.resumed, info.gate_open), (TlsVersion::Tls13, false, false));
    assert_eq!(info.cipher, "AES-256-GCM");
    assert!(info.key_exchange.starts_with("X25519"), "{}", info.key_exchange);
    assert_eq!(info.chain[0].names, ["ftp.example.org"]);
    // The server's words wait; the PONG that was asked for later comes first.
    client.send(StreamId::LINK, &Message::Ping(1)).await;
    assert!(matches!(client.hear().await, Heard::Message(_, Message::Pong(1))));
    client.send(id, &Message::TlsAccept).await;
    match client.hear().await {
        Heard::Data(found, bytes) => assert_eq!((found, &bytes[..]), (id, &b"220 at once\r\n"[..])),
        other => panic!("{other:?}"),
    }
    client.data(id, b"QUIT\r\n").await;
    assert_eq!(&server.await.unwrap(), b"QUIT\r\n");
    // close_notify came: the end is proven.
    assert_eq!(client.read_to_end(id).await, (Vec::new(), false));
}

#[tokio::test]
async fn bytes_at_a_closed_gate_and_a_refused_certificate_end_the_stream() {
    let (listener, port) = listen().await;
    let identity = identity("ftp.example.org");
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    for refuse in [false, true] {
        let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
        let socket = accept(&listener).await;
        let acceptor = identity.acceptor.clone();
        let server = tokio::spawn(async move {
            let mut stream = acceptor.accept(socket).await.unwrap();
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard).await;
            heard
        });
        client.start_tls(id, request(0)).await.unwrap();
        if refuse {
            let reset = towpath_shared::Reset::new(Reason::TlsUntrusted, "");
            client.send(id, &Message::Reset(reset)).await;
        } else {
            client.data(id, b"USER me\r\n").await;
            assert_eq!(client.reset_of(id).await.reason, Reason::Protocol);
        }
        assert!(server.await.unwrap().is_empty(), "the server heard something");
    }
}

#[tokio::test]
async fn words_in_plain_text_after_the_answer_to_auth_tls_are_found() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;

    // They are on their way to the page, which has counted the answer only.
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    server.write_all(b"234 ok\r\n230 injected\r\n").await.unwrap();
    let mut heard = 0;
    while heard < 22 {
        match client.hear().await {
            Heard::Data(_, bytes) => heard += bytes.len(),
            other => panic!("{other:?}"),
        }
    }
    let reset = client.start_tls(id, request(8)).await.unwrap_err();
    assert_eq!(reset.reason, Reason::PlaintextAfterStartTls);

    // They wait in the relay's socket, since the page allows no more bytes.
    let (id, _) = client.control("127.0.0.1", port, WINDOW_UNIT).await.unwrap();
    let mut server = accept(&listener).await;
    server.write_all(&vec![b'x'; WINDOW_UNIT as usize + 10]).await.unwrap();
    let mut heard = 0;
    while heard < WINDOW_UNIT {
        match client.hear().await {
            Heard::Data(_, bytes) => heard += bytes.len() as u64,
            other => panic!("{other:?}"),
        }
    }
    let reset = client.start_tls(id, request(WINDOW_UNIT)).await.unwrap_err();
    assert_eq!(reset.reason, Reason::PlaintextAfterStartTls);

    // A page that counts more than there was is wrong itself.
    let (id, _) = client.control("127.0.0.1", port, WINDOW_UNIT).await.unwrap();
    let _server = accept(&listener).await;
    assert_eq!(client.start_tls(id, request(1)).await.unwrap_err().reason, Reason::Protocol);
}

#[tokio::test]
async fn an_end_without_close_notify_is_unclean() {
    let (listener, port) = listen().await;
    let identity = identity("ftp.example.org");
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let socket = accept(&listener).await;
    let acceptor = identity.acceptor.clone();
    let server = tokio::spawn(async move {
        let mut stream = acceptor.accept(socket).await.unwrap();
        stream.write_all(&vec![1; 100_000]).await.unwrap();
        stream.flush().await.unwrap();
        // The socket ends, TLS does not.
        stream.get_mut().0.shutdown().await.unwrap();
        stream
    });
    client.start_tls(id, request(0)).await.unwrap();
    client.send(id, &Message::TlsAccept).await;
    let (bytes, unclean) = client.read_to_end(id).await;
    assert_eq!((bytes.len(), unclean), (100_000, true));
    server.await.unwrap();
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_named() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    let answering = tokio::spawn(async move {
        let mut hello = [0; 5];
        server.read_exact(&mut hello).await.unwrap();
        server.write_all(b"500 what?\r\n").await.unwrap();
        server
    });
    let reset = client.start_tls(id, request(0)).await.unwrap_err();
    assert_eq!(reset.reason, Reason::TlsHandshake);
    assert!(reset.text.contains("not TLS"), "{}", reset.text);
    answering.await.unwrap();

    // An old server: the alert protocol_version.
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    let answering = tokio::spawn(async move {
        let mut hello = [0; 5];
        server.read_exact(&mut hello).await.unwrap();
        server.write_all(&[21, 3, 1, 0, 2, 2, 70]).await.unwrap();
        server
    });
    let reset = client.start_tls(id, request(0)).await.unwrap_err();
    assert_eq!((reset.reason, reset.detail), (Reason::TlsVersion, 70));
    answering.await.unwrap();
}

/// Data connections after login, downloads and uploads alike, resume the control connection's session, and their gate opens
/// by itself; another certificate closes it.
#[tokio::test]
async fn s_1_s_3_s_7_data_streams_resume_and_pass_the_gate() {
    for max_version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let (listener, port) = listen().await;
        let (passive, passive_port) = listen().await;
        let (genuine, other) = (identity("ftp.example.org"), identity("ftp.example.org"));
        let relay = Relay::for_ports(&[port]).await;
        let mut client = Client::connect(relay.address).await;
        let request = StartTls { max_version: Some(max_version), ..request(0) };
        let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
        let socket = accept(&listener).await;
        let acceptor = genuine.acceptor.clone();
        let server = tokio::spawn(async move {
            let mut stream = acceptor.accept(socket).await.unwrap();
            stream.write_all(b"220 hello\r\n").await.unwrap();
            stream.flush().await.unwrap();
            stream
        });
        let (info, _) = client.start_tls(control, request.clone()).await.unwrap();
        assert_eq!((info.version, info.gate_open), (max_version, false));
        client.send(control, &Message::TlsAccept).await;
        assert!(matches!(client.hear().await, Heard::Data(..)));
        let _control_server = server.await.unwrap();

        for turn in 0..6 {
            let upload = turn % 2 == 1;
            let (id, _) = client.passive(control, passive_port, DATA_WINDOW).await.unwrap();
            let socket = accept(&passive).await;
            let acceptor = genuine.acceptor.clone();
            let server = tokio::spawn(async move {
                let mut stream = acceptor.accept(socket).await.unwrap();
                let mut heard = Vec::new();
                if upload {
                    stream.read_to_end(&mut heard).await.unwrap();
                } else {
                    stream.write_all(b"listing").await.unwrap();
                }
                stream.shutdown().await.unwrap();
                heard
            });
            let (info, chain) = client.start_tls(id, request.clone()).await.unwrap();
            assert!(info.gate_open && chain.is_empty(), "{max_version:?} turn {turn}");
            assert!(info.resumed, "{max_version:?} turn {turn} is a full handshake");
            assert_eq!(info.verdict, Verdict::SelfSigned);
            if upload {
                client.data(id, b"a file").await;
                client.finish(id).await;
            }
            let (bytes, unclean) = client.read_to_end(id).await;
            assert_eq!((bytes.as_slice(), unclean), (if upload { &b""[..] } else { b"listing" }, false));
            if !upload {
                client.finish(id).await;
            }
            assert_eq!(server.await.unwrap(), if upload { b"a file".to_vec() } else { Vec::new() });
        }

        let (id, _) = client.passive(control, passive_port, DATA_WINDOW).await.unwrap();
        let socket = accept(&passive).await;
        let stranger = tokio::spawn(async move { other.acceptor.accept(socket).await });
        let (info, chain) = client.start_tls(id, request.clone()).await.unwrap();
        assert!(!info.gate_open && !info.resumed && chain.len() == 1, "another certificate passed the gate");
        stranger.await.unwrap().unwrap();

        // A data stream has its parent's name or none.
        let (id, _) = client.passive(control, passive_port, DATA_WINDOW).await.unwrap();
        let _socket = accept(&passive).await;
        let renamed = StartTls { server_name: "other.example.org".into(), ..request };
        assert_eq!(client.start_tls(id, renamed).await.unwrap_err().reason, Reason::Protocol);
    }
}

/// START_TLS right behind OPEN: the handshake begins as soon as the connection stands, and a connection that never stands is
/// reset as ever.
#[tokio::test]
async fn tls_may_be_asked_for_before_the_connection_stands() {
    let (listener, port) = listen().await;
    let (passive, passive_port) = listen().await;
    let identity = identity("ftp.example.org");
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let socket = accept(&listener).await;
    let acceptor = identity.acceptor.clone();
    let server = tokio::spawn(async move { acceptor.accept(socket).await.unwrap() });
    client.start_tls(control, request(0)).await.unwrap();
    client.send(control, &Message::TlsAccept).await;
    let _control_server = server.await.unwrap();

    let data = |port| StreamKind::Data { parent: control.0, port };
    let id = client.open(data(passive_port), DATA_WINDOW).await;
    client.send(id, &Message::StartTls(request(0))).await;
    let socket = accept(&passive).await;
    let acceptor = identity.acceptor.clone();
    let server = tokio::spawn(async move {
        let mut stream = acceptor.accept(socket).await.unwrap();
        stream.write_all(b"listing").await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let (info, _) = client.secured(id).await.unwrap();
    assert!(info.gate_open);
    assert_eq!(client.read_to_end(id).await, (b"listing".to_vec(), false));
    server.await.unwrap();

    drop(passive);
    let id = client.open(data(passive_port), DATA_WINDOW).await;
    client.send(id, &Message::StartTls(request(0))).await;
    assert_eq!(client.secured(id).await.unwrap_err().reason, Reason::Refused);

    // What says something in plain text first is not the server.
    let (passive, passive_port) = listen().await;
    let id = client.open(data(passive_port), DATA_WINDOW).await;
    client.send(id, &Message::StartTls(request(0))).await;
    let mut socket = accept(&passive).await;
    socket.write_all(b"plain text is no handshake\r\n").await.unwrap();
    assert!(client.secured(id).await.is_err());
}

#[tokio::test]
async fn a_gate_that_nobody_opens_closes_for_good() {
    let (listener, port) = listen().await;
    let identity = identity("127.0.0.1");
    let mut config = crate::fixture::config(&[port]);
    config.deadlines.accept = 1;
    let relay = Relay::start(config).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let socket = accept(&listener).await;
    let server = tokio::spawn(async move { identity.acceptor.accept(socket).await });
    // A server that is known by its address has that in its certificate.
    let request = StartTls { server_name: "127.0.0.1".into(), ..request(0) };
    let (info, _) = client.start_tls(id, request).await.unwrap();
    assert_eq!(info.chain[0].names, ["127.0.0.1"]);
    assert_eq!(client.reset_of(id).await.reason, Reason::TlsUntrusted);
    let _ = server.await;
}

/// Every data connection says good-bye under TLS before it ends, downloads too: strict servers answer 426 otherwise.
#[tokio::test]
async fn c_1_close_notify_goes_out_before_the_end_whichever_way_the_bytes_went() {
    for max_version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        for upload in [false, true] {
            let (listener, port) = listen().await;
            let identity = identity("ftp.example.org");
            let relay = Relay::for_ports(&[port]).await;
            let mut client = Client::connect(relay.address).await;
            let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
            let socket = accept(&listener).await;
            let acceptor = identity.acceptor.clone();
            let server = tokio::spawn(async move {
                let mut stream = acceptor.accept(socket).await.unwrap();
                if !upload {
                    stream.write_all(&[7; 300_000]).await.unwrap();
                    stream.shutdown().await.unwrap();
                }
                let mut heard = Vec::new();
                // rustls calls an end without close_notify an unexpected one.
                stream.read_to_end(&mut heard).await.unwrap();
                if upload {
                    stream.shutdown().await.unwrap();
                }
                heard
            });
            client.start_tls(id, StartTls { max_version: Some(max_version), ..request(0) }).await.unwrap();
            client.send(id, &Message::TlsAccept).await;
            if upload {
                client.data(id, &[9; 50_000]).await;
                client.finish(id).await;
                assert_eq!(client.read_to_end(id).await, (Vec::new(), false));
            } else {
                assert_eq!(client.read_to_end(id).await, (vec![7; 300_000], false));
                client.finish(id).await;
            }
            assert_eq!(server.await.unwrap(), if upload { vec![9; 50_000] } else { Vec::new() });
        }
    }
}

/// After the last byte of an upload the server is heard to its end: tickets, alerts, and its own good-bye.
#[tokio::test]
async fn c_2_an_upload_is_half_closed_and_the_server_heard_to_its_end() {
    let (listener, port) = listen().await;
    let identity = identity("ftp.example.org");
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let socket = accept(&listener).await;
    let acceptor = identity.acceptor.clone();
    let (told, seen) = tokio::sync::oneshot::channel();
    let server = tokio::spawn(async move {
        let mut stream = acceptor.accept(socket).await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        // The other half still stands: what is said here is heard.
        stream.write_all(b"noted").await.unwrap();
        stream.flush().await.unwrap();
        let _: () = seen.await.unwrap();
        stream.shutdown().await.unwrap();
        heard
    });
    client.start_tls(id, request(0)).await.unwrap();
    client.send(id, &Message::TlsAccept).await;
    client.data(id, b"a file").await;
    client.finish(id).await;
    loop {
        match client.hear().await {
            Heard::Data(found, bytes) if found == id => break assert_eq!(&bytes[..], b"noted"),
            Heard::Message(_, Message::Credit(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    told.send(()).unwrap();
    assert_eq!(client.read_to_end(id).await, (Vec::new(), false));
    assert_eq!(server.await.unwrap(), b"a file");
}

/// The page's certificate, the relay's pins and its oldest version, as frames.
#[tokio::test]
async fn what_the_administrator_says_of_a_server_holds_for_its_streams() {
    use towpath_relay::{Pin, TlsMin};
    use towpath_shared::ClientCertificate;
    let (listener, port) = listen().await;
    let genuine = identity("ftp.example.org");
    let serve = |socket| {
        let acceptor = genuine.acceptor.clone();
        tokio::spawn(async move { acceptor.accept(socket).await.map(drop) })
    };
    let relay_with = async |change: &dyn Fn(&mut towpath_relay::Target)| {
        let mut config = crate::fixture::config(&[port]);
        change(&mut config.targets[0]);
        Relay::start(config).await
    };
    let own: Pin = format!("sha256:{}", genuine.key_hash).parse().unwrap();
    for (pins, expected) in [(vec![own], Ok(Verdict::Trusted)), (vec![Pin([1; 32])], Err(Reason::TlsPin))] {
        let relay = relay_with(&|target| target.pins = pins.clone()).await;
        let mut client = Client::connect(relay.address).await;
        let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
        let server = serve(accept(&listener).await);
        // Pins ask for no name and no authority.
        let outcome = client.start_tls(id, StartTls { server_name: "whatever".into(), ..request(0) }).await;
        let outcome = outcome.map(|(info, _)| info.verdict).map_err(|reset| reset.reason);
        assert_eq!(outcome, expected);
        // A server with another key sees the connection break.
        let _ = server.await.unwrap();
    }
    let relay = relay_with(&|target| target.tls_min = Some(TlsMin::Tls13)).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let _server = serve(accept(&listener).await);
    let lower = StartTls { max_version: Some(TlsVersion::Tls12), ..request(0) };
    assert_eq!(client.start_tls(id, lower).await.unwrap_err().reason, Reason::TlsVersion);

    // What is no certificate costs the stream, and no word of it comes back.
    for pem in [
        "",
        "canary",
        "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n",
        &"canary ".repeat(2000),
    ] {
        let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
        let _server = serve(accept(&listener).await);
        let client_certificate = Some(ClientCertificate { pem: pem.to_owned() });
        let shown = StartTls { client_certificate, ..request(0) };
        assert!(!format!("{shown:?}").contains("canary"));
        let reset = client.start_tls(id, shown).await.unwrap_err();
        assert_eq!(reset.reason, Reason::ClientCertificate);
        assert!(!reset.text.contains("canary") && !reset.text.contains("Y2Fu"), "{reset:?}");
    }
}
