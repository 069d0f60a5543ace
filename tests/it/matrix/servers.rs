//! The rows of the matrix, and what each server is known not to support.

use super::cross;
use towpath_tests::server::Options;
use towpath_tests::server::Security::{Newest, Plain, Tls12, Tls13};
use towpath_tests::server::Software::{self, Inetutils, Libunftp, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};

/// Server, step, and why it is left out.
pub(super) const LACKS: &[(Software, &str, &str)] = &[
    (PureFtpd, "a name with a trailing blank", UNDERSCORE),
    (PureFtpd, "a file's name with a trailing blank", UNDERSCORE),
    (PureFtpd, "a name with a backslash", "prohibited"),
    (PureFtpd, "a file's name with a backslash", "prohibited"),
    (ProFtpd, "a name with wildcards", "MKD refuses an asterisk"),
    (Pyftpdlib, "a name in Latin-1", NOT_UTF8),
    (Pyftpdlib, "a name with byte 255", NOT_UTF8),
    (Libunftp, "a name in Latin-1", NOT_UTF8),
    (Libunftp, "a name with byte 255", NOT_UTF8),
    (Inetutils, "a name with byte 255", "Telnet's IAC, to be doubled for this server; see rule S2"),
    (Inetutils, "delete a tree with a link", "DELE of a link to a directory does RMD, which fails"),
];

const UNDERSCORE: &str = "the server makes an underscore of it";

const NOT_UTF8: &str = "what is not UTF-8 becomes U+FFFD on the way in";

/// A server as it is to be tested.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) options: Options,
}

impl Row {
    /// Why this step is left out, where it is.
    pub(super) fn lacks(&self, step: &str) -> Option<&'static str> {
        let found =
            LACKS.iter().find(|(software, name, _)| (*software, *name) == (self.options.software, step));
        found.map(|(_, _, reason)| *reason)
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
    proftpd_ipv6: ipv6(ProFtpd);
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
