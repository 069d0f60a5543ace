//! Two relays behind nginx and behind HAProxy, with the files of `deploy/`: a tunnel that is cut goes on where it was, and one relay that
//! drains loses no transfer while the other takes what is new.

mod proxy;

use crate::setup::child;
use proxy::{Kind, Proxy};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use towpath_relay::config::Target;
use towpath_relay::{Config, Error, Listeners, Order, run_with_orders};
use towpath_tests::driver::{Client, Relay, Sink, Source, Transport, sha256};
use towpath_tests::server::{Security, Server, Software};

const PATIENCE: Duration = Duration::from_secs(60);

/// A relay that listens where the proxy looks for it.
struct Instance {
    watch: SocketAddr,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<Result<(), Error>>,
}

impl Instance {
    fn start(id: &str, page: TcpListener, metrics: TcpListener, origin: &str, server: &Server) -> Instance {
        let watch = metrics.local_addr().unwrap();
        let mut config = Config {
            id: Some(id.to_owned()),
            public_origin: vec![origin.to_owned()],
            targets: vec![Target::new(server.host(), server.port())],
            ..Config::default()
        };
        config.proxies.networks = vec!["127.0.0.1".parse().unwrap()];
        let (orders, receiver) = mpsc::channel(1);
        let listeners = Listeners { page, metrics: Some(metrics) };
        let task = tokio::spawn(run_with_orders(listeners, config, receiver));
        Instance { watch, orders, task }
    }

    /// A sample of its metrics.
    async fn sample(&self, name: &str) -> f64 {
        let text = get(self.watch, "/metrics").await;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
        line.parse().unwrap()
    }

    async fn sessions(&self) -> f64 {
        self.sample("relay_sessions").await
    }
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Waits until this many bytes have gone to pages.
async fn moved(instance: &Instance, bytes: f64) {
    let end = Instant::now() + PATIENCE;
    while instance.sample("relay_bytes_total{direction=\"down\",leg=\"page\"}").await < bytes {
        assert!(Instant::now() < end, "the transfer does not begin");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn behind(kind: Kind) {
    const SIZE: usize = 24 << 20;
    let server = Server::start(Software::PureFtpd, Security::Tls13).unwrap();
    let mut content = vec![0; SIZE];
    towpath_tests::driver::pattern(0, &mut content);
    std::fs::write(server.root().join("large"), &content).unwrap();
    let hash = sha256(&content);
    let large = child(&server.base(), "large");

    let ((page_a, port_a), (page_b, port_b)) = (listener().await, listener().await);
    let proxy = Proxy::start(kind, [port_a, port_b]).await;
    let origin = proxy.origin();
    let a = Instance::start("a", page_a, listener().await.0, &origin, &server);
    let b = Instance::start("b", page_b, listener().await.0, &origin, &server);
    proxy.ready().await;
    let connect = || async {
        let link =
            Relay::connect_as(&proxy.address(), Some(&origin)).await.expect("the proxy lets it through");
        let client = Client::connect(Transport::Relay(link.clone()), server.site()).await.unwrap();
        (link, client)
    };

    let (_link, client) = connect().await;
    let (old, new) = if a.sessions().await > 0.0 { (a, b) } else { (b, a) };
    // Cut in the middle, three times: the link goes on over the path of its relay, and the session with it.
    let get = client.start_get(&large, Sink::nowhere().hashed().paced(12 << 20));
    let already = old.sample("relay_bytes_total{direction=\"down\",leg=\"page\"}").await;
    for turn in 1..=3 {
        moved(&old, already + f64::from(turn) * 4e6).await;
        proxy.cut();
    }
    let (_, summary, _) = timeout(PATIENCE, get).await.expect("it stands still").unwrap();
    assert_eq!((summary.bytes, summary.sha256.as_deref()), (SIZE as u64, Some(hash.as_str())));
    assert_eq!((old.sessions().await, new.sessions().await), (1.0, 0.0), "another session was begun");

    // Drain in the middle of a transfer.
    let already = old.sample("relay_bytes_total{direction=\"down\",leg=\"page\"}").await;
    let get = client.start_get(&large, Sink::nowhere().hashed().paced(4 << 20));
    moved(&old, already + 1e6).await;
    old.orders.send(Order::Drain).await.unwrap();
    let end = Instant::now() + PATIENCE;
    while !self::get(old.watch, "/readyz").await.starts_with("HTTP/1.1 503") {
        assert!(Instant::now() < end, "it does not drain");
    }
    let mut fresh = Vec::new();
    for _ in 0..3 {
        let (link, client) = connect().await;
        client.list(None).await.unwrap();
        fresh.push((link, client));
    }
    assert_eq!(new.sessions().await, 3.0);
    let under_way = old.sample("relay_streams{kind=\"data\"}").await;
    assert_eq!(under_way, 1.0, "the transfer was over before the test of it");
    let (_, summary, _) = timeout(PATIENCE, get).await.expect("it stands still").unwrap();
    assert_eq!((summary.bytes, summary.sha256.as_deref()), (SIZE as u64, Some(hash.as_str())));
    // The next file of the queue, upwards.
    client.put(Source::memory(content.clone()), &child(&server.base(), "again")).await.unwrap();
    assert_eq!(sha256(&std::fs::read(server.root().join("again")).unwrap()), hash);
    // With its work done it ends by itself, and the page's other sessions do not notice.
    timeout(PATIENCE, old.task).await.expect("it drains for ever").unwrap().unwrap();
    for (_, client) in &fresh {
        client.list(None).await.unwrap();
    }
    assert_eq!(new.sessions().await, 3.0);
    println!("behind {kind:?}: {SIZE} bytes three times with equal SHA-256, 3 cuts, one relay drained");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxies_nginx_a_cut_tunnel_goes_on_and_a_drained_relay_loses_no_transfer() {
    behind(Kind::Nginx).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxies_haproxy_a_cut_tunnel_goes_on_and_a_drained_relay_loses_no_transfer() {
    behind(Kind::Haproxy).await;
}
