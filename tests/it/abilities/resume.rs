//! Going on in the middle (rules T2 to T5) past 4 GiB, both ways, and after a transfer that broke. Of smaller files it is a step of the matrix.

use super::{Bench, SERVERS, WAYS, bytes, plainly};
use crate::setup::Way;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use towpath_ftp::{ErrorKind, TransferOptions};
use towpath_tests::driver::{Sink, Source, sha256};
use towpath_tests::server::{Security, Server, Software};

const MIB: u64 = 1024 * 1024;
/// 4.5 GiB.
const HUGE: u64 = 4_608 * MIB;

fn compared() -> TransferOptions {
    TransferOptions { compare: true, ..plainly() }
}

/// A file of zeros on no disk, but for its last MiB.
fn sparse(path: &Path, size: u64, tail: &[u8]) {
    let file = File::create(path).unwrap();
    file.set_len(size).unwrap();
    file.write_all_at(tail, size - tail.len() as u64).unwrap();
}

fn tail(path: &Path) -> (u64, Vec<u8>) {
    let file = File::open(path).unwrap();
    let size = file.metadata().unwrap().len();
    let mut tail = vec![0; usize::try_from(MIB).unwrap()];
    file.read_exact_at(&mut tail, size - MIB).unwrap();
    (size, tail)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t3_past_four_gibibytes_both_ways() {
    let last = bytes(MIB);
    for software in SERVERS {
        let server = Server::start(software, Security::Plain).unwrap();
        for way in WAYS {
            println!("{software:?} {way:?}");
            let bench = Bench::new(&server, way).await;
            let local = tempfile::tempdir().unwrap();
            let (file, part) = (local.path().join("file"), local.path().join("file.part"));
            sparse(&bench.disk("huge"), HUGE, &last);
            File::create(&part).unwrap().set_len(HUGE - MIB).unwrap();
            let sink = Sink::resumed(&file).await.unwrap();
            let offset = sink.position();
            let (outcome, got) = bench.get("huge", sink, offset, compared()).await.unwrap();
            assert_eq!((outcome.bytes, got.bytes), (MIB, HUGE));
            assert!(tail(&file) == (HUGE, last.clone()) && !part.exists());

            File::create(bench.disk("grows")).unwrap().set_len(HUGE - MIB).unwrap();
            bench.give("grows");
            let source = Source::file(&file).await.unwrap();
            let outcome = bench.put(source, "grows", HUGE - MIB, compared()).await.unwrap();
            assert_eq!(outcome.bytes, MIB);
            assert!(tail(&bench.disk("grows")) == (HUGE, last.clone()));
        }
    }
}

/// A broken download leaves what it brought, and the next one goes on there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_broken_download_brought_is_kept() {
    let server = Server::start(Software::PureFtpd, Security::Tls13).unwrap();
    let bench = Bench::new(&server, Way::Native).await;
    let whole = bytes(8 * MIB);
    bench.place("file", &whole);
    let local = tempfile::tempdir().unwrap();
    let file = local.path().join("file");
    let sink = Sink::resumed(&file).await.unwrap().paced(2 * MIB);
    let pending = bench.session.start_get(&bench.path("file"), sink);
    while std::fs::metadata(local.path().join("file.part")).map_or(0, |meta| meta.len()) < 100_000 {
        tokio::task::yield_now().await;
    }
    pending.cancel();
    assert_eq!(pending.await.unwrap_err().kind, ErrorKind::Cancelled);
    assert!(!file.exists());
    let sink = Sink::resumed(&file).await.unwrap().hashed();
    let offset = sink.position();
    assert!((100_000..8 * MIB).contains(&offset), "{offset}");
    let (outcome, got) = bench.get("file", sink, offset, compared()).await.unwrap();
    assert_eq!((outcome.bytes, got.sha256), (8 * MIB - offset, Some(sha256(&whole))));
    assert!(std::fs::read(&file).unwrap() == whole);
}
