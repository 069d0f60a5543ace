//! What a crew is given: where to go, and whom to tell and ask.

use super::route::Route;
use crate::driver::Answerer;
use std::sync::Arc;
use towpath_ftp::Site;
use towpath_ftp::pool::PoolEvent;
use towpath_ftp::tree::{Answer, Question, TreeEvent};

/// Something that a crew tells. What belongs to a request is its answer as well.
#[derive(Clone, PartialEq, Debug)]
pub enum News {
    /// Of the pool.
    Pool(PoolEvent),
    /// Of a tree.
    Tree(TreeEvent),
}

/// Is shown all news in their order. It must not block.
pub type Herald = Arc<dyn Fn(&News) + Send + Sync>;

/// Decides a conflict; `true`: and all others of the same reason. It may block.
pub type Arbiter = Arc<dyn Fn(&Question) -> (Answer, bool) + Send + Sync>;

/// What a crew is given.
#[derive(Clone)]
pub struct CrewSettings {
    /// The server. Its quirks are where the pool begins, its abilities are the driver's.
    pub site: Site,
    /// The way to it.
    pub route: Route,
    /// Decides on certificates and plain text.
    pub answerer: Answerer,
    /// Decides conflicts.
    pub arbiter: Arbiter,
    /// Is shown everything.
    pub observer: Herald,
    /// Transfers at a time; the pool's default where absent.
    pub transfers: Option<usize>,
    /// Milliseconds after which an idle browsing session closes; the pool's default where absent.
    pub idle_cap: Option<u64>,
    /// Bytes a second of each transfer at most.
    pub rate: Option<u64>,
    /// Files get the times of their originals.
    pub keep_times: bool,
    /// What the pool's chance comes from.
    pub seed: u64,
    /// The pool's clock runs so many times as fast as time does: waits of minutes are tested in seconds. 1 for all else.
    pub pace: u32,
}

impl CrewSettings {
    /// Trusts no certificate that is not trusted, skips conflicts, tells nobody, keeps times.
    #[must_use]
    pub fn new(site: Site, route: Route) -> CrewSettings {
        CrewSettings {
            site,
            route,
            answerer: Arc::new(|_| false),
            arbiter: Arc::new(|_| (Answer::Skip, true)),
            observer: Arc::new(|_| {}),
            transfers: None,
            idle_cap: None,
            rate: None,
            keep_times: true,
            seed: u64::from(std::process::id()),
            pace: 1,
        }
    }
}
