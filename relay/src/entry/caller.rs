//! Who asks for a tunnel: what is known before the WebSocket stands.

use super::{Sender, strangers, token};
use crate::audit;
use crate::config::{Mode, is_user};
use crate::limits::{Connection, Full, TunnelPlace};
use crate::page::text;
use crate::relay::Relay;
use crate::visitor::Visitor;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
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
    Stranger { _place: strangers::Place },
    /// Among the sessions, where everybody may come in.
    Session(Option<TunnelPlace>),
    /// Among those who come back: it is not known yet to which tunnel.
    Resuming { _places: [Connection; 2] },
}

/// Why a request gets no WebSocket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum TurnedAway {
    Full(Full),
    /// Too many have shown nothing yet.
    Crowd,
    /// Too many failed tries.
    Blocked(Duration),
    /// It names a user and is not from a listed proxy, or not one user in one way.
    Named,
}

impl Caller {
    /// Its place among the sessions, if there is one.
    pub(super) fn session_place(&mut self, relay: &Relay, visitor: &Visitor) -> Result<TunnelPlace, Full> {
        if let Place::Session(place) = &mut self.place
            && let Some(place) = place.take()
        {
            return Ok(place);
        }
        relay.ledger.tunnel(&relay.rules().config.limits, visitor)
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
        let turned_away = |why: TurnedAway| {
            audit::entry_refused(address, None, &why.name());
            why
        };
        let named = match access.config.has(Mode::Header) {
            true => named(&access.config.header, sender, headers).map_err(turned_away)?,
            false => None,
        };
        let (limits, full) = (&rules.config.limits, |full| turned_away(TurnedAway::Full(full)));
        let place = if resumes {
            let places = self.ledger.resuming(limits, address).map_err(full)?;
            Place::Resuming { _places: places }
        } else if let Some(left) = self.entry.blocked(&rules, address) {
            return Err(turned_away(TurnedAway::Blocked(left)));
        } else if access.is_open() {
            let visitor = Visitor { address, user: None };
            Place::Session(Some(self.ledger.tunnel(limits, &visitor).map_err(full)?))
        } else {
            let (is_proxy, most) = (rules.proxies.lists(address), access.config.strangers);
            let place = self.entry.strangers.place(address, is_proxy, most);
            Place::Stranger { _place: place.ok_or_else(|| turned_away(TurnedAway::Crowd))? }
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

impl TurnedAway {
    /// Its name in the audit log.
    fn name(&self) -> String {
        match self {
            TurnedAway::Full(full) => full.name().into(),
            TurnedAway::Crowd => "crowd".into(),
            TurnedAway::Blocked(_) => "blocked".into(),
            TurnedAway::Named => "named".into(),
        }
    }
}

impl IntoResponse for TurnedAway {
    fn into_response(self) -> Response<Body> {
        match self {
            TurnedAway::Full(full) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{full}\n")),
            TurnedAway::Crowd => text(StatusCode::SERVICE_UNAVAILABLE, "too many who ask to be let in\n"),
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
