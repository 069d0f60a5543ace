//! The server's software, as far as it says.

use crate::path::display;
use crate::reply::Reply;

/// How software names itself in greetings and SYST, and how the page shows it.
const NAMES: [(&str, &str); 12] = [
    ("pure-ftpd", "Pure-FTPd"),
    ("vsftpd", "vsFTPd"),
    ("proftpd", "ProFTPD"),
    ("filezilla server", "FileZilla Server"),
    ("microsoft ftp service", "Microsoft FTP Service"),
    ("windows_nt", "Microsoft FTP Service"),
    ("pyftpdlib", "pyftpdlib"),
    ("libunftp", "libunftp"),
    ("uftpd", "uftpd"),
    ("glftpd", "glFTPd"),
    ("serv-u", "Serv-U"),
    ("wu-2", "WU-FTPD"),
];

/// Name and, where it is given, version, such as `vsFTPd 3.0.3`; empty where the server does not say.
#[must_use]
pub fn software(greeting: &Reply, syst: &str) -> String {
    let greeting = greeting.lines.iter().map(|line| display(line)).collect::<Vec<_>>().join("\n");
    let found = |text: &str| {
        let lower = text.to_ascii_lowercase();
        NAMES.iter().find_map(|(key, name)| {
            let at = lower.find(key)?;
            let rest = lower.get(at + key.len()..)?;
            let rest = rest.trim_start().trim_start_matches("version ").trim_start_matches([' ', '(', 'v']);
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
            let version = rest.get(..end)?.trim_end_matches('.');
            let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
            Some(if is_version { format!("{name} {version}") } else { (*name).to_owned() })
        })
    };
    found(&greeting).or_else(|| found(syst)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(greeting: &str, syst: &str) -> String {
        software(&Reply::new(220, vec![greeting.as_bytes().to_vec()]), syst)
    }

    #[test]
    fn names_and_versions() {
        for (greeting, wanted) in [
            ("---------- Welcome to Pure-FTPd [privsep] [TLS] ----------", "Pure-FTPd"),
            ("(vsFTPd 3.0.3)", "vsFTPd 3.0.3"),
            ("ProFTPD Server (Debian) [::ffff:127.0.0.1]", "ProFTPD"),
            ("ProFTPD 1.3.8b Server (x) [127.0.0.1]", "ProFTPD 1.3.8b"),
            ("FileZilla Server 1.7.3", "FileZilla Server 1.7.3"),
            ("FileZilla Server version 0.9.60 beta", "FileZilla Server 0.9.60"),
            ("Microsoft FTP Service", "Microsoft FTP Service"),
            ("pyftpdlib 2.0.1 ready.", "pyftpdlib 2.0.1"),
            ("Welcome", ""),
        ] {
            assert_eq!(of(greeting, "UNIX Type: L8"), wanted);
        }
        assert_eq!(of("Welcome", "Windows_NT"), "Microsoft FTP Service");
    }
}
