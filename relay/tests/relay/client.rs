//! A page without a browser: frames over a WebSocket, nothing hidden.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message as Carrier};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use towpath_shared::{
    GoAway, Header, Hello, Kind, LISTEN, Message, Open, Opened, Reset, SUBPROTOCOL, StartTls, StreamId,
    StreamKind, TlsInfo, Welcome,
};

/// Nothing that a test waits for takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What the relay sent.
pub(crate) enum Heard {
    Data(StreamId, Bytes),
    Message(StreamId, Message),
    /// The WebSocket's close code, or None where the connection just ended.
    Closed(Option<u16>),
}

impl std::fmt::Debug for Heard {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Heard::Data(id, bytes) => write!(out, "{} bytes of {id:?}", bytes.len()),
            Heard::Message(id, message) => write!(out, "{message:?} of {id:?}"),
            Heard::Closed(code) => write!(out, "close {code:?}"),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) socket: Socket,
    pub(crate) welcome: Welcome,
    next: u32,
}

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a WebSocket for a tunnel with these headers; an answer other than 101 is the error.
pub(crate) async fn upgrade(relay: SocketAddr, headers: &[(&str, &str)]) -> Result<Socket, u16> {
    upgrade_at(relay, "/tunnel", headers).await
}

/// The same at any path.
pub(crate) async fn upgrade_at(
    relay: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<Socket, u16> {
    let mut request = format!("ws://{relay}{path}").into_client_request().unwrap();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("upgrade: {error}"),
    }
}

impl Client {
    /// A tunnel, up to WELCOME. Sends no Origin.
    pub(crate) async fn connect(relay: SocketAddr) -> Client {
        Client::connect_as(relay, Hello { features: vec![LISTEN.to_owned()], ..Hello::default() }).await
    }

    /// What comes over a WebSocket, whatever it is for.
    pub(crate) fn over(socket: Socket) -> Client {
        Client { socket, welcome: Welcome::default(), next: 1 }
    }

    /// A tunnel with another HELLO.
    pub(crate) async fn connect_as(relay: SocketAddr, hello: Hello) -> Client {
        let mut client =
            Client::over(upgrade(relay, &[("sec-websocket-protocol", SUBPROTOCOL)]).await.unwrap());
        client.send(StreamId::LINK, &Message::Hello(hello)).await;
        match client.hear().await {
            Heard::Message(StreamId::LINK, Message::Welcome(welcome)) => client.welcome = welcome,
            other => panic!("no WELCOME but {other:?}"),
        }
        client
    }

    /// The same, where the answer to the upgrade was read already.
    pub(crate) async fn on_socket(socket: TcpStream) -> Client {
        let socket = MaybeTlsStream::Plain(socket);
        Client::over(WebSocketStream::from_raw_socket(socket, Role::Client, None).await)
    }

