//! Real FTP servers as fixtures. Pure-FTPd, vsftpd, ProFTPD, pyftpdlib and inetutils-ftpd come from Debian's packages,
//! unpacked beside the build and never installed; libunftp is a crate and runs in this process. Each instance has a
//! directory, a certificate, a control port and a passive range of its own, so any number may run at once. It is ready
//! when [`Server::start`] returns and gone when it is dropped.
//!
//! No account of the machine is made or changed. Pure-FTPd and ProFTPD read users from a file of the fixture's;
//! vsftpd knows anonymous users without PAM, and its list of e-mail passwords makes the password count; pyftpdlib is told
//! its user; libunftp takes every password; inetutils-ftpd sees an `/etc` of its own, in a mount namespace. Files belong to
//! the system's `daemon`, which every Debian has with the same number, but for libunftp's.

mod certificate;
mod fixture;
mod inetutils;
mod install;
mod libunftp;
mod listener;
mod options;
mod place;
mod ports;
mod process;
mod proftpd;
mod pureftpd;
mod pyftpdlib;
mod vsftpd;

pub use certificate::Identity;
pub use fixture::Server;
pub use install::ensure as install;
pub use options::{Options, Security, Software};

use std::io;
use thiserror::Error;

/// The password of every fixture's user.
pub const PASSWORD: &str = "crossing-42";

/// [`PASSWORD`] as crypt(3) SHA-512 writes it, for the servers that read hashes from a file.
const PASSWORD_HASH: &str =
    "$6$towpath$ixQjytsarfxy6DI3UqF3wwO6WzJ.Wr5nGDb4S/MXetI53ovEqTUqSYIUewB58Nm036WPSUg.e6izPaxhJShMd/";

/// Owner of the served files: `daemon`, the same number on every Debian system.
const OWNER: u32 = 1;

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
    /// The server has no such option.
    #[error("{software:?} cannot {what}")]
    Unsupported {
        /// Which server.
        software: Software,
        /// What was asked of it.
        what: &'static str,
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
