//! What may be reached: default deny, evaluated at the only place that connects ([`crate::door`]).
//!
//! A control stream reaches a listed host and port. A listed *name* leads to global and private addresses only; loopback,
//! link-local, metadata, translated and other special addresses must be listed as addresses, with their port. A data stream
//! reaches the address that its control stream is connected to, on an unprivileged port. The relay's own listeners are
//! never reached.

use crate::address::{Class, Host, HostError};
use crate::config::Target;
use std::net::{IpAddr, SocketAddr};
use thiserror::Error;

/// Why a target is refused.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub(crate) enum Denied {
    #[error("host: {0}")]
    Host(#[from] HostError),
    #[error("this relay does not serve {0}:{1}; its administrator lists what it serves")]
    NotListed(String, u16),
    #[error("{0} leads to the address {1}, which must be listed as an address")]
    SpecialAddress(String, IpAddr),
    #[error("the relay does not connect to itself")]
    Own,
    #[error("data connections go to ports from 1024 on")]
    PrivilegedPort,
}

/// The rules of one relay.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    listed: Vec<(Host, u16)>,
    own: Vec<SocketAddr>,
}

/// Leave to resolve a name or to use an address for a control stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Leave {
    /// The address is listed itself.
    Address(SocketAddr),
    /// The name is listed: resolve it, then ask [`Policy::check_resolved`] about each address.
    Resolve(String, u16),
}

impl Policy {
    /// Rules for the targets of a relay that listens on `own`. Targets that cannot be read were refused before
    /// by [`crate::Config`]; here they would match nothing.
    pub(crate) fn new(targets: &[Target], own: Vec<SocketAddr>) -> Policy {
        let listed = |target: &Target| Some((Host::parse(&target.host).ok()?, target.port));
        Policy { listed: targets.iter().filter_map(listed).collect(), own }
    }

    /// Decides on the host and port of a control stream.
    pub(crate) fn check_control(&self, host: &str, port: u16) -> Result<Leave, Denied> {
        let parsed = Host::parse(host)?;
        let listed = self.listed.iter().any(|(host, number)| *host == parsed && *number == port);
        match parsed {
            Host::Address(address) if self.is_own(SocketAddr::new(address, port)) => Err(Denied::Own),
            Host::Address(address) if listed => Ok(Leave::Address(SocketAddr::new(address, port))),
            Host::Name(name) if listed => Ok(Leave::Resolve(name, port)),
            _ => Err(Denied::NotListed(host.into(), port)),
        }
    }

    /// Decides on an address that a listed name has led to.
    pub(crate) fn check_resolved(&self, name: &str, address: SocketAddr) -> Result<SocketAddr, Denied> {
        let address = canonical(address);
        if self.is_own(address) {
            return Err(Denied::Own);
        }
        let itself = (Host::Address(address.ip()), address.port());
        if Class::of(address.ip()).reachable_by_name() || self.listed.contains(&itself) {
            Ok(address)
        } else {
            Err(Denied::SpecialAddress(name.into(), address.ip()))
        }
    }

    /// Decides on the port of a data stream whose control stream is connected to `peer`.
    pub(crate) fn check_data(&self, peer: IpAddr, port: u16) -> Result<SocketAddr, Denied> {
        let address = canonical(SocketAddr::new(peer, port));
        if self.is_own(address) {
            Err(Denied::Own)
        } else if port < 1024 {
            Err(Denied::PrivilegedPort)
        } else {
            Ok(address)
        }
    }

    /// Whether a connection is one to this very relay. A listener on all addresses has names that are not known here,
    /// but a connection to it has the same address at both ends.
    pub(crate) fn check_connected(&self, local: SocketAddr, peer: SocketAddr) -> Result<(), Denied> {
        let peer = canonical(peer);
        let to_self =
            canonical(local).ip() == peer.ip() && self.own.iter().any(|own| own.port() == peer.port());
        if self.is_own(peer) || to_self { Err(Denied::Own) } else { Ok(()) }
    }

    fn is_own(&self, address: SocketAddr) -> bool {
        self.own.iter().any(|own| {
            let own = canonical(*own);
            let everywhere = own.ip().is_unspecified()
                && matches!(Class::of(address.ip()), Class::Loopback | Class::Unspecified);
            own.port() == address.port() && (own.ip() == address.ip() || everywhere)
        })
    }
}

