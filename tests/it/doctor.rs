//! The examination of servers: what is known of each real one is what its report says, and each fault of a scripted one is named with
//! its stage, the server's words and the next step.

use crate::fake::{Fake, Script};
use crate::setup::{RelayProcess, Way};
use std::path::Path;
use std::sync::Arc;
use tokio::process::Command;
use towpath_ftp::doctor::{Finding, Subject, Verdict};
use towpath_ftp::{ActiveMode, Encryption, Outcome, Request, Secret, Site};
use towpath_relay::Config;
use towpath_relay::config::Target;
use towpath_relay::tls::Roots;
use towpath_tests::driver::{Client, Relay, Transport};
use towpath_tests::server::{Options, PASSWORD, Security, Server, Software};

/// 2024-01-02 03:04:05, the time of the scripted server's file.
const WHEN: i64 = 1_704_164_645;

async fn examine(transport: Transport, mut site: Site, accepts: bool) -> Vec<Finding> {
    site.active = ActiveMode::Fallback;
    let client = Client::new(transport, site, Arc::new(move |_| accepts), None);
    let findings = match client.request(Request::Examine).await {
        Ok((Outcome::Report(findings), ..)) => findings,
        other => panic!("no report: {other:?}\n{:#?}", client.log_text()),
    };
    let subjects: Vec<Subject> = findings.iter().map(|finding| finding.subject).collect();
    assert_eq!(subjects, Subject::ALL);
    findings
}

/// What is left behind would be seen here: every path below the directory, with its size.
fn tree(root: &Path) -> Vec<(std::path::PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
        let metadata = entry.path().symlink_metadata().unwrap();
        found.push((entry.path(), if metadata.is_file() { metadata.len() } else { 0 }));
        if metadata.is_dir() {
            found.extend(tree(&entry.path()));
        }
    }
    found.sort();
    found
}

#[track_caller]
fn check(what: &str, findings: &[Finding], subject: Subject, verdict: Verdict, words: &[&str]) {
    let finding = findings.iter().find(|finding| finding.subject == subject).unwrap();
    assert_eq!(finding.verdict, verdict, "{what}: {findings:#?}");
    let all = format!("{}\n{}", finding.text, finding.evidence.join("\n"));
    for words in words {
        assert!(all.contains(words), "{what}: {words:?} is not in {finding:#?}");
    }
}

/// One real server both ways.
async fn real(software: Software, security: Security) {
    let server = Server::start(software, security).unwrap();
    std::fs::write(server.root().join("plain.txt"), b"hello").unwrap();
    for way in [Way::Native, Way::Relay] {
        let what = format!("{software:?} {security:?} {way:?}");
        let before = tree(&server.root());
        let (transport, _relay) = way.to(&server).await;
        let findings = examine(transport, server.site(), true).await;
        assert_eq!(tree(&server.root()), before, "{what}: something was left behind");
        let is = |subject, verdict, words: &[&str]| check(&what, &findings, subject, verdict, words);
        use Subject::{
            Active, Clock, DataTls, ExtendedPassive, Features, Greeting, Limits, Listing, Login, Tls,
        };
        is(Subject::Lookup, Verdict::Good, &["given by its address"]);
        is(Subject::Connection, Verdict::Good, &["127.0.0.1"]);
        let greeting = match software {
            Software::PureFtpd => "Pure-FTPd",
            Software::Vsftpd => "vsFTPd",
            Software::ProFtpd => "ProFTPD",
            Software::Pyftpdlib => "pyftpdlib",
            Software::Libunftp => "libunftp",
            Software::Inetutils => "inetutils",
        };
        is(Greeting, Verdict::Good, &[greeting, "220"]);
        is(Login, Verdict::Good, &[]);
        match security {
            Security::Plain => {
                is(Tls, Verdict::Warning, &["plain FTP", "password"]);
                is(DataTls, Verdict::NotTested, &["not encrypted"]);
            }
            _ => {
                let version =
                    if security == Security::Tls12 { "Protocol: TLS1.2" } else { "Protocol: TLS1.3" };
                is(Tls, Verdict::Warning, &[version, "self-signed", "fingerprint", "Cipher: "]);
            }
        }
        if security != Security::Plain {
            let text = &findings.iter().find(|finding| finding.subject == DataTls).unwrap().text;
            assert!(text.contains("encrypted"), "{what}: {text}");
            if software.demands_reuse() {
                is(DataTls, Verdict::Good, &["resume the TLS session"]);
            }
        }
        let machine = !matches!(software, Software::Vsftpd | Software::Inetutils);
        if machine {
            is(Listing, Verdict::Good, &["MLSD"]);
            is(Clock, Verdict::Good, &["UTC (MLSD)"]);
        } else {
            is(Listing, Verdict::Note, &["LIST", "of the kind unix"]);
            is(Features, Verdict::Warning, &["No MLSD", "SYST: UNIX"]);
        }
        if software == Software::Inetutils {
            is(Clock, Verdict::Good, &["UTC"]);
        }
        let offered = if machine { "The server offers UTF-8" } else { "does not offer UTF-8" };
        is(Subject::Charset, if machine { Verdict::Good } else { Verdict::Note }, &[offered]);
        is(ExtendedPassive, Verdict::Good, &["229"]);
        is(Subject::Passive, Verdict::Good, &["227", "127,0,0,1"]);
        is(Active, Verdict::Good, &["active mode work"]);
        is(Subject::Paths, Verdict::Good, &["PWD: /"]);
        is(Subject::RoundTrip, Verdict::Good, &["NOOP"]);
        match software {
            Software::PureFtpd => is(Limits, Verdict::Note, &["user number ", "15 minutes"]),
            Software::Vsftpd => is(Limits, Verdict::Note, &["300 seconds"]),
            Software::Inetutils => is(Limits, Verdict::Note, &["900 seconds"]),
            _ => {}
        }
        for finding in &findings {
            assert_ne!(finding.verdict, Verdict::Bad, "{what}: {finding:#?}");
        }
    }
}

