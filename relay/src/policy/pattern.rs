//! What a rule says of hosts: a name, all names below one, an address, a network.

use crate::address::{Class, Host, HostError};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use thiserror::Error;

/// A set of hosts.
///
/// An address of a special class (loopback, link-local, multicast and the like) belongs to a network only where the whole network is
/// of that class: `0.0.0.0/0` is every ordinary address, `127.0.0.0/8` is loopback because it says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostPattern(Kind);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    /// `ftp.example.org`.
    Name(String),
    /// `*.example.org`: every name below it, at any depth, but not itself.
    Below(String),
    /// `192.0.2.7`.
    Address(IpAddr),
    /// `10.20.0.0/16`: the first address and the number of bits that count.
    Network(IpAddr, u32),
}

/// Text that is no [`HostPattern`].
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PatternError {
    /// Not the standard spelling of an address, or no host name.
    #[error("{0:?} is no host: {1}")]
    Host(String, String),
    /// Bits of a network that are no number or too many.
    #[error("{0:?} is no network such as 10.20.0.0/16 or fd12::/64")]
    Network(String),
    /// Bits behind those that count, such as `10.20.0.1/16`: whoever wrote it may have meant one address.
    #[error("{0:?} has bits behind its prefix; the network is written {1}")]
    Bits(String, String),
    /// An address that hands out credentials of machines to whoever asks.
    #[error("{0:?} is the address of a metadata service, which the relay never connects to")]
    Metadata(String),
}

impl HostPattern {
    /// Whether it lists addresses, not names.
    pub(crate) fn is_addresses(&self) -> bool {
        matches!(self.0, Kind::Address(_) | Kind::Network(..))
    }

    /// Whether this host, as a page names it, is one of them. A name is matched by its letters alone, whatever it resolves to.
    pub(crate) fn matches(&self, host: &Host) -> bool {
        match (host, &self.0) {
            (Host::Name(name), Kind::Name(known)) => name == known,
            (Host::Name(name), Kind::Below(parent)) => {
                name.strip_suffix(parent.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (Host::Address(address), Kind::Address(known)) => address == known,
            (Host::Address(address), Kind::Network(first, bits)) => contains(*first, *bits, *address),
            _ => false,
        }
    }
}

/// Whether an address is in a network, special addresses by the rule of [`HostPattern`].
fn contains(first: IpAddr, bits: u32, address: IpAddr) -> bool {
    let (Some((start, end)), Some((place, _))) = (ends(first, bits), ends(address, width(address))) else {
        return false;
    };
    if width(first) != width(address) || !(start..=end).contains(&place) {
        return false;
    }
    let class = Class::of(address);
    class.reachable_by_name() || [start, end].iter().all(|number| Class::of(at(first, *number)) == class)
}

/// Bits of an address.
fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The first and the last address of a network, as numbers; `None` with more bits than there are.
fn ends(address: IpAddr, bits: u32) -> Option<(u128, u128)> {
    let number = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let free = width(address).checked_sub(bits)?;
    // Of no bits that count all are free, and a number cannot be shifted by all of its bits.
    let mask = u128::MAX.checked_shl(free).map_or(u128::MAX, |upper| !upper);
    Some((number & !mask, number | mask))
}

/// The address of the same kind with this number.
fn at(like: IpAddr, number: u128) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(number & u128::from(u32::MAX)).unwrap_or_default().into()),
        IpAddr::V6(_) => IpAddr::V6(number.into()),
    }
}

impl FromStr for HostPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<HostPattern, PatternError> {
        let host = |part: &str| {
            Host::parse(part)
                .map_err(|error: HostError| PatternError::Host(text.to_owned(), error.to_string()))
        };
        let kind = if let Some((address, bits)) = text.split_once('/') {
            network(text, address, bits)?
        } else if let Some(parent) = text.strip_prefix("*.") {
            match host(parent)? {
                Host::Name(name) => Kind::Below(name),
                Host::Address(_) => return Err(PatternError::Network(text.to_owned())),
            }
        } else {
            match host(text)? {
                Host::Name(name) => Kind::Name(name),
                Host::Address(address) => Kind::Address(address),
            }
        };
        match kind {
            Kind::Address(address) | Kind::Network(address, _) if Class::of(address) == Class::Metadata => {
                Err(PatternError::Metadata(text.to_owned()))
            }
            kind => Ok(HostPattern(kind)),
        }
    }
}

