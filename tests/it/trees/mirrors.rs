//! Plans of synchronisation and what they do: a dry run first, then the same done, on every server.

use super::{Bench, Snapshot, Thing, contents, counted, date, give, is_whole, plant, snapshot, write};
use crate::setup::Way;
use std::fs;
use std::path::Path;
use towpath_ftp::sync::{ActionKind, Criterion, Mode, Plan, Reason};
use towpath_ftp::{ErrorKind, RemotePath};
use towpath_tests::crew::Scope;
use towpath_tests::server::Security::Plain;
use towpath_tests::server::Software::{self, Inetutils, Libunftp, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};
use towpath_tests::server::{Options, Server};

/// What a plan does, a line each.
fn lines(plan: &Plan) -> Vec<String> {
    let real = plan.actions.iter().filter(|action| !matches!(action.kind, ActionKind::Skip));
    real.map(|action| format!("{:?} {}", action.kind, action.path)).collect()
}

fn links(things: &Snapshot) -> usize {
    things.values().filter(|thing| **thing == Thing::Link).count()
}

/// One way to the server, by size alone where the server's times are its own.
async fn up(bench: &Bench, local: &Path, remote: &RemotePath) {
    let disk = bench.disk("mirror");
    let mut scope = Scope::new(local, remote.clone());
    (scope.settings.criterion, scope.settings.deletions) = (Criterion::Size, true);
    // Where uploads keep no times, all that is there is newer.
    scope.settings.keep_newer = false;
    let before = snapshot(local);
    let dry = bench.crew.plan(&scope).await.unwrap();
    assert!(dry.root.is_none() && !disk.exists(), "a dry run makes nothing");
    assert_eq!(dry.plan.totals.uploads.files as usize, 22);
    let (prospect, report) = bench.crew.synchronise(&scope).await.unwrap();
    is_whole(&report, &bench.record);
    assert_eq!(prospect.plan, dry.plan);
    assert_eq!(prospect.plan.totals.skipped as usize, links(&before));
    assert_eq!(contents(snapshot(&disk)), contents(before));

    // Something new, something changed, something gone, on our side; and what only the server has.
    write(local, "new/deep/file", 700, 50);
    write(local, "b/two.bin", 71_000, 51);
    fs::remove_file(local.join("a/one.bin")).unwrap();
    fs::remove_dir_all(local.join("many")).unwrap();
    fs::remove_dir_all(local.join("empty")).unwrap();
    fs::write(disk.join("only there"), "x").unwrap();
    give(&disk);
    let known = snapshot(&disk);
    scope.settings.deletions = false;
    let kept = bench.crew.plan(&scope).await.unwrap().plan;
    assert_eq!((kept.totals.deleted.remote.files, kept.totals.extra), (0, 17), "{:#?}", lines(&kept));
    scope.settings.deletions = true;
    let refused = bench.crew.synchronise(&scope).await;
    let dry = bench.crew.plan(&scope).await.unwrap().plan;
    assert_eq!(snapshot(&disk), known, "nothing has changed so far");
    let gone = (dry.totals.deleted.remote.files + dry.totals.deleted.remote.directories) as usize;
    assert_eq!((gone, dry.totals.deleted.local.files), (17, 0), "{:#?}", lines(&dry));
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Argument, "more than half would go");
    scope.may_delete_most = true;
    let (_, report) = bench.crew.synchronise(&scope).await.unwrap();
    is_whole(&report, &bench.record);
    // Two uploads, and the files that went.
    counted(&report, 2 + 14, 0);
    assert_eq!(contents(snapshot(&disk)), contents(snapshot(local)));
    assert!(bench.crew.plan(&scope).await.unwrap().plan.is_idle());
}

/// Here comes what the server has.
async fn down(bench: &Bench, remote: &RemotePath, exact: bool) {
    let disk = bench.disk("mirror");
    let local = tempfile::tempdir().unwrap();
    let mut scope = Scope::new(local.path().join("here"), remote.clone());
    (scope.settings.mode, scope.settings.deletions) = (Mode::ToLocal, true);
    scope.settings.keep_newer = false;
    scope.settings.criterion = if exact { Criterion::SizeAndTime } else { Criterion::Size };
    let (prospect, report) = bench.crew.synchronise(&scope).await.unwrap();
    is_whole(&report, &bench.record);
    assert_eq!(prospect.plan.totals.downloads.files as usize, report.summary.counts.files as usize);
    let here = snapshot(&scope.local);
    assert_eq!(contents(here.clone()), contents(snapshot(&disk)));
    let again = bench.crew.plan(&scope).await.unwrap().plan;
    assert!(again.is_idle() && again.totals.conflicts == 0, "{:#?}", again.actions);
    if exact {
        // The same size at another time.
        date(&disk.join("b/two.bin"), 70);
        let plan = bench.crew.plan(&scope).await.unwrap().plan;
        assert_eq!(lines(&plan), ["Download b/two.bin"]);
        assert_eq!(plan.actions[0].reason, Reason::TimeDiffers);
    }
    fs::write(scope.local.join("extra"), "mine").unwrap();
    let (_, report) = bench.crew.synchronise(&scope).await.unwrap();
    is_whole(&report, &bench.record);
    assert_eq!(contents(snapshot(&scope.local)), contents(snapshot(&disk)));
    // A wrong root is no empty one: nothing is deleted for it.
    scope.remote = bench.path("no such root");
    assert!(bench.crew.synchronise(&scope).await.is_err());
    assert_eq!(contents(snapshot(&scope.local)), contents(here));
}

