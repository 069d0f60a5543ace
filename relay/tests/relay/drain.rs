//! A relay that is told to stop: what it lets finish, what it does not wait for, and who can come in its place.

use crate::client::{Client, Heard};
use crate::fixture::{Relay, accept, config, listen};
use crate::http::request;
use crate::metrics::scrape;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use towpath_shared::{DATA_WINDOW, Hello, Message, RESUME, Reason, StreamId};

/// Longer than a session without anything to do is kept, and much shorter than the default drain.
const LONGER: Duration = Duration::from_secs(12);

#[tokio::test]
async fn an_idle_control_connection_does_not_hold_the_drain_and_the_probes_know_at_once() {
    let (listener, port) = listen().await;
    let (relay, watch) = Relay::watched(config(&[port])).await;
    let mut client = Client::connect(relay.address).await;
    client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    server.write_all(b"220 hello\r\n").await.unwrap();
    while !matches!(client.hear().await, Heard::Data(..)) {}
    let start = Instant::now();
    let address = relay.address;
    relay.stop();
    assert_eq!(client.go_away().await.drain_ms, 1_800_000);
    let (head, body) = request(watch, "GET /readyz", "").await;
    assert!(head.starts_with("http/1.1 503") && body == b"draining\n", "{head}");
    let (head, _) = request(watch, "GET /livez", "").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(scrape(watch).await["relay_draining"], 1.0);
    // Nobody gets in, and the address is free for the next process.
    assert!(TcpStream::connect(address).await.is_err());
    drop(TcpListener::bind(address).await.expect("the address is still taken"));
    assert_eq!(client.close_code().await, Some(1001));
    relay.stopped().await;
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

/// Nobody can come back to an address that is free for the next process.
#[tokio::test]
async fn a_session_that_waits_for_its_page_does_not_hold_the_drain() {
    let (listener, port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    let hello = Hello { features: vec![RESUME.to_owned()], ..Hello::default() };
    let mut client = Client::connect_as(relay.address, hello).await;
    client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    drop(client);
    relay.stop();
    // Well before the grace time of 90 s.
    relay.stopped().await;
    assert!(server.read_to_end(&mut Vec::new()).await.is_err(), "broken, not ended");
}

#[tokio::test]
async fn what_runs_is_waited_for_and_no_byte_of_it_is_lost() {
    let (listener, port) = listen().await;
    let (data_listener, data_port) = listen().await;
    let relay = Relay::for_ports(&[port]).await;
    // One transfers, one waits for the answer to a command.
    let mut client = Client::connect(relay.address).await;
    let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    let (data, _) = client.passive(control, data_port, DATA_WINDOW).await.unwrap();
    let mut first = accept(&data_listener).await;
    let mut asking = Client::connect(relay.address).await;
    let (asked, _) = asking.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut answering = accept(&listener).await;
    asking.data(asked, b"SITE CHECKSUM\r\n").await;
    let mut line = [0; 15];
    answering.read_exact(&mut line).await.unwrap();
    relay.stop();
    client.go_away().await;
    asking.go_away().await;
    let early = timeout(LONGER, asking.hear()).await;
    assert!(early.is_err(), "it was not waited for: {early:?}");
    first.write_all(&[7; 100_000]).await.unwrap();
    first.shutdown().await.unwrap();
    assert_eq!(client.read_to_end(data).await, (vec![7; 100_000], false));
    client.finish(data).await;
    // The queue's next file goes over the same control connection; another server is another relay's business.
    let (next, _) = client.passive(control, data_port, DATA_WINDOW).await.unwrap();
    let mut second = accept(&data_listener).await;
    let refused = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap_err();
    assert_eq!(refused.reason, Reason::Draining);
    second.write_all(b"the last file").await.unwrap();
    second.shutdown().await.unwrap();
    assert_eq!(client.read_to_end(next).await.0, b"the last file");
    client.finish(next).await;
    // The reply that makes it a transfer comes after its data.
    server.write_all(b"226 done\r\n").await.unwrap();
    assert!(matches!(client.hear().await, Heard::Data(id, _) if id == control));
    assert_eq!(client.close_code().await, Some(1001));
    answering.write_all(b"200 a1b2\r\n").await.unwrap();
    loop {
        match asking.hear().await {
            Heard::Data(id, _) if id == asked => break,
            Heard::Message(StreamId::LINK, _) | Heard::Message(_, Message::Credit(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(asking.close_code().await, Some(1001));
    relay.stopped().await;
}

#[cfg(target_os = "linux")]
mod program {
    use super::*;
    use crate::program::Program;

    /// A program whose session waits for an answer, so that it would drain for long.
    async fn busy(file: &std::path::Path) -> (Program, Client, TcpStream) {
        let (listener, port) = listen().await;
        let text = format!("allow_missing_origin = true\n[[target]]\nhost = \"127.0.0.1\"\nport = {port}\n");
        std::fs::write(file, text).unwrap();
        let relay = Program::start(file);
        let mut client = Client::connect(relay.address).await;
        let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
        client.data(control, b"SITE\r\n").await;
        let mut server = accept(&listener).await;
        tokio::io::AsyncReadExt::read_exact(&mut server, &mut [0; 6]).await.unwrap();
        (relay, client, server)
    }

    #[tokio::test]
    async fn the_next_process_takes_the_address_while_the_old_one_drains() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("towpath.toml");
        let (mut old, mut client, mut server) = busy(&file).await;
        old.signal("TERM");
        old.heard("relay drains");
        client.go_away().await;
        let mut command = Program::command();
        command.args(["--listen", &old.address.to_string(), "--config"]).arg(&file);
        let new = Program::spawn(command);
        assert_eq!(new.address, old.address);
        Client::connect(new.address).await;
        server.write_all(b"200 still here\r\n").await.unwrap();
        while !matches!(client.hear().await, Heard::Data(..)) {}
    }

    #[tokio::test]
    async fn a_second_sigterm_stops_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (mut relay, mut client, _server) = busy(&folder.path().join("towpath.toml")).await;
        relay.signal("TERM");
        relay.heard("relay drains");
        relay.signal("TERM");
        assert_eq!(client.close_code().await, Some(1001));
        relay.heard("relay stops");
        assert!(relay.ended().success());
    }
}
