//! WRITE_SECRET: when the relay writes a stored password into a control stream.
//!
//! The page is not trusted with the password, so it must not be able to have it written as anything but the password of that site. The command's
//! word comes from the relay, the last bytes that went to the server must be that site's own USER command, and each such command
//! allows one PASS. A password goes out only on a connection that is protected as the site demands; by default that means a certificate which
//! the relay itself trusts, for a page could accept any.

use crate::address::Host;
use crate::config::{Config, PasswordOver, SecretSource, Target};
use crate::policy::HostPattern;
use crate::secret::Secret;
use crate::visitor::Grants;
use towpath_shared::{Reason, Reset};

/// Passwords that are written on one stream before TLS, and as many after. A login takes one; a second and third are for a person who tries again.
const TRIES: u8 = 3;

/// How well a connection is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Protection {
    /// Not at all.
    Plain,
    /// TLS with a certificate that the page has accepted.
    Tls,
    /// TLS with a certificate that the relay trusts itself.
    Verified,
}

/// A login that the relay holds a password for.
#[derive(Debug)]
struct Stored {
    /// The command that must have gone before.
    line: Vec<u8>,
    password: SecretSource,
    over: PasswordOver,
}

/// The watch over what a page sends on one control stream, while its protection stays the same.
#[derive(Debug)]
pub(super) struct Login {
    stored: Vec<Stored>,
    protection: Protection,
    /// The line that was begun; of one that is too long to matter, its beginning.
    line: Vec<u8>,
    /// The last line named this one's user, and nothing has followed.
    named: Option<usize>,
    left: u8,
}

impl Login {
    /// The watch over a stream to this server. Where no target of it that this visitor may use has a password, there is nothing to watch.
    pub(super) fn new(config: &Config, host: &str, port: u16, grants: &Grants) -> Login {
        let host = Host::parse(host).ok();
        let is_it = |target: &&Target| {
            let pattern = target.host.parse::<HostPattern>().ok();
            target.port == port
                && pattern.zip(host.as_ref()).is_some_and(|(pattern, host)| pattern.matches(host))
        };
        let usable = config.targets.iter().filter(|target| grants.allow_target(target));
        let stored = usable.filter(is_it).filter_map(Stored::of).collect();
        Login { stored, protection: Protection::Plain, line: Vec::new(), named: None, left: TRIES }
    }

    /// The watch over a stream that nobody logs in on.
    pub(super) fn none() -> Login {
        Login { stored: Vec::new(), protection: Protection::Plain, line: Vec::new(), named: None, left: 0 }
    }

    /// The same after TLS. A user that was named before it is forgotten, as the server has (RFC 4217 section 4).
    pub(super) fn secured(self, protection: Protection) -> Login {
        Login { protection, line: Vec::new(), named: None, left: TRIES, ..self }
    }

    /// The page sends these bytes.
    pub(super) fn watch(&mut self, bytes: &[u8]) {
        if self.stored.is_empty() {
            return;
        }
        let longest = self.stored.iter().map(|stored| stored.line.len()).max().unwrap_or(0);
        for byte in bytes {
            self.named = None;
            if *byte == b'\n' {
                self.named = self.stored.iter().position(|stored| stored.is_named_by(&self.line));
                self.line.clear();
            } else if self.line.len() <= longest {
                self.line.push(*byte);
            }
        }
    }

    /// The password of the user that was just named, if it may be written now, and the user.
    pub(super) async fn password(&mut self) -> Result<(Secret, &str), Reset> {
        let refused = |text: &str| Reset::new(Reason::Secret, text);
        if self.stored.is_empty() {
            return Err(refused("the relay holds no password for this server"));
        }
        let Some(stored) = self.named.take().and_then(|index| self.stored.get(index)) else {
            return Err(refused(
                "a stored password is written right behind its site's own USER command only",
            ));
        };
        self.left =
            self.left.checked_sub(1).ok_or_else(|| refused("too many tries with the stored password"))?;
        match (stored.over, self.protection) {
            (PasswordOver::Plain, _) | (_, Protection::Verified) | (PasswordOver::Tls, Protection::Tls) => {}
            (_, Protection::Plain) => {
                return Err(refused("the stored password is for a connection with TLS only"));
            }
            (PasswordOver::VerifiedTls, Protection::Tls) => {
                return Err(refused(
                    "the relay does not trust this server's certificate itself, so it does not give it the stored password; \
                     its administrator can list the certificate",
                ));
            }
        }
        let secret = stored.password.read().await.map_err(|error| {
            tracing::error!(source = %stored.password, %error, "stored password");
            refused(
                "the relay cannot read the stored password; its administrator finds the reason in the log",
            )
        })?;
        let user = stored.line.get(5..).and_then(|user| std::str::from_utf8(user).ok());
        Ok((secret, user.unwrap_or_default()))
    }
}

impl Stored {
    fn of(target: &Target) -> Option<Stored> {
        let line = [b"USER ", target.user.as_ref()?.as_bytes()].concat();
        Some(Stored { line, password: target.password.clone()?, over: target.password_over() })
    }

