//! TLS towards FTP servers: rustls, one [`TlsGroup`] for each control connection.
//!
//! FTP servers demand that a data connection resumes the session of its control connection (RFC 4217 section 10.2 in
//! spirit, `require_ssl_reuse` in vsftpd). rustls resumes only where verifier, client-certificate resolver (both
//! compared by pointer), ticket store and server name are the same, so a group makes each of them once. A TLS 1.2-only sibling
//! configuration shares them too.
//!
//! Every handshake names the protocol `ftp` (rule C-5), on control and data connections alike: a server of another protocol that heeds it
//! refuses, so nobody can lead a login to a web server that shows the same certificate (the ALPACA attack). FTP servers that know
//! ALPN take `ftp` (vsftpd since 3.0.4 refuses every other name), and the others ignore it. `x-filezilla-ftp` is not offered: what else its
//! servers expect of a client that says so is not written down, and vsftpd would refuse it.
//!
//! The verifier never ends a handshake because of a certificate: a person decides, with the verdict and the chain in
//! hand. It always verifies the handshake's signatures, so the server does hold the key it shows. The verdict is computed from
//! the connection's own certificates after the handshake; handshakes that run at the same time cannot mix.
//!
//! With the feature `legacy-tls`, and for the servers that an administrator names for it, OpenSSL takes rustls' place ([`ServerTls::legacy`]).

mod certificate;
mod failure;
mod identity;
#[cfg(feature = "legacy-tls")]
mod legacy;
mod names;
mod roots;
mod server;
mod stream;
mod tickets;
mod verifier;

pub(crate) use certificate::fingerprint;
pub use failure::TlsFailure;
pub use identity::{Identity, IdentityError};
pub use roots::{Roots, RootsError};
pub use server::ServerTls;
pub use stream::SecuredStream;

use crate::config::TlsMin;
use identity::Answer;
use names::{cipher_name, group_name};
use rustls::client::{Resumption, Tls12Resumption};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion};
use rustls_pki_types::ServerName;
use std::sync::Arc;
use tickets::Tickets;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use towpath_shared::{MAX_JSON, Message, Reason, StreamId, TlsInfo, TlsVersion};
use verifier::Verifier;

/// The protocol that a handshake names (ALPN, RFC 7301; `ftp` is registered for RFC 959 and 4217).
const PROTOCOL: &[u8] = b"ftp";

/// Certificates of a chain that are described in [`TlsInfo`]; the page is sent no more than these either.
pub const MAX_CHAIN: usize = 8;

/// A connection whose handshake went well.
#[derive(Debug)]
pub struct Secured {
    /// The connection.
    pub stream: SecuredStream,
    /// What was agreed and what the certificate is worth; `gate_open` is false: the gate is the caller's.
    pub info: TlsInfo,
    /// The server's certificates in DER, leaf first, at most [`MAX_CHAIN`].
    pub chain: Vec<Vec<u8>>,
}

/// What a control connection and its data connections share.
#[derive(Clone, Debug)]
pub struct TlsGroup {
    newest: Arc<ClientConfig>,
    /// None where the server's rule asks for more.
    tls12: Option<Arc<ClientConfig>>,
    tickets: Arc<Tickets>,
    #[cfg(feature = "legacy-tls")]
    legacy: Option<Arc<legacy::Legacy>>,
    answer: Arc<Answer>,
    server: ServerTls,
    roots: Roots,
    name: ServerName<'static>,
}

impl TlsGroup {
    /// A group for one server of which nothing special is said, with an empty ticket store.
    ///
    /// # Errors
    /// [`TlsFailure`] where `server_name` is neither a name nor an address.
    pub fn new(roots: &Roots, server_name: &str) -> Result<TlsGroup, TlsFailure> {
        TlsGroup::for_server(roots, server_name, ServerTls::default())
    }

