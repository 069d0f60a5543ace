//! What the sessions of a tab log in with: the page's wishes and what a person has accepted since.

use super::convert;
use super::learned::Learned;
use crate::protocol::Connect;
use towpath_ftp as ftp;

/// A server, a user, and what was accepted there. No `Debug`: it holds a password.
pub(super) struct Account {
    connect: Connect,
    epoch: i64,
    accepted_keys: Vec<String>,
    plaintext: bool,
}

impl Account {
    /// As the page says; `epoch` is the wall clock, Unix seconds, at time 0 of the worker's clock.
    pub(super) fn new(connect: Connect, epoch: i64) -> Account {
        Account { connect, epoch, accepted_keys: Vec::new(), plaintext: false }
    }

    /// The site for an engine session. Keys that were accepted are pins of it, so no session asks again. Where the relay `listens`, active
    /// mode is what remains when passive mode does not work (rule D15). The session begins with what was `learned` of the server.
    pub(super) fn site(&self, listens: bool, learned: &Learned) -> ftp::Site {
        let mut site = convert::site(&self.connect, self.epoch);
        if listens {
            site.abilities.listen = true;
            site.active = ftp::ActiveMode::Fallback;
        }
        site.pins.extend(self.accepted_keys.iter().cloned());
        site.quirks = learned.of(&site.host, site.port);
        site
    }

    /// Where to begin: the start folder, if there is a usable one.
    pub(super) fn start(&self) -> Option<ftp::RemotePath> {
        self.connect.path.as_ref().and_then(|path| ftp::RemotePath::new(path).ok())
    }

    /// Whether it is the same user of the same server, with the same use of TLS.
    pub(super) fn is_same(&self, other: &Connect) -> bool {
        let mine = &self.connect;
        (&mine.host, mine.port, &mine.user, &mine.password, mine.stored_password, mine.encryption)
            == (
                &other.host,
                other.port,
                &other.user,
                &other.password,
                other.stored_password,
                other.encryption,
            )
    }

    /// A person said yes.
    pub(super) fn accept(&mut self, question: &ftp::Question) {
        match question {
            ftp::Question::Certificate { .. } => self.accepted_keys.extend(key(question).map(str::to_owned)),
            ftp::Question::Plaintext => self.plaintext = true,
        }
    }

    /// Whether a person has said yes to this already.
    pub(super) fn has_accepted(&self, question: &ftp::Question) -> bool {
        match question {
            ftp::Question::Certificate { .. } => {
                key(question).is_some_and(|key| self.accepted_keys.iter().any(|accepted| accepted == key))
            }
            ftp::Question::Plaintext => self.plaintext,
        }
    }
}

/// The key of the leaf that a question is about.
fn key(question: &ftp::Question) -> Option<&str> {
    match question {
        ftp::Question::Certificate { tls, .. } => {
            tls.chain.first().map(|leaf| leaf.spki_sha256.as_str()).filter(|key| !key.is_empty())
        }
        ftp::Question::Plaintext => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Encryption;

    fn connect() -> Connect {
        Connect {
            host: "h".to_owned(),
            port: 21,
            user: "u".to_owned(),
            password: "p".to_owned(),
            stored_password: false,
            encryption: Encryption::Explicit,
            path: Some("/start/".to_owned()),
            pins: vec!["old".to_owned()],
        }
    }

    fn certificate(spki: &str) -> ftp::Question {
        let leaf = ftp::Certificate { spki_sha256: spki.to_owned(), ..Default::default() };
        let tls = ftp::TlsSession {
            verdict: ftp::Verdict::SelfSigned,
            version: String::new(),
            key_exchange: String::new(),
            cipher: String::new(),
            resumed: false,
            chain: vec![leaf],
        };
        ftp::Question::Certificate { tls, changed: false }
    }

    #[test]
    fn what_was_accepted_once_is_not_asked_again_and_nothing_else_is_accepted() {
        let mut account = Account::new(connect(), 0);
        assert!(!account.has_accepted(&certificate("a")));
        account.accept(&certificate("a"));
        assert!(account.has_accepted(&certificate("a")));
        assert!(!account.has_accepted(&certificate("b")));
        assert!(!account.has_accepted(&ftp::Question::Plaintext));
        assert_eq!(account.site(false, &Learned::default()).pins, ["old", "a"]);
        account.accept(&ftp::Question::Plaintext);
        assert!(account.has_accepted(&ftp::Question::Plaintext));
    }

    #[test]
    fn a_certificate_without_a_key_is_never_taken_for_an_accepted_one() {
        let mut account = Account::new(connect(), 0);
        account.accept(&certificate(""));
        assert!(!account.has_accepted(&certificate("")));
        assert_eq!(account.site(false, &Learned::default()).pins, ["old"]);
    }

    #[test]
    fn the_start_folder_counts_only_if_it_is_a_path() {
        assert_eq!(Account::new(connect(), 0).start().unwrap().as_bytes(), b"/start");
        let relative = Connect { path: Some("start".to_owned()), ..connect() };
        assert_eq!(Account::new(relative, 0).start(), None);
    }
}
