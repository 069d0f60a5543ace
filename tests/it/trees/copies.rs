//! Trees copied from one place on the server to another: by the server where it can, else through this side.

use super::{Bench, contents, counted, done, failed, is_whole, plant, snapshot};
use crate::setup::Way;
use towpath_ftp::tree::TreeSettings;
use towpath_tests::server::Security::Plain;
use towpath_tests::server::Software::{self, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};
use towpath_tests::server::{Options, Server};

async fn copied(options: Options, way: Way) {
    let server = Server::with(options).unwrap();
    let bench = Bench::new(&server, way, |_| {}).await;
    let (local, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files = plant(local.path(), outside.path());
    let from = bench.path("from");
    let report = bench.crew.upload_tree(local.path(), &from, TreeSettings::default()).await.unwrap();
    is_whole(&report, &bench.record);
    let jobs = bench.record.count(done);
    let report = bench.crew.copy_tree(&from, &bench.path("to"), TreeSettings::default()).await.unwrap();
    is_whole(&report, &bench.record);
    counted(&report, files, 0);
    assert_eq!(contents(snapshot(&bench.disk("to"))), contents(snapshot(&bench.disk("from"))));
    // Two jobs a file, or none.
    let moved = bench.record.count(done) - jobs;
    let tried = bench.record.logged("Command", "SITE CPFR");
    println!("{:?}: SITE CPFR {tried} times, {moved} transfers", options.software);
    match options.modules {
        // mod_copy takes the quotes out of a name, so that one goes through this side.
        true => assert_eq!((moved, tried), (2, files as usize)),
        false => assert!(moved == 2 * files as usize && tried < files as usize, "{moved} {tried}"),
    }
    // What is known by now is not tried again.
    let report = bench.crew.copy_tree(&from, &bench.path("again"), TreeSettings::default()).await.unwrap();
    is_whole(&report, &bench.record);
    if !options.modules && options.software != Vsftpd {
        assert_eq!(bench.record.logged("Command", "SITE CPFR"), tried, "{}", bench.record.tail());
    }
    let inside = bench.crew.copy_tree(&bench.base, &bench.path("from"), TreeSettings::default()).await;
    assert!(inside.unwrap_err().message.contains("into itself"));
    assert_eq!(bench.record.count(failed), 0);
}

fn plainly(software: Software) -> Options {
    Options::new(software, Plain)
}

macro_rules! copies {
    ($($name:ident: $options:expr, $way:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            copied($options, Way::$way).await;
        }
    )*};
}

copies! {
    proftpd_copies_by_itself: Options { modules: true, ..plainly(ProFtpd) }, Relay;
    pure_ftpd_copies_through_this_side: plainly(PureFtpd), Native;
    vsftpd_copies_through_this_side: plainly(Vsftpd), Native;
    proftpd_without_the_module_copies_through_this_side: plainly(ProFtpd), Native;
    pyftpdlib_copies_through_this_side: plainly(Pyftpdlib), Native;
}
