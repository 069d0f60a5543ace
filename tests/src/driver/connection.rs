//! One connection's task: does what the engine orders for it, and reports what happens, until one side ends it.

use super::direct::Socket;
use super::job::SharedJob;
use super::pump::{Count, Pump};
use super::stream::{Reader, Writer};
use super::tunnel::{self, TlsAsk};
use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, UnboundedReceiver};
use tokio::sync::oneshot;
use tokio::time::timeout;
use towpath_ftp::{ConnId, End, TlsSession};
use towpath_relay::tls::TlsGroup;
use towpath_shared::StreamId;

/// How long an orderly end may take until the connection is dropped.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// What the engine wants of a connection.
pub(crate) enum Order {
    /// The engine has seen it open: bytes may come in, unless TLS comes first.
    Flow,
    StartTls {
        server_name: String,
        tls12_only: bool,
        group: Option<Arc<TlsGroup>>,
    },
    AcceptTls,
    Send(Bytes),
    /// The relay has the password.
    SendPassword,
    Splice {
        job: SharedJob,
        pump: Pump,
    },
    Close,
    Abort,
}

/// What happened to a connection.
pub(crate) enum Report {
    /// It is listened for.
    Listening(String),
    Opened {
        peer: String,
        local: Option<SocketAddr>,
        stream: Option<StreamId>,
    },
    Secured(TlsSession),
    Bytes(Vec<u8>),
    Moved(u64),
    Closed(End),
}

/// A connection that stands.
pub(crate) struct Connected {
    pub(crate) peer: String,
    /// This side's address, of a connection of our own.
    pub(crate) local: Option<SocketAddr>,
    pub(crate) stream: Option<StreamId>,
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    /// Of a connection of our own: what makes it break instead of end.
    pub(crate) socket: Option<Socket>,
}

/// What becomes of a connection when a step is over.
enum Next {
    Report(End),
    /// All that was wanted has come, and the server still sends: it ends well for this side, and breaks for the other.
    Cut(End),
    Close,
    Abort,
}

/// Runs a connection: connects with `dial`, then works until it ends. TLS that is ordered while it connects is asked for through `tls`
/// at once, where something takes it there, so that it costs no round trip of its own.
pub(crate) async fn run(
    conn: ConnId,
    dial: impl Future<Output = Result<Connected, End>>,
    tls: oneshot::Sender<TlsAsk>,
    mut orders: UnboundedReceiver<Order>,
    reports: Sender<(ConnId, Report)>,
) {
    let mut early = VecDeque::new();
    let mut tls = Some(tls);
    tokio::pin!(dial);
    let connected = loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                None | Some(Order::Close | Order::Abort) => return,
                Some(order) => {
                    if let Order::StartTls { server_name, tls12_only, .. } = &order
                        && let Some(tls) = tls.take()
                    {
                        // Where nobody takes it, it is asked for once the connection stands.
                        let _ = tls.send(TlsAsk { server_name: server_name.clone(), tls12_only: *tls12_only });
                    }
                    early.push_back(order);
                }
            },
            connected = &mut dial => break connected,
        }
    };
    let Connected { peer, local, stream, reader, writer, socket } = match connected {
        Ok(connected) => connected,
        Err(end) => return tell(&reports, conn, Report::Closed(end)).await,
    };
    tell(&reports, conn, Report::Opened { peer, local, stream }).await;
    let mut task = Task {
        conn,
        halves: Some((reader, writer)),
        socket,
        orders,
        early,
        reports,
        out: VecDeque::new(),
        unflushed: false,
        held: true,
        gated: false,
        splice: None,
    };
    let next = task.work().await;
    task.end(next).await;
}

pub(crate) async fn tell(reports: &Sender<(ConnId, Report)>, conn: ConnId, report: Report) {
    // Nobody listens where the driver is gone; then the orders end as well.
    let _ = reports.send((conn, report)).await;
}

struct Task {
    conn: ConnId,
    /// Taken while TLS is being made.
    halves: Option<(Reader, Writer)>,
    socket: Option<Socket>,
    orders: UnboundedReceiver<Order>,
    early: VecDeque<Order>,
    reports: Sender<(ConnId, Report)>,
    out: VecDeque<Bytes>,
    unflushed: bool,
    /// Until Flow nothing is read: whether bytes are for a file or for the engine is not known before.
    held: bool,
    /// From StartTls to AcceptTls nothing flows.
    gated: bool,
    splice: Option<(SharedJob, Pump)>,
}

impl Task {
    async fn work(&mut self) -> Next {
        loop {
            if !self.gated
                && !self.held
                && let Some((job, pump)) = self.splice.take()
            {
                return self.splice(&job, pump).await;
            }
            let Some((reader, writer)) = &mut self.halves else { return Next::Abort };
            let sending = !self.gated && (!self.out.is_empty() || self.unflushed);
            let order = tokio::select! {
                biased;
                order = next_order(&mut self.early, &mut self.orders) => order,
                sent = send(writer, &mut self.out, &mut self.unflushed), if sending => {
                    if sent.is_err() {
                        // What the other side had to say may still be on its way in.
                        self.out.clear();
                        self.unflushed = false;
                    }
                    continue;
                }
                read = reader.read(), if !self.gated && !self.held => match read {
                    Ok(bytes) => {
                        let count = bytes.len();
                        tell(&self.reports, self.conn, Report::Bytes(bytes.into())).await;
                        reader.consumed(count);
                        continue;
                    }
                    Err(end) => return Next::Report(end),
                },
            };
            match order {
                Order::StartTls { server_name, tls12_only, group } => {
                    match self.secure(server_name, tls12_only, group).await {
                        Ok(tls) => tell(&self.reports, self.conn, Report::Secured(tls)).await,
                        Err(next) => return next,
                    }
                }
                Order::Flow => self.held = false,
                Order::AcceptTls => {
                    self.gated = false;
                    if let Some((Reader::Tunnel(reader), _)) = &mut self.halves {
                        reader.accept_tls();
                    }
                }
                Order::Send(bytes) => self.out.push_back(bytes),
                Order::SendPassword => {
                    let Some((_, writer)) = &mut self.halves else { return Next::Abort };
                    let sent = async {
                        send(writer, &mut self.out, &mut self.unflushed).await?;
                        writer.send_password()
                    };
                    if let Err(end) = sent.await {
                        return Next::Report(end);
                    }
                }
                Order::Splice { job, pump } => self.splice = Some((job, pump)),
                Order::Close => return Next::Close,
                Order::Abort => return Next::Abort,
            }
        }
    }

