//! Servers that grant two sessions: the pool finds out, and nothing fails for it.

use super::{Bench, contents, failed, give, is_whole, snapshot, write};
use crate::setup::Way;
use towpath_ftp::pool::PoolEvent;
use towpath_ftp::tree::TreeSettings;
use towpath_tests::crew::News;
use towpath_tests::server::Security::Plain;
use towpath_tests::server::Software::{self, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};
use towpath_tests::server::{Options, Server};

async fn two_sessions(software: Software, way: Way) {
    let server = Server::with(Options { most_sessions: Some(2), ..Options::new(software, Plain) }).unwrap();
    let bench = Bench::new(&server, way, |settings| settings.pace = 10).await;
    for file in 0..10 {
        write(&bench.root, &format!("down/{file}"), 50_000 + file, file as u64);
    }
    give(&bench.disk("down"));
    bench.crew.connect();
    bench.crew.list(&bench.base).await.unwrap();
    let local = tempfile::tempdir().unwrap();
    let from = bench.path("down");
    let report = bench.crew.download_tree(&from, local.path(), TreeSettings::default()).await.unwrap();
    is_whole(&report, &bench.record);
    let here = snapshot(local.path());
    assert_eq!(here.len(), 10);
    assert_eq!(contents(here), contents(snapshot(&bench.disk("down"))));
    let report =
        bench.crew.upload_tree(local.path(), &bench.path("up"), TreeSettings::default()).await.unwrap();
    is_whole(&report, &bench.record);
    assert_eq!(contents(snapshot(&bench.disk("up"))), contents(snapshot(&bench.disk("down"))));
    bench.crew.list_anew(&bench.base).await.unwrap();
    assert_eq!(bench.crew.quirks().await.limit, Some(2), "the limit is learned");
    let limited = |news: &News| matches!(news, News::Pool(PoolEvent::Limited(2)));
    assert_eq!((bench.record.count(limited), bench.record.count(failed)), (1, 0));
}

macro_rules! limits {
    ($($name:ident: $software:ident $way:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            two_sessions($software, Way::$way).await;
        }
    )*};
}

limits! {
    l11_pure_ftpd_grants_two: PureFtpd Native;
    l11_vsftpd_grants_two: Vsftpd Native;
    l11_proftpd_grants_two: ProFtpd Native;
    l11_pyftpdlib_grants_two: Pyftpdlib Native;
    l11_pure_ftpd_grants_two_through_the_relay: PureFtpd Relay;
}
