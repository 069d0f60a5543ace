//! The data connection: the ways to one (RFC 959 section 3.3, RFC 2428), its phases, and what came of it.
//!
//! The address in a PASV reply is never followed (rule D2): a data port is always one of the control
//! connection's peer.

use std::net::{IpAddr, SocketAddr};

use crate::error::{Error, ErrorKind, Stage};
use crate::io::{ConnId, End, Time, TlsSession};
use crate::parse;
use crate::quirks::DataWay;
use crate::reply::Reply;
use crate::site::ActiveMode;

impl DataWay {
    /// The command of the way.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            DataWay::ExtendedPassive => "EPSV",
            DataWay::Passive => "PASV",
            DataWay::Active => "PORT",
            DataWay::ExtendedActive => "EPRT",
        }
    }

    /// Whether the server connects.
    pub(crate) fn is_active(self) -> bool {
        matches!(self, DataWay::Active | DataWay::ExtendedActive)
    }
}

/// All ways that make sense, best first: EPSV where it is listed or where PASV cannot name the address (rule D4), active
/// mode as the site wants it (rule D15), and before all what proved itself.
pub(crate) fn ways(
    epsv: bool,
    peer: Option<IpAddr>,
    active: ActiveMode,
    proven: Option<DataWay>,
) -> Vec<DataWay> {
    let v6 = matches!(peer, Some(IpAddr::V6(_)));
    // PASV and PORT cannot name an IPv6 address.
    let mut ways = match (v6, epsv) {
        (true, _) => vec![DataWay::ExtendedPassive],
        (false, true) => vec![DataWay::ExtendedPassive, DataWay::Passive],
        (false, false) => vec![DataWay::Passive, DataWay::ExtendedPassive],
    };
    let listening: &[DataWay] =
        if v6 { &[DataWay::ExtendedActive] } else { &[DataWay::Active, DataWay::ExtendedActive] };
    match active {
        ActiveMode::Never => {}
        ActiveMode::Fallback => ways.extend_from_slice(listening),
        ActiveMode::Preferred => drop(ways.splice(0..0, listening.iter().copied())),
    }
    if let Some(place) = proven.and_then(|proven| ways.iter().position(|way| *way == proven)) {
        let proven = ways.remove(place);
        ways.insert(0, proven);
    }
    ways
}

/// What a reply to EPSV or PASV says.
pub(crate) struct Answer {
    /// The port.
    pub(crate) port: u16,
    /// It names an address that is not the peer's.
    pub(crate) elsewhere: bool,
}

/// What the server answered to EPSV or PASV, for eyes.
pub(crate) struct Told {
    /// Its words.
    pub(crate) words: String,
    /// It named an address that is not the peer's.
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
    pub(crate) way: DataWay,
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
    pub(crate) fn new(conn: ConnId, way: DataWay, upload: bool, now: Time) -> DataConnection {
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

/// Whether the data connections of a session resumed its TLS session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Resumption {
    last: Option<bool>,
    ever: bool,
}

impl Resumption {
    /// One more was secured.
    pub(crate) fn take(&mut self, resumed: bool) {
        self.last = Some(resumed);
        self.ever |= resumed;
    }

    /// Whether the last one did; none so far is `None`.
    pub(crate) fn last(self) -> Option<bool> {
        self.last
    }

    /// The last one did not, though an earlier one did: a ticket has expired, or somebody else answers (rules S-5 and S-6).
    pub(crate) fn has_lapsed(self) -> bool {
        self.ever && self.last == Some(false)
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
