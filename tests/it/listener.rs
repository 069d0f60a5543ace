//! Active mode through a relay whose administrator allows it: the servers connect to the relay.

use crate::setup::{RelayProcess, child};
use towpath_ftp::ActiveMode;
use towpath_relay::Config;
use towpath_relay::config::Target;
use towpath_tests::driver::{Client, Relay, Sink, Source, Transport};
use towpath_tests::server::{Options, Security, Server, Software};

async fn relay(server: &Server) -> (RelayProcess, Transport) {
    let target = Target { active: true, ..Target::new(server.host(), server.port()) };
    let relay = RelayProcess::with(Config { targets: vec![target], ..Config::default() }).await;
    let link = Relay::connect(&relay.address()).await.unwrap();
    assert!(link.listens());
    (relay, Transport::Relay(link))
}

/// A listing, uploads and downloads; the log.
async fn work(server: &Server, active: ActiveMode) -> Vec<String> {
    let (_relay, transport) = relay(server).await;
    let mut site = server.site();
    site.active = active;
    let client = Client::connect(transport, site).await.unwrap();
    for size in [0, 2_000_000] {
        let path = child(&server.base(), "a");
        let sent = client.put(Source::pattern(size).hashed(), &path).await.unwrap();
        let got = client.get(&path, Sink::nowhere().hashed()).await.unwrap();
        assert_eq!((got.bytes, got.sha256), (size, sent.sha256));
    }
    assert_eq!(client.list(Some(&server.base())).await.unwrap().entries.len(), 1);
    let secured = client.secured();
    let log = client.log_text();
    client.quit().await.unwrap();
    assert_eq!(
        secured.resumed + secured.full >= 5,
        server.site().encryption != towpath_ftp::Encryption::None
    );
    log
}

fn count(log: &[String], verb: &str) -> usize {
    log.iter().filter(|line| line.contains(&format!("Command: {verb}"))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d15_servers_connect_to_the_relay() {
    for software in [Software::PureFtpd, Software::Vsftpd, Software::ProFtpd] {
        for security in [Security::Plain, Security::Tls12, Security::Newest] {
            let server = Server::start(software, security).unwrap();
            let log = work(&server, ActiveMode::Preferred).await;
            assert!(count(&log, "PORT") >= 5, "{software:?} {security:?}: {log:#?}");
            assert_eq!(count(&log, "PASV") + count(&log, "EPSV"), 0, "{software:?} {security:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d15_from_blocked_passive_mode_to_the_relays_listener() {
    for software in [Software::PureFtpd, Software::Vsftpd, Software::ProFtpd] {
        let options = Options { refused: &["EPSV", "PASV"], ..Options::new(software, Security::Tls12) };
        let server = Server::with(options).unwrap();
        let log = work(&server, ActiveMode::Fallback).await;
        assert!(count(&log, "PORT") >= 5, "{software:?}: {log:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d15_eprt_to_a_relay_over_ipv6() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        println!("skipped, this machine has no IPv6 loopback");
        return;
    }
    let options = Options { ipv6: true, ..Options::new(Software::ProFtpd, Security::Tls12) };
    let log = work(&Server::with(options).unwrap(), ActiveMode::Preferred).await;
    assert!(count(&log, "EPRT") >= 5 && count(&log, "EPSV") == 0, "{log:#?}");
}
