//! The relay's WebSocket: one task (`link`) owns it and the page's half of the protocol; streams are handles to that task.

mod dial;
mod link;

use super::clock::Stops;
use bytes::Bytes;
use dial::Dial;
use thiserror::Error;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{oneshot, watch};
use tokio_tungstenite::tungstenite;
use towpath_ftp::{End, Stage, TlsSession};
use towpath_shared::{ClientCertificate, Credential, LISTEN, StreamId, StreamKind, TlsVersion};

/// The relay cannot be used.
#[derive(Debug, Error)]
pub enum RelayError {
    /// Not an address such as `ws://host:port/tunnel`.
    #[error("{0:?} is not a relay's address such as ws://host:port/tunnel")]
    Address(String),
    /// The WebSocket cannot be made.
    #[error("the relay cannot be reached: {0}")]
    Socket(Box<tungstenite::Error>),
    /// It closed the link before it said WELCOME.
    #[error("the relay closed the link before its greeting")]
    NoWelcome,
    /// It does not let anybody in with what was shown; in its words.
    #[error("the relay says: {0}")]
    Refused(String),
}

impl From<tungstenite::Error> for RelayError {
    fn from(error: tungstenite::Error) -> RelayError {
        RelayError::Socket(Box::new(error))
    }
}

/// A link to a relay. Clones share it; it ends with the last of them and of their streams.
#[derive(Clone)]
pub struct Relay {
    orders: UnboundedSender<Order>,
    listens: bool,
    stops: watch::Receiver<Stops>,
    certificate: Option<ClientCertificate>,
}

enum Order {
    Open {
        kind: StreamKind,
        events: UnboundedSender<StreamEvent>,
        id: oneshot::Sender<StreamId>,
    },
    StartTls {
        id: StreamId,
        server_name: String,
        max_version: Option<TlsVersion>,
        certificate: Option<ClientCertificate>,
    },
    AcceptTls(StreamId),
    SendPassword(StreamId),
    Write {
        id: StreamId,
        bytes: Bytes,
        done: oneshot::Sender<()>,
    },
    Finish(StreamId),
    Consumed(StreamId, usize),
    Reset(StreamId),
}

/// What a stream's owner is told.
enum StreamEvent {
    Listening(String),
    Opened { peer: String },
    Secured(Box<TlsSession>),
    Bytes(Bytes),
    Ended(End),
}

impl Relay {
    /// Connects to `ws://host:port/tunnel`. The Origin header is that of a page which the relay itself served.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn connect(address: &str) -> Result<Relay, RelayError> {
        Relay::connect_with(address, None).await
    }

    /// The same, with what lets a page in.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn connect_with(address: &str, credential: Option<Credential>) -> Result<Relay, RelayError> {
        let rest = address.strip_prefix("ws://").ok_or_else(|| RelayError::Address(address.to_owned()))?;
        let authority = rest.split('/').next().unwrap_or_default();
        let mut dial = Dial::new(address, Some(&format!("http://{authority}")))?;
        dial.credential = credential;
        Relay::over(dial).await
    }

    /// Connects with another Origin header, or none.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn connect_as(address: &str, origin: Option<&str>) -> Result<Relay, RelayError> {
        Relay::over(Dial::new(address, origin)?).await
    }

    async fn over(dial: Dial) -> Result<Relay, RelayError> {
        let socket = dial.first().await?;
        let (orders, inbox) = mpsc::unbounded_channel();
        let (ready, welcomed) = oneshot::channel();
        let (stop, stops) = watch::channel(Stops::default());
        tokio::spawn(link::run(dial, socket, inbox, ready, stop));
        let greeting = welcomed.await.map_err(|_| RelayError::NoWelcome)?;
        let features = greeting.map_err(RelayError::Refused)?;
        let listens = features.iter().any(|feature| feature == LISTEN);
        Ok(Relay { orders, listens, stops, certificate: None })
    }

    /// The same link, over which this is shown to servers that ask who this is.
    #[must_use]
    pub fn with_client_certificate(self, pem: String) -> Relay {
        Relay { certificate: Some(ClientCertificate { pem }), ..self }
    }

    /// Whether it may listen for servers (active mode), for some of them at least.
    #[must_use]
    pub fn listens(&self) -> bool {
        self.listens
    }

    /// When the link was interrupted.
    pub(super) fn stops(&self) -> watch::Receiver<Stops> {
        self.stops.clone()
    }

    /// Whether the link has ended.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.orders.is_closed()
    }

    /// Opens a stream, and says where it is listened for if it is. Its number is that of its OPEN frame, for data streams to name their
    /// parent. Where TLS is asked for
    /// meanwhile, START_TLS goes right behind OPEN.
    pub(crate) async fn open(
        &self,
        kind: StreamKind,
        mut tls: oneshot::Receiver<TlsAsk>,
        mut listening: Option<oneshot::Sender<String>>,
    ) -> Result<Opened, End> {
        // Data streams show what their control stream does.
        let certificate = self.certificate.clone().filter(|_| matches!(kind, StreamKind::Control { .. }));
        let (sender, events) = mpsc::unbounded_channel();
        let (id_sender, id) = oneshot::channel();
        let order = Order::Open { kind, events: sender, id: id_sender };
        self.orders.send(order).map_err(|_| link_lost())?;
        let id = id.await.map_err(|_| link_lost())?;
        let writer = TunnelWriter { id, orders: self.orders.clone(), queued: None };
        let orders = self.orders.clone();
        let mut reader = TunnelReader { id, orders, events, certificate, asked: false, end: None };
        loop {
            let event = tokio::select! {
                biased;
                event = reader.events.recv() => event,
                Ok(ask) = &mut tls, if !reader.asked => {
                    reader.ask_tls(ask);
                    continue;
                }
            };
            return match event {
                Some(StreamEvent::Listening(address)) => {
                    if let Some(listening) = listening.take() {
                        let _ = listening.send(address);
                    }
                    continue;
                }
                Some(StreamEvent::Opened { peer }) => Ok(Opened { id, peer, reader, writer }),
                Some(StreamEvent::Ended(end)) => Err(end),
                _ => Err(link_lost()),
            };
        }
    }
}

