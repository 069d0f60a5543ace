//! The first frame on a WebSocket: who speaks, and for which link.

use super::End;
use super::reader::out_of_place;
use crate::metrics::{Direction, Metrics};
use axum::extract::ws::{Message as Carrier, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use towpath_shared::{Header, Hello, Message, Resume};

/// What a WebSocket begins with.
pub(super) enum Greeting {
    /// A new session.
    Hello(Hello),
    /// A session that lost its WebSocket.
    Resume(Resume),
}

/// Waits for it.
pub(super) async fn first(source: &mut SplitStream<WebSocket>, metrics: &Metrics) -> Result<Greeting, End> {
    loop {
        let frame = match source.next().await {
            Some(Ok(Carrier::Binary(frame))) => frame,
            Some(Ok(Carrier::Ping(_) | Carrier::Pong(_))) => continue,
            Some(Ok(Carrier::Text(_))) => return Err(End::Text),
            Some(Ok(Carrier::Close(_))) => return Err(End::Left),
            Some(Err(_)) | None => return Err(End::Lost),
        };
        metrics.frame(Direction::Up, &frame);
        let (header, payload) = Header::split(&frame)?;
        return match Message::decode(header, payload)? {
            Message::Hello(hello) => Ok(Greeting::Hello(hello)),
            Message::Resume(resume) => Ok(Greeting::Resume(resume)),
            _ => Err(out_of_place(header.kind)),
        };
    }
}
