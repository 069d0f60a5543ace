//! Browsing beside transfers.

use super::{Bench, done, failed, give, is_whole, snapshot, write};
use crate::setup::Way;
use std::collections::HashSet;
use towpath_ftp::Event;
use towpath_ftp::pool::{JobEvent, PoolEvent};
use towpath_ftp::tree::TreeSettings;
use towpath_tests::crew::News;
use towpath_tests::server::Software::{ProFtpd, PureFtpd, Vsftpd};
use towpath_tests::server::{Security, Server};

/// Bytes of a file, and a second's bytes: nothing ends before it is told to.
const SIZE: usize = 24 << 20;
const RATE: u64 = 1 << 20;

/// How many jobs move bytes.
fn moving(news: &[News]) -> usize {
    let jobs: HashSet<_> = news
        .iter()
        .filter_map(|news| match news {
            News::Pool(PoolEvent::Job(job, JobEvent::Progressed { .. })) => Some(*job),
            _ => None,
        })
        .collect();
    jobs.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsing_is_answered_while_three_transfers_run() {
    for (software, security, way) in [
        (PureFtpd, Security::Plain, Way::Native),
        (Vsftpd, Security::Tls12, Way::Native),
        (ProFtpd, Security::Plain, Way::Relay),
    ] {
        let server = Server::start(software, security).unwrap();
        let bench = Bench::new(&server, way, |settings| settings.rate = Some(RATE)).await;
        for file in 0..4 {
            write(&bench.root, &format!("big/{file}"), SIZE, file);
        }
        give(&bench.disk("big"));
        let local = tempfile::tempdir().unwrap();
        let from = bench.path("big");
        let mut tree = Box::pin(bench.crew.download_tree(&from, local.path(), TreeSettings::default()));
        let browsing = async {
            bench.record.until("three transfers", |all| moving(all) >= 3).await;
            for _ in 0..5 {
                let (listing, _) = bench.crew.list_anew(&from).await.unwrap();
                assert_eq!(listing.entries.len(), 4);
            }
            // From the cache, and what our own actions made of it.
            let asked =
                bench.record.count(|news| matches!(news, News::Pool(PoolEvent::Request(Event::Done { .. }))));
            assert_eq!(bench.crew.list(&from).await.unwrap().entries.len(), 4);
            let after =
                bench.record.count(|news| matches!(news, News::Pool(PoolEvent::Request(Event::Done { .. }))));
            assert_eq!(asked, after, "nobody was asked");
        };
        tokio::select! {
            ended = &mut tree => panic!("{ended:?}"),
            () = browsing => {}
        }
        assert_eq!(bench.record.count(done) + bench.record.count(failed), 0, "the transfers run on");
        // Nobody waits for the tree any more.
        drop(tree);
        bench.record.wait("end of the jobs", 4, failed).await;
        let Bench { crew, .. } = bench;
        crew.quit().await;
        assert_eq!(std::fs::read_dir(local.path()).unwrap().count(), 0, "nothing that is not whole stays");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paused_goes_on_where_it_was() {
    let server = Server::start(PureFtpd, Security::Tls13).unwrap();
    let bench = Bench::new(&server, Way::Native, |settings| settings.rate = Some(4 * RATE)).await;
    for file in 0..2 {
        write(&bench.root, &format!("big/{file}"), SIZE / 4, file);
    }
    give(&bench.disk("big"));
    let local = tempfile::tempdir().unwrap();
    let from = bench.path("big");
    let down = bench.crew.download_tree(&from, local.path(), TreeSettings::default());
    let pausing = async {
        let far = |news: &News| matches!(news, News::Pool(PoolEvent::Job(_, JobEvent::Progressed { done, .. })) if *done > RATE);
        bench.record.wait("progress", 1, far).await;
        bench.crew.pause(true);
        bench.crew.list_anew(&from).await.unwrap();
        bench.crew.pause(false);
    };
    let (report, ()) = tokio::join!(down, pausing);
    is_whole(&report.unwrap(), &bench.record);
    assert_eq!(snapshot(local.path()), snapshot(&bench.disk("big")));
    let resumed = |news: &News| matches!(news, News::Pool(PoolEvent::Job(_, JobEvent::Started { offset })) if *offset > 0);
    assert!(bench.record.count(resumed) > 0, "{}", bench.record.tail());
    assert_eq!(bench.record.count(failed), 0);
}
