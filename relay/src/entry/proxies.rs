//! For whom a proxy asks. What a proxy says of its clients is believed from listed proxies alone: limits, blocks and the log go by these
//! addresses, and a name that a proxy vouches for opens sites.

use super::preamble::{self, Preamble};
use crate::address::Host;
use crate::config::ProxiesConfig;
use crate::policy::HostPattern;
use axum::http::HeaderMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::time::timeout;

/// Proxies in a row that are followed. There are two or three; a list of thousands is somebody's joke.
const MAX_HOPS: usize = 16;

/// The proxies that are believed.
#[derive(Debug)]
pub(crate) struct Proxies {
    networks: Vec<HostPattern>,
    proxy_protocol: bool,
}

/// Who writes the requests of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sender {
    /// The other end, or whom its PROXY header names.
    pub(crate) address: IpAddr,
    /// It is a listed proxy itself, so its headers are true.
    pub(crate) is_believed: bool,
}

impl Proxies {
    pub(crate) fn new(config: &ProxiesConfig) -> Proxies {
        Proxies { networks: config.networks.clone(), proxy_protocol: config.proxy_protocol }
    }

    /// Whether this is the address of a listed proxy.
    pub(crate) fn lists(&self, address: IpAddr) -> bool {
        let host = Host::Address(address.to_canonical());
        self.networks.iter().any(|network| network.matches(&host))
    }

    /// Who writes on a new connection from `peer`. Reads the PROXY header where one is due, and not a byte more.
    ///
    /// # Errors
    /// A header that is not there in time or cannot be understood: the connection must end, for nobody knows whose it is.
    pub(crate) async fn sender<S>(
        &self,
        socket: &mut S,
        peer: IpAddr,
        deadline: Duration,
    ) -> io::Result<Sender>
    where
        S: AsyncRead + Unpin,
    {
        let (peer, is_believed) = (peer.to_canonical(), self.lists(peer));
        if !(is_believed && self.proxy_protocol) {
            return Ok(Sender { address: peer, is_believed });
        }
        let late = || io::Error::new(io::ErrorKind::TimedOut, "no PROXY header in time");
        match timeout(deadline, preamble::read(socket)).await.map_err(|_| late())?? {
            // The bytes that follow are the client's own, whoever carries them.
            Preamble::Client(address) => Ok(Sender { address, is_believed: self.lists(address) }),
            Preamble::Unknown => Ok(Sender { address: peer, is_believed: false }),
        }
    }

    /// The client of a request. Each proxy has added the address of whoever asked it at the end of X-Forwarded-For: the rightmost address
    /// that is no listed proxy is the last that one of ours has seen. What stands before it, anybody may have written.
    pub(crate) fn client(&self, sender: Sender, headers: &HeaderMap) -> IpAddr {
        let mut client = sender.address;
        if !sender.is_believed {
            return client;
        }
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops.take(MAX_HOPS) {
            // A proxy that does not say whom it asks for is the client.
            let Some(address) = hop_address(hop) else { break };
            client = address;
            if !self.lists(client) {
                break;
            }
        }
        client
    }
}

/// An address as proxies write it: bare, or with a port.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
    let is_port = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
    };
    if let Some(inner) = text.strip_prefix('[') {
        let (address, rest) = inner.split_once(']')?;
        let well_ended = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        return address.parse::<Ipv6Addr>().ok().filter(|_| well_ended).map(canonical);
    }
    if let Some((address, port)) = text.split_once(':')
        && let (Ok(address), true) = (address.parse::<Ipv4Addr>(), is_port(port))
    {
        return Some(address.into());
    }
    text.parse::<IpAddr>().ok().map(canonical)
}

