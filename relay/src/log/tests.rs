//! What lines look like, and that nothing from outside can look like one.

use super::*;
use crate::audit::{self, Outcome, Who};
use crate::visitor::Visitor;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Keeps what is written.
#[derive(Default)]
pub(crate) struct Kept(Mutex<String>);

impl Sink for Kept {
    fn line(&self, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(line);
    }
}

/// The log and the audit log of what `happen` does.
pub(crate) fn logged(format: LogFormat, filter: &str, happen: impl FnOnce()) -> (String, String) {
    let (log, kept) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    let subscriber = subscriber(format, EnvFilter::new(filter), log.clone(), kept.clone());
    tracing::subscriber::with_default(subscriber, happen);
    let text = |kept: &Kept| std::mem::take(&mut *kept.0.lock().unwrap());
    (text(&log), text(&kept))
}

/// The lines without their time, which is checked to be one.
fn timeless(lines: &str) -> Vec<String> {
    let cut = |line: &str| {
        let mut value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        let time = value.remove("time").unwrap();
        assert!(time.as_str().unwrap().ends_with('Z') && time.as_str().unwrap().len() >= 20, "{time}");
        serde_json::Value::Object(value).to_string()
    };
    lines.lines().map(cut).collect()
}

#[test]
fn each_audit_event_has_its_line() {
    let user = Some(Arc::from("anna"));
    let visitor = Visitor { address: "192.0.2.7".parse().unwrap(), user };
    let who = Who { session: "00c0ffee00c0ffee", visitor: &visitor };
    let peer = "198.51.100.4:21".parse().unwrap();
    let (log, audit) = logged(LogFormat::Json, "off", || {
        audit::session_begins(who);
        audit::site_opened(who, 1, "ftp.example.org", 21, peer);
        audit::site_refused(who, 3, "169.254.169.254", 80, "metadata", "policy_denied");
        audit::password_written(who, 1, "mirror");
        let outcome = Outcome {
            kind: "data",
            peer: Some(peer),
            up: 7,
            down: 9,
            result: "ended",
            lasted: Duration::from_millis(20),
        };
        audit::stream_ends(who, 5, outcome);
        audit::session_ends(who, Duration::from_secs(2), "left");
        audit::entry_refused(visitor.address, None, "origin");
    });
    // The log's filter says nothing about the audit log.
    assert_eq!(log, "");
    let whose = r#""client.address":"192.0.2.7","event":"#;
    let info = r#""level":"INFO","message":"#;
    let end = r#""target":"towpath::audit""#;
    let mine = r#""session.id":"00c0ffee00c0ffee""#;
    assert_eq!(
        timeless(&audit),
        [
            format!(r#"{{{whose}"session.begin",{info}"a session begins",{mine},{end},"user.name":"anna"}}"#),
            format!(
                r#"{{{whose}"site.open",{info}"a server is connected","network.peer.address":"198.51.100.4","network.peer.port":21,"rule":"allowed","server.address":"ftp.example.org","server.port":21,{mine},"stream.id":1,{end},"user.name":"anna"}}"#
            ),
            format!(
                r#"{{{whose}"site.refuse",{info}"a server is not connected","result":"policy_denied","rule":"metadata","server.address":"169.254.169.254","server.port":80,{mine},"stream.id":3,{end},"user.name":"anna"}}"#
            ),
            format!(
                r#"{{{whose}"password.write",{info}"a stored password is written","server.user":"mirror",{mine},"stream.id":1,{end},"user.name":"anna"}}"#
            ),
            format!(
                r#"{{"bytes.down":9,"bytes.up":7,{whose_end}"stream.end",{info}"a stream ends","network.peer.address":"198.51.100.4","network.peer.port":21,"result":"ended",{mine},"stream.id":5,"stream.kind":"data",{end},"user.name":"anna"}}"#,
                whose_end = r#""client.address":"192.0.2.7","duration_ms":20,"event":"#,
            ),
            format!(
                r#"{{"client.address":"192.0.2.7","duration_ms":2000,"event":"session.end",{info}"a session ends","result":"left",{mine},{end},"user.name":"anna"}}"#
            ),
            format!(
                r#"{{{whose}"entry.refuse","level":"WARN","message":"somebody is not let in","result":"origin",{end}}}"#
            ),
        ]
    );
}

#[test]
fn an_event_says_in_which_session_and_stream_it_was() {
    let happen = || {
        let session =
            tracing::error_span!("session", id = tracing::field::Empty, user = tracing::field::Empty);
        session.record("id", "abc");
        let _session = session.enter();
        let _stream = tracing::error_span!("stream", id = 3, server.address = "ftp.example.org").entered();
        tracing::warn!(error = %"it broke", again = true, "a fault");
        tracing::info!("not asked for");
    };
    let (json, audit) = logged(LogFormat::Json, "warn", happen);
    assert_eq!(audit, "");
    assert_eq!(
        timeless(&json),
        [
            r#"{"again":true,"error":"it broke","level":"WARN","message":"a fault","session":{"id":"abc"},"stream":{"id":3,"server.address":"ftp.example.org"},"target":"towpath_relay::log::tests"}"#
        ]
    );
    let (text, _) = logged(LogFormat::Text, "warn", happen);
    let (_, rest) = text.split_once(' ').unwrap();
    assert_eq!(
        rest,
        " WARN towpath_relay::log::tests: a fault error=\"it broke\" again=true session.id=abc stream.id=3 stream.server.address=ftp.example.org\n"
    );
}

/// A name, an error text, a user name: whoever writes them must not be able to write lines of the log, drive the terminal that shows
/// it, or fill the disk.
#[test]
fn log_injection_is_escaped_and_cut() {
    let hostile = [
        "a\n2026-01-01T00:00:00Z INFO towpath::audit: forged",
        "a\r\nb",
        "\u{1b}[2J\u{1b}]0;title\u{7}",
        "\u{9b}31m",
        "quote\" event=\"session.end",
        "line\u{2028}separator\u{2029}",
        "right\u{202e}to left",
        "back\\slash",
        "\0\u{7f}\u{8}",
    ];
    for text in hostile.into_iter().chain([String::from("x").repeat(100_000).as_str()]) {
        for format in [LogFormat::Text, LogFormat::Json] {
            let visitor = Visitor { address: "::1".parse().unwrap(), user: Some(Arc::from(text)) };
            let who = Who { session: "s", visitor: &visitor };
            let (log, audit) = logged(format, "info", || {
                let _span = tracing::error_span!("stream", server.address = text, shown = %text).entered();
                tracing::info!(error = %text, debug = ?text, text, "{text}");
                audit::site_refused(who, 1, text, 21, "host", "policy_denied");
            });
            for lines in [log, audit] {
                assert_eq!(lines.matches('\n').count(), 1, "{lines:?}");
                assert!(lines.len() < 8 * value::MAX_TEXT, "{} bytes", lines.len());
                let fit = |letter: char| !letter.is_control() && !"\u{2028}\u{2029}\u{202e}".contains(letter);
                assert!(lines.trim_end_matches('\n').chars().all(fit), "{lines:?}");
                if format == LogFormat::Text {
                    // A quotation mark that came from outside has a backslash before it: no field can be forged.
                    assert!(!lines.contains("quote\" event"), "{lines}");
                } else {
                    assert_eq!(timeless(&lines).len(), 1);
                }
            }
        }
    }
}
