//! Who asks for a tunnel: what is known before the WebSocket stands.

use super::{Sender, token};
use crate::config::{Mode, is_user};
use crate::page::text;
use crate::relay::Relay;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use towpath_shared::Credential;

/// Somebody who is about to open a tunnel.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) address: IpAddr,
    /// The user that a listed proxy names.
    pub(super) named: Option<Arc<str>>,
    /// What native tools send along; browsers cannot.
    pub(super) bearer: Option<Credential>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Among those who have shown nothing yet: whoever cannot come in takes no session's place.
    Waiting { _permit: OwnedSemaphorePermit },
    /// Among the sessions, where everybody may come in.
    Session(Option<OwnedSemaphorePermit>),
}

/// Why a request gets no WebSocket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TurnedAway {
    Full,
    /// Too many failed tries.
    Blocked(Duration),
    /// It names a user and is not from a listed proxy, or not one user in one way.
    Named,
}

impl Caller {
    /// Its place among the sessions, if there is one.
    pub(super) fn session_place(&mut self, relay: &Relay) -> Option<OwnedSemaphorePermit> {
        match &mut self.place {
            Place::Waiting { .. } => relay.sessions.clone().try_acquire_owned().ok(),
            Place::Session(place) => place.take(),
        }
    }
}

impl Relay {
    /// Looks at a request for a tunnel.
    pub(crate) fn knock(&self, sender: Sender, headers: &HeaderMap) -> Result<Caller, TurnedAway> {
        let rules = self.rules();
        let (access, address) = (&rules.access, rules.proxies.client(sender, headers));
        let turned_away = |why| {
            tracing::warn!(%address, ?why, "turned away");
            why
        };
        let named = match access.config.has(Mode::Header) {
            true => named(&access.config.header, sender, headers).map_err(turned_away)?,
            false => None,
        };
        if let Some(left) = self.entry.blocked(&rules, address) {
            return Err(turned_away(TurnedAway::Blocked(left)));
        }
        if self.sessions.available_permits() == 0 {
            return Err(turned_away(TurnedAway::Full));
        }
        let places = if access.is_open() { &self.sessions } else { &self.entry.waiting };
        let permit = places.clone().try_acquire_owned().map_err(|_| turned_away(TurnedAway::Full))?;
        let place = match access.is_open() {
            true => Place::Session(Some(permit)),
            false => Place::Waiting { _permit: permit },
        };
        Ok(Caller { address, named, bearer: bearer(headers), place })
    }
}

/// The user in the header of a proxy. Whoever else sends that header means to deceive, or sits behind a proxy that is not listed: to go on
/// without the name would hide it.
fn named(header: &str, sender: Sender, headers: &HeaderMap) -> Result<Option<Arc<str>>, TurnedAway> {
    let mut values = headers.get_all(header).iter();
    let (Some(value), other) = (values.next(), values.next()) else { return Ok(None) };
    let user = std::str::from_utf8(value.as_bytes()).map_err(|_| TurnedAway::Named)?;
    match (sender.is_believed, other) {
        // What proxies send that know of nobody.
        (true, None) if user.is_empty() => Ok(None),
        (true, None) if is_user(user) => Ok(Some(user.into())),
        _ => Err(TurnedAway::Named),
    }
}

/// `Authorization: Bearer …` (RFC 6750 section 2.1). Other schemes are the business of proxies.
fn bearer(headers: &HeaderMap) -> Option<Credential> {
    let (scheme, text) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let text = text.trim();
    scheme.eq_ignore_ascii_case("bearer").then(|| match text.starts_with(token::PREFIX) {
        true => Credential::token(text),
        false => Credential::ticket(text),
    })
}

impl IntoResponse for TurnedAway {
    fn into_response(self) -> Response<Body> {
        match self {
            TurnedAway::Full => text(StatusCode::SERVICE_UNAVAILABLE, "too many sessions\n"),
            TurnedAway::Named => {
                text(StatusCode::FORBIDDEN, "only a listed proxy may name one user in the header for it\n")
            }
            TurnedAway::Blocked(left) => {
                let mut response = text(StatusCode::TOO_MANY_REQUESTS, "too many failed tries\n");
                let seconds = HeaderValue::from(left.as_secs() + 1);
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                response
            }
        }
    }
}
