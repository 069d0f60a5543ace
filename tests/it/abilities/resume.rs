//! Going on in the middle (rules T2 to T5), past 4 GiB too, and stopping before the end.

use super::{Bench, SERVERS, WAYS, bytes, plainly};
use crate::setup::Way;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use towpath_ftp::{ErrorKind, Stage, TransferOptions};
use towpath_tests::driver::{Sink, Source, sha256};
use towpath_tests::server::{Security, Server, Software};

const SIZE: u64 = 3_000_000;
const MIDDLE: u64 = 1_234_567;
const MIB: u64 = 1024 * 1024;
/// 4.5 GiB.
const HUGE: u64 = 4_608 * MIB;

/// TLS where the server bears the early end of a data connection. ProFTPD 1.3.8 closes the control connection as well
/// ("mod_tls: unexpected OpenSSL error, disconnecting").
fn tolerant(software: Software) -> Security {
    if software == Software::ProFtpd { Security::Plain } else { Security::Tls12 }
}

fn compared() -> TransferOptions {
    TransferOptions { compare: true, ..plainly() }
}

async fn goes_on(bench: &Bench<'_>) {
    let whole = bytes(SIZE);
    let middle = usize::try_from(MIDDLE).unwrap();
    bench.place("down", &whole);
    let sink = Sink::memory_from(whole[..middle].to_vec()).hashed();
    let (outcome, got) = bench.get("down", sink, MIDDLE, compared()).await.unwrap();
    assert_eq!((outcome.bytes, got.bytes), (SIZE - MIDDLE, SIZE));
    assert_eq!(got.sha256, Some(sha256(&whole)));
    // Once from the place that is compared, once from the place to go on.
    assert_eq!(bench.commands("REST"), 2);

    bench.place("up", &whole[..middle]);
    let outcome = bench.put(Source::pattern(SIZE), "up", MIDDLE, compared()).await.unwrap();
    assert_eq!(outcome.bytes, SIZE - MIDDLE);
    assert_eq!(sha256(&bench.stored("up")), sha256(&whole));

    // A byte among those that are compared has changed.
    let mut changed = whole[..middle].to_vec();
    changed[middle - 60_000] ^= 1;
    let sink = Sink::memory_from(changed.clone());
    let error = bench.get("down", sink, MIDDLE, compared()).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::File, ErrorKind::Incomplete), "{error}");
    bench.place("up", &changed);
    let error = bench.put(Source::pattern(SIZE), "up", MIDDLE, compared()).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::File, ErrorKind::Incomplete), "{error}");
    assert!(bench.stored("up") == changed, "nothing was written");

    // The session goes on.
    let (_, got) = bench.get("down", Sink::nowhere().hashed(), 0, plainly()).await.unwrap();
    assert_eq!(got.sha256, Some(sha256(&whole)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_transfers_go_on_where_both_sides_are_the_same() {
    for software in SERVERS {
        let server = Server::start(software, tolerant(software)).unwrap();
        for way in WAYS {
            println!("{software:?} {way:?}");
            goes_on(&Bench::new(&server, way).await).await;
        }
    }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_stops_at_its_limit_and_the_session_goes_on() {
    let whole = bytes(20 * MIB);
    for software in SERVERS {
        let server = Server::start(software, tolerant(software)).unwrap();
        for way in WAYS {
            println!("{software:?} {way:?}");
            let bench = Bench::new(&server, way).await;
            bench.place("file", &whole);
            for (offset, length) in [(50_000, 100_000), (19 * MIB, MIB), (19 * MIB, 2 * MIB)] {
                let kept = &whole[..usize::try_from(offset).unwrap()];
                let options = TransferOptions { length: Some(length), ..plainly() };
                let sink = Sink::memory_from(kept.to_vec());
                let (outcome, got) = bench.get("file", sink, offset, options).await.unwrap();
                let end = (offset + length).min(20 * MIB);
                assert_eq!((outcome.bytes, got.bytes), (end - offset, end));
                assert!(got.data == whole[..usize::try_from(end).unwrap()]);
            }
            assert_eq!(bench.session.list(Some(&server.base())).await.unwrap().entries.len(), 1);
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
