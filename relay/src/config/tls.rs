//! `[tls]`: HTTPS on the page's listener, by the relay itself.

use super::ConfigError;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The certificate of the page's listener. Both files are read again on SIGHUP.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenerTls {
    /// PEM file: the certificate, then those that lead to its root. Absent: the listener speaks plain HTTP.
    pub certificate: Option<PathBuf>,
    /// PEM file with the certificate's key.
    pub key: Option<PathBuf>,
    /// For how many seconds browsers are told to use nothing but HTTPS with this host (HSTS); 0: they are not told. It binds all
    /// ports of the host, those of other programs too, and outlives this relay.
    pub hsts: u64,
}

impl ListenerTls {
    /// What contradicts itself.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match (&self.certificate, &self.key) {
            (Some(_), None) => Err(ConfigError("tls: a certificate needs its key".into())),
            (None, Some(_)) => Err(ConfigError("tls: a key needs its certificate".into())),
            (None, None) if self.hsts > 0 => Err(ConfigError("tls: hsts needs a certificate".into())),
            _ => Ok(()),
        }
    }
}
