//! Sessions on which nothing happens: kept alive while somebody may come back, closed when nobody does, replaced when the server closes them. The
//! pool's clock runs fast here, so that its minutes pass in seconds.

use super::{Bench, disconnected, give, is_whole, logged_in, write};
use crate::setup::Way;
use towpath_ftp::pool::{PoolEvent, TRANSFER_IDLE};
use towpath_ftp::tree::TreeSettings;
use towpath_ftp::{Event, LogKind};
use towpath_tests::crew::News;
use towpath_tests::server::Security::Plain;
use towpath_tests::server::Software::{self, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};
use towpath_tests::server::{Options, Server};

/// The server closes sessions after so many seconds.
const SECONDS: u16 = 4;

async fn kept_alive(software: Software) {
    let server = Server::with(Options { idle: Some(SECONDS), ..Options::new(software, Plain) }).unwrap();
    // A sign of life comes every 0.5 to 0.75 s.
    let bench = Bench::new(&server, Way::Native, |settings| settings.pace = 60).await;
    bench.crew.connect();
    bench.crew.list_anew(&bench.base).await.unwrap();
    let start = std::time::Instant::now();
    let sign = |news: &News| match news {
        News::Pool(PoolEvent::Session(_, Event::Log(line))) => {
            line.kind == LogKind::Command && ["NOOP", "PWD", "TYPE I"].contains(&line.text.as_str())
        }
        _ => false,
    };
    let before = bench.record.count(sign);
    // So many that the server's time is over without them.
    bench.record.wait("signs of life", before + 11, sign).await;
    assert!(start.elapsed().as_secs() >= u64::from(SECONDS), "{:?}", start.elapsed());
    bench.crew.list_anew(&bench.base).await.unwrap();
    assert_eq!((bench.record.count(disconnected), bench.record.count(logged_in)), (0, 1), "{software:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k2_signs_of_life_keep_a_session_that_the_server_would_close() {
    tokio::join!(kept_alive(Vsftpd), kept_alive(ProFtpd));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_the_server_closes_is_replaced_with_the_next_click() {
    for software in [Vsftpd, Pyftpdlib] {
        let server = Server::with(Options { idle: Some(1), ..Options::new(software, Plain) }).unwrap();
        let bench = Bench::new(&server, Way::Native, |_| {}).await;
        bench.crew.list_anew(&bench.base).await.unwrap();
        bench.record.wait("kick", 1, disconnected).await;
        bench.crew.list_anew(&bench.base).await.unwrap();
        assert_eq!(bench.record.count(logged_in), 2, "{software:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_idle_sessions_are_closed_and_come_back() {
    let server = Server::start(PureFtpd, Plain).unwrap();
    write(&server.root(), "down/file", 1_000, 1);
    give(&server.root().join("down"));
    let bench = Bench::new(&server, Way::Relay, |settings| {
        (settings.pace, settings.idle_cap) = (60, Some(TRANSFER_IDLE));
    })
    .await;
    bench.crew.connect();
    let local = tempfile::tempdir().unwrap();
    let from = bench.path("down");
    let report = bench.crew.download_tree(&from, local.path(), TreeSettings::default()).await.unwrap();
    is_whole(&report, &bench.record);
    let idle = |news: &News| matches!(news, News::Pool(PoolEvent::ClosedIdle));
    bench.record.wait("idle end", 1, idle).await;
    let before = bench.record.count(logged_in);
    assert_eq!(before, 2, "one to browse, one for the file");
    bench.crew.list_anew(&from).await.unwrap();
    assert_eq!(bench.record.count(logged_in), before + 1);
}
