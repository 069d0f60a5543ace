//! One session of several. Requests go in under numbers that are the asker's, and all events of a drain come out at once: a pool has to
//! see together what happened together. A transfer's file stays with the asker, who closes it.

use super::Transport;
use super::client::{Answerer, Shared, start};
use super::job::SharedJob;
use super::runner::Ask;
use std::sync::Arc;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use towpath_ftp::{Event, JobId, Request, RequestId, Site};

/// A session. Dropping it drops its connections.
pub(crate) struct Seat {
    asks: UnboundedSender<Ask>,
    drains: UnboundedReceiver<Vec<Event>>,
}

impl Seat {
    /// A session that is not connected yet.
    pub(crate) fn new(transport: Transport, site: Site, answerer: Answerer) -> Seat {
        let (told, drains) = mpsc::unbounded_channel();
        let asks = start(transport, site, Arc::new(Shared::drained_to(told)), answerer);
        Seat { asks, drains }
    }

    /// Hands a request to the session, with the file that it moves.
    pub(crate) fn ask(&self, id: RequestId, request: Request, job: Option<(JobId, SharedJob)>) {
        // A session's task ends with its seat only, here and below.
        let _ = self.asks.send(Ask::Request { id, request, job, ending: None });
    }

    /// Cancels a request; it ends all the same.
    pub(crate) fn cancel(&self, id: RequestId) {
        let _ = self.asks.send(Ask::Cancel(id));
    }

    /// The events of the next drain that had any. Cancellation safe.
    pub(crate) async fn drain(&mut self) -> Option<Vec<Event>> {
        self.drains.recv().await
    }
}
