//! Pumps a data connection to or from a job's file, to its end.

use super::coding::{Broken, Decoder, Encoder};
use super::connection::{LINGER, Report, tell};
use super::direct::Socket;
use super::job::Job;
use super::source::Source;
use super::stream::{Reader, Writer};
use bytes::{Buf, Bytes, BytesMut};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, timeout};
use towpath_ftp::{Coding, ConnId, Direction, End, Stage};

/// Between two reports of a transfer's progress.
const PROGRESS: Duration = Duration::from_millis(100);

/// Bytes read from a file at once.
const CHUNK: usize = 64 * 1024;

/// What is to be pumped.
#[derive(Clone, Copy)]
pub(crate) struct Pump {
    pub(crate) direction: Direction,
    /// Where in the file it begins.
    pub(crate) offset: u64,
    /// Bytes of the file after which it is done.
    pub(crate) limit: Option<u64>,
    pub(crate) coding: Coding,
}

impl Pump {
    /// Pumps to the end. The connection's halves are as they were left, for its good-bye.
    pub(crate) async fn run(
        self,
        job: &mut Option<Job>,
        reader: &mut Reader,
        writer: &mut Writer,
        socket: Option<&Socket>,
        count: &mut Count<'_>,
    ) -> End {
        match (job, self.direction) {
            (Some(job @ Job::Download(_)), Direction::Download) => self.take(reader, job, count).await,
            (Some(job), Direction::Compare) => self.take(reader, job, count).await,
            (Some(Job::Upload(source)), Direction::Upload) => {
                // However this ends before its last byte: it must not look like the end of the file.
                if let Some(socket) = socket {
                    socket.breaks(true);
                }
                let end = self.send(reader, writer, source, count).await;
                if let (Some(socket), End::Clean | End::Unclean) = (socket, &end) {
                    socket.breaks(false);
                }
                end
            }
            _ => file_fault("the file of the transfer is not there"),
        }
    }

    /// From the server: into the file, or to be compared with it.
    async fn take(self, reader: &mut Reader, job: &mut Job, count: &mut Count<'_>) -> End {
        if let (Job::Download(sink), Direction::Download) = (&mut *job, self.direction)
            && let Err(error) = sink.start(self.offset).await
        {
            return file_error(&error);
        }
        let mut decoder = Decoder::new(self.coding);
        let mut piece = Vec::new();
        loop {
            if self.limit.is_some_and(|limit| count.total >= limit) {
                return End::Clean;
            }
            let bytes = match reader.read().await {
                Ok(bytes) => bytes,
                Err(end) => return self.ended(end, &mut decoder, job, count).await,
            };
            let taken = if decoder.is_plain() {
                self.accept(&bytes, job, count).await
            } else {
                self.decode(&bytes, &mut decoder, &mut piece, job, count).await
            };
            if let Err(end) = taken {
                return end;
            }
            // Credit comes back only now that the file has the bytes.
            reader.consumed(bytes.len());
        }
    }

