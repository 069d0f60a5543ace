//! The demo's FTP server: libunftp in this process, on loopback, with a sample tree in a directory that goes when it stops.

mod picture;
mod tree;

use crate::config::{Config, Deadlines, Target};
use libunftp::ServerBuilder;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use towpath_shared::SiteEncryption;
use unftp_sbe_fs::Filesystem;

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    port: u16,
    root: TempDir,
    _stop: DropGuard,
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1. Any name and password log in; passive ports are free.
    ///
    /// # Errors
    /// Whatever the file system or the socket says.
    pub async fn start() -> io::Result<Server> {
        let root = tempfile::Builder::new().prefix("towpath-demo-").tempdir()?;
        tree::write(root.path())?;
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let port = listener.local_addr()?.port();
        let stop = CancellationToken::new();
        tokio::spawn(accept(listener, root.path().to_owned(), stop.clone()));
        Ok(Server { port, root, _stop: stop.drop_guard() })
    }

    /// The control port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A relay's configuration with this server as its one target, and little patience at the end.
    #[must_use]
    pub fn config(&self) -> Config {
        let target = Target {
            users: None,
            name: Some("Demo server".into()),
            encryption: SiteEncryption::None,
            user: Some("anonymous".into()),
            ..Target::new(Ipv4Addr::LOCALHOST.to_string(), self.port)
        };
        let deadlines = Deadlines { drain: 1, ..Deadlines::default() };
        Config { targets: vec![target], deadlines, ..Config::default() }
    }

    /// The directory that is served.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }
}

/// libunftp listens on a port that it is told; accepting here lets the system choose a free one.
async fn accept(listener: TcpListener, root: std::path::PathBuf, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let socket = tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    tracing::warn!(%error, "demo server cannot accept");
                    return;
                }
            },
        };
        let root = root.clone();
        // libunftp asks for the back end inside the session's task, by a function that cannot fail. Should the directory be
        // gone by then, that task ends and the connection with it.
        #[expect(clippy::expect_used, reason = "ends one session of the demo, see above")]
        let storage = move || Filesystem::new(&root).expect("the demo's tree is there");
        let server =
            ServerBuilder::new(Box::new(storage)).greeting("Towpath demo server, by libunftp").build();
        match server {
            Ok(server) => {
                connections.spawn(server.service(socket));
            }
            Err(error) => tracing::warn!(%error, "demo server cannot start a session"),
        }
    }
}
