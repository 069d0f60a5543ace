//! The way back of a stored password: a server that repeats it does so to nobody. A page could provoke that, with a server that quotes
//! commands which it does not like.
//!
//! What a server says on a control stream is searched for the passwords that were written into it. The beginning of one is held back until it is
//! known how it goes on, however small the pieces are in which it comes or the page takes it. A password holds no line end, so
//! a whole line is never held back. Short passwords are not looked for: they stand in innocent words.

use crate::secret::Secret;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use thiserror::Error;
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes of the shortest password that is looked for.
const SHORTEST: usize = 8;

/// The passwords that were written into a stream.
#[derive(Default)]
pub(super) struct Written(Mutex<Vec<Secret>>);

/// The server repeated a password.
#[derive(Debug, Error)]
#[error("the server repeated the stored password, and the relay keeps that back")]
pub(super) struct Repeated;

impl Written {
    /// From now on this must not come back.
    pub(super) fn add(&self, secret: &Secret) {
        let mut secrets = self.lock();
        if secret.reveal().len() >= SHORTEST && !secrets.contains(secret) {
            secrets.push(secret.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Secret>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of these bytes may go on; `None` where one of the passwords is among them.
    fn free(&self, bytes: &[u8]) -> Option<usize> {
        let mut held = 0;
        for secret in self.lock().iter() {
            let secret = secret.reveal();
            if bytes.windows(secret.len()).any(|window| window == secret) {
                return None;
            }
            let begun =
                (1..secret.len().min(bytes.len() + 1)).rev().find(|len| bytes.ends_with(&secret[..*len]));
            held = held.max(begun.unwrap_or(0));
        }
        Some(bytes.len() - held)
    }
}

/// A reader that gives out no password. Without any it is the reader inside.
pub(super) struct Guarded<'a, R> {
    reader: R,
    written: Option<&'a Written>,
    /// Read; the first `free` bytes may go on.
    bytes: Vec<u8>,
    free: usize,
}

impl<'a, R> Guarded<'a, R> {
    pub(super) fn new(reader: R, written: Option<&'a Written>) -> Guarded<'a, R> {
        Guarded { reader, written, bytes: Vec::new(), free: 0 }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Guarded<'_, R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let written = this.written.filter(|written| !this.bytes.is_empty() || !written.lock().is_empty());
        let Some(written) = written else { return Pin::new(&mut this.reader).poll_read(context, out) };
        while this.free == 0 {
            let mut piece = [0; 1024];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut this.reader).poll_read(context, &mut piece))?;
            this.bytes.extend_from_slice(piece.filled());
            this.free = match piece.filled() {
                [] if this.bytes.is_empty() => return Poll::Ready(Ok(())),
                // The end: what was begun goes on no more.
                [] => this.bytes.len(),
                _ => written.free(&this.bytes).ok_or_else(|| io::Error::other(Repeated))?,
            };
        }
        let count = this.free.min(out.remaining());
        out.put_slice(&this.bytes[..count]);
        this.bytes.drain(..count);
        this.free -= count;
        Poll::Ready(Ok(()))
    }
}
