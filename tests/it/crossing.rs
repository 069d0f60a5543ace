//! Every server, TLS 1.2 and 1.3, with and without the relay: listings, uploads and downloads of all sizes, and TLS sessions that
//! resume where the server demands it.

use crate::setup::{Way, Witnessed, child};
use std::time::Instant;
use towpath_ftp::{Encryption, EntryKind, RemotePath, Secret, Site};
use towpath_tests::driver::{Sink, Source, sha256};
use towpath_tests::server::{Security, Server, Software};

const LARGE: u64 = 100 * 1024 * 1024;

async fn cross(software: Software, security: Security, way: Way) {
    let server = Server::start(software, security).unwrap();
    let (transport, _relay) = way.open(&[server.port()]).await;
    let client = Witnessed::login(transport, server.site(), Some(&server)).await;
    let base = server.base();
    let mut connections = 0;

    for _ in 0..3 {
        let listing = client.list(Some(&base)).await.unwrap();
        assert_eq!((listing.path, listing.entries.len()), (base.clone(), 0));
        connections += 1;
    }

    let mut files = vec![("empty".to_owned(), 0), ("one".to_owned(), 1), ("large".to_owned(), LARGE)];
    files.extend((0..20).map(|n: u64| (format!("small-{n}"), 100 + n * 397)));
    let mut sums = Vec::new();
    let start = Instant::now();
    for (name, size) in &files {
        let source = Source::pattern(*size).hashed();
        let sent =
            client.put(source, &child(&base, name)).await.unwrap_or_else(|e| panic!("put {name}: {e}"));
        assert_eq!(sent.bytes, *size, "{name}");
        sums.push(sent.sha256.unwrap());
        connections += 1;
    }
    let up = start.elapsed();
    for ((name, size), sum) in files.iter().zip(&sums) {
        let stored = std::fs::read(server.root().join(name)).unwrap();
        assert_eq!((stored.len() as u64, &sha256(&stored)), (*size, sum), "{name} as the server has it");
    }

    let listing = client.list(Some(&base)).await.unwrap();
    connections += 1;
    let mut listed: Vec<_> = listing.entries.iter().map(|e| (e.name.to_string(), e.size.unwrap())).collect();
    let mut expected = files.clone();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    assert_eq!(listing.unread, Vec::<String>::new());

    let start = Instant::now();
    for ((name, size), sum) in files.iter().zip(&sums) {
        let sink = Sink::nowhere().hashed();
        let got = client.get(&child(&base, name), sink).await.unwrap_or_else(|e| panic!("get {name}: {e}"));
        assert_eq!((got.bytes, got.sha256.as_ref()), (*size, Some(sum)), "{name}");
        connections += 1;
    }
    let down = start.elapsed();

    let version = if security == Security::Tls12 { "TLS1.2" } else { "TLS1.3" };
    let log = client.log_text();
    let protocol = log.iter().find(|line| line.starts_with("Trace: Protocol: ")).unwrap();
    assert!(protocol.starts_with(&format!("Trace: Protocol: {version},")), "{protocol}");
    let secured = client.secured();
    let opened = log.iter().filter(|line| line.starts_with("Response: 229 ")).count() as u64;
    println!("{software:?} {version} {way:?}: up {up:.1?}, down {down:.1?}, {secured:?}");
    // Where the tickets ran out, a connection was given up before its handshake and the login renewed.
    let renewed = log.iter().filter(|line| line.contains("issued too few TLS 1.3 tickets")).count() as u64;
    assert!(opened >= connections + renewed);
    assert!(secured.resumed + secured.full >= connections, "every data connection was secured: {secured:?}");
    if software.demands_reuse() {
        assert_eq!(secured.full, 0, "every data connection resumed the control connection's session");
    }
    match (software, security) {
        // New tickets with each login, for two uploads; with TLS 1.2 once is enough.
        (Software::ProFtpd, Security::Tls13) => assert!(renewed > 1, "{renewed}"),
        (Software::ProFtpd, Security::Newest) => assert_eq!(renewed, 1),
        _ => assert_eq!(renewed, 0),
    }
}

/// The demo's server, libunftp: what a newcomer meets first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn libunftp_without_tls_both_ways() {
    for way in [Way::Native, Way::Relay] {
        let server = towpath_relay::demo::Server::start().await.unwrap();
        let (transport, _relay) = way.open(&[server.port()]).await;
        let mut site = Site::new("127.0.0.1", server.port(), "anonymous", Secret::new("x"));
        site.encryption = Encryption::None;
        let client = Witnessed::login(transport, site, None).await;
        let root = client.list(None).await.unwrap();
        assert!(root.entries.iter().any(|entry| entry.kind == EntryKind::Directory), "{root:?}");
        assert_eq!(root.entries.len(), std::fs::read_dir(server.root()).unwrap().count());
        let directory = child(&RemotePath::root(), "crossing");
        client.make_directory(&directory).await.unwrap();
        for size in [0, 1, 3_000_000] {
            let (first, second) = (child(&directory, "a"), child(&directory, "b"));
            let sent = client.put(Source::pattern(size).hashed(), &first).await.unwrap();
            client.rename(&first, &second).await.unwrap();
            assert_eq!(client.size(&second).await.unwrap(), size);
            let got = client.get(&second, Sink::nowhere().hashed()).await.unwrap();
            assert_eq!((got.bytes, got.sha256), (size, sent.sha256));
            client.delete(&second).await.unwrap();
        }
        client.remove_directory(&directory).await.unwrap();
        assert!(!server.root().join("crossing").exists());
    }
}

macro_rules! crossings {
    ($($name:ident: $software:ident $security:ident $way:ident,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            cross(Software::$software, Security::$security, Way::$way).await;
        }
    )*};
}

crossings! {
    pure_ftpd_tls12_native: PureFtpd Tls12 Native,
    pure_ftpd_tls12_relay: PureFtpd Tls12 Relay,
    pure_ftpd_tls13_native: PureFtpd Tls13 Native,
    pure_ftpd_tls13_relay: PureFtpd Tls13 Relay,
    vsftpd_tls12_native: Vsftpd Tls12 Native,
    vsftpd_tls12_relay: Vsftpd Tls12 Relay,
    vsftpd_tls13_native: Vsftpd Tls13 Native,
    vsftpd_tls13_relay: Vsftpd Tls13 Relay,
    proftpd_tls12_native: ProFtpd Tls12 Native,
    proftpd_tls12_relay: ProFtpd Tls12 Relay,
    proftpd_tls13_native: ProFtpd Tls13 Native,
    proftpd_tls13_relay: ProFtpd Tls13 Relay,
    proftpd_newest_native: ProFtpd Newest Native,
    proftpd_newest_relay: ProFtpd Newest Relay,
}