    /// A line without its LF.
    fn is_named_by(&self, line: &[u8]) -> bool {
        let Some((verb, user)) = line.strip_suffix(b"\r").and_then(|line| line.split_at_checked(5)) else {
            return false;
        };
        verb.eq_ignore_ascii_case(b"USER ") && self.line.get(5..) == Some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Target;

    fn login() -> (Login, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let target = |user: &str| {
            let path = folder.path().join(user);
            std::fs::write(&path, format!("password of {user}")).unwrap();
            let (user, password) = (Some(user.to_owned()), Some(SecretSource::File(path)));
            Target { user, password, ..Target::new("ftp.example.org", 21) }
        };
        let targets = vec![target("me"), target("you"), Target::new("other.example.org", 21)];
        let config = Config { targets, ..Config::default() };
        (
            Login::new(&config, "FTP.example.org.", 21, &Grants::default()).secured(Protection::Verified),
            folder,
        )
    }

    async fn after(sent: &[u8]) -> Option<String> {
        let (mut whole, _folder) = login();
        whole.watch(sent);
        let (mut parts, _other) = login();
        sent.iter().for_each(|byte| parts.watch(std::slice::from_ref(byte)));
        let told = async |login: &mut Login| {
            let (secret, _) = login.password().await.ok()?;
            Some(String::from_utf8(secret.reveal().to_vec()).unwrap())
        };
        let (whole, parts) = (told(&mut whole).await, told(&mut parts).await);
        assert_eq!(whole, parts);
        whole
    }

    #[tokio::test]
    async fn only_right_behind_the_sites_own_user_command() {
        for (sent, user) in [
            (&b"USER me\r\n"[..], "me"),
            (b"user you\r\n", "you"),
            (b"NOOP\r\nUSER you\r\nUSER me\r\n", "me"),
        ] {
            assert_eq!(after(sent).await, Some(format!("password of {user}")));
        }
        let long = [&b"x".repeat(10_000)[..], b"USER me\r\n"].concat();
        for sent in [
            &b""[..],
            b"USER me",
            b"USER me\r",
            b"USER me\n",
            b"USER me\r\nSTOR ",
            b"USER me\r\nSITE ECHO ",
            b"USER me\r\n\r\n",
            b"USER me\r\nUSER root\r\n",
            b"USER root\r\n",
            b"USER Me\r\n",
            b"USER me \r\n",
            b"USER  me\r\n",
            b" USER me\r\n",
            b"USER me2\r\n",
            b"SITE x\rUSER me\r\n",
            b"STOR USER me\r\n",
            &long,
        ] {
            assert_eq!(after(sent).await, None, "{:?}", String::from_utf8_lossy(sent));
        }
    }

    #[tokio::test]
    async fn once_for_each_user_command_and_not_for_ever() {
        let (mut login, _folder) = login();
        for _ in 0..TRIES {
            login.watch(b"USER me\r\n");
            assert!(login.password().await.is_ok());
            assert!(login.password().await.is_err());
        }
        login.watch(b"USER me\r\n");
        assert!(login.password().await.is_err());
    }

    #[tokio::test]
    async fn over_what_the_site_says() {
        use PasswordOver as Over;
        for (over, plain, tls, verified) in [
            (Over::Plain, true, true, true),
            (Over::Tls, false, true, true),
            (Over::VerifiedTls, false, false, true),
        ] {
            let expected =
                [(Protection::Plain, plain), (Protection::Tls, tls), (Protection::Verified, verified)];
            for (protection, written) in expected {
                let (mut login, _folder) = login();
                login.stored.iter_mut().for_each(|stored| stored.over = over);
                let mut login = login.secured(protection);
                login.watch(b"USER me\r\n");
                assert_eq!(login.password().await.is_ok(), written, "{over:?} {protection:?}");
            }
        }
        // Named in plain text, where anybody may have put it.
        let (mut login, _folder) = login();
        login.watch(b"USER me\r\n");
        assert!(login.secured(Protection::Verified).password().await.is_err());
    }

    #[tokio::test]
    async fn another_server_has_no_password() {
        let (_, folder) = login();
        let password = Some(SecretSource::File(folder.path().join("me")));
        let target = Target { user: Some("me".into()), password, ..Target::new("ftp.example.org", 21) };
        let config = Config { targets: vec![target], ..Config::default() };
        for (host, port) in
            [("ftp.example.org", 2121), ("other.example.org", 21), ("192.0.2.1", 21), ("", 21)]
        {
            let mut login = Login::new(&config, host, port, &Grants::default()).secured(Protection::Verified);
            login.watch(b"USER me\r\n");
            assert!(login.password().await.is_err(), "{host}:{port}");
        }
    }

    #[tokio::test]
    async fn a_target_for_others_has_no_password() {
        let (_, folder) = login();
        let password = Some(SecretSource::File(folder.path().join("me")));
        let target = Target {
            user: Some("me".into()),
            password,
            users: Some(vec!["ann".into()]),
            ..Target::new("ftp.example.org", 21)
        };
        let config = Config { targets: vec![target], ..Config::default() };
        let ann = Grants { user: Some("ann".into()), sites: None };
        let bob = Grants { user: Some("bob".into()), sites: None };
        let elsewhere = Grants { sites: Some(vec!["another card".to_owned()].into()), ..ann.clone() };
        for (grants, written) in [(ann, true), (bob, false), (Grants::default(), false), (elsewhere, false)] {
            let mut login = Login::new(&config, "ftp.example.org", 21, &grants).secured(Protection::Verified);
            login.watch(b"USER me\r\n");
            assert_eq!(login.password().await.is_ok(), written, "{grants:?}");
        }
    }
}
