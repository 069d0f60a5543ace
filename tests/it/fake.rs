//! A scripted FTP server that misbehaves on purpose: polite in everything but the one fault that a test is about.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use towpath_ftp::{Encryption, Secret, Site};
use towpath_tests::driver::pattern;
use towpath_tests::server::Identity;

/// How a data connection of a download ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DataEnd {
    /// As it should: close_notify under TLS, then FIN.
    Clean,
    /// FIN without close_notify.
    Unclean,
    /// RST.
    Reset,
}

/// What the server does, and what it does wrong.
#[derive(Clone)]
pub(crate) struct Script {
    /// AUTH TLS is offered.
    pub(crate) tls: bool,
    /// What stands behind the reply to AUTH, in plain text.
    pub(crate) injected: &'static [u8],
    /// It comes only when the client has begun its handshake.
    pub(crate) injects_late: bool,
    /// EPSV is refused, and PASV names this address.
    pub(crate) passive: Option<[u8; 4]>,
    /// The listing.
    pub(crate) listing: Vec<u8>,
    /// Size of every file; its bytes are the driver's pattern.
    pub(crate) size: u64,
    /// SIZE is known.
    pub(crate) tells_size: bool,
    /// So many bytes of a file are sent, then the connection ends.
    pub(crate) sent: u64,
    /// How it ends.
    pub(crate) end: DataEnd,
    /// The reply after it; none for silence.
    pub(crate) last: Option<&'static str>,
    /// The control connection ends after a transfer.
    pub(crate) leaves: bool,
    /// The reply to NOOP.
    pub(crate) noop: Vec<u8>,
    /// So many bytes of an upload are taken, then the connection is reset.
    pub(crate) takes: u64,
    /// Downloads that a session serves before it says 421.
    pub(crate) serves: u32,
}

impl Default for Script {
    fn default() -> Script {
        Script {
            tls: false,
            injected: b"",
            injects_late: false,
            passive: None,
            listing: b"type=file;size=5;modify=20240102030405; plain.txt\r\n".to_vec(),
            size: 300_000,
            tells_size: true,
            sent: u64::MAX,
            end: DataEnd::Clean,
            last: Some("226 Done."),
            leaves: false,
            noop: b"200 OK\r\n".to_vec(),
            takes: u64::MAX,
            serves: u32::MAX,
        }
    }
}

/// A running server.
pub(crate) struct Fake {
    pub(crate) port: u16,
    commands: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Fake {
    pub(crate) async fn start(script: Script) -> Fake {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let identity = Identity::new().unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate()], identity.key())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let commands = Arc::new(Mutex::new(Vec::new()));
        let seen = commands.clone();
        let task = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let session = Session {
                    script: script.clone(),
                    acceptor: acceptor.clone(),
                    commands: seen.clone(),
                    control: Io::Plain(socket),
                    passive: None,
                    protected: false,
                    offset: 0,
                };
                // It ends when the client goes, which is no fault.
                tokio::spawn(async move { drop(session.serve().await) });
            }
        });
        Fake { port, commands, task }
    }

    /// The commands that came, of all sessions.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap().clone()
    }

    pub(crate) fn site(&self, encryption: Encryption) -> Site {
        let mut site = Site::new("127.0.0.1", self.port, "tester", Secret::new("secret"));
        site.encryption = encryption;
        site
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Gone,
}

impl Io {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Io::Plain(io) => io.write_all(bytes).await,
            Io::Tls(io) => {
                io.write_all(bytes).await?;
                io.flush().await
            }
            Io::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Io::Plain(io) => io.read(buffer).await,
            Io::Tls(io) => io.read(buffer).await,
            Io::Gone => Ok(0),
        }
    }

    /// A line; read byte by byte, so that what follows stays for TLS.
    async fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            if self.read(&mut byte).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match byte {
                [b'\n'] => return Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
                [other] => line.push(other),
            }
        }
    }

    fn socket(&self) -> Option<&TcpStream> {
        match self {
            Io::Plain(io) => Some(io),
            Io::Tls(io) => Some(io.get_ref().0),
            Io::Gone => None,
        }
    }

    async fn end(mut self, end: DataEnd) -> io::Result<()> {
        match (end, &mut self) {
            (DataEnd::Clean, Io::Plain(io)) => io.shutdown().await,
            (DataEnd::Clean, Io::Tls(io)) => io.shutdown().await,
            (DataEnd::Reset, io) => {
                if let Some(socket) = io.socket() {
                    socket2::SockRef::from(socket).set_linger(Some(std::time::Duration::ZERO))?;
                }
                Ok(())
            }
            // Dropping it sends FIN and nothing else.
            (DataEnd::Unclean | DataEnd::Clean, _) => Ok(()),
        }
    }
}

struct Session {
    script: Script,
    acceptor: TlsAcceptor,
    commands: Arc<Mutex<Vec<String>>>,
    control: Io,
    passive: Option<TcpListener>,
    protected: bool,
    /// Where the next download begins.
    offset: u64,
}

