//! The listeners of a relay.

use crate::Error;
use crate::config::Config;
use crate::server::Source;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The sockets that a relay listens on.
#[derive(Debug)]
pub struct Listeners {
    /// For the page and its tunnels.
    pub page: TcpListener,
    /// For whoever watches the relay. Absent: bound where the configuration says, if it does.
    pub metrics: Option<TcpListener>,
}

/// Sockets that were passed, with their names.
fn passed() -> io::Result<Vec<(String, std::net::TcpListener)>> {
    let mut sockets = listenfd::ListenFd::from_env();
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':');
    let mut found = Vec::new();
    for index in 0..sockets.len() {
        let name = names.next().unwrap_or_default().to_owned();
        let known = sockets.len() == 1 || name == "page" || name == "metrics";
        match sockets.take_tcp_listener(index)? {
            Some(listener) if known => found.push((name, listener)),
            _ => {
                return Err(io::Error::other(format!(
                    "systemd passes a socket {name:?}: names are page and metrics"
                )));
            }
        }
    }
    Ok(found)
}

impl From<TcpListener> for Listeners {
    fn from(page: TcpListener) -> Listeners {
        Listeners { page, metrics: None }
    }
}

impl Listeners {
    /// The sockets that systemd passes (sd_listen_fds(3)), or else one that is bound to the configuration's address. Of several they are
    /// told apart by `FileDescriptorName=`: `page` and `metrics`; a single one is the page's.
    ///
    /// # Errors
    /// [`Error::Listener`] where the address cannot be had, or a socket that was passed is none that is known here.
    pub async fn passed_or_bound(config: &Config) -> Result<Listeners, Error> {
        let (mut page, mut metrics) = (None, None);
        for (name, listener) in passed().map_err(Error::Listener)? {
            let place = match name.as_str() {
                "metrics" => &mut metrics,
                _ => &mut page,
            };
            listener.set_nonblocking(true).map_err(Error::Listener)?;
            let listener = TcpListener::from_std(listener).map_err(Error::Listener)?;
            if place.replace(listener).is_some() {
                let text =
                    "systemd passes two sockets for one purpose: FileDescriptorName= is page or metrics";
                return Err(Error::Listener(io::Error::other(text)));
            }
        }
        let page = match page {
            Some(page) => page,
            None => {
                let named = |error| Error::Bind(config.listen, error);
                TcpListener::bind(config.listen).await.map_err(named)?
            }
        };
        Ok(Listeners { page, metrics })
    }

    /// The page's listener and the metrics', with the addresses that are the relay's own.
    pub(crate) async fn open(
        self,
        config: &Config,
    ) -> Result<(TcpListener, Option<Source>, Vec<SocketAddr>), Error> {
        let mut own = vec![self.page.local_addr().map_err(Error::Listener)?];
        let source = match (self.metrics, config.metrics.listen) {
            (Some(listener), _) => Some(Source::Listener(listener)),
            (None, None) => None,
            (None, Some(address)) => {
                config.metrics.check_open(address)?;
                Some(match TcpListener::bind(address).await {
                    Ok(listener) => Source::Listener(listener),
                    Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                        tracing::warn!(
                            %address,
                            "another process has the address for metrics; it is tried again until that process ends"
                        );
                        Source::Taken(address)
                    }
                    Err(error) => return Err(Error::Metrics(address, error)),
                })
            }
        };
        match &source {
            Some(Source::Listener(listener)) => {
                let address = listener.local_addr().map_err(Error::Listener)?;
                config.metrics.check_open(address)?;
                own.push(address);
            }
            Some(Source::Taken(address)) => own.push(*address),
            None => {}
        }
        Ok((self.page, source, own))
    }
}
