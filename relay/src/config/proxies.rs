//! `[proxies]`: the reverse proxies in front of the relay, which are believed when they say for whom they ask.

use crate::policy::HostPattern;
use serde::{Deserialize, Serialize};

/// Proxies that are believed. Whoever else says such things is not: addresses that limits and blocks count by could be made up.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxiesConfig {
    /// Addresses and networks of the proxies, as the relay sees them.
    pub networks: Vec<HostPattern>,
    /// Whether they begin each connection with a PROXY header (HAProxy's `send-proxy`, `send-proxy-v2`). They must do so then.
    pub proxy_protocol: bool,
}

impl ProxiesConfig {
    /// What contradicts itself.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(name) = self.networks.iter().find(|network| !network.is_addresses()) {
            return Err(format!("proxies: {name} is a name; a proxy is known by its address or network"));
        }
        if self.proxy_protocol && self.networks.is_empty() {
            return Err("proxies: proxy_protocol needs networks: nobody else's PROXY header is read".into());
        }
        Ok(())
    }
}