    async fn decode(
        self,
        bytes: &[u8],
        decoder: &mut Decoder,
        piece: &mut Vec<u8>,
        job: &mut Job,
        count: &mut Count<'_>,
    ) -> Result<(), End> {
        let mut input = bytes;
        while decoder.step(&mut input, piece).map_err(broken)? {
            self.accept(piece, job, count).await?;
            if self.limit.is_some_and(|limit| count.total >= limit) {
                break;
            }
            // A few bytes may inflate to many, and memory never waits.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Bytes of the file, up to the limit.
    async fn accept(self, bytes: &[u8], job: &mut Job, count: &mut Count<'_>) -> Result<(), End> {
        let left = self.limit.map_or(u64::MAX, |limit| limit - count.total);
        let bytes = &bytes[..bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
        match (job, self.direction) {
            (Job::Download(sink), Direction::Download) => {
                sink.write(bytes).await.map_err(|error| file_error(&error))?;
            }
            (job, _) => compare(bytes, self.offset + count.total, job).await?,
        }
        count.add(bytes.len()).await;
        Ok(())
    }

    /// The server has ended before the limit, if there is one.
    async fn ended(self, end: End, decoder: &mut Decoder, job: &mut Job, count: &mut Count<'_>) -> End {
        if !matches!(end, End::Clean | End::Unclean) {
            return end;
        }
        let mut rest = Vec::new();
        if let Err(text) = decoder.finish(&mut rest) {
            return broken(text);
        }
        if let Err(end) = self.accept(&rest, job, count).await {
            return end;
        }
        if self.direction != Direction::Compare {
            return end;
        }
        let short = match self.limit {
            Some(limit) => Ok(count.total < limit),
            None => job.read_at(self.offset + count.total, &mut [0; 1]).await.map(|more| more > 0),
        };
        match short {
            Ok(true) => file_fault("the server's file is shorter"),
            Ok(false) => end,
            Err(error) => file_error(&error),
        }
    }

    /// Sends the file, the half-close, and waits for the server's end. It reads all the while: TLS tickets for the next connection
    /// come that way, and news of a server that gave up.
    async fn send(
        self,
        reader: &mut Reader,
        writer: &mut Writer,
        source: &mut Source,
        count: &mut Count<'_>,
    ) -> End {
        if let Err(error) = source.start(self.offset).await {
            return file_error(&error);
        }
        let mut outgoing = Outgoing { reader, writer, ended: None };
        let mut encoder = Encoder::new(self.coding);
        let mut left = self.limit.unwrap_or(u64::MAX);
        loop {
            let mut chunk = BytesMut::zeroed(usize::try_from(left).unwrap_or(CHUNK).min(CHUNK));
            let read = match source.read(&mut chunk).await {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) => return file_error(&error),
            };
            left -= read as u64;
            chunk.truncate(read);
            let sent = if encoder.is_plain() {
                outgoing.write(chunk.freeze(), Some(&mut *count)).await
            } else {
                let mut coded = Vec::new();
                match encoder.push(&chunk, &mut coded) {
                    Ok(()) => outgoing.write(Bytes::from(coded), None).await,
                    Err(text) => Err(broken(text)),
                }
            };
            if let Err(end) = sent {
                return end;
            }
            if !encoder.is_plain() {
                count.add(read).await;
            }
        }
        let mut rest = Vec::new();
        if let Err(text) = encoder.finish(&mut rest) {
            return broken(text);
        }
        match outgoing.write(Bytes::from(rest), None).await {
            Ok(()) => outgoing.finish().await,
            Err(end) => end,
        }
    }
}

/// What the server sends, against what the file holds from `place` on.
async fn compare(mut bytes: &[u8], place: u64, job: &mut Job) -> Result<(), End> {
    let mut place = place;
    let mut buffer = vec![0; bytes.len().min(CHUNK)];
    while !bytes.is_empty() {
        let wanted = bytes.len().min(CHUNK);
        let count = job.read_at(place, &mut buffer[..wanted]).await.map_err(|error| file_error(&error))?;
        if count == 0 {
            return Err(file_fault("the file here is shorter"));
        }
        let (now, later) = bytes.split_at(count);
        if let Some(differs) = now.iter().zip(&buffer).position(|(one, other)| one != other) {
            let place = place + differs as u64;
            return Err(file_fault(format!("the files differ at byte {place}")));
        }
        place += count as u64;
        bytes = later;
    }
    Ok(())
}

/// The connection that an upload goes over.
struct Outgoing<'a> {
    reader: &'a mut Reader,
    writer: &'a mut Writer,
    /// The server ended its side.
    ended: Option<End>,
}

impl Outgoing<'_> {
    /// Writes all of it, and counts it as it goes.
    async fn write(&mut self, mut bytes: Bytes, mut count: Option<&mut Count<'_>>) -> Result<(), End> {
        while !bytes.is_empty() {
            tokio::select! {
                written = self.writer.write(&bytes) => match written {
                    Ok(written) => {
                        bytes.advance(written);
                        if let Some(count) = &mut count {
                            count.add(written).await;
                        }
                    }
                    Err(end) => return Err(self.reason(end).await),
                },
                read = self.reader.read(), if self.ended.is_none() => match read {
                    Ok(bytes) => self.reader.consumed(bytes.len()),
                    Err(end @ End::Failed { .. }) => return Err(end),
                    Err(end) => self.ended = Some(end),
                },
            }
        }
        Ok(())
    }

    /// Half-closes, and waits for the server's end.
    async fn finish(mut self) -> End {
        if let Err(end) = self.writer.finish().await {
            return self.reason(end).await;
        }
        loop {
            match self.ended {
                Some(end) => return end,
                None => match self.reader.read().await {
                    Ok(bytes) => self.reader.consumed(bytes.len()),
                    Err(end) => self.ended = Some(end),
                },
            }
        }
    }

    /// Writing failed: the reading half may know why.
    async fn reason(&mut self, end: End) -> End {
        match timeout(LINGER, self.reader.read()).await {
            Ok(Err(why @ End::Failed { .. })) => why,
            _ => end,
        }
    }
}

/// Bytes moved, reported now and then.
pub(crate) struct Count<'a> {
    conn: ConnId,
    reports: &'a Sender<(ConnId, Report)>,
    pub(crate) total: u64,
    told: u64,
    last: Instant,
}

impl Count<'_> {
    pub(crate) fn new(conn: ConnId, reports: &Sender<(ConnId, Report)>) -> Count<'_> {
        Count { conn, reports, total: 0, told: 0, last: Instant::now() }
    }

    async fn add(&mut self, bytes: usize) {
        self.total += bytes as u64;
        if self.last.elapsed() >= PROGRESS {
            self.tell().await;
        }
    }

    pub(crate) async fn tell(&mut self) {
        if self.told != self.total {
            self.told = self.total;
            self.last = Instant::now();
            tell(self.reports, self.conn, Report::Moved(self.total)).await;
        }
    }
}

fn file_error(error: &io::Error) -> End {
    file_fault(error.to_string())
}

fn file_fault(text: impl Into<String>) -> End {
    End::Failed { stage: Stage::File, text: text.into() }
}

fn broken(text: Broken) -> End {
    End::Failed { stage: Stage::Data, text: text.to_owned() }
}
