//! Several sessions with one site, natively: the engine's pool over real sessions, its trees and plans above that with a directory of
//! ours at the other end, and the cache of listings beside it. [`Crew`] is what tools and tests use.
//!
//! A task runs the pool and the trees (`runner`); every slot has a task that opens and closes the files of its transfers; work on the disk
//! and questions to a person have threads of their own. A download has a temporary name until the engine says that it is done.

mod errand;
mod file;
mod folder;
mod request;
mod route;
mod runner;
mod settings;
mod shelf;
mod slot;
mod survey;
mod work;

pub use request::Answered;
pub use route::Route;
pub use settings::{Arbiter, CrewSettings, Herald, News};
pub use survey::{Prospect, Scope};
pub use work::TreeReport;

use crate::driver::Listing;
use errand::gone;
use folder::{Folder, fault};
use runner::Order;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::oneshot;
use towpath_ftp::parse::Features;
use towpath_ftp::pool::PoolInput;
use towpath_ftp::tree::{LocalKind, LocalPath, Place, TreeSettings, TreeTransfer, Why, copy_way};
use towpath_ftp::{Error, ErrorKind, Outcome, Quirks, RemotePath, Request, Stage};
use work::{Machine, Work};

/// Files are written here.
const LOCAL: LocalKind = if cfg!(windows) { LocalKind::Windows } else { LocalKind::Unix };

/// The sessions with a site. Sessions are made when there is something to do. Dropping it drops them; [`Crew::quit`] is the polite way.
pub struct Crew {
    orders: UnboundedSender<Order>,
    next: AtomicU64,
}

impl Crew {
    /// A crew without sessions. Must be called within a tokio runtime.
    #[must_use]
    pub fn new(settings: CrewSettings) -> Crew {
        let (orders, inbox) = mpsc::unbounded_channel();
        tokio::spawn(runner::run(settings, inbox));
        Crew { orders, next: AtomicU64::new(1) }
    }

    fn order(&self, order: Order) {
        // Where the task has ended, so have the replies that it owes.
        let _ = self.orders.send(order);
    }

    /// Connects for browsing. Also the way out after a failure that only a person could mend.
    pub fn connect(&self) {
        self.order(Order::Pool(PoolInput::Connect));
    }

    /// Closes all sessions until [`Crew::connect`].
    pub fn disconnect(&self) {
        self.order(Order::Pool(PoolInput::Disconnect));
    }

    /// Transfers wait (`true`) or go on.
    pub fn pause(&self, paused: bool) {
        self.order(Order::Pool(PoolInput::PauseAll(paused)));
    }

