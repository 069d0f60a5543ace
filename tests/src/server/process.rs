//! A server's life: its directory, its process, and the wait until it answers.

use super::ports::Ports;
use super::{Identity, OWNER, PASSWORD, Security, ServerError, Software, install, proftpd, pureftpd, vsftpd};
use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use towpath_ftp::{RemotePath, Secret, Site};

/// How long a server may take until it greets; they need a tenth of a second.
const START: Duration = Duration::from_secs(20);

/// Pause between two tries to connect.
const RETRY: Duration = Duration::from_millis(20);

/// How many blocks of ports are tried, should another process take one in between.
const TRIES: usize = 3;

/// A running server. Dropping it ends the process and removes its directory.
#[derive(Debug)]
pub struct Server {
    software: Software,
    child: Child,
    /// The server lives as long as this end is open; see [`spawn`].
    life: Option<ChildStdin>,
    place: Place,
    identity: Identity,
}

/// What a server's configuration is made of.
#[derive(Debug)]
pub(super) struct Place {
    /// Where the packages are unpacked.
    pub(super) programs: PathBuf,
    pub(super) ports: Ports,
    pub(super) security: Security,
    dir: TempDir,
}

impl Place {
    /// A path in the fixture's directory.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file that only root can read.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, ServerError> {
        let path = self.path(name);
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o600)))
            .map_err(ServerError::io(name))?;
        Ok(path)
    }

    /// The directory that a login sees as `/`.
    pub(super) fn home(&self) -> PathBuf {
        self.path("home")
    }
}

impl Server {
    /// Starts a server and waits until it greets.
    ///
    /// # Errors
    /// [`ServerError`], with what the server said.
    pub fn start(software: Software, security: Security) -> Result<Server, ServerError> {
        let programs = install()?;
        let mut tries = 0;
        loop {
            tries += 1;
            match Server::try_start(software, security, programs.clone()) {
                // Its port was taken by somebody else in between.
                Err(ServerError::Program { .. }) if tries < TRIES => {}
                result => return result,
            }
        }
    }

    fn try_start(software: Software, security: Security, programs: PathBuf) -> Result<Server, ServerError> {
        let none = || std::io::Error::other("all are taken");
        let ports = Ports::next().ok_or_else(none).map_err(ServerError::io("a free port"))?;
        let dir = tempfile::Builder::new().prefix("towpath-server-").tempdir();
        let dir = dir.map_err(ServerError::io("temporary directory"))?;
        let place = Place { programs, ports, security, dir };
        let identity = Identity::new()?;
        // The servers give up root before they look for the user's directory.
        fs::set_permissions(place.dir.path(), Permissions::from_mode(0o755))
            .and_then(|()| fs::create_dir(place.home()))
            .map_err(ServerError::io("the served directory"))?;
        place.write("certificate.pem", &identity.certificate_pem())?;
        place.write("key.pem", &identity.key_pem())?;
        let command = match software {
            Software::PureFtpd => pureftpd::command(&place, &identity)?,
            Software::Vsftpd => vsftpd::command(&place)?,
            Software::ProFtpd => proftpd::command(&place)?,
        };
        let mut child = spawn(&command, &place)?;
        let life = child.stdin.take();
        let mut server = Server { software, child, life, place, identity };
        let root = server.root();
        fs::create_dir_all(&root)
            .and_then(|()| chown(&root, Some(OWNER), Some(OWNER)))
            .map_err(ServerError::io("the served directory"))?;
        server.wait()?;
        Ok(server)
    }

    /// Tries to connect until the server greets.
    fn wait(&mut self) -> Result<(), ServerError> {
        let program = format!("{:?}", self.software);
        let start = Instant::now();
        loop {
            if greets(self.port()) {
                return Ok(());
            }
            let ended = self.child.try_wait().map_err(ServerError::io(program.as_str()))?;
            if ended.is_some() {
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
        self.software
    }

    /// The control port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.place.ports.control()
    }

    /// The user that can log in with [`PASSWORD`].
    #[must_use]
    pub fn user(&self) -> &'static str {
        match self.software {
            Software::Vsftpd => "anonymous",
            Software::PureFtpd | Software::ProFtpd => "tester",
        }
    }

    /// The directory on this machine that the user can write to.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        let home = self.place.home();
        match self.software {
            // It refuses a root directory that an anonymous user can write to.
            Software::Vsftpd => home.join("files"),
            Software::PureFtpd | Software::ProFtpd => home,
        }
    }

    /// [`Server::root`] as a login sees it.
    #[must_use]
    pub fn base(&self) -> RemotePath {
        match self.software {
            Software::Vsftpd => RemotePath::new("/files").unwrap_or_else(|_| RemotePath::root()),
            Software::PureFtpd | Software::ProFtpd => RemotePath::root(),
        }
    }

    /// The server's certificate.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// A site that logs in: explicit TLS unless the fixture is a plain one.
    #[must_use]
    pub fn site(&self) -> Site {
        let mut site = Site::new("127.0.0.1", self.port(), self.user(), Secret::new(PASSWORD));
        if self.place.security == Security::Plain {
            site.encryption = towpath_ftp::Encryption::None;
        }
        site
    }

    /// What the server has written to its logs, for the message of a failed test.
    #[must_use]
    pub fn log(&self) -> String {
        let names = ["output", "log", "tls.log"];
        names.iter().map(|name| fs::read_to_string(self.place.path(name)).unwrap_or_default()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already. Its sessions end with their control connections.
        drop(self.life.take());
        let _ = self.child.wait();
    }
}

/// Ends the server when standard input ends, and becomes the server. However the tests end, a killed process included, the
/// system closes the other end of that pipe and no server stays behind.
const LIFELINE: &str = r#"exec 3<&0; (read -r _ <&3; kill -KILL $$) & exec "$@" 3<&- </dev/null"#;

/// Starts the process with the TLS versions that the fixture is for. OpenSSL reads them from its configuration, the same
/// way for every server.
fn spawn(command: &Command, place: &Place) -> Result<Child, ServerError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let (oldest, newest) = match place.security {
        Security::Tls12 => ("TLSv1.2", "TLSv1.2"),
        Security::Plain | Security::Tls13 => ("TLSv1.3", "TLSv1.3"),
        Security::Newest => ("TLSv1.2", "TLSv1.3"),
    };
    let openssl = place.write(
        "openssl.cnf",
        &format!(
            "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n\
             MinProtocol = {oldest}\nMaxProtocol = {newest}\n"
        ),
    )?;
    let output = File::create(place.path("output")).map_err(ServerError::io("output"))?;
    let errors = output.try_clone().map_err(ServerError::io("output"))?;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", LIFELINE, "sh"]).arg(command.get_program()).args(command.get_args());
    shell.env("OPENSSL_CONF", openssl).stdin(Stdio::piped()).stdout(output).stderr(errors);
    shell.spawn().map_err(ServerError::io(program))
}

fn greets(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(socket) = TcpStream::connect_timeout(&address, START) else { return false };
    if socket.set_read_timeout(Some(START)).is_err() {
        return false;
    }
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).is_ok() && line.starts_with("220")
}

/// A path as text for a configuration file; fixtures' paths are plain.
pub(super) fn text(path: &Path) -> String {
    path.display().to_string()
}
