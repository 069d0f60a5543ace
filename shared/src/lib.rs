//! The tunnel protocol that the page and the relay speak over one WebSocket.
//!
//! Carrier: `GET /tunnel`, subprotocol [`SUBPROTOCOL`], binary messages only, no compression, one frame
//! per message. A frame is an 8-byte [`Header`] (little endian) and its payload; the WebSocket gives the length.
//!
//! | layer  | frames | rule |
//! |--------|--------|------|
//! | link   | HELLO, WELCOME, RESUME, RESUMED, ACK, PING, PONG, GOAWAY | HELLO, or RESUME on a new WebSocket, is the first frame of the page, WELCOME or RESUMED the first of the relay |
//! | stream | OPEN, LISTENING, OPENED, DATA, CREDIT, FIN, RESET | FIN is a half-close and everything before it is delivered; RESET alone discards; CREDIT is an absolute limit |
//! | TLS    | START_TLS, TLS_CERT, TLS_INFO, TLS_ACCEPT | nothing flows between START_TLS and the opened gate |
//! | secret | WRITE_SECRET | the relay writes a stored password that the page never sees |
//! | bulk | ATTACH, … : kinds kept free | |
//!
//! Hot frames are packed by hand; cold frames carry JSON, because a cached page and a relay may differ in
//! version and JSON tolerates added fields. Payload of DATA never enters this crate: both sides hand it on as it is and
//! only its length is accounted for here.
//!
//! Data only: no IO, no async, no FTP, no clock. [`page::Link`] is the page's half of the protocol as a
//! state machine, so that the browser and the native driver of the tests share it.

pub mod close;
pub mod credential;
pub mod frame;
pub mod heartbeat;
pub mod ledger;
pub mod link;
pub mod message;
pub mod page;
pub mod reset;
pub mod secret;
pub mod stream;
pub mod tls;
pub mod window;

pub use credential::{Credential, Secret};
pub use frame::{Flags, FrameError, Header, Kind, StreamId};
pub use link::{
    GoAway, Hello, RESUME, Resume, ResumeToken, Resumed, Resumption, Site, SiteEncryption, Welcome,
};
pub use message::Message;
pub use reset::{Reason, Reset};
pub use secret::{SecretKind, WriteSecret};
pub use stream::{LISTEN, Listening, Open, Opened, StreamKind};
pub use tls::{
    Certificate, ClientCertificate, MAX_CLIENT_CERTIFICATE, StartTls, TlsInfo, TlsVersion, Verdict,
};

/// The WebSocket subprotocol. Its number is the major version; minor differences go by `features` in
/// HELLO and WELCOME.
pub const SUBPROTOCOL: &str = "towpath.v1";

/// Default and smallest allowed limit for one DATA payload, in bytes.
pub const MAX_PAYLOAD: usize = 64 * 1024;

/// Largest DATA payload that HELLO and WELCOME may agree on, in bytes.
pub const MAX_PAYLOAD_NEGOTIABLE: usize = 256 * 1024;

/// Largest payload of a frame that carries JSON, in bytes.
pub const MAX_JSON: usize = 16 * 1024;

/// First window of a control stream, in bytes.
pub const CONTROL_WINDOW: u64 = 64 * 1024;

/// First window of a data stream, in bytes.
pub const DATA_WINDOW: u64 = 1024 * 1024;

/// A window never grows past this, in bytes.
pub const MAX_STREAM_WINDOW: u64 = 8 * 1024 * 1024;

/// All windows of a session together never grow past this, in bytes.
pub const MAX_SESSION_WINDOW: u64 = 32 * 1024 * 1024;

/// Bytes of numbered frames that either side keeps for a link that can be resumed, what keeping them costs included: no more DATA is
/// sent while so much is not acknowledged. More than a window needs; a link is as fast as this amount in each round trip.
pub const MAX_KEPT: u64 = 8 * 1024 * 1024;

/// Unit of the windows in `aux` of OPEN and OPENED, in bytes.
pub const WINDOW_UNIT: u64 = 16 * 1024;
