//! The friendly face: one logged-in session, its requests as async functions.

use super::Transport;
use super::job::{Job, SharedJob, Summary};
use super::runner::{self, Ask};
use super::sink::Sink;
use super::source::Source;
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::oneshot;
use towpath_ftp::{
    Abilities, Entry, Error, ErrorKind, Event, Item, JobId, LogLine, Modified, Outcome, Question, RemotePath,
    Request, RequestId, ServerInfo, Session, Site, Stage, TransferOptions,
};

/// Decides on a question. It may block: it has a thread of its own.
pub type Answerer = Arc<dyn Fn(&Question) -> bool + Send + Sync>;

/// Is shown every event. It must not block.
pub type Observer = Arc<dyn Fn(&Event) + Send + Sync>;

/// Log lines that are kept; the oldest go first.
const LOG_LINES: usize = 10_000;

/// What came of a request: its outcome, its file, its rows.
pub(crate) type Ending = Result<(Outcome, Summary, Vec<Entry>), Error>;

/// A directory's rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// The directory's true path.
    pub path: RemotePath,
    /// Its rows, as the server sent them.
    pub entries: Vec<Entry>,
    /// Lines that could not be read.
    pub unread: Vec<String>,
}

/// How many data connections were secured, by whether they resumed the control connection's session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Secured {
    /// Resumed.
    pub resumed: u64,
    /// With a full handshake.
    pub full: u64,
}

/// What the session's task and the client both see.
#[derive(Default)]
pub(crate) struct Shared {
    seen: Mutex<Seen>,
    observer: Option<Observer>,
    /// Who wants all events of a drain at once; then nothing is kept here.
    drains: Option<UnboundedSender<Vec<Event>>>,
}

#[derive(Default)]
struct Seen {
    log: VecDeque<LogLine>,
    secured: Secured,
    server: Option<ServerInfo>,
    rows: HashMap<RequestId, Vec<Entry>>,
}

impl Shared {
    /// What a panicking holder left is whole: every change is one push or one number.
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For whoever takes the events a drain at a time.
    pub(crate) fn drained_to(drains: UnboundedSender<Vec<Event>>) -> Shared {
        Shared { drains: Some(drains), ..Shared::default() }
    }

    pub(crate) fn wants_drains(&self) -> bool {
        self.drains.is_some()
    }

    /// A drain has ended.
    pub(crate) fn drained(&self, events: &mut Vec<Event>) {
        if let Some(drains) = self.drains.as_ref().filter(|_| !events.is_empty()) {
            // Whoever wanted them may have gone.
            let _ = drains.send(std::mem::take(events));
        }
    }

    pub(crate) fn observe(&self, event: &Event) {
        if self.wants_drains() {
            return;
        }
        let mut seen = self.seen();
        match event {
            Event::Log(line) => {
                if seen.log.len() == LOG_LINES {
                    seen.log.pop_front();
                }
                seen.log.push_back(line.clone());
            }
            Event::DataSecured { resumed: true } => seen.secured.resumed += 1,
            Event::DataSecured { resumed: false } => seen.secured.full += 1,
            Event::LoggedIn(server) => seen.server = Some(server.clone()),
            _ => {}
        }
        drop(seen);
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }

    pub(crate) fn listed(&self, request: RequestId, entries: Vec<Entry>) {
        self.seen().rows.entry(request).or_default().extend(entries);
    }

    pub(crate) fn take_listed(&self, request: RequestId) -> Vec<Entry> {
        self.seen().rows.remove(&request).unwrap_or_default()
    }
}

/// A session with a server. Dropping it drops its connections; [`Client::quit`] is the polite way.
pub struct Client {
    asks: UnboundedSender<Ask>,
    shared: Arc<Shared>,
    next: AtomicU32,
}

