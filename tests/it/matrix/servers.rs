//! The rows of the matrix.

use super::cross;
use super::lacks::{LACKS, Lack, Where};
use towpath_tests::server::Options;
use towpath_tests::server::Security::{Implicit, Newest, Plain, Tls12, Tls13};
use towpath_tests::server::Software::{self, Inetutils, Libunftp, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};

/// A server as it is to be tested.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) options: Options,
}

impl Row {
    /// Whether a new login may be needed at any time: vsftpd and ProFTPD want every data connection to resume and issue few TLS 1.3 tickets,
    /// and ProFTPD 1.3.8 closes the session over a data connection that ends in the middle and does not break.
    pub(super) fn renews(&self) -> bool {
        self.options.software.demands_reuse() && self.options.security != Plain
    }

    /// What is known to be wrong with this step here.
    pub(super) fn lack(&self, step: &str) -> Option<&'static Lack> {
        LACKS.iter().find(|lack| {
            (lack.software, lack.step) == (self.options.software, step)
                && match lack.place {
                    Where::Always => true,
                    Where::Plain => self.options.security == Plain,
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
    vsftpd_implicit_tls: usual(Vsftpd, Implicit);
    vsftpd_ipv6: ipv6(Vsftpd);
    proftpd: Options { modules: true, ..usual(ProFtpd, Plain) };
    proftpd_tls: Options { modules: true, ..usual(ProFtpd, Newest) };
    proftpd_implicit_tls: Options { modules: true, ..usual(ProFtpd, Implicit) };
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
