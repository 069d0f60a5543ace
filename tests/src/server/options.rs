//! What a fixture is to be: which server, with which TLS, and what is unusual about it.

use super::ServerError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The servers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Software {
    /// Pure-FTPd; resumes TLS sessions where the client wants to, demands nothing.
    PureFtpd,
    /// vsftpd with `require_ssl_reuse=YES` and `strict_ssl_read_eof=YES`.
    Vsftpd,
    /// ProFTPD with mod_tls, which demands reuse unless told otherwise.
    ProFtpd,
    /// pyftpdlib with its `TLS_FTPHandler`; answers in the order of an event loop, not of a process.
    Pyftpdlib,
    /// libunftp in this process, as in the demo.
    Libunftp,
    /// inetutils-ftpd, the BSD server's descendant: one process a connection, no TLS, no MLSD.
    Inetutils,
}

impl Software {
    /// All of them.
    pub const ALL: [Software; 6] = [
        Software::PureFtpd,
        Software::Vsftpd,
        Software::ProFtpd,
        Software::Pyftpdlib,
        Software::Libunftp,
        Software::Inetutils,
    ];

    /// Whether it refuses data connections that do not resume the control connection's TLS session.
    #[must_use]
    pub fn demands_reuse(self) -> bool {
        matches!(self, Software::Vsftpd | Software::ProFtpd)
    }
}

/// TLS of a fixture. The control connection starts in plain text, and AUTH TLS is offered, not demanded, unless said otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Security {
    /// No TLS: AUTH is refused.
    Plain,
    /// TLS 1.0 and nothing newer, as servers have it that nobody updates. ProFTPD and vsftpd.
    Tls10,
    /// TLS 1.2 and nothing newer.
    Tls12,
    /// TLS 1.3 and nothing older. Before 1.3.9 ProFTPD issues no new tickets on uploads and expects clients to use
    /// old ones again; a client that uses each once runs dry after two uploads and has to log in anew.
    Tls13,
    /// TLS 1.2 and 1.3, as servers have it by default.
    Newest,
    /// The same, from the first byte of every connection. vsftpd and ProFTPD.
    Implicit,
}

/// What a fixture is to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Options {
    /// The server.
    pub software: Software,
    /// Its TLS.
    pub security: Security,
    /// Listens on `[::1]` instead of 127.0.0.1.
    pub ipv6: bool,
    /// At most so many sessions from one address at a time. libunftp and inetutils-ftpd have no such limit.
    pub most_sessions: Option<u16>,
    /// Sessions that say nothing for so many seconds are closed. vsftpd, ProFTPD and pyftpdlib have such a limit; Pure-FTPd counts minutes.
    pub idle: Option<u16>,
    /// Commands that are refused. vsftpd, ProFTPD and pyftpdlib refuse any; Pure-FTPd only EPSV and PASV together, which
    /// is active mode alone; inetutils-ftpd none, and libunftp none (without passive mode 0.24 still takes EPSV).
    pub refused: &'static [&'static str],
    /// ProFTPD with mod_deflate (MODE Z), mod_digest (HASH, XCRC and their like), mod_copy (SITE CPFR, CPTO) and
    /// mod_site_misc (SITE MKDIR, RMDIR, SYMLINK, UTIME).
    pub modules: bool,
    /// Asks for a client certificate and serves nobody without [`super::Server::client`]'s. vsftpd and ProFTPD.
    pub certified: bool,
}

impl Options {
    /// A server with its usual options.
    #[must_use]
    pub const fn new(software: Software, security: Security) -> Options {
        Options {
            software,
            security,
            ipv6: false,
            most_sessions: None,
            idle: None,
            refused: &[],
            modules: false,
            certified: false,
        }
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        if self.ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() }
    }

    /// Whether EPSV and PASV are refused and nothing else.
    pub(super) fn active_only(&self) -> bool {
        self.refused.len() == 2 && ["EPSV", "PASV"].iter().all(|command| self.refused.contains(command))
    }

    /// Refuses what the server has no option for.
    pub(super) fn check(&self) -> Result<(), ServerError> {
        use Software::{Inetutils, Libunftp, ProFtpd, PureFtpd, Vsftpd};
        let refusal = |what| Err(ServerError::Unsupported { software: self.software, what });
        match self.software {
            Inetutils if self.security != Security::Plain => refusal("do TLS"),
            software if self.security == Security::Tls10 && !matches!(software, Vsftpd | ProFtpd) => {
                refusal("do TLS 1.0")
            }
            software if self.security == Security::Implicit && !matches!(software, Vsftpd | ProFtpd) => {
                refusal("do TLS from the first byte")
            }
            Inetutils | Libunftp if self.most_sessions.is_some() => refusal("limit sessions"),
            Inetutils | Libunftp | PureFtpd if self.idle.is_some() => {
                refusal("close idle sessions after seconds")
            }
            Inetutils | Libunftp if !self.refused.is_empty() => refusal("refuse commands"),
            PureFtpd if !self.refused.is_empty() && !self.active_only() => {
                refusal("refuse commands other than EPSV and PASV together")
            }
            software if self.certified && !matches!(software, Vsftpd | ProFtpd) => {
                refusal("ask for client certificates")
            }
            software if self.modules && software != ProFtpd => refusal("load ProFTPD's modules"),
            _ => Ok(()),
        }
    }
}