impl Client {
    /// A session that is not connected yet. The site's abilities are those of the driver over this transport. Must be called within a
    /// tokio runtime.
    #[must_use]
    pub fn new(transport: Transport, site: Site, answerer: Answerer, observer: Option<Observer>) -> Client {
        let shared = Arc::new(Shared { observer, ..Shared::default() });
        let asks = start(transport, site, shared.clone(), answerer);
        Client { asks, shared, next: AtomicU32::new(1) }
    }

    /// Connects and logs in, and says yes to every question.
    ///
    /// # Errors
    /// Whatever kept it from logging in.
    pub async fn connect(transport: Transport, site: Site) -> Result<Client, Error> {
        let client = Client::new(transport, site, Arc::new(|_| true), None);
        client.login().await?;
        Ok(client)
    }

    /// Connects and logs in.
    ///
    /// # Errors
    /// Whatever kept it from logging in.
    pub async fn login(&self) -> Result<(), Error> {
        self.request(Request::Connect).await.map(drop)
    }

    /// Hands a request to the session; the result can be awaited or the request cancelled.
    pub fn request(&self, request: Request) -> Pending {
        self.ask(request, None)
    }

    fn ask(&self, request: Request, job: Option<(JobId, SharedJob)>) -> Pending {
        let id = RequestId(self.next.fetch_add(1, Ordering::Relaxed));
        let (ending, result) = oneshot::channel();
        // Where the session's task is gone, so is the other end of `ending`, and the request ends as lost.
        let _ = self.asks.send(Ask::Request { id, request, job, ending: Some(ending) });
        Pending { id, asks: self.asks.clone(), result, over: false }
    }

    fn job(&self, job: Job) -> (JobId, SharedJob) {
        let id = JobId(self.next.fetch_add(1, Ordering::Relaxed));
        (id, Arc::new(tokio::sync::Mutex::new(Some(job))))
    }

    /// Lists a directory, or where the session stands.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn list(&self, path: Option<&RemotePath>) -> Result<Listing, Error> {
        match self.request(Request::List(path.cloned())).await? {
            (Outcome::Listing { path, unread, .. }, _, entries) => Ok(Listing { path, entries, unread }),
            _ => Err(unexpected()),
        }
    }

    /// Fetches a file.
    ///
    /// # Errors
    /// As the engine says; then nothing that looks like the file is left.
    pub async fn get(&self, path: &RemotePath, sink: Sink) -> Result<Summary, Error> {
        self.start_get(path, sink).await.map(|(_, summary, _)| summary)
    }

    /// Begins to fetch a file.
    pub fn start_get(&self, path: &RemotePath, sink: Sink) -> Pending {
        self.start_get_with(path, sink, None, 0, TransferOptions::default())
    }

    /// Begins to fetch a file from `offset` on, which the sink has reached already; `size` is the whole file's, where known.
    pub fn start_get_with(
        &self,
        path: &RemotePath,
        sink: Sink,
        size: Option<u64>,
        offset: u64,
        options: TransferOptions,
    ) -> Pending {
        let (job, file) = self.job(Job::Download(sink));
        let request = Request::Download { job, path: path.clone(), size, offset, options };
        self.ask(request, Some((job, file)))
    }

    /// Stores a file.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn put(&self, source: Source, path: &RemotePath) -> Result<Summary, Error> {
        self.start_put(source, path).await.map(|(_, summary, _)| summary)
    }

    /// Begins to store a file.
    pub fn start_put(&self, source: Source, path: &RemotePath) -> Pending {
        self.start_put_with(source, path, 0, TransferOptions::default())
    }

    /// Begins to store a file from `offset` on.
    pub fn start_put_with(
        &self,
        source: Source,
        path: &RemotePath,
        offset: u64,
        options: TransferOptions,
    ) -> Pending {
        let size = Some(source.size());
        let (job, file) = self.job(Job::Upload(source));
        let request = Request::Upload { job, path: path.clone(), size, offset, options };
        self.ask(request, Some((job, file)))
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn make_directory(&self, path: &RemotePath) -> Result<(), Error> {
        self.request(Request::MakeDirectory(path.clone())).await.map(drop)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn remove_directory(&self, path: &RemotePath) -> Result<(), Error> {
        self.request(Request::RemoveDirectory(path.clone())).await.map(drop)
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn delete(&self, path: &RemotePath) -> Result<(), Error> {
        self.request(Request::DeleteFile(path.clone())).await.map(drop)
    }

    /// Deletes a directory and all that is below it.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn delete_tree(&self, path: &RemotePath) -> Result<(), Error> {
        let item = Item { path: path.clone(), directory: true };
        self.request(Request::DeleteTree(vec![item])).await.map(drop)
    }

    /// Gives something another name or place.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn rename(&self, from: &RemotePath, to: &RemotePath) -> Result<(), Error> {
        self.request(Request::Rename { from: from.clone(), to: to.clone() }).await.map(drop)
    }

    /// A file's size.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn size(&self, path: &RemotePath) -> Result<u64, Error> {
        match self.request(Request::Size(path.clone())).await? {
            (Outcome::Size(size), ..) => Ok(size),
            _ => Err(unexpected()),
        }
    }

    /// When a file was modified.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn modified(&self, path: &RemotePath) -> Result<Modified, Error> {
        match self.request(Request::ModificationTime(path.clone())).await? {
            (Outcome::Modified(modified), ..) => Ok(modified),
            _ => Err(unexpected()),
        }
    }

    /// Says good-bye.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn quit(self) -> Result<(), Error> {
        self.request(Request::Disconnect).await.map(drop)
    }

    /// The session log so far.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        self.shared.seen().log.iter().cloned().collect()
    }

    /// The session log as text, a line each, `Kind: text`.
    #[must_use]
    pub fn log_text(&self) -> Vec<String> {
        self.shared.seen().log.iter().map(|line| format!("{}: {}", line.kind.label(), line.text)).collect()
    }

    /// Data connections secured so far.
    #[must_use]
    pub fn secured(&self) -> Secured {
        self.shared.seen().secured
    }

    /// What is known of the server since the login.
    #[must_use]
    pub fn server(&self) -> Option<ServerInfo> {
        self.shared.seen().server.clone()
    }
}

