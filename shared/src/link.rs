//! Link frames: who is speaking, what they can do, and the relay's farewell.

use crate::credential::Credential;
use serde::{Deserialize, Serialize};
use std::fmt;

/// HELLO: the page's first frame.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Hello {
    /// Name and version of the page's program, for the relay's log.
    #[serde(default)]
    pub agent: String,
    /// Minor features that the page knows, such as [`crate::LISTEN`] and [`RESUME`].
    #[serde(default)]
    pub features: Vec<String>,
    /// What the page shows to be let in.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "Credential::tolerant")]
    pub credential: Option<Credential>,
}

/// WELCOME: the relay's first frame.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Welcome {
    /// Name and version of the relay.
    #[serde(default)]
    pub agent: String,
    /// Minor features in use on this link: what both sides know.
    #[serde(default)]
    pub features: Vec<String>,
    /// Largest DATA payload that either side may send, in bytes.
    pub max_payload: usize,
    /// Streams that may be open at once.
    pub max_streams: usize,
    /// Sites that the relay offers to the page as one-click cards.
    #[serde(default)]
    pub sites: Vec<Site>,
    /// How to go on after a lost WebSocket; present if [`RESUME`] is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumption: Option<Resumption>,
}

/// The feature of HELLO and WELCOME that lets a link outlive its WebSocket: frames are numbered and acknowledged.
pub const RESUME: &str = "resume";

/// What WELCOME says of resumption.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resumption {
    /// Proves that a RESUME is for this link.
    pub token: ResumeToken,
    /// How long the relay keeps a link without a WebSocket, in milliseconds.
    pub grace_ms: u64,
    /// What the new WebSocket's path has behind that of the first, after a slash: the name of this relay among several behind one proxy.
    pub path: String,
}

/// A secret: whoever has it can take the link over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResumeToken(pub String);

impl fmt::Debug for ResumeToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ResumeToken(…)")
    }
}

/// RESUME: the page's first frame on a new WebSocket, for a link that lost its own. The relay answers with RESUMED, or closes with
/// [`crate::close::GONE`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resume {
    /// Of WELCOME.
    pub token: ResumeToken,
    /// Numbered frames that the page has.
    pub received: u64,
}

/// RESUMED: the link goes on. Frames that the page has not got follow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resumed {
    /// Numbered frames that the relay has.
    pub received: u64,
}

/// A preset site: shown as a card on the first screen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Site {
    /// What the card says.
    pub name: String,
    /// Host name or address, as it must be sent in OPEN.
    pub host: String,
    /// Control port.
    pub port: u16,
    /// How the control connection is protected.
    #[serde(default)]
    pub encryption: SiteEncryption,
    /// User name to log in with; asked for where absent.
    #[serde(default)]
    pub user: Option<String>,
    /// Start folder.
    #[serde(default)]
    pub path: Option<String>,
    /// The relay holds this user's password and writes it at login ([`crate::WriteSecret`]); the page need not ask for it.
    #[serde(default)]
    pub stored_password: bool,
}

/// Encryption of a preset site, with the names used in the configuration file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteEncryption {
    /// Plain FTP.
    None,
    /// AUTH TLS if the server offers it.
    ExplicitIfOffered,
    /// AUTH TLS or nothing.
    #[default]
    Explicit,
    /// TLS from the first byte.
    Implicit,
}

/// GOAWAY: the relay stops; open streams may finish within the time given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GoAway {
    /// Why, in words for a person.
    pub text: String,
    /// How long running streams are still served, in milliseconds.
    pub drain_ms: u64,
}
