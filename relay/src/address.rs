//! Hosts as the page or a configuration spells them, and what kind of network an address belongs to.
//!
//! One spelling for one address: everything that resolvers take for a number besides the standard forms
//! (`127.1`, `0x7f.1`, `2130706433`, zone ids) is refused, and IPv4-mapped addresses are unmapped first.
//! Classes: RFC 6890 and its successors, RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use thiserror::Error;

/// A host to connect to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Host {
    /// A literal address, unmapped.
    Address(IpAddr),
    /// A name in lower case without a final dot.
    Name(String),
}

/// A host that is neither a name nor an address in standard form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub(crate) enum HostError {
    /// Not the standard spelling of an address.
    #[error("addresses must be written in their standard form, without a zone")]
    Spelling,
    /// Not a host name.
    #[error("not a host name")]
    Name,
}

impl Host {
    /// Reads a host; IPv6 addresses may stand in brackets.
    pub(crate) fn parse(text: &str) -> Result<Host, HostError> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(inner) = bare {
            let address: Ipv6Addr = inner.parse().map_err(|_| HostError::Spelling)?;
            return Ok(Host::Address(IpAddr::V6(address).to_canonical()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Host::Address(address.to_canonical()));
        }
        if text.contains([':', '%']) {
            return Err(HostError::Spelling);
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if name.len() > 253 || !name.split('.').all(label) {
            return Err(HostError::Name);
        }
        // The "ends in a number" rule of the WHATWG URL standard: such hosts are IPv4 spellings to a resolver.
        let last = name.rsplit('.').next().unwrap_or_default();
        let hexadecimal = last.strip_prefix("0x").is_some_and(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        if hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(HostError::Spelling);
        }
        Ok(Host::Name(name))
    }
}

/// What an address is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Global unicast.
    Global,
    /// RFC 1918 and unique local: an intranet's own.
    Private,
    /// This machine.
    Loopback,
    /// This link.
    LinkLocal,
    /// Services that hand out a machine's credentials to whoever asks from it. Never reached, listed or not.
    Metadata,
    /// Carrier-grade NAT, RFC 6598; cloud providers use it for their own services.
    SharedNat,
    /// `0.0.0.0/8` and `::`: this machine by another name.
    Unspecified,
    /// Groups and broadcast.
    Multicast,
    /// An IPv4 address hidden in an IPv6 one: NAT64, 6to4, Teredo, IPv4-compatible.
    Translated,
    /// Documentation, benchmarking, reserved.
    Reserved,
}

impl Class {
    /// The class of an address.
    pub(crate) fn of(address: IpAddr) -> Class {
        match address.to_canonical() {
            IpAddr::V4(address) => Class::of_v4(address),
            IpAddr::V6(address) => Class::of_v6(address),
        }
    }

    /// Whether a listed *name* may lead to it. All else must be listed as an address.
    pub(crate) fn reachable_by_name(self) -> bool {
        matches!(self, Class::Global | Class::Private)
    }