/// One session is the limit and it is taken: the report names the login and the server's words.
async fn full(software: Software, words: &str) {
    let options = Options { most_sessions: Some(1), ..Options::new(software, Security::Plain) };
    let server = Server::with(options).unwrap();
    let (transport, _relay) = Way::Native.to(&server).await;
    let first = Client::connect(transport.clone(), server.site()).await.unwrap();
    let findings = examine(transport, server.site(), true).await;
    let bad: Vec<&Finding> = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).collect();
    let [bad] = bad.as_slice() else { panic!("{software:?}: {findings:#?}") };
    assert!(matches!(bad.subject, Subject::Greeting | Subject::Login), "{bad:#?}");
    assert!(bad.evidence.join(" ").contains(words), "{bad:#?}");
    assert!(bad.text.contains("Close other connections or try again later"), "{bad:#?}");
    first.list(None).await.unwrap();
}

macro_rules! tests {
    ($($name:ident: $body:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $body.await;
        }
    )*};
}

tests! {
    pure_ftpd: real(Software::PureFtpd, Security::Plain);
    pure_ftpd_tls: real(Software::PureFtpd, Security::Newest);
    vsftpd: real(Software::Vsftpd, Security::Plain);
    vsftpd_tls: real(Software::Vsftpd, Security::Newest);
    proftpd: real(Software::ProFtpd, Security::Plain);
    proftpd_tls: real(Software::ProFtpd, Security::Newest);
    proftpd_tls12: real(Software::ProFtpd, Security::Tls12);
    pyftpdlib: real(Software::Pyftpdlib, Security::Plain);
    pyftpdlib_tls: real(Software::Pyftpdlib, Security::Newest);
    libunftp: real(Software::Libunftp, Security::Plain);
    libunftp_tls: real(Software::Libunftp, Security::Newest);
    inetutils_ftpd: real(Software::Inetutils, Security::Plain);
    a_full_pure_ftpd: full(Software::PureFtpd, "Too many connections");
    a_full_vsftpd: full(Software::Vsftpd, "too many connections");
    a_full_proftpd: full(Software::ProFtpd, "maximum number of clients");
}