fn network(text: &str, address: &str, bits: &str) -> Result<Kind, PatternError> {
    let wrong = || PatternError::Network(text.to_owned());
    let plain = !bits.is_empty() && bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit());
    let bits: u32 = if plain { bits.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
    // An IPv4 address in the clothes of IPv6 has other bits than it seems to have.
    let Ok(address) = address.parse::<IpAddr>() else { return Err(wrong()) };
    if address.to_canonical() != address {
        return Err(wrong());
    }
    let (first, _) = ends(address, bits).ok_or_else(wrong)?;
    let first = at(address, first);
    if first != address {
        return Err(PatternError::Bits(text.to_owned(), format!("{first}/{bits}")));
    }
    Ok(Kind::Network(first, bits))
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Name(name) => f.write_str(name),
            Kind::Below(parent) => write!(f, "*.{parent}"),
            Kind::Address(address) => write!(f, "{address}"),
            Kind::Network(first, bits) => write!(f, "{first}/{bits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, host: &str) -> bool {
        pattern.parse::<HostPattern>().unwrap().matches(&Host::parse(host).unwrap())
    }

    #[test]
    fn names_and_what_is_below_them() {
        assert!(matches("FTP.example.org.", "ftp.example.org"));
        for (host, is_below) in [
            ("a.example.org", true),
            ("a.b.example.org", true),
            ("A.EXAMPLE.ORG.", true),
            ("example.org", false),
            ("evilexample.org", false),
            ("a.example.org.evil.example", false),
            ("192.0.2.7", false),
        ] {
            assert_eq!(matches("*.example.org", host), is_below, "{host}");
        }
    }

    #[test]
    fn networks_have_their_addresses_and_no_special_ones_by_the_way() {
        for (network, address, inside) in [
            ("10.20.0.0/16", "10.20.0.0", true),
            ("10.20.0.0/16", "10.20.255.255", true),
            ("10.20.0.0/16", "::ffff:10.20.3.4", true),
            ("10.20.0.0/16", "10.21.0.0", false),
            ("10.20.0.0/16", "10.19.255.255", false),
            ("192.168.7.7/32", "192.168.7.7", true),
            ("192.168.7.7/32", "192.168.7.6", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "10.1.2.3", true),
            ("0.0.0.0/0", "127.0.0.1", false),
            ("0.0.0.0/0", "169.254.169.254", false),
            ("0.0.0.0/0", "0.0.0.0", false),
            ("0.0.0.0/0", "255.255.255.255", false),
            ("0.0.0.0/0", "100.64.0.1", false),
            ("0.0.0.0/0", "2606:4700::1111", false),
            ("126.0.0.0/7", "127.0.0.1", false),
            ("126.0.0.0/7", "126.0.0.1", true),
            ("127.0.0.0/8", "127.0.0.1", true),
            ("127.0.0.0/8", "127.255.255.255", true),
            ("169.254.0.0/16", "169.254.3.4", true),
            ("169.254.0.0/16", "169.254.169.254", false),
            ("100.64.0.0/10", "100.64.0.1", true),
            ("100.64.0.0/10", "100.100.100.200", false),
            ("::/0", "2606:4700::1111", true),
            ("::/0", "fd12::1", true),
            ("::/0", "::1", false),
            ("::/0", "64:ff9b::a00:1", false),
            ("::/0", "2002:a00:1::1", false),
            ("::/0", "fe80::1", false),
            ("::/0", "8.8.8.8", false),
            ("::1/128", "::1", true),
            ("fd12:3456::/32", "fd12:3456:ffff::1", true),
            ("fd12:3456::/32", "fd12:3457::1", false),
            ("fd00::/8", "fd00:ec2::254", false),
        ] {
            assert_eq!(matches(network, address), inside, "{address} in {network}");
        }
        assert!(!matches("10.0.0.0/8", "ten.example.org"));
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "*",
            "*.",
            "*.10.0.0.1",
            "a.*.example",
            "a b",
            "127.1",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/08x",
            "10.0/8",
            "::/129",
            "fe80::1%eth0",
            "fe80::1%eth0/64",
            "::ffff:10.0.0.0/104",
            "example.org/24",
            "10.0.0.0/8/8",
            "10.20.0.1/16",
            "169.254.169.254",
            "169.254.169.254/32",
            "fd00:ec2::254",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text:?}");
        }
        let error = "10.20.0.1/16".parse::<HostPattern>().unwrap_err().to_string();
        assert!(error.contains("10.20.0.0/16"), "{error}");
    }

    #[test]
    fn they_read_as_they_are_written() {
        for text in [
            "ftp.example.org",
            "*.example.org",
            "192.0.2.7",
            "10.20.0.0/16",
            "fd12::/64",
            "0.0.0.0/0",
            "::/0",
        ] {
            assert_eq!(text.parse::<HostPattern>().unwrap().to_string(), text);
        }
    }
}