    fn of_v4(address: Ipv4Addr) -> Class {
        match address.octets() {
            [0, ..] => Class::Unspecified,
            [127, ..] => Class::Loopback,
            // AWS, Azure, Google, OpenStack and most others; containers on AWS.
            [169, 254, 169, _] | [169, 254, 170, 2 | 23] => Class::Metadata,
            [169, 254, ..] => Class::LinkLocal,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Class::Private,
            // Alibaba.
            [100, 100, 100, 200] => Class::Metadata,
            [100, 64..=127, ..] => Class::SharedNat,
            [224..=239, ..] | [255, 255, 255, 255] => Class::Multicast,
            // Azure's, the one such service with an address that is otherwise global; Oracle's.
            [168, 63, 129, 16] | [192, 0, 0, 192] => Class::Metadata,
            // IETF protocol assignments; documentation; 6to4 relays; benchmarking; future use.
            [192, 0, 0 | 2, _]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
            | [240..=255, ..] => Class::Reserved,
            _ => Class::Global,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Class {
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 0] => Class::Unspecified,
            [0, 0, 0, 0, 0, 0, 0, 1] => Class::Loopback,
            // IPv4-compatible and IPv4-translated; NAT64, well-known and local-use; Teredo; 6to4.
            [0, 0, 0, 0, 0, 0, ..]
            | [0, 0, 0, 0, 0xffff, 0, ..]
            | [0x64, 0xff9b, ..]
            | [0x2001, 0, ..]
            | [0x2002, ..] => Class::Translated,
            // 169.254.169.254 as a link-local address of IPv6.
            [0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa900..=0xa9ff] => Class::Metadata,
            [0xfe80..=0xfebf, ..] => Class::LinkLocal,
            // Inside the unique local range: EC2 and its containers, Google.
            [0xfd00, 0xec2, ..] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Class::Metadata,
            [0xfc00..=0xfdff, ..] => Class::Private,
            [0xff00..=0xffff, ..] => Class::Multicast,
            // Documentation, RFC 3849 and RFC 9637; IETF protocol assignments and ORCHID.
            [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2001, 1..=0x1ff, ..] => Class::Reserved,
            // Global unicast is 2000::/3; what lies outside is not assigned.
            [0x2000..=0x3fff, ..] => Class::Global,
            _ => Class::Reserved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> Class {
        Class::of(text.parse().unwrap())
    }

    #[test]
    fn classes() {
        for (text, expected) in [
            ("8.8.8.8", Class::Global),
            ("172.15.255.255", Class::Global),
            ("172.32.0.1", Class::Global),
            ("100.63.255.255", Class::Global),
            ("2606:4700::1111", Class::Global),
            ("10.0.0.1", Class::Private),
            ("172.16.0.1", Class::Private),
            ("172.31.255.255", Class::Private),
            ("192.168.0.145", Class::Private),
            ("fd12:3456::1", Class::Private),
            ("127.0.0.1", Class::Loopback),
            ("127.255.255.254", Class::Loopback),
            ("::1", Class::Loopback),
            ("::ffff:127.0.0.1", Class::Loopback),
            ("::ffff:10.1.2.3", Class::Private),
            ("::ffff:169.254.169.254", Class::Metadata),
            ("169.254.169.254", Class::Metadata),
            ("169.254.0.1", Class::LinkLocal),
            ("168.63.129.16", Class::Metadata),
            ("fe80::1", Class::LinkLocal),
            ("fe80::a9fe:a9fe", Class::Metadata),
            ("fd20:ce::254", Class::Metadata),
            ("169.254.170.2", Class::Metadata),
            ("192.0.0.192", Class::Metadata),
            ("febf::1", Class::LinkLocal),
            ("fd00:ec2::254", Class::Metadata),
            ("100.64.0.1", Class::SharedNat),
            ("100.100.100.200", Class::Metadata),
            ("100.127.255.255", Class::SharedNat),
            ("0.0.0.0", Class::Unspecified),
            ("0.1.2.3", Class::Unspecified),
            ("::", Class::Unspecified),
            ("224.0.0.1", Class::Multicast),
            ("239.255.255.255", Class::Multicast),
            ("255.255.255.255", Class::Multicast),
            ("ff02::1", Class::Multicast),
            ("64:ff9b::7f00:1", Class::Translated),
            ("64:ff9b:1::7f00:1", Class::Translated),
            ("2002:7f00:1::", Class::Translated),
            ("2001::1", Class::Translated),
            ("::127.0.0.1", Class::Translated),
            ("::ffff:0:127.0.0.1", Class::Translated),
            ("192.0.2.1", Class::Reserved),
            ("198.51.100.7", Class::Reserved),
            ("203.0.113.9", Class::Reserved),
            ("198.18.0.1", Class::Reserved),
            ("192.0.0.1", Class::Reserved),
            ("240.0.0.1", Class::Reserved),
            ("2001:db8::1", Class::Reserved),
            ("3fff::1", Class::Reserved),
            ("2001:20::1", Class::Reserved),
            ("fec0::1", Class::Reserved),
            ("100::1", Class::Reserved),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
    }

    #[test]
    fn an_address_that_a_name_may_not_lead_to_gets_no_further_in_ipv6_clothes() {
        // Every /16 of IPv4, with its first and last address.
        for high in 0..=u16::MAX {
            for low in [0u16, 1, u16::MAX] {
                let v4 = Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
                let [a, b] = [high, low];
                if Class::of(IpAddr::V4(v4)).reachable_by_name() {
                    continue;
                }
                for v6 in [
                    v4.to_ipv6_mapped(),
                    v4.to_ipv6_compatible(),
                    Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b),
                    Ipv6Addr::new(0x2002, a, b, 0, 0, 0, 0, 1),
                ] {
                    assert!(!Class::of(IpAddr::V6(v6)).reachable_by_name(), "{v4} as {v6}");
                }
            }
        }
    }

    #[test]
    fn hosts() {
        let address = |text: &str| Ok(Host::Address(text.parse().unwrap()));
        let name = |text: &str| Ok(Host::Name(text.into()));
        for (text, expected) in [
            ("ftp.example.org", name("ftp.example.org")),
            ("FTP.Example.ORG.", name("ftp.example.org")),
            ("localhost", name("localhost")),
            ("nas_1", name("nas_1")),
            ("1a.example", name("1a.example")),
            ("127.0.0.1", address("127.0.0.1")),
            ("::ffff:127.0.0.1", address("127.0.0.1")),
            ("[::ffff:7f00:1]", address("127.0.0.1")),
            ("[::1]", address("::1")),
            ("0:0:0:0:0:0:0:1", address("::1")),
            ("127.1", Err(HostError::Spelling)),
            ("2130706433", Err(HostError::Spelling)),
            ("0x7f.1", Err(HostError::Spelling)),
            ("0x7f000001", Err(HostError::Spelling)),
            ("127.0.0.0x1", Err(HostError::Spelling)),
            ("foo.0x", Err(HostError::Spelling)),
            ("0177.0.0.1", Err(HostError::Spelling)),
            ("127.0.0.01", Err(HostError::Spelling)),
            ("127.0.0.1.", Err(HostError::Spelling)),
            ("1.2.3.4.5", Err(HostError::Spelling)),
            ("fe80::1%eth0", Err(HostError::Spelling)),
            ("fe80::1%251", Err(HostError::Spelling)),
            ("[127.0.0.1]", Err(HostError::Spelling)),
            ("a.example:21", Err(HostError::Spelling)),
            ("", Err(HostError::Name)),
            (".", Err(HostError::Name)),
            ("a..b", Err(HostError::Name)),
            ("-a.example", Err(HostError::Name)),
            ("a b", Err(HostError::Name)),
            (" 127.0.0.1", Err(HostError::Name)),
            ("127。0。0。1", Err(HostError::Name)),
            ("a\0b", Err(HostError::Name)),
            ("user@host", Err(HostError::Name)),
        ] {
            assert_eq!(Host::parse(text), expected, "{text:?}");
        }
        assert_eq!(Host::parse(&"a".repeat(64)), Err(HostError::Name));
        assert_eq!(Host::parse(&"a.".repeat(200)), Err(HostError::Name));
    }
}
