//! Runs one pool and the trees above it: inputs in, outputs done in their order. What an output of one brings for another waits until the
//! first has said all that it has to say.

use super::file::JobFile;
use super::request::{Answered, Asked, Asker};
use super::settings::{CrewSettings, News};
use super::slot;
use super::work::{TreeReport, Work};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep_until};
use towpath_ftp::cache::Cache;
use towpath_ftp::pool::{Pool, PoolEvent, PoolInput, PoolOutput, SlotId};
use towpath_ftp::tree::{Answer, AskId, TreeInput, TreeOutput};
use towpath_ftp::{Entry, Error, Event, JobId, Quirks, RemotePath, Request, RequestId, Time};

/// What the crew's owner wants.
pub(super) enum Order {
    Ask(Request, oneshot::Sender<Result<Answered, Error>>),
    Known(RemotePath, oneshot::Sender<Option<(Vec<Entry>, bool)>>),
    Tree(u64, Box<Work>),
    CancelTree(u64),
    Pool(PoolInput),
    Quirks(oneshot::Sender<Quirks>),
    Quit(oneshot::Sender<()>),
}

/// What other tasks say.
pub(super) enum Message {
    Tree(u64, TreeInput, Vec<PathBuf>),
    Answer(u64, AskId, Answer, bool),
}

/// A job of the pool, whose it is, and its file.
pub(super) struct Carried {
    pub(super) work: u64,
    pub(super) ask: AskId,
    pub(super) file: Arc<JobFile>,
    pub(super) upload: Option<(RemotePath, Option<u64>)>,
}

/// What is to be given to a machine.
pub(super) enum Step {
    Pool(PoolInput),
    Tree(u64, TreeInput),
}

pub(super) struct Runner {
    pub(super) settings: CrewSettings,
    start: Instant,
    pool: Pool,
    pub(super) cache: Cache,
    wake: Option<Time>,
    slots: HashMap<SlotId, UnboundedSender<slot::Order>>,
    tasks: JoinSet<()>,
    reports: UnboundedSender<slot::Report>,
    pub(super) messages: UnboundedSender<Message>,
    pub(super) steps: VecDeque<Step>,
    pub(super) asked: HashMap<RequestId, Asked>,
    pub(super) jobs: HashMap<JobId, Carried>,
    pub(super) works: BTreeMap<u64, Work>,
    pub(super) next: u32,
    halted: Option<Error>,
}

/// Runs until the crew is dropped or quits.
pub(super) async fn run(settings: CrewSettings, mut orders: UnboundedReceiver<Order>) {
    let (reports, mut reported) = mpsc::unbounded_channel();
    let (messages, mut inbox) = mpsc::unbounded_channel();
    let mut pool = Pool::new(settings.seed);
    pool.set_quirks(settings.site.quirks.clone());
    if let Some(cap) = settings.idle_cap {
        pool.set_idle_cap(cap);
    }
    let mut runner = Runner {
        settings,
        start: Instant::now(),
        pool,
        cache: Cache::new(),
        wake: None,
        slots: HashMap::new(),
        tasks: JoinSet::new(),
        reports,
        messages,
        steps: VecDeque::new(),
        asked: HashMap::new(),
        jobs: HashMap::new(),
        works: BTreeMap::new(),
        next: 0,
        halted: None,
    };
    if let Some(limit) = runner.settings.transfers {
        runner.steps.push_back(Step::Pool(PoolInput::Limit(limit)));
    }
    loop {
        runner.work_off();
        let wake = runner.wake.map(|at| runner.instant(at));
        let sleep = async {
            match wake {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Quit(reply)) => return runner.quit(reply).await,
                Some(order) => runner.order(order),
                // Dropping the tasks drops their sessions.
                None => return,
            },
            Some(report) = reported.recv() => runner.reported(report),
            Some(message) = inbox.recv() => runner.message(message),
            Some(_) = runner.tasks.join_next() => {}
            () = sleep => runner.steps.push_back(Step::Pool(PoolInput::Tick)),
        }
    }
}

impl Runner {
    /// The pool's time.
    pub(super) fn now(&self) -> Time {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Time(elapsed.saturating_mul(u64::from(self.settings.pace.max(1))))
    }

