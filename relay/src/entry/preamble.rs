//! The PROXY protocol, versions 1 and 2: a header before all other bytes of a connection, in which a proxy that passes bytes on names its
//! client (haproxy.org, proxy-protocol.txt).
//!
//! Nothing is read beyond the header: TLS or HTTP takes the socket as it is.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What version 2 begins with.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with its end.
const MAX_LINE: usize = 107;
/// The longest rest of a header of version 2, in bytes: addresses, and additions that the relay has no use for, such as certificates.
const MAX_REST: usize = 4096;

/// Whom a header names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Preamble {
    /// The client's address.
    Client(IpAddr),
    /// Nobody with an address: the proxy's own probe, or a client on a Unix socket.
    Unknown,
}

/// Reads a header and nothing after it.
///
/// # Errors
/// What is no header, or ends before it is whole.
pub(super) async fn read<S: AsyncRead + Unpin>(socket: &mut S) -> io::Result<Preamble> {
    // The shortest line of version 1 is longer.
    let mut start = [0; SIGNATURE.len()];
    socket.read_exact(&mut start).await?;
    if start == SIGNATURE {
        return binary(socket).await;
    }
    if !start.starts_with(b"PROXY ") {
        return Err(invalid("no PROXY header, although the proxy has to send one"));
    }
    let mut line = start.to_vec();
    // Byte by byte, as the line says its end itself; it is short and comes in one packet.
    while !line.ends_with(b"\r\n") {
        if line.len() == MAX_LINE {
            return Err(invalid("the line of the PROXY header has no end"));
        }
        line.push(socket.read_u8().await?);
    }
    text(&line).ok_or_else(|| invalid("the line of the PROXY header cannot be understood"))
}

/// `PROXY TCP4 192.0.2.7 192.0.2.1 50000 443`.
fn text(line: &[u8]) -> Option<Preamble> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix("\r\n")?;
    let mut words = line.split(' ').skip(1);
    let family = words.next()?;
    if family == "UNKNOWN" {
        // The rest of the line means nothing.
        return Some(Preamble::Unknown);
    }
    let (source, target) = (words.next()?, words.next()?);
    let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port.to_string() == text);
    let (from, to) = (words.next()?, words.next()?);
    if words.next().is_some() || !is_port(from) || !is_port(to) {
        return None;
    }
    let client: IpAddr = match family {
        "TCP4" => target.parse::<Ipv4Addr>().and(source.parse::<Ipv4Addr>()).ok()?.into(),
        "TCP6" => target.parse::<Ipv6Addr>().and(source.parse::<Ipv6Addr>()).ok()?.into(),
        _ => return None,
    };
    Some(Preamble::Client(client.to_canonical()))
}

/// What follows the signature of version 2.
async fn binary<S: AsyncRead + Unpin>(socket: &mut S) -> io::Result<Preamble> {
    let mut head = [0; 4];
    socket.read_exact(&mut head).await?;
    let [command, family, high, low] = head;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > MAX_REST {
        return Err(invalid("the PROXY header is too long"));
    }
    let mut rest = vec![0; length];
    socket.read_exact(&mut rest).await?;
    match (command, family) {
        // LOCAL: the proxy itself, whatever follows. And families without addresses of machines.
        (0x20, _) | (0x21, 0x00 | 0x31) => Ok(Preamble::Unknown),
        (0x21, 0x11) => first(&rest, 12).map(|octets: [u8; 4]| client(octets.into())),
        (0x21, 0x21) => first(&rest, 36).map(|octets: [u8; 16]| client(octets.into())),
        _ => Err(invalid("the PROXY header is of a version, command or family that there is not")),
    }
}

/// The source address, which comes first, if the addresses and ports are all there.
fn first<const N: usize>(rest: &[u8], addresses: usize) -> io::Result<[u8; N]> {
    let whole = rest.get(..addresses).and_then(|addresses| addresses.first_chunk());
    whole.copied().ok_or_else(|| invalid("the PROXY header is shorter than its addresses"))
}

