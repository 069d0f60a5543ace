//! A server's life: its directory, its process, and the wait until it answers.

use super::listener::Listener;
use super::place::{Place, served};
use super::process::Process;
use super::{
    Identity, Options, PASSWORD, Security, ServerError, Software, inetutils, install, libunftp, proftpd,
    pureftpd, pyftpdlib, vsftpd,
};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use towpath_ftp::{Encryption, RemotePath, Secret, Site};

/// How long a server may take until it greets; they need a tenth of a second.
const START: Duration = Duration::from_secs(20);

/// Pause between two tries to connect.
const RETRY: Duration = Duration::from_millis(20);

/// How many blocks of ports are tried, should another process take one in between.
const TRIES: usize = 3;

/// A running server. Dropping it ends the process and removes its directory.
#[derive(Debug)]
pub struct Server {
    // Before the directory, so that it has ended when that goes.
    running: Running,
    place: Place,
    identity: Identity,
    client: Identity,
}

#[derive(Debug)]
enum Running {
    Process(Process),
    Listener(Listener),
}

impl Server {
    /// Starts a server with its usual options and waits until it greets.
    ///
    /// # Errors
    /// [`ServerError`], with what the server said.
    pub fn start(software: Software, security: Security) -> Result<Server, ServerError> {
        Server::with(Options::new(software, security))
    }

    /// Starts a server and waits until it greets; one with a limit on sessions only until it listens, since a session that
    /// looks for the greeting would count.
    ///
    /// # Errors
    /// [`ServerError`], with what the server said.
    pub fn with(options: Options) -> Result<Server, ServerError> {
        options.check()?;
        let programs = install()?;
        let mut tries = 0;
        loop {
            tries += 1;
            match Server::try_start(options, programs.clone()) {
                // Its port was taken by somebody else in between.
                Err(ServerError::Program { .. }) if tries < TRIES => {}
                result => return result,
            }
        }
    }

    fn try_start(options: Options, programs: PathBuf) -> Result<Server, ServerError> {
        let (identity, client) = (Identity::new()?, Identity::new()?);
        let place = Place::new(programs, options, &identity)?;
        // It has signed itself: it is its own authority.
        place.write("clients.pem", &client.certificate_pem())?;
        let process = |command| Process::spawn(&command, &place).map(Running::Process);
        let running = match options.software {
            Software::PureFtpd => process(pureftpd::command(&place, &identity)?)?,
            Software::Vsftpd => process(vsftpd::command(&place)?)?,
            Software::ProFtpd => process(proftpd::command(&place)?)?,
            Software::Pyftpdlib => process(pyftpdlib::command(&place)?)?,
            Software::Libunftp => Running::Listener(libunftp::start(&place)?),
            Software::Inetutils => Running::Listener(inetutils::start(&place)?),
        };
        let mut server = Server { running, place, identity, client };
        served(&server.root())?;
        server.wait()?;
        Ok(server)
    }

    /// Tries to connect until the server greets.
    fn wait(&mut self) -> Result<(), ServerError> {
        let program = format!("{:?}", self.software());
        let start = Instant::now();
        let address = self.place.control();
        loop {
            // Under TLS from the first byte nobody greets who has not shaken hands.
            let Options { most_sessions, security, .. } = self.place.options;
            let silent = most_sessions.is_some() || security == Security::Implicit;
            let ready = if silent { listens(address) } else { greets(address) };
            if ready {
                return Ok(());
            }
            let ended = match &mut self.running {
                Running::Process(process) => process.ended().map_err(ServerError::io(program.as_str()))?,
                Running::Listener(listener) => listener.ended(),
            };
            if ended {
                return Err(ServerError::Program { program, output: self.log() });
            }
            if start.elapsed() > START {
                return Err(ServerError::Silent { program, output: self.log() });
            }
            std::thread::sleep(RETRY);
        }
    }

    /// Which it is.
    #[must_use]
    pub fn software(&self) -> Software {
        self.place.options.software
    }

    /// Its options.
    #[must_use]
    pub fn options(&self) -> Options {
        self.place.options
    }

    /// The address that it listens on: 127.0.0.1 or `::1`.
    #[must_use]
    pub fn host(&self) -> String {
        self.place.options.address().to_string()
    }

    /// The control port on [`Server::host`].
    #[must_use]
    pub fn port(&self) -> u16 {
        self.place.ports.control()
    }

    /// The user that can log in with [`PASSWORD`].
    #[must_use]
    pub fn user(&self) -> &'static str {
        match self.software() {
            Software::Vsftpd | Software::Libunftp => "anonymous",
            Software::PureFtpd | Software::ProFtpd | Software::Pyftpdlib | Software::Inetutils => "tester",
        }
    }

    /// The directory on this machine that the user can write to.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        let home = self.place.home();
        // vsftpd refuses a root directory that an anonymous user can write to.
        if self.software() == Software::Vsftpd { home.join("files") } else { home }
    }

    /// [`Server::root`] as a login sees it.
    #[must_use]
    pub fn base(&self) -> RemotePath {
        let base = if self.software() == Software::Vsftpd { "/files" } else { "/" };
        RemotePath::new(base).unwrap_or_else(|_| RemotePath::root())
    }

    /// The server's certificate.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What a client has to show where the server asks for that ([`Options::certified`]).
    #[must_use]
    pub fn client(&self) -> &Identity {
        &self.client
    }

    /// A site that logs in: explicit TLS unless the fixture is a plain one.
    #[must_use]
    pub fn site(&self) -> Site {
        let mut site = Site::new(self.host(), self.port(), self.user(), Secret::new(PASSWORD));
        match self.place.options.security {
            Security::Plain => site.encryption = Encryption::None,
            Security::Implicit => site.encryption = Encryption::Implicit,
            Security::Tls10 | Security::Tls12 | Security::Tls13 | Security::Newest => {}
        }
        site
    }

    /// Kills the processes of its sessions, where it has a process for each: Pure-FTPd, vsftpd and ProFTPD. How many there were.
    ///
    /// # Errors
    /// [`ServerError`].
    pub fn kill_sessions(&self) -> Result<usize, ServerError> {
        match &self.running {
            Running::Process(process) => process.kill_sessions().map_err(ServerError::io("the sessions")),
            Running::Listener(_) => Ok(0),
        }
    }

    /// What the server has written to its logs, for the message of a failed test.
    #[must_use]
    pub fn log(&self) -> String {
        let names = ["output", "log", "tls.log"];
        names.iter().map(|name| fs::read_to_string(self.place.path(name)).unwrap_or_default()).collect()
    }
}

fn greets(address: SocketAddr) -> bool {
    let Ok(socket) = TcpStream::connect_timeout(&address, START) else { return false };
    if socket.set_read_timeout(Some(START)).is_err() {
        return false;
    }
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).is_ok() && line.starts_with("220")
}

/// Whether the system knows a listener on this port: its tables have the local address in hexadecimal and the state, which
/// is 0A for listeners.
fn listens(address: SocketAddr) -> bool {
    let port = format!(":{:04X}", address.port());
    let table = if address.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" };
    fs::read_to_string(table).unwrap_or_default().lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        fields.next().is_some_and(|local| local.ends_with(&port)) && fields.nth(1) == Some("0A")
    })
}
