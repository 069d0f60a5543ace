//! Stored passwords on real servers: a page, here the native driver, logs in with one that it never has.

use crate::setup::RelayProcess;
use towpath_ftp::{ErrorKind, Secret, Stage};
use towpath_relay::config::Target;
use towpath_relay::{Config, SecretSource};
use towpath_tests::driver::{Client, Relay, Sink, Source, Transport};
use towpath_tests::server::{PASSWORD, Security, Server, Software};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_with_a_stored_password_moves_files_and_leaves_no_trace() {
    for (software, security) in [
        (Software::PureFtpd, Security::Tls13),
        (Software::ProFtpd, Security::Tls12),
        (Software::ProFtpd, Security::Newest),
        (Software::Vsftpd, Security::Tls13),
    ] {
        let server = Server::start(software, security).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (password, root) = (folder.path().join("password"), folder.path().join("root.pem"));
        std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
        std::fs::write(&root, server.identity().certificate_pem()).unwrap();
        let mut config = Config { extra_roots: vec![root], ..Config::default() };
        config.targets.push(Target {
            user: Some(server.user().to_owned()),
            password: Some(SecretSource::File(password.clone())),
            ..Target::new("127.0.0.1", server.port())
        });
        let relay = RelayProcess::with(config).await;
        let link = Relay::connect(&relay.address()).await.unwrap();
        let mut site = server.site();
        site.password = Secret::new("nobody looks at this");
        site.stored_password = true;
        let client = Client::connect(Transport::Relay(link.clone()), site.clone()).await.unwrap();
        let path = crate::setup::child(&server.base(), "stored");
        // More uploads than ProFTPD gives tickets for: a session that logs in again does so with the stored password too.
        for _ in 0..4 {
            client.put(Source::pattern(50_000), &path).await.unwrap();
        }
        assert_eq!(client.get(&path, Sink::nowhere()).await.unwrap().bytes, 50_000);
        let log = client.log_text();
        assert!(log.contains(&"Command: PASS ****".to_owned()), "{log:#?}");
        assert!(!log.iter().any(|line| line.contains(PASSWORD)), "{log:#?}");
        let _ = client.quit().await;

        // A new password works without a restart, a wrong one does not, and that is said.
        std::fs::write(&password, "a wrong one\n").unwrap();
        let error =
            Client::connect(Transport::Relay(link.clone()), site.clone()).await.map(drop).unwrap_err();
        assert_eq!((error.stage, error.kind), (Stage::Login, ErrorKind::Credentials), "{error:?}");
        std::fs::write(&password, PASSWORD).unwrap();
        let client = Client::connect(Transport::Relay(link.clone()), site.clone()).await.unwrap();
        client.list(None).await.unwrap();
        let _ = client.quit().await;

        // Another user than the site's has none here.
        site.user = "root".into();
        let error = Client::connect(Transport::Relay(link), site).await.map(drop).unwrap_err();
        assert_eq!(error.stage, Stage::Login, "{error:?}");
    }
}

/// The fixtures' certificates are self-signed: the driver accepts them, the relay does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_only_the_page_accepts_gets_no_stored_password() {
    let server = Server::start(Software::PureFtpd, Security::Tls13).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let mut config = Config::default();
    config.targets.push(Target {
        user: Some(server.user().to_owned()),
        password: Some(SecretSource::File(password)),
        ..Target::new("127.0.0.1", server.port())
    });
    let relay = RelayProcess::with(config).await;
    let link = Relay::connect(&relay.address()).await.unwrap();
    let mut site = server.site();
    site.stored_password = true;
    let error = Client::connect(Transport::Relay(link), site).await.map(drop).unwrap_err();
    assert_eq!(error.stage, Stage::Login, "{error:?}");
    assert!(error.message.contains("certificate"), "{error:?}");
}
