//! Link frames: who is speaking, what they can do, and the relay's farewell.

use serde::{Deserialize, Serialize};

/// HELLO: the page's first frame.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Hello {
    /// Name and version of the page's program, for the relay's log.
    #[serde(default)]
    pub agent: String,
    /// Minor features that the page knows, such as [`crate::LISTEN`].
    #[serde(default)]
    pub features: Vec<String>,
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
