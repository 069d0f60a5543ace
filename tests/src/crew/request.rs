//! Requests on the browsing session: who asked, what comes of them, and what that changes in the listings that are known.

use super::runner::{Runner, Step};
use super::shelf;
use tokio::sync::oneshot;
use towpath_ftp::pool::PoolInput;
use towpath_ftp::tree::AskId;
use towpath_ftp::{Entry, Error, Event, LeftOut, Outcome, RemotePath, Request, RequestId};

/// What came of a request.
#[derive(Debug)]
pub struct Answered {
    /// Its outcome.
    pub outcome: Outcome,
    /// Rows that it listed, by directory.
    pub listed: Vec<(RemotePath, Vec<Entry>)>,
    /// What a walk left out.
    pub left_out: Vec<(RemotePath, LeftOut)>,
}

impl Answered {
    /// All rows.
    #[must_use]
    pub fn entries(self) -> Vec<Entry> {
        self.listed.into_iter().flat_map(|(_, entries)| entries).collect()
    }
}

/// Who asked.
pub(super) enum Asker {
    Owner(oneshot::Sender<Result<Answered, Error>>),
    Tree(u64, AskId),
}

pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) by: Asker,
    pub(super) listed: Vec<(RemotePath, Vec<Entry>)>,
    pub(super) left_out: Vec<(RemotePath, LeftOut)>,
}

impl Runner {
    pub(super) fn request_event(&mut self, event: Event) {
        match event {
            Event::Listed { request, path, entries } => {
                let Some(asked) = self.asked.get_mut(&request) else { return };
                match asked.listed.last_mut().filter(|(last, _)| *last == path) {
                    Some((_, rows)) => rows.extend(entries),
                    None => asked.listed.push((path, entries)),
                }
            }
            Event::LeftOut { request, path, reason } => {
                if let Some(asked) = self.asked.get_mut(&request) {
                    asked.left_out.push((path, reason));
                }
            }
            Event::Done { request, outcome } => self.answered(request, Ok(outcome)),
            Event::Failed { request, error } => self.answered(request, Err(error)),
            _ => {}
        }
    }

    pub(super) fn ask(&mut self, request: Request, by: Asker) -> RequestId {
        self.next += 1;
        let id = RequestId(self.next);
        let asked = Asked { request: request.clone(), by, listed: Vec::new(), left_out: Vec::new() };
        self.asked.insert(id, asked);
        self.steps.push_back(Step::Pool(PoolInput::Ask(id, request)));
        id
    }

    fn answered(&mut self, id: RequestId, result: Result<Outcome, Error>) {
        let Some(Asked { request, by, listed, left_out }) = self.asked.remove(&id) else { return };
        let now = self.now();
        match &result {
            Ok(outcome) => {
                let lists = matches!(request, Request::List(_));
                let rows = listed.iter().filter(|_| lists).flat_map(|(_, rows)| rows).cloned().collect();
                shelf::done(&mut self.cache, now, &request, outcome, rows);
            }
            Err(_) => shelf::failed(&mut self.cache, &request),
        }
        let result = result.map(|outcome| Answered { outcome, listed, left_out });
        match by {
            Asker::Owner(reply) => {
                let _ = reply.send(result);
            }
            Asker::Tree(work, ask) => self.tree_answered(work, ask, result),
        }
    }
}
