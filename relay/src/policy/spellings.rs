//! Every way to write an address that no page may reach, against rules that allow the whole of IPv4 and IPv6.

use super::*;

/// Loopback, this machine, link-local, metadata, carrier-grade NAT, groups, translated and reserved addresses.
const SPECIAL: [&str; 76] = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.000.000.001",
    "127.0.0.01",
    "127.255.255.254",
    "2130706433",
    "02130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.0x1",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "0x7f.1",
    "0x7f.0.1",
    "127.0.0.0x1",
    "0x",
    "1.0x7f",
    "127。0。0。1",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "[127.0.0.1]",
    "127.0.0.1%lo",
    " 127.0.0.1",
    "127.0.0.1 ",
    "127.0.0.1\t",
    "127.0.0.1\0",
    "127.0.0.1:21",
    "user@127.0.0.1",
    "127.0.0.1/",
    "127.0.0.1#",
    "127.0.0.1\\",
    "%31%32%37.0.0.1",
    "::1",
    "[::1]",
    "[::1%25lo]",
    "::1%1",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "::0:1",
    "[::1]:21",
    "::ffff:127.0.0.1",
    "[::ffff:127.0.0.1]",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:7f00:1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::",
    "2001::7f00:1",
    "2001:0:0:0:0:0:80ff:fffe",
    "0",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "[::]",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "fd00:ec2::254",
    "fe80::a9fe:a9fe",
    "168.63.129.16",
    "100.100.100.200",
    "100.64.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "2001:db8::1",
];

#[test]
fn no_spelling_of_a_special_address_is_reached() {
    let text = "[[rule]]\nhosts = [\"0.0.0.0/0\", \"::/0\", \"*.example.org\"]\nports = [\"1-65535\"]\n";
    let policy = Policy::new(&Config::from_toml(text).unwrap(), Vec::new());
    for host in SPECIAL {
        let found = policy.check_control(host, 21, &Grants::default());
        assert!(found.is_err(), "{host:?}: {found:?}");
        // Nor by a name that leads there.
        if let Ok(address) = host.parse::<IpAddr>() {
            let found =
                policy.check_resolved("ftp.example.org", SocketAddr::new(address, 21), &Grants::default());
            assert!(found.is_err(), "ftp.example.org at {host}: {found:?}");
        }
    }
    for host in ["93.184.215.14", "10.1.2.3", "2606:4700::1111", "fd12::1", "a.example.org"] {
        assert!(policy.check_control(host, 21, &Grants::default()).is_ok(), "{host}");
    }
}
