//! Connecting, from an address of this machine's that was used before (rule D13 of our research: FileZilla and lftp bind data sockets to
//! the control connection's address, for servers that compare the two and for machines with several).

use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::{TcpSocket, TcpStream};

/// Connects to an address, from this one if it is given and of the same family. Where the port that the system chose is just being used for
/// the same connection, another one is tried, once.
///
/// # Errors
/// The system's.
pub async fn dial(to: SocketAddr, from: Option<IpAddr>) -> io::Result<TcpStream> {
    twice(|| attempt(to, from)).await
}

async fn attempt(to: SocketAddr, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(from) = from.filter(|from| from.is_ipv4() == to.is_ipv4()) {
        // A port whose last connection lingers will do for another server's port, or many small files would use them all up.
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(from, 0))?;
    }
    socket.connect(to).await
}

/// Tries once more where a port or address was in use.
async fn twice<T, F: Future<Output = io::Result<T>>>(attempt: impl Fn() -> F) -> io::Result<T> {
    use io::ErrorKind::{AddrInUse, AddrNotAvailable};
    match attempt().await {
        Err(error) if matches!(error.kind(), AddrInUse | AddrNotAvailable) => attempt().await,
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn d13_a_port_in_use_is_tried_again_once_and_other_faults_are_not() {
        for (kind, again_works, tries, works) in [
            (io::ErrorKind::AddrInUse, true, 2, true),
            (io::ErrorKind::AddrNotAvailable, true, 2, true),
            (io::ErrorKind::AddrInUse, false, 2, false),
            (io::ErrorKind::ConnectionRefused, true, 1, false),
        ] {
            let count = Cell::new(0);
            let result = twice(|| {
                count.set(count.get() + 1);
                let works = count.get() > 1 && again_works;
                std::future::ready(if works { Ok(()) } else { Err(io::Error::from(kind)) })
            });
            assert_eq!((result.await.is_ok(), count.get()), (works, tries), "{kind:?}");
        }
    }

    #[tokio::test]
    async fn d13_it_comes_from_the_address_that_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        for (from, seen) in
            [(Some("127.0.0.9"), "127.0.0.9"), (None, "127.0.0.1"), (Some("2001:db8::1"), "127.0.0.1")]
        {
            let _socket = dial(to, from.map(|from| from.parse().unwrap())).await.unwrap();
            let (_, peer) = listener.accept().await.unwrap();
            assert_eq!(peer.ip().to_string(), seen, "{from:?}");
        }
        assert!(dial(to, Some("192.0.2.1".parse().unwrap())).await.is_err(), "an address of another machine");
    }
}
