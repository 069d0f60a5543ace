//! What the page remembers between visits: nothing secret, so passwords have no place in it.

use super::site::Site;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Recent hosts kept.
const RECENT: usize = 8;
/// Servers with accepted keys kept.
const PINNED: usize = 500;

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The next of the three.
    pub(crate) fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }
}

/// The remembered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    /// Light or dark.
    pub(crate) theme: Theme,
    /// Whether the dock is open.
    pub(crate) dock_open: bool,
    /// Its height in pixels.
    pub(crate) dock_height: u32,
    /// Servers used lately, newest first.
    pub(crate) recent: Vec<Site>,
    /// SHA-256 of accepted public keys by `host:port`.
    pub(crate) pins: BTreeMap<String, Vec<String>>,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            theme: Theme::default(),
            dock_open: true,
            dock_height: 200,
            recent: Vec::new(),
            pins: BTreeMap::new(),
        }
    }
}

impl Memory {
    /// What an earlier visit stored; another version's unknown parts are left out, the unreadable counts as nothing.
    pub(crate) fn from_json(text: &str) -> Memory {
        let mut memory: Memory = serde_json::from_str(text).unwrap_or_default();
        memory.recent.truncate(RECENT);
        memory
    }

    /// For storage.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A login succeeded: its site comes first.
    pub(crate) fn used(&mut self, site: &Site) {
        self.recent.retain(|recent| !recent.same_login(site));
        self.recent.insert(0, site.clone());
        self.recent.truncate(RECENT);
    }

    /// Keys accepted for a server.
    pub(crate) fn pins(&self, site: &Site) -> Vec<String> {
        self.pins.get(&site.authority()).cloned().unwrap_or_default()
    }

    /// *Always trust this server*. A server that changed its key has only the new one from now on.
    pub(crate) fn trust(&mut self, site: &Site, key: &str, changed: bool) {
        let name = site.authority();
        if !self.pins.contains_key(&name) && self.pins.len() >= PINNED {
            self.pins.pop_first();
        }
        let keys = self.pins.entry(name).or_default();
        if changed {
            keys.clear();
        }
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Encryption;

    fn site(host: &str) -> Site {
        Site {
            host: host.into(),
            port: 21,
            user: "u".into(),
            encryption: Encryption::Explicit,
            ..Site::default()
        }
    }

    #[test]
    fn recent_hosts_are_few_and_unique() {
        let mut memory = Memory::default();
        for host in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "b"] {
            memory.used(&site(host));
        }
        let hosts: Vec<_> = memory.recent.iter().map(|site| site.host.as_str()).collect();
        assert_eq!(hosts, ["b", "i", "h", "g", "f", "e", "d", "c"]);
    }

    #[test]
    fn c_6_a_changed_key_replaces_the_old_one() {
        let mut memory = Memory::default();
        memory.trust(&site("a"), "k1", false);
        memory.trust(&site("a"), "k1", false);
        memory.trust(&site("a"), "k2", false);
        assert_eq!(memory.pins(&site("a")), ["k1", "k2"]);
        memory.trust(&site("a"), "k3", true);
        assert_eq!(memory.pins(&site("a")), ["k3"]);
        assert!(memory.pins(&site("b")).is_empty());
    }

    #[test]
    fn storage_survives_versions_and_rubbish() {
        let mut memory = Memory::default();
        memory.used(&site("a"));
        assert_eq!(Memory::from_json(&memory.to_json()), memory);
        assert_eq!(Memory::from_json("{\"theme\":\"Dark\",\"new\":1}").theme, Theme::Dark);
        assert_eq!(Memory::from_json("<html>"), Memory::default());
    }
}
