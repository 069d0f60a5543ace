//! What comes over the tunnel, in terms of connections and their owners.

use super::owner::Owner;
use super::reset::Purpose;
use js_sys::Uint8Array;
use towpath_shared::{GoAway, Reset, TlsInfo, Welcome};

/// What happened on a connection.
pub(super) enum Happening {
    /// The relay listens for it.
    Listening {
        /// Address and port to tell the server.
        address: String,
    },
    /// It stands.
    Opened {
        /// Address and port of the peer.
        peer: String,
    },
    /// The TLS handshake ended well.
    Secured(TlsInfo),
    /// Bytes came. They stay in JavaScript.
    Data(Uint8Array),
    /// More may be sent.
    Writable,
    /// The other side sends no more; whether TLS ended without close_notify.
    Finished(bool),
    /// It is over.
    Reset(Reset, Purpose),
}

/// What a message of the relay was.
pub(super) enum Arrival {
    /// The link is up.
    Welcome(Welcome),
    /// The link has lost its WebSocket, and tries to come back.
    Interrupted,
    /// It is back: everything goes on.
    Resumed,
    /// The relay will stop.
    GoAway(GoAway),
    /// The round trip, in milliseconds.
    RoundTrip(u64),
    /// Something of a connection.
    Stream(Owner, Happening),
}
