//! What the tests share: a relay in this process, the two ways to a server, and witnesses for failures.

use std::net::Ipv4Addr;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use towpath_ftp::{Name, RemotePath, Site};
use towpath_relay::config::Target;
use towpath_relay::tls::Roots;
use towpath_relay::{Config, run};
use towpath_tests::driver::{Client, Relay, Transport};
use towpath_tests::server::Server;

/// The two ways to a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    Native,
    Relay,
}

impl Way {
    /// A transport that reaches these control ports of 127.0.0.1. The relay runs as long as the second value lives.
    pub(crate) async fn open(self, ports: &[u16]) -> (Transport, Option<RelayProcess>) {
        match self {
            Way::Native => (Transport::Direct(Roots::none().into()), None),
            Way::Relay => {
                let relay = RelayProcess::start(ports).await;
                let link = Relay::connect(&relay.address()).await.expect("the relay takes the link");
                (Transport::Relay(link), Some(relay))
            }
        }
    }

    /// A transport that reaches this server, which may come to the relay as well (active mode).
    pub(crate) async fn to(self, server: &Server) -> (Transport, Option<RelayProcess>) {
        match self {
            Way::Native => (Transport::Direct(Roots::none().into()), None),
            Way::Relay => {
                let mut config = Config::default();
                config.targets.push(Target { active: true, ..Target::new(server.host(), server.port()) });
                // A test may log in more often than a person; what the limit does is tested with the policy.
                config.limits.opens_per_minute = 10_000;
                let relay = RelayProcess::with(config).await;
                let link = Relay::connect(&relay.address()).await.expect("the relay takes the link");
                (Transport::Relay(link), Some(relay))
            }
        }
    }
}

/// A relay in this process.
pub(crate) struct RelayProcess {
    pub(crate) port: u16,
    _stop: oneshot::Sender<()>,
}

impl RelayProcess {
    /// A relay that lists these control ports of 127.0.0.1.
    pub(crate) async fn start(ports: &[u16]) -> RelayProcess {
        let mut config = Config::default();
        config.targets.extend(ports.iter().map(|port| Target::new("127.0.0.1", *port)));
        RelayProcess::with(config).await
    }

    pub(crate) async fn with(config: Config) -> RelayProcess {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            run(listener, config, stopped).await.expect("the relay runs");
        });
        RelayProcess { port, _stop: stop }
    }

    pub(crate) fn address(&self) -> String {
        format!("ws://127.0.0.1:{}/tunnel", self.port)
    }
}

/// A session whose log, and the server's, are printed if the test fails.
pub(crate) struct Witnessed<'a> {
    pub(crate) client: Client,
    server: Option<&'a Server>,
}

impl<'a> Witnessed<'a> {
    /// Logs in.
    pub(crate) async fn login(transport: Transport, site: Site, server: Option<&'a Server>) -> Witnessed<'a> {
        let client = Client::new(transport, site, std::sync::Arc::new(|_| true), None);
        let witnessed = Witnessed { client, server };
        witnessed.client.login().await.expect("the login works");
        witnessed
    }
}

impl std::ops::Deref for Witnessed<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Witnessed<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.client.log_text();
            let from = log.len().saturating_sub(60);
            eprintln!("--- the session's last lines\n{}", log[from..].join("\n"));
            if let Some(server) = self.server {
                let log = server.log();
                let lines: Vec<&str> = log.lines().collect();
                let from = lines.len().saturating_sub(60);
                eprintln!("--- the server's last lines\n{}", lines[from..].join("\n"));
            }
        }
    }
}

pub(crate) fn child(base: &RemotePath, name: &str) -> RemotePath {
    base.join(&Name::new(name).unwrap())
}
