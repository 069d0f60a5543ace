//! One session of the pool: opens a job's file before its request goes out, and closes it before the pool hears of the end, so that what the
//! pool is told of a file is true.

use super::file::JobFile;
use super::folder::fault;
use super::route::Route;
use crate::driver::{Answerer, Seat};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::timeout;
use towpath_ftp::pool::SlotId;
use towpath_ftp::{Error, Event, JobId, Outcome, Request, RequestId, Site, Transferred};

/// How long the good-bye may take; the engine gives it 2 s.
const GOODBYE: Duration = Duration::from_secs(5);

/// A job and its file.
type Cargo = (JobId, Arc<JobFile>);

/// What the pool's runner wants of a slot.
pub(super) enum Order {
    Ask(RequestId, Request, Option<Cargo>),
    Cancel(RequestId),
    Close,
}

/// What a slot has to say: all events of one drain, and before them how many bytes of a download are safe.
pub(super) struct Report {
    pub(super) slot: SlotId,
    pub(super) safe: Option<(JobId, u64)>,
    pub(super) events: Vec<Event>,
}

/// A slot's task.
pub(super) struct Slot {
    id: SlotId,
    seat: Seat,
    /// The request that runs, and its file. A slot has one at a time.
    work: Option<(RequestId, Option<Cargo>)>,
    lost: bool,
    reports: UnboundedSender<Report>,
}

/// Runs until the pool closes the slot.
pub(super) async fn run(
    id: SlotId,
    route: Route,
    site: Site,
    answerer: Answerer,
    mut orders: UnboundedReceiver<Order>,
    reports: UnboundedSender<Report>,
) {
    let transport = match route.transport().await {
        Ok(transport) => transport,
        Err(error) => return unreachable(id, error, orders, &reports).await,
    };
    let seat = Seat::new(transport, site, answerer);
    let mut slot = Slot { id, seat, work: None, lost: false, reports };
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Ask(request, what, file)) => slot.ask(request, what, file).await,
                Some(Order::Cancel(request)) => slot.seat.cancel(request),
                Some(Order::Close) => return slot.close().await,
                // Whoever has the pool has gone, and wants no good-bye.
                None => return,
            },
            Some(events) = slot.seat.drain() => slot.drained(events).await,
        }
    }
}

/// There is no way to the server: the login fails, and the pool closes the slot.
async fn unreachable(
    slot: SlotId,
    error: Error,
    mut orders: UnboundedReceiver<Order>,
    reports: &UnboundedSender<Report>,
) {
    while let Some(order) = orders.recv().await {
        match order {
            Order::Ask(request, ..) => {
                let events = vec![Event::Failed { request, error: error.clone() }];
                // Where the runner has gone, nobody wants to know, here and below.
                let _ = reports.send(Report { slot, safe: None, events });
            }
            Order::Cancel(_) => {}
            Order::Close => return,
        }
    }
}

impl Slot {
    fn report(&self, safe: Option<(JobId, u64)>, events: Vec<Event>) {
        let _ = self.reports.send(Report { slot: self.id, safe, events });
    }

    async fn ask(&mut self, id: RequestId, request: Request, file: Option<Cargo>) {
        let offset = match &request {
            Request::Download { offset, .. } | Request::Upload { offset, .. } => *offset,
            _ => 0,
        };
        let opened = match &file {
            Some((job, file)) => match file.open(offset).await {
                Ok(shared) => Some((*job, shared)),
                Err(error) => {
                    let error = fault("The file here", &error);
                    return self.report(None, vec![Event::Failed { request: id, error }]);
                }
            },
            None => None,
        };
        self.work = Some((id, file));
        self.seat.ask(id, request, opened);
    }

    async fn drained(&mut self, mut events: Vec<Event>) {
        let mut safe = None;
        for event in &mut events {
            match event {
                Event::Done { request, outcome } if self.runs(*request) => {
                    if let Some((_, Some((_, file)))) = self.work.take() {
                        let moved = if let Outcome::Transferred(moved) = &*outcome {
                            moved.clone()
                        } else {
                            Transferred::default()
                        };
                        if let Err(error) = file.done(&moved).await {
                            let error = fault("The file cannot be finished", &error);
                            *event = Event::Failed { request: *request, error };
                        }
                    }
                }
                Event::Failed { request, .. } if self.runs(*request) => {
                    if let Some((_, Some((job, file)))) = self.work.take() {
                        safe = file.broken_off().await.map(|offset| (job, offset));
                    }
                }
                Event::Disconnected(_) => self.lost = true,
                Event::LoggedIn(_) => self.lost = false,
                _ => {}
            }
        }
        self.report(safe, events);
    }

    fn runs(&self, request: RequestId) -> bool {
        self.work.as_ref().is_some_and(|(id, _)| *id == request)
    }

    /// QUIT if nothing runs, else the connections break with the seat.
    async fn close(mut self) {
        if self.lost || self.work.is_some() {
            return;
        }
        // The pool counts from 0.
        let goodbye = RequestId(u32::MAX);
        self.seat.ask(goodbye, Request::Disconnect, None);
        let over = |event: &Event| match event {
            Event::Disconnected(_) => true,
            Event::Failed { request, .. } => *request == goodbye,
            _ => false,
        };
        let ending = async {
            while let Some(events) = self.seat.drain().await {
                if events.iter().any(over) {
                    return;
                }
            }
        };
        // A server that does not answer has its connection dropped.
        let _ = timeout(GOODBYE, ending).await;
    }
}
