//! What a driver can do beyond the least and what is no step of the [matrix](crate::matrix): files past 4 GiB both ways, transfers that broke, the ways
//! around what a server refuses, several sessions of which one fails.

mod active;
mod resume;
mod segments;

use crate::setup::{RelayProcess, Way, Witnessed, child};
use std::os::unix::fs::chown;
use std::path::PathBuf;
use towpath_ftp::{Error, Outcome, RemotePath, Site, TransferOptions, Transferred};
use towpath_tests::driver::{Sink, Source, Summary, pattern};
use towpath_tests::server::{Server, Software};

const WAYS: [Way; 2] = [Way::Native, Way::Relay];

/// The servers of which every one can do what most of these tests need.
const SERVERS: [Software; 3] = [Software::PureFtpd, Software::Vsftpd, Software::ProFtpd];

/// Whose files the servers serve.
const OWNER: u32 = 1;

/// A session with a server.
struct Bench<'a> {
    session: Witnessed<'a>,
    server: &'a Server,
    _relay: Option<RelayProcess>,
}

impl<'a> Bench<'a> {
    async fn new(server: &'a Server, way: Way) -> Bench<'a> {
        Bench::with(server, way, |_| {}).await
    }

    async fn with(server: &'a Server, way: Way, change: impl FnOnce(&mut Site)) -> Bench<'a> {
        let (transport, relay) = way.to(server).await;
        let mut site = server.site();
        change(&mut site);
        Bench { session: Witnessed::login(transport, site, Some(server)).await, server, _relay: relay }
    }

    fn path(&self, name: &str) -> RemotePath {
        child(&self.server.base(), name)
    }

    fn disk(&self, name: &str) -> PathBuf {
        self.server.root().join(name)
    }

    /// Puts a file where the server has its files, past the server.
    fn place(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.disk(name), bytes).unwrap();
        self.give(name);
    }

    /// The server's user may write to it.
    fn give(&self, name: &str) {
        chown(self.disk(name), Some(OWNER), Some(OWNER)).unwrap();
    }

    async fn put(
        &self,
        source: Source,
        name: &str,
        offset: u64,
        options: TransferOptions,
    ) -> Result<Transferred, Error> {
        let sent = self.session.start_put_with(source, &self.path(name), offset, options).await?;
        Ok(transferred(sent.0))
    }

    async fn get(
        &self,
        name: &str,
        sink: Sink,
        offset: u64,
        options: TransferOptions,
    ) -> Result<(Transferred, Summary), Error> {
        let got = self.session.start_get_with(&self.path(name), sink, None, offset, options).await?;
        Ok((transferred(got.0), got.1))
    }

    /// How often a command was sent.
    fn commands(&self, verb: &str) -> usize {
        let line = format!("Command: {verb}");
        let same = |logged: &&String| **logged == line || logged.starts_with(&format!("{line} "));
        self.session.log_text().iter().filter(same).count()
    }
}

fn transferred(outcome: Outcome) -> Transferred {
    match outcome {
        Outcome::Transferred(transferred) => transferred,
        other => panic!("{other:?}"),
    }
}

/// Bytes of the pattern.
fn bytes(size: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    pattern(0, &mut bytes);
    bytes
}

/// The options that say nothing.
fn plainly() -> TransferOptions {
    TransferOptions::default()
}