/// Both ways, with the memory of what was.
async fn both(bench: &Bench, local: &Path, remote: &RemotePath) {
    let disk = bench.disk("mirror");
    let mut scope = Scope::new(local, remote.clone());
    (scope.settings.mode, scope.settings.criterion) = (Mode::Both, Criterion::Size);
    scope.settings.deletions = true;
    let first = bench.crew.plan(&scope).await.unwrap();
    assert!(first.plan.is_idle(), "{:#?}", first.plan.actions);
    scope.base = Some(first.trees);
    fs::remove_file(local.join("a/zero")).unwrap();
    fs::remove_file(disk.join("-rf")).unwrap();
    write(local, "mine", 10, 80);
    write(&disk, "theirs", 11, 81);
    write(local, "b/two.bin", 60_000, 82);
    write(&disk, "a/b/c/deep.txt", 61_000, 83);
    write(local, ".hidden", 9, 84);
    write(&disk, ".hidden", 8, 85);
    give(&disk);
    let (prospect, report) = bench.crew.synchronise(&scope).await.unwrap();
    is_whole(&report, &bench.record);
    let mut done = lines(&prospect.plan);
    done.sort();
    let expected = [
        "Conflict .hidden",
        "DeleteLocalFile -rf",
        "DeleteRemoteFile a/zero",
        "Download a/b/c/deep.txt",
        "Download theirs",
        "Upload b/two.bin",
        "Upload mine",
    ];
    assert_eq!(done, expected);
    let (mut here, mut there) = (contents(snapshot(local)), contents(snapshot(&disk)));
    assert_ne!(here.remove(".hidden"), there.remove(".hidden"), "a conflict is left alone");
    assert_eq!(here, there);
}

async fn mirror(software: Software, way: Way) {
    let server = Server::with(Options::new(software, Plain)).unwrap();
    let bench = Bench::new(&server, way, |_| {}).await;
    let (local, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    plant(local.path(), outside.path());
    let remote = bench.path("mirror");
    up(&bench, local.path(), &remote).await;
    // Without MLSD the days of old files are all that is known of their times, and not in which zone: no ground to call two files the same.
    down(&bench, &remote, !matches!(software, Inetutils | Vsftpd)).await;
    both(&bench, local.path(), &remote).await;
}

macro_rules! mirrors {
    ($($name:ident: $software:ident $way:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            mirror($software, Way::$way).await;
        }
    )*};
}

mirrors! {
    pure_ftpd_is_mirrored: PureFtpd Native;
    vsftpd_is_mirrored: Vsftpd Native;
    proftpd_is_mirrored_through_the_relay: ProFtpd Relay;
    pyftpdlib_is_mirrored: Pyftpdlib Native;
    libunftp_is_mirrored: Libunftp Native;
    inetutils_ftpd_is_mirrored: Inetutils Native;
}

/// By digests: the same size and time, and other bytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checksums_find_what_size_and_time_do_not_show() {
    let server = Server::with(Options { modules: true, ..Options::new(ProFtpd, Plain) }).unwrap();
    let bench = Bench::new(&server, Way::Native, |_| {}).await;
    let local = tempfile::tempdir().unwrap();
    for file in 0..4 {
        write(local.path(), &format!("dir/{file}"), 5_000, file);
    }
    let mut scope = Scope::new(local.path(), bench.path("sums"));
    let (_, report) = bench.crew.synchronise(&scope).await.unwrap();
    is_whole(&report, &bench.record);
    let mut bytes = fs::read(local.path().join("dir/2")).unwrap();
    bytes[4_000] ^= 1;
    fs::write(local.path().join("dir/2"), bytes).unwrap();
    date(&local.path().join("dir/2"), 2);
    assert!(bench.crew.plan(&scope).await.unwrap().plan.is_idle(), "size and time do not show it");
    scope.settings.criterion = Criterion::Checksum;
    let (prospect, report) = bench.crew.synchronise(&scope).await.unwrap();
    is_whole(&report, &bench.record);
    assert_eq!(lines(&prospect.plan), ["Upload dir/2"]);
    assert_eq!(contents(snapshot(&bench.disk("sums"))), contents(snapshot(local.path())));
}