/// Starts a session's task, with the abilities that the driver has over this transport.
pub(crate) fn start(
    transport: Transport,
    mut site: Site,
    shared: Arc<Shared>,
    answerer: Answerer,
) -> UnboundedSender<Ask> {
    if site.epoch == 0 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        site.epoch = i64::try_from(now.as_secs()).unwrap_or_default();
    }
    let listen = match &transport {
        Transport::Direct(_) => true,
        Transport::Relay(relay) => relay.listens(),
    };
    site.abilities = Abilities { listen, compare: true, text: true, deflate: true, digest: true };
    let (asks, inbox) = mpsc::unbounded_channel();
    tokio::spawn(runner::run(Session::new(site), transport, shared, answerer, inbox));
    asks
}

/// The engine answered a request with another request's outcome.
fn unexpected() -> Error {
    Error::new(Stage::Server, ErrorKind::Protocol, "The answer does not fit the request")
}

/// A request under way. Awaiting it gives its result; dropping it cancels it.
#[derive(Debug)]
#[must_use = "dropping it cancels the request"]
pub struct Pending {
    id: RequestId,
    asks: UnboundedSender<Ask>,
    result: oneshot::Receiver<Ending>,
    over: bool,
}

impl Pending {
    /// Cancels the request; awaiting it then tells how it ended.
    pub fn cancel(&self) {
        let _ = self.asks.send(Ask::Cancel(self.id));
    }
}

impl Future for Pending {
    type Output = Result<(Outcome, Summary, Vec<Entry>), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.result).poll(context);
        if polled.is_ready() {
            self.over = true;
        }
        polled.map(|result| {
            result.unwrap_or_else(|_| {
                Err(Error::new(Stage::Connection, ErrorKind::Lost, "The session has ended"))
            })
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.over {
            self.cancel();
        }
    }
}
