//! The one door to the network: no other module connects to anything or listens for servers.
//!
//! A name is resolved once; every address is judged by [`Policy`], and the connection goes to the judged address, not to the
//! name, so a name server that changes its mind in between changes nothing. The address at the other end is judged once more.

mod dial;
mod listener;

pub use dial::dial;
pub(crate) use listener::Listener;

use crate::config::Active;
use crate::policy::{Denied, Leave, Policy, Terms, canonical};
use crate::visitor::Grants;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use towpath_shared::Reason;

/// A resolver: addresses of a host name.
pub(crate) type Resolve = dyn Fn(String) -> Answer + Send + Sync;
/// What a [`Resolve`] promises.
pub(crate) type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Name lookups at once. The system's resolver blocks a thread each and cannot be interrupted.
const LOOKUPS: usize = 16;
/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// The door.
pub(crate) struct Door {
    policy: Policy,
    active: Active,
    resolve: Box<Resolve>,
    deadline: Duration,
}

/// A connection that the policy allows.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) socket: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) elapsed: Duration,
}

/// What a control connection has found out: where its data connections go to, or come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Server {
    pub(crate) peer: IpAddr,
    /// This side's address of the control connection: the one that the server can reach, for it answers there.
    pub(crate) local: IpAddr,
    pub(crate) terms: Terms,
}

/// No connection, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    pub(crate) reason: Reason,
    pub(crate) text: String,
    /// Which part of the policy it was, in a word, where it was the policy.
    pub(crate) denied: Option<&'static str>,
}

impl Refused {
    pub(crate) fn new(reason: Reason, text: impl Into<String>) -> Refused {
        Refused { reason, text: text.into(), denied: None }
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Refused {
        Refused { denied: Some(denied.label()), ..Refused::new(Reason::PolicyDenied, denied.to_string()) }
    }
}

impl Door {
    /// A door that asks the system for names. `deadline` covers lookup and connection together.
    pub(crate) fn new(policy: Policy, active: Active, deadline: Duration) -> Door {
        let lookups = Arc::new(Semaphore::new(LOOKUPS));
        let resolve = Box::new(move |name| -> Answer { Box::pin(lookup(lookups.clone(), name)) });
        Door { active, ..Door::with_resolver(policy, deadline, resolve) }
    }

    fn with_resolver(policy: Policy, deadline: Duration, resolve: Box<Resolve>) -> Door {
        Door { policy, active: Active::default(), resolve, deadline }
    }

    /// Connects a control stream of a visitor, and says on what terms.
    pub(crate) async fn open_control(
        &self,
        host: &str,
        port: u16,
        grants: &Grants,
    ) -> Result<(Connected, Server), Refused> {
        let start = Instant::now();
        let deadline = start + self.deadline;
        let (leave, terms) = self.policy.check_control(host, port, grants)?;
        let addresses = match leave {
            Leave::Address(address) => vec![address],
            Leave::Resolve(name, port) => self.resolved(&name, port, grants, deadline).await?,
        };
        let connected = self.connect(&addresses, None, start, deadline).await?;
        let server = Server { peer: connected.peer.ip(), local: connected.local.ip(), terms };
        Ok((connected, server))
    }

    /// Connects a data stream to the peer of its control stream, on the terms of that one.
    pub(crate) async fn open_data(&self, server: Server, port: u16) -> Result<Connected, Refused> {
        let start = Instant::now();
        let address = self.policy.check_data(server.peer, port, server.terms)?;
        self.connect(&[address], Some(server.local), start, start + self.deadline).await
    }

    /// Listens for a data connection of a server.
    pub(crate) fn listen(&self, server: Server) -> Result<Listener, Refused> {
        Policy::check_listen(server.terms)?;
        Listener::bind(&self.active, server)
    }

    /// Whether any server may be listened for.
    pub(crate) fn listens(&self) -> bool {
        self.policy.listens()
    }

    /// The allowed addresses of a name. One forbidden address does not spoil the others.
    async fn resolved(
        &self,
        name: &str,
        port: u16,
        grants: &Grants,
        deadline: Instant,
    ) -> Result<Vec<SocketAddr>, Refused> {
        let not_found = |text: String| Refused::new(Reason::NameNotFound, text);
        let found = timeout_at(deadline, (self.resolve)(name.to_owned()))
            .await
            .map_err(|_| not_found(format!("{name}: the name lookup took too long")))?
            .map_err(|error| not_found(format!("{name}: {error}")))?;
        let (mut allowed, mut denied) = (Vec::new(), None);
        for ip in found.into_iter().take(MAX_ADDRESSES) {
            match self.policy.check_resolved(name, SocketAddr::new(ip, port), grants) {
                Ok(address) => allowed.push(address),
                Err(reason) => denied = Some(reason),
            }
        }
        match (allowed.is_empty(), denied) {
            (false, _) => Ok(allowed),
            (true, Some(reason)) => Err(reason.into()),
            (true, None) => Err(not_found(format!("{name} has no address"))),
        }
    }

    /// Tries one address after the other; an address that does not answer uses up its share of the time only.
    async fn connect(
        &self,
        addresses: &[SocketAddr],
        from: Option<IpAddr>,
        start: Instant,
        deadline: Instant,
    ) -> Result<Connected, Refused> {
        let mut last = Refused::new(Reason::Unreachable, "no address to connect to");
        for (index, address) in addresses.iter().enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            let others = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            match timeout(left / others, dial(*address, from)).await {
                Ok(Ok(socket)) => return self.connected(socket, start),
                Ok(Err(error)) => last = refused(*address, &error),
                Err(_) => {
                    let text = format!("{address} did not answer in time");
                    last = Refused::new(Reason::ConnectTimeout, text);
                }
            }
        }
        Err(last)
    }

