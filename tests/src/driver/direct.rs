//! Connections of our own: plain sockets, and TLS by the relay's own code, so that both ways behave alike.

use super::connection::Connected;
use super::convert;
use super::stream::{Reader, Writer, broken};
use super::tunnel::TlsAsk;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use towpath_ftp::{End, Stage, TlsSession};
use towpath_relay::dial;
use towpath_relay::tls::TlsGroup;
use towpath_shared::{Reason, TlsVersion};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 16;

/// How long the server may take to connect; the engine is less patient.
const PATIENCE: Duration = Duration::from_secs(60);

/// After a failed accept: where it is for want of descriptors, trying again at once would only burn time.
const PAUSE: Duration = Duration::from_millis(50);

/// A second handle to a connection's socket.
pub(crate) struct Socket(socket2::Socket);

impl Socket {
    /// Whether dropping the connection breaks it (RST) or ends it (FIN).
    pub(crate) fn breaks(&self, breaks: bool) {
        // A socket that does not know the option is one that is gone.
        let _ = self.0.set_linger(breaks.then_some(Duration::ZERO));
    }
}

/// Connects to a server's control port: the first of its addresses that answers.
pub(crate) async fn control(host: &str, port: u16) -> Result<Connected, End> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let lookup = |text: String| End::Failed { stage: Stage::Lookup, text };
    let addresses = tokio::net::lookup_host((bare, port)).await.map_err(|error| lookup(error.to_string()))?;
    let mut last = lookup(format!("{host} has no address"));
    for address in addresses {
        match connect(address, None, Stage::Connection).await {
            Ok(connected) => return Ok(connected),
            Err(end) => last = end,
        }
    }
    Err(last)
}

/// Connects to a data port of the address that the control connection is connected to, from this side's address of that one.
pub(crate) async fn data(peer: IpAddr, local: Option<SocketAddr>, port: u16) -> Result<Connected, End> {
    connect(SocketAddr::new(peer, port), local.map(|local| local.ip()), Stage::Data).await
}

async fn connect(address: SocketAddr, from: Option<IpAddr>, stage: Stage) -> Result<Connected, End> {
    let failed = |error: io::Error| {
        let text = match error.kind() {
            io::ErrorKind::ConnectionRefused => format!("{address} refused the connection"),
            io::ErrorKind::TimedOut => format!("{address} did not answer"),
            _ => format!("{address}: {error}"),
        };
        End::Failed { stage, text }
    };
    let stream = dial(address, from).await.map_err(failed)?;
    connected(stream).map_err(failed)
}

/// A connection that stands.
fn connected(stream: TcpStream) -> io::Result<Connected> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(&stream).try_clone()?;
    let peer = stream.peer_addr()?.to_string();
    let local = stream.local_addr()?;
    let (reader, writer) = stream.into_split();
    Ok(Connected {
        peer,
        local: Some(local),
        stream: None,
        reader: Reader::Plain(reader),
        writer: Writer::Plain(writer),
        socket: Some(Socket(socket)),
    })
}

/// Listens for one connection from this peer on this side's address of the control connection; `listening` is told where. Anybody
/// else is sent away at once and changes nothing: whoever gets there first must not take the server's place.
pub(crate) async fn accept(
    local: SocketAddr,
    peer: IpAddr,
    listening: oneshot::Sender<String>,
) -> Result<Connected, End> {
    let failed = |error: io::Error| End::Failed { stage: Stage::Data, text: error.to_string() };
    let socket = if local.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(failed)?;
    let mut address = local;
    address.set_port(0);
    socket.bind(address).map_err(failed)?;
    let listener = socket.listen(BACKLOG).map_err(failed)?;
    // Whoever does not hear it has given up, and this with it.
    let _ = listening.send(listener.local_addr().map_err(failed)?.to_string());
    let accepted = timeout(PATIENCE, async {
        loop {
            match listener.accept().await {
                Ok((stream, from)) if from.ip().to_canonical() == peer.to_canonical() => return stream,
                // A stranger, or one that was gone before it was accepted.
                Ok(_) => {}
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    });
    let stream = accepted.await.map_err(|_| End::Failed {
        stage: Stage::Data,
        text: format!("the server did not connect within {} seconds", PATIENCE.as_secs()),
    })?;
    connected(stream).map_err(failed)
}

/// Makes TLS of a plain connection.
pub(crate) async fn secure(
    reader: Reader,
    writer: Writer,
    group: Option<Arc<TlsGroup>>,
    server_name: String,
    tls12_only: bool,
) -> Result<(TlsSession, Reader, Writer), End> {
    let failed = |text: String| End::Failed { stage: Stage::Tls, text };
    match (reader, writer, group) {
        (Reader::Tunnel(mut reader), writer, _) => {
            let tls = reader.start_tls(TlsAsk { server_name, tls12_only }).await?;
            Ok((tls, Reader::Tunnel(reader), writer))
        }
        (Reader::Plain(reader), Writer::Plain(writer), Some(group)) => {
            let stream = reader.reunite(writer).map_err(|error| failed(error.to_string()))?;
            let max = tls12_only.then_some(TlsVersion::Tls12);
            let secured = group.connect(stream, max).await.map_err(|failure| match failure.reason {
                Reason::NoTicket => End::NoTicket,
                _ => failed(failure.text),
            })?;
            let tls = convert::tls_session(secured.info);
            let (reader, writer) = tokio::io::split(secured.stream);
            Ok((tls, Reader::Tls(reader), Writer::Tls(writer)))
        }
        _ => Err(broken(&io::Error::other("the connection has TLS already"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::io::AsyncReadExt;

    /// All of 127.0.0.0/8 is this machine, so it can be a stranger to itself.
    async fn from(last: u8, to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into()).unwrap();
        socket.connect(to).await.unwrap()
    }

    #[tokio::test]
    async fn d15_only_the_server_is_let_in() {
        let local: SocketAddr = "127.0.0.1:21".parse().unwrap();
        let peer = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
        let (told, address) = oneshot::channel();
        let accepting = tokio::spawn(accept(local, peer, told));
        let address: SocketAddr = address.await.unwrap().parse().unwrap();
        assert!(address.ip() == local.ip() && address.port() != 21, "{address}");
        for stranger in [2, 1, 3] {
            let mut stranger = from(stranger, address).await;
            assert_eq!(stranger.read(&mut [0; 1]).await.unwrap(), 0, "closed at once");
        }
        assert!(!accepting.is_finished());
        let _server = from(9, address).await;
        let Ok(Ok(connected)) = accepting.await else { panic!("the server is not let in") };
        assert!(connected.peer.starts_with("127.0.0.9:"));
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    }
}
