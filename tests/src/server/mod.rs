//! Real FTP servers as fixtures: Pure-FTPd, vsftpd and ProFTPD from Debian's packages, unpacked beside the build and
//! never installed. Each instance has a directory, a certificate, a control port and a passive range of its own, so any
//! number may run at once. It is ready when [`Server::start`] returns and gone when it is dropped.
//!
//! No account of the machine is made or changed. Pure-FTPd and ProFTPD read users from a file of the fixture's;
//! vsftpd knows anonymous users without PAM, and its list of e-mail passwords makes the password count. Files belong to
//! the system's `daemon`, which every Debian has with the same number.

mod certificate;
mod install;
mod ports;
mod process;
mod proftpd;
mod pureftpd;
mod vsftpd;

pub use certificate::Identity;
pub use install::ensure as install;
pub use process::Server;

use std::io;
use thiserror::Error;

/// The password of every fixture's user.
pub const PASSWORD: &str = "crossing-42";

/// [`PASSWORD`] as crypt(3) SHA-512 writes it, for the servers that read hashes from a file.
const PASSWORD_HASH: &str =
    "$6$towpath$ixQjytsarfxy6DI3UqF3wwO6WzJ.Wr5nGDb4S/MXetI53ovEqTUqSYIUewB58Nm036WPSUg.e6izPaxhJShMd/";

/// Owner of the served files: `daemon`, the same number on every Debian system.
const OWNER: u32 = 1;

/// The servers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Software {
    /// Pure-FTPd; resumes TLS sessions where the client wants to, demands nothing.
    PureFtpd,
    /// vsftpd with `require_ssl_reuse=YES` and `strict_ssl_read_eof=YES`.
    Vsftpd,
    /// ProFTPD with mod_tls, which demands reuse unless told otherwise.
    ProFtpd,
}

impl Software {
    /// All of them.
    pub const ALL: [Software; 3] = [Software::PureFtpd, Software::Vsftpd, Software::ProFtpd];

    /// Whether it refuses data connections that do not resume the control connection's TLS session.
    #[must_use]
    pub fn demands_reuse(self) -> bool {
        self != Software::PureFtpd
    }
}

/// TLS of a fixture. The control connection starts in plain text; AUTH TLS is offered, not demanded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Security {
    /// No TLS: AUTH is refused.
    Plain,
    /// TLS 1.2 and nothing newer.
    Tls12,
    /// TLS 1.3 and nothing older. Before 1.3.9 ProFTPD issues no new tickets on uploads and expects clients to use
    /// old ones again; a client that uses each once runs dry after two uploads and has to log in anew.
    Tls13,
    /// TLS 1.2 and 1.3, as servers have it by default.
    Newest,
}

/// A fixture that does not work.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Something on this machine's side.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What came of it.
        source: io::Error,
    },
    /// A program that sets up or serves ended when it should not have.
    #[error("{program} failed: {output}")]
    Program {
        /// Which.
        program: String,
        /// What it said.
        output: String,
    },
    /// No answer on the control port.
    #[error("{program} did not answer on its port: {output}")]
    Silent {
        /// Which.
        program: String,
        /// What it said.
        output: String,
    },
    /// Keys or certificates.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
}

impl ServerError {
    fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> ServerError {
        let what = what.into();
        move |source| ServerError::Io { what, source }
    }
}
