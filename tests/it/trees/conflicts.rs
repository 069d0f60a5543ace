//! Files whose place is taken, on both sides of a real server.

use super::{Bench, counted, date, give, is_whole, left, write};
use crate::setup::Way;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use towpath_ftp::conflict::{AskReason, Policy};
use towpath_ftp::tree::{Answer, TreeSettings, Why};
use towpath_tests::driver::sha256;
use towpath_tests::server::Software::{ProFtpd, PureFtpd, Vsftpd};
use towpath_tests::server::{Security, Server};

fn with(policy: Policy) -> TreeSettings {
    TreeSettings { policy, ..TreeSettings::default() }
}

fn sum(path: &Path) -> String {
    sha256(&fs::read(path).unwrap())
}

/// The first bytes of a file, written after it was.
fn part(whole: &Path, to: &Path, size: usize, day: u64) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::write(to, &fs::read(whole).unwrap()[..size]).unwrap();
    date(to, day);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_what_is_there_is_gone_on_with_if_it_is_the_same() {
    for (software, security, way) in [
        (PureFtpd, Security::Tls13, Way::Relay),
        (Vsftpd, Security::Plain, Way::Native),
        (ProFtpd, Security::Tls12, Way::Native),
    ] {
        let server = Server::start(software, security).unwrap();
        let bench = Bench::new(&server, way, |settings| settings.pace = 20).await;
        let local = tempfile::tempdir().unwrap();
        write(&bench.root, "down/whole", 300_000, 1);
        write(&bench.root, "down/other", 300_000, 2);
        let (whole, other) = (local.path().join("whole"), local.path().join("other"));
        part(&bench.disk("down/whole"), &whole, 180_000, 9);
        part(&bench.disk("down/whole"), &other, 170_000, 9);
        let kept = sum(&other);
        give(&bench.disk("down"));
        let report =
            bench.crew.download_tree(&bench.path("down"), local.path(), with(Policy::Resume)).await.unwrap();
        assert_eq!(
            (report.summary.counts.files, report.summary.counts.bytes),
            (1, 120_000),
            "{:#?}",
            left(&report)
        );
        assert_eq!(sum(&whole), sum(&bench.disk("down/whole")));
        // It was no part of that file: it is still there, and nothing else is.
        assert_eq!((report.summary.counts.failed, sum(&other)), (1, kept), "{:#?}", left(&report));
        assert_eq!(fs::read_dir(local.path()).unwrap().count(), 2);

        part(&whole, &bench.disk("up/whole"), 190_000, 9);
        give(&bench.disk("up"));
        fs::remove_file(&other).unwrap();
        let report =
            bench.crew.upload_tree(local.path(), &bench.path("up"), with(Policy::Resume)).await.unwrap();
        is_whole(&report, &bench.record);
        assert_eq!((report.summary.counts.files, report.summary.counts.bytes), (1, 110_000), "{software:?}");
        assert_eq!(sum(&whole), sum(&bench.disk("up/whole")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_decides_and_is_asked_once_for_all_of_a_kind() {
    let server = Server::start(PureFtpd, Security::Plain).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let questions = asked.clone();
    let bench = Bench::new(&server, Way::Native, |settings| {
        settings.arbiter = Arc::new(move |question| {
            questions.lock().unwrap().push(question.reason);
            match question.reason {
                AskReason::Exists => (Answer::Overwrite, true),
                _ => (Answer::Rename, false),
            }
        });
    })
    .await;
    let local = tempfile::tempdir().unwrap();
    for file in 0..6 {
        write(local.path(), &format!("there/{file}"), 100, file);
        write(&bench.root, &format!("up/there/{file}"), 90, 20 + file);
    }
    write(local.path(), "place", 50, 1);
    fs::create_dir(bench.disk("up/place")).unwrap();
    give(&bench.disk("up"));
    let up = bench.path("up");
    let report = bench.crew.upload_tree(local.path(), &up, with(Policy::Ask)).await.unwrap();
    is_whole(&report, &bench.record);
    counted(&report, 7, 0);
    for file in 0..6 {
        let name = format!("there/{file}");
        assert_eq!(sum(&local.path().join(&name)), sum(&bench.disk(&format!("up/{name}"))));
    }
    assert_eq!(sum(&local.path().join("place")), sum(&bench.disk("up/place (2)")));
    let mut reasons = asked.lock().unwrap().clone();
    reasons.sort_by_key(|reason| format!("{reason:?}"));
    assert_eq!(reasons, [AskReason::DirectoryInPlace, AskReason::Exists]);

    // What is older here leaves the newer ones alone.
    write(&bench.root, "up/there/3", 60, 40);
    give(&bench.disk("up"));
    let report = bench.crew.upload_tree(local.path(), &up, with(Policy::Newer)).await.unwrap();
    assert_eq!(report.summary.counts.files, 1, "{:#?}", left(&report));
    assert_eq!(fs::metadata(bench.disk("up/there/3")).unwrap().len(), 60);
    let skipped = report.summary.left_out.iter().filter(|(_, why)| matches!(why, Why::Exists(_)));
    assert_eq!(skipped.count(), 6, "{:#?}", left(&report));
}
