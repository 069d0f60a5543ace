//! Who did what and when: events under the target `towpath::audit`, a function each.
//!
//! Every event says all of it by itself, under the names of OpenTelemetry's conventions where they have one. No payload, no
//! secrets, no names of files are ever handed to these.

use crate::log::AUDIT;
use crate::visitor::Visitor;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A visitor's session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    pub(crate) session: &'a str,
    pub(crate) visitor: &'a Visitor,
}

/// An event of a visitor's.
macro_rules! event {
    ($who:expr, $event:literal, $($field:tt)*) => {
        tracing::info!(
            target: AUDIT,
            event = $event,
            session.id = $who.session,
            client.address = %$who.visitor.address,
            user.name = $who.visitor.user.as_deref(),
            $($field)*
        )
    };
}

/// What became of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
    pub(crate) kind: &'static str,
    pub(crate) peer: Option<SocketAddr>,
    /// Bytes to the server.
    pub(crate) up: u64,
    /// Bytes to the page.
    pub(crate) down: u64,
    /// `ended`, `given_up`, or the reason of a RESET.
    pub(crate) result: &'a str,
    pub(crate) lasted: Duration,
}

/// A session begins.
pub(crate) fn session_begins(who: Who<'_>) {
    event!(who, "session.begin", "a session begins");
}

/// A session is over.
pub(crate) fn session_ends(who: Who<'_>, lasted: Duration, why: &str) {
    event!(who, "session.end", result = why, duration_ms = millis(lasted), "a session ends");
}

/// A server is connected.
pub(crate) fn site_opened(who: Who<'_>, stream: u32, host: &str, port: u16, peer: SocketAddr) {
    event!(
        who,
        "site.open",
        stream.id = stream,
        server.address = host,
        server.port = port,
        network.peer.address = %peer.ip(),
        network.peer.port = peer.port(),
        rule = "allowed",
        "a server is connected"
    );
}

/// A server was asked for and is not connected: `rule` says which part of the policy refused it, `allowed` if none did.
pub(crate) fn site_refused(who: Who<'_>, stream: u32, host: &str, port: u16, rule: &str, reason: &str) {
    event!(
        who,
        "site.refuse",
        stream.id = stream,
        server.address = host,
        server.port = port,
        rule,
        result = reason,
        "a server is not connected"
    );
}

/// The relay has written a stored password: `user` of the server is logged in with it.
pub(crate) fn password_written(who: Who<'_>, stream: u32, user: &str) {
    event!(who, "password.write", stream.id = stream, server.user = user, "a stored password is written");
}

/// A stream is over.
pub(crate) fn stream_ends(who: Who<'_>, stream: u32, outcome: Outcome<'_>) {
    event!(
        who,
        "stream.end",
        stream.id = stream,
        stream.kind = outcome.kind,
        network.peer.address = outcome.peer.map(|peer| tracing::field::display(peer.ip())),
        network.peer.port = outcome.peer.map(|peer| peer.port()),
        bytes.up = outcome.up,
        bytes.down = outcome.down,
        result = outcome.result,
        duration_ms = millis(outcome.lasted),
        "a stream ends"
    );
}

/// Somebody was not let in. `user` is the name that was proven, if any; `reason` a word.
pub(crate) fn entry_refused(address: IpAddr, user: Option<&str>, reason: &str) {
    tracing::warn!(
        target: AUDIT,
        event = "entry.refuse",
        client.address = %address,
        user.name = user,
        result = reason,
        "somebody is not let in"
    );
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
