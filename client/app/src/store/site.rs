//! A server and a user on it, without the password.

use super::address::default_port;
use crate::protocol::{Connect, Encryption, Preset};
use serde::{Deserialize, Serialize};

/// A server.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Site {
    /// What people call it; empty where nobody gave it a name.
    pub(crate) name: String,
    /// Host name or address.
    pub(crate) host: String,
    /// Control port.
    pub(crate) port: u16,
    /// User.
    pub(crate) user: String,
    /// Use of TLS.
    pub(crate) encryption: Encryption,
    /// Start folder.
    pub(crate) path: Option<String>,
    /// The relay has the password. Only a relay says so, so it is never remembered.
    #[serde(skip)]
    pub(crate) stored_password: bool,
}

impl Site {
    /// What tab and cards say.
    pub(crate) fn title(&self) -> String {
        if self.name.is_empty() { self.authority_short() } else { self.name.clone() }
    }

    /// `host:port`, by which accepted keys are remembered.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host.to_ascii_lowercase(), self.port)
    }

    /// The host, with its port where that is not the usual one.
    pub(crate) fn authority_short(&self) -> String {
        if self.port == default_port(self.encryption) {
            self.host.clone()
        } else if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether nobody needs a password here.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.user.eq_ignore_ascii_case("anonymous") || self.user.eq_ignore_ascii_case("ftp")
    }

    /// The same user on the same server.
    pub(crate) fn same_login(&self, other: &Site) -> bool {
        self.authority() == other.authority() && self.user == other.user
    }

    /// The same with what the relay holds for it now.
    pub(crate) fn as_offered(&self, presets: &[Site]) -> Site {
        let stored = |preset: &Site| {
            preset.stored_password && preset.same_login(self) && preset.encryption == self.encryption
        };
        Site { stored_password: presets.iter().any(stored), ..self.clone() }
    }

    /// With its password, for the worker.
    pub(crate) fn connect(&self, password: String, pins: Vec<String>) -> Connect {
        Connect {
            host: self.host.clone(),
            port: self.port,
            user: self.user.clone(),
            password,
            stored_password: self.stored_password,
            encryption: self.encryption,
            path: self.path.clone(),
            pins,
        }
    }
}

impl From<&Preset> for Site {
    fn from(preset: &Preset) -> Site {
        Site {
            name: preset.name.clone(),
            host: preset.host.clone(),
            port: preset.port,
            user: preset.user.clone().unwrap_or_default(),
            encryption: preset.encryption,
            path: preset.path.clone(),
            stored_password: preset.stored_password,
        }
    }
}