    /// A group for one server, with an empty ticket store.
    ///
    /// # Errors
    /// [`TlsFailure`] where `server_name` is neither a name nor an address.
    pub fn for_server(roots: &Roots, server_name: &str, server: ServerTls) -> Result<TlsGroup, TlsFailure> {
        let bracketed = server_name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let bare = bracketed.filter(|inner| inner.contains(':')).unwrap_or(server_name);
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| TlsFailure::new(Reason::TlsHandshake, "not a server name"))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = Arc::new(Verifier::new(provider.signature_verification_algorithms));
        let answer = Arc::new(Answer::new(server.identity.clone()));
        let resolver: Arc<dyn rustls::client::ResolvesClientCert> = answer.clone();
        let tickets = Arc::new(Tickets::new());
        let resumption =
            Resumption::store(tickets.clone()).tls12_resumption(Tls12Resumption::SessionIdOrTickets);
        let config = |versions: &[&'static rustls::SupportedProtocolVersion]| {
            let builder = ClientConfig::builder_with_provider(Arc::<CryptoProvider>::clone(&provider));
            let mut config = builder
                .with_protocol_versions(versions)
                .map_err(|error| TlsFailure::new(Reason::Internal, error.to_string()))?
                .dangerous()
                .with_custom_certificate_verifier(verifier.clone())
                .with_client_cert_resolver(resolver.clone());
            config.resumption = resumption.clone();
            config.alpn_protocols = vec![PROTOCOL.to_vec()];
            Ok::<_, TlsFailure>(Arc::new(config))
        };
        Ok(TlsGroup {
            newest: match server.min {
                TlsMin::Tls12 => config(&[&rustls::version::TLS13, &rustls::version::TLS12])?,
                TlsMin::Tls13 => config(&[&rustls::version::TLS13])?,
            },
            tls12: match server.min {
                TlsMin::Tls12 => Some(config(&[&rustls::version::TLS12])?),
                TlsMin::Tls13 => None,
            },
            tickets,
            #[cfg(feature = "legacy-tls")]
            legacy: if server.legacy { Some(Arc::new(legacy::Legacy::new(&name)?)) } else { None },
            answer,
            server,
            roots: roots.clone(),
            name,
        })
    }

    /// Shakes hands over a connected socket, offering at most `max`. No deadline: that is the caller's.
    ///
    /// # Errors
    /// [`TlsFailure`]; never because of who signed the certificate, when and for whom. [`Reason::NoTicket`] where the server resumed
    /// sessions so far and no ticket is left: nothing was sent then, and TLS 1.2 on a new control connection is the cure. [`Reason::TlsPin`]
    /// where the server shows another key than the pinned ones.
    pub async fn connect(&self, socket: TcpStream, max: Option<TlsVersion>) -> Result<Secured, TlsFailure> {
        #[cfg(feature = "legacy-tls")]
        if let Some(legacy) = &self.legacy {
            return self.secured_by(legacy.connect(socket, &self.name).await?);
        }
        let config = match max {
            Some(TlsVersion::Tls10 | TlsVersion::Tls11 | TlsVersion::Tls12) => {
                self.tls12.as_ref().ok_or_else(|| {
                    TlsFailure::new(
                        Reason::TlsVersion,
                        "TLS 1.3 at least is what this relay's administrator asks for here",
                    )
                })?
            }
            Some(TlsVersion::Tls13) | None if self.tickets.dry() => {
                return Err(TlsFailure::new(Reason::NoTicket, "no TLS 1.3 ticket is left to resume with"));
            }
            Some(TlsVersion::Tls13) | None => &self.newest,
        };
        let stream = TlsConnector::from(config.clone())
            .connect(self.name.clone(), socket)
            .await
            .map_err(|error| self.failure(&error))?;
        let (_, connection) = stream.get_ref();
        let chain = connection.peer_certificates().unwrap_or_default();
        let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
        if resumed && connection.protocol_version() == Some(ProtocolVersion::TLSv1_3) {
            self.tickets.resumed();
        }
        let info = TlsInfo {
            verdict: self.server.verdict(&self.roots, chain, &self.name)?,
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
                _ => TlsVersion::Tls12,
            },
            key_exchange: connection
                .negotiated_key_exchange_group()
                .map(|group| group_name(group.name()))
                .unwrap_or_default(),
            cipher: connection
                .negotiated_cipher_suite()
                .map(|suite| cipher_name(suite.suite()).to_owned())
                .unwrap_or_default(),
            resumed,
            gate_open: false,
            chain: chain.iter().take(MAX_CHAIN).map(certificate::describe).collect(),
        };
        let chain = chain.iter().take(MAX_CHAIN).map(|der| der.to_vec()).collect();
        let stream = SecuredStream::Rustls(Box::new(stream));
        Ok(Secured { stream, info: within_frame(info), chain })
    }

    #[cfg(feature = "legacy-tls")]
    fn secured_by(&self, shaken: legacy::Shaken) -> Result<Secured, TlsFailure> {
        let legacy::Shaken { stream, version, cipher, resumed, chain } = shaken;
        let info = TlsInfo {
            verdict: self.server.verdict(&self.roots, &chain, &self.name)?,
            version,
            key_exchange: String::new(),
            cipher,
            resumed,
            gate_open: false,
            chain: chain.iter().take(MAX_CHAIN).map(certificate::describe).collect(),
        };
        let chain = chain.iter().take(MAX_CHAIN).map(|der| der.to_vec()).collect();
        Ok(Secured { stream: SecuredStream::Legacy(stream), info: within_frame(info), chain })
    }

    fn failure(&self, error: &std::io::Error) -> TlsFailure {
        let failure = TlsFailure::from_io(error);
        if self.answer.asked() {
            failure.after_asking(self.answer.has_identity())
        } else if self.tls12.is_none() {
            failure.for_tls13_only()
        } else {
            failure
        }
    }
}

/// Cuts descriptions until TLS_INFO fits its frame: first the end of the chain, then the leaf's names.
fn within_frame(mut info: TlsInfo) -> TlsInfo {
    let fits = |info: &TlsInfo| Message::TlsInfo(info.clone()).encode(StreamId::LINK).len() <= MAX_JSON;
    while !fits(&info) && info.chain.len() > 1 {
        info.chain.pop();
    }
    while !fits(&info) && info.chain.iter().any(|leaf| !leaf.names.is_empty()) {
        info.chain.iter_mut().for_each(|leaf| leaf.names.truncate(leaf.names.len() / 2));
    }
    info
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod verdicts;
