//! Runs one engine session: inputs in, outputs done in their order, as the contract of `towpath-ftp` says.

use super::client::{Answerer, Ending, Shared};
use super::clock::Clock;
use super::connection::{self, Connected, Order, Report};
use super::job::{Job, SharedJob, Summary};
use super::pump::Pump;
use super::tunnel::TlsAsk;
use super::{Direct, Transport, digest, direct};
use bytes::Bytes;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::sync::mpsc::{self, Receiver, Sender, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use towpath_ftp::{
    Algorithm, ConnId, End, Error, ErrorKind, Event, Input, JobId, Outcome, Output, Question, Request,
    RequestId, Session, Stage, Target, Time,
};
use towpath_relay::tls::{ServerTls, TlsGroup};
use towpath_shared::{StreamId, StreamKind};

/// Reports under way from connections to the session; it bounds what a fast server can pile up.
const REPORTS: usize = 16;

/// What the client asks of the runner.
pub(crate) enum Ask {
    Request {
        id: RequestId,
        request: Request,
        job: Option<(JobId, SharedJob)>,
        /// Who waits for it; nobody: its file stays with whoever gave it.
        ending: Option<oneshot::Sender<Ending>>,
    },
    Cancel(RequestId),
}

/// A connection as the runner sees it.
struct Conn {
    orders: UnboundedSender<Order>,
    opened: bool,
    flowing: bool,
    peer: Option<IpAddr>,
    local: Option<SocketAddr>,
    stream: Option<StreamId>,
    /// A splice whose connection does not stand yet. Whether TLS comes first is known once the engine has
    /// seen it open.
    splice: Option<(JobId, Pump)>,
}

/// A request that has not ended.
struct Open {
    ending: Option<oneshot::Sender<Ending>>,
    job: Option<JobId>,
}

pub(crate) struct Runner {
    session: Session,
    transport: Transport,
    shared: Arc<Shared>,
    answerer: Answerer,
    conns: HashMap<ConnId, Conn>,
    groups: HashMap<ConnId, Arc<TlsGroup>>,
    jobs: HashMap<JobId, SharedJob>,
    requests: HashMap<RequestId, Open>,
    /// Events of this drain, where somebody wants them together.
    drain: Vec<Event>,
    reports: Sender<(ConnId, Report)>,
    answers: UnboundedSender<bool>,
    digests: UnboundedSender<(JobId, Option<String>)>,
    tasks: JoinSet<()>,
}

/// Runs until the client is gone.
pub(crate) async fn run(
    session: Session,
    transport: Transport,
    shared: Arc<Shared>,
    answerer: Answerer,
    mut asks: UnboundedReceiver<Ask>,
) {
    let (reports, mut inbox): (_, Receiver<(ConnId, Report)>) = mpsc::channel(REPORTS);
    let (answers, mut answered) = mpsc::unbounded_channel();
    let (digests, mut digested) = mpsc::unbounded_channel();
    let clock = Clock::new(match &transport {
        Transport::Direct(_) => None,
        Transport::Relay(relay) => Some(relay.stops()),
    });
    let mut runner = Runner {
        session,
        transport,
        shared,
        answerer,
        conns: HashMap::new(),
        groups: HashMap::new(),
        jobs: HashMap::new(),
        requests: HashMap::new(),
        drain: Vec::new(),
        reports,
        answers,
        digests,
        tasks: JoinSet::new(),
    };
    let mut wake = None;
    loop {
        let sleep = async {
            match wake {
                Some(at) => clock.reached(at).await,
                None => std::future::pending().await,
            }
        };
        let input = tokio::select! {
            ask = asks.recv() => match ask {
                Some(ask) => runner.ask(ask),
                // Dropping the tasks drops their connections.
                None => return,
            },
            Some((conn, report)) = inbox.recv() => runner.report(conn, report),
            Some(yes) = answered.recv() => Some(Input::Answer(yes)),
            Some((job, digest)) = digested.recv() => Some(Input::Digested { job, digest }),
            Some(_) = runner.tasks.join_next() => None,
            () = sleep => Some(Input::Tick),
        };
        if let Some(input) = input {
            wake = runner.step(clock.now(), input);
        }
    }
}

impl Runner {
    fn ask(&mut self, ask: Ask) -> Option<Input> {
        match ask {
            Ask::Request { id, request, job, ending } => {
                let number = job.as_ref().map(|(number, _)| *number);
                if let Some((number, job)) = job {
                    self.jobs.insert(number, job);
                }
                self.requests.insert(id, Open { ending, job: number });
                Some(Input::Request(id, request))
            }
            Ask::Cancel(id) => self.requests.contains_key(&id).then_some(Input::Cancel(id)),
        }
    }

    fn report(&mut self, conn: ConnId, report: Report) -> Option<Input> {
        // Of a connection that the engine has closed: it wants to hear no more.
        let known = self.conns.get_mut(&conn)?;
        Some(match report {
            Report::Listening(address) => Input::Listening { conn, address },
            Report::Opened { peer, local, stream } => {
                known.opened = true;
                known.peer = peer.parse::<SocketAddr>().ok().map(|address| address.ip());
                known.local = local;
                known.stream = stream;
                Input::Opened { conn, peer }
            }
            Report::Secured(tls) => Input::Secured { conn, tls },
            Report::Bytes(bytes) => Input::Bytes(conn, bytes),
            Report::Moved(total) => Input::Moved { conn, total },
            Report::Closed(end) => {
                self.conns.remove(&conn);
                Input::Closed { conn, end }
            }
        })
    }

    /// One input, and all that follows from it. Returns when to wake up.
    fn step(&mut self, now: Time, input: Input) -> Option<Time> {
        self.session.handle(now, input);
        loop {
            match self.session.poll() {
                Output::Wait(at) => {
                    self.flow();
                    self.shared.drained(&mut self.drain);
                    return at;
                }
                output => self.output(output),
            }
        }
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Open(conn, target) => self.open(conn, target),
            Output::StartTls { conn, server_name, group, tls12_only } => {
                self.start_tls(conn, server_name, group, tls12_only);
            }
            Output::AcceptTls(conn) => self.order(conn, Order::AcceptTls),
            Output::Send(conn, bytes) => {
                self.hand_over();
                self.order(conn, Order::Send(Bytes::from(bytes)));
            }
            Output::SendPassword(conn) => self.order(conn, Order::SendPassword),
            Output::Splice { conn, job, direction, offset, limit, coding } => {
                if let Some(known) = self.conns.get_mut(&conn) {
                    known.splice = Some((job, Pump { direction, offset, limit, coding }));
                }
            }
            Output::Listen { conn, control } => self.listen(conn, control),
            Output::Digest { job, algorithm, length } => self.digest(job, algorithm, length),
            Output::Close(conn) => self.leave(conn, Order::Close),
            Output::Abort(conn) => self.leave(conn, Order::Abort),
            Output::Event(event) => self.event(event),
            Output::Wait(_) => {}
        }
    }

    fn order(&self, conn: ConnId, order: Order) {
        if let Some(known) = self.conns.get(&conn) {
            // A task that has ended has a report under way that says so.
            let _ = known.orders.send(order);
        }
    }

    fn leave(&mut self, conn: ConnId, order: Order) {
        self.order(conn, order);
        self.conns.remove(&conn);
        self.groups.remove(&conn);
    }

    fn open(&mut self, conn: ConnId, target: Target) {
        let (tls, ask) = oneshot::channel();
        let parent = match &target {
            Target::Control { .. } => None,
            Target::Data { control, .. } => {
                self.conns.get(control).map(|parent| (parent.peer.zip(Some(parent.local)), parent.stream))
            }
        };
        let transport = self.transport.clone();
        let dial = async move {
            match (transport, target, parent) {
                (Transport::Direct(_), Target::Control { host, port }, _) => {
                    direct::control(&host, port).await
                }
                (Transport::Direct(_), Target::Data { port, .. }, Some((Some((peer, local)), _))) => {
                    direct::data(peer, local, port).await
                }
                (Transport::Relay(relay), Target::Control { host, port }, _) => {
                    relay.open(StreamKind::Control { host, port }, ask, None).await.map(Connected::from)
                }
                (Transport::Relay(relay), Target::Data { port, .. }, Some((_, Some(StreamId(parent))))) => {
                    relay.open(StreamKind::Data { parent, port }, ask, None).await.map(Connected::from)
                }
                _ => {
                    Err(End::Failed { stage: Stage::Data, text: "there is no control connection".to_owned() })
                }
            }
        };
        self.spawn(conn, dial, tls);
    }

    /// Active mode: waits for the server's connection.
    fn listen(&mut self, conn: ConnId, control: ConnId) {
        let (tls, ask) = oneshot::channel();
        let known = self.conns.get(&control).map(|control| (control.local.zip(control.peer), control.stream));
        let transport = self.transport.clone();
        let reports = self.reports.clone();
        let dial = async move {
            let (listening, address) = oneshot::channel();
            let told = async {
                if let Ok(address) = address.await {
                    connection::tell(&reports, conn, Report::Listening(address)).await;
                }
            };
            let accepted = async {
                match (transport, known) {
                    (Transport::Direct(_), Some((Some((local, peer)), _))) => {
                        direct::accept(local, peer, listening).await
                    }
                    (Transport::Relay(relay), Some((_, Some(StreamId(parent))))) => {
                        let kind = StreamKind::Listen { parent };
                        relay.open(kind, ask, Some(listening)).await.map(Connected::from)
                    }
                    _ => {
                        let text = "there is no control connection".to_owned();
                        Err(End::Failed { stage: Stage::Data, text })
                    }
                }
            };
            tokio::join!(accepted, told).0
        };
        self.spawn(conn, dial, tls);
    }

    fn spawn(
        &mut self,
        conn: ConnId,
        dial: impl Future<Output = Result<Connected, End>> + Send + 'static,
        tls: oneshot::Sender<TlsAsk>,
    ) {
        let (orders, inbox) = mpsc::unbounded_channel();
        self.tasks.spawn(connection::run(conn, dial, tls, inbox, self.reports.clone()));
        let known = Conn {
            orders,
            opened: false,
            flowing: false,
            peer: None,
            local: None,
            stream: None,
            splice: None,
        };
        self.conns.insert(conn, known);
    }

    fn digest(&mut self, job: JobId, algorithm: Algorithm, length: u64) {
        let file = self.jobs.get(&job).cloned().unwrap_or_default();
        let digests = self.digests.clone();
        self.tasks.spawn(async move {
            let _ = digests.send((job, digest::of(file, algorithm, length).await));
        });
    }

    fn start_tls(&mut self, conn: ConnId, server_name: String, group: ConnId, tls12_only: bool) {
        let tls = match &self.transport {
            Transport::Relay(_) => None,
            Transport::Direct(Direct { roots, identity }) => match self.groups.get(&group) {
                Some(known) => Some(known.clone()),
                // Where the name makes no group, the connection's task says so.
                None => {
                    let server = ServerTls { identity: identity.clone(), ..ServerTls::default() };
                    TlsGroup::for_server(roots, &server_name, server).ok().map(|fresh| {
                        let fresh = Arc::new(fresh);
                        self.groups.insert(group, fresh.clone());
                        fresh
                    })
                }
            },
        };
        self.order(conn, Order::StartTls { server_name, tls12_only, group: tls });
    }

    /// Hands splices to connections that stand, and lets bytes flow. At the end of a drain: what the engine wants of a connection
    /// that it has just seen open, be it TLS or a splice, has been ordered.
    fn flow(&mut self) {
        for conn in self.conns.values_mut().filter(|conn| conn.opened) {
            if let Some((job, pump)) = conn.splice.take() {
                let job = self.jobs.get(&job).cloned().unwrap_or_default();
                let _ = conn.orders.send(Order::Splice { job, pump });
            }
            if !conn.flowing {
                conn.flowing = true;
                let _ = conn.orders.send(Order::Flow);
            }
        }
    }

    /// A splice of a connection whose bytes are read already: before the command that makes the server send, or what it sends is taken for
    /// the engine's. Under TLS the splice comes behind the command, for the handshake comes first.
    fn hand_over(&mut self) {
        for conn in self.conns.values_mut().filter(|conn| conn.flowing) {
            if let Some((job, pump)) = conn.splice.take() {
                let job = self.jobs.get(&job).cloned().unwrap_or_default();
                let _ = conn.orders.send(Order::Splice { job, pump });
            }
        }
    }

    fn event(&mut self, event: Event) {
        self.shared.observe(&event);
        if self.shared.wants_drains() {
            return self.keep(event);
        }
        match event {
            Event::Asked(question) => self.ask_person(question),
            Event::Done { request, outcome } => self.ended(request, Ok(outcome)),
            Event::Failed { request, error } => self.ended(request, Err(error)),
            Event::Listed { request, entries, .. } => self.shared.listed(request, entries),
            _ => {}
        }
    }

    /// Keeps an event for the end of the drain; the requests that end with it are over.
    fn keep(&mut self, event: Event) {
        match &event {
            Event::Asked(question) => self.ask_person(question.clone()),
            Event::Done { request, .. } | Event::Failed { request, .. } => {
                let job = self.requests.remove(request).and_then(|open| open.job);
                self.jobs.retain(|number, _| Some(*number) != job);
            }
            _ => {}
        }
        self.drain.push(event);
    }

    /// A person may take time.
    fn ask_person(&self, question: Question) {
        let answers = self.answers.clone();
        let answerer = self.answerer.clone();
        tokio::task::spawn_blocking(move || {
            let _ = answers.send(answerer(&question));
        });
    }

    fn ended(&mut self, request: RequestId, result: Result<Outcome, Error>) {
        let entries = self.shared.take_listed(request);
        let Some(Open { ending, job }) = self.requests.remove(&request) else { return };
        let job = job.and_then(|job| self.jobs.remove(&job));
        let Some(ending) = ending else { return };
        // Whoever asked may have gone meanwhile.
        tokio::spawn(async move {
            let summary = match job {
                Some(job) => close(job, result.is_ok()).await,
                None => Ok(Summary::default()),
            };
            let _ = ending.send(result.and_then(|outcome| Ok((outcome, summary?, entries))));
        });
    }
}

/// Takes the job's file back from the connection that worked on it, and brings it to its end.
async fn close(job: SharedJob, whole: bool) -> Result<Summary, Error> {
    let file = job.lock().await.take();
    match file {
        Some(Job::Download(sink)) if whole => sink.finish().await.map_err(|error| {
            Error::new(Stage::File, ErrorKind::File, format!("The file cannot be finished: {error}"))
        }),
        Some(Job::Download(sink)) => {
            sink.discard().await;
            Ok(Summary::default())
        }
        Some(Job::Upload(source)) => Ok(source.finish()),
        None => Ok(Summary::default()),
    }
}
