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
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use towpath_shared::Credential;

/// Somebody who is about to open a tunnel.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) address: IpAddr,
    /// The user that a listed proxy names.
    pub(crate) named: Option<Arc<str>>,
    /// What native tools send along; browsers cannot.
    pub(super) bearer: Option<Credential>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Among those who have shown nothing yet: whoever cannot come in takes no session's place.
    Stranger { _permit: OwnedSemaphorePermit },
    /// Among the sessions, where everybody may come in.
    Session(Option<OwnedSemaphorePermit>),
    /// Among those who come back.
    Resuming { _permit: OwnedSemaphorePermit },
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
            Place::Stranger { .. } | Place::Resuming { .. } => {
                relay.sessions.clone().try_acquire_owned().ok()
            }
            Place::Session(place) => place.take(),
        }
    }
}

impl Relay {
    /// Looks at a request for a tunnel, or for one to go on, which its secret decides.
    pub(crate) fn knock(
        &self,
        sender: Sender,
        headers: &HeaderMap,
        resumes: bool,
    ) -> Result<Caller, TurnedAway> {
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
        let place = if resumes {
            place(&self.resuming).map(|permit| Place::Resuming { _permit: permit })
        } else if let Some(left) = self.entry.blocked(&rules, address) {
            return Err(turned_away(TurnedAway::Blocked(left)));
        } else if access.is_open() {
            place(&self.sessions).map(|permit| Place::Session(Some(permit)))
        } else if self.sessions.available_permits() == 0 {
            None
        } else {
            place(&self.entry.strangers).map(|permit| Place::Stranger { _permit: permit })
        };
        let place = place.ok_or(TurnedAway::Full).map_err(turned_away)?;
        Ok(Caller { address, named, bearer: bearer(headers), place })
    }
}

fn place(places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    places.clone().try_acquire_owned().ok()
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
