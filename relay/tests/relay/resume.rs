//! A link that outlives its WebSocket: DESIGN section 3, RESUME and ACK.

use crate::client::{Client, Heard, PATIENCE};
use crate::fixture::{Relay, accept, config, listen};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Carrier;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use towpath_relay::Config;
use towpath_shared::{
    Header, Hello, Kind, MAX_KEPT, Message, RESUME, Resume, ResumeToken, Resumed, SUBPROTOCOL, StreamId,
    close,
};

const WINDOW: u64 = 1 << 30;

/// A tunnel that can be resumed, with a control stream to a server of the test's own.
struct Talk {
    client: Client,
    id: StreamId,
    server: TcpStream,
    /// Numbered frames that the page has.
    received: u64,
}

async fn talk(relay: &Relay, listener: &tokio::net::TcpListener) -> Talk {
    let hello = Hello { features: vec![RESUME.to_owned()], ..Hello::default() };
    let mut client = Client::connect_as(relay.address, hello).await;
    let port = listener.local_addr().unwrap().port();
    let (opened, server) = tokio::join!(client.control("127.0.0.1", port, WINDOW), accept(listener));
    Talk { client, id: opened.unwrap().0, server, received: 1 }
}

impl Talk {
    fn resume(&self) -> Resume {
        let token = self.client.welcome.resumption.as_ref().unwrap().token.clone();
        Resume { token, received: self.received }
    }

    /// Comes back over a new connection; returns how many frames the relay has.
    async fn come_back(&mut self, relay: SocketAddr) -> u64 {
        let path = self.client.welcome.resumption.as_ref().unwrap().path.clone();
        self.client.socket = socket(relay, &path).await;
        let resume = self.resume();
        self.client.send(StreamId::LINK, &Message::Resume(resume)).await;
        match self.client.hear().await {
            Heard::Message(StreamId::LINK, Message::Resumed(Resumed { received })) => received,
            other => panic!("no RESUMED but {other:?}"),
        }
    }

    /// The next bytes of the stream, counted.
    async fn bytes(&mut self) -> Bytes {
        loop {
            match self.client.hear().await {
                Heard::Data(id, bytes) if id == self.id => {
                    self.received += 1;
                    return bytes;
                }
                Heard::Message(_, Message::Ack(_)) => {}
                Heard::Message(_, Message::Credit(_)) => self.received += 1,
                other => panic!("no bytes but {other:?}"),
            }
        }
    }

    async fn read(&mut self, expected: &[u8]) {
        let mut found = Vec::new();
        while found.len() < expected.len() {
            found.extend_from_slice(&self.bytes().await);
        }
        assert_eq!(found, expected);
    }
}

async fn socket(relay: SocketAddr, path: &str) -> crate::client::Socket {
    upgrade_at(relay, &format!("/tunnel/{path}")).await
}

async fn upgrade_at(relay: SocketAddr, path: &str) -> crate::client::Socket {
    crate::client::upgrade_at(relay, path, &[("sec-websocket-protocol", SUBPROTOCOL)]).await.unwrap()
}

/// How the relay closes a WebSocket that begins with this.
async fn refused(relay: SocketAddr, path: &str, message: &Message) -> Option<u16> {
    let mut socket = upgrade_at(relay, path).await;
    socket.send(Carrier::binary(message.encode(StreamId::LINK))).await.unwrap();
    loop {
        match timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Carrier::Close(close))) => return close.map(|close| close.code.into()),
            Some(Ok(_)) => {}
            _ => return None,
        }
    }
}

