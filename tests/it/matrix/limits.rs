//! What fixtures do by their options: refuse more sessions than they allow, refuse single commands, offer ProFTPD's modules.

use crate::setup::{Way, Witnessed};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use towpath_ftp::{ErrorKind, Stage};
use towpath_tests::driver::Client;
use towpath_tests::server::Security::Plain;
use towpath_tests::server::Software::{self, Inetutils, Libunftp, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};
use towpath_tests::server::{Options, PASSWORD, Server, ServerError};

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

/// A session without the engine: only what the server says to these commands, after the login.
fn answers(server: &Server, commands: &[&str]) -> Vec<String> {
    let socket = TcpStream::connect((server.host().as_str(), server.port())).unwrap();
    let mut lines = BufReader::new(socket.try_clone().unwrap()).lines();
    let mut reply = || {
        let mut all = String::new();
        loop {
            let line = lines.next().expect("the server has not gone").unwrap();
            all.push_str(&line);
            all.push('\n');
            let bytes = line.as_bytes();
            if bytes.len() > 3 && bytes[..3].iter().all(u8::is_ascii_digit) && bytes[3] == b' ' {
                return all;
            }
        }
    };
    assert!(reply().starts_with("220"));
    let mut ask = |command: &str| {
        (&socket).write_all(format!("{command}\r\n").as_bytes()).unwrap();
        reply()
    };
    ask(&format!("USER {}", server.user()));
    let welcome = ask(&format!("PASS {PASSWORD}"));
    assert!(welcome.starts_with("230"), "{welcome}");
    commands.iter().map(|command| ask(command)).collect()
}

fn refuses_passive_mode(software: Software) {
    let options = Options { refused: &["EPSV", "PASV"], ..Options::new(software, Plain) };
    let server = Server::with(options).unwrap();
    let said = answers(&server, &["EPSV", "PASV", "PWD"]);
    println!("{software:?} without passive mode: {said:?}");
    assert!(said[..2].iter().all(|reply| reply.starts_with('5')), "{said:?}");
    assert!(said[2].starts_with("257"), "{said:?}");
}

#[test]
fn passive_mode_can_be_refused() {
    for software in [PureFtpd, Vsftpd, ProFtpd, Pyftpdlib] {
        refuses_passive_mode(software);
    }
}

#[test]
fn proftpd_has_its_modules() {
    let server = Server::with(Options { modules: true, ..Options::new(ProFtpd, Plain) }).unwrap();
    let said = answers(&server, &["FEAT", "SITE HELP", "MODE Z"]);
    println!("{}{}", said[0], said[1]);
    for feature in ["MODE Z", "HASH", "XCRC", "XMD5", "SITE COPY", "SITE SYMLINK", "SITE UTIME", "SITE MKDIR"]
    {
        assert!(said[0].contains(feature), "{feature} is not in {}", said[0]);
    }
    assert!(said[1].contains("CPFR"), "{}", said[1]);
    assert!(said[2].starts_with("200"), "{}", said[2]);
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
    for options in
        [limit(Inetutils), limit(Libunftp), without(Inetutils), without(Libunftp), without(PureFtpd)]
    {
        assert!(matches!(Server::with(options), Err(ServerError::Unsupported { .. })), "{options:?}");
    }
}
