//! What an administrator says of TLS with a server, on real ones: client certificates, pins, the oldest version.

use crate::setup::{RelayProcess, child};
use towpath_ftp::{Error, ErrorKind, Event, Site, Stage};
use towpath_relay::Config;
use towpath_relay::config::{ClientCertificate, Pin, Target, TlsMin};
use towpath_relay::tls::{Identity, Roots};
use towpath_tests::driver::{Client, Direct, Relay, Sink, Source, Transport};
use towpath_tests::server::{Options, Security, Server, Software};

/// A relay with this server as its one target, and a link to it.
async fn relay(server: &Server, change: impl FnOnce(&mut Target)) -> (Relay, RelayProcess) {
    let mut target = Target::new("127.0.0.1", server.port());
    change(&mut target);
    let relay = RelayProcess::with(Config { targets: vec![target], ..Config::default() }).await;
    (Relay::connect(&relay.address()).await.unwrap(), relay)
}

/// Moves files both ways: every data connection resumes the control connection's session, whose certificate the server has seen.
async fn crosses(server: &Server, transport: Transport) {
    let client =
        Client::connect(transport, server.site()).await.unwrap_or_else(|e| panic!("{e:?}\n{}", server.log()));
    let path = child(&server.base(), "certified");
    for size in [0, 1, 300_000] {
        client.put(Source::pattern(size), &path).await.unwrap_or_else(|e| panic!("{e:?}\n{}", server.log()));
        assert_eq!(client.get(&path, Sink::nowhere()).await.unwrap().bytes, size);
    }
    client.list(Some(&server.base())).await.unwrap();
    let secured = client.secured();
    assert!(secured.resumed >= 7 && secured.full == 0, "{secured:?}");
    let _ = client.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_demand_client_certificates_and_resumption_get_both() {
    for (software, security) in [
        (Software::Vsftpd, Security::Tls12),
        (Software::Vsftpd, Security::Tls13),
        (Software::ProFtpd, Security::Tls12),
        (Software::ProFtpd, Security::Newest),
    ] {
        let server = Server::with(Options { certified: true, ..Options::new(software, security) }).unwrap();
        let (chain, key) = (server.client().certificate_pem(), server.client().key_pem());
        let identity = Identity::new(chain.as_bytes(), key.as_bytes()).unwrap();

        crosses(&server, Transport::Direct(Direct { roots: Roots::none(), identity: Some(identity) })).await;

        // By the page, for the session.
        let (link, _relay) = relay(&server, |_| ()).await;
        crosses(&server, Transport::Relay(link.clone().with_client_certificate(format!("{chain}{key}"))))
            .await;

        // By the administrator, for the server.
        let folder = tempfile::tempdir().unwrap();
        let files = ClientCertificate { chain: folder.path().join("chain"), key: folder.path().join("key") };
        std::fs::write(&files.chain, &chain).unwrap();
        std::fs::write(&files.key, &key).unwrap();
        let (certified, _relay) = relay(&server, |target| target.client_certificate = Some(files)).await;
        crosses(&server, Transport::Relay(certified)).await;

        // Without one, and with somebody else's.
        let other = towpath_tests::server::Identity::new().unwrap();
        let other = other.certificate_pem() + &other.key_pem();
        for link in [link.clone(), link.with_client_certificate(other)] {
            let error = Client::connect(Transport::Relay(link), server.site()).await.map(drop).unwrap_err();
            println!("{software:?} {security:?}: {error}");
            assert_eq!(error.stage, Stage::Tls, "{error:?}");
            assert!(error.message.contains("client certificate"), "{error:?}");
        }
    }
}

/// Nobody is asked about a key that is pinned, and nobody can say yes to another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pinned_key_is_trusted_in_silence_and_another_refused() {
    for (software, security) in [(Software::Vsftpd, Security::Tls13), (Software::ProFtpd, Security::Tls12)] {
        let server = Server::start(software, security).unwrap();
        let (plain, _relay) = relay(&server, |_| ()).await;
        let known = Client::connect(Transport::Relay(plain), server.site()).await.unwrap();
        let tls = known.server().unwrap().tls.unwrap();
        let own: Pin = format!("sha256:{}", tls.chain[0].spki_sha256).parse().unwrap();
        let _ = known.quit().await;

        let (pinned, _relay) = relay(&server, |target| target.pins = vec![own]).await;
        quietly(Transport::Relay(pinned.clone()), server.site()).await.unwrap();
        crosses(&server, Transport::Relay(pinned)).await;

        let (changed, _relay) = relay(&server, |target| target.pins = vec![Pin([7; 32])]).await;
        let error = quietly(Transport::Relay(changed), server.site()).await.unwrap_err();
        assert_eq!((error.stage, error.kind), (Stage::Tls, ErrorKind::Lost), "{error:?}");
        assert!(error.message.contains("pinned"), "{error:?}");
    }
}