#[tokio::test]
async fn a_link_goes_on_after_a_lost_connection_and_the_server_sees_nothing() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut talk = talk(&relay, &listener).await;
    talk.server.write_all(b"220 ready\r\n").await.unwrap();
    talk.read(b"220 ready\r\n").await;
    talk.client.data(talk.id, b"USER a\r\n").await;
    let mut line = [0; 8];
    talk.server.read_exact(&mut line).await.unwrap();
    for turn in 0..5u8 {
        // OPEN, USER, and a NOOP each turn.
        assert_eq!(talk.come_back(relay.address).await, 2 + u64::from(turn));
        talk.client.data(talk.id, b"NOOP a\r\n").await;
        talk.server.read_exact(&mut line).await.unwrap();
        assert_eq!(&line, b"NOOP a\r\n");
        talk.server.write_all(b"200 ok\r\n").await.unwrap();
        talk.read(b"200 ok\r\n").await;
    }
}

#[tokio::test]
async fn what_was_lost_on_the_way_is_sent_again_once_and_in_order() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let talk = talk(&relay, &listener).await;
    let sent: Vec<u8> = (0..3_000_000u32).map(|at| (at % 251) as u8).collect();
    let mut found = Vec::new();
    let (mut reader, mut writer) = talk.server.into_split();
    let copy = sent.clone();
    let sending = tokio::spawn(async move {
        writer.write_all(&copy).await.unwrap();
        writer
    });
    let (mut client, id, mut received) = (talk.client, talk.id, talk.received);
    let resumption = client.welcome.resumption.clone().unwrap();
    // Each connection is cut after some frames, whatever was under way; later ones have no mercy either.
    for cut in [1, 2, 7, 3, 11, 1, 1, 30, usize::MAX] {
        let mut taken = 0;
        while found.len() < sent.len() && taken < cut {
            if let Heard::Data(found_id, bytes) = client.hear().await {
                assert_eq!(found_id, id);
                found.extend_from_slice(&bytes);
                received += 1;
                taken += 1;
            }
        }
        if found.len() == sent.len() {
            break;
        }
        client.socket = socket(relay.address, &resumption.path).await;
        let resume = Resume { token: resumption.token.clone(), received };
        client.send(StreamId::LINK, &Message::Resume(resume)).await;
        assert!(matches!(client.hear().await, Heard::Message(_, Message::Resumed(_))));
    }
    assert!(found == sent);
    drop(sending.await.unwrap());
    client.socket.close(None).await.unwrap();
    // Nothing was written to the server meanwhile.
    let mut nothing = Vec::new();
    let _ = reader.read_to_end(&mut nothing).await;
    assert_eq!(nothing, b"");
}

#[tokio::test]
async fn a_page_that_comes_back_while_its_old_connection_seems_alive_takes_its_place() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut talk = talk(&relay, &listener).await;
    let path = talk.client.welcome.resumption.as_ref().unwrap().path.clone();
    let old = std::mem::replace(&mut talk.client.socket, socket(relay.address, &path).await);
    let resume = talk.resume();
    talk.client.send(StreamId::LINK, &Message::Resume(resume)).await;
    assert!(matches!(talk.client.hear().await, Heard::Message(_, Message::Resumed(_))));
    talk.server.write_all(b"220 ready\r\n").await.unwrap();
    talk.read(b"220 ready\r\n").await;
    let mut old = Client::over(old);
    while !matches!(old.hear().await, Heard::Closed(_)) {}
}

/// A page that tries again before the relay has looked at its last try must not be told that its session is over.
#[tokio::test]
async fn of_two_tries_at_once_one_goes_on_and_none_is_told_that_the_session_is_over() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut talk = talk(&relay, &listener).await;
    let path = talk.client.welcome.resumption.clone().unwrap().path;
    for _ in 0..50 {
        let resume = Message::Resume(talk.resume());
        let tries = [(); 2].map(|()| socket(relay.address, &path));
        let [first, second] = tries;
        let (mut first, mut second) = (Client::over(first.await), Client::over(second.await));
        tokio::join!(first.send(StreamId::LINK, &resume), second.send(StreamId::LINK, &resume));
        // The one that the relay took up last stays; what the other hears depends on how far it came.
        let heard = tokio::join!(first.hear(), second.hear());
        for heard in [&heard.0, &heard.1] {
            assert!(!matches!(heard, Heard::Closed(Some(close::GONE))), "{heard:?}");
        }
        let resumed = |heard: &Heard| matches!(heard, Heard::Message(_, Message::Resumed(_)));
        assert!(resumed(&heard.0) || resumed(&heard.1), "{heard:?}");
        talk.client.socket = if resumed(&heard.1) { second.socket } else { first.socket };
    }
}

