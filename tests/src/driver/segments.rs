//! One file over several sessions: each fetches parts of it into the same file, at their places. What a session that failed has not
//! brought, a remaining one fetches.

use super::client::Client;
use super::sink::{Sink, part};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use towpath_ftp::segments::{Segment, Segments};
use towpath_ftp::{Error, ErrorKind, RemotePath, Request, Stage, TransferOptions};

/// Bytes from which on a file is worth more than one session.
pub const SEGMENTED: u64 = 8 * 1024 * 1024;

/// How a file was fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Segmented {
    /// Its bytes.
    pub bytes: u64,
    /// Transfers that brought a part of it; 1 where it came in one piece.
    pub transfers: usize,
    /// Sessions that were left out because they failed.
    pub failed: usize,
}

/// Fetches a file over these sessions, which are all of the same server and logged in; over the first alone where it is smaller than
/// [`SEGMENTED`] or where the server cannot begin in the middle.
///
/// # Errors
/// As the engine says; where the file on the server changed its size meanwhile; where no session is left. Then nothing that looks like the
/// file is left either.
pub async fn get_segmented(clients: &[&Client], path: &RemotePath, file: &Path) -> Result<Segmented, Error> {
    let Some(&first) = clients.first() else {
        return Err(Error::new(Stage::Connection, ErrorKind::NotConnected, "There is no session"));
    };
    // Without SIZE there is nothing to divide.
    let size = size(first, path).await.ok().filter(|size| *size >= SEGMENTED && clients.len() > 1);
    let part = part(file);
    let Some(size) = size else { return whole(first, path, file).await };
    reserve(&part, size).await.map_err(local)?;
    let fetched = match restarts(first, path, &part, size).await {
        Ok(true) => fetch(clients, path, &part, size).await,
        Ok(false) => return whole(first, path, file).await,
        Err(error) => Err(error),
    };
    let kept = match fetched {
        Ok(fetched) => tokio::fs::rename(&part, file).await.map(|()| fetched).map_err(local),
        Err(error) => Err(error),
    };
    if kept.is_err() {
        // Best effort: the failure that led here is what is reported.
        let _ = tokio::fs::remove_file(&part).await;
    }
    kept
}

/// SIZE, after a new login where the session was lost.
async fn size(client: &Client, path: &RemotePath) -> Result<u64, Error> {
    match client.size(path).await {
        Err(error) if is_lost(&error) => {
            client.login().await?;
            client.size(path).await
        }
        result => result,
    }
}

fn is_lost(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::NotConnected | ErrorKind::Lost)
}

async fn whole(client: &Client, path: &RemotePath, file: &Path) -> Result<Segmented, Error> {
    let got = client.get(path, Sink::file(file).await.map_err(local)?).await?;
    Ok(Segmented { bytes: got.bytes, transfers: 1, failed: 0 })
}

async fn reserve(part: &Path, size: u64) -> io::Result<()> {
    tokio::fs::File::create(part).await?.set_len(size).await
}

/// Whether the server begins in the middle of a file: its last byte is fetched. No other, since the end of a data connection that the
/// server has not ended costs some the session.
async fn restarts(client: &Client, path: &RemotePath, part: &Path, size: u64) -> Result<bool, Error> {
    match range(client, path, part, size, Segment::new(size - 1, 1)).await {
        (Ok(()), _) => Ok(true),
        // It can be asked in one piece all the same.
        (Err(error), _) if error.stage == Stage::Server => Ok(false),
        (Err(error), _) => Err(error),
    }
}

async fn fetch(clients: &[&Client], path: &RemotePath, part: &Path, size: u64) -> Result<Segmented, Error> {
    let mut segments = Segments::new(size, clients.len());
    let mut idle: Vec<&Client> = clients.iter().rev().copied().collect();
    let mut running = FuturesUnordered::new();
    let mut outcome = Segmented { bytes: size, transfers: 0, failed: 0 };
    let mut last = Error::new(Stage::Connection, ErrorKind::Lost, "No session is left");
    while !segments.is_complete() {
        while segments.waiting() > 0
            && let Some(client) = idle.pop()
            && let Some(segment) = segments.take()
        {
            running.push(async move {
                let (result, moved) = range(client, path, part, size, segment).await;
                let alive = result.is_ok() || stands(client).await;
                (client, segment, result, moved, alive)
            });
        }
        let Some((client, segment, result, moved, alive)) = running.next().await else { return Err(last) };
        outcome.transfers += usize::from(moved > 0);
        match result {
            Ok(()) => {
                segments.done(segment);
                idle.push(client);
            }
            // The file here is nobody else's fault.
            Err(error) if error.stage == Stage::File => return Err(error),
            Err(error) => {
                if !segments.failed(segment, moved) {
                    return Err(error);
                }
                last = error;
                // Others come first; alone it has to do.
                if alive && (is_lost(&last) || moved > 0 || (idle.is_empty() && running.is_empty())) {
                    idle.insert(0, client);
                } else {
                    outcome.failed += 1;
                }
            }
        }
    }
    drop(running);
    check(clients, path, size).await?;
    Ok(outcome)
}

/// Whether a session can go on, after a new login if need be: ProFTPD closes it where a data connection under TLS ends at
/// the end of a segment and not of the file.
async fn stands(client: &Client) -> bool {
    client.request(Request::KeepAlive).await.is_ok() || client.login().await.is_ok()
}

/// Whether the file still has the size that was divided.
async fn check(clients: &[&Client], path: &RemotePath, size: u64) -> Result<(), Error> {
    for client in clients {
        if let Ok(now) = client.size(path).await {
            if now == size {
                return Ok(());
            }
            let text = format!("The file changed while it was fetched: it had {size} bytes, now {now}");
            return Err(Error::new(Stage::Server, ErrorKind::Incomplete, text).with_advice("Try again"));
        }
    }
    // Whoever could have said so is gone; every byte has come.
    Ok(())
}

/// Fetches a segment; how many of its bytes came, however it ended.
async fn range(
    client: &Client,
    path: &RemotePath,
    part: &Path,
    size: u64,
    segment: Segment,
) -> (Result<(), Error>, u64) {
    let reached = Arc::new(AtomicU64::new(segment.offset));
    let sink = match Sink::range(part, segment.offset, reached.clone()).await {
        Ok(sink) => sink,
        Err(error) => return (Err(local(error)), 0),
    };
    let options = TransferOptions { length: Some(segment.length), ..TransferOptions::default() };
    let result = client.start_get_with(path, sink, Some(size), segment.offset, options).await;
    let moved = reached.load(Ordering::Relaxed).saturating_sub(segment.offset);
    (result.map(drop), moved)
}

fn local(error: io::Error) -> Error {
    Error::new(Stage::File, ErrorKind::File, format!("The file here: {error}"))
}
