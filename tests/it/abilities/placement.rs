//! Where an upload goes, and what is done when it has arrived.

use super::{Bench, SERVERS, WAYS, bytes, plainly, proftpd};
use towpath_ftp::{Algorithm, Placement, TransferOptions};
use towpath_tests::driver::{Sink, Source};
use towpath_tests::server::{Security, Server};

fn placed(placement: Placement) -> TransferOptions {
    TransferOptions { placement, ..plainly() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_beside_and_over_what_is_there() {
    for software in SERVERS {
        let server = Server::start(software, Security::Tls12).unwrap();
        for way in WAYS {
            println!("{software:?} {way:?}");
            let bench = Bench::new(&server, way).await;
            bench.place("log", b"one ");
            bench.put(Source::memory("two"), "log", 0, placed(Placement::Append)).await.unwrap();
            assert_eq!(bench.stored("log"), b"one two");

            let before: Vec<_> = names(&server);
            let outcome =
                bench.put(Source::memory("three"), "log", 0, placed(Placement::Unique)).await.unwrap();
            let fresh: Vec<_> = names(&server).into_iter().filter(|name| !before.contains(name)).collect();
            assert_eq!(fresh.len(), 1, "{fresh:?}");
            assert_eq!(bench.stored(&fresh[0]), b"three");
            assert_eq!(outcome.name.map(|name| name.to_string()), Some(fresh[0].clone()));
            assert_eq!(bench.stored("log"), b"one two");
            std::fs::remove_file(bench.disk(&fresh[0])).unwrap();

            let options = TransferOptions { temporary: true, ..plainly() };
            let before = bench.commands("STOR");
            bench.put(Source::pattern(500_000), "log", 0, options.clone()).await.unwrap();
            assert!(bench.stored("log") == bytes(500_000));
            assert_eq!((bench.commands("STOR") - before, bench.commands("RNTO") >= 1), (1, true));
            // What has arrived of it goes on under the temporary name.
            bench.place("log.part", &bytes(200_000));
            bench.put(Source::pattern(500_000), "log", 200_000, options).await.unwrap();
            assert!(bench.stored("log") == bytes(500_000) && !bench.disk("log.part").exists());
        }
    }
}

fn names(server: &Server) -> Vec<String> {
    let entries = std::fs::read_dir(server.root()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_have_the_same_checksum() {
    let options = TransferOptions { checksum: true, ..plainly() };
    let server = proftpd(Security::Tls12);
    for way in WAYS {
        let bench = Bench::new(&server, way).await;
        let sent = bench.put(Source::pattern(1_000_000), "file", 0, options.clone()).await.unwrap();
        assert_eq!(sent.checksum, Some(Algorithm::Sha512));
        let (got, _) = bench.get("file", Sink::memory(), 0, options.clone()).await.unwrap();
        assert_eq!(got.checksum, Some(Algorithm::Sha512));
        // Nothing is kept to be compared with: nothing is claimed.
        let (got, _) = bench.get("file", Sink::nowhere(), 0, options.clone()).await.unwrap();
        assert_eq!(got.checksum, None);
    }
}