fn canonical(address: impl Into<IpAddr>) -> IpAddr {
    address.into().to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn proxies(networks: &[&str], proxy_protocol: bool) -> Proxies {
        let networks = networks.iter().map(|text| text.parse().unwrap()).collect();
        Proxies::new(&ProxiesConfig { networks, proxy_protocol })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn client(sender: &str, lines: &[&[u8]]) -> String {
        let proxies = proxies(&["10.0.0.0/8", "127.0.0.1", "fd00::/64"], false);
        let address = ip(sender).to_canonical();
        let sender = Sender { address, is_believed: proxies.lists(address) };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
        }
        proxies.client(sender, &headers).to_string()
    }

    #[test]
    fn forged_x_forwarded_for_is_believed_from_nobody_and_from_a_proxy_only_what_it_wrote_itself() {
        for (sender, lines, expected) in [
            // Nobody's proxy.
            ("192.0.2.9", &[&b"198.51.100.1"[..]][..], "192.0.2.9"),
            ("::ffff:192.0.2.9", &[b"198.51.100.1"], "192.0.2.9"),
            ("11.0.0.1", &[b"10.0.0.1, 198.51.100.1"], "11.0.0.1"),
            ("fd00:0:0:1::1", &[b"198.51.100.1"], "fd00:0:0:1::1"),
            // One proxy, in its spellings.
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &[b"198.51.100.1"], "198.51.100.1"),
            ("fd00::1", &[b"198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &[b"2001:db8::1"], "2001:db8::1"),
            ("10.0.0.1", &[b"[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", &[b"[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.1", &[b"198.51.100.1:50000"], "198.51.100.1"),
            ("10.0.0.1", &[b" \t198.51.100.1\t "], "198.51.100.1"),
            ("10.0.0.1", &[b"::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &[b"[::ffff:198.51.100.1]:1"], "198.51.100.1"),
            // What the client itself had sent stands to the left.
            ("10.0.0.1", &[b"127.0.0.1, 203.0.113.5, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &[b"203.0.113.5", b"198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &[b"203.0.113.5", b"junk", b"198.51.100.1"], "198.51.100.1"),
            // Proxies behind each other.
            ("10.0.0.1", &[b"203.0.113.5, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &[b"198.51.100.1", b"10.0.0.3,10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &[b"198.51.100.1, ::ffff:10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &[b"10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // A proxy that says nothing of use is the client itself, and what stands further left is not looked at.
            ("10.0.0.1", &[b""], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.1,"], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.1, _hidden"], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.1, \xff\xfe"], "10.0.0.1"),
            ("10.0.0.1", &[b"203.0.113.5, junk, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[b"198.51.100.1 203.0.113.5"], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.1:"], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.1:+1"], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.1:65536"], "10.0.0.1"),
            ("10.0.0.1", &[b"[198.51.100.1]"], "10.0.0.1"),
            ("10.0.0.1", &[b"[2001:db8::1"], "10.0.0.1"),
            ("10.0.0.1", &[b"[2001:db8::1]x"], "10.0.0.1"),
            ("10.0.0.1", &[b"[fe80::1%eth0]"], "10.0.0.1"),
            ("10.0.0.1", &[b"fe80::1%eth0"], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.01"], "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100"], "10.0.0.1"),
            ("10.0.0.1", &[b"3325256705"], "10.0.0.1"),
            ("10.0.0.1", &[b"0x7f.0.0.1"], "10.0.0.1"),
            ("10.0.0.1", &[b"for=198.51.100.1"], "10.0.0.1"),
            ("10.0.0.1", &[b"\"198.51.100.1\""], "10.0.0.1"),
        ] {
            let shown: Vec<_> = lines.iter().map(|line| line.escape_ascii().to_string()).collect();
            assert_eq!(client(sender, lines), expected, "{sender} {shown:?}");
        }
        // A list without an end costs no time.
        let long = "10.0.0.2,".repeat(5000) + "10.0.0.2";
        assert_eq!(client("10.0.0.1", &[b"198.51.100.1", long.as_bytes()]), "10.0.0.2");
    }

    async fn sender(proxies: &Proxies, peer: &str, bytes: &[u8]) -> (io::Result<Sender>, Vec<u8>) {
        let mut socket = bytes;
        let sender = proxies.sender(&mut socket, ip(peer), Duration::from_secs(5)).await;
        (sender, socket.to_vec())
    }

    #[tokio::test]
    async fn proxy_header_is_read_from_a_listed_proxy_only() {
        let proxies = proxies(&["10.0.0.0/8"], true);
        let bytes = b"PROXY TCP4 198.51.100.1 10.0.0.1 50000 443\r\nGET / HTTP/1.1\r\n";
        let request = b"GET / HTTP/1.1\r\n";
        // An unlisted peer has written this as a request, and so it stays one.
        let (found, left) = sender(&proxies, "192.0.2.9", bytes).await;
        assert_eq!(found.unwrap(), Sender { address: ip("192.0.2.9"), is_believed: false });
        assert_eq!(left, bytes);
        for peer in ["10.0.0.1", "::ffff:10.0.0.1"] {
            let (found, left) = sender(&proxies, peer, bytes).await;
            assert_eq!(found.unwrap(), Sender { address: ip("198.51.100.1"), is_believed: false });
            assert_eq!(left, request);
            let (none, _) = sender(&proxies, peer, request).await;
            assert_eq!(none.unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
        // A proxy that the proxy names is one whose X-Forwarded-For counts.
        let (found, _) = sender(&proxies, "10.0.0.1", b"PROXY TCP4 10.0.0.7 10.0.0.1 1 2\r\n").await;
        assert_eq!(found.unwrap(), Sender { address: ip("10.0.0.7"), is_believed: true });
        // Nobody knows who writes here: not the proxy, whose headers would be believed.
        let (found, _) = sender(&proxies, "10.0.0.1", b"PROXY UNKNOWN\r\nGET").await;
        assert_eq!(found.unwrap(), Sender { address: ip("10.0.0.1"), is_believed: false });
    }

    #[tokio::test]
    async fn without_the_switch_a_proxy_header_is_a_bad_request_like_any_other() {
        let bytes = b"PROXY TCP4 198.51.100.1 10.0.0.1 50000 443\r\n";
        let (found, left) = sender(&proxies(&["10.0.0.0/8"], false), "10.0.0.1", bytes).await;
        assert_eq!(found.unwrap(), Sender { address: ip("10.0.0.1"), is_believed: true });
        assert_eq!(left, bytes);
    }

    #[tokio::test]
    async fn a_proxy_that_says_nothing_is_given_up() {
        let (mut near, _far) = tokio::io::duplex(64);
        let deadline = Duration::from_millis(20);
        let error = proxies(&["10.0.0.1"], true).sender(&mut near, ip("10.0.0.1"), deadline).await;
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