/// TLS as it is asked for.
pub(crate) struct TlsAsk {
    pub(crate) server_name: String,
    pub(crate) tls12_only: bool,
}

/// A connected stream.
pub(crate) struct Opened {
    pub(crate) id: StreamId,
    pub(crate) peer: String,
    pub(crate) reader: TunnelReader,
    pub(crate) writer: TunnelWriter,
}

/// The incoming half of a stream. When it is dropped, a stream that is not over is reset.
pub(crate) struct TunnelReader {
    id: StreamId,
    orders: UnboundedSender<Order>,
    events: UnboundedReceiver<StreamEvent>,
    certificate: Option<ClientCertificate>,
    /// START_TLS was sent.
    asked: bool,
    end: Option<End>,
}

/// The outgoing half of a stream.
pub(crate) struct TunnelWriter {
    id: StreamId,
    orders: UnboundedSender<Order>,
    /// Bytes that were queued and are not on their way yet: how many, and when they are.
    queued: Option<(usize, oneshot::Receiver<()>)>,
}

impl TunnelReader {
    pub(crate) async fn read(&mut self) -> Result<Bytes, End> {
        if let Some(end) = &self.end {
            return Err(end.clone());
        }
        let end = loop {
            match self.events.recv().await {
                Some(StreamEvent::Bytes(bytes)) if bytes.is_empty() => {}
                Some(StreamEvent::Bytes(bytes)) => return Ok(bytes),
                Some(StreamEvent::Ended(end)) => break end,
                Some(StreamEvent::Listening(_) | StreamEvent::Opened { .. } | StreamEvent::Secured(_)) => {}
                None => break link_lost(),
            }
        };
        self.end = Some(end.clone());
        Err(end)
    }

    pub(crate) fn consumed(&mut self, bytes: usize) {
        let _ = self.orders.send(Order::Consumed(self.id, bytes));
    }

    fn ask_tls(&mut self, ask: TlsAsk) {
        self.asked = true;
        let max_version = ask.tls12_only.then_some(TlsVersion::Tls12);
        let (id, certificate) = (self.id, self.certificate.take());
        let order = Order::StartTls { id, server_name: ask.server_name, max_version, certificate };
        let _ = self.orders.send(order);
    }

    /// Starts TLS, unless that was done, and waits for its outcome. Nothing may have come in plain text that the engine has not seen: whoever can
    /// write into the connection could have put it there.
    pub(crate) async fn start_tls(&mut self, ask: TlsAsk) -> Result<TlsSession, End> {
        if !self.asked {
            self.ask_tls(ask);
        }
        loop {
            match self.events.recv().await {
                Some(StreamEvent::Secured(tls)) => return Ok(*tls),
                Some(StreamEvent::Ended(end)) => {
                    self.end = Some(end.clone());
                    return Err(end);
                }
                Some(StreamEvent::Bytes(_)) => {
                    return Err(End::Failed {
                        stage: Stage::Tls,
                        text: "plain text came before the TLS handshake".to_owned(),
                    });
                }
                Some(StreamEvent::Listening(_) | StreamEvent::Opened { .. }) => {}
                None => return Err(link_lost()),
            }
        }
    }

    pub(crate) fn accept_tls(&mut self) {
        let _ = self.orders.send(Order::AcceptTls(self.id));
    }
}

impl TunnelWriter {
    /// Queues all of the bytes, and returns when they are on their way: they may wait for credit. A call that is given up in the middle has
    /// queued them: the next call, with the same bytes in front, only waits on.
    pub(crate) async fn write(&mut self, bytes: &Bytes) -> Result<usize, End> {
        let (length, sent) = match &mut self.queued {
            Some(queued) => queued,
            None => {
                let (done, sent) = oneshot::channel();
                self.orders
                    .send(Order::Write { id: self.id, bytes: bytes.clone(), done })
                    .map_err(|_| link_lost())?;
                self.queued.insert((bytes.len(), sent))
            }
        };
        let (length, sent) = (*length, sent.await);
        self.queued = None;
        // Where the stream ended instead, its reader has the reason.
        sent.map_err(|_| End::Failed { stage: Stage::Connection, text: "the connection ended".to_owned() })?;
        Ok(length)
    }

    /// Behind what was written.
    pub(crate) fn send_password(&mut self) -> Result<(), End> {
        self.orders.send(Order::SendPassword(self.id)).map_err(|_| link_lost())
    }

    pub(crate) fn finish(&mut self) -> Result<(), End> {
        self.orders.send(Order::Finish(self.id)).map_err(|_| link_lost())
    }
}

impl Drop for TunnelReader {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Reset(self.id));
    }
}

fn link_lost() -> End {
    End::Failed { stage: Stage::Relay, text: "the link to the relay was lost".to_owned() }
}

#[cfg(test)]
mod tests;
