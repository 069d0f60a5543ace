//! The rows of the matrix, and what each server is known not to support.

use super::cross;
use How::{Fails, Refuses, Renews};
use towpath_tests::server::Options;
use towpath_tests::server::Security::{Newest, Plain, Tls12, Tls13};
use towpath_tests::server::Software::{self, Inetutils, Libunftp, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};

/// How it shows that a server lacks something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// The step fails with the server's refusal, in its words, and the session goes on.
    Refuses,
    /// The step fails in another way that the reason tells, and the session goes on.
    Fails,
    /// The step works, but the session has to log in anew.
    Renews,
}

/// In which rows it is so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Where {
    Always,
    Plain,
    Secure,
}

/// What a server is known not to support. It is tried all the same, and an entry that is not true fails the test.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lack {
    software: Software,
    pub(super) step: &'static str,
    pub(super) how: How,
    pub(super) reason: &'static str,
    place: Where,
}

const fn lack(software: Software, step: &'static str, how: How, reason: &'static str) -> Lack {
    Lack { software, step, how, reason, place: Where::Always }
}

impl Lack {
    /// Only with TLS.
    const fn secure(self) -> Lack {
        Lack { place: Where::Secure, ..self }
    }

    /// Only without.
    const fn plain(self) -> Lack {
        Lack { place: Where::Plain, ..self }
    }
}

/// All that is known.
pub(super) const LACKS: &[Lack] = &[
    lack(PureFtpd, "a name with a trailing blank", Fails, UNDERSCORE),
    lack(PureFtpd, "a file's name with a trailing blank", Fails, UNDERSCORE),
    lack(PureFtpd, "a name with a backslash", Refuses, "prohibited"),
    lack(PureFtpd, "a file's name with a backslash", Refuses, "prohibited"),
    lack(ProFtpd, "a name with wildcards", Refuses, "MKD refuses an asterisk"),
    lack(Pyftpdlib, "a name in Latin-1", Fails, NOT_UTF8),
    lack(Pyftpdlib, "a name with byte 255", Fails, NOT_UTF8),
    lack(Libunftp, "a name in Latin-1", Fails, NOT_UTF8),
    lack(Libunftp, "a name with byte 255", Fails, NOT_UTF8),
    lack(
        Inetutils,
        "a name with byte 255",
        Fails,
        "Telnet's IAC, to be doubled for this server; see rule S2",
    ),
    lack(
        Inetutils,
        "delete a tree with a link",
        Refuses,
        "DELE of a link to a directory does RMD, which fails",
    ),
];

const UNDERSCORE: &str = "the server makes an underscore of it";

const NOT_UTF8: &str = "what is not UTF-8 becomes U+FFFD on the way in";

/// A server as it is to be tested.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) options: Options,
}

impl Row {
    /// What is known to be wrong with this step here.
    pub(super) fn lack(&self, step: &str) -> Option<&'static Lack> {
        let secure = self.options.security != Plain;
        LACKS.iter().find(|lack| {
            (lack.software, lack.step) == (self.options.software, step)
                && match lack.place {
                    Where::Always => true,
                    Where::Plain => !secure,
                    Where::Secure => secure,
                }
        })
    }
}

macro_rules! rows {
    ($($name:ident: $options:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            cross(Row { name: stringify!($name), options: $options }).await;
        }
    )*};
}

const fn usual(software: Software, security: towpath_tests::server::Security) -> Options {
    Options::new(software, security)
}

const fn ipv6(software: Software) -> Options {
    Options { ipv6: true, ..Options::new(software, Plain) }
}

rows! {
    pure_ftpd: usual(PureFtpd, Plain);
    pure_ftpd_tls: usual(PureFtpd, Newest);
    pure_ftpd_ipv6: ipv6(PureFtpd);
    vsftpd: usual(Vsftpd, Plain);
    vsftpd_tls: usual(Vsftpd, Newest);
    vsftpd_ipv6: ipv6(Vsftpd);
    proftpd: Options { modules: true, ..usual(ProFtpd, Plain) };
    proftpd_tls: Options { modules: true, ..usual(ProFtpd, Newest) };
    proftpd_ipv6: Options { modules: true, ..ipv6(ProFtpd) };
    pyftpdlib: usual(Pyftpdlib, Plain);
    pyftpdlib_tls12: usual(Pyftpdlib, Tls12);
    pyftpdlib_tls13: usual(Pyftpdlib, Tls13);
    pyftpdlib_ipv6: ipv6(Pyftpdlib);
    libunftp: usual(Libunftp, Plain);
    libunftp_tls12: usual(Libunftp, Tls12);
    libunftp_tls13: usual(Libunftp, Tls13);
    inetutils_ftpd: usual(Inetutils, Plain);
    inetutils_ftpd_ipv6: ipv6(Inetutils);
}
