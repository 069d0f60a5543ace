//! A connection under TLS, whichever library does it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A connection whose handshake is done. An end without close_notify reads as [`io::ErrorKind::UnexpectedEof`].
#[derive(Debug)]
#[non_exhaustive]
pub enum SecuredStream {
    /// By rustls.
    Rustls(Box<TlsStream<TcpStream>>),
    /// By OpenSSL, for servers of old.
    #[cfg(feature = "legacy-tls")]
    Legacy(super::legacy::Stream),
}

impl SecuredStream {
    /// The socket below.
    #[must_use]
    pub fn socket(&self) -> &TcpStream {
        match self {
            SecuredStream::Rustls(stream) => stream.get_ref().0,
            #[cfg(feature = "legacy-tls")]
            SecuredStream::Legacy(stream) => stream.socket(),
        }
    }
}

/// Does the same with either.
macro_rules! either {
    ($stream:expr, $inner:ident => $do:expr) => {
        match $stream {
            SecuredStream::Rustls($inner) => $do,
            #[cfg(feature = "legacy-tls")]
            SecuredStream::Legacy($inner) => $do,
        }
    };
}

impl AsyncRead for SecuredStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for SecuredStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}
