//! `[metrics]`: where the relay tells what it counts, and how it is.

use super::ConfigError;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// The listener for whoever watches the relay: `/metrics`, `/livez` and `/readyz`, on no other listener's address.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Address to listen on. Absent: there is no such listener.
    pub listen: Option<SocketAddr>,
    /// Whether other machines may connect. Anybody who does sees how much the relay is used.
    pub open_to_network: bool,
}

impl Metrics {
    /// What contradicts itself.
    pub(crate) fn check(&self, page: SocketAddr) -> Result<(), ConfigError> {
        match self.listen {
            Some(address) if address.port() != 0 && address.port() == page.port() => {
                let overlaps =
                    address.ip() == page.ip() || address.ip().is_unspecified() || page.ip().is_unspecified();
                if overlaps {
                    return Err(ConfigError(format!("metrics: {address} is the page's listener as well")));
                }
                self.check_open(address)
            }
            Some(address) => self.check_open(address),
            None => Ok(()),
        }
    }

    /// Whether this address may be listened on.
    pub(crate) fn check_open(&self, address: SocketAddr) -> Result<(), ConfigError> {
        if self.open_to_network || address.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        Err(ConfigError(format!(
            "metrics: {address} can be reached by other machines; set open_to_network = true in [metrics] if that is meant"
        )))
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn metrics_are_for_loopback_unless_said_otherwise() {
        for (text, error) in [
            ("[metrics]\nlisten = \"127.0.0.1:9464\"", None),
            ("[metrics]\nlisten = \"[::1]:9464\"", None),
            ("[metrics]\nlisten = \"0.0.0.0:9464\"\nopen_to_network = true", None),
            ("[metrics]\nlisten = \"0.0.0.0:9464\"", Some("open_to_network")),
            ("[metrics]\nlisten = \"192.0.2.1:9464\"", Some("open_to_network")),
            ("[metrics]\nlisten = \"127.0.0.1:8080\"", Some("page's listener")),
            ("[metrics]\nlisten = \"127.0.0.1\"", Some("line 2")),
            ("[metrics]\nport = 1", Some("line 2")),
        ] {
            match (Config::from_toml(text), error) {
                (Ok(config), None) => {
                    assert!(Config::from_toml(&config.to_toml().unwrap()).is_ok());
                }
                (Err(found), Some(error)) => assert!(found.to_string().contains(error), "{text}: {found}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