    /// A little late rather than early, which would bring a tick for nothing.
    fn instant(&self, at: Time) -> Instant {
        let pace = u64::from(self.settings.pace.max(1));
        self.start + Duration::from_millis(at.0.div_ceil(pace).min(u64::from(u32::MAX)))
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Ask(request, reply) => {
                self.ask(request, Asker::Owner(reply));
            }
            Order::Known(path, reply) => {
                let now = self.now();
                let known = self.cache.get(now, &path).map(|known| (known.entries.to_vec(), known.fresh));
                // Whoever asked may have gone, here and below.
                let _ = reply.send(known);
            }
            Order::Tree(id, mut work) => match &self.halted {
                Some(error) => {
                    let stopped = Some(error.clone());
                    if let Some(reply) = work.reply.take() {
                        let _ = reply.send(TreeReport { stopped, ..TreeReport::default() });
                    }
                }
                None => {
                    self.works.insert(id, *work);
                    self.steps.push_back(Step::Tree(id, TreeInput::Tick));
                }
            },
            Order::CancelTree(id) => self.steps.push_back(Step::Tree(id, TreeInput::Cancel)),
            Order::Pool(input) => {
                if matches!(input, PoolInput::Connect) {
                    self.halted = None;
                }
                self.steps.push_back(Step::Pool(input));
            }
            Order::Quirks(reply) => {
                let _ = reply.send(self.pool.quirks().clone());
            }
            Order::Quit(_) => {}
        }
    }

    fn reported(&mut self, report: slot::Report) {
        if let Some((job, offset)) = report.safe {
            self.steps.push_back(Step::Pool(PoolInput::Safe(job, offset)));
        }
        self.steps.push_back(Step::Pool(PoolInput::Events(report.slot, report.events)));
    }

    fn message(&mut self, message: Message) {
        match message {
            Message::Tree(id, input, unnamed) => {
                if let Some(work) = self.works.get_mut(&id) {
                    work.report.unnamed.extend(unnamed);
                }
                self.steps.push_back(Step::Tree(id, input));
            }
            Message::Answer(id, ask, answer, all) => {
                self.steps.push_back(Step::Tree(id, TreeInput::Answer(ask, answer, all)));
            }
        }
    }

    /// Gives the machines what waits for them, one mutation and its drain after the other.
    fn work_off(&mut self) {
        while let Some(step) = self.steps.pop_front() {
            let now = self.now();
            match step {
                Step::Pool(input) => {
                    self.pool.handle(now, input);
                    loop {
                        match self.pool.poll() {
                            PoolOutput::Wait(at) => {
                                self.wake = at;
                                break;
                            }
                            output => self.pool_output(output),
                        }
                    }
                }
                Step::Tree(id, input) => {
                    let Some(mut work) = self.works.remove(&id) else { continue };
                    work.hear(now, input);
                    loop {
                        match work.machine.poll() {
                            TreeOutput::Wait(_) => break,
                            output => self.tree_output(id, &mut work, output),
                        }
                    }
                    if work.reply.is_some() {
                        self.works.insert(id, work);
                    }
                }
            }
        }
    }

    fn pool_output(&mut self, output: PoolOutput) {
        match output {
            PoolOutput::Open(id) => {
                let (orders, inbox) = mpsc::unbounded_channel();
                let mut site = self.settings.site.clone();
                site.quirks = self.pool.quirks().clone();
                let (route, answerer) = (self.settings.route.clone(), self.settings.answerer.clone());
                self.tasks.spawn(slot::run(id, route, site, answerer, inbox, self.reports.clone()));
                self.slots.insert(id, orders);
            }
            PoolOutput::Ask(slot, id, request) => {
                let job = match &request {
                    Request::Download { job, .. } | Request::Upload { job, .. } => Some(*job),
                    _ => None,
                };
                let file = job.and_then(|job| Some((job, self.jobs.get(&job)?.file.clone())));
                self.slot_order(slot, slot::Order::Ask(id, request, file));
            }
            PoolOutput::Cancel(slot, id) => self.slot_order(slot, slot::Order::Cancel(id)),
            PoolOutput::Close(slot) => {
                self.slot_order(slot, slot::Order::Close);
                self.slots.remove(&slot);
            }
            PoolOutput::Event(event) => self.pool_event(event),
            PoolOutput::Wait(_) => {}
        }
    }

    fn slot_order(&self, slot: SlotId, order: slot::Order) {
        if let Some(orders) = self.slots.get(&slot) {
            let _ = orders.send(order);
        }
    }

    fn pool_event(&mut self, event: PoolEvent) {
        (self.settings.observer)(&News::Pool(event.clone()));
        match event {
            PoolEvent::Session(slot, Event::Disconnected(_)) => drop(self.slots.remove(&slot)),
            PoolEvent::Request(event) => self.request_event(event),
            PoolEvent::Job(job, towpath_ftp::pool::JobEvent::Ended(end)) => self.job_ended(job, end),
            PoolEvent::UploadsStopped(error) => {
                let full: Vec<u64> =
                    self.jobs.values().filter(|job| job.upload.is_some()).map(|job| job.work).collect();
                self.stop(full, &error);
            }
            PoolEvent::Halted(error) => {
                self.stop(self.works.keys().copied().collect(), &error);
                self.halted = Some(error);
            }
            _ => {}
        }
    }

    async fn quit(mut self, reply: oneshot::Sender<()>) {
        self.steps.push_back(Step::Pool(PoolInput::Disconnect));
        self.work_off();
        while self.tasks.join_next().await.is_some() {}
        let files: Vec<_> = self.jobs.drain().map(|(_, job)| job.file).collect();
        for file in files {
            file.give_up().await;
        }
        let _ = reply.send(());
    }
}
