//! Each subject of an examination, by hand: active mode and its failures, and the judgements that depend on what a server says.

use towpath_ftp::doctor::{Finding, Subject, Verdict};
use towpath_ftp::{
    ActiveMode, Encryption, End, Input, Outcome, Request, RequestId, Site, Stage, TlsSession,
    Verdict as Trust,
};

use crate::talk::{Talk, broken, resumed, site, tls};

const ROW: &str = "type=file;size=1;modify=20240102030405; a\r\n";
/// 2024-01-02 03:04:05.
const WHEN: i64 = 1_704_164_645;

/// An examination that a test plays through.
struct Played {
    talk: Talk,
    id: RequestId,
    secure: bool,
    row: &'static str,
}

/// What came of a data connection.
enum Data {
    Works,
    /// It cannot be made, and the server answers the command with this.
    Unreachable(&'static str),
}

impl Played {
    /// Up to the first listing, of a server with these lines in FEAT.
    fn new(site: Site, features: &[&str], session: Option<TlsSession>) -> Played {
        let mut talk = Talk::new(site);
        let id = talk.request(Request::Examine);
        talk.opened();
        talk.server("220 hello");
        let secure = session.is_some();
        if let Some(session) = session {
            talk.server("234 go");
            talk.secured(session);
            if talk.events.iter().any(|event| matches!(event, towpath_ftp::Event::Asked(_))) {
                talk.answer(true);
            }
        }
        talk.server("331 password");
        talk.server("230 in");
        talk.server("215 UNIX Type: L8");
        let lines: String = features.iter().map(|line| format!(" {line}\r\n")).collect();
        talk.bytes(format!("211-list\r\n{lines}211 end\r\n").as_bytes());
        if secure {
            talk.server("200 pbsz");
            talk.server("200 prot");
        }
        talk.says_last("send PWD");
        talk.server("257 \"/\"");
        for _ in 0..8 {
            talk.says_last("send NOOP");
            talk.pass(20);
            talk.server("200 ok");
        }
        talk.server("200 type");
        Played { talk, id, secure, row: ROW }
    }

    /// A data connection's course, from the answer to EPSV, PASV, PORT or EPRT on.
    fn listing(&mut self, reply: &str, session: Option<TlsSession>, data: Data) {
        self.talk.server(reply);
        if let Data::Unreachable(last) = data {
            self.talk.data_closed(broken(Stage::Connection, "192.0.2.7:50000 did not answer"));
            return self.talk.server(last);
        }
        self.talk.data_opened();
        if self.secure {
            self.talk.data_secured(session.unwrap_or_else(|| resumed("a")));
        }
        self.talk.server("150 here");
        self.talk.data(self.row.as_bytes());
        self.talk.data_closed(End::Clean);
        self.talk.server("226 done");
    }

    /// The first listing and both passive ways.
    fn passive(&mut self) {
        self.listing("229 ok (|||50000|)", None, Data::Works);
        self.listing("229 ok (|||50000|)", None, Data::Works);
        self.listing("227 ok (192,0,2,7,195,80)", None, Data::Works);
    }