/// Logs in and lists, with nobody to answer a question.
async fn quietly(transport: Transport, site: Site) -> Result<(), Error> {
    let observer =
        std::sync::Arc::new(|event: &Event| assert!(!matches!(event, Event::Asked(_)), "{event:?}"));
    let client = Client::new(transport, site, std::sync::Arc::new(|_| false), Some(observer));
    client.login().await?;
    client.list(None).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_version_is_the_relays_word() {
    let min = |target: &mut Target| target.tls_min = Some(TlsMin::Tls13);
    let old = Server::start(Software::ProFtpd, Security::Tls12).unwrap();
    let (link, _relay) = relay(&old, min).await;
    let error = Client::connect(Transport::Relay(link), old.site()).await.map(drop).unwrap_err();
    assert_eq!(error.stage, Stage::Tls, "{error:?}");
    assert!(error.message.contains("TLS 1.3") && error.message.contains("administrator"), "{error:?}");

    // A page cannot lower it, even where that is what would help: ProFTPD issues too few tickets.
    let new = Server::start(Software::ProFtpd, Security::Newest).unwrap();
    let (link, _relay) = relay(&new, min).await;
    let client = Client::connect(Transport::Relay(link), new.site()).await.unwrap();
    let path = child(&new.base(), "thirteen");
    for _ in 0..6 {
        client
            .put(Source::pattern(1000), &path)
            .await
            .unwrap_or_else(|e| panic!("{e:?} {:#?}", client.log_text()));
    }
    let log = client.log_text();
    assert!(!log.iter().any(|line| line.contains("Protocol: TLS1.2")), "{log:#?}");
    let _ = client.quit().await;
}

/// Rule S-4: a server that issues too few tickets is met with TLS 1.2 at once by the session that knows it from an earlier one. The knowledge is the
/// engine's, so it is one user's: no page can lower what another page negotiates over the same relay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_4_dry_tickets_are_remembered_for_the_next_session() {
    let server = Server::start(Software::ProFtpd, Security::Newest).unwrap();
    let (link, _relay) = relay(&server, |_| ()).await;
    let learned = std::sync::Arc::new(std::sync::Mutex::new(server.site().quirks));
    let path = child(&server.base(), "dry");
    for (session, expected) in [(1, 1), (2, 0), (3, 0)] {
        let mut site = server.site();
        // As it is stored, between visits.
        site.quirks = towpath_ftp::Quirks::from_text(&learned.lock().unwrap().to_text());
        let keep = learned.clone();
        let observer = std::sync::Arc::new(move |event: &Event| {
            if let Event::Learned(quirks) = event {
                *keep.lock().unwrap() = quirks.clone();
            }
        });
        let transport = Transport::Relay(link.clone());
        let client = Client::new(transport, site, std::sync::Arc::new(|_| true), Some(observer));
        client.login().await.unwrap();
        for _ in 0..6 {
            client.put(Source::pattern(1000), &path).await.unwrap();
        }
        let log = client.log_text();
        let dry = log.iter().filter(|line| line.contains("issued too few TLS 1.3 tickets")).count();
        assert_eq!(dry, expected, "session {session}: {log:#?}");
        assert_eq!(client.secured().full, 0);
        let _ = client.quit().await;
    }
}

/// A server of old, which rustls does not reach: that is said, and where its administrator has opted in, files move both ways over TLS 1.0, with
/// sessions that resume as the server demands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_have_nothing_but_tls_1_0() {
    for software in [Software::ProFtpd, Software::Vsftpd] {
        let server = Server::start(software, Security::Tls10).unwrap();
        let (link, _relay) = relay(&server, |_| ()).await;
        let error = Client::connect(Transport::Relay(link), server.site()).await.map(drop).unwrap_err();
        println!("{software:?}: {error}");
        assert_eq!(error.stage, Stage::Tls, "{error:?}");
        assert!(error.message.contains("TLS 1.0 or 1.1"), "{error:?}\n{}", server.log());

        #[cfg(feature = "legacy-tls")]
        {
            let (link, _relay) = relay(&server, |target| target.legacy_tls = true).await;
            let client = Client::connect(Transport::Relay(link.clone()), server.site()).await.unwrap();
            let tls = client.server().unwrap().tls.unwrap();
            println!("{software:?}: {} {}", tls.version, tls.cipher);
            assert_eq!((tls.version.as_str(), tls.verdict), ("TLS1.0", towpath_ftp::Verdict::SelfSigned));
            let _ = client.quit().await;
            crosses(&server, Transport::Relay(link)).await;
        }
    }
}