#[tokio::test]
async fn only_its_token_leads_to_a_session_and_only_on_the_path_for_it() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let talk = talk(&relay, &listener).await;
    let right = talk.resume();
    let path = format!("/tunnel/{}", talk.client.welcome.resumption.as_ref().unwrap().path);
    let (text, gone) = (right.token.0.clone(), Some(close::GONE));
    for wrong in ["", "x", &text[1..], &format!("{text}0"), &text.to_uppercase(), &"0".repeat(text.len())] {
        let resume = Resume { token: ResumeToken(wrong.to_owned()), received: 1 };
        assert_eq!(refused(relay.address, &path, &Message::Resume(resume)).await, gone, "{wrong}");
    }
    assert_eq!(refused(relay.address, "/tunnel", &Message::Resume(right.clone())).await, Some(1002));
    assert_eq!(refused(relay.address, &path, &Message::Hello(Hello::default())).await, Some(1002));
    assert_eq!(refused(relay.address, &path, &Message::Resumed(Resumed { received: 0 })).await, Some(1002));
    // Another name in the path leads, where it leads here, to the same sessions.
    let other = Message::Resume(Resume { received: 9, ..right });
    assert_eq!(refused(relay.address, "/tunnel/other", &other).await, None, "frames that were never sent");
    // A foreign page with a token is a foreign page.
    let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("origin", "http://evil.example")];
    assert_eq!(crate::client::upgrade_at(relay.address, &path, &headers).await.unwrap_err(), 403);
}

/// A browser cannot drop a WebSocket that fell silent without closing it, and the closing may arrive after all.
#[tokio::test]
async fn a_page_that_closes_its_connection_to_come_back_over_another_is_waited_for() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut talk = talk(&relay, &listener).await;
    let frame = CloseFrame { code: close::RETURNING.into(), reason: "".into() };
    talk.client.socket.close(Some(frame)).await.unwrap();
    while timeout(PATIENCE, talk.client.socket.next()).await.unwrap().is_some_and(|heard| heard.is_ok()) {}
    assert_eq!(talk.come_back(relay.address).await, 1);
    talk.server.write_all(b"220 ready\r\n").await.unwrap();
    talk.read(b"220 ready\r\n").await;
}

#[tokio::test]
async fn a_page_that_leaves_is_not_waited_for() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut talk = talk(&relay, &listener).await;
    talk.client.socket.close(None).await.unwrap();
    assert!(talk.server.read_to_end(&mut Vec::new()).await.is_err(), "broken, not ended");
    let resume = Message::Resume(talk.resume());
    assert_eq!(refused(relay.address, "/tunnel/relay", &resume).await, Some(close::GONE));
}

#[tokio::test]
async fn a_page_that_does_not_come_back_in_time_is_given_up() {
    let (listener, port) = listen().await;
    let mut short = config(&[port]);
    short.deadlines.grace = 1;
    let relay = Relay::start(short).await;
    let mut talk = talk(&relay, &listener).await;
    let resume = Message::Resume(talk.resume());
    drop(talk.client);
    assert!(talk.server.read_to_end(&mut Vec::new()).await.is_err(), "broken, not ended");
    assert_eq!(refused(relay.address, "/tunnel/relay", &resume).await, Some(close::GONE));
}