    fn connected(&self, socket: TcpStream, start: Instant) -> Result<Connected, Refused> {
        let ends = || Ok::<_, io::Error>((socket.local_addr()?, socket.peer_addr()?));
        let (local, peer) = ends().map_err(|error| {
            Refused::new(Reason::PeerReset, format!("the connection broke at once: {error}"))
        })?;
        self.policy.check_connected(local, peer)?;
        // A small reply or the end of a file must not wait for the acknowledgement of what went before.
        let _ = socket.set_nodelay(true);
        Ok(Connected { socket, peer: canonical(peer), local: canonical(local), elapsed: start.elapsed() })
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Door").field("policy", &self.policy).finish_non_exhaustive()
    }
}

async fn lookup(lookups: Arc<Semaphore>, name: String) -> io::Result<Vec<IpAddr>> {
    let permit = lookups.acquire_owned().await.map_err(io::Error::other)?;
    let task = tokio::task::spawn_blocking(move || {
        // Held until the resolver comes back, even where nobody waits any more.
        let _permit = permit;
        let found = (name.as_str(), 0).to_socket_addrs()?;
        Ok(found.map(|address| address.ip()).collect())
    });
    task.await.map_err(io::Error::other)?
}

fn refused(address: SocketAddr, error: &io::Error) -> Refused {
    use io::ErrorKind as Kind;
    let reason = match error.kind() {
        Kind::ConnectionRefused => Reason::Refused,
        Kind::TimedOut => Reason::ConnectTimeout,
        Kind::ConnectionReset | Kind::ConnectionAborted => Reason::PeerReset,
        _ => Reason::Unreachable,
    };
    Refused::new(reason, format!("{address}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Target};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::net::TcpListener;

    /// A door whose resolver gives one list of addresses after the other, and how often it was asked.
    fn door(targets: &[(&str, u16)], answers: &[&[&str]]) -> (Door, Arc<AtomicUsize>) {
        let targets: Vec<Target> = targets.iter().map(|(host, port)| Target::new(*host, *port)).collect();
        let answers: Vec<Vec<IpAddr>> =
            answers.iter().map(|list| list.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let resolve = move |_: String| -> Answer {
            let turn = counter.fetch_add(1, Ordering::SeqCst);
            let answer = answers.get(turn).cloned().unwrap_or_default();
            Box::pin(async move { Ok(answer) })
        };
        let policy = Policy::new(&Config { targets, ..Config::default() }, Vec::new());
        (Door::with_resolver(policy, Duration::from_secs(5), Box::new(resolve)), asked)
    }

    #[tokio::test]
    async fn a_name_that_leads_to_loopback_needs_the_address_to_be_listed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (closed, _) = door(&[("localhost", port)], &[&["127.0.0.1"], &["::ffff:127.0.0.1"]]);
        for _ in 0..2 {
            let refused = closed.open_control("localhost", port, &Grants::default()).await.unwrap_err();
            assert_eq!(refused.reason, Reason::PolicyDenied);
        }
        let (open, _) = door(&[("localhost", port), ("127.0.0.1", port)], &[&["127.0.0.1"]]);
        let (connected, _) = open.open_control("localhost", port, &Grants::default()).await.unwrap();
        assert_eq!(connected.peer, listener.local_addr().unwrap());
    }

    #[tokio::test]
    async fn a_name_is_resolved_once_and_forbidden_addresses_are_skipped() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let targets = [("host.example", port), ("127.0.0.1", port)];
        let (door, asked) = door(&targets, &[&["169.254.169.254", "127.0.0.2", "127.0.0.1"], &["127.0.0.9"]]);
        let (connected, server) = door.open_control("host.example", port, &Grants::default()).await.unwrap();
        assert_eq!(connected.peer.ip().to_string(), "127.0.0.1");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        // The data stream goes where the control stream went, whatever the name leads to by now.
        let data = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = data.local_addr().unwrap().port();
        let connected = door.open_data(server, port).await.unwrap();
        assert_eq!(connected.peer, data.local_addr().unwrap());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_is_not_listed_is_not_even_resolved() {
        let (door, asked) = door(&[("host.example", 21)], &[&["127.0.0.1"]]);
        for (host, port) in [("host.example", 22), ("other.example", 21), ("127.0.0.1", 21), ("127.1", 21)] {
            let refused = door.open_control(host, port, &Grants::default()).await.unwrap_err();
            assert_eq!(refused.reason, Reason::PolicyDenied, "{host}:{port}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_closed_port_is_refused_and_a_name_without_address_is_not_found() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let (door, _) = door(&[("127.0.0.1", port), ("host.example", 21)], &[&[]]);
        assert_eq!(
            door.open_control("127.0.0.1", port, &Grants::default()).await.unwrap_err().reason,
            Reason::Refused
        );
        assert_eq!(
            door.open_control("host.example", 21, &Grants::default()).await.unwrap_err().reason,
            Reason::NameNotFound
        );
    }

    #[tokio::test]
    async fn a_resolver_that_hangs_is_given_up() {
        let targets = vec![Target::new("host.example", 21)];
        let policy = Policy::new(&Config { targets, ..Config::default() }, Vec::new());
        let resolve = |_: String| -> Answer { Box::pin(std::future::pending()) };
        let door = Door::with_resolver(policy, Duration::from_millis(20), Box::new(resolve));
        let refused = door.open_control("host.example", 21, &Grants::default()).await.unwrap_err();
        assert_eq!(refused.reason, Reason::NameNotFound);
    }
}