/// The address without IPv4-mapped clothes, flow label and zone.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        let targets = [
            ("ftp.example.org", 21),
            ("localhost", 2121),
            ("localhost", 21),
            ("127.0.0.1", 2121),
            ("127.0.0.1", 8080),
            ("192.168.0.145", 21),
            ("fd00::5", 990),
        ];
        let targets = targets.map(|(host, port)| Target::new(host, port));
        Policy::new(&targets, vec!["127.0.0.1:8080".parse().unwrap(), "0.0.0.0:9090".parse().unwrap()])
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn control_streams() {
        let policy = policy();
        let listed = Ok(Leave::Address(address("127.0.0.1:2121")));
        for (host, port, expected) in [
            ("ftp.example.org", 21, Ok(Leave::Resolve("ftp.example.org".into(), 21))),
            ("FTP.example.ORG.", 21, Ok(Leave::Resolve("ftp.example.org".into(), 21))),
            ("127.0.0.1", 2121, listed.clone()),
            ("::ffff:127.0.0.1", 2121, listed.clone()),
            ("[::ffff:7f00:1]", 2121, listed),
            ("192.168.0.145", 21, Ok(Leave::Address(address("192.168.0.145:21")))),
            ("fd00:0::5", 990, Ok(Leave::Address(address("[fd00::5]:990")))),
            ("127.0.0.1", 8080, Err(Denied::Own)),
            ("::ffff:127.0.0.1", 8080, Err(Denied::Own)),
            ("127.0.0.1", 9090, Err(Denied::Own)),
            ("0.0.0.0", 9090, Err(Denied::Own)),
            ("2130706433", 2121, Err(Denied::Host(HostError::Spelling))),
            ("127.1", 2121, Err(Denied::Host(HostError::Spelling))),
            ("0x7f.1", 2121, Err(Denied::Host(HostError::Spelling))),
        ] {
            assert_eq!(policy.check_control(host, port), expected, "{host}:{port}");
        }
        for (host, port) in [
            ("ftp.example.org", 22),
            ("ftp.example.org", 0),
            ("example.org", 21),
            ("xftp.example.org", 21),
            ("ftp.example.org.evil.example", 21),
            ("127.0.0.1", 21),
            ("127.0.0.2", 2121),
            ("::1", 2121),
            ("::127.0.0.1", 2121),
            ("64:ff9b::7f00:1", 2121),
            ("169.254.169.254", 80),
            ("0.0.0.0", 2121),
            ("8.8.8.8", 21),
        ] {
            let found = policy.check_control(host, port);
            assert_eq!(found, Err(Denied::NotListed(host.into(), port)), "{host}:{port}");
        }
    }

    #[test]
    fn names_lead_to_ordinary_addresses_only() {
        let policy = policy();
        for (text, allowed) in [
            ("93.184.215.14:21", true),
            ("10.0.0.7:21", true),
            ("[2606:2800::1]:21", true),
            ("[fd12::1]:21", true),
            // Listed as an address, with this port.
            ("127.0.0.1:2121", true),
            ("[::ffff:127.0.0.1]:2121", true),
            ("127.0.0.1:21", false),
            ("[::1]:2121", false),
            ("[::ffff:127.0.0.1]:21", false),
            ("0.0.0.0:21", false),
            ("169.254.169.254:21", false),
            ("[::ffff:169.254.169.254]:21", false),
            ("[fd00:ec2::254]:21", false),
            ("[fe80::1]:21", false),
            ("100.64.0.1:21", false),
            ("224.0.0.1:21", false),
            ("[64:ff9b::a00:1]:21", false),
            ("[2002:a00:1::1]:21", false),
            ("192.0.2.1:21", false),
            ("127.0.0.1:8080", false),
        ] {
            assert_eq!(policy.check_resolved("name", address(text)).is_ok(), allowed, "{text}");
        }
    }

    #[test]
    fn data_streams() {
        let policy = policy();
        let peer: IpAddr = "192.168.0.145".parse().unwrap();
        assert_eq!(policy.check_data(peer, 50_000), Ok(address("192.168.0.145:50000")));
        assert_eq!(policy.check_data(peer, 1024), Ok(address("192.168.0.145:1024")));
        for port in [0, 20, 21, 22, 25, 80, 1023] {
            assert_eq!(policy.check_data(peer, port), Err(Denied::PrivilegedPort), "{port}");
        }
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(policy.check_data(here, 8080), Err(Denied::Own));
        assert_eq!(policy.check_data(here, 9090), Err(Denied::Own));
    }

    #[test]
    fn a_relay_that_listens_everywhere_knows_itself_by_both_ends() {
        let policy = policy();
        let (own, other) = (address("10.0.0.5:40000"), address("10.0.0.6:40000"));
        assert_eq!(policy.check_connected(own, address("10.0.0.5:9090")), Err(Denied::Own));
        assert_eq!(policy.check_connected(other, address("10.0.0.5:9090")), Ok(()));
        assert_eq!(policy.check_connected(own, address("10.0.0.5:21")), Ok(()));
    }
}