impl Session {
    async fn serve(mut self) -> io::Result<()> {
        self.reply("220 Fake server").await?;
        loop {
            let line = self.control.line().await?;
            self.commands.lock().unwrap().push(line.clone());
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "AUTH" if self.script.tls => self.secure().await?,
                "USER" => self.reply("331 Password, please").await?,
                "PASS" => self.reply("230 In").await?,
                "SYST" => self.reply("215 UNIX Type: L8").await?,
                "FEAT" => {
                    let epsv = if self.script.passive.is_none() { " EPSV\r\n" } else { "" };
                    let size = if self.script.tells_size { " SIZE\r\n" } else { "" };
                    self.reply(&format!(
                        "211-Features\r\n{epsv}{size} MLST type*;size*;modify*;\r\n UTF8\r\n211 End"
                    ))
                    .await?;
                }
                "PROT" => {
                    self.protected = argument == "P";
                    self.reply("200 OK").await?;
                }
                "PWD" => self.reply("257 \"/\" is here").await?,
                "CWD" => self.reply("250 There").await?,
                "SIZE" if self.script.tells_size => self.reply(&format!("213 {}", self.script.size)).await?,
                "EPSV" if self.script.passive.is_none() => {
                    let port = self.listen().await?;
                    self.reply(&format!("229 Passive (|||{port}|)")).await?;
                }
                "PASV" => {
                    let port = self.listen().await?;
                    let [a, b, c, d] = self.script.passive.unwrap_or([127, 0, 0, 1]);
                    self.reply(&format!("227 Passive ({a},{b},{c},{d},{},{})", port / 256, port % 256))
                        .await?;
                }
                "MLSD" | "LIST" => {
                    let listing = self.script.listing.clone();
                    let mut data = self.data().await?;
                    data.write(&listing).await?;
                    data.end(DataEnd::Clean).await?;
                    self.reply("226 Listed").await?;
                }
                "RETR" if self.script.serves == 0 => {
                    self.reply("421 Enough for this session").await?;
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                "RETR" => {
                    self.script.serves -= 1;
                    self.send().await?;
                }
                "STOR" => self.take().await?,
                "NOOP" => {
                    let reply = self.script.noop.clone();
                    self.control.write(&reply).await?;
                }
                "REST" => {
                    self.offset = argument.parse().unwrap_or(0);
                    self.reply("350 From there").await?;
                }
                "OPTS" | "PBSZ" | "TYPE" | "ABOR" => self.reply("200 OK").await?,
                "QUIT" => return self.reply("221 Bye").await,
                _ => self.reply("502 No").await?,
            }
        }
    }

    async fn reply(&mut self, text: &str) -> io::Result<()> {
        self.control.write(format!("{text}\r\n").as_bytes()).await
    }

    async fn secure(&mut self) -> io::Result<()> {
        let (first, later) = if self.script.injects_late {
            (&b""[..], self.script.injected)
        } else {
            (self.script.injected, &b""[..])
        };
        let consent = [b"234 Go on\r\n", first].concat();
        self.control.write(&consent).await?;
        let Io::Plain(mut socket) = std::mem::replace(&mut self.control, Io::Gone) else { return Ok(()) };
        if !later.is_empty() {
            socket.peek(&mut [0]).await?;
            socket.write_all(later).await?;
        }
        self.control = Io::Tls(Box::new(self.acceptor.accept(socket).await?));
        Ok(())
    }

    async fn listen(&mut self) -> io::Result<u16> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        self.passive = Some(listener);
        Ok(port)
    }

    async fn data(&mut self) -> io::Result<Io> {
        let Some(listener) = self.passive.take() else { return Ok(Io::Gone) };
        self.reply("150 Coming").await?;
        let (socket, _) = listener.accept().await?;
        if self.protected {
            return Ok(Io::Tls(Box::new(self.acceptor.accept(socket).await?)));
        }
        Ok(Io::Plain(socket))
    }

    async fn send(&mut self) -> io::Result<()> {
        let mut data = self.data().await?;
        let total = self.script.size.min(self.script.sent);
        let mut place = std::mem::take(&mut self.offset);
        let mut chunk = vec![0; 64 * 1024];
        while place < total {
            let count = chunk.len().min(usize::try_from(total - place).unwrap());
            pattern(place, &mut chunk[..count]);
            if data.write(&chunk[..count]).await.is_err() {
                return self.reply("426 You left.").await;
            }
            place += count as u64;
        }
        data.end(self.script.end).await?;
        self.last().await
    }

    async fn take(&mut self) -> io::Result<()> {
        let mut data = self.data().await?;
        let mut taken = 0;
        let mut chunk = vec![0; 16 * 1024];
        let end = loop {
            if taken >= self.script.takes {
                break DataEnd::Reset;
            }
            match data.read(&mut chunk).await? {
                0 => break DataEnd::Clean,
                count => taken += count as u64,
            }
        };
        data.end(end).await?;
        self.last().await
    }

    async fn last(&mut self) -> io::Result<()> {
        if let Some(last) = self.script.last {
            self.reply(last).await?;
        }
        if self.script.leaves {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}