fn client(address: IpAddr) -> Preamble {
    Preamble::Client(address.to_canonical())
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of a header with a request behind it; the request must be left.
    async fn found(header: &[u8]) -> io::Result<Preamble> {
        let bytes = [header, b"GET /"].concat();
        let mut socket = &bytes[..];
        let found = read(&mut socket).await?;
        assert_eq!(socket, b"GET /", "{}", header.escape_ascii());
        Ok(found)
    }

    fn client(text: &str) -> Option<Preamble> {
        Some(Preamble::Client(text.parse().unwrap()))
    }

    #[tokio::test]
    async fn version_1() {
        let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(MAX_LINE - 16));
        let longer = format!("PROXY UNKNOWN {}\r\n", "x".repeat(MAX_LINE - 15));
        let ipv6 = "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n";
        let full = "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
        for (line, expected) in [
            ("PROXY TCP4 198.51.100.1 192.0.2.1 50000 443\r\n", client("198.51.100.1")),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", client("255.255.255.255")),
            (ipv6, client("2001:db8::1")),
            (full, client("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
            ("PROXY TCP6 ::ffff:198.51.100.1 ::1 1 1\r\n", client("198.51.100.1")),
            ("PROXY UNKNOWN\r\n", Some(Preamble::Unknown)),
            ("PROXY UNKNOWN 198.51.100.1 192.0.2.1 50000 443\r\n", Some(Preamble::Unknown)),
            (&longest, Some(Preamble::Unknown)),
            (&longer, None),
            ("PROXY TCP4 198.51.100.1 192.0.2.1 50000\r\n", None),
            ("PROXY TCP4 198.51.100.1 192.0.2.1 50000 443 1\r\n", None),
            ("PROXY TCP4 198.51.100.1  192.0.2.1 50000 443\r\n", None),
            ("PROXY  TCP4 198.51.100.1 192.0.2.1 50000 443\r\n", None),
            ("PROXY TCP4 198.51.100.1 192.0.2.1 50000 443 \r\n", None),
            ("PROXY TCP4\t198.51.100.1 192.0.2.1 50000 443\r\n", None),
            ("PROXY TCP4 198.51.100.1 192.0.2.1 +50000 443\r\n", None),
            ("PROXY TCP4 198.51.100.1 192.0.2.1 00443 443\r\n", None),
            ("PROXY TCP4 198.51.100.1 192.0.2.1 65536 443\r\n", None),
            ("PROXY TCP4 198.51.100.01 192.0.2.1 50000 443\r\n", None),
            ("PROXY TCP4 2001:db8::1 192.0.2.1 50000 443\r\n", None),
            ("PROXY TCP4 198.51.100.1 2001:db8::1 50000 443\r\n", None),
            ("PROXY TCP6 198.51.100.1 192.0.2.1 50000 443\r\n", None),
            ("PROXY TCP6 [2001:db8::1] 2001:db8::2 1 1\r\n", None),
            ("PROXY TCP6 fe80::1%eth0 fe80::2 1 1\r\n", None),
            ("PROXY UDP4 198.51.100.1 192.0.2.1 50000 443\r\n", None),
            ("PROXY tcp4 198.51.100.1 192.0.2.1 50000 443\r\n", None),
            ("proxy TCP4 198.51.100.1 192.0.2.1 50000 443\r\n", None),
            ("PROXY TCP4 198.51.100.1 192.0.2.1 50000 443\n", None),
            ("PROXY \r\n\r\n\r\n\r\n", None),
            ("GET / HTTP/1.1\r\nx: PROXY TCP4 198.51.100.1\r\n", None),
        ] {
            assert_eq!(found(line.as_bytes()).await.ok(), expected, "{line:?}");
        }
    }

    fn header(command: u8, family: u8, length: u16, rest: &[u8]) -> Vec<u8> {
        let length = length.to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    #[tokio::test]
    async fn version_2() {
        let v4 = [198, 51, 100, 1, 192, 0, 2, 1, 0xc3, 0x50, 1, 0xbb];
        let mut v6 = [0; 36];
        v6[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        v6[15] = 1;
        let mut mapped = [0; 36];
        mapped[10..16].copy_from_slice(&[0xff, 0xff, 198, 51, 100, 1]);
        let additions = [&v4[..], &[4; 200]].concat();
        let most = [&v4[..], &[0; MAX_REST - 12]].concat();
        let too_much = [&v4[..], &[0; MAX_REST - 11]].concat();
        let whole = |command, family, rest: &[u8]| header(command, family, rest.len() as u16, rest);
        for (what, bytes, expected) in [
            ("IPv4", whole(0x21, 0x11, &v4), client("198.51.100.1")),
            ("IPv6", whole(0x21, 0x21, &v6), client("2001:db8::1")),
            ("mapped IPv4", whole(0x21, 0x21, &mapped), client("198.51.100.1")),
            ("additions", whole(0x21, 0x11, &additions), client("198.51.100.1")),
            ("the longest", whole(0x21, 0x11, &most), client("198.51.100.1")),
            ("oversized", whole(0x21, 0x11, &too_much), None),
            ("oversized without its bytes", header(0x21, 0x11, 0xffff, &v4), None),
            ("oversized LOCAL", header(0x20, 0x00, 0xffff, &[]), None),
            ("LOCAL", whole(0x20, 0x00, &[]), Some(Preamble::Unknown)),
            ("LOCAL with an address", whole(0x20, 0x11, &v4), Some(Preamble::Unknown)),
            ("UNSPEC", whole(0x21, 0x00, &[1, 2, 3]), Some(Preamble::Unknown)),
            ("Unix socket", whole(0x21, 0x31, &[7; 216]), Some(Preamble::Unknown)),
            ("truncated IPv4", whole(0x21, 0x11, &v4[..11]), None),
            ("truncated IPv6", whole(0x21, 0x21, &v6[..35]), None),
            ("no addresses", whole(0x21, 0x11, &[]), None),
            ("IPv6 in the length of IPv4", whole(0x21, 0x21, &v4), None),
            ("datagram", whole(0x21, 0x12, &v4), None),
            ("unknown family", whole(0x21, 0x41, &v4), None),
            ("unknown command", whole(0x22, 0x11, &v4), None),
            ("version 1", whole(0x11, 0x11, &v4), None),
            ("version 3", whole(0x31, 0x11, &v4), None),
        ] {
            assert_eq!(found(&bytes).await.ok(), expected, "{what}");
        }
    }

    #[tokio::test]
    async fn a_header_that_ends_early_is_an_error_at_every_place() {
        let binary = header(0x21, 0x11, 12, &[198, 51, 100, 1, 192, 0, 2, 1, 0xc3, 0x50, 1, 0xbb]);
        for whole in [&b"PROXY TCP4 198.51.100.1 192.0.2.1 50000 443\r\n"[..], &binary] {
            for length in 0..whole.len() {
                assert!(read(&mut &whole[..length]).await.is_err(), "{length}");
            }
            assert!(read(&mut &whole[..]).await.is_ok());
        }
    }
}
