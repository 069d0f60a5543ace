//! Many transfers over one tunnel, each checked by its SHA-256.

use crate::client::{Client, Heard};
use crate::fixture::listen;
use aws_lc_rs::digest::{Context, SHA256};
use futures_util::FutureExt;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use towpath_shared::{DATA_WINDOW, MAX_PAYLOAD, Message, StartTls, StreamId, StreamKind};

/// One transfer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) up: bool,
    pub(crate) tls: bool,
    pub(crate) port: u16,
    pub(crate) size: u64,
    pub(crate) seed: u64,
}

/// A piece of a file that is nowhere the same, by its seed.
fn piece(seed: u64, place: u64, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len + 8);
    let mut word = place / 8;
    let skip = (place % 8) as usize;
    while bytes.len() < len + skip {
        let mixed = (word ^ seed << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bytes.extend_from_slice(&(mixed ^ mixed >> 29).to_le_bytes());
        word += 1;
    }
    bytes.drain(..skip);
    bytes.truncate(len);
    bytes
}

fn hash_of(seed: u64, size: u64) -> Vec<u8> {
    let mut hash = Context::new(&SHA256);
    let mut place = 0;
    while place < size {
        let len = (size - place).min(65_536);
        hash.update(&piece(seed, place, len as usize));
        place += len;
    }
    hash.finish().as_ref().to_vec()
}

/// A server for one transfer a connection: `D`, seed and size ask for a file, `U` sends one, whose hash is the answer.
pub(crate) async fn bulk(tls: Option<TlsAcceptor>) -> u16 {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let tls = tls.clone();
            // A transfer that breaks shows at the page.
            tokio::spawn(async move {
                match tls {
                    Some(tls) => serve(tls.accept(socket).await?).await,
                    None => serve(socket).await,
                }
            });
        }
    });
    port
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S) -> std::io::Result<()> {
    let (up, seed, size) =
        (socket.read_u8().await? == b'U', socket.read_u64().await?, socket.read_u64().await?);
    if up {
        let (mut hash, mut buffer, mut got) = (Context::new(&SHA256), vec![0; 65_536], 0);
        loop {
            let len = socket.read(&mut buffer).await?;
            if len == 0 {
                break;
            }
            hash.update(&buffer[..len]);
            got += len as u64;
        }
        if got == size {
            socket.write_all(hash.finish().as_ref()).await?;
        }
    } else {
        let mut place = 0;
        while place < size {
            let len = (size - place).min(65_536);
            socket.write_all(&piece(seed, place, len as usize)).await?;
            place += len;
        }
    }
    socket.shutdown().await?;
    // The page's end: whoever closes with bytes unread breaks the connection.
    let _ = socket.read(&mut [0; 1]).await;
    Ok(())
}

/// A transfer under way.
struct Running {
    kind: Kind,
    /// The command has gone out, and bytes may follow.
    begun: bool,
    /// Bytes of the file that went out, or were granted back.
    place: u64,
    sent: u64,
    allowed: u64,
    consumed: u64,
    told: u64,
    finished: bool,
    hash: Context,
    answer: Vec<u8>,
}

/// Does all of these at once over one tunnel; returns how many arrived whole.
pub(crate) async fn transfer_all(relay: SocketAddr, kinds: Vec<Kind>) -> usize {
    let mut client = Client::connect(relay).await;
    let mut running = BTreeMap::new();
    for kind in kinds {
        let id =
            client.open(StreamKind::Control { host: "127.0.0.1".into(), port: kind.port }, DATA_WINDOW).await;
        if kind.tls {
            let request = StartTls {
                server_name: "127.0.0.1".into(),
                received: 0,
                max_version: None,
                client_certificate: None,
            };
            client.send(id, &Message::StartTls(request)).await;
        }
        running.insert(
            id,
            Running {
                kind,
                begun: false,
                place: 0,
                sent: 0,
                allowed: 0,
                consumed: 0,
                told: DATA_WINDOW,
                finished: false,
                hash: Context::new(&SHA256),
                answer: Vec::new(),
            },
        );
    }
    let mut whole = 0;
    while !running.is_empty() {
        let mut busy = false;
        for (id, transfer) in &mut running {
            busy |= transfer.send(&mut client, *id).await;
        }
        let heard = if busy { client.hear().now_or_never() } else { Some(client.hear().await) };
        let Some(heard) = heard else { continue };
        match heard {
            Heard::Data(id, bytes) => running.get_mut(&id).unwrap().take(&mut client, id, &bytes).await,
            Heard::Message(id, Message::Fin { unclean }) => {
                assert!(!unclean, "{id:?}");
                client.finish_if(id, running.get(&id)).await;
                let transfer = running.remove(&id).unwrap();
                whole += usize::from(transfer.whole());
            }
            Heard::Message(id, Message::Opened { window, .. }) => {
                let transfer = running.get_mut(&id).unwrap();
                transfer.allowed = window;
                if !transfer.kind.tls {
                    transfer.begin(&mut client, id).await;
                }
            }
            Heard::Message(id, Message::TlsInfo(_)) => {
                client.send(id, &Message::TlsAccept).await;
                running.get_mut(&id).unwrap().begin(&mut client, id).await;
            }
            Heard::Message(id, Message::Credit(limit)) => {
                if let Some(transfer) = running.get_mut(&id) {
                    transfer.allowed = transfer.allowed.max(limit);
                }
            }
            Heard::Message(_, Message::TlsCert { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    whole
}

impl Client {
    /// Ends this side of a download; an upload has ended its own.
    async fn finish_if(&mut self, id: StreamId, transfer: Option<&Running>) {
        if transfer.is_some_and(|transfer| !transfer.kind.up) {
            self.finish(id).await;
        }
    }
}

impl Running {
    async fn begin(&mut self, client: &mut Client, id: StreamId) {
        let mut command = vec![if self.kind.up { b'U' } else { b'D' }];
        command.extend_from_slice(&self.kind.seed.to_be_bytes());
        command.extend_from_slice(&self.kind.size.to_be_bytes());
        client.data(id, &command).await;
        self.sent += command.len() as u64;
        self.begun = true;
    }

    /// Sends a frame of an upload, if it may. Whether it did.
    async fn send(&mut self, client: &mut Client, id: StreamId) -> bool {
        if !self.kind.up || !self.begun || self.finished {
            return false;
        }
        let left = (self.kind.size - self.place).min(self.allowed - self.sent).min(MAX_PAYLOAD as u64);
        if left > 0 {
            let bytes = piece(self.kind.seed, self.place, left as usize);
            client.data(id, &bytes).await;
            (self.place, self.sent) = (self.place + left, self.sent + left);
        }
        if self.place == self.kind.size {
            client.finish(id).await;
            self.finished = true;
        }
        left > 0
    }

    async fn take(&mut self, client: &mut Client, id: StreamId, bytes: &[u8]) {
        if self.kind.up {
            self.answer.extend_from_slice(bytes);
            return;
        }
        self.hash.update(bytes);
        self.consumed += bytes.len() as u64;
        if self.consumed + DATA_WINDOW >= self.told + DATA_WINDOW / 4 {
            self.told = self.consumed + DATA_WINDOW;
            client.send(id, &Message::Credit(self.told)).await;
        }
    }

    fn whole(self) -> bool {
        let found = if self.kind.up { self.answer } else { self.hash.finish().as_ref().to_vec() };
        found == hash_of(self.kind.seed, self.kind.size)
    }
}
