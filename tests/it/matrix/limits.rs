//! What servers refuse by their configuration: more sessions than they allow, and single commands.

use crate::setup::{Way, Witnessed};
use towpath_ftp::{ErrorKind, Stage};
use towpath_tests::driver::Client;
use towpath_tests::server::Security::Plain;
use towpath_tests::server::Software::{self, Inetutils, Libunftp, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};
use towpath_tests::server::{Options, Server, ServerError};

/// The second of two sessions is one too many: that is what its error says, in the server's words, and the first goes on.
async fn one_session_too_many(software: Software, words: &str) {
    let options = Options { most_sessions: Some(1), ..Options::new(software, Plain) };
    for way in [Way::Native, Way::Relay] {
        let server = Server::with(options).unwrap();
        let (transport, _relay) = way.to(&server).await;
        let first = Witnessed::login(transport.clone(), server.site(), Some(&server)).await;
        let second = Client::connect(transport, server.site()).await.map(drop);
        let error = second.expect_err("one session is the limit");
        println!("{software:?} {way:?}: {error}");
        assert_eq!((error.stage, error.kind), (Stage::Login, ErrorKind::Limit), "{error:?}");
        assert!(error.reply.as_deref().unwrap_or_default().contains(words), "{error:?}");
        first.list(None).await.unwrap();
    }
}

/// A server without EPSV, though it may list it: PASV is taken instead.
async fn without_epsv(software: Software) {
    let server = Server::with(Options { refused: &["EPSV"], ..Options::new(software, Plain) }).unwrap();
    for way in [Way::Native, Way::Relay] {
        let (transport, _relay) = way.to(&server).await;
        let client = Witnessed::login(transport, server.site(), Some(&server)).await;
        client.list(Some(&server.base())).await.unwrap();
        client.list(Some(&server.base())).await.unwrap();
        let log = client.log_text();
        assert!(log.iter().any(|line| line.starts_with("Response: 227 ")), "{log:#?}");
        assert!(!log.iter().any(|line| line.starts_with("Response: 229 ")), "{log:#?}");
    }
}

macro_rules! each {
    ($($name:ident: $function:ident($($argument:expr),*);)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $function($($argument),*).await;
        }
    )*};
}

each! {
    pure_ftpd_says_that_there_are_too_many: one_session_too_many(PureFtpd, "Too many connections");
    vsftpd_says_that_there_are_too_many: one_session_too_many(Vsftpd, "too many connections");
    proftpd_says_that_there_are_too_many: one_session_too_many(ProFtpd, "maximum number of clients");
    pyftpdlib_says_that_there_are_too_many: one_session_too_many(Pyftpdlib, "Too many connections");
    vsftpd_without_epsv: without_epsv(Vsftpd);
    proftpd_without_epsv: without_epsv(ProFtpd);
    pyftpdlib_without_epsv: without_epsv(Pyftpdlib);
}

#[test]
fn options_that_a_server_does_not_have_are_refused() {
    let limit = |software| Options { most_sessions: Some(1), ..Options::new(software, Plain) };
    let without = |software| Options { refused: &["EPSV"], ..Options::new(software, Plain) };
    for options in [limit(Inetutils), limit(Libunftp), without(Inetutils), without(Libunftp), without(PureFtpd)] {
        assert!(matches!(Server::with(options), Err(ServerError::Unsupported { .. })), "{options:?}");
    }
}
