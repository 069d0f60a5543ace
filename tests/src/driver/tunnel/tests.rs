use super::*;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use towpath_shared::{Header, Kind, Message as Frame, Opened as Told, SUBPROTOCOL, Welcome};

/// A relay that says OPENED only when it has seen START_TLS; the frames that it has seen.
async fn relay(listener: TcpListener) -> Vec<Kind> {
    let (socket, _) = listener.accept().await.unwrap();
    #[allow(clippy::result_large_err, reason = "the callback's type is not ours")]
    let protocol = |_: &Request, mut response: Response| {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        Ok(response)
    };
    let mut socket = tokio_tungstenite::accept_hdr_async(socket, protocol).await.unwrap();
    let mut seen = Vec::new();
    while let Some(Ok(Message::Binary(frame))) = socket.next().await {
        let (header, _) = Header::split(&frame).unwrap();
        seen.push(header.kind);
        let answer = match header.kind {
            Kind::Hello => {
                Frame::Welcome(Welcome { max_payload: 65_536, max_streams: 8, ..Welcome::default() })
            }
            Kind::StartTls => {
                let told = Told { peer: "192.0.2.1:50000".into(), local: String::new(), connect_ms: 1 };
                Frame::Opened { opened: told, window: 65_536 }
            }
            _ => continue,
        };
        socket.send(Message::Binary(answer.encode(header.stream).into())).await.unwrap();
    }
    seen
}

#[tokio::test]
async fn start_tls_goes_right_behind_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}/tunnel", listener.local_addr().unwrap());
    let relay = tokio::spawn(relay(listener));
    let link = Relay::connect(&address).await.unwrap();
    let (tls, ask) = oneshot::channel();
    let opening = link.open(StreamKind::Data { parent: 1, port: 50_000 }, ask, None);
    // As the engine orders it: after Open, long before the connection stands.
    assert!(tls.send(TlsAsk { server_name: "localhost".into(), tls12_only: true }).is_ok());
    let opened = opening.await.map_err(|end| format!("{end:?}")).unwrap();
    assert_eq!(opened.peer, "192.0.2.1:50000");
    drop((opened, link));
    let seen = relay.await.unwrap();
    let place = |kind| seen.iter().position(|seen| *seen == kind).unwrap();
    assert_eq!(place(Kind::StartTls), place(Kind::Open) + 1, "{seen:?}");
    assert_eq!(seen.iter().filter(|kind| **kind == Kind::StartTls).count(), 1);
}
