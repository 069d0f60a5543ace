//! The WebSockets of a link: the first, and those that it goes on with.

use super::RelayError;
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{HeaderValue, Request};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use towpath_shared::{Credential, Header, MAX_PAYLOAD_NEGOTIABLE, Resumption, SUBPROTOCOL};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One try to come back may take this long.
const TRY: Duration = Duration::from_secs(5);
/// Between two tries; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Where the relay is, and as whom it is asked.
pub(super) struct Dial {
    address: String,
    origin: Option<HeaderValue>,
    /// What lets a link in; one that goes on has its own secret.
    pub(super) credential: Option<Credential>,
}

impl Dial {
    pub(super) fn new(address: &str, origin: Option<&str>) -> Result<Dial, RelayError> {
        let wrong = || RelayError::Address(address.to_owned());
        let origin = origin.map(HeaderValue::from_str).transpose().map_err(|_| wrong())?;
        let dial = Dial { address: address.to_owned(), origin, credential: None };
        dial.request("")?;
        Ok(dial)
    }

    pub(super) async fn first(&self) -> Result<Socket, RelayError> {
        self.connect("").await
    }

    /// A new WebSocket for a link that lost its own at `since`; None where the relay has given the link up by then.
    pub(super) async fn again(&self, resumption: &Resumption, since: Instant) -> Option<Socket> {
        let path = format!("/{}", resumption.path);
        let end = since + Duration::from_millis(resumption.grace_ms);
        let mut pause = FIRST_PAUSE;
        while Instant::now() < end {
            if let Ok(Ok(socket)) = timeout(TRY, self.connect(&path)).await {
                return Some(socket);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        None
    }

    async fn connect(&self, path: &str) -> Result<Socket, RelayError> {
        let largest = MAX_PAYLOAD_NEGOTIABLE + Header::LEN;
        let config = WebSocketConfig::default().max_message_size(Some(largest)).max_frame_size(Some(largest));
        let (socket, _) = connect_async_with_config(self.request(path)?, Some(config), true).await?;
        Ok(socket)
    }

    fn request(&self, path: &str) -> Result<Request<()>, RelayError> {
        let address = format!("{}{path}", self.address);
        let mut request =
            address.as_str().into_client_request().map_err(|_| RelayError::Address(address.clone()))?;
        let headers = request.headers_mut();
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        if let Some(origin) = &self.origin {
            headers.insert(ORIGIN, origin.clone());
        }
        Ok(request)
    }
}
