//! The session log against Pure-FTPd with explicit TLS and a self-signed certificate: line for line what FileZilla
//! shows for the same session. SYST and FEAT may stand between.

use crate::setup::Way;
use std::sync::{Arc, Mutex};
use towpath_ftp::{LogKind, LogLine, Question, Verdict};
use towpath_tests::driver::Client;
use towpath_tests::server::{PASSWORD, Security, Server, Software};

/// What the log must say: `…` at the end of a pattern stands for anything.
const EXPECTED: &[&str] = &[
    "Status: Connecting to 127.0.0.1:…",
    "Status: Connection established, waiting for welcome message...",
    "Response: 220---------- Welcome to Pure-FTPd …",
    "Command: AUTH TLS",
    "Response: 234 AUTH TLS OK.",
    "Status: Initializing TLS...",
    "Trace: TLS Handshake successful",
    "Trace: Protocol: TLS1.3, Key exchange: …",
    "Status: Verifying certificate...",
    "Status: TLS connection established.",
    "Command: USER tester",
    "Response: 331 User tester OK. Password required",
    "Command: PASS ****…",
    "Response: 230 OK. Current directory is /",
    "Command: OPTS UTF8 ON",
    "Command: PBSZ 0",
    "Response: 200 PBSZ=0",
    "Command: PROT P",
    "Response: 200 Data protection level set to \"private\"",
    "Status: Connected",
    "Trace: Measured latency of …",
    "Status: Retrieving directory listing…",
    "Command: PWD",
    "Response: 257 \"/\" is your current location",
    "Command: TYPE I",
    "Response: 200 TYPE is now 8-bit binary",
    "Command: EPSV",
    "Response: 229 …",
    "Command: MLSD",
    "Response: 150 …",
    "Response: 226…",
    "Status: Directory listing of \"/\" successful",
];

fn fits(pattern: &str, line: &str) -> bool {
    match pattern.strip_suffix('…') {
        Some(start) => line.starts_with(start),
        None => line == pattern,
    }
}

/// Lines that may stand between: the rest of the greeting and of the listing's replies, what SYST and FEAT say, and the reply to
/// OPTS, which the seed's log does not show.
fn may_stand_between(line: &LogLine) -> bool {
    match line.kind {
        LogKind::Response => ["220", "211", " ", "215", "226", "200 OK, UTF-8 enabled", "504"]
            .iter()
            .any(|start| line.text.starts_with(start)),
        LogKind::Command => ["SYST", "FEAT"].contains(&line.text.as_str()),
        LogKind::Trace => line.text.contains("TLS session"),
        LogKind::Status | LogKind::Error => false,
    }
}

async fn session_reads_as_the_seed(way: Way) {
    let server = Server::start(Software::PureFtpd, Security::Tls13).unwrap();
    let (transport, _relay) = way.open(&[server.port()]).await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let answerer = {
        let asked = asked.clone();
        Arc::new(move |question: &Question| {
            asked.lock().unwrap().push(question.clone());
            true
        })
    };
    let client = Client::new(transport, server.site(), answerer, None);
    client.login().await.unwrap();
    client.list(None).await.unwrap();

    // The certificate was a person's decision, made once, with the certificate in sight.
    let asked = asked.lock().unwrap().clone();
    let [Question::Certificate { tls, changed: false }] = &asked[..] else { panic!("asked {asked:?}") };
    assert_eq!(tls.verdict, Verdict::SelfSigned);
    assert_eq!(tls.version, "TLS1.3");
    let leaf = tls.chain.first().unwrap();
    assert_eq!(leaf.sha256, towpath_tests::driver::sha256(&server.identity().certificate()));
    assert_eq!(leaf.names, ["localhost", "127.0.0.1"]);

    let log = client.log();
    let text = client.log_text().join("\n");
    let mut expected = EXPECTED.iter().peekable();
    for line in &log {
        let shown = format!("{}: {}", line.kind.label(), line.text);
        match expected.peek() {
            Some(pattern) if fits(pattern, &shown) => drop(expected.next()),
            _ => assert!(
                may_stand_between(line),
                "{shown:?} is out of place; next: {:?} in\n{text}",
                expected.peek()
            ),
        }
    }
    assert_eq!(expected.peek(), None, "the log ends too early:\n{text}");
    assert!(!text.contains(PASSWORD), "the password is in the log");
    assert!(log.is_sorted_by_key(|line| line.at), "times go forward");
    assert!(client.server().unwrap().latency_ms.is_some(), "the latency was measured");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_as_the_seed_natively() {
    session_reads_as_the_seed(Way::Native).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_as_the_seed_through_the_relay() {
    session_reads_as_the_seed(Way::Relay).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_refused_ends_it_before_the_user_is_named() {
    for way in [Way::Native, Way::Relay] {
        let server = Server::start(Software::PureFtpd, Security::Tls12).unwrap();
        let (transport, _relay) = way.open(&[server.port()]).await;
        let client = Client::new(transport, server.site(), Arc::new(|_| false), None);
        let error = client.login().await.unwrap_err();
        assert_eq!(error.kind, towpath_ftp::ErrorKind::NotAccepted, "{way:?}: {error}");
        assert!(!client.log_text().iter().any(|line| line.starts_with("Command: USER")), "{way:?}");
    }
}
