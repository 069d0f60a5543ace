//! The slowloris row of the research, section 5: a thousand sockets that send a byte a second, before and after the upgrade, while somebody
//! works. Memory and descriptors of the relay stay flat, and the work goes on.

use crate::client::{Client, Heard};
use crate::fixture::config;
use crate::process::{Process, echo, many_descriptors};
use crate::wire::{self, BINARY, frame};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use towpath_shared::{Message, StreamId};

const SOCKETS: usize = 1000;

/// What a socket may cost the relay, in KiB.
const EACH: u64 = 48;

/// A byte a second for ever; where the relay ends it, again from the start.
#[derive(Clone)]
struct Attack {
    upgraded: bool,
    first: Vec<u8>,
    drop: Vec<u8>,
}

impl Attack {
    async fn run(self, relay: SocketAddr) {
        loop {
            let mut socket = if self.upgraded {
                wire::upgraded(relay).await
            } else {
                TcpStream::connect(relay).await.unwrap()
            };
            let mut going = socket.write_all(&self.first).await.is_ok();
            while going {
                sleep(Duration::from_secs(1)).await;
                going = socket.write_all(&self.drop).await.is_ok();
            }
        }
    }
}

/// Somebody works, for so long; returns the longest time to an answer.
async fn work(client: &mut Client, id: StreamId, seconds: u64) -> Duration {
    let (start, mut longest) = (Instant::now(), Duration::ZERO);
    let chunk = vec![5; 8192];
    while start.elapsed() < Duration::from_secs(seconds) {
        let asked = Instant::now();
        client.data(id, &chunk).await;
        let mut back = 0;
        while back < chunk.len() {
            match client.hear().await {
                Heard::Data(found, bytes) if found == id => back += bytes.len(),
                Heard::Message(_, Message::Credit(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        longest = longest.max(asked.elapsed());
        sleep(Duration::from_millis(100)).await;
    }
    longest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slowloris_a_thousand_sockets_at_a_byte_a_second() {
    many_descriptors(6 * SOCKETS);
    let port = echo().await;
    let mut config = config(&[port]);
    // Whoever has so many addresses is stopped by none of the limits for one.
    (config.limits.connections, config.limits.address.connections) = (2 * SOCKETS, 2 * SOCKETS);
    (config.limits.sessions, config.limits.address.sessions) = (3 * SOCKETS, 3 * SOCKETS);
    config.limits.memory_mib = 1024;
    let relay = Process::start(&config);
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, 1 << 40).await.unwrap();
    work(&mut client, id, 1).await;
    let before = relay.uses();

    let head = b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ".to_vec();
    let hello = wire::hello();
    let whole_hello = frame(true, BINARY, &hello);
    let heads = Attack { upgraded: false, first: head, drop: b"a".to_vec() };
    // The first frame never becomes whole, or the one after HELLO does not.
    let no_hello = Attack { upgraded: true, first: wire::head(true, BINARY, 60_000), drop: vec![0] };
    let after_hello = [whole_hello, wire::head(false, BINARY, 60_000)].concat();
    let after_hello = Attack { upgraded: true, first: after_hello, drop: vec![0] };
    // Beyond the deadlines of heads (10 s) and of HELLO (5 s): everybody who runs into them begins again.
    for (name, seconds, attacks) in
        [("before the upgrade", 12, [&heads, &heads]), ("after it", 8, [&no_hello, &after_hello])]
    {
        let mut attackers = JoinSet::new();
        for attack in attacks.into_iter().cycle().take(SOCKETS) {
            attackers.spawn(attack.clone().run(relay.address));
        }
        work(&mut client, id, 3).await;
        let begun = relay.uses();
        let longest = work(&mut client, id, seconds - 3).await;
        let after = relay.uses();
        println!(
            "{SOCKETS} sockets at a byte a second {name}: {} KiB and {} descriptors before, {} and {} after 3 s, {} and {} after {seconds} s; \
             longest answer {longest:?}",
            before.memory,
            before.descriptors,
            begun.memory,
            begun.descriptors,
            after.memory,
            after.descriptors,
        );
        assert!(after.memory < before.memory + SOCKETS as u64 * EACH, "{name}: {before:?}, {after:?}");
        // Whoever is told to go and comes again has two for as long as the farewell takes.
        assert!(after.descriptors <= before.descriptors + 2 * SOCKETS, "{name}: {before:?}, {after:?}");
        assert!(longest < Duration::from_secs(5), "{name}: the work waited for {longest:?}");
        attackers.shutdown().await;
        relay.released(before.descriptors).await;
    }
    let last = relay.uses();
    println!("all are gone: {last:?}");
}
