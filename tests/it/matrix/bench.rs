//! What a step works with: a session, a directory as both sides see it, and further sessions with the same server.

use super::{Outcome, check, give};
use crate::setup::{Way, child};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use towpath_ftp::{Error, Event, Outcome as Ending, RemotePath, Request, Site, TransferOptions, Transferred};
use towpath_tests::driver::{Client, Observer, Sink, Source, Summary, Transport};
use towpath_tests::server::Server;

/// What a step works with.
pub(super) struct Bench {
    pub(super) client: Client,
    /// As the server calls it.
    pub(super) folder: RemotePath,
    /// As this machine calls it.
    pub(super) disk: PathBuf,
    /// Bytes that the present transfer has moved.
    pub(super) progress: watch::Receiver<u64>,
    pub(super) site: Site,
    transport: Transport,
    /// Logs of the further sessions that the present step had.
    others: Arc<Mutex<Vec<Vec<String>>>>,
    /// It is one of those.
    apart: bool,
}

impl Bench {
    pub(super) fn new(transport: Transport, server: &Server, way: Way) -> Bench {
        let name = format!("{way:?}");
        let (folder, disk) = (child(&server.base(), &name), server.root().join(&name));
        let site = server.site();
        let (client, progress) = session(transport.clone(), site.clone());
        let others = Arc::default();
        Bench { client, folder, disk, progress, site, transport, others, apart: false }
    }

    /// A further session, of a site that differs in something. It is over when it is dropped.
    pub(super) async fn apart(&self, change: impl FnOnce(&mut Site)) -> Result<Bench, Error> {
        let mut site = self.site.clone();
        change(&mut site);
        let (client, progress) = session(self.transport.clone(), site.clone());
        let (folder, disk) = (self.folder.clone(), self.disk.clone());
        let (transport, others) = (self.transport.clone(), self.others.clone());
        let bench = Bench { client, progress, site, folder, disk, transport, others, apart: true };
        bench.client.login().await?;
        Ok(bench)
    }

    /// Says good-bye, and returns when the server has.
    pub(super) async fn quit(&self) -> Result<(), Error> {
        self.client.request(Request::Disconnect).await.map(drop)
    }

    /// The logs of the further sessions since this was last asked.
    pub(super) fn take_others(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.others.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same, and they stay.
    pub(super) fn others(&self) -> Vec<Vec<String>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A path in the directory; the name may be several, with slashes between them.
    pub(super) fn path(&self, name: &str) -> RemotePath {
        name.split('/').fold(self.folder.clone(), |path, name| child(&path, name))
    }

    /// Puts a file into the directory, past the server.
    pub(super) fn place(&self, name: &str, bytes: &[u8]) -> Outcome {
        fs::write(self.disk.join(name), bytes)?;
        give(&self.disk.join(name));
        Ok(())
    }

    /// Whether the file has these bytes and no others; the error tells sizes, not bytes.
    pub(super) fn stored(&self, name: &str, bytes: &[u8]) -> Outcome {
        let stored = fs::read(self.disk.join(name))?;
        check!(stored == bytes, "{name}: {} bytes stored, {} sent or other ones", stored.len(), bytes.len());
        Ok(())
    }

    /// What a request ends with.
    pub(super) async fn ask(&self, request: Request) -> Result<Ending, Error> {
        self.client.request(request).await.map(|(outcome, ..)| outcome)
    }

    pub(super) async fn put(
        &self,
        source: Source,
        name: &str,
        offset: u64,
        options: TransferOptions,
    ) -> Result<Transferred, Box<dyn std::error::Error>> {
        let sent = self.client.start_put_with(source, &self.path(name), offset, options).await?;
        transferred(sent.0)
    }

    pub(super) async fn get(
        &self,
        name: &str,
        sink: Sink,
        offset: u64,
        options: TransferOptions,
    ) -> Result<(Transferred, Summary), Box<dyn std::error::Error>> {
        let got = self.client.start_get_with(&self.path(name), sink, None, offset, options).await?;
        Ok((transferred(got.0)?, got.1))
    }

    /// How often a command was sent, with these arguments or more.
    pub(super) fn commands(&self, command: &str) -> usize {
        commands(&self.client.log_text(), command)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if self.apart {
            let log = self.client.log_text();
            self.others.lock().unwrap_or_else(PoisonError::into_inner).push(log);
        }
    }
}

fn session(transport: Transport, site: Site) -> (Client, watch::Receiver<u64>) {
    let (told, progress) = watch::channel(0);
    let observer: Observer = Arc::new(move |event| {
        if let Event::Progressed { done, .. } = event {
            told.send_replace(*done);
        }
    });
    (Client::new(transport, site, Arc::new(|_| true), Some(observer)), progress)
}

fn transferred(outcome: Ending) -> Result<Transferred, Box<dyn std::error::Error>> {
    match outcome {
        Ending::Transferred(transferred) => Ok(transferred),
        other => Err(format!("no transfer: {other:?}").into()),
    }
}

/// How often a command stands in a log.
pub(super) fn commands(log: &[String], command: &str) -> usize {
    let line = format!("Command: {command}");
    let same = |logged: &&String| {
        logged.strip_prefix(&line).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ';', '=']))
    };
    log.iter().filter(same).count()
}
