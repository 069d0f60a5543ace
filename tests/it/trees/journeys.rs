//! A tree up and down again, on every server.

use super::{Bench, Thing, contents, counted, give, is_whole, left, plant, snapshot, write};
use crate::setup::Way;
use std::fs;
use std::os::unix::fs::symlink;
use towpath_ftp::conflict::Policy;
use towpath_ftp::tree::{TreeSettings, Why};
use towpath_tests::server::Security::{Plain, Tls12, Tls13};
use towpath_tests::server::Software::{self, Inetutils, Libunftp, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};
use towpath_tests::server::{Options, Security, Server};

fn with(policy: Policy) -> TreeSettings {
    TreeSettings { policy, ..TreeSettings::default() }
}

/// Whether uploads keep their times on this server.
fn dates(software: Software) -> bool {
    !matches!(software, Libunftp | Inetutils)
}

async fn journey(software: Software, security: Security, way: Way) {
    let server = Server::with(Options::new(software, security)).unwrap();
    let bench = Bench::new(&server, way, |settings| settings.pace = 20).await;
    let (local, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files = plant(local.path(), outside.path());
    let planted = snapshot(local.path());

    // Up: every file, every directory, no link.
    let up = bench.path("up");
    let report = bench.crew.upload_tree(local.path(), &up, with(Policy::Skip)).await.unwrap();
    is_whole(&report, &bench.record);
    counted(&report, files, 2);
    assert!(report.summary.left_out.iter().all(|(_, why)| *why == Why::Link), "{report:#?}");
    let stored = snapshot(&bench.disk("up"));
    assert_eq!(contents(stored.clone()), contents(planted.clone()));
    if dates(software) {
        let files = |things: super::Snapshot| {
            things.into_iter().filter(|(_, thing)| matches!(thing, Thing::File { .. })).collect::<Vec<_>>()
        };
        assert_eq!(files(stored), files(planted.clone()), "times are kept");
    }

    // Up again: nothing moves.
    let policy = Policy::NewerOrSizeDiffers;
    let report = bench.crew.upload_tree(local.path(), &up, with(policy)).await.unwrap();
    is_whole(&report, &bench.record);
    counted(&report, 0, files + 2);

    // Down: the same, and no link of the server's is followed.
    write(&bench.disk("elsewhere"), "secret", 9, 1);
    symlink("../elsewhere", bench.disk("up/leads out")).unwrap();
    symlink("../../elsewhere/secret", bench.disk("up/a/linked")).unwrap();
    give(&bench.disk("elsewhere"));
    give(&bench.disk("up"));
    let shows_links = !matches!(software, Pyftpdlib | Libunftp);
    let down = tempfile::tempdir().unwrap();
    let report = bench.crew.download_tree(&up, down.path(), with(Policy::Skip)).await.unwrap();
    let mut fetched = snapshot(down.path());
    if shows_links {
        is_whole(&report, &bench.record);
        counted(&report, files, 2);
    } else if software == Libunftp {
        // It calls links files of their own length, which they are not when they are fetched.
        assert_eq!(report.summary.counts.failed, 2, "{:#?}", left(&report));
        fs::remove_file(bench.disk("up/leads out")).unwrap();
        fs::remove_file(bench.disk("up/a/linked")).unwrap();
    } else {
        // pyftpdlib calls links what they lead to, and answers PWD with their own names.
        for name in ["leads out", "leads out/secret", "a/linked"] {
            fetched.remove(name);
        }
    }
    assert_eq!(contents(fetched.clone()), contents(planted));
    let stored = snapshot(&bench.disk("up"));
    if software != Inetutils {
        for (name, thing) in &fetched {
            assert!(*thing == Thing::Directory || stored.get(name) == Some(thing), "{name} has another time");
        }
    }
    assert!(
        !fs::read_dir(down.path()).unwrap().any(|e| e
            .unwrap()
            .file_name()
            .to_str()
            .unwrap()
            .contains("part"))
    );

    // Down again: nothing moves.
    let report = bench.crew.download_tree(&up, down.path(), with(policy)).await.unwrap();
    is_whole(&report, &bench.record);
    assert_eq!(report.summary.counts.files, 0, "{:#?}", left(&report));

    // A link of ours in the place of a directory is not followed either.
    let guarded = tempfile::tempdir().unwrap();
    symlink(outside.path(), guarded.path().join("many")).unwrap();
    symlink(outside.path().join("secret"), guarded.path().join("-rf")).unwrap();
    let before = snapshot(outside.path());
    let report = bench.crew.download_tree(&up, guarded.path(), with(Policy::Overwrite)).await.unwrap();
    assert_eq!(snapshot(outside.path()), before);
    assert!(guarded.path().join("many").is_symlink() && guarded.path().join("-rf").is_symlink());
    let skipped = report.summary.left_out.iter().filter(|(_, why)| matches!(why, Why::Exists(_)));
    assert_eq!(skipped.count(), 2, "nobody was there to decide: {:#?}", left(&report));

    // Another name for each.
    let again = bench.crew.download_tree(&bench.path("up"), down.path(), with(Policy::Rename)).await.unwrap();
    is_whole(&again, &bench.record);
    assert_eq!(again.summary.counts.files, if software == Pyftpdlib { files + 2 } else { files });
    for name in ["a/zero (2)", "a/one (2).bin", "Grüße 日本 (2).txt", "many/03 (2)"] {
        assert!(down.path().join(name).is_file(), "{name}");
    }
    println!(
        "{software:?} {security:?} {way:?}: {} files twice, {} slots",
        files,
        bench.record.count(super::logged_in)
    );
}

macro_rules! journeys {
    ($($name:ident: $software:ident $security:ident $way:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            journey($software, $security, Way::$way).await;
        }
    )*};
}

journeys! {
    pure_ftpd: PureFtpd Plain Native;
    pure_ftpd_tls_through_the_relay: PureFtpd Tls13 Relay;
    vsftpd: Vsftpd Plain Native;
    vsftpd_tls_through_the_relay: Vsftpd Tls12 Relay;
    proftpd: ProFtpd Plain Native;
    proftpd_tls: ProFtpd Tls12 Native;
    pyftpdlib: Pyftpdlib Plain Native;
    libunftp: Libunftp Plain Native;
    inetutils_ftpd: Inetutils Plain Native;
}
