//! The native driver: runs the engine of `towpath-ftp` over plain sockets, or over a relay's WebSocket as the page does.
//!
//! [`Client`] is what tools and tests use. Behind it a task runs one engine session; every connection has a task of its own
//! (`connection`), whose two halves come from a socket, from TLS over it, or from the tunnel (`stream`). A download's
//! bytes are acknowledged to the sender only when its [`Sink`] has taken them.

mod client;
mod clock;
mod coding;
mod connection;
mod convert;
mod digest;
mod direct;
mod job;
mod pump;
mod runner;
mod seat;
mod segments;
mod sink;
mod source;
mod stream;
mod tunnel;

pub use client::{Answerer, Client, Listing, Observer, Pending, Secured};
pub(crate) use digest::of as digest_of;
pub(crate) use job::{Job, SharedJob};
pub use job::{Summary, sha256};
pub(crate) use seat::Seat;
pub use segments::{SEGMENTED, Segmented, get_segmented};
pub use sink::Sink;
pub use source::{Source, pattern};
pub use tunnel::{Relay, RelayError};

use towpath_relay::tls::{Identity, Roots};

/// Connections of our own: what is trusted, and what is shown to servers that ask who this is.
#[derive(Clone)]
pub struct Direct {
    /// Trusted.
    pub roots: Roots,
    /// Shown.
    pub identity: Option<Identity>,
}

impl From<Roots> for Direct {
    fn from(roots: Roots) -> Direct {
        Direct { roots, identity: None }
    }
}

/// How connections are made.
#[derive(Clone)]
pub enum Transport {
    /// By this program.
    Direct(Direct),
    /// By a relay.
    Relay(Relay),
}
