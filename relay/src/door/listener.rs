//! Active mode: the server connects (RFC 959 section 3.2, PORT). A listener takes one connection, from the server that its control
//! connection is with; whoever else knocks is sent away and changes nothing, so nobody can take the server's place (bounce, port stealing:
//! RFC 2577 sections 3 and 5).

use super::{Connected, Refused, Server};
use crate::config::Active;
use crate::policy::{Ports, canonical};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::{Instant, sleep, timeout};
use towpath_shared::Reason;

/// Connections that may wait to be looked at.
const BACKLOG: u32 = 8;
/// After a connection that was gone before it was accepted.
const PAUSE: Duration = Duration::from_millis(20);

/// Where the search for a free port goes on: each listener begins behind the last one, as a port that was just used may still be
/// waiting for late packets.
static TURN: AtomicU16 = AtomicU16::new(0);

/// A listener for one connection.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    peer: IpAddr,
    /// What the server is to be told.
    pub(crate) address: SocketAddr,
}

impl Listener {
    /// Listens on this side's address of the control connection, on a free port of the range.
    pub(super) fn bind(active: &Active, server: Server) -> Result<Listener, Refused> {
        let refused = |text: String| Refused::new(Reason::Unreachable, text);
        let socket = bind(server.local, active.ports)
            .map_err(|error| refused(format!("no port of {} can be listened on: {error}", active.ports)))?;
        let local = socket.local_addr().map_err(|error| refused(error.to_string()))?;
        // An address of the other family is of no use to this server.
        let told = active.address.filter(|address| address.is_ipv4() == local.is_ipv4());
        let address = SocketAddr::new(told.unwrap_or(local.ip()), local.port());
        Ok(Listener { socket, peer: server.peer, address })
    }

    /// The server's connection.
    pub(crate) async fn accept(self, deadline: Duration) -> Result<Connected, Refused> {
        let start = Instant::now();
        let accepted = timeout(deadline, async {
            loop {
                match self.socket.accept().await {
                    Ok((socket, from)) if from.ip().to_canonical() == self.peer => return (socket, from),
                    Ok((_, from)) => tracing::warn!(%from, "a stranger came to a listener"),
                    Err(_) => sleep(PAUSE).await,
                }
            }
        });
        let late = || format!("the server did not connect within {} seconds", deadline.as_secs());
        let (socket, peer) = accepted.await.map_err(|_| Refused::new(Reason::ConnectTimeout, late()))?;
        let local = socket.local_addr().unwrap_or(self.address);
        let _ = socket.set_nodelay(true);
        Ok(Connected { socket, peer: canonical(peer), local: canonical(local), elapsed: start.elapsed() })
    }
}

fn bind(local: IpAddr, ports: Ports) -> io::Result<TcpListener> {
    let listen = |port: u16| {
        let socket = if local.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.bind(SocketAddr::new(local, port))?;
        socket.listen(BACKLOG)
    };
    if ports == Ports::UNPRIVILEGED {
        return listen(0);
    }
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for port in ports.beginning_at(TURN.fetch_add(1, Ordering::Relaxed)) {
        match listen(port) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Terms;

    fn server() -> Server {
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        let terms = Terms { tls_required: false, data_ports: Ports::UNPRIVILEGED, active: true, tls: 0 };
        Server { peer: here, local: here, terms }
    }

    #[tokio::test]
    async fn ports_of_the_range_are_used_up_and_come_free_again() {
        // A range of two ports, of which nobody else has one.
        let (first, ports) = loop {
            let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
            let Some(ports) = free.checked_add(1).and_then(|next| Ports::new(free, next)) else { continue };
            let active = Active { ports, address: None };
            let both = (Listener::bind(&active, server()), Listener::bind(&active, server()));
            if let (Ok(first), Ok(second)) = both {
                assert!(ports.contains(first.address.port()) && ports.contains(second.address.port()));
                assert_ne!(first.address, second.address);
                let refused = Listener::bind(&active, server()).unwrap_err();
                assert_eq!(refused.reason, Reason::Unreachable);
                assert!(refused.text.contains(&ports.to_string()), "{}", refused.text);
                break (first, ports);
            }
        };
        drop(first);
        Listener::bind(&Active { ports, address: None }, server()).unwrap();
    }

    #[tokio::test]
    async fn servers_are_told_the_address_that_the_administrator_says() {
        let active = |text: &str| Active { ports: Ports::UNPRIVILEGED, address: Some(text.parse().unwrap()) };
        let listener = Listener::bind(&active("203.0.113.7"), server()).unwrap();
        assert_eq!(listener.address.ip().to_string(), "203.0.113.7");
        assert_eq!(listener.address.port(), listener.socket.local_addr().unwrap().port());
        let listener = Listener::bind(&active("2001:db8::7"), server()).unwrap();
        assert_eq!(listener.address.ip().to_string(), "127.0.0.1");
    }

    #[tokio::test]
    async fn nobody_who_comes_is_an_error_with_an_end() {
        let listener = Listener::bind(&Active::default(), server()).unwrap();
        let refused = listener.accept(Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(refused.reason, Reason::ConnectTimeout);
    }
}