#[tokio::test]
async fn sessions_without_their_page_have_a_limit_of_their_own() {
    let (listener, port) = listen().await;
    let mut narrow = config(&[port]);
    narrow.limits.waiting = 1;
    let relay = Relay::start(narrow).await;
    let mut first = talk(&relay, &listener).await;
    let mut second = talk(&relay, &listener).await;
    // One of them has the place, whichever was noticed first.
    let (one, two) = (Message::Resume(first.resume()), Message::Resume(second.resume()));
    drop((first.client, second.client));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let kept = tokio::select! {
        end = first.server.read_to_end(&mut left) => { assert!(end.is_err()); two }
        end = second.server.read_to_end(&mut right) => { assert!(end.is_err()); one }
    };
    let mut socket = socket(relay.address, "relay").await;
    socket.send(Carrier::binary(kept.encode(StreamId::LINK))).await.unwrap();
    let answer = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(Header::split(&answer.into_data()).unwrap().0.kind, Kind::Resumed));
}

#[tokio::test]
async fn where_the_grace_time_is_zero_or_the_page_does_not_ask_nothing_is_kept() {
    let (listener, port) = listen().await;
    let relay = Relay::start(Config {
        deadlines: towpath_relay::config::Deadlines { grace: 0, ..Default::default() },
        ..config(&[port])
    })
    .await;
    let hello = Hello { features: vec![RESUME.to_owned()], ..Hello::default() };
    let client = Client::connect_as(relay.address, hello).await;
    assert_eq!((client.welcome.resumption, client.welcome.features), (None, vec![]));
    let relay = Relay::for_ports(&[port]).await;
    let mut client = Client::connect_as(relay.address, Hello::default()).await;
    assert_eq!(client.welcome.resumption, None);
    // Such a page has no business with acknowledgements.
    client.send(StreamId::LINK, &Message::Ack(0)).await;
    assert_eq!(client.close_code().await, Some(1002));
    drop(listener);
}

#[tokio::test]
async fn the_relay_keeps_no_more_than_a_bound_for_a_page_that_acknowledges_nothing() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let mut talk = talk(&relay, &listener).await;
    let mut server = talk.server;
    let endless = tokio::spawn(async move {
        let block = vec![7; 1 << 16];
        while server.write_all(&block).await.is_ok() {}
    });
    let mut total = 0;
    // Silence is the proof that it stops: a PING is answered although no DATA comes any more.
    let mut asked = false;
    loop {
        match talk.client.hear().await {
            Heard::Data(_, bytes) => {
                total += bytes.len() as u64;
                talk.received += 1;
                assert!(total <= MAX_KEPT + (1 << 16));
                if total > MAX_KEPT - (1 << 18) && !asked {
                    asked = true;
                }
            }
            Heard::Message(_, Message::Pong(_)) if asked => break,
            Heard::Message(..) => {}
            Heard::Closed(code) => panic!("closed with {code:?}"),
        }
        if asked {
            talk.client.send(StreamId::LINK, &Message::Ping(1)).await;
        }
    }
    talk.client.send(StreamId::LINK, &Message::Ack(talk.received)).await;
    while total < 2 * MAX_KEPT {
        if let Heard::Data(_, bytes) = talk.client.hear().await {
            total += bytes.len() as u64;
            talk.received += 1;
            if talk.received % 16 == 0 {
                talk.client.send(StreamId::LINK, &Message::Ack(talk.received)).await;
            }
        }
    }
    // One that acknowledges frames which it never got is no page of ours.
    talk.client.send(StreamId::LINK, &Message::Ack(u64::MAX)).await;
    assert_eq!(talk.client.close_code().await, Some(1002));
    endless.await.unwrap();
}

#[tokio::test]
async fn an_upload_that_the_page_began_is_broken_and_not_ended_when_it_never_comes_back() {
    let (listener, port) = listen().await;
    let mut short = config(&[port]);
    short.deadlines.grace = 1;
    let relay = Relay::start(short).await;
    let mut talk = talk(&relay, &listener).await;
    let (data, data_port) = listen().await;
    let (opened, mut file) = tokio::join!(talk.client.passive(talk.id, data_port, WINDOW), accept(&data));
    talk.client.data(opened.unwrap().0, b"half of a file").await;
    let mut half = [0; 14];
    file.read_exact(&mut half).await.unwrap();
    drop(talk.client);
    assert!(file.read(&mut half).await.is_err(), "the server must not take a part for the whole");
}