/// A scripted server, examined both ways: what each report must say.
async fn faulty(
    script: Script,
    encryption: Encryption,
    prepare: impl Fn(&mut Site),
    expected: &[(Subject, Verdict, &[&str])],
) {
    for way in [Way::Native, Way::Relay] {
        let fake = Fake::start(script.clone()).await;
        let (transport, _relay) = way.open(&[fake.port]).await;
        let mut site = fake.site(encryption);
        prepare(&mut site);
        let findings = examine(transport, site, false).await;
        for (subject, verdict, words) in expected {
            check(&format!("{way:?}"), &findings, *subject, *verdict, words);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocked_passive_ports() {
    // Which is heard first, the port's refusal or the server's 425, is chance through a relay.
    let firewall: &[&str] = &["firewall"];
    let script = Script { blocked: true, ..Script::default() };
    let expected = [
        (Subject::Login, Verdict::Good, &[][..]),
        (Subject::Passive, Verdict::Bad, firewall),
        (Subject::ExtendedPassive, Verdict::Warning, firewall),
    ];
    faulty(script, Encryption::None, |_| {}, &expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_address_in_pasv() {
    let script = Script { passive: Some([192, 0, 2, 7]), ..Script::default() };
    let words: &[&str] = &["227 Passive (192,0,2,7", "public address"];
    let expected = [
        (Subject::Passive, Verdict::Warning, words),
        (Subject::ExtendedPassive, Verdict::Note, &["502 No"][..]),
        (Subject::Listing, Verdict::Good, &[][..]),
    ];
    faulty(script, Encryption::None, |_| {}, &expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t10_a_clock_or_zone_that_is_an_hour_off() {
    let words: &[&str] = &["minutes in the future", "Compare the two clocks"];
    let early = |site: &mut Site| site.epoch = WHEN - 3_600;
    faulty(Script::default(), Encryption::None, early, &[(Subject::Clock, Verdict::Warning, words)]).await;
    let script = Script {
        features: " MDTM\r\n UTF8\r\n",
        modified: Some("213 20240102040400"),
        listing: b"01-02-2024  03:04AM             5 plain.txt\r\n".to_vec(),
        ..Script::default()
    };
    let words: &[&str] = &["60 minutes are added"];
    let later = |site: &mut Site| site.epoch = WHEN + 86_400;
    faulty(script, Encryption::None, later, &[(Subject::Clock, Verdict::Good, words)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_not_utf8() {
    let script = Script {
        features: " MLST type*;size*;modify*;\r\n",
        listing: b"type=file;size=1; \xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0.txt\r\n".to_vec(),
        ..Script::default()
    };
    let words: &[&str] = &["does not offer UTF-8", "1 of 1 names", "windows-1251"];
    let features: &[&str] = &["No UTF8"];
    let expected =
        [(Subject::Charset, Verdict::Warning, words), (Subject::Features, Verdict::Warning, features)];
    faulty(script, Encryption::None, |_| {}, &expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_self_signed_certificate_that_nobody_accepts() {
    let script = Script { tls: true, ..Script::default() };
    let words: &[&str] = &["not accepted", "self-signed", "SHA-256 fingerprint: ", "administrator"];
    let expected = [(Subject::Tls, Verdict::Bad, words), (Subject::Login, Verdict::NotTested, &[][..])];
    faulty(script, Encryption::Explicit, |_| {}, &expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_where_it_is_required() {
    let words: &[&str] = &["does not offer TLS", "502 No", "plain FTP only if you trust the network"];
    let expected = [(Subject::Tls, Verdict::Bad, words)];
    faulty(Script::default(), Encryption::Explicit, |_| {}, &expected).await;
}

/// A host that nobody has, and a port where nobody listens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (host, subject, words) in [
        ("towpath-test.invalid", Subject::Lookup, ["could not be looked up", "Check the host name"]),
        ("127.0.0.1", Subject::Connection, ["refused", "Check the host name and the port"]),
    ] {
        let mut config = Config::default();
        config.targets.push(Target::new(host, port));
        let relay = RelayProcess::with(config).await;
        let link = Relay::connect(&relay.address()).await.unwrap();
        for transport in [Transport::Direct(Roots::none().into()), Transport::Relay(link)] {
            let site = Site::new(host, port, "tester", Secret::new("secret"));
            let findings = examine(transport, site, true).await;
            check(host, &findings, subject, Verdict::Bad, &words);
            check(host, &findings, Subject::Login, Verdict::NotTested, &["did not come so far"]);
            let bad = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count();
            assert_eq!(bad, 1, "{findings:#?}");
        }
    }
}

/// The program prints the same for a person and for a program, and its exit code says whether all works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_prints_the_report() {
    let server = Server::start(Software::Vsftpd, Security::Newest).unwrap();
    let url = format!("ftpes://{}@127.0.0.1:{}/", server.user(), server.port());
    let run = |arguments: Vec<&'static str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath-cli"));
        command.args(arguments).arg(&url).env("TOWPATH_PASSWORD", PASSWORD);
        command.stdin(std::process::Stdio::null());
        async move {
            let output = command.output().await.unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        }
    };
    let (code, text) = run(vec!["--insecure", "doctor"]).await;
    println!("{text}");
    assert_eq!(code, Some(0), "{text}");
    for words in ["ok          Login ", "ok          Active mode ", "| 220 (vsFTPd", "0 failed"] {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
    assert!(!text.contains(PASSWORD));
    let (code, text) = run(vec!["--insecure", "doctor", "--json"]).await;
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, report.as_array().unwrap().len()), (Some(0), Subject::ALL.len()));
    // Nobody is there to accept the certificate.
    let (code, text) = run(vec!["doctor"]).await;
    println!("{text}");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("FAILED      TLS ") && text.contains("fingerprint"), "{text}");
}

/// A relay whose administrator does not allow active mode: that is said, and it is not tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d15_active_mode_through_a_relay_that_does_not_listen() {
    let server = Server::start(Software::PureFtpd, Security::Tls13).unwrap();
    let (transport, _relay) = Way::Relay.open(&[server.port()]).await;
    let findings = examine(transport, server.site(), true).await;
    let words = ["cannot accept connections here", "administrator"];
    check("Pure-FTPd", &findings, Subject::Active, Verdict::NotTested, &words);
}
