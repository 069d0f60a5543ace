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

impl From<TcpListener> for Listeners {
    fn from(page: TcpListener) -> Listeners {
        Listeners { page, metrics: None }
    }
}

impl Listeners {
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
