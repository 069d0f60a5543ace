//! Active mode where something else was refused: the server connects to this side, or to the relay. That it works at all is a step of the matrix.

use super::{Bench, WAYS, plainly, transferred};
use crate::setup::Way;
use towpath_ftp::ActiveMode;
use towpath_tests::driver::{Sink, Source};
use towpath_tests::server::{Options, Security, Server, Software};

const SIZE: u64 = 2_000_000;

/// A listing, an upload and a download of the same bytes.
async fn work(bench: &Bench<'_>) {
    for size in [0, SIZE] {
        let sent = bench.session.start_put(Source::pattern(size).hashed(), &bench.path("a")).await.unwrap();
        assert_eq!(transferred(sent.0).bytes, size);
        let (_, got) = bench.get("a", Sink::nowhere().hashed(), 0, plainly()).await.unwrap();
        assert_eq!((got.bytes, got.sha256), (size, sent.1.sha256));
    }
    let listing = bench.session.list(Some(&bench.server.base())).await.unwrap();
    assert_eq!(listing.entries.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d15_eprt_where_port_is_refused_and_over_ipv6() {
    let mut options = Options::new(Software::ProFtpd, Security::Tls12);
    options.refused = &["PORT"];
    let server = Server::with(options).unwrap();
    let bench = Bench::with(&server, Way::Native, |site| site.active = ActiveMode::Preferred).await;
    work(&bench).await;
    assert!(bench.commands("EPRT") >= 5 && bench.commands("EPSV") == 0);

    let options = Options { ipv6: true, ..Options::new(Software::ProFtpd, Security::Tls12) };
    let server = Server::with(options).unwrap();
    let bench = Bench::with(&server, Way::Native, |site| site.active = ActiveMode::Preferred).await;
    work(&bench).await;
    assert!(bench.commands("EPRT") >= 5 && bench.commands("EPSV") == 0 && bench.commands("PORT") == 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d15_from_blocked_passive_mode_to_active() {
    for software in [Software::ProFtpd, Software::PureFtpd, Software::Vsftpd] {
        let mut options = Options::new(software, Security::Tls12);
        options.refused = &["EPSV", "PASV"];
        let server = Server::with(options).unwrap();
        for way in WAYS {
            let bench = Bench::with(&server, way, |site| site.active = ActiveMode::Fallback).await;
            work(&bench).await;
            assert!(bench.commands("PORT") >= 5, "{software:?} {way:?}");
            // What was learned spares the others the way there.
            assert!(bench.commands("EPSV") + bench.commands("PASV") <= 2, "{software:?} {way:?}");
        }
    }
}
