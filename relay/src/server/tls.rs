//! HTTPS on the page's listener.

use crate::config::ListenerTls;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};

/// A TLS record of a handshake begins with this; no request of HTTP does.
const HANDSHAKE: u8 = 22;

/// What plain HTTP gets.
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 35\r\nconnection: close\r\n\r\nthis port speaks https, not http.\r\n";

/// Bytes of a plain request that are read before the end, lest the answer be lost with them.
const PLAIN_REQUEST: u64 = 64 * 1024;

/// Days before the end of a certificate from which on the log warns.
const NOTICE_DAYS: i64 = 21;

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// A file cannot be read.
    #[error("tls: {0}: {1}")]
    File(PathBuf, #[source] pem::Error),
    /// A file has no certificate in it.
    #[error("tls: {0}: there is no certificate in it")]
    Empty(PathBuf),
    /// The certificate is not one.
    #[error("tls: {0}: not a certificate")]
    NotCertificate(PathBuf),
    /// The certificate and the key do not belong together, or rustls does not take them.
    #[error("tls: {0} with {1}: {2}")]
    Unfit(PathBuf, PathBuf, #[source] rustls::Error),
}

/// The listener's certificate and key.
#[derive(Clone)]
pub(crate) struct Identity {
    acceptor: TlsAcceptor,
    file: PathBuf,
    /// End of validity, Unix seconds.
    pub(crate) not_after: i64,
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Identity").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Identity {
    /// Reads the files. `None`: the listener speaks plain HTTP.
    pub(crate) fn read(config: &ListenerTls) -> Result<Option<Identity>, IdentityError> {
        let (Some(file), Some(key_file)) = (&config.certificate, &config.key) else { return Ok(None) };
        let chain = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| IdentityError::File(file.clone(), error))?;
        let key = PrivateKeyDer::from_pem_file(key_file)
            .map_err(|error| IdentityError::File(key_file.clone(), error))?;
        let leaf = chain.first().ok_or_else(|| IdentityError::Empty(file.clone()))?;
        let (_, leaf) =
            X509Certificate::from_der(leaf).map_err(|_| IdentityError::NotCertificate(file.clone()))?;
        let not_after = leaf.validity().not_after.timestamp();
        let unfit = |error| IdentityError::Unfit(file.clone(), key_file.clone(), error);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unfit)?;
        // WebSockets need HTTP/1.1; a client that speaks only something else is refused here.
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        warn_if_readable(key_file);
        Ok(Some(Identity { acceptor: Arc::new(server).into(), file: file.clone(), not_after }))
    }

    /// Says until when the certificate is good, louder when that is soon.
    pub(crate) fn tell(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let left = self.not_after.saturating_sub(i64::try_from(now).unwrap_or(i64::MAX));
        let days = left / (24 * 3600);
        let file = self.file.display();
        if left <= 0 {
            tracing::error!(%file, "the listener's certificate has expired: browsers refuse it");
        } else if days < NOTICE_DAYS {
            tracing::warn!(%file, days, "the listener's certificate expires soon");
        } else {
            tracing::info!(%file, days, "the listener's certificate is good");
        }
    }

    /// Shakes hands. No deadline: that is the caller's. Plain HTTP gets an answer that says so, and `None` comes of it.
    pub(crate) async fn accept(&self, mut socket: TcpStream) -> io::Result<Option<TlsStream<TcpStream>>> {
        let mut first = [0];
        if socket.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first[0] == HANDSHAKE {
            return self.acceptor.accept(socket).await.map(Some);
        }
        socket.write_all(PLAIN).await?;
        socket.shutdown().await?;
        tokio::io::copy(&mut socket.take(PLAIN_REQUEST), &mut tokio::io::sink()).await?;
        Ok(None)
    }
}

/// A key that every user of the machine can read is no secret.
fn warn_if_readable(key: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = std::fs::metadata(key)
        && std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o004 != 0
    {
        tracing::warn!(file = %key.display(), "every user of this machine can read the key");
    }
    #[cfg(not(unix))]
    let _ = key;
}
