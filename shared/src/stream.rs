//! Opening streams.

use serde::{Deserialize, Serialize};

/// OPEN: the page asks the relay to connect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Open {
    /// What the connection is for, and with it where it may go.
    #[serde(flatten)]
    pub kind: StreamKind,
}

/// The kinds of connection of RFC 959. They are the relay's policy as well: a control stream goes
/// to a listed host and port, a data stream only to the peer that its control stream is connected to, or from it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StreamKind {
    /// A control connection.
    Control {
        /// Host name or literal address; resolved by the relay, once.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// A data connection in passive mode.
    Data {
        /// The control stream whose resolved peer is connected to.
        parent: u32,
        /// TCP port.
        port: u16,
    },
    /// A data connection in active mode: the relay listens, says where with LISTENING, and takes one connection, from the peer of the
    /// control stream alone. Only where WELCOME has the feature [`LISTEN`].
    Listen {
        /// The control stream whose peer may connect.
        parent: u32,
    },
}

/// The feature of HELLO and WELCOME that says that streams of [`StreamKind::Listen`] can be opened; whether for this server, is said then.
pub const LISTEN: &str = "listen";

/// LISTENING: the relay waits for the server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Listening {
    /// Address and port to tell the server.
    pub address: String,
}

/// OPENED: the relay is connected.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Opened {
    /// Address and port of the peer.
    pub peer: String,
    /// Address and port of the relay's end.
    pub local: String,
    /// Time from OPEN to the connection, name lookup included, in milliseconds.
    pub connect_ms: u64,
}
