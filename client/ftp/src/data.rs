//! The data connection: EPSV or PASV (RFC 2428, RFC 959 section 3.3), its phases, and what came of it.
//!
//! The address in a PASV reply is never followed (rule D2): a data port is always one of the control
//! connection's peer.

use std::net::{IpAddr, SocketAddr};

use crate::io::{ConnId, End, Time};
use crate::parse;
use crate::reply::Reply;

/// The two ways of passive mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passive {
    /// EPSV: a port and no address.
    Extended,
    /// PASV.
    Classic,
}

impl Passive {
    /// The first choice (rule D4): EPSV where it is listed or where PASV cannot name the address.
    pub(crate) fn first(listed: bool, peer: Option<IpAddr>) -> Passive {
        let v6 = matches!(peer, Some(IpAddr::V6(_)));
        if listed || v6 { Passive::Extended } else { Passive::Classic }
    }

    pub(crate) fn other(self) -> Passive {
        match self {
            Passive::Extended => Passive::Classic,
            Passive::Classic => Passive::Extended,
        }
    }

    pub(crate) fn verb(self) -> &'static str {
        match self {
            Passive::Extended => "EPSV",
            Passive::Classic => "PASV",
        }
    }
}

/// What a reply to EPSV or PASV says.
pub(crate) struct Answer {
    /// The port.
    pub(crate) port: u16,
    /// It names an address that is not the peer's.
    pub(crate) elsewhere: bool,
}

/// Reads the reply to either command; servers mix them up (rule D3).
pub(crate) fn answer(reply: &Reply, peer: Option<IpAddr>) -> Option<Answer> {
    let port = parse::data_port(reply)?;
    let elsewhere = match (parse::pasv(reply), peer) {
        (Some((address, named)), Some(IpAddr::V4(peer))) => named == port && peer.octets() != address,
        _ => false,
    };
    Some(Answer { port, elsewhere })
}

/// The peer's address, from `address:port` as the driver writes it.
pub(crate) fn peer_address(peer: &str) -> Option<IpAddr> {
    peer.parse::<SocketAddr>().ok().map(|address| address.ip().to_canonical())
}

/// How far a data connection has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Asked for.
    Opening,
    /// TCP stands.
    Open,
    /// TLS handshake under way.
    Securing,
    /// Bytes may flow.
    Ready,
}

/// A data connection.
pub(crate) struct DataConnection {
    /// Its name for the driver.
    pub(crate) conn: ConnId,
    /// How it was made.
    pub(crate) passive: Passive,
    /// How far it is.
    pub(crate) phase: Phase,
    /// The peer must see it break, not end, if it is given up (rule D14).
    pub(crate) upload: bool,
    /// Bytes of payload so far.
    pub(crate) moved: u64,
    /// When something happened last.
    pub(crate) progress: Time,
    /// How it ended.
    pub(crate) end: Option<End>,
}

impl DataConnection {
    pub(crate) fn new(conn: ConnId, passive: Passive, upload: bool, now: Time) -> DataConnection {
        DataConnection { conn, passive, phase: Phase::Opening, upload, moved: 0, progress: now, end: None }
    }
}