    /// The next frame, or the close code and its text.
    pub(crate) async fn carrier(&mut self) -> Result<Heard, (u16, String)> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("the relay says nothing") {
                Some(Ok(Carrier::Binary(frame))) => {
                    let (header, payload) = Header::split(&frame).unwrap();
                    return Ok(Heard::Message(header.stream, Message::decode(header, payload).unwrap()));
                }
                Some(Ok(Carrier::Close(Some(close)))) => {
                    return Err((close.code.into(), close.reason.to_string()));
                }
                Some(Ok(Carrier::Ping(_) | Carrier::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits for the close frame; its code.
    pub(crate) async fn closed(&mut self) -> u16 {
        self.close_code().await.expect("no close frame")
    }

    /// Asks whether the session lives, and waits for the answer.
    pub(crate) async fn ping(&mut self) {
        self.send(StreamId::LINK, &Message::Ping(7)).await;
        loop {
            match self.hear().await {
                Heard::Message(StreamId::LINK, Message::Pong(7)) => return,
                Heard::Closed(code) => panic!("closed with {code:?}"),
                _ => {}
            }
        }
    }

    pub(crate) async fn send(&mut self, stream: StreamId, message: &Message) {
        self.socket.send(Carrier::binary(message.encode(stream))).await.unwrap();
    }

    /// A frame of the link with a payload of one's own writing.
    pub(crate) async fn frame(&mut self, kind: Kind, payload: &[u8]) {
        let mut frame = Header::new(kind, StreamId::LINK).to_bytes().to_vec();
        frame.extend_from_slice(payload);
        self.socket.send(Carrier::binary(frame)).await.unwrap();
    }

    pub(crate) async fn data(&mut self, stream: StreamId, bytes: &[u8]) {
        let mut frame = Header::new(Kind::Data, stream).to_bytes().to_vec();
        frame.extend_from_slice(bytes);
        self.socket.send(Carrier::binary(frame)).await.unwrap();
    }

    pub(crate) async fn finish(&mut self, stream: StreamId) {
        self.send(stream, &Message::Fin { unclean: false }).await;
    }

    /// The next frame, or the end.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            let frame = match timeout(PATIENCE, self.socket.next()).await.expect("the relay says nothing") {
                Some(Ok(Carrier::Binary(frame))) => frame,
                Some(Ok(Carrier::Close(close))) => {
                    return Heard::Closed(close.map(|close| close.code.into()));
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return Heard::Closed(None),
            };
            let (header, payload) = Header::split(&frame).unwrap();
            if header.kind == Kind::Data {
                return Heard::Data(header.stream, frame.slice(Header::LEN..));
            }
            return Heard::Message(header.stream, Message::decode(header, payload).unwrap());
        }
    }

    /// Sends OPEN and returns the stream's number.
    pub(crate) async fn open(&mut self, kind: StreamKind, window: u64) -> StreamId {
        let id = StreamId(self.next);
        self.next += 2;
        self.send(id, &Message::Open { open: Open { kind }, window }).await;
        id
    }

    /// Opens a control stream and waits for the outcome.
    pub(crate) async fn control(
        &mut self,
        host: &str,
        port: u16,
        window: u64,
    ) -> Result<(StreamId, Opened), Reset> {
        let id = self.open(StreamKind::Control { host: host.into(), port }, window).await;
        self.outcome(id).await
    }

    /// Opens a data stream and waits for the outcome.
    pub(crate) async fn passive(
        &mut self,
        parent: StreamId,
        port: u16,
        window: u64,
    ) -> Result<(StreamId, Opened), Reset> {
        let id = self.open(StreamKind::Data { parent: parent.0, port }, window).await;
        self.outcome(id).await
    }

    async fn outcome(&mut self, id: StreamId) -> Result<(StreamId, Opened), Reset> {
        loop {
            match self.hear().await {
                Heard::Message(found, Message::Opened { opened, .. }) if found == id => {
                    return Ok((id, opened));
                }
                Heard::Message(found, Message::Reset(reset)) if found == id => return Err(reset),
                // Other streams go on meanwhile.
                Heard::Data(found, _) | Heard::Message(found, _) if found != id => {}
                other => panic!("neither OPENED nor RESET but {other:?}"),
            }
        }
    }

    /// Asks for TLS and returns what the relay says about it, with the chain.
    pub(crate) async fn start_tls(
        &mut self,
        id: StreamId,
        request: StartTls,
    ) -> Result<(TlsInfo, Vec<Vec<u8>>), Reset> {
        self.send(id, &Message::StartTls(request)).await;
        self.secured(id).await
    }

    /// What the relay says about TLS that was asked for, with the chain.
    pub(crate) async fn secured(&mut self, id: StreamId) -> Result<(TlsInfo, Vec<Vec<u8>>), Reset> {
        let mut chain = Vec::new();
        loop {
            match self.hear().await {
                // It was asked for before the connection stood.
                Heard::Message(found, Message::Opened { .. }) if found == id => {}
                Heard::Message(found, Message::TlsCert { index, der }) if found == id => {
                    assert_eq!(usize::from(index), chain.len());
                    chain.push(der);
                }
                Heard::Message(found, Message::TlsInfo(info)) if found == id => return Ok((info, chain)),
                Heard::Message(found, Message::Reset(reset)) if found == id => return Err(reset),
                other => panic!("neither TLS_INFO nor RESET but {other:?}"),
            }
        }
    }

    /// All bytes of a stream up to its FIN, and whether that was unclean. Other frames are passed over.
    pub(crate) async fn read_to_end(&mut self, id: StreamId) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        loop {
            match self.hear().await {
                Heard::Data(found, more) if found == id => bytes.extend_from_slice(&more),
                Heard::Message(found, Message::Fin { unclean }) if found == id => return (bytes, unclean),
                Heard::Message(_, Message::Credit(_)) => {}
                other => panic!("neither bytes nor FIN but {other:?}"),
            }
        }
    }

    /// The RESET of a stream. Other frames are passed over.
    pub(crate) async fn reset_of(&mut self, id: StreamId) -> Reset {
        loop {
            match self.hear().await {
                Heard::Message(found, Message::Reset(reset)) if found == id => return reset,
                Heard::Closed(code) => panic!("closed with {code:?} instead of RESET"),
                _ => {}
            }
        }
    }

    /// The close code. Other frames are passed over.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        loop {
            if let Heard::Closed(code) = self.hear().await {
                return code;
            }
        }
    }

    pub(crate) async fn go_away(&mut self) -> GoAway {
        loop {
            match self.hear().await {
                Heard::Message(StreamId::LINK, Message::GoAway(away)) => return away,
                Heard::Closed(code) => panic!("closed with {code:?} instead of GOAWAY"),
                _ => {}
            }
        }
    }
}
