//! A session's life: on a WebSocket, without one for a while, on the next.
//!
//! Streams do not notice. While there is no WebSocket they wait for credit and for the writer, as they do for a slow page, and the FTP
//! server sees a client that is busy.

use super::outbox::WriteError;
use super::reader::Reader;
use super::{Attachment, Carrier, End, FAREWELL, Place, Session};
use crate::config::seconds;
use crate::entry::Refused;
use axum::extract::ws::{Message as Frame, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::{SplitSink, SplitStream};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use towpath_shared::{GoAway, Message, Resumed, StreamId, Welcome};
use tracing::Instrument;

/// One task, which may be waited for more than once.
type Writer = JoinSet<Result<(), WriteError>>;

/// Runs a session from WELCOME to its end. With a `place` in the registry it can be resumed.
pub(super) async fn live(
    session: Arc<Session>,
    mut carrier: Carrier,
    place: Option<Place>,
    welcome: Welcome,
) -> End {
    if place.is_some() {
        session.outbox.keep_from_now();
    }
    session.outbox.send(StreamId::LINK, &Message::Welcome(welcome));
    let mut reader = Reader::new(session.clone());
    loop {
        let Carrier { sink, mut source } = carrier;
        let mut writer = writer(&session, sink);
        let Err(end) = converse(&mut reader, &mut source, &mut writer, place.as_ref()).await;
        let attachment = match (end, &place) {
            (End::Replaced(attachment), _) => {
                stop(writer, source).await;
                tracing::info!("the page came back over another connection");
                Ok(*attachment)
            }
            (end @ (End::Lost | End::Dead), Some(place)) => {
                stop(writer, source).await;
                tracing::info!(%end, "the session waits for its page");
                wait(&session, place).await
            }
            (end, _) => {
                farewell(&mut reader, &end, source, writer).await;
                return end;
            }
        };
        match attachment.and_then(|attachment| attach(&mut reader, attachment)) {
            Ok(next) => carrier = next,
            Err(end) => {
                session.give_up_all();
                reader.tasks.close();
                let _ = timeout(FAREWELL, reader.tasks.wait()).await;
                return end;
            }
        }
    }
}

/// Reads from one WebSocket until it is of no more use, or the session is over.
async fn converse(
    reader: &mut Reader,
    source: &mut SplitStream<WebSocket>,
    writer: &mut Writer,
    place: Option<&Place>,
) -> Result<Infallible, End> {
    let session = reader.session.clone();
    let relay = session.relay.clone();
    let rules = relay.rules();
    let deadlines = &rules.config.deadlines;
    let mut ping = interval(seconds(deadlines.ping));
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reader.heard = Instant::now();
    let mut draining = false;
    loop {
        let replaced = async {
            match place {
                Some(place) => place.attachment().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = source.next() => reader.carrier(message)?,
            _ = ping.tick() => {
                if reader.heard.elapsed() >= seconds(deadlines.dead) {
                    return Err(End::Dead);
                }
                reader.acknowledge();
                session.outbox.ping(session.now_ms().to_le_bytes());
            }
            written = writer.join_next() => {
                if let Some(Ok(Err(error))) = written {
                    tracing::debug!(%error, "writer");
                }
                return Err(End::Lost);
            }
            attachment = replaced => return Err(End::Replaced(Box::new(attachment))),
            () = session.outbox.broken() => return Err(End::Flooded),
            () = relay.draining.cancelled(), if !draining => {
                draining = true;
                let text = "the relay stops".into();
                let drain_ms = deadlines.drain.saturating_mul(1000);
                session.outbox.send(StreamId::LINK, &Message::GoAway(GoAway { text, drain_ms }));
            }
            () = session.admitted.pass.ended() => return Err(Refused::Ended.into()),
            () = session.nothing_runs(), if draining => return Err(End::Stopped),
            () = relay.cut.cancelled() => return Err(End::Stopped),
        }
    }
}

/// Waits for the page to come back.
async fn wait(session: &Session, place: &Place) -> Result<Attachment, End> {
    let relay = &session.relay;
    // A page that is gone holds sockets and buffers: there are fewer places for those than for pages that are there.
    let _waiting = relay.waiting.try_acquire().map_err(|_| End::NoPlace)?;
    let grace = seconds(relay.rules().config.deadlines.grace);
    tokio::select! {
        attachment = place.attachment() => Ok(attachment),
        () = sleep(grace) => Err(End::Gone),
        () = session.outbox.broken() => Err(End::Flooded),
        () = session.admitted.pass.ended() => Err(Refused::Ended.into()),
        // A relay that drains does not listen any more: nobody can come.
        () = relay.draining.cancelled() => Err(End::Stopped),
    }
}

/// Lets the link go on over a new WebSocket.
fn attach(reader: &mut Reader, attachment: Attachment) -> Result<Carrier, End> {
    reader.session.outbox.detached();
    let answer = Message::Resumed(Resumed { received: reader.received.all() });
    reader.session.outbox.resumed(attachment.received, &answer)?;
    Ok(attachment.carrier)
}

/// Ends the session in order: its streams, then the WebSocket.
async fn farewell(reader: &mut Reader, end: &End, mut source: SplitStream<WebSocket>, mut writer: Writer) {
    let session = &reader.session;
    session.give_up_all();
    reader.tasks.close();
    session.outbox.close(end.code(), &end.to_string());
    let tasks = &reader.tasks;
    let farewell = async {
        tasks.wait().await;
        // The carrier's end: its own closing handshake, or the error that ended it.
        while let Some(Ok(_)) = source.next().await {}
        writer.join_next().await
    };
    match timeout(FAREWELL, farewell).await {
        Ok(Some(Ok(Err(error)))) => tracing::debug!(%error, "writer"),
        Ok(_) => {}
        Err(_) => {
            tracing::debug!("no farewell from the page");
            writer.abort_all();
        }
    }
}

/// Ends both halves of a WebSocket that is of no more use: two writers must not empty one outbox.
async fn stop(mut writer: Writer, source: SplitStream<WebSocket>) {
    writer.shutdown().await;
    drop(source);
}

fn writer(session: &Arc<Session>, sink: SplitSink<WebSocket, Frame>) -> Writer {
    let session = session.clone();
    let stall = seconds(session.relay.rules().config.deadlines.write_stall);
    let mut writer = JoinSet::new();
    writer.spawn(async move { session.outbox.write(sink, stall).await }.in_current_span());
    writer
}