    /// Makes TLS of the plain connection. Meanwhile other orders wait, but for those that end it.
    async fn secure(
        &mut self,
        server_name: String,
        tls12_only: bool,
        group: Option<Arc<TlsGroup>>,
    ) -> Result<TlsSession, Next> {
        self.gated = true;
        let Some((reader, writer)) = self.halves.take() else { return Err(Next::Abort) };
        let handshake = super::direct::secure(reader, writer, group, server_name, tls12_only);
        tokio::pin!(handshake);
        let secured = loop {
            tokio::select! {
                biased;
                order = self.orders.recv() => match order {
                    None | Some(Order::Close | Order::Abort) => return Err(Next::Abort),
                    Some(order) => self.early.push_back(order),
                },
                secured = &mut handshake => break secured,
            }
        };
        let (tls, reader, writer) = secured.map_err(Next::Report)?;
        self.halves = Some((reader, writer));
        Ok(tls)
    }

    /// Pumps to its end, unless it is no longer wanted.
    async fn splice(&mut self, job: &SharedJob, pump: Pump) -> Next {
        let Task { conn, halves, socket, orders, early, reports, .. } = self;
        let Some((reader, writer)) = halves else { return Next::Abort };
        let pumping = async {
            let mut count = Count::new(*conn, reports);
            let limit = pump.limit;
            let end = pump.run(&mut *job.lock().await, reader, writer, socket.as_ref(), &mut count).await;
            count.tell().await;
            if limit.is_some_and(|limit| count.total >= limit) { Next::Cut(end) } else { Next::Report(end) }
        };
        tokio::select! {
            biased;
            next = stopped(early, orders) => next,
            next = pumping => next,
        }
    }

    async fn end(mut self, next: Next) {
        match next {
            Next::Report(end) => {
                let orderly = matches!(end, End::Clean | End::Unclean);
                tell(&self.reports, self.conn, Report::Closed(end)).await;
                if let (true, Some((_, writer))) = (orderly, &mut self.halves) {
                    // The other side's good-bye is answered, under TLS by close_notify.
                    let _ = timeout(LINGER, writer.finish()).await;
                }
            }
            // ProFTPD 1.3.8 closes the session over a data connection that ends before its TLS does, and inetutils-ftpd over any that it
            // still writes to; that one breaks (RST) they bear.
            Next::Cut(end) => {
                if let Some(socket) = &self.socket {
                    socket.breaks(true);
                }
                tell(&self.reports, self.conn, Report::Closed(end)).await;
            }
            Next::Close => {
                // Whatever it comes to: it ends with the drop below.
                let _ = timeout(LINGER, self.close()).await;
            }
            Next::Abort => {
                if let Some(socket) = &self.socket {
                    socket.breaks(true);
                }
            }
        }
    }

    /// Delivers what was sent, says good-bye, and waits for the other side's end.
    async fn close(&mut self) -> Result<(), End> {
        let Some((reader, writer)) = &mut self.halves else { return Ok(()) };
        send(writer, &mut self.out, &mut self.unflushed).await?;
        writer.finish().await?;
        loop {
            let bytes = reader.read().await?;
            reader.consumed(bytes.len());
        }
    }
}

/// The next order, those first that came too early.
async fn next_order(early: &mut VecDeque<Order>, orders: &mut UnboundedReceiver<Order>) -> Order {
    match early.pop_front() {
        Some(order) => order,
        // The driver is gone.
        None => orders.recv().await.unwrap_or(Order::Abort),
    }
}

/// Waits for an order that ends the connection.
async fn stopped(early: &mut VecDeque<Order>, orders: &mut UnboundedReceiver<Order>) -> Next {
    loop {
        match next_order(early, orders).await {
            Order::Close => return Next::Close,
            Order::Abort => return Next::Abort,
            _ => {}
        }
    }
}

/// Writes all that waits. Cancellation safe: what was written is gone from the queue.
async fn send(writer: &mut Writer, out: &mut VecDeque<Bytes>, unflushed: &mut bool) -> Result<(), End> {
    while let Some(bytes) = out.front_mut() {
        let count = writer.write(bytes).await?;
        *unflushed = true;
        bytes.advance(count);
        if bytes.is_empty() {
            out.pop_front();
        }
    }
    writer.flush().await?;
    *unflushed = false;
    Ok(())
}

/// A stream of the tunnel as a connection.
impl From<tunnel::Opened> for Connected {
    fn from(opened: tunnel::Opened) -> Connected {
        Connected {
            peer: opened.peer,
            local: None,
            stream: Some(opened.id),
            reader: Reader::Tunnel(opened.reader),
            writer: Writer::Tunnel(opened.writer),
            socket: None,
        }
    }
}