    /// Does a request on the browsing session.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn ask(&self, request: Request) -> Result<Answered, Error> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Ask(request, reply));
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// A directory's rows: as they are known, where they are fresh.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn list(&self, path: &RemotePath) -> Result<Listing, Error> {
        let (reply, known) = oneshot::channel();
        self.order(Order::Known(path.clone(), reply));
        match known.await.ok().flatten() {
            Some((entries, true)) => Ok(Listing { path: path.clone(), entries, unread: Vec::new() }),
            _ => self.list_anew(path).await.map(|(listing, _)| listing),
        }
    }

    /// A directory's rows as the server has them now; `true`: these are not all.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn list_anew(&self, path: &RemotePath) -> Result<(Listing, bool), Error> {
        let answered = self.ask(Request::List(Some(path.clone()))).await?;
        match &answered.outcome {
            Outcome::Listing { path, unread, truncated, .. } => {
                let (path, unread) = (path.clone(), unread.clone());
                let cut = truncated.is_some() || !unread.is_empty();
                Ok((Listing { path, entries: answered.entries(), unread }, cut))
            }
            _ => Err(Error::new(Stage::Server, ErrorKind::Protocol, "The answer does not fit the request")),
        }
    }

    /// What is known of the server by now, from all sessions.
    pub async fn quirks(&self) -> Quirks {
        let (reply, known) = oneshot::channel();
        self.order(Order::Quirks(reply));
        known.await.unwrap_or_default()
    }

    /// Fetches what a directory holds into one here, which is made if it is missing.
    ///
    /// # Errors
    /// Where the first directory cannot be listed, or made here. What fails later is in the report.
    pub async fn download_tree(
        &self,
        from: &RemotePath,
        to: &Path,
        settings: TreeSettings,
    ) -> Result<TreeReport, Error> {
        let (Listing { path, entries, .. }, cut) = self.list_anew(from).await?;
        tokio::fs::create_dir_all(to).await.map_err(|error| fault("The directory here", &error))?;
        let settings = TreeSettings { local: LOCAL, ..settings };
        let tree = TreeTransfer::download(path.clone(), entries, LocalPath::default(), settings);
        let report = self.carry(Machine::Tree(Box::new(tree)), to).await;
        report.map(|report| whole(report, path, cut))
    }

    /// Stores what a directory here holds in one on the server, which is made if it is missing.
    ///
    /// # Errors
    /// Where the first directory cannot be listed. What fails later is in the report.
    pub async fn upload_tree(
        &self,
        from: &Path,
        to: &RemotePath,
        settings: TreeSettings,
    ) -> Result<TreeReport, Error> {
        let folder = Folder::new(from);
        let rows = tokio::task::spawn_blocking(move || folder.list(&LocalPath::default())).await;
        let rows = rows.map_err(|_| gone())?.map_err(|error| fault("The directory here", &error))?;
        let settings = TreeSettings { local: LOCAL, ..settings };
        let tree = TreeTransfer::upload(LocalPath::default(), rows.entries, to.clone(), settings);
        let mut report = self.carry(Machine::Tree(Box::new(tree)), from).await?;
        report.unnamed.extend(rows.unnamed);
        Ok(report)
    }

    /// Copies what a directory on the server holds into another one there, which is made if it is missing: by the server, else through
    /// this side.
    ///
    /// # Errors
    /// Where the first directory cannot be listed, or would be copied into itself. What fails later is in the report.
    pub async fn copy_tree(
        &self,
        from: &RemotePath,
        to: &RemotePath,
        settings: TreeSettings,
    ) -> Result<TreeReport, Error> {
        let (Listing { path, entries, .. }, cut) = self.list_anew(from).await?;
        let copy = copy_way(&Features::default(), &self.quirks().await.habits);
        let settings = TreeSettings { local: LOCAL, copy, ..settings };
        let tree = TreeTransfer::copy(path.clone(), entries, to.clone(), settings).map_err(|path| {
            let text = format!("{path} would be copied into itself");
            Error::new(Stage::Server, ErrorKind::Argument, text)
        })?;
        let report = self.carry(Machine::Tree(Box::new(tree)), Path::new("")).await;
        report.map(|report| whole(report, path, cut))
    }

    /// Runs a machine to its end; cancels it where nobody waits any more.
    async fn carry(&self, machine: Machine, root: &Path) -> Result<TreeReport, Error> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (reply, report) = oneshot::channel();
        let work = Work::new(machine, Folder::new(root), reply);
        self.order(Order::Tree(id, Box::new(work)));
        let mut wanted = Wanted { crew: self, id, over: false };
        let report = report.await;
        wanted.over = true;
        report.map_err(|_| gone())
    }

    /// Says good-bye on every session.
    pub async fn quit(self) {
        let (reply, done) = oneshot::channel();
        self.order(Order::Quit(reply));
        // It fails only where there is nobody left to say good-bye.
        let _ = done.await;
    }
}

/// A tree that somebody waits for.
struct Wanted<'a> {
    crew: &'a Crew,
    id: u64,
    over: bool,
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.crew.order(Order::CancelTree(self.id));
        }
    }
}

/// A report that says so where the first directory was not listed in full.
fn whole(mut report: TreeReport, path: RemotePath, cut: bool) -> TreeReport {
    if cut {
        report.summary.counts.failed += 1;
        report.summary.left_out.push((Place::Remote(path), Why::Truncated));
    }
    report
}
