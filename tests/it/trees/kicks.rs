//! Sessions that end in the middle: the queue goes on where it was, and every byte is right.

use super::{Bench, PATIENCE, contents, crew, failed, give, is_whole, snapshot, write};
use crate::fake::{Fake, Script};
use crate::setup::Way;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use towpath_ftp::pool::{JobEvent, PoolEvent};
use towpath_ftp::tree::TreeSettings;
use towpath_ftp::{Encryption, RemotePath};
use towpath_relay::Config;
use towpath_relay::config::Target;
use towpath_relay::tls::Roots;
use towpath_tests::crew::{News, Route};
use towpath_tests::driver::{pattern, sha256};
use towpath_tests::server::Software::{self, ProFtpd, PureFtpd, Vsftpd};
use towpath_tests::server::{Security, Server};

/// More than the buffers between server and client hold: else all may be under way when its process ends.
const SIZE: usize = 20 << 20;
const RATE: u64 = 10 << 20;

/// A file that has come half-way, more or less.
fn half_way(news: &News) -> bool {
    matches!(news, News::Pool(PoolEvent::Job(_, JobEvent::Progressed { done, .. })) if *done > 1 << 20)
}

fn resumed(news: &News) -> bool {
    matches!(news, News::Pool(PoolEvent::Job(_, JobEvent::Started { offset })) if *offset > 0)
}

async fn killed(software: Software, security: Security) {
    let server = Server::start(software, security).unwrap();
    let bench = Bench::new(&server, Way::Native, |settings| {
        (settings.pace, settings.rate) = (20, Some(RATE));
    })
    .await;
    for file in 0..3 {
        write(&bench.root, &format!("down/{file}"), SIZE + file, file as u64);
    }
    give(&bench.disk("down"));
    let local = tempfile::tempdir().unwrap();
    let (from, to) = (bench.path("down"), bench.path("up"));
    let kick = async |many| {
        bench.record.wait("progress", many, half_way).await;
        assert!(server.kill_sessions().unwrap() > 0);
    };
    let down = bench.crew.download_tree(&from, local.path(), TreeSettings::default());
    let (report, ()) = tokio::join!(down, kick(1));
    is_whole(&report.unwrap(), &bench.record);
    assert_eq!(snapshot(local.path()), snapshot(&bench.disk("down")));
    assert!(bench.record.count(resumed) > 0, "it went on in the middle\n{}", bench.record.tail());

    let many = bench.record.count(half_way);
    let up = bench.crew.upload_tree(local.path(), &to, TreeSettings::default());
    let (report, ()) = tokio::join!(up, kick(many + 1));
    is_whole(&report.unwrap(), &bench.record);
    assert_eq!(contents(snapshot(&bench.disk("up"))), contents(snapshot(local.path())));
    assert_eq!(bench.record.count(failed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pure_ftpd_loses_its_sessions() {
    killed(PureFtpd, Security::Plain).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vsftpd_loses_its_sessions() {
    killed(Vsftpd, Security::Tls12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proftpd_loses_its_sessions() {
    killed(ProFtpd, Security::Plain).await;
}

/// Under TLS this server closes the session where a download is ended before its end, as a comparison is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_proftpd_loses_its_sessions_under_tls() {
    killed(ProFtpd, Security::Tls12).await;
}

/// Each session serves a file or three, and goes without a word or says 421 to the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_leaves_after_every_few_files() {
    let rows: String = (0..7).map(|file| format!("type=file;size=300000; f{file}\r\n")).collect();
    for (leaves, serves) in [(true, u32::MAX), (false, 1), (false, 3)] {
        let script = Script { listing: rows.clone().into_bytes(), leaves, serves, ..Script::default() };
        let fake = Fake::start(script).await;
        let (crew, record) = crew(fake.site(Encryption::None), Route::direct(Roots::none()), |settings| {
            settings.pace = 50;
        });
        let local = tempfile::tempdir().unwrap();
        let root = RemotePath::root();
        let tree = crew.download_tree(&root, local.path(), TreeSettings::default());
        let report = timeout(PATIENCE, tree).await.unwrap_or_else(|_| panic!("{}", record.tail())).unwrap();
        is_whole(&report, &record);
        let mut whole = vec![0; 300_000];
        pattern(0, &mut whole);
        for file in 0..7 {
            let bytes = std::fs::read(local.path().join(format!("f{file}"))).unwrap();
            assert_eq!(sha256(&bytes), sha256(&whole));
        }
        assert_eq!(record.count(failed), 0);
    }
}

/// A relay with a runtime of its own, so that all of it can go at once.
fn relay(address: SocketAddr, target: u16) -> (Runtime, SocketAddr) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut config = Config::default();
    config.targets.push(Target::new("127.0.0.1", target));
    let (told, bound) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        // The relay before may hold the port until the last of it has ended.
        let listener = loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        told.send(listener.local_addr().unwrap()).unwrap();
        towpath_relay::run(listener, config, std::future::pending()).await.unwrap();
    });
    let address = tokio::task::block_in_place(|| bound.recv().unwrap());
    (runtime, address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_goes_and_comes_back() {
    let server = Server::start(PureFtpd, Security::Tls13).unwrap();
    write(&server.root(), "down/big", SIZE, 3);
    give(&server.root().join("down"));
    let (first, address) = relay("127.0.0.1:0".parse().unwrap(), server.port());
    let route = Route::relay(format!("ws://{address}/tunnel"));
    let (crew, record) = crew(server.site(), route, |settings| {
        (settings.pace, settings.rate) = (10, Some(RATE));
    });
    let local = tempfile::tempdir().unwrap();
    let from = crate::setup::child(&server.base(), "down");
    let down = crew.download_tree(&from, local.path(), TreeSettings::default());
    let again = async {
        record.wait("progress", 1, half_way).await;
        first.shutdown_background();
        // The next one does not know the session: the link hears so, and is lost before its grace time is over.
        let second = relay(address, server.port());
        record.wait("loss", 1, super::disconnected).await;
        second
    };
    let (report, (second, _)) = tokio::join!(down, again);
    is_whole(&report.unwrap(), &record);
    assert_eq!(snapshot(local.path()), snapshot(&server.root().join("down")));
    assert!(record.count(resumed) > 0, "it went on in the middle\n{}", record.tail());
    assert_eq!(record.count(failed), 0);
    second.shutdown_background();
}
