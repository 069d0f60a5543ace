//! The data connection: EPSV or PASV (RFC 2428, RFC 959 section 3.3), its phases, and what came of it.
//!
//! The address in a PASV reply is never followed (rule D2): a data port is always one of the control
//! connection's peer.

use std::net::{IpAddr, SocketAddr};

use crate::error::{Error, ErrorKind, Stage};
use crate::io::{ConnId, End, Time, TlsSession};
use crate::parse;
use crate::quirks::Passive;
use crate::reply::Reply;

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
    pub(crate) way: Passive,
    /// How far it is.
    pub(crate) phase: Phase,
    /// TLS was asked for; the handshake begins as soon as the connection stands.
    pub(crate) tls_asked: bool,
    /// Its TLS session is a new one, not the control connection's.
    pub(crate) unresumed: bool,
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
    pub(crate) fn new(conn: ConnId, way: Passive, upload: bool, now: Time) -> DataConnection {
        DataConnection {
            conn,
            way,
            phase: Phase::Opening,
            tls_asked: false,
            unresumed: false,
            upload,
            moved: 0,
            progress: now,
            end: None,
        }
    }
}

/// Whether a data connection shows the control connection's certificate (rule S-7). A resumed session that comes without a chain is the
/// control connection's own.
pub(crate) fn same_certificate(control: Option<&TlsSession>, data: &TlsSession) -> bool {
    match (control.and_then(TlsSession::fingerprint), data.fingerprint()) {
        (Some(control), Some(data)) => control == data,
        (_, None) => data.resumed && data.chain.is_empty(),
        (None, Some(_)) => false,
    }
}

/// What a log has to say of a transfer that the server calls complete.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// Nothing.
    Nothing,
    /// Something for those who look for it.
    Detail(String),
    /// A warning.
    Warning(String),
}

/// The completion rule, once the data connection has ended and the server has said that all is well: do the end and the
/// count agree with it (rules D8, T8, C-3)?
pub(crate) fn judge(end: &End, moved: u64, expected: Option<u64>, upload: bool) -> Result<Note, Error> {
    let incomplete =
        |text| Err(Error::new(Stage::Data, ErrorKind::Incomplete, text).with_advice("Try again"));
    let grown = match expected {
        Some(expected) if moved < expected => {
            return incomplete(format!("The transfer is incomplete: {moved} of {expected} bytes moved"));
        }
        Some(expected) if moved > expected && upload => {
            return incomplete(format!(
                "The file changed while it was sent: {moved} bytes moved instead of {expected}"
            ));
        }
        Some(expected) if moved > expected => Some(expected),
        _ => None,
    };
    Ok(match (end, grown) {
        (End::Clean, None) => Note::Nothing,
        (End::Clean, Some(expected)) => Note::Warning(format!(
            "Warning: the file has grown: {expected} bytes were expected, {moved} came"
        )),
        (End::Unclean, None) => Note::Warning(
            "Warning: the data connection ended without a proper end of TLS; the server says that all was sent"
                .into(),
        ),
        (End::Failed { text, .. }, None) if expected.is_some() => {
            Note::Detail(format!("The data connection broke after the last byte: {text}"))
        }
        (End::Unclean, Some(_)) => {
            return incomplete("The data connection ended without a proper end of TLS".into());
        }
        (End::NoTicket, _) => return incomplete("The data connection could not resume the TLS session".into()),
        (End::Failed { text, .. }, _) => return incomplete(format!("The data connection broke: {text}")),
    })
}
