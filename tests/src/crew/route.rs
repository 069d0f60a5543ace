//! The way to the server, which may break and stand again: a relay's link is made anew when it has ended.

use crate::driver::{Direct, Relay, Transport};
use std::sync::Arc;
use tokio::sync::Mutex;
use towpath_ftp::{Error, ErrorKind, Stage};
use towpath_relay::tls::{Identity, Roots};
use towpath_shared::Credential;

/// The way to a server.
#[derive(Clone)]
pub struct Route(Kind);

#[derive(Clone)]
enum Kind {
    Direct(Direct),
    Relay {
        address: String,
        credential: Option<Credential>,
        pem: Option<String>,
        link: Arc<Mutex<Option<Relay>>>,
    },
}

impl Route {
    /// Plain sockets, and TLS that trusts these roots.
    #[must_use]
    pub fn direct(roots: Roots) -> Route {
        Route(Kind::Direct(roots.into()))
    }

    /// A relay at this address, such as `ws://host:port/tunnel`. All sessions share one link to it.
    #[must_use]
    pub fn relay(address: impl Into<String>) -> Route {
        Route::relay_with(address, None)
    }

    /// The same, where the relay asks for a token or ticket.
    #[must_use]
    pub fn relay_with(address: impl Into<String>, credential: Option<Credential>) -> Route {
        Route(Kind::Relay { address: address.into(), credential, pem: None, link: Arc::default() })
    }

    /// The same with a client certificate, which is needed in the form of that way: as it is, or as PEM for a relay.
    #[must_use]
    pub fn with_client_certificate(self, identity: Identity, pem: String) -> Route {
        Route(match self.0 {
            Kind::Direct(direct) => Kind::Direct(Direct { identity: Some(identity), ..direct }),
            Kind::Relay { address, credential, link, .. } => {
                Kind::Relay { address, credential, link, pem: Some(pem) }
            }
        })
    }

    /// The transport of a new session. One at a time connects to the relay, and the others take its link.
    pub(super) async fn transport(&self) -> Result<Transport, Error> {
        let (address, credential, pem, link) = match &self.0 {
            Kind::Direct(direct) => return Ok(Transport::Direct(direct.clone())),
            Kind::Relay { address, credential, pem, link } => (address, credential, pem, link),
        };
        let mut link = link.lock().await;
        if let Some(standing) = link.as_ref().filter(|relay| !relay.is_lost()) {
            return Ok(Transport::Relay(standing.clone()));
        }
        let relay = Relay::connect_with(address, credential.clone())
            .await
            .map_err(|error| Error::new(Stage::Relay, ErrorKind::Lost, error.to_string()))?;
        let relay = match pem {
            Some(pem) => relay.with_client_certificate(pem.clone()),
            None => relay,
        };
        *link = Some(relay.clone());
        Ok(Transport::Relay(relay))
    }
}
