//! One file over several sessions.

use super::bytes;
use crate::setup::Way;
use std::sync::Arc;
use towpath_ftp::Secret;
use towpath_tests::driver::{Client, SEGMENTED, get_segmented};
use towpath_tests::server::{Options, Security, Server, Software};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_over_several_sessions() {
    for (software, way) in
        [(Software::PureFtpd, Way::Native), (Software::Vsftpd, Way::Native), (Software::ProFtpd, Way::Relay)]
    {
        let server = Server::start(software, Security::Tls12).unwrap();
        let path = crate::setup::child(&server.base(), "file");
        let whole = bytes(3 * SEGMENTED + 1);
        std::fs::write(server.root().join("file"), &whole).unwrap();
        let (transport, _relay) = way.to(&server).await;
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(Client::connect(transport.clone(), server.site()).await.unwrap());
        }
        let local = tempfile::tempdir().unwrap();
        let file = local.path().join("file");
        let got = get_segmented(&all(&clients), &path, &file).await.unwrap();
        assert_eq!((got.bytes, got.transfers, got.failed), (whole.len() as u64, 3, 0), "{software:?}");
        assert!(std::fs::read(&file).unwrap() == whole, "{software:?}");

        // A session that cannot log in: the others fetch its segment.
        let mut site = server.site();
        site.password = Secret::new("wrong");
        clients.push(Client::new(transport.clone(), site, Arc::new(|_| true), None));
        let got = get_segmented(&all(&clients), &path, &file).await.unwrap();
        assert_eq!((got.transfers, got.failed), (4, 1), "{software:?}");
        assert!(std::fs::read(&file).unwrap() == whole, "{software:?}");

        // A small file comes in one piece.
        std::fs::write(server.root().join("file"), b"small").unwrap();
        let got = get_segmented(&all(&clients), &path, &file).await.unwrap();
        assert_eq!((got.bytes, got.transfers), (5, 1));
        assert_eq!(std::fs::read(&file).unwrap(), b"small");

        // What fails leaves nothing behind.
        let none = crate::setup::child(&server.base(), "none");
        assert!(get_segmented(&all(&clients), &none, &local.path().join("none")).await.is_err());
        assert_eq!(std::fs::read_dir(local.path()).unwrap().count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_begin_in_the_middle_sends_the_whole() {
    let mut options = Options::new(Software::Vsftpd, Security::Plain);
    options.refused = &["REST"];
    let server = Server::with(options).unwrap();
    let path = crate::setup::child(&server.base(), "file");
    let whole = bytes(SEGMENTED);
    std::fs::write(server.root().join("file"), &whole).unwrap();
    let (transport, _relay) = Way::Native.to(&server).await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        clients.push(Client::connect(transport.clone(), server.site()).await.unwrap());
    }
    let local = tempfile::tempdir().unwrap();
    let file = local.path().join("file");
    let got = get_segmented(&all(&clients), &path, &file).await.unwrap();
    assert_eq!((got.bytes, got.transfers), (SEGMENTED, 1));
    assert!(std::fs::read(&file).unwrap() == whole);
    assert_eq!(std::fs::read_dir(local.path()).unwrap().count(), 1);
}

fn all(clients: &[Client]) -> Vec<&Client> {
    clients.iter().collect()
}
