//! TLS 1.0 and 1.1, and ciphers that rustls does not have, by OpenSSL: for servers that cannot be updated, each of which an administrator names.
//!
//! What such a connection protects from is somebody who listens, not somebody who takes pains. The rest is as ever: the certificate gets the same
//! verdict, a person sees it, and data connections resume the session of their control connection.
//!
//! Setting a session on a connection is `unsafe` in the openssl crate, since only its user knows that both belong to one context; hyper-openssl's connector
//! does exactly that with a cache of its own, so it is made use of here, with a connection that stands already. The newest version offered is 1.2: what can
//! do better than 1.2 needs none of this.

use super::failure::{self, TlsFailure};
use hyper::Uri;
use hyper_openssl::client::legacy::{HttpsLayer, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use openssl::ssl::{self, SslConnector, SslMethod, SslRef, SslVerifyMode, SslVersion};
use rustls_pki_types::{CertificateDer, ServerName};
use std::error::Error;
use std::fmt;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_layer::Layer;
use tower_service::Service;
use towpath_shared::{Reason, TlsVersion};

/// Without this OpenSSL 3 refuses what it can do below TLS 1.2. Ciphers without authentication or encryption stay out.
const CIPHERS: &str = "DEFAULT:@SECLEVEL=0";

/// The first version that tells an end without close_notify from one with it.
const OPENSSL_3: i64 = 0x3000_0000;

/// One group's context and sessions.
pub(super) struct Legacy(HttpsLayer);

/// A finished handshake.
pub(super) struct Shaken {
    pub(super) stream: Stream,
    pub(super) version: TlsVersion,
    pub(super) cipher: String,
    pub(super) resumed: bool,
    pub(super) chain: Vec<CertificateDer<'static>>,
}

impl Legacy {
    pub(super) fn new(name: &ServerName<'_>) -> Result<Legacy, TlsFailure> {
        let internal =
            |error: openssl::error::ErrorStack| TlsFailure::new(Reason::Internal, error.to_string());
        if openssl::version::number() < OPENSSL_3 {
            return Err(TlsFailure::new(Reason::Internal, "legacy TLS needs OpenSSL 3 or newer"));
        }
        let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(internal)?;
        builder.set_min_proto_version(Some(SslVersion::TLS1)).map_err(internal)?;
        builder.set_max_proto_version(Some(SslVersion::TLS1_2)).map_err(internal)?;
        builder.set_cipher_list(CIPHERS).map_err(internal)?;
        builder.set_alpn_protos(b"\x03ftp").map_err(internal)?;
        // The verdict is made of the chain afterwards, as with rustls; the signature of the handshake is verified all the same.
        builder.set_verify(SslVerifyMode::NONE);
        let mut layer = HttpsLayer::with_connector(builder).map_err(internal)?;
        let named = matches!(name, ServerName::DnsName(_));
        layer.set_callback(move |connection, _| {
            connection.set_use_server_name_indication(named);
            connection.set_verify_hostname(false);
            Ok(())
        });
        Ok(Legacy(layer))
    }

    /// Shakes hands over a connected socket.
    pub(super) async fn connect(
        &self,
        socket: TcpStream,
        name: &ServerName<'_>,
    ) -> Result<Shaken, TlsFailure> {
        let host = name.to_str();
        let uri = if host.contains(':') { format!("https://[{host}]/") } else { format!("https://{host}/") };
        let uri: Uri = uri.parse().map_err(|_| TlsFailure::new(Reason::TlsHandshake, "not a server name"))?;
        let stream = self.0.layer(Standing(Some(TokioIo::new(socket)))).call(uri).await;
        let stream = Stream(TokioIo::new(stream.map_err(|error| in_words(&*error))?));
        let Some(ssl) = stream.ssl() else {
            return Err(TlsFailure::new(Reason::Internal, "no TLS where TLS was made"));
        };
        let version = match ssl.version2() {
            Some(SslVersion::TLS1) => TlsVersion::Tls10,
            Some(SslVersion::TLS1_1) => TlsVersion::Tls11,
            _ => TlsVersion::Tls12,
        };
        let cipher = ssl.current_cipher().map(|cipher| cipher.name().to_owned()).unwrap_or_default();
        let resumed = ssl.session_reused();
        let chain = ssl.peer_cert_chain().into_iter().flatten();
        let chain =
            chain.filter_map(|certificate| certificate.to_der().ok()).map(CertificateDer::from).collect();
        Ok(Shaken { version, cipher, resumed, chain, stream })
    }
}

impl fmt::Debug for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Legacy")
    }
}

/// A connection that stands, for a connector that would make one.
struct Standing(Option<TokioIo<TcpStream>>);

impl Service<Uri> for Standing {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<TokioIo<TcpStream>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// The connection.
pub struct Stream(TokioIo<MaybeHttpsStream<TokioIo<TcpStream>>>);

impl Stream {
    pub(super) fn socket(&self) -> &TcpStream {
        match self.0.inner() {
            MaybeHttpsStream::Http(socket) => socket.inner(),
            MaybeHttpsStream::Https(stream) => stream.get_ref().inner(),
        }
    }

    fn ssl(&self) -> Option<&SslRef> {
        match self.0.inner() {
            MaybeHttpsStream::Http(_) => None,
            MaybeHttpsStream::Https(stream) => Some(stream.ssl()),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(self.socket()).finish()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll_read(cx, buffer)).map_err(|error| {
            let cut = error.get_ref().is_some_and(|inner| reasons(inner).contains("unexpected eof"));
            if cut { io::ErrorKind::UnexpectedEof.into() } else { error }
        }))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A failed handshake, by OpenSSL's words for it.
fn in_words(error: &(dyn Error + 'static)) -> TlsFailure {
    let ssl = error.source().and_then(|source| source.downcast_ref::<ssl::Error>());
    if let Some(error) = ssl.and_then(ssl::Error::io_error) {
        return TlsFailure::from_io(error);
    }
    let reasons = reasons(ssl.map_or(error, |ssl| ssl));
    let has = |words: &[&str]| words.iter().any(|word| reasons.contains(word));
    if has(&["wrong version number", "unknown protocol", "packet length"]) {
        return TlsFailure::new(Reason::TlsHandshake, failure::NO_TLS);
    }
    if has(&["unexpected eof"]) {
        return TlsFailure::new(Reason::TlsHandshake, failure::CLOSED);
    }
    if has(&["certificate required", "unknown ca", "bad certificate", "certificate unknown"]) {
        let text = "the server wants a client certificate, which legacy TLS cannot show";
        return TlsFailure::new(Reason::ClientCertificate, text);
    }
    if has(&["protocol", "handshake failure", "cipher", "insufficient security"]) {
        let text =
            format!("the server has nothing in common with the relay even with legacy TLS ({reasons})");
        return TlsFailure::new(Reason::TlsVersion, text);
    }
    TlsFailure::new(Reason::TlsHandshake, format!("the TLS handshake failed ({reasons})"))
}

/// What OpenSSL says, in lower case, without numbers and places in its source.
fn reasons(error: &(dyn Error + 'static)) -> String {
    let stack = error.downcast_ref::<ssl::Error>().and_then(ssl::Error::ssl_error);
    let stack = stack.or_else(|| error.downcast_ref());
    match stack {
        Some(stack) => {
            let reasons: Vec<&str> =
                stack.errors().iter().filter_map(openssl::error::Error::reason).collect();
            reasons.join(", ").to_ascii_lowercase()
        }
        None => error.to_string().to_ascii_lowercase(),
    }
}
