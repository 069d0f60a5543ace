//! A link that is cut again and again during transfers: the files arrive whole, and the FTP server sees one login.
//!
//! Between driver and relay stands a wire of the test's own that breaks its connections after random numbers of bytes, in the middle of
//! frames. `TOWPATH_CUTS=MIB,CUTS` sets the size of the file and the number of cuts in each direction.

use crate::setup::{RelayProcess, Witnessed, child};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use towpath_ftp::{ErrorKind, Secret, Site};
use towpath_relay::Config;
use towpath_relay::config::Target;
use towpath_tests::driver::{Relay, Sink, Source, Transport};
use towpath_tests::server::{Security, Server, Software};

/// A wire that breaks.
struct Wire {
    address: SocketAddr,
    state: Arc<State>,
    listening: tokio::task::JoinHandle<()>,
}

struct State {
    to: SocketAddr,
    /// Bytes until the next cut.
    left: AtomicI64,
    /// Mean distance between two cuts, in bytes; 0 for none.
    mean: AtomicI64,
    seed: AtomicU64,
    cuts: AtomicU64,
    connections: AtomicU64,
}

impl Wire {
    async fn start(to: SocketAddr) -> Wire {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            to,
            left: AtomicI64::new(i64::MAX),
            mean: AtomicI64::new(0),
            seed: AtomicU64::new(0x9e37_79b9_7f4a_7c15),
            cuts: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        });
        let shared = state.clone();
        let listening = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let state = shared.clone();
                tokio::spawn(async move { state.carry(near).await });
            }
        });
        Wire { address, state, listening }
    }

    /// From now on it breaks each time about so many bytes have passed; 0: never.
    fn cut_each(&self, mean: i64) {
        self.state.mean.store(mean, Ordering::SeqCst);
        self.state.left.store(self.state.distance(), Ordering::SeqCst);
    }

    /// It breaks with the next byte, and nobody comes through any more.
    fn end(&self) {
        self.listening.abort();
        self.cut_each(1);
    }

    fn cuts(&self) -> u64 {
        self.state.cuts.swap(0, Ordering::SeqCst)
    }
}

impl State {
    /// Between nothing and twice the mean.
    fn distance(&self) -> i64 {
        let next = |seed: u64| seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let seed =
            self.seed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |seed| Some(next(seed))).unwrap();
        match self.mean.load(Ordering::SeqCst) {
            0 => i64::MAX,
            mean => i64::try_from(seed >> 33).unwrap() % (2 * mean) + 1,
        }
    }

    async fn carry(&self, near: TcpStream) {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let Ok(far) = TcpStream::connect(self.to).await else { return };
        // Some connections end as a proxy ends them, some break.
        if self.seed.load(Ordering::SeqCst) & (1 << 40) == 0 {
            near.set_zero_linger().unwrap();
            far.set_zero_linger().unwrap();
        }
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        tokio::select! {
            () = self.copy(near_in, far_out) => {}
            () = self.copy(far_in, near_out) => {}
        }
    }

    async fn copy(&self, mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin) {
        let mut block = vec![0; 32 * 1024];
        while let Ok(len @ 1..) = from.read(&mut block).await {
            let before = self.left.fetch_sub(len as i64, Ordering::SeqCst);
            let cut = before <= len as i64;
            let passed = if cut { usize::try_from(before.max(0)).unwrap() } else { len };
            if to.write_all(&block[..passed]).await.is_err() {
                return;
            }
            if cut {
                self.cuts.fetch_add(1, Ordering::SeqCst);
                self.left.store(self.distance(), Ordering::SeqCst);
                return;
            }
        }
    }
}

fn amount() -> (u64, u64) {
    let text = std::env::var("TOWPATH_CUTS").unwrap_or_else(|_| "200,100".to_owned());
    let (mib, cuts) = text.split_once(',').unwrap();
    (mib.parse().unwrap(), cuts.parse().unwrap())
}

async fn survive(software: Software, security: Security) {
    let (mib, cuts) = amount();
    let size = mib * 1024 * 1024;
    let server = Server::start(software, security).unwrap();
    let relay = RelayProcess::start(&[server.port()]).await;
    let wire = Wire::start(SocketAddr::from((Ipv4Addr::LOCALHOST, relay.port))).await;
    // The Origin is that of the relay's own page, as before the wire.
    let origin = format!("http://{}", wire.address);
    let link = Relay::connect_as(&format!("ws://{}/tunnel", wire.address), Some(&origin)).await.unwrap();
    let client = Witnessed::login(Transport::Relay(link), server.site(), Some(&server)).await;
    let name = child(&server.base(), "large");
    let mean = i64::try_from(size / cuts).unwrap();

    wire.cut_each(mean);
    let start = Instant::now();
    let sent = client.put(Source::pattern(size).hashed(), &name).await.expect("the upload");
    let (up, up_cuts) = (start.elapsed(), wire.cuts());
    let start = Instant::now();
    let got = client.get(&name, Sink::nowhere().hashed()).await.expect("the download");
    let (down, down_cuts) = (start.elapsed(), wire.cuts());
    wire.cut_each(0);
    assert_eq!(client.size(&name).await.unwrap(), size);
    assert_eq!((sent.bytes, got.bytes), (size, size));
    assert_eq!(got.sha256, sent.sha256);

    let log = client.log_text();
    let logins = log.iter().filter(|line| line.starts_with("Command: USER ")).count();
    let transfers =
        log.iter().filter(|line| line.starts_with("Command: STOR ") || line.starts_with("Command: RETR "));
    assert_eq!((logins, transfers.count()), (1, 2), "the server saw one session and two transfers");
    println!(
        "{software:?} {security:?}: {mib} MiB up with {up_cuts} cuts in {up:.1?}, down with {down_cuts} in {down:.1?}, equal SHA-256, one login"
    );
    // Twice the mean at most lies between two cuts.
    assert!(up_cuts >= cuts / 2 && down_cuts >= cuts / 2, "{up_cuts} {down_cuts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_during_transfers_in_plain_text_lose_nothing() {
    survive(Software::PureFtpd, Security::Plain).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_during_transfers_over_tls_lose_nothing() {
    survive(Software::Vsftpd, Security::Tls13).await;
}

/// A link that does not come back is lost with a clear word, and not before its time.
#[tokio::test]
async fn a_relay_that_is_gone_for_good_is_told_after_the_grace_time() {
    let server = towpath_relay::demo::Server::start().await.unwrap();
    let mut config = Config { targets: vec![Target::new("127.0.0.1", server.port())], ..Config::default() };
    config.deadlines.grace = 1;
    let relay = RelayProcess::with(config).await;
    let wire = Wire::start(SocketAddr::from((Ipv4Addr::LOCALHOST, relay.port))).await;
    let origin = format!("http://{}", wire.address);
    let link = Relay::connect_as(&format!("ws://{}/tunnel", wire.address), Some(&origin)).await.unwrap();
    let mut site = Site::new("127.0.0.1", server.port(), "anonymous", Secret::new("x"));
    site.encryption = towpath_ftp::Encryption::None;
    let client = Witnessed::login(Transport::Relay(link.clone()), site, None).await;
    wire.end();
    let error = client.list(None).await.expect_err("there is no relay");
    assert!(matches!(error.kind, ErrorKind::Lost), "{error:?}");
    assert!(link.is_lost());
}