    /// What is left: STAT, HELP, SITE HELP.
    fn finish(mut self, status: &str) -> Vec<Finding> {
        assert_eq!(self.talk.said().pop().as_deref(), Some("send STAT"), "{:#?}", self.talk.log);
        self.talk.server(status);
        self.talk.server("502 no HELP");
        self.talk.server("502 no SITE");
        match self.talk.ended_after(self.id) {
            Ok(Outcome::Report(findings)) => findings,
            end => panic!("{end:?}"),
        }
    }
}

fn able(active: ActiveMode, listen: bool) -> Site {
    let mut site = site(Encryption::None);
    site.active = active;
    site.abilities.listen = listen;
    site
}

#[track_caller]
fn check(findings: &[Finding], subject: Subject, verdict: Verdict, words: &[&str]) {
    let finding = findings.iter().find(|finding| finding.subject == subject).unwrap();
    assert_eq!(finding.verdict, verdict, "{finding:#?}");
    let all = format!("{}\n{}", finding.text, finding.evidence.join("\n"));
    for words in words {
        assert!(all.contains(words), "{words:?} is not in {finding:#?}");
    }
}

const GOOD: &[&str] = &["EPSV", "MDTM", "MFMT", "MLST type*;modify*;", "REST STREAM", "SIZE", "TVFS", "UTF8"];

/// The lines of FEAT without UTF8, whose OPTS would be one answer more.
const FEATURES: &[&str] = &["EPSV", "MDTM", "MFMT", "MLST type*;modify*;", "REST STREAM", "SIZE", "TVFS"];

fn listening(played: &mut Played, address: &str) {
    let conn = played.talk.data_conn();
    played.talk.input(Input::Listening { conn, address: address.into() });
}

#[test]
fn d15_active_mode_that_works_is_good() {
    for active in [ActiveMode::Fallback, ActiveMode::Preferred] {
        let mut site = able(active, true);
        // The way that proved itself is the first listing's.
        site.quirks.way = Some(towpath_ftp::quirks::DataWay::ExtendedPassive);
        let mut played = Played::new(site, FEATURES, None);
        played.passive();
        listening(&mut played, "192.0.2.9:40000");
        played.talk.says_last("send PORT 192,0,2,9,156,64");
        played.talk.server("200 PORT ok");
        played.talk.says_last("send MLSD");
        played.talk.data_opened();
        played.talk.server("150 here");
        played.talk.data(ROW.as_bytes());
        played.talk.data_closed(End::Clean);
        played.talk.server("226 done");
        let findings = played.finish("502 no STAT");
        check(&findings, Subject::Active, Verdict::Good, &["active mode work"]);
        check(&findings, Subject::ExtendedPassive, Verdict::Good, &["229 ok (|||50000|)"]);
        check(&findings, Subject::Passive, Verdict::Good, &["227 ok (192,0,2,7,195,80)"]);
    }
}

#[test]
fn d15_a_server_that_refuses_port_is_quoted() {
    let mut played = Played::new(able(ActiveMode::Fallback, true), FEATURES, None);
    played.passive();
    listening(&mut played, "192.0.2.9:40000");
    played.talk.server("500 active mode is disabled");
    let findings = played.finish("502 no STAT");
    let words = ["does not work from here", "500 active mode is disabled", "passive mode does not"];
    check(&findings, Subject::Active, Verdict::Note, &words);
    check(&findings, Subject::Passive, Verdict::Good, &[]);
}

#[test]
fn d15_a_server_that_cannot_reach_this_side_is_quoted() {
    let mut played = Played::new(able(ActiveMode::Fallback, true), FEATURES, None);
    played.passive();
    // Once more after the first 425 (rule D5).
    for port in ["40000", "40001"] {
        listening(&mut played, &format!("192.0.2.9:{port}"));
        played.talk.server("200 PORT ok");
        played.talk.says_last("send MLSD");
        played.talk.server("425 cannot open a connection to you");
    }
    // A session whose data connections worked is replaced once (rule D11).
    played.talk.opened();
    played.talk.server("220 hello again");
    for _ in 0..20 {
        let last = played.talk.said().pop().unwrap_or_default();
        let verb = last.trim_start_matches("send ").split(' ').next().unwrap_or_default();
        let reply = match verb {
            "USER" => "331 password",
            "PASS" => "230 in",
            "SYST" => "215 UNIX Type: L8",
            "FEAT" => "211 none",
            "PWD" => "257 \"/\"",
            "listen" => {
                listening(&mut played, "192.0.2.9:40002");
                continue;
            }
            "MLSD" | "LIST" => "425 cannot open a connection to you",
            "STAT" => break,
            _ => "200 ok",
        };
        played.talk.server(reply);
    }
    played.talk.server("502 no STAT");
    played.talk.server("502 no HELP");
    played.talk.server("502 no SITE");
    let Ok(Outcome::Report(findings)) = played.talk.ended_after(played.id) else { panic!("no report") };
    let words = ["does not work from here", "425 cannot open a connection to you", "firewalls"];
    check(&findings, Subject::Active, Verdict::Note, &words);
    check(&findings, Subject::Passive, Verdict::Good, &[]);
}

#[test]
fn d15_a_driver_that_cannot_listen_after_all_is_no_fault_of_the_server() {
    for silent in [false, true] {
        let mut played = Played::new(able(ActiveMode::Fallback, true), FEATURES, None);
        played.passive();
        match silent {
            true => played.talk.wake(),
            false => played.talk.data_closed(broken(Stage::Policy, "no port is free")),
        }
        let findings = played.finish("502 no STAT");
        let why = if silent { "nobody listened within" } else { "no port is free" };
        check(&findings, Subject::Active, Verdict::Note, &["can be listened for", why]);
    }
}

#[test]
fn d15_what_cannot_be_tried_says_why() {
    for (active, listen, why) in [
        (ActiveMode::Fallback, false, "cannot accept connections here"),
        (ActiveMode::Never, true, "settings forbid"),
    ] {
        let mut played = Played::new(able(active, listen), FEATURES, None);
        played.passive();
        let findings = played.finish("502 no STAT");
        check(&findings, Subject::Active, Verdict::NotTested, &[why]);
    }
}

#[test]
fn good_judgements() {
    let mut site = able(ActiveMode::Never, false);
    site.encryption = Encryption::Explicit;
    let mut played = Played::new(site, FEATURES, Some(tls(Trust::Trusted, "a")));
    played.passive();
    let findings = played.finish("211 Idle timeout: 10 minutes");
    for subject in Subject::ALL {
        let verdict = match subject {
            Subject::Active | Subject::Pipelining => Verdict::NotTested,
            Subject::Limits | Subject::Charset | Subject::Features => Verdict::Note,
            Subject::Quirks => Verdict::Note,
            _ => Verdict::Good,
        };
        check(&findings, subject, verdict, &[]);
    }
    check(&findings, Subject::Tls, Verdict::Good, &["TLS1.3", "sha-a", "trusted"]);
    check(&findings, Subject::DataTls, Verdict::Good, &["resume"]);
    check(&findings, Subject::Limits, Verdict::Note, &["idle for 10 minutes"]);
    check(&findings, Subject::RoundTrip, Verdict::Good, &["20 ms (median"]);
}

#[test]
fn certificates_that_prove_nothing_are_named_with_their_fingerprint() {
    for (trust, words) in [
        (Trust::SelfSigned, "self-signed"),
        (Trust::UnknownIssuer, "issuer is not known"),
        (Trust::Expired, "expired"),
        (Trust::NotYetValid, "not valid yet"),
        (Trust::WrongName, "another name"),
        (Trust::Invalid("bad key usage".into()), "bad key usage"),
    ] {
        let mut site = able(ActiveMode::Never, false);
        site.encryption = Encryption::Explicit;
        let mut played = Played::new(site, FEATURES, Some(tls(trust.clone(), "a")));
        played.passive();
        let findings = played.finish("502 no STAT");
        check(&findings, Subject::Tls, Verdict::Warning, &[words, "fingerprint: sha-a", "administrator"]);
        // Nobody accepts it: the same evidence, and the report ends there.
        let mut refused = Talk::new(self::site(Encryption::Explicit));
        let id = refused.request(Request::Examine);
        refused.opened();
        refused.server("220 hello");
        refused.server("234 go");
        refused.secured(tls(trust, "a"));
        refused.answer(false);
        let Ok(Outcome::Report(findings)) = refused.ended_after(id) else { panic!("no report") };
        let words = [words, "not accepted", "fingerprint: sha-a", "administrator"];
        check(&findings, Subject::Tls, Verdict::Bad, &words);
    }
}

#[test]
fn s_5_data_connections_without_resumption_are_a_note() {
    let mut site = able(ActiveMode::Never, false);
    site.encryption = Encryption::Explicit;
    let mut played = Played::new(site, FEATURES, Some(tls(Trust::Trusted, "a")));
    for reply in ["229 ok (|||50000|)", "229 ok (|||50000|)", "227 ok (192,0,2,7,195,80)"] {
        played.listing(reply, Some(tls(Trust::Trusted, "a")), Data::Works);
    }
    let findings = played.finish("502 no STAT");
    check(&findings, Subject::DataTls, Verdict::Note, &["a TLS session of its own"]);
}

/// A server whose passive ports nobody reaches: each way fails for itself, in the words of driver and server, and says what to look at.
#[test]
fn blocked_passive_ports_are_bad() {
    let mut played = Played::new(able(ActiveMode::Never, false), FEATURES, None);
    let blocked = || Data::Unreachable("425 nobody came");
    // The listing tries both ways.
    played.listing("229 ok (|||50000|)", None, blocked());
    played.listing("227 ok (192,0,2,7,195,80)", None, blocked());
    played.listing("229 ok (|||50000|)", None, blocked());
    played.listing("227 ok (192,0,2,7,195,80)", None, blocked());
    let findings = played.finish("502 no STAT");
    for subject in [Subject::Listing, Subject::Passive] {
        check(&findings, subject, Verdict::Bad, &["did not answer", "firewall"]);
    }
    check(&findings, Subject::ExtendedPassive, Verdict::Warning, &["did not answer", "firewall"]);
}

#[test]
fn t10_a_clock_that_is_an_hour_fast_is_a_warning() {
    for (epoch, verdict, words) in [
        (WHEN - 3_600, Verdict::Warning, "59 minutes in the future"),
        (WHEN, Verdict::Good, "UTC (MLSD)"),
        // Nobody told the time of day.
        (0, Verdict::Good, "UTC (MLSD)"),
    ] {
        let mut site = able(ActiveMode::Never, false);
        site.epoch = epoch;
        let mut played = Played::new(site, FEATURES, None);
        played.passive();
        let findings = played.finish("502 no STAT");
        check(&findings, Subject::Clock, verdict, &[words]);
    }
}

#[test]
fn names_beyond_ascii_and_features_that_are_missing() {
    let mut played = Played::new(able(ActiveMode::Never, false), FEATURES, None);
    played.row = "type=file;size=1; \u{e4}\r\n";
    played.passive();
    let findings = played.finish("502 no STAT");
    check(&findings, Subject::Charset, Verdict::Good, &["All names in the listing are UTF-8"]);
    check(&findings, Subject::Features, Verdict::Note, &["No UTF8"]);
    assert_eq!(GOOD.len(), FEATURES.len() + 1);
}
