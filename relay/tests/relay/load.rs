//! Load: what the relay holds for idle tunnels, that many transfers at once lose nothing, that a sink which stops costs others nothing, and how long
//! what is urgent takes under bulk. Bounds are asserted and figures printed; `cargo xtask bench` runs the same with larger numbers.

use crate::client::{Client, Heard};
use crate::fixture::{config, identity};
use crate::process::{Process, flood, many_descriptors, silent};
use crate::transfers::{Kind, bulk, transfer_all};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use towpath_relay::Config;
use towpath_shared::{DATA_WINDOW, Message, StartTls, StreamId};

/// A number for `cargo xtask bench` to raise.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A relay's configuration with room for all of this.
fn roomy(ports: &[u16]) -> Config {
    let mut config = config(ports);
    let limits = &mut config.limits;
    (limits.connections, limits.address.connections) = (4096, 4096);
    (limits.sessions, limits.address.sessions) = (4096, 4096);
    (limits.all.streams, limits.address.streams) = (8192, 8192);
    (limits.opens_per_minute, limits.address.opens_per_minute, limits.all.opens_per_minute) =
        (100_000, 100_000, 100_000);
    limits.memory_mib = 1024;
    config
}

/// What an idle tunnel with one control connection costs, in KiB; `tls`: the control connection is under TLS.
async fn idle(tunnels: u64, tls: bool) -> f64 {
    let server = if tls { bulk(Some(identity("127.0.0.1").acceptor)).await } else { silent().await };
    let relay = Process::start(&roomy(&[server]));
    let page = async || {
        let mut client = Client::connect(relay.address).await;
        let (id, _) = client.control("127.0.0.1", server, DATA_WINDOW).await.unwrap();
        if tls {
            let request = StartTls {
                server_name: "127.0.0.1".into(),
                received: 0,
                max_version: None,
                client_certificate: None,
            };
            client.start_tls(id, request).await.unwrap();
            client.send(id, &Message::TlsAccept).await;
        }
        client
    };
    // What the first ones need is needed once.
    let mut pages = vec![page().await, page().await];
    let before = relay.uses();
    for _ in 0..tunnels {
        pages.push(page().await);
    }
    let after = relay.uses();
    let each = (after.memory - before.memory) as f64 / tunnels as f64;
    println!(
        "{tunnels} idle tunnels, TLS {tls}: {each:.1} KiB each ({} to {} KiB, {} descriptors)",
        before.memory, after.memory, after.descriptors
    );
    drop(pages);
    relay.released(before.descriptors).await;
    each
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_tunnels_hold_48_kib_at_most() {
    let tunnels = number("TOWPATH_IDLE_TUNNELS", 500);
    many_descriptors(2 * tunnels as usize + 200);
    let each = idle(tunnels, false).await;
    assert!(each <= 48.0, "{each} KiB");
    let each = idle(tunnels, true).await;
    assert!(each <= 96.0, "{each} KiB with TLS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_transfers_at_once_lose_nothing() {
    let size = number("TOWPATH_TRANSFER_KIB", 512) * 1024;
    let (plain, tls) = (bulk(None).await, bulk(Some(identity("127.0.0.1").acceptor)).await);
    let relay = Process::start(&roomy(&[plain, tls]));
    let before = relay.uses();
    let start = Instant::now();
    let mut tunnels = tokio::task::JoinSet::new();
    for tunnel in 0..20_u64 {
        let kinds = (0..10).map(|stream| Kind {
            up: stream % 2 == 0,
            tls: (stream / 2) % 2 == 0,
            port: if (stream / 2) % 2 == 0 { tls } else { plain },
            size: size + stream * 1000 + tunnel,
            seed: tunnel * 10 + stream,
        });
        tunnels.spawn(transfer_all(relay.address, kinds.collect()));
    }
    let whole: usize = tunnels.join_all().await.into_iter().sum();
    let (after, elapsed) = (relay.uses(), start.elapsed());
    let moved = 200 * size;
    println!(
        "200 transfers of {} KiB at once: {whole} whole by SHA-256, {elapsed:?}, {:.0} MB/s in all, relay {} to {} KiB at most, {} descriptors after",
        size / 1024,
        moved as f64 / elapsed.as_secs_f64() / 1e6,
        before.memory,
        after.peak,
        after.descriptors,
    );
    assert_eq!(whole, 200);
    relay.released(before.descriptors).await;
}

/// Reads a stream that sends without end until so much has come; the bytes of other streams are counted apart.
async fn read(client: &mut Client, id: StreamId, bytes: u64) -> (Duration, u64) {
    let (start, mut got, mut others) = (Instant::now(), 0, 0);
    while got < bytes {
        match client.hear().await {
            Heard::Data(found, more) if found == id => got += more.len() as u64,
            Heard::Data(_, more) => others += more.len() as u64,
            other => panic!("{other:?}"),
        }
    }
    (start.elapsed(), others)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sink_that_stops_costs_little_and_holds_up_nobody() {
    let seconds = number("TOWPATH_STALL_SECONDS", 3);
    let bytes = number("TOWPATH_STALL_MIB", 24) << 20;
    let port = flood().await;
    let relay = Process::start(&roomy(&[port]));
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    client.send(id, &Message::Credit(u64::MAX)).await;
    read(&mut client, id, bytes).await;
    let mut without = Duration::MAX;
    for _ in 0..3 {
        without = without.min(read(&mut client, id, bytes).await.0);
    }
    let before = relay.uses();
    // Its sink takes nothing: what its first window allowed is all that ever comes.
    let (_stalled, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let (mut with, mut others, mut most) = (Duration::MAX, 0, 0);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        let (elapsed, more) = read(&mut client, id, bytes).await;
        (with, others) = (with.min(elapsed), others + more);
        most = most.max(relay.uses().memory);
    }
    let ratio = with.as_secs_f64() / without.as_secs_f64();
    println!(
        "a sink that stopped for {seconds} s had {others} bytes and cost {} KiB; another stream's {} MiB took {without:?} before, {with:?} meanwhile, {ratio:.2} times as long",
        most.saturating_sub(before.memory),
        bytes >> 20,
    );
    assert!(others <= DATA_WINDOW, "{others} bytes of a stream that allows {DATA_WINDOW}");
    assert!(most.saturating_sub(before.memory) < 2048, "{before:?}, {most} KiB");
    assert!(ratio < 2.0, "{ratio} times as long");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_urgent_does_not_wait_for_bulk() {
    let rounds = number("TOWPATH_LATENCY_ROUNDS", 200);
    let (flood, echo) = (flood().await, crate::process::echo().await);
    let relay = Process::start(&roomy(&[flood, echo]));
    let mut client = Client::connect(relay.address).await;
    let (control, _) = client.control("127.0.0.1", echo, DATA_WINDOW).await.unwrap();
    let mut granted = std::collections::BTreeMap::new();
    for _ in 0..4 {
        let (id, _) = client.control("127.0.0.1", flood, 0).await.unwrap();
        granted.insert(id, DATA_WINDOW);
    }
    for (id, limit) in &granted {
        client.send(*id, &Message::Credit(*limit)).await;
    }
    let (mut pings, mut echoes, mut bulk) = (Vec::new(), Vec::new(), 0_u64);
    let begun = Instant::now();
    for round in 0..rounds {
        let start = Instant::now();
        client.send(StreamId::LINK, &Message::Ping(round)).await;
        client.data(control, b"x").await;
        let (mut pong, mut back) = (None, None);
        while pong.is_none() || back.is_none() {
            match client.hear().await {
                Heard::Message(_, Message::Pong(_)) => pong = Some(start.elapsed()),
                Heard::Data(id, _) if id == control => back = Some(start.elapsed()),
                Heard::Data(id, bytes) => {
                    bulk += bytes.len() as u64;
                    let limit = granted.get_mut(&id).unwrap();
                    *limit += bytes.len() as u64;
                    if *limit % (DATA_WINDOW / 4) < bytes.len() as u64 {
                        let limit = *limit;
                        client.send(id, &Message::Credit(limit)).await;
                    }
                }
                Heard::Message(_, Message::Credit(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        pings.extend(pong);
        echoes.extend(back);
    }
    let speed = bulk as f64 / begun.elapsed().as_secs_f64() / 1e6;
    for (name, times) in [("PING", &mut pings), ("a byte of a control stream, there and back", &mut echoes)] {
        times.sort();
        let at = |part: usize| times[(times.len() - 1) * part / 100];
        println!(
            "{name} under {speed:.0} MB/s of bulk: p50 {:?}, p99 {:?}, at most {:?}",
            at(50),
            at(99),
            at(100)
        );
        assert!(at(50) < Duration::from_millis(500), "{name}: {:?}", at(50));
    }
}

/// Speed and cost of one stream, beside a bare connection on the same machine in the same run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_stream_moves_as_fast_as_it_can() {
    let size = number("TOWPATH_SPEED_MIB", 16) << 20;
    let (plain, tls) = (bulk(None).await, bulk(Some(identity("127.0.0.1").acceptor)).await);
    let relay = Process::start(&roomy(&[plain, tls]));
    let mut bare = TcpStream::connect(("127.0.0.1", plain)).await.unwrap();
    let start = Instant::now();
    let mut command = vec![b'D'];
    command.extend_from_slice(&0_u64.to_be_bytes());
    command.extend_from_slice(&size.to_be_bytes());
    bare.write_all(&command).await.unwrap();
    tokio::io::copy(&mut bare, &mut tokio::io::sink()).await.unwrap();
    println!("a bare connection: {:.0} MB/s", size as f64 / start.elapsed().as_secs_f64() / 1e6);
    for (up, port) in [(false, plain), (true, plain), (false, tls), (true, tls)] {
        let (start, cpu) = (Instant::now(), relay.cpu());
        let kind = Kind { up, tls: port == tls, port, size, seed: 3 };
        assert_eq!(transfer_all(relay.address, vec![kind]).await, 1);
        println!(
            "{} {}: {:.0} MB/s, {:.2} s of the relay's CPU a GiB",
            if port == tls { "TLS" } else { "plain" },
            if up { "up" } else { "down" },
            size as f64 / start.elapsed().as_secs_f64() / 1e6,
            (relay.cpu() - cpu) / (size as f64 / (1_u64 << 30) as f64),
        );
    }
}
