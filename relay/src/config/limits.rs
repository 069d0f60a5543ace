//! `[limits]`: how much of everything. Each limit bounds memory, sockets or load on the servers; which of them counts for whom stands in
//! its table: a tunnel, a user, an address, all together.

use crate::limits::{Quota, Scope};
use serde::{Deserialize, Serialize};

/// What the relay has room for, and what one tunnel may have of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// HTTP connections at once. A connection that has become a tunnel counts as a session only.
    pub connections: usize,
    /// Tunnels at once.
    pub sessions: usize,
    /// Tunnels of these that may be without their page at once, waiting for it to come back.
    pub waiting: usize,
    /// Mebibytes that the relay is ready to buffer for all streams together: windows of uploads, frames of downloads, and those
    /// that a page has not acknowledged.
    /// As they are used up windows shrink, and then new streams are refused.
    pub memory_mib: u64,
    /// Streams of one tunnel at once.
    pub streams: usize,
    /// Control connections that one tunnel may open in a minute. Data connections are not counted: they reach only a
    /// server that has already let the page in, and small files need many.
    pub opens_per_minute: u32,
    /// Bytes a second of one tunnel, both directions together. Absent: as many as pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// What all tunnels of one user may have together, where the relay knows users.
    pub user: PerUser,
    /// What all tunnels from one address may have together. An IPv6 network of 64 bits counts as one address.
    pub address: PerAddress,
    /// What all tunnels may have together.
    pub all: InAll,
}

/// `[limits.user]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PerUser {
    /// Tunnels at once.
    pub sessions: usize,
    /// Streams at once.
    pub streams: usize,
    /// Control connections opened in a minute.
    pub opens_per_minute: u32,
    /// Bytes a second, both directions together. Absent: as many as pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
}

/// `[limits.address]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PerAddress {
    /// HTTP connections at once, tunnels not counted.
    pub connections: usize,
    /// Tunnels at once.
    pub sessions: usize,
    /// Streams at once.
    pub streams: usize,
    /// Control connections opened in a minute.
    pub opens_per_minute: u32,
    /// Bytes a second, both directions together. Absent: as many as pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
}

/// `[limits.all]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct InAll {
    /// Streams at once.
    pub streams: usize,
    /// Control connections opened in a minute.
    pub opens_per_minute: u32,
    /// Bytes a second, both directions together. Absent: as many as pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 1024,
            sessions: 256,
            waiting: 64,
            memory_mib: 256,
            streams: 32,
            opens_per_minute: 60,
            bytes_per_second: None,
            user: PerUser::default(),
            address: PerAddress::default(),
            all: InAll::default(),
        }
    }
}

impl Default for PerUser {
    fn default() -> PerUser {
        PerUser { sessions: 16, streams: 128, opens_per_minute: 120, bytes_per_second: None }
    }
}

impl Default for PerAddress {
    /// An office behind one address has many people; still no address takes all there is.
    fn default() -> PerAddress {
        PerAddress {
            connections: 256,
            sessions: 64,
            streams: 1024,
            opens_per_minute: 600,
            bytes_per_second: None,
        }
    }
}

impl Default for InAll {
    fn default() -> InAll {
        InAll { streams: 2048, opens_per_minute: 3000, bytes_per_second: None }
    }
}

/// Below this a single frame would take minutes.
const LEAST_SPEED: u64 = 1024;

impl Limits {
    /// What accounts of this kind may have.
    pub(crate) fn quota(&self, scope: Scope) -> Quota {
        let Limits { user, address, all, .. } = self;
        match scope {
            Scope::Tunnel => Quota {
                sessions: 1,
                streams: self.streams,
                opens_per_minute: self.opens_per_minute,
                bytes_per_second: self.bytes_per_second,
            },
            Scope::User => Quota {
                sessions: user.sessions,
                streams: user.streams,
                opens_per_minute: user.opens_per_minute,
                bytes_per_second: user.bytes_per_second,
            },
            Scope::Address => Quota {
                sessions: address.sessions,
                streams: address.streams,
                opens_per_minute: address.opens_per_minute,
                bytes_per_second: address.bytes_per_second,
            },
            Scope::All => Quota {
                sessions: self.sessions,
                streams: all.streams,
                opens_per_minute: all.opens_per_minute,
                bytes_per_second: all.bytes_per_second,
            },
        }
    }

    /// The budget of buffered bytes.
    pub(crate) fn memory(&self) -> u64 {
        self.memory_mib.saturating_mul(1024 * 1024)
    }

    /// What contradicts itself.
    pub(super) fn check(&self) -> Result<(), String> {
        let none = self.connections == 0 || self.address.connections == 0 || self.memory_mib == 0;
        let quotas = [Scope::Tunnel, Scope::User, Scope::Address, Scope::All].map(|scope| self.quota(scope));
        if none
            || quotas
                .iter()
                .any(|quota| quota.sessions.min(quota.streams) == 0 || quota.opens_per_minute == 0)
        {
            return Err("a limit of 0 lets nothing through".into());
        }
        if quotas.iter().filter_map(|quota| quota.bytes_per_second).any(|speed| speed < LEAST_SPEED) {
            return Err(format!(
                "bytes_per_second below {LEAST_SPEED} lets next to nothing through; leave it out for no limit"
            ));
        }
        Ok(())
    }
}
