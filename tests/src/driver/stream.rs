//! The two halves of a connection, whatever carries it: a plain socket, TLS over a socket, or a stream of the tunnel.
//!
//! Both halves are cancellation safe: a future that is dropped has moved nothing, or what it moved is kept.

use super::tunnel::{TunnelReader, TunnelWriter};
use bytes::{Bytes, BytesMut};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use towpath_ftp::{End, Stage};
use towpath_relay::tls::SecuredStream;

/// Most bytes that one read returns.
const READ: usize = 64 * 1024;

/// The incoming half.
pub(crate) enum Reader {
    Plain(OwnedReadHalf),
    Tls(ReadHalf<SecuredStream>),
    Tunnel(TunnelReader),
}

/// The outgoing half.
pub(crate) enum Writer {
    Plain(OwnedWriteHalf),
    Tls(WriteHalf<SecuredStream>),
    Tunnel(TunnelWriter),
}

impl Reader {
    /// The next bytes, never none; or how the other side ended.
    pub(crate) async fn read(&mut self) -> Result<Bytes, End> {
        let mut buffer = BytesMut::with_capacity(READ);
        let (read, clean) = match self {
            Reader::Plain(half) => (half.read_buf(&mut buffer).await, End::Clean),
            Reader::Tls(half) => (half.read_buf(&mut buffer).await, End::Clean),
            Reader::Tunnel(reader) => return reader.read().await,
        };
        match read {
            Ok(0) => Err(clean),
            Ok(_) => Ok(buffer.freeze()),
            // rustls says so where TLS ends without close_notify.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(End::Unclean),
            Err(error) => Err(broken(&error)),
        }
    }

    /// The consumer is done with so many bytes.
    pub(crate) fn consumed(&mut self, bytes: usize) {
        if let Reader::Tunnel(reader) = self {
            reader.consumed(bytes);
        }
    }
}

impl Writer {
    /// Writes some of the bytes: how many.
    pub(crate) async fn write(&mut self, bytes: &Bytes) -> Result<usize, End> {
        match self {
            Writer::Plain(half) => half.write(bytes).await.map_err(|error| broken(&error)),
            Writer::Tls(half) => half.write(bytes).await.map_err(|error| broken(&error)),
            Writer::Tunnel(writer) => writer.write(bytes).await,
        }
    }

    /// Has the relay write the password of a preset site.
    pub(crate) fn send_password(&mut self) -> Result<(), End> {
        match self {
            Writer::Tunnel(writer) => writer.send_password(),
            Writer::Plain(_) | Writer::Tls(_) => {
                Err(End::Failed { stage: Stage::Login, text: "only a relay holds passwords".to_owned() })
            }
        }
    }

    /// Sends what is still held back.
    pub(crate) async fn flush(&mut self) -> Result<(), End> {
        match self {
            Writer::Plain(_) => Ok(()),
            Writer::Tls(half) => half.flush().await.map_err(|error| broken(&error)),
            Writer::Tunnel(_) => Ok(()),
        }
    }

    /// Half-close: under TLS close_notify first.
    pub(crate) async fn finish(&mut self) -> Result<(), End> {
        match self {
            Writer::Plain(half) => half.shutdown().await.map_err(|error| broken(&error)),
            Writer::Tls(half) => half.shutdown().await.map_err(|error| broken(&error)),
            Writer::Tunnel(writer) => writer.finish(),
        }
    }
}

/// A socket that broke.
pub(crate) fn broken(error: &io::Error) -> End {
    let text = match error.kind() {
        io::ErrorKind::ConnectionReset => "the server broke the connection".to_owned(),
        io::ErrorKind::BrokenPipe => "the server closed the connection".to_owned(),
        _ => error.to_string(),
    };
    End::Failed { stage: Stage::Connection, text }
}
