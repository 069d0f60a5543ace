//! `get` and `put`, and how.

use super::terminal::visible;
use super::{Failure, local};
use crate::driver::{Client, Sink, Source, get_segmented};
use clap::Args;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use towpath_ftp::request::part;
use towpath_ftp::{ErrorKind, Outcome, Placement, RemotePath, Request, TransferOptions, Transferred};

/// What both ways have.
#[derive(Args)]
struct BothOptions {
    /// As text: line ends are those of this machine here and of the server's there.
    #[arg(long, conflicts_with_all = ["resume", "verify", "recursive"])]
    ascii: bool,
    /// Compressed on the way (MODE Z), where the server can.
    #[arg(long, conflicts_with = "recursive")]
    compress: bool,
    /// Compare checksums afterwards; says so where the server cannot compute any.
    #[arg(long, conflicts_with = "recursive")]
    verify: bool,
    /// Set the file's time to that of the original.
    #[arg(long)]
    keep_time: bool,
}

/// How a file is fetched.
#[derive(Args)]
pub(super) struct GetOptions {
    /// Go on where a broken download with this option stopped (FILE.part), if the bytes before are the same.
    #[arg(long, conflicts_with = "recursive")]
    resume: bool,
    /// Over so many sessions, 2 to 8; small files come over one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=8),
          conflicts_with_all = ["resume", "ascii", "compress", "verify", "keep_time", "recursive"])]
    segments: Option<u8>,
    #[command(flatten)]
    both: BothOptions,
}

/// How a file is stored.
#[derive(Args)]
pub(super) struct PutOptions {
    /// Go on behind the bytes that the server has, if they are the same.
    #[arg(long, conflicts_with = "recursive")]
    resume: bool,
    /// Behind what is there.
    #[arg(long, conflicts_with_all = ["resume", "part", "verify", "recursive"])]
    append: bool,
    /// Under a name with .part behind it until all has arrived.
    #[arg(long, conflicts_with = "recursive")]
    part: bool,
    #[command(flatten)]
    both: BothOptions,
}

impl BothOptions {
    fn options(&self) -> TransferOptions {
        TransferOptions {
            text: self.ascii,
            deflate: self.compress,
            checksum: self.verify,
            ..TransferOptions::default()
        }
    }

    fn say(&self, name: &str, bytes: u64, transferred: &Transferred) {
        let verified = match (self.verify, transferred.checksum) {
            (false, _) => String::new(),
            (true, Some(algorithm)) => format!(", the same {} on both sides", algorithm.name()),
            (true, None) => ", not verified: the server told no checksum".to_owned(),
        };
        eprintln!("{}: {bytes} bytes{verified}", visible(name));
    }
}

impl GetOptions {
    /// Sessions beside the first.
    pub(super) fn more_sessions(&self) -> Option<usize> {
        self.segments.map(|count| usize::from(count) - 1)
    }

    pub(super) async fn run(&self, client: &Client, path: &RemotePath, file: &Path) -> Result<(), Failure> {
        let sink = if self.resume { Sink::resumed(file).await } else { Sink::file(file).await };
        let sink = sink.map_err(local(file))?;
        let mut options = self.both.options();
        options.compare = self.resume;
        options.modified = self.both.keep_time.then_some(0);
        let offset = sink.position();
        let (outcome, got, _) = client.start_get_with(path, sink, None, offset, options).await?;
        let transferred = transferred(outcome);
        if let (true, Some(modified)) = (self.both.keep_time, transferred.modified) {
            date(file, modified.seconds).map_err(local(file))?;
        }
        self.both.say(&file.display().to_string(), got.bytes, &transferred);
        Ok(())
    }

    pub(super) async fn over_sessions(
        &self,
        client: &Client,
        others: Vec<Client>,
        path: &RemotePath,
        file: &Path,
    ) -> Result<(), Failure> {
        let mut clients = vec![client];
        clients.extend(&others);
        let got = get_segmented(&clients, path, file).await?;
        eprintln!(
            "{}: {} bytes in {} transfers",
            visible(&file.display().to_string()),
            got.bytes,
            got.transfers
        );
        for other in others {
            // What was asked for is done.
            let _ = other.quit().await;
        }
        Ok(())
    }
}

impl PutOptions {
    pub(super) async fn run(&self, client: &Client, file: &Path, path: &RemotePath) -> Result<(), Failure> {
        let source = Source::file(file).await.map_err(local(file))?;
        let mut options = self.both.options();
        options.compare = self.resume;
        options.temporary = self.part;
        if self.append {
            options.placement = Placement::Append;
        }
        if self.both.keep_time {
            options.modified = modified(file).map_err(local(file))?;
        }
        let offset = if self.resume { self.there(client, path).await } else { 0 };
        let (outcome, sent, _) = client.start_put_with(source, path, offset, options).await?;
        let transferred = transferred(outcome);
        if transferred.dated == Some(false) {
            eprintln!("towpath-cli: the server did not set the file's time");
        }
        self.both.say(&path.to_string(), sent.bytes, &transferred);
        Ok(())
    }

    /// Bytes that the server has already; none where it does not say.
    async fn there(&self, client: &Client, path: &RemotePath) -> u64 {
        let target = if self.part { part(path) } else { None };
        client.size(target.as_ref().unwrap_or(path)).await.unwrap_or(0)
    }
}

/// Copies a file on the server: by the server, else through this machine.
pub(super) async fn copy(client: &Client, from: &RemotePath, to: &RemotePath) -> Result<(), Failure> {
    let request = Request::CopyOnServer { from: from.clone(), to: to.clone() };
    match client.request(request).await {
        Err(error) if error.kind == ErrorKind::Refused => {}
        result => return Ok(result.map(drop)?),
    }
    let directory = tempfile::tempdir().map_err(local(&std::env::temp_dir()))?;
    let file = directory.path().join("copy");
    client.get(from, Sink::file(&file).await.map_err(local(&file))?).await?;
    client.put(Source::file(&file).await.map_err(local(&file))?, to).await?;
    Ok(())
}

fn transferred(outcome: Outcome) -> Transferred {
    match outcome {
        Outcome::Transferred(transferred) => transferred,
        _ => Transferred::default(),
    }
}

fn modified(file: &Path) -> std::io::Result<Option<i64>> {
    let time = std::fs::metadata(file)?.modified()?;
    Ok(match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok(),
        Err(before) => i64::try_from(before.duration().as_secs()).ok().map(|seconds| -seconds),
    })
}

fn date(file: &Path, seconds: i64) -> std::io::Result<()> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    let time: SystemTime = time.ok_or_else(|| std::io::Error::other("the time is out of range"))?;
    std::fs::File::options().write(true).open(file)?.set_modified(time)
}
